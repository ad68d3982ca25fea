"""10 M indicators replaced by 10 M others while packets flow into `noroshi sensor -i`: what is dropped meanwhile, how long a worker stays away from its
ring, how long it takes until the new ones are in force. Everything as in bench/live.py (its source, its namespace), with frames at 100,000 a second and
records of everything; the sensor, its opener and its loader share what cores the source leaves them.

`before`: the same with nothing replaced. Each replacement: from the renaming of the file until the sensor says that the set is taken.
"""
import json
import os
import subprocess
import sys
import threading
import time

from live import Sensor, Source, wait_for

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(TOP, "build", "noroshi")
RATE, STRETCH, REPLACEMENTS = 100_000, 5, 3  # packets a second, seconds of one sending


class Flow(threading.Thread):
    """Sends until it is told to end."""

    def __init__(self, capture):
        super().__init__()
        self.source, self.sent, self.seconds, self.ending = Source(capture), 0, 0.0, False

    def run(self):
        while not self.ending:
            one = self.source.send(RATE, STRETCH)
            self.sent += one["sent"]
            self.seconds += one["seconds"]

    def end(self):
        self.ending = True
        self.join()


def while_flowing(sensor, capture, work):
    """What happened meanwhile; longest_away_ns is of the last minute's report, so the most is kept."""
    before, flow = sensor.counts(), Flow(capture)
    flow.start()
    try:
        found = work()
    finally:
        flow.end()
    after = {}

    def all_taken():
        after.update(sensor.counts())
        return after["packets"] + after["kernel_drops"] >= before["packets"] + before["kernel_drops"] + flow.sent
    wait_for(all_taken)
    away = max(json.loads(line)["longest_away_ns"] for line in sensor.reports())
    return {**found, "packets_per_second": round(flow.sent / flow.seconds), "sent": flow.sent, "dropped": after["kernel_drops"] - before["kernel_drops"],
            "records_dropped": after["records_dropped"] - before["records_dropped"], "longest_away_ms": round(away / 1e6, 1)}


def replace(sensor, path, others):
    taken, began = sensor.counts()["sets_taken"], time.monotonic()
    os.link(others, path + ".new")
    os.rename(path + ".new", path)
    wait_for(lambda: sensor.counts()["sets_taken"] > taken)
    return round(time.monotonic() - began, 1)


def inside(folder):
    """In the namespace."""
    capture, path = os.path.join(folder, "mixed.pcap"), os.path.join(folder, "indicators")
    sets = [os.path.join(folder, f"set{i}") for i in (0, 1)]
    os.link(sets[0], path)
    sensor = Sensor(folder, "--eve", "/dev/null", "--indicators", path, core=None)
    before = while_flowing(sensor, capture, lambda: time.sleep(10) or {})
    during = while_flowing(sensor, capture, lambda: {"in_force_after_seconds": [replace(sensor, path, sets[(i + 1) % 2]) for i in range(REPLACEMENTS)]})
    sensor.finish()
    print(json.dumps({"before": before, "during": during}))


def run(folder, quick):
    import sets  # pylint: disable=import-outside-toplevel
    from sensor import make_captures  # pylint: disable=import-outside-toplevel
    if os.geteuid() != 0 or len(os.sched_getaffinity(0)) < 2:
        sys.exit("bench: replace needs root (a namespace, XDP) and two cores")
    count = 1_000_000 if quick else 10_000_000
    subprocess.run(["ninja", "-C", os.path.join(TOP, "build"), "bench/load/live-frames"], check=True, stdout=subprocess.DEVNULL)
    make_captures(folder, True)
    for i in (0, 1):
        lines = os.path.join(folder, "lines")
        sets.make_indicators(lines, count, seed=10 + i)
        subprocess.run([PROGRAM, "indicators", "compile", "--out", os.path.join(folder, f"set{i}"), lines], check=True, stdout=subprocess.DEVNULL)
        os.unlink(lines)
    os.chmod(folder, 0o755)
    command = [os.path.join(TOP, "tests", "lib", "netns-run"), "--seconds", "900", "--packets", "1000000000", sys.executable, os.path.abspath(__file__), folder]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {"indicators": count, "rate": RATE, **json.loads(out.splitlines()[-1])}


if __name__ == "__main__":
    inside(sys.argv[1])
