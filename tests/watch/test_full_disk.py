#!/usr/bin/env python3
"""What the sensor, the collector and the prober write when the disk is full: one clear error, the counts, exit code 2; every line that is there
is whole but for the last, and when there is room again the next run's lines are whole. A sensor that ships waits for room instead, and loses
nothing, until it is told to end. The disk is a small tmpfs in a mount namespace of the
test's own; needs root.

usage: test_full_disk.py NOROSHI      (prints TAP)
"""
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

os.environ.setdefault("NOROSHI", sys.argv[1])
import test_probe  # noqa: E402  pylint: disable=wrong-import-position
from tap import Tap  # noqa: E402  pylint: disable=wrong-import-position
from test_sensor_behaviour import START, Capture, inside, outside, packet  # noqa: E402  pylint: disable=wrong-import-position

ROOM, LEFT = 256 << 10, 16 << 10


def exported(path, datagrams):
    """NetFlow v5, 30 flows in each datagram."""
    made = Capture()
    for number in range(datagrams):
        flows = b"".join(struct.pack(">IIIHHIIIIHHBBBBHHBBH", inside(1 + i), outside(i), 0, 0, 0, 10, 1000, 1000, 2000, 1024 + i, 443, 0, 0x1B, 6, 0, 0, 0, 0, 0, 0) for i in range(30))
        body = struct.pack(">HHIIIIBBH", 5, 30, 100000, START + number, 0, 30 * number, 0, 0, 0) + flows
        made.add(START + number, packet(outside(9), inside(9), 17, struct.pack(">HHHH", 3000, 2055, 8 + len(body), 0) + body))
    made.write(path)


def sensed(path, flows):
    made = Capture()
    for i in range(flows):
        made.answered(START + i, inside(1 + i % 20), outside(i), 443)
    made.write(path)


def damaged(path):
    """How many lines are no JSON, and how many there are."""
    lines = path.read_bytes().splitlines()
    wrong = 0
    for line in lines:
        try:
            json.loads(line)
        except ValueError:
            wrong += 1
    return wrong, len(lines)


def errors(done):
    """As a sentence, or as a line of the log."""
    return [line for line in done.stderr.splitlines() if "No space left" in line]


def check(tap, name, run, disk):
    """run(path of the output) twice: on a disk that becomes full, and when there is room again."""
    out, fill = disk / f"{name}.json", disk / "fill"
    fill.write_bytes(bytes(ROOM - LEFT))
    done = run(out)
    said = errors(done)
    tap(done.returncode == 2, f"{name}: a full disk ends it with 2", f"{done.returncode} {done.stderr[-300:]}")
    tap(len(said) == 1 and out.name in said[0], f"{name}: one error says so", done.stderr[-300:])
    wrong, lines = damaged(out)
    tap(lines > 10 and wrong <= 1, f"{name}: what is there is whole but for the last line", f"{wrong} of {lines}")
    fill.unlink()
    done, again = run(out, small=True), run(disk / "alone.json", small=True)
    (_, after), (_, alone) = damaged(out), damaged(disk / "alone.json")
    tap(done.returncode == again.returncode == 0 and damaged(out)[0] == wrong and after == lines + alone, f"{name}: with room again its lines stand behind it, whole",
        f"{done.returncode} {lines} + {alone} = {after} {done.stderr[-300:]}")
    out.unlink()
    (disk / "alone.json").unlink()


def until(condition, limit=150):
    end = time.monotonic() + limit
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def room(disk):
    """Bytes that are free."""
    about = os.statvfs(disk)
    return about.f_bavail * about.f_frsize


class Shipping:
    """A sensor that ships to a centre that is not there: its records wait on the small disk, the agent's own files elsewhere."""

    def __init__(self, noroshi, folder, disk, name):
        self.home, self.records, self.log = folder / name, disk / name, folder / f"{name}.log"
        self.home.mkdir()
        self.records.mkdir()
        (self.home / "records").symlink_to(self.records)
        (folder / "token").write_text("nrt_none\n")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([noroshi, "sensor", "-r", str(folder / "sensed-some.pcap"), "--center", "http://127.0.0.1:1",
                                             "--token-file", str(folder / "token"), "--records", str(self.home)], stdout=log, stderr=log)

    def said(self, words):
        return self.log.read_text().count(words)

    def kept(self):
        return [line for path in sorted(self.records.glob("*.json")) for line in path.read_bytes().splitlines()]

    def delivering(self):
        """The process that delivers what the sensor and the recorder left; 0 while there is none."""
        for child in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            try:
                if b"--once" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0"):
                    return int(child)
            except OSError:
                pass  # it has just ended
        return 0

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(150)


def told_to_end(process):
    """Is a SIGTERM waiting for this process, which is stopped?"""
    waiting = re.search(r"^ShdPnd:\s*(\w+)", Path(f"/proc/{process}/status").read_text(), re.M)
    return int(waiting.group(1), 16) >> (signal.SIGTERM - 1) & 1


def check_last_process(tap, shipping):
    """The sensor ends after its last process, even where that one does not end at once."""
    last = until(shipping.delivering)
    os.kill(last, signal.SIGSTOP)
    until(lambda: "(stopped)" in Path(f"/proc/{last}/status").read_text())
    shipping.process.terminate()
    until(lambda: shipping.process.poll() is not None or told_to_end(last))
    tap(shipping.process.poll() is None, "shipping: told to end it waits for the process that delivers", shipping.log.read_text()[-500:])
    os.kill(last, signal.SIGCONT)
    tap(shipping.process.wait(150) == 0 and not Path(f"/proc/{last}").exists() and shipping.said("goes with the next start") == 1,
        "shipping: and ends after it, and says what is left", shipping.log.read_text()[-500:])


def check_shipping(tap, noroshi, folder, disk):
    alone = subprocess.run([noroshi, "sensor", "-r", str(folder / "sensed-some.pcap"), "--eve", "-"], capture_output=True, timeout=120, check=True).stdout
    wanted = sorted(line for line in alone.splitlines() if b'"stats"' not in line)
    fill = disk / "fill"
    fill.write_bytes(bytes(ROOM - LEFT))
    shipping = Shipping(noroshi, folder, disk, "ship")
    tap(until(lambda: shipping.said("the disk is full: records wait")) == 1, "shipping: a full disk is said", shipping.log.read_text()[-500:])
    before = len(shipping.kept())
    time.sleep(2.2)  # it tries again each second
    tap(shipping.process.poll() is None and len(shipping.kept()) == before < len(wanted) and shipping.said("records wait") == 1,
        "shipping: it waits, and says nothing twice", f"{before} {shipping.log.read_text()[-500:]}")
    fill.unlink()

    def records():
        return sorted(line for line in shipping.kept() if b'"stats"' not in line)
    until(lambda: records() == wanted and shipping.said("there is space again"))
    kept = records()
    tap(kept == wanted and shipping.said("there is space again") == 1, "shipping: with room again it goes on and every record is there, once",
        f"{len(kept)} of {len(wanted)} {shipping.log.read_text()[-500:]}")
    check_last_process(tap, shipping)
    for path in shipping.records.glob("*"):
        path.unlink()
    tap(room(disk) == ROOM, "shipping: nothing holds what is removed then", str(room(disk)))
    fill.write_bytes(bytes(ROOM - LEFT))
    shipping = Shipping(noroshi, folder, disk, "ended")
    until(lambda: shipping.said("records wait"))
    status = shipping.end()
    dropped = re.search(r"(\d+) records were dropped", shipping.log.read_text())
    tap(status == 2 and dropped and int(dropped.group(1)) > 0, "shipping: told to end it drops the rest, and counts it", f"{status} {shipping.log.read_text()[-500:]}")
    fill.unlink()


def work(noroshi, folder, disk):
    tap = Tap()
    sensed(folder / "sensed.pcap", 3000)
    sensed(folder / "sensed-small.pcap", 20)
    exported(folder / "exported.pcap", 200)
    exported(folder / "exported-small.pcap", 2)

    def call(*words):
        return subprocess.run([noroshi, *map(str, words)], capture_output=True, text=True, timeout=120, check=False)

    def sensor(out, small=False):
        return call("sensor", "--eve", out, "--json", "-r", folder / f"sensed{'-small' * small}.pcap")

    def collect(out, small=False):
        return call("collect", "--eve", out, folder / f"exported{'-small' * small}.pcap")
    check(tap, "sensor", sensor, disk)
    def probe(out, small=False):
        return call("probe", "--config", config[small], "--once", "--records", out)
    names = tuple(f"site{i}" for i in range(100))
    test_probe.MOODS.update({name: {} for name in names})
    server = test_probe.Server(("127.0.0.1", 0), test_probe.Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = {}
    for small, sites in ((False, names), (True, names[:3])):
        (folder / str(small)).mkdir()
        config[small] = test_probe.config(str(folder / str(small)), server.server_address[1], sites=sites)
    check(tap, "collect", collect, disk)
    check(tap, "probe", probe, disk)
    server.shutdown()
    sensed(folder / "sensed-some.pcap", 150)
    check_shipping(tap, noroshi, folder, disk)
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


def main():
    if len(sys.argv) > 2:
        return work(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    with tempfile.TemporaryDirectory(prefix="noroshi-full-") as name:
        (Path(name) / "disk").mkdir()
        script = 'mount --make-rprivate / && mount -t tmpfs -o size="$1" tmpfs "$0/disk" || exit 77; shift; exec "$@"'
        done = subprocess.run(["unshare", "--mount", "sh", "-c", script, name, str(ROOM), sys.executable, __file__, sys.argv[1], name, f"{name}/disk"], check=False)
        if done.returncode == 77:
            print("1..0 # SKIP no file system can be mounted here")
        return done.returncode


if __name__ == "__main__":
    sys.exit(main())
