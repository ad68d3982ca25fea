"""The sector bodies of sample/, and sharing groups of MISP, become communities and collections of a running centre. Prints TAP."""
import json
import os
import subprocess
import sys

from taxii import Exchange, indicator, main

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
SEEDS = os.path.join(ROOT, "sample/sector-bodies.jsonl")
NOROSHI = os.environ["NOROSHI"]


def load(centre, path, token=None):
    done = subprocess.run([sys.executable, os.path.join(ROOT, "sample/communities.py"), centre.address, path], input=(token or centre.admin) + "\n", capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def test_sector_bodies():
    with Exchange() as centre:
        code, out, err = load(centre, SEEDS)
        assert (code, err) == (0, ""), err
        with open(SEEDS, encoding="utf-8") as file:
            lines = [json.loads(line) for line in file]
        there = {each["name"]: each for each in centre.done("GET", "/v1/communities")["communities"]}
        for line in lines:
            for field in ("kind", "title_ja", "title_en", "purpose", "content", "recipients"):
                assert there[line["name"]][field] == line[field], (line["name"], field)
        sectors = [line for line in lines if line["kind"] == "sector"]
        assert len(sectors) == 20 and len({line["title_ja"] for line in sectors}) == 20
        collections = {each["alias"]: each for each in centre.done("GET", "/v1/collections")["collections"]}
        assert {each["alias"]: each["tlp"] for line in lines for each in line["collections"]} == {name: each["tlp"] for name, each in collections.items()}
        # again: what is there stays, and is said
        code, _, err = load(centre, SEEDS)
        assert code == 1 and len(err.splitlines()) == len(lines) + len(collections), err
        # nobody is a member yet, so nobody reads; then it is shared there, and its grades are found
        item = indicator(labels=["immediacy:1", "accuracy:2"])
        assert "csirt-amber" not in str(centre.taxii("GET", "/taxii2/exchange/collections/", centre.people["alpha"])[2])
        centre.join("csirt", "alpha")
        centre.add("csirt-amber", centre.people["alpha"], item, indicator(labels=["immediacy:3"]))
        status, found = centre.json("GET", "/v1/items?label=immediacy:1", centre.people["alpha"])
        assert status == 200 and [each["id"] for each in found["items"]] == [item["id"]], found
        # without an administrator's token nothing is made
        code, out, err = load(centre, SEEDS, centre.people["alpha"])
        assert code == 1 and "0 communities" in out or "answers" in err, (code, out, err)


def test_sharing_groups():
    with Exchange() as centre:
        group = [{"SharingGroup": {"id": "7", "name": "Trusted Group (水道)!", "description": "why", "releasability": "nobody else"}, "Organisation": {"name": "alpha", "uuid": "55f6ea5e-2c60-40e5-964f-47a8950d210f"},
                  "SharingGroupOrg": [{"Organisation": {"name": "alpha"}}, {"Organisation": {"name": "nowhere"}}]}]
        path = os.path.join(centre.folder, "groups.json")
        with open(path, "w") as file:
            json.dump(group, file)
        made = subprocess.run([NOROSHI, "intel", "convert", "--quiet", "--to", "communities", path], capture_output=True, timeout=30)
        assert made.returncode == 0, made.stderr
        with open(path, "wb") as file:
            file.write(made.stdout)
        code, _, err = load(centre, path)
        assert code == 1 and err == "trusted-group: the centre has no organisation nowhere\n", err
        (there,) = [each for each in centre.done("GET", "/v1/communities")["communities"] if each["name"] == "trusted-group"]
        assert (there["title_en"], there["purpose"], there["recipients"], there["kind"]) == ("Trusted Group (水道)!", "why", "nobody else", "closed")
        for who, seen in (("alpha", True), ("beta", False)):
            names = [each["name"] for each in centre.json("GET", "/v1/communities", centre.people[who])[1]["communities"]]
            assert ("trusted-group" in names) == seen, (who, names)


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
