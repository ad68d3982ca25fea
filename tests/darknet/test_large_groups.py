#!/usr/bin/env python3
"""Every source of a large group, from packets to the centre's lists and indicator sets: with a keeper that is killed meanwhile, lines that come twice and
in any order. Prints TAP."""
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_darknet  # noqa: E402
from test_counts import Telescope, configured, group_line, main, wait_for  # noqa: E402
from test_darknet import pcap, run, target, tcp  # noqa: E402

COUNT = 20000
CROWD = ["20.%d.%d.%d" % (i // 62500, i // 250 % 250, 1 + i % 250) for i in range(COUNT)]


def told(folder):
    """What a telescope writes of weeks of little, then of so many sources within two hours."""
    chance = random.Random(3)
    frames = [(hour * 3600 + chance.random() * 3600, tcp("198.18.%d.%d" % (hour // 20, hour % 20 * 12 + i), target(hour), 22)) for hour in range(16 * 24) for i in range(12)]
    frames += [(15 * 86400 + 7300 + i * 6000 / COUNT, tcp(source, target(i), 5555)) for i, source in enumerate(CROWD)]
    (folder / "in.pcap").write_bytes(pcap(sorted(frames)))
    status, _, err = run("-r", folder / "in.pcap", "--net", "198.51.0.0/16", "--lines", folder / "lines")
    assert status in (0, 1), err
    return (folder / "lines").read_text().splitlines()


def about(line):
    return json.loads(line)["darknet"]


def ship(centre, telescope, lines, kills):
    """As an agent ships them: what was not acknowledged goes again. The keeper is killed before some of the parcels."""
    parcels = [lines[i:i + 2000] for i in range(0, len(lines), 2000)]
    for number, parcel in enumerate(parcels):
        if number in kills:
            before = wait_for(lambda: centre.children().get("keeper"), what="a keeper")
            os.kill(before, signal.SIGKILL)

        def taken():
            try:
                status, _, answer = telescope.send(parcel)  # noqa: B023
            except Exception:  # noqa: BLE001: a connection that broke: the same lines again, at the same place
                return False
            assert status in (200, 429, 503), (status, answer)
            return status == 200
        wait_for(taken, 60, "parcel %d" % number)


def findings(centre):
    status, answer = centre.json("GET", "/v1/darknet/findings?what=group&limit=200&from=2020-01-01T00:00:00Z", centre.tokens["analyst"])
    assert status == 200, answer
    return answer["findings"]


def sources(centre, finding, who="analyst", expect=200, more="&noticed=%s"):
    path = "/v1/darknet/findings/%s/sources?format=json" % finding["id"] + (more % finding["occurred"] if more else "")
    status, answer = centre.json("GET", path, centre.tokens[who])
    assert status == expect, (status, answer)
    return answer


def make(centre, finding, expect, **more):
    status, answer = centre.json("POST", "/v1/darknet/findings/%s/indicators" % finding["id"], centre.tokens["analyst"], {"noticed": finding["occurred"], **more})
    assert status == expect, (status, answer)
    return answer


def named(centre, item):
    status, answer = centre.json("GET", "/v1/items/" + item, centre.tokens["analyst"])
    assert status == 200, answer
    return re.findall(r"ipv4-addr:value = '([^']*)'", answer["object"]["pattern"])


def check_all(centre, finding):
    answer = sources(centre, finding)
    assert (answer["sources"], answer["listed"], answer["beyond"]) == (COUNT, COUNT, 0) and sorted(answer["addresses"]) == sorted(CROWD), {**answer, "addresses": len(answer["addresses"])}
    status, headers, text = centre.request("GET", "/v1/darknet/findings/%s/sources?noticed=%s&format=csv" % (finding["id"], finding["occurred"]), centre.tokens["analyst"])
    assert status == 200 and headers["Content-Type"].startswith("text/csv") and text.decode().split("\r\n") == ["address", *answer["addresses"], ""], (status, headers)
    return answer["addresses"]


def test_all_sources_of_a_group_come_from_packets_to_lists_and_indicator_sets():
    with tempfile.TemporaryDirectory() as folder, configured() as centre:
        lines = told(Path(folder))
        ship(centre, Telescope(centre, "alpha", "a"), lines, kills=(1, 5, 9))
        group = [about(line) for line in lines if about(line)["what"] == "group" and "5555/tcp" in about(line)["ports"]][-1]
        wait_for(lambda: len({each["id"] for each in findings(centre) if each["finding"]["number"] == group["number"]}) == 1, 60, "the group")
        finding = [each for each in findings(centre) if each["finding"]["number"] == group["number"]][0]
        order = check_all(centre, finding)
        # Others do not hear that there is such a group.
        sources(centre, finding, "member-alpha")
        for who, expect in (("member-beta", 404), ("auditor", 403), ("administrator", 403), ("alpha", 403)):
            sources(centre, finding, who, expect)
        sources(centre, {**finding, "id": "00000000-0000-4000-8000-000000000000"}, expect=404)
        sources(centre, {**finding, "id": "00000000-0000-4000-8000-000000000000"}, expect=404, more="")

        began = time.monotonic()
        made = make(centre, finding, 201, tlp="GREEN")
        print("# %d items of %d sources in %.1f s" % (len(made["items"]), made["named"], time.monotonic() - began))
        assert made["named"] == made["sources"] == COUNT and made["made"] and made["item"] == made["items"][0] == "indicator--" + finding["id"], {**made, "items": len(made["items"])}
        assert len(set(made["items"])) == COUNT // 1000
        assert [address for item in made["items"] for address in named(centre, item)] == order, "a thousand each, in order"
        again = make(centre, finding, 200)
        assert not again["made"] and again["items"] == made["items"]
        # The page shows the first, and where all of them are.
        page = centre.request("GET", "/darknet/findings?from=2020-01-01", headers={"Cookie": centre.sign_in("analyst"), "Accept": "text/html"})[2].decode()
        assert "/v1/darknet/findings/%s/sources?noticed=" % finding["id"] in page and page.count("20.0.") < 2000 * len(findings(centre)), len(page)

        # Once more, of another telescope: twice and in any order, the alert behind its records.
        other = [line for line in lines if about(line)["what"] in ("group", "group-sources")] * 2
        random.Random(1).shuffle(other)
        assert Telescope(centre, "beta", "b").send(other)[0] == 200
        beta = [each for each in findings(centre) if each["finding"]["number"] == group["number"] and each["id"] != finding["id"]][0]
        check_all(centre, beta)


def test_a_group_that_grows_adds_items_and_leaves_the_others_as_they_are():
    with configured() as centre:
        telescope = Telescope(centre, "alpha", "a")
        head = json.loads(group_line(CROWD[:1000], sources=1000))

        def more(begin, end, count):
            about = {"what": "group-sources", "number": 1, "sources": count, "from": begin, "addresses": CROWD[begin:end]}
            return json.dumps({"timestamp": head["timestamp"], "event_type": "darknet", "darknet": about}, separators=(",", ":"))
        assert telescope.send([json.dumps(head, separators=(",", ":")), more(1000, 1300, 1300)])[0] == 200
        finding = wait_for(lambda: findings(centre), 20, "the group")[0]
        first = make(centre, finding, 201)
        assert (first["sources"], first["named"], len(first["items"])) == (1300, 1300, 2), first
        assert telescope.send([more(1300, 2300, 2600), more(2300, 2600, 2600)])[0] == 200
        second = make(centre, finding, 201)
        assert (second["sources"], second["named"]) == (2600, 2600) and second["items"][:2] == first["items"] and len(second["items"]) == 3, second
        versions = [len(centre.json("GET", "/v1/items/%s/versions" % item, centre.tokens["analyst"])[1]["versions"]) for item in second["items"]]
        assert versions == [1, 2, 1], versions  # the first thousand stays released as it is
        assert [len(named(centre, item)) for item in second["items"]] == [1000, 1000, 600]
        # What somebody took back stays so; the others grow.
        status, answer = centre.json("PATCH", "/v1/items/" + second["items"][2], centre.tokens["analyst"], {"revoked": True})
        assert status == 200, answer
        assert telescope.send([more(2600, 3100, 3100)])[0] == 200
        third = make(centre, finding, 201)
        assert third["items"][:3] == second["items"] and len(third["items"]) == 4 and len(named(centre, third["items"][2])) == 600, third
        assert telescope.send([more(3100, 3101, 3101), more(0, 1, 3101).replace(CROWD[0], "nonsense"), more(0, 1, 3101).replace('"from":0', '"from":-7')])[0] == 200
        assert make(centre, finding, 201)["named"] == 3101 - 1000
        answer = sources(centre, finding, more="")
        assert (answer["sources"], answer["listed"]) == (3101, 3101), answer["listed"]


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
