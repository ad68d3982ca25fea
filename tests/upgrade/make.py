#!/usr/bin/env python3
"""Leaves the data fixture of this release: tests/upgrade/VERSION/state.tar.gz (the state folder of a centre that did a bit of
everything) and facts.json (what it held). Run once when a release is tagged; test_upgrade.py opens every one of them for ever.

usage: make.py VERSION
"""
import gzip
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time

from release import FOLDER, OBSERVED, Lasting, account, contents, wait_for

SAMPLES = [("kaede-hospital", "kaede-hospital.wazuh.json.gz"), ("tsubaki-university", "tsubaki-university.aminer.json.gz")]


def feed(centre, administrator, folder):
    tokens = {}
    for name, file in SAMPLES:
        _, made = centre.json("POST", "/v1/organisations", administrator, {"name": name, "title_en": name, "sector": "first"})
        _, sensor = centre.json("POST", "/v1/organisations/%d/sensors" % made["number"], administrator, {"name": "gate"})
        _, secret = centre.json("POST", "/v1/sensors/%d/token" % sensor["number"], administrator, {})
        with gzip.open(os.path.join(folder, file)) as lines:
            status, _, answer = centre.post(secret["token"], lines.read(), batch="all")
        assert status == 200 and answer["alerts"], answer
        tokens[name] = secret["token"]
    return tokens


def decide(centre, analyst):
    """One event confirmed and notified, one dismissed with a standing decision."""
    events = centre.json("GET", "/v1/events", analyst)[1]["events"]
    assert len(events) == 2, events
    for path, fields in [("%s/confirm" % events[0]["id"], {"reason": "seen"}),
                         ("%s/notices" % events[0]["id"], {"then": "send"}),
                         ("%s/dismiss" % events[1]["id"], {"reason": "an exercise", "standing": True})]:
        status, answer = centre.json("POST", "/v1/events/" + path, analyst, fields)
        assert status in (200, 201), answer


def flow(number):
    return json.dumps({"timestamp": "2026-11-01T00:00:%02d.000000+0000" % number, "flow_id": 700 + number, "event_type": "flow", "src_ip": "192.0.2.%d" % number,
                       "src_port": 40000, "dest_ip": "198.51.100.9", "dest_port": 443, "proto": "TCP",
                       "flow": {"pkts_toserver": 3, "pkts_toclient": 2, "bytes_toserver": 300, "bytes_toclient": 200,
                                "start": "2026-11-01T00:00:00.000000+0000", "end": "2026-11-01T00:00:%02d.000000+0000" % number, "state": "closed"}})


def indicator(number, version=0):
    return {"type": "indicator", "spec_version": "2.1", "id": "indicator--00000000-0000-4000-8000-%012d" % number, "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:%02d.000Z" % version, "pattern": "[domain-name:value = 'n%d.upgrade.example']" % number, "pattern_type": "stix",
            "valid_from": "2026-01-01T00:00:00Z", "x_of_ours": {"kept": [number, None, "残す"]}}


def exchange(centre, administrator, analyst, sensor):
    """Records; a community of both with a collection, into which one adds; gives a token of the other's, and of one of its devices."""
    def done(method, path, body, token=administrator):
        status, answer = centre.json(method, path, token, body)
        assert status < 300, (method, path, status, answer)
        return answer

    def block(token, kind, value):
        done("POST", "/v1/communities/%d/indicators" % community, {"type": kind, "value": value, "action": "block", "until": "2200-01-01T00:00:00Z"}, token)

    status, _, answer = centre.post(sensor, [flow(i) for i in range(1, 6)], batch="flows", records="true")
    assert status == 200, answer
    numbers = {each["name"]: each["number"] for each in done("GET", "/v1/organisations", None)["organisations"]}
    people = {}
    community = done("POST", "/v1/communities", {"name": "upgrades", "kind": "closed", "purpose": "Upgrades", "content": "Indicators", "recipients": "Its members"})["number"]
    collection = done("POST", "/v1/collections", {"community": "upgrades", "tlp": "GREEN", "title": "Upgrades", "alias": "upgrades"})["id"]
    for name, _ in SAMPLES:
        done("PUT", "/v1/communities/%d/members/%d" % (community, numbers[name]), {"role": "member"})
        made = done("POST", "/v1/accounts", {"name": name, "role": "member", "organisation": numbers[name], "title": name, "mail": name + "@example.org"})
        people[name] = done("POST", "/v1/accounts/%s/tokens" % made["id"], {"name": "upgrade"})["token"]
    giver, taker = people.values()
    for objects in ([indicator(i) for i in range(1, 4)], [indicator(1, 5), indicator(4)]):
        kind = "application/taxii+json;version=2.1"
        status, _, answer = centre.request("POST", "/taxii2/exchange/collections/%s/objects/" % collection, giver, json.dumps({"objects": objects}).encode(),
                                           {"Accept": kind, "Content-Type": kind})
        assert status == 202, answer
        path = "/taxii2/exchange/status/%s/" % json.loads(answer)["id"]
        wait_for(lambda path=path: json.loads(centre.request("GET", path, giver, None, {"Accept": kind})[2])["status"] == "complete", 60, "the import")
    done("PATCH", "/v1/naming", {"naming": "nowhere"}, taker)
    done("PATCH", "/v1/communities/%d/rule" % community, {"alone": "block"}, analyst)
    device = done("POST", "/v1/organisations/%d/devices" % numbers[SAMPLES[1][0]], {"name": "edge"}, taker)["token"]
    for token in (giver, taker):
        block(token, "domain", "shared.upgrade.example")
        block(token, "address", "203.0.113.77")
    wait_for(lambda: b"203.0.113.77" in centre.request("GET", "/v1/lists/plain", device)[2], 60, "the list")
    return taker, device


def counted(rows):
    packets = sum(row[5] for row in rows)
    return {"timestamp": OBSERVED + "T03:00:10.000000+0000", "event_type": "darknet",
            "darknet": {"what": "counts", "from": OBSERVED + "T03:00:00.000000+0000", "awake": 10.0, "addresses": 256, "frames": packets, "packets": packets,
                        "bytes": 60 * packets, "dropped": 0, "chunk": 1, "chunks": 1, "rows": rows}}


def found(what, fields, alert=None):
    line = {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000000+0000", time.gmtime()), "event_type": "alert" if alert else "darknet", "src_ip": "203.0.113.200", "dest_port": 23,
            "proto": "TCP", "darknet": {"what": what, **fields}}
    return {**line, "alert": {"action": "allowed", "signature": "Darknet: " + alert, "category": "Network scan", "severity": 3}} if alert else line


def watched(centre, administrator, analyst, member):
    """Three telescopes; one's lines: counts, a scan, a group, an address of the member, which says what became of it; what is published; a network."""
    def done(method, path, body, token=administrator):
        status, answer = centre.json(method, path, token, body)
        assert status < 300, (method, path, status, answer)
        return answer

    held = {each["name"]: each["number"] for each in done("GET", "/v1/organisations", None)["organisations"]}
    numbers = [held[name] for name, _ in SAMPLES]
    done("POST", "/v1/organisations/%d/space" % numbers[1], {"prefix": "203.0.113.192/26", "from": "2026-10-01T00:00:00Z"})
    done("POST", "/v1/darknet/contacts", {"name": "Others", "prefixes": ["192.0.2.0/24"], "mail": "abuse@example.net", "signed_for_by": "Somebody", "every": "hourly",
                                          "language": "en"})
    lines = [counted([["23/tcp", "probe", "", "JP", 0, 83], ["443/tcp", "backscatter", "", "DE", 0, 12]]),
             found("scan", {"kind": "single", "tool": "zmap", "ports": ["80/tcp"], "packets": 7}),
             found("group", {"number": 1, "sources": 12, "packets": 40, "open": True, "ports": ["23/tcp"]}, "group"),
             found("source", {"kind": "probe", "port": "23/tcp", "research": False, "again": False, "packets": 9, "targets": 3, "addresses": 256}, "probe")]
    for index, organisation in enumerate((numbers[0], numbers[1], numbers[1])):
        sensor = done("POST", "/v1/organisations/%d/sensors" % organisation, {"name": "hill-%d" % index})["number"]
        token = done("POST", "/v1/sensors/%d/token" % sensor, {})["token"]
        done("PATCH", "/v1/sensors/%d" % sensor, {"telescope": True})
        body = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines[:1 if index else 4])
        status, _, answer = centre.post(token, body.encode(), records="true", epoch="%032x" % (index + 1), offset=0)
        assert status == 200 and answer["malformed"] == 0, answer
    time.sleep(5)
    seen = done("GET", "/v1/darknet/views?period=" + OBSERVED, None, analyst)
    assert seen["telescopes"] == 3 and seen["period"]["figures"]["packets"] == 3 * 95, seen
    done("POST", "/v1/appearances", {"address": "203.0.113.200", "state": "cleaned", "note": "a camera"}, member)
    done("POST", "/v1/darknet/publications", {"title": "A day", "period": OBSERVED}, analyst)


def elsewhere(centre, administrator, analyst):
    """A feed, an announced attack, the directory of contacts."""
    for token, path, body in (
            (administrator, "/v1/remotes", {"name": "bulletins", "kind": "feed", "url": "https://127.0.0.1:9/feed.atom", "collection": "upgrades", "organisation": 1,
                                            "poll": True, "active": False}),
            (analyst, "/v1/announcements", {"source": "a board", "by": "somebody", "targets": "upgrade.example"}),
            (analyst, "/v1/contacts", {"list": "upgrades", "contacts": "name,title,tier,parent,contact,mail,language,organisation,agreed\n"
                                       "body,Body,sector,,First Contact,body@example.org,en,,2026-01-01\n"})):
        status, answer = centre.json("POST", path, token, body)
        assert status < 300, (path, status, answer)


def main(version):
    out = os.path.join(FOLDER, version)
    os.makedirs(out)
    centre = Lasting()
    with open(centre.config, "a") as file:
        file.write('intel = { remotes = [ "127.0.0.1:9" ]; remote_networks = [ "127.0.0.0/8" ]; };\ntelescope = { save_every = "0.2 s"; };\n')
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, os.path.join(FOLDER, "..", "..", "sample", "make.py"), folder], check=True,
                       stdout=subprocess.DEVNULL)
        administrator, analyst, auditor = (account(centre, role, role) for role in ("administrator", "analyst", "auditor"))
        centre.start()
        tokens = feed(centre, administrator, folder)
        time.sleep(3)
        decide(centre, analyst)
        member, device = exchange(centre, administrator, analyst, tokens[SAMPLES[0][0]])
        elsewhere(centre, administrator, analyst)
        watched(centre, administrator, analyst, member)
        time.sleep(7)  # a checkpoint is written
        facts = contents(centre, analyst, auditor, member, administrator, device, True)
        assert len(facts["collected"]) == 5 and len(facts["items"]) >= 4 and len(facts["records"]) >= 5, facts
        assert all(facts[kind] for kind in ("devices", "remotes", "releases", "contacts", "announcements", "appearances", "counted", "published",
                                             "findings", "network_contacts")) and "203.0.113.77" in facts["lists"]["plain"], facts
        centre.end()
    with tarfile.open(os.path.join(out, "state.tar.gz"), "w:gz") as archive:
        archive.add(os.path.join(centre.folder, "state"), "state")
    with open(os.path.join(out, "facts.json"), "w") as file:
        json.dump({"analyst": analyst, "auditor": auditor, "member": member, "administrator": administrator, "device": device, "telescopes": True, "sensors": tokens, "contents": facts}, file, indent=0, sort_keys=True)
        file.write("\n")


main(sys.argv[1])
