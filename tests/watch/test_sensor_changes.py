#!/usr/bin/env python3
"""Changes of what the exchange shares, 100 a second against live traffic: each is in force soon, in the order they were written, and stays so
until it is withdrawn; nothing is dropped. The large set is replaced by a folded one meanwhile."""
import ctypes
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
from live import Sensor, dns, enter_namespace, ethernet, ipv4, records, udp, wait_for  # noqa: E402

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


def peer_socket(interface):
    """Of the other end's namespace: a thread of its own goes there to open it."""
    made = []

    def enter():
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/proc/{os.environ['NETNS_PEER']}/ns/net", "rb") as namespace:
            if libc.setns(namespace.fileno(), 0x40000000) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        made.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
        made[0].bind((interface, 0))
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    return made[0]


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


def play(journal, wire):
    """{number: when it was written}, {number: when it was withdrawn}, how many frames."""
    begun, written, withdrawn, asked = time.time(), {}, {}, 0
    questions = defaultdict(float)
    while len(withdrawn) < CHANGES:
        now = time.time()
        due = min(CHANGES, int((now - begun) / EVERY) + 1)
        for number in range(len(written) + 1, due + 1):
            journal.write({"id": number, "action": "alert", "values": [["domain", name_of(number)]]})
            written[number] = time.time()
        for number in range(len(withdrawn) + 1, due + 1):
            if written.get(number, now) + LIFE > now:
                break
            journal.write({"id": number})
            withdrawn[number] = time.time()
        for number in range(max(1, len(withdrawn) - 50), len(written) + 1):
            if questions[number] < now:
                questions[number] = now + ASKED * (1 + number % 3)
                wire.send(frame(number, asked))
                asked += 1
        time.sleep(0.001)
    for number in range(max(1, CHANGES - 50), CHANGES + 1):
        wire.send(frame(number, asked))
        asked += 1
    return written, withdrawn, asked


def seconds(record):
    return datetime.strptime(record["timestamp"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


def met(folder):
    """{number: times at which a packet raised an alert about it}."""
    found = defaultdict(list)
    for record in records(folder / "eve.json"):
        metadata = record.get("alert", {}).get("metadata", {})
        if record["event_type"] == "alert" and metadata.get("indicator_source") == ["exchange"]:
            found[int(metadata["indicator_id"][0])].append(seconds(record))
    return found


def asked_at(folder):
    found = defaultdict(list)
    for record in records(folder / "eve.json"):
        if record["event_type"] == "dns" and record["dns"].get("queries", [{}])[0].get("rrname", "").startswith("n"):
            found[int(record["dns"]["queries"][0]["rrname"].split(".")[0][1:])].append(seconds(record))
    return found


def spread(values):
    values = sorted(values)
    return f"p50 {values[len(values) // 2] * 1000:.1f} ms, p99 {values[int(len(values) * 0.99)] * 1000:.1f} ms, at most {values[-1] * 1000:.1f} ms"


def judge(folder, written, withdrawn, last):
    found, asked = met(folder), asked_at(folder)
    check("every change was in force", sorted(found) == list(range(1, CHANGES + 1)), (len(found), last))
    # one worker: packets are looked at in the order of their times, some later than they came
    first = {number: times[0] for number, times in found.items()}
    print(f"# {CHANGES} changes, each written until a packet raised an alert: {spread([first[n] - written[n] for n in first])} (asked every {ASKED * 1000:.0f} to {3 * ASKED * 1000:.0f} ms)")
    gone = {n: max(times[-1] - withdrawn[n], 0) for n, times in found.items()}
    print(f"# withdrawn until the last alert: {spread(gone.values())}")
    holes = [n for n, times in found.items() if any(times[0] < t < times[-1] and t not in times for t in asked[n])]
    check("once in force it stays so until it is withdrawn", not holes, [(n, found[n], asked[n]) for n in holes[:2]])
    late = [(n, max(t for t in asked[n] if t < first[n])) for n in first if any(t < first[n] for t in asked[n])]
    # asked for in vain: then whatever was written later was not in force at that time either
    wrong = [(n, m) for n, when in late for m in range(n + 1, min(CHANGES, n + 100) + 1) if any(t < when for t in found[m])]
    check("changes are in force in the order in which they were written", not wrong, wrong[:5])
    check("withdrawn ones leave", all(len(asked[n]) > len(found[n]) for n in range(1, CHANGES + 1)), "")


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
    sensor = Sensor(NOROSHI, folder, "-i", "pair0", "--eve", folder / "eve.json", "--shared", shared, "--look-every", "200 ms")
    wire = peer_socket("pair1")
    folding = threading.Thread(target=lambda: (time.sleep(1.5), compile_large(shared)))
    folding.start()
    written, withdrawn, asked = play(journal, wire)
    folding.join()
    sensor.wait_until(lambda now: now["packets"] >= asked, "all packets")
    last = sensor.stop()
    print(f"# {last['packets']} packets, {last['changes_taken']} changes taken, {last['sets_taken']} sets; a worker was away for {last['longest_away_ns'] / 1e6:.1f} ms at most")
    check("no packet was dropped, no record lost", last["kernel_drops"] == 0 and last["records_dropped"] == 0, last)
    check("every change was taken once, and the large set twice", last["changes_taken"] == 2 * CHANGES and last["changes_refused"] == 0 and last["sets_taken"] == 2, last)
    judge(folder, written, withdrawn, last)


def test_a_journal_that_begins_anew(folder):
    """A second sensor finds what was written before it began, wrong lines are counted, and another epoch forgets all."""
    shared = folder / "shared2"
    shared.mkdir()
    shared.chmod(0o755)
    journal = Journal(shared)
    journal.write({"id": 7, "action": "alert", "values": [["domain", name_of(7)]]})
    sensor = Sensor(NOROSHI, folder, "-i", "pair0", "--eve", folder / "eve2.json", "--shared", shared, "--look-every", "50 ms")
    wire = peer_socket("pair1")

    def alerts(number, asked):
        before = sensor.counts()
        wire.send(frame(number, asked))
        return sensor.wait_until(lambda now: now["packets"] > before["packets"], "a packet")["alerts"] - before["alerts"]
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
    enter_namespace(500)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        test_changes(folder)
        test_a_journal_that_begins_anew(folder)
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
