"""`noroshi intel import`: files of every format go into a collection of a real centre; again they change nothing; a centre that is killed meanwhile
loses nothing; what is refused is counted, and the exit codes say so. Prints TAP."""
import json
import os
import signal
import subprocess
import sys
import time
import uuid

from taxii import ROOT, Exchange, indicator, main, wait_for

NOROSHI = os.environ["NOROSHI"]
AMBER = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"


def keep(centre, name, content):
    path = os.path.join(centre.folder, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(content if isinstance(content, str) else json.dumps(content))
    return path


def command(centre, who, *words, url=None):
    token = keep(centre, "token", centre.people.get(who, who))
    return [NOROSHI, "intel", "import", "--taxii", url or centre.address + ROOT, "--token-file", token, "--collection", "open", "--json", "--quiet", *words]


def give(centre, who, *words, **more):
    """(exit code, counters, what was complained)"""
    done = subprocess.run(command(centre, who, *words, **more), capture_output=True, text=True, timeout=120)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def test_every_format_goes_in_and_again_changes_nothing():
    with Exchange() as centre:
        centre.collection("open")
        bundle = {"type": "bundle", "id": "bundle--%s" % uuid.uuid4(), "objects": [indicator(x_unknown={"a": [1]}), indicator(pattern="[ipv4-addr:value = '192.0.2.9']")]}
        event = {"Event": {"uuid": str(uuid.uuid4()), "info": "an event", "date": "2026-01-01", "timestamp": "1767225600", "Attribute": [
            {"uuid": str(uuid.uuid4()), "type": "ip-dst", "category": "Network activity", "to_ids": True, "value": "192.0.2.77", "timestamp": "1767225600"}]}}
        files = [keep(centre, "bundle.json", bundle), keep(centre, "event.json", event), keep(centre, "list.txt", "192.0.2.10\nbad.example\n")]
        code, counts, said = give(centre, "alpha", *files)
        assert (code, counts["refused"], counts["malformed"]) == (0, 0, 0) and counts["given"] == counts["items"], (code, counts, said)
        first = centre.objects("open", centre.people["alpha"], match_version="all")["objects"]
        assert [each for each in first if each["id"] == bundle["objects"][0]["id"]] == [bundle["objects"][0]]
        patterns = " ".join(each.get("pattern", "") for each in first)
        for value in ("192.0.2.77", "192.0.2.10", "bad.example", "192.0.2.9"):
            assert value in patterns, (value, patterns)
        assert counts["taken"] == len(first)
        code, counts, said = give(centre, "alpha", *files[:2])
        assert code == 0 and centre.objects("open", centre.people["alpha"], match_version="all")["objects"] == first, said
        code, counts, _ = give(centre, "alpha", "--skip", "2", files[0])
        assert (code, counts["items"], counts["taken"]) == (0, 2, 0), counts


def test_what_is_refused_is_told():
    with Exchange() as centre:
        centre.collection("open")
        path = keep(centre, "bundle.json", {"objects": [indicator(), indicator(object_marking_refs=[AMBER]), {"type": "indicator", "id": "x"}]})
        code, counts, said = give(centre, "alpha", path)
        assert (code, counts["taken"], counts["refused"], counts["malformed"]) == (1, 1, 1, 1), (counts, said)
        code, counts, _ = give(centre, "alpha", "--tlp", "RED", keep(centre, "one.json", {"objects": [indicator()]}))
        assert (code, counts["taken"], counts["refused"]) == (1, 0, 1), counts
        for who, words in (("beta", "403"), ("gamma", "404"), ("nra_" + "0" * 40, "401")):
            code, counts, said = give(centre, who, path)
            assert code == 2 and words in said and "--skip 0" in said, (who, code, said)
        assert give(centre, "alpha", centre.folder + "/none.json")[0] == 2
        assert give(centre, "alpha", "--tlp", "PURPLE", path)[0] == 2 and give(centre, "alpha")[0] == 2
        assert centre.people["alpha"] not in said


def test_markings_that_are_not_official_count_as_their_definition_says():
    with Exchange() as centre:
        centre.collection("open")

        def definition(**says):
            return dict({"type": "marking-definition", "spec_version": "2.1", "id": "marking-definition--%s" % uuid.uuid4(), "created": "2026-01-01T00:00:00.000Z"}, **says)
        markings = {word: definition(definition_type="tlp", definition={"tlp": word}) for word in ("red", "amber", "purple", "green", "white")}
        markings["words"] = definition(definition_type="statement", definition={"statement": "TLP:RED is not what this says"})
        objects = {word: indicator(object_marking_refs=[marking["id"]]) for word, marking in markings.items()}
        objects["both"] = indicator(object_marking_refs=[markings["green"]["id"], markings["red"]["id"]])
        objects["unknown"] = indicator(object_marking_refs=["marking-definition--%s" % uuid.uuid4()])
        answer = centre.add("open", centre.people["alpha"], *markings.values(), *objects.values())
        refused = {each["id"] for each in answer["failures"]}
        assert refused == {objects[word]["id"] for word in ("red", "amber", "purple", "both")}, (answer, objects)
        assert all("stricter" in each["message"] for each in answer["failures"])
        assert not refused & set(centre.ids("open", centre.people["beta"]))


def test_a_centre_that_is_killed_meanwhile_loses_nothing():
    with Exchange() as centre:
        centre.collection("open")
        objects = [indicator(description="x" * 3000) for _ in range(1500)]
        path = keep(centre, "bundle.json", {"type": "bundle", "id": "bundle--%s" % uuid.uuid4(), "objects": objects})
        with subprocess.Popen(command(centre, "alpha", path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as giving:
            try:
                for victim in ("front", "keeper"):
                    wait_for(lambda: "noroshi_import_seconds_count 0" not in centre.request("GET", "/metrics", centre.admin)[2].decode(), 60, "the first part")
                    pid = centre.children()[victim]
                    os.kill(pid, signal.SIGKILL)
                    wait_for(lambda: centre.children().get(victim) not in (None, pid), 60, victim)
                    time.sleep(0.5)
                out, said = giving.communicate(timeout=120)
            finally:
                giving.kill()
        assert giving.returncode == 0, (giving.returncode, out, said)
        found, query = [], {}
        while True:
            page = centre.objects("open", centre.people["alpha"], **query)
            found += [each["id"] for each in page["objects"]]
            if not page.get("more"):
                break
            query = {"next": page["next"]}
        assert sorted(found) == sorted(each["id"] for each in objects)


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
