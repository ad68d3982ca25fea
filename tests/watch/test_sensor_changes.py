#!/usr/bin/env python3
"""Changes of what the exchange shares, 100 a second against live traffic: each is in force soon, in the order they were written, and stays so
until it is withdrawn; nothing is dropped. The large set is replaced by a folded one meanwhile."""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from live import PATIENCE, Sensor, dns, enter_namespace, ethernet, ipv4, make_pair, udp, wait_for  # noqa: E402

NOROSHI = sys.argv[1]
CHANGES = 3000 if os.environ.get("NOROSHI_LONG") else 400
EVERY, LIFE, ASKED = 0.01, 1.0, 0.02  # seconds: a change, until it is withdrawn, between two questions for its name
LARGE = int(os.environ.get("NOROSHI_CHANGES_LARGE", "50000"))
results = []


def check(name, good, why=""):
    results.append(bool(good))
    print(f"{'ok' if good else 'not ok'} {len(results)} - {name}", flush=True)
    if not good:
        print(f"# {str(why)[:2000]}", flush=True)


def open_wire():
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind(("only1", 0))
    return wire


class Journal:
    """What `noroshi follow` writes, by hand."""

    def __init__(self, folder):
        self.folder, self.number = folder, 0
        self.begin()

    def begin(self):
        new = self.folder / "changes.new"
        self.file = open(new, "ab", buffering=0)
        self.file.write(json.dumps({"epoch": "test", "since": self.number}).encode() + b"\n")
        new.rename(self.folder / "changes")

    def write(self, *changes):
        lines = b""
        for change in changes:
            self.number += 1
            lines += json.dumps({"number": self.number, **change}).encode() + b"\n"
        self.file.write(lines)


def name_of(number):
    return f"n{number}.changed.example"


def frame(number, asked):
    source, port = (198, 18, asked // 200 % 200 + 1, asked % 200 + 1), 1024 + (asked * 7) % 60000
    return ethernet(0x0800, ipv4(source, (198, 18, 250, 1), 17, udp(port, 53, dns(name_of(number), asked & 0xFFFF))))


def seconds(record):
    return datetime.strptime(record["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


class Seen:
    """What the sensor has written so far: times at which packets asked for a number, and those at which one raised an alert about it."""

    def __init__(self, path):
        self.path, self.at = path, 0
        self.asked, self.found = defaultdict(list), defaultdict(list)

    def look(self):
        if not self.path.exists():
            return
        with open(self.path, "rb") as file:
            file.seek(self.at)
            lines = file.read().rpartition(b"\n")[0]
        self.at += len(lines) + bool(lines)
        for record in map(json.loads, lines.splitlines()):
            if record.get("alert", {}).get("metadata", {}).get("indicator_source") == ["exchange"]:
                self.found[int(record["alert"]["metadata"]["indicator_id"][0])].append(seconds(record))
            elif record["event_type"] == "dns":
                name = record["dns"].get("queries", [{}])[0].get("rrname", "")
                if name.endswith(".changed.example"):
                    self.asked[int(name.split(".")[0][1:])].append(seconds(record))

    def in_vain(self, number):
        """Asked for after its last alert. The two records of a packet may not both be there yet: two in vain are certain."""
        return sum(time > self.found[number][-1] for time in self.asked[number]) >= 2


def play(journal, wire, seen):
    """{number: when it was written}, {number: when it was withdrawn}, numbers that left before, how many frames. What was written is withdrawn once it was met, and asked for
    until that is in vain: so it holds however slow the machine is, and ends."""
    begun, written, withdrawn, early, left, asked, looked = time.time(), {}, {}, set(), set(), 0, 0.0
    questions = defaultdict(float)
    until = begun + PATIENCE + CHANGES * EVERY
    while len(left) < CHANGES and time.time() < until:
        now = time.time()
        due = min(CHANGES, int((now - begun) / EVERY) + 1)
        for number in range(len(written) + 1, due + 1):
            written[number] = time.time()
            journal.write({"id": number, "action": "alert", "values": [["domain", name_of(number)]]})
        for number in range(len(withdrawn) + 1, due + 1):
            if written.get(number, now) + LIFE > now or not seen.found[number]:
                break
            early |= {number} if seen.in_vain(number) else set()
            withdrawn[number] = time.time()
            journal.write({"id": number})
        for number in written:
            if number not in left and questions[number] < now:
                questions[number] = now + ASKED * (1 + number % 3)
                wire.send(frame(number, asked))
                asked += 1
        if now - looked > 0.1:
            looked = now
            seen.look()
            left |= {number for number in withdrawn if number not in left and seen.in_vain(number)}
        time.sleep(0.001)
    return written, withdrawn, early, asked


def spread(values):
    values = sorted(values)
    return f"p50 {values[len(values) // 2] * 1000:.1f} ms, p99 {values[int(len(values) * 0.99)] * 1000:.1f} ms, at most {values[-1] * 1000:.1f} ms"


def judge(seen, written, withdrawn, early, last):
    seen.look()
    found, asked = seen.found, seen.asked
    every = range(1, CHANGES + 1)
    met = [number for number in every if found[number]]
    check("every change was in force", len(met) == CHANGES, (len(met), last))
    # one worker: packets are looked at in the order of their times, some later than they came
    first = {number: found[number][0] for number in met}
    print(f"# {CHANGES} changes, each written until a packet raised an alert: {spread([first[n] - written[n] for n in first])} (asked every {ASKED * 1000:.0f} to {3 * ASKED * 1000:.0f} ms)")
    print(f"# withdrawn until the last alert: {spread([max(found[n][-1] - withdrawn[n], 0) for n in withdrawn])}")
    holes = [n for n in met if any(found[n][0] < t < found[n][-1] and t not in found[n] for t in asked[n])]
    check("once in force it stays so until it is withdrawn", not holes, [(n, found[n], asked[n]) for n in holes[:2]])
    check("none leaves before it is withdrawn", not early, [(n, found[n], asked[n]) for n in sorted(early)[:2]])
    late = [(n, max(t for t in asked[n] if t < first[n])) for n in first if any(t < first[n] for t in asked[n])]
    # asked for in vain: then whatever was written later was not in force at that time either
    wrong = [(n, m) for n, when in late for m in range(n + 1, CHANGES + 1) if any(t < when for t in found[m])]
    check("changes are in force in the order in which they were written", not wrong, wrong[:5])
    staying = [n for n in every if n not in withdrawn or not seen.in_vain(n)]
    check("withdrawn ones leave", not staying, (len(staying), staying[:5]))


def compile_large(folder):
    """Made anew and renamed over the one before; it holds nothing of the changes, which stay recent."""
    subprocess.run([NOROSHI, "indicators", "compile", folder / "large.csv", "--out", folder / "indicators.new"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (folder / "indicators.new").rename(folder / "indicators")


def test_changes(folder):
    shared = folder / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    (shared / "large.csv").write_text("".join(f"domain,large{i}.example,alert,{1000000 + i}\n" for i in range(LARGE)) + "domain,n1.changed.example.org,alert,3000000\n")
    compile_large(shared)
    journal = Journal(shared)
    sensor = Sensor(NOROSHI, folder, "-i", "only0", "--eve", folder / "eve.json", "--shared", shared, "--look-every", "200 ms")
    wire = open_wire()
    folding = threading.Thread(target=lambda: (time.sleep(1.5), compile_large(shared)))
    folding.start()
    seen = Seen(folder / "eve.json")
    written, withdrawn, early, asked = play(journal, wire, seen)
    folding.join()
    sensor.wait_until(lambda now: now["packets"] == asked and now["sets_taken"] >= 2, "all packets, and the folded set")
    last = sensor.stop()
    print(f"# {last['packets']} packets, {last['changes_taken']} changes taken, {last['sets_taken']} sets; a worker was away for {last['longest_away_ns'] / 1e6:.1f} ms at most")
    check("no packet was dropped, no record lost", last["kernel_drops"] == 0 and last["records_dropped"] == 0, last)
    check("every change was taken once, and the large set twice", last["changes_taken"] == 2 * CHANGES and last["changes_refused"] == 0 and last["sets_taken"] == 2, last)
    judge(seen, written, withdrawn, early, last)


def test_a_journal_that_begins_anew(folder):
    """A second sensor finds what was written before it began, wrong lines are counted, and another epoch forgets all."""
    shared = folder / "shared2"
    shared.mkdir()
    shared.chmod(0o755)
    journal = Journal(shared)
    journal.write({"id": 7, "action": "alert", "values": [["domain", name_of(7)]]})
    sensor = Sensor(NOROSHI, folder, "-i", "only0", "--eve", folder / "eve2.json", "--shared", shared, "--look-every", "50 ms")
    wire = open_wire()

    def alerts(number, asked):
        before = sensor.counts()
        wire.send(frame(number, asked))
        return sensor.wait_until(lambda now: now["packets"] == before["packets"] + 1, "a packet")["alerts"] - before["alerts"]
    check("what was there before the sensor began is in force, without a large set", alerts(7, 1) == 1)
    journal.file.write(b"no JSON\n{\"number\":2,\"id\":0}\n")
    journal.write({"id": 8, "action": "block", "values": [["domain", name_of(8)]]})
    check("wrong lines are counted and change nothing", wait_for(lambda: alerts(8, 2) == 1, "the next") and sensor.counts()["changes_refused"] == 2, sensor.counts())
    journal.file.write(b'{"number":99,"id":7')  # whoever wrote it died
    (shared / "new").write_text('{"epoch":"other","since":0}\n{"number":1,"id":9,"action":"alert","values":[["domain","' + name_of(9) + '"]]}\n')
    (shared / "new").rename(shared / "changes")
    check("another epoch: what it says is in force", wait_for(lambda: alerts(9, 3) == 1, "the other epoch"))
    check("and what was before is not", alerts(7, 4) == 0 and alerts(8, 5) == 0)
    sensor.stop()


def main():
    if os.geteuid() != 0:
        print("1..0 # SKIP root is needed")
        return 0
    enter_namespace(1200)
    make_pair("only")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        test_changes(folder)
        test_a_journal_that_begins_anew(folder)
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
