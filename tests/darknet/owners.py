"""A centre with telescopes of two members, two members whose addresses appear in them, and what the tests ask of it."""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../center"))
from center import Centre, wait_for  # noqa: E402

DAY = 86400


def stamp(second):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


def moment(second):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)) + ".%06d+0000" % (second % 1 * 1e6)


def appeared(source, second=None, port="23/tcp", kind="probe", tool=None, worm=None, research=False, packets=1, since=None,
             addresses=65536):
    """One line "a source appeared", as docs/formats/darknet-lines.md has it. `since`: of one that goes on."""
    words = "worm" if worm else {"probe": "probe", "backscatter": "answer", "other": "misconfiguration"}[kind]
    second = time.time() if second is None else second
    what = {"what": "source", "kind": kind, "port": port, "research": research, "again": since is not None,
            "first": moment(second if since is None else since), "packets": packets, "targets": 1, "addresses": addresses}
    if tool:
        what["tool"] = tool
    if worm:
        what["worm"] = worm
    return json.dumps({
        "timestamp": moment(second),
        "event_type": "alert", "src_ip": source, "dest_port": int(port.split("/")[0]) if "." not in port else 0, "proto": "TCP",
        "alert": {"action": "allowed", "gid": 4603, "signature_id": 1, "rev": 1, "signature": "Darknet: " + words, "category": "Network scan", "severity": 3},
        "darknet": what})


def telescopes(**options):
    """hill and lake look at unused addresses, aoba and kaede are members; aoba gave 203.0.113.0/24 to kaede yesterday."""
    centre = Centre(("hill", "lake", "aoba", "kaede"), **options)
    administrator, now = centre.tokens["administrator"], time.time()

    def space(organisation, prefix, begin=now - 30 * DAY, end=None):
        body = {"prefix": prefix, "from": stamp(begin)}
        if end:
            body["to"] = stamp(end)
        status, answer = centre.json("POST", "/v1/organisations/%d/space" % organisation, administrator, body)
        assert status == 201, answer

    space(3, "198.51.100.0/25")
    space(4, "198.51.100.128/25")
    space(3, "2001:db8:a::/48")
    space(3, "203.0.113.0/24", end=now - DAY)
    space(4, "203.0.113.0/24", begin=now - DAY)
    for number in (1, 2):
        assert centre.json("PATCH", "/v1/sensors/%d" % number, centre.tokens["analyst"], {"telescope": True})[0] == 403
        status, answer = centre.json("PATCH", "/v1/sensors/%d" % number, administrator, {"telescope": True})
        assert status == 200 and answer["telescope"] and not answer["routes"], answer
    return centre


def alerts(centre, name, **query):
    found, after = [], ""
    while True:
        path = "/v1/alerts?limit=200" + "".join("&%s=%s" % each for each in query.items()) + ("&after=" + after if after else "")
        status, answer = centre.json("GET", path, centre.tokens[name])
        assert status == 200, answer
        found += answer["alerts"]
        after = answer["next"]
        if not after:
            return found


def bulletins(centre, name):
    """The newest first."""
    status, answer = centre.json("GET", "/v1/bulletins?limit=500", centre.tokens["member-" + name], headers={"Accept-Language": "en"})
    assert status == 200, answer
    return [each for each in answer["bulletins"] if each["kind"] == "darknet"]


__all__ = ["DAY", "alerts", "appeared", "bulletins", "stamp", "telescopes", "wait_for"]
