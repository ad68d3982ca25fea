"""Whole patterns of STIX over what a centre keeps: alerts and records of before the indicator came, with times, order and repetitions; each sees its own. Prints TAP."""
import calendar
import json
import os
import struct
import subprocess
import sys
import time

from taxii import ROOT, Exchange, indicator, main

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../center"))
from test_records import dns, flow  # noqa: E402

NOROSHI = os.environ["NOROSHI"]
START = int(time.time()) - 20000
WORLD = None


def alert(second, source, target):
    """As Suricata writes it, with what it saw of the request."""
    return json.dumps({"timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000000+0000", time.gmtime(second)), "flow_id": 1, "event_type": "alert", "src_ip": source, "src_port": 40000,
                       "dest_ip": target, "dest_port": 80, "proto": "TCP", "http": {"hostname": "gate.example", "url": "/in.php", "http_user_agent": "x", "http_method": "POST"},
                       "alert": {"signature_id": 7, "signature": "ET TROJAN check-in", "category": "A Network Trojan was detected", "severity": 1}})


def wazuh(second, source):
    return json.dumps({"timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000+0000", time.gmtime(second)), "rule": {"level": 10, "description": "brute force", "id": "5712"},
                       "agent": {"id": "001", "name": "web"}, "id": "1.1", "data": {"srcip": source}, "location": "/var/log/auth.log"})


class World(Exchange):
    def __init__(self):
        super().__init__()
        self.collection("open")
        # alpha: a name, 100 s later its address, 1,300 records between and around; an alert; a line of another program
        between = [flow(i, START + i // 20, "10.0.0.%d" % (i % 200), "198.51.100.%d" % (i % 250)) for i in range(1300)]
        self.give("alpha", [dns(1, "stage.example", "198.51.100.200", START)] + between + [flow(2, START + 100, "10.0.0.9", "203.0.113.77")] +
                  [dns(n, "beat.example", "198.51.100.201", START + 1000 + 10 * n) for n in range(5)])
        for line in (alert(START + 200, "10.0.0.9", "203.0.113.78"), wazuh(START + 210, "203.0.113.80")):
            self.give("alpha", [line])
        # beta: the second half alone
        self.give("beta", [flow(3, START + 50, "10.0.0.9", "203.0.113.77"), dns(9, "beat.example", "198.51.100.201", START + 1035)])

    def give(self, name, lines):
        for at in range(0, len(lines), 500):
            status, _, answer = self.post(self.tokens[name], lines[at:at + 500], batch="%s %d" % (name, abs(hash(lines[at]))), records="true")
            assert status == 200 and answer["malformed"] == 0, answer

    def path(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text + "\n")
        os.chmod(path, 0o600)
        return path

    def check(self, who, *more, code=None):
        """What was found, and the counters."""
        done = subprocess.run([NOROSHI, "intel", "check", "--json", "--kept", self.address, "--token-file", self.path("token", who), *more], capture_output=True, timeout=120,
                              env={**os.environ, "LC_ALL": "C.UTF-8"})
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        assert done.returncode == (code if code is not None else 1 if len(lines) > 1 else 0), (done.returncode, lines, done.stderr)
        return lines[:-1], lines[-1] if lines else done.stderr.decode()


def world():
    global WORLD
    WORLD = WORLD or World()
    return WORLD


def pattern(words):
    """A file of one indicator."""
    return world().path("pattern.json", json.dumps(indicator(pattern=words)))


CHAIN = "([domain-name:value = 'stage.example'] FOLLOWEDBY [network-traffic:dst_ref.value = '203.0.113.77']) WITHIN %d SECONDS"


def test_a_chain_in_time_is_found_in_records_of_before_by_whose_they_are():
    w = world()
    (found,), counts = w.check(w.people["alpha"], pattern(CHAIN % 300))
    assert found["kind"] == "pattern" and [each["type"] for each in found["records"]] == ["dns", "flow"] and counts["patterns"] == 1 and counts["records"] == 1309, (found, counts)
    assert {each["organisation"] for each in found["records"]} == {"alpha"} and all(each["id"] for each in found["records"])
    assert w.check(w.people["alpha"], pattern(CHAIN % 60))[0] == []
    # beta has the second half, gamma nothing: neither finds what is the other's
    assert w.check(w.people["beta"], pattern(CHAIN % 300))[0] == [] and w.check(w.people["gamma"], pattern(CHAIN % 300))[0] == []
    # the analyst sees all, and finds nothing that two organisations fulfil only together
    (found,), counts = w.check(w.tokens["analyst"], pattern(CHAIN % 300))
    assert {each["organisation"] for each in found["records"]} == {"alpha"} and counts["records"] == 1311, (found, counts)
    assert w.check(w.tokens["analyst"], pattern("[domain-name:value = 'beat.example'] REPEATS 6 TIMES"))[0] == []


def test_repetitions_and_times():
    w, beat = world(), "[domain-name:value = 'beat.example'] REPEATS 5 TIMES WITHIN %d SECONDS"
    (found,), _ = w.check(w.people["alpha"], pattern(beat % 60))
    assert found["count"] == 5
    assert w.check(w.people["alpha"], pattern(beat % 30))[0] == []
    iso = lambda second: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
    assert w.check(w.people["alpha"], "--from", iso(START + 1025), pattern(beat % 60))[0] == []
    assert len(w.check(w.people["alpha"], "--from", iso(START + 999), "--to", iso(START + 1100), pattern(beat % 60))[0]) == 1


def test_alerts_and_single_values_too():
    w = world()
    (found,), _ = w.check(w.people["alpha"], pattern("[network-traffic:extensions.'http-request-ext'.request_value = '/in.php' AND network-traffic:dst_ref.value = '203.0.113.78']"))
    assert found["records"][0]["type"] == "alert"
    # of an alert of another program its ends
    for value, count in (("203.0.113.80", 1), ("203.0.113.78", 1), ("203.0.113.77", 1), ("203.0.113.99", 0)):
        assert len(w.check(w.people["alpha"], pattern("[ipv4-addr:value = '%s']" % value))[0]) == count, value


def test_indicators_of_a_collection_against_what_is_kept():
    w = world()
    one = indicator(pattern=CHAIN % 300, name="chain")
    w.add("open", w.people["alpha"], one, indicator(pattern="[ipv4-addr:value = '203.0.113.77']"), indicator(pattern=CHAIN % 300, revoked=True), indicator(pattern="[x", pattern_type="sigma"))
    (found,) = [each for each in w.check(w.people["alpha"], "--taxii", w.address + ROOT, "--collection", "open")[0] if each["kind"] == "pattern"]
    assert (found["indicator"], found["name"]) == (one["id"], "chain")
    # what alpha met becomes a sighting in the collection, once, and says nothing of where
    for _ in range(2):
        assert len(w.check(w.people["alpha"], "--taxii", w.address + ROOT, "--collection", "open", "--report")[0]) == 2
    sightings = [each for each in w.objects("open", w.people["alpha"], match_type="sighting")["objects"]]
    (met,) = [each for each in sightings if each["sighting_of_ref"] == one["id"]]
    assert len(sightings) == 2 and met["count"] == 2 and met["first_seen"] < met["last_seen"] and "10.0.0" not in json.dumps(sightings), sightings
    assert w.done("GET", "/v1/items/" + one["id"], token=w.people["alpha"])["sightings"] == 2
    # beta reads the collection and finds its own half alone
    (found,), counts = w.check(w.people["beta"], "--taxii", w.address + ROOT, "--collection", "open")
    assert (found["value"], found["records"][0]["organisation"], counts["indicators"]) == ("203.0.113.77", "beta", 2), (found, counts)


def test_who_may_not_and_what_is_not_there():
    w = world()
    for who in (w.tokens["auditor"], "nra_" + "0" * 40):
        assert w.check(who, pattern(CHAIN % 300), code=2)[0] == []
    assert "404" in w.check(w.people["gamma"], "--taxii", w.address + ROOT, "--collection", "open", code=2)[1]
    for more in (["--from", "2026-01-01T00:00:00Z"], ["--taxii", w.address + ROOT], ["--collection", "open"]):
        done = subprocess.run([NOROSHI, "intel", "check", *more, "a", "b"], capture_output=True, timeout=60)
        assert done.returncode == 2 and b"belong" in done.stderr, done


def netflow(path, start, calls=40, every=60):
    """What a router exports (NetFlow v5) of a host that calls 203.0.113.66 in time, as a capture of the datagrams."""
    ip = lambda text: bytes(map(int, text.split(".")))

    def record(source, target, ports, at):
        return ip(source) + ip(target) + bytes(4) + struct.pack(">HHIIIIHHBBBBHHBBH", 1, 2, 6, 900, at, at + 200, *ports, 0, 0x1b, 6, 0, 0, 0, 24, 24, 0)
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for n in range(calls):
            up = n * every * 1000 + 5000
            flows = record("192.168.1.5", "203.0.113.66", (40000 + n, 443), up - 1000) + record("203.0.113.66", "192.168.1.5", (443, 40000 + n), up - 1000)
            body = struct.pack(">HHIIIIBBH", 5, 2, up, start + n * every, 0, n * 2, 0, 0, 0) + flows
            body = struct.pack(">HHHH", 9999, 2055, 8 + len(body), 0) + body
            frame = bytes(12) + b"\x08\x00" + struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), n, 0, 64, 17, 0) + ip("192.168.0.1") + ip("192.168.0.2") + body
            file.write(struct.pack("<IIII", start + n * every, 0, len(frame), len(frame)) + frame)


def test_servers_found_in_flows_are_on_the_shared_list_until_their_time_is_over():
    w = world()
    capture, listed = os.path.join(w.folder, "flows.pcap"), os.path.join(w.folder, "listed.json")
    netflow(capture, START)
    done = subprocess.run([NOROSHI, "collect", "--behaviour", "--stix", "30 d", capture], stdout=open(listed, "wb"), stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 0, done.stderr
    (found,) = [json.loads(line) for line in open(listed)]
    assert found["pattern"] == "[ipv4-addr:value = '203.0.113.66']" and 30 <= found["confidence"] <= 100 and "192.168" not in json.dumps(found), found
    seconds = lambda name: calendar.timegm(time.strptime(found[name], "%Y-%m-%dT%H:%M:%S.000Z"))
    assert seconds("valid_until") - seconds("modified") == 30 * 86400
    give = [NOROSHI, "intel", "import", "--taxii", w.address + ROOT, "--token-file", w.path("giver", w.people["alpha"]), "--collection", "open", "--quiet", "--json", listed]
    for _ in range(2):  # given again it is the same
        assert json.loads(subprocess.run(give, stdout=subprocess.PIPE, timeout=60, check=True).stdout)["taken"] == 1
    assert w.objects("open", w.people["beta"], match_id=found["id"])["objects"] == [found]
    # called again an hour later: the same entry holds longer
    netflow(capture, START + 3600)
    again = json.loads(subprocess.run([NOROSHI, "collect", "--behaviour", "--stix", "30 d", capture], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60).stdout)
    assert again["id"] == found["id"] and again["valid_until"] > found["valid_until"]


def test_zz_end():
    if WORLD:
        said = WORLD.said()
        assert WORLD.stop() == 0 and '"level":"error"' not in said, said[-2000:]


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
