"""`noroshi sensor -i` against frames that the kernel sends into one end of a veth pair at a set rate (bench/load/live_frames.c: XDP live frames of
the mixed capture, with other addresses each time it was gone through), in a namespace of its own: the source on one core, one worker on another.

Three receivers with rings of the same size: `bare`, the frozen bench/limits/ring_count.c, which only counts (what the ring can); `flows`, the sensor with
--flows; `full`, with records and alerts of everything, 1,000,000 indicators and 1,000 signatures, to /dev/null. For each rate: the rate that the source
reached, and the drops of the receiver; `first_drop`, the lowest rate at which there was any; `share_at_goal`, dropped of those sent at 1.5 M packets/s.
`taken`: packets a second that were not dropped, at the highest rate. On a machine that others use, NOROSHI_BENCH_REALTIME=1 has source and receiver
come before them (SCHED_RR).
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RATES = (200_000, 400_000, 600_000, 800_000, 1_000_000, 1_100_000, 1_200_000, 1_300_000, 1_400_000, 1_500_000, 1_800_000, 2_000_000)
GOAL = 1_500_000
RING = 128  # MiB
PATIENCE = 120


class Sensor:
    """On one core, or (None) on all."""

    def __init__(self, folder, *arguments, core=1):
        self.out, self.err = (tempfile.NamedTemporaryFile(dir=folder) for _ in range(2))
        command = [os.path.join(TOP, "build", "noroshi"), "sensor", "-i", "pair0", "--ring", f"{RING} MiB", "--json", *arguments]
        self.child = subprocess.Popen(command if core is None else pinned(core, command), stdout=self.out, stderr=self.err)
        wait_for(lambda: b'"listening"' in self.read(self.err) or self.child.poll() is not None)
        if self.child.poll() is not None:
            sys.exit(f"bench: the sensor did not begin: {self.read(self.err).decode()}")

    @staticmethod
    def read(file):
        with open(file.name, "rb") as again:
            return again.read()

    def reports(self):
        return self.read(self.out).splitlines()

    def counts(self):
        before = len(self.reports())
        self.child.send_signal(signal.SIGUSR1)
        wait_for(lambda: len(self.reports()) > before)
        return json.loads(self.reports()[-1])

    def finish(self):
        self.child.terminate()
        self.child.wait(timeout=PATIENCE)


def wait_for(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > until:
            sys.exit("bench: what was waited for did not come")
        time.sleep(0.05)


def pinned(core, command):
    cores = sorted(os.sched_getaffinity(0))
    realtime = ["chrt", "-r", "1"] if os.environ.get("NOROSHI_BENCH_REALTIME") else []
    return [*realtime, "taskset", "-c", str(cores[min(core, len(cores) - 1)]), *command]


class Source:
    """Flows are new ones also from one rate to the next: what was sent before would only be repeated segments."""

    def __init__(self, capture, *more):
        self.capture, self.rounds, self.more = capture, 0, more

    def send(self, rate, seconds):
        program = os.path.join(TOP, "build", "bench", "load", "live-frames")
        command = [program, self.capture, "pair0", str(rate), str(int(rate * seconds)), str(self.rounds), *self.more]
        sent = json.loads(subprocess.run(pinned(0, command), check=True, capture_output=True, text=True).stdout)
        self.rounds = sent["rounds"]
        return sent


def result(sent, packets, drops):
    return {"sent_per_second": round(sent["sent"] / sent["seconds"]), "sent": sent["sent"], "dropped": drops, "taken_per_second": round((packets - drops) / sent["seconds"])}


def against_bare(source, rate, seconds, folder):
    child = subprocess.Popen(pinned(1, [os.path.join(folder, "ring_count"), "pair0", str(RING)]), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stderr.readline()
    sent = source.send(rate, seconds)
    time.sleep(0.5)
    child.terminate()
    counted = json.loads(child.communicate(timeout=PATIENCE)[0])
    return result(sent, counted["kernel_packets"], counted["kernel_drops"])


def against_sensor(sensor, source, rate, seconds):
    before = sensor.counts()
    sent = source.send(rate, seconds)
    after = {}

    def all_taken():
        after.update(sensor.counts())
        return after["packets"] + after["kernel_drops"] >= before["packets"] + before["kernel_drops"] + sent["sent"]
    wait_for(all_taken)
    return result(sent, after["kernel_packets"] - before["kernel_packets"], after["kernel_drops"] - before["kernel_drops"])


def judge(rates):
    dropping = [rate for rate, one in rates.items() if one["dropped"]]
    goal = rates.get(GOAL)
    return {"rates": {f"{rate:,}": one for rate, one in rates.items()}, "first_drop": min(dropping) if dropping else None,
            "share_at_goal": round(goal["dropped"] / goal["sent"], 4) if goal else None, "taken": list(rates.values())[-1]["taken_per_second"]}


def inside(folder, quick):
    """In the namespace."""
    seconds, source, rates = (1, 2)[not quick], Source(os.path.join(folder, "mixed.pcap")), RATES[::3] if quick else RATES
    found = {"bare": judge({rate: against_bare(source, rate, seconds, folder) for rate in rates})}
    sides = {"flows": ["--flows"],
             "full": ["--eve", "/dev/null", "--indicators", os.path.join(folder, "indicators"), "--signatures", os.path.join(folder, "signatures")]}
    for name, arguments in sides.items():
        sensor = Sensor(folder, *arguments)
        found[name] = judge({rate: against_sensor(sensor, source, rate, seconds) for rate in rates})
        sensor.finish()
    print(json.dumps(found))


def run(folder, quick):
    from measure import compile_limit  # pylint: disable=import-outside-toplevel
    from sensor import make_captures, make_sets  # pylint: disable=import-outside-toplevel
    if os.geteuid() != 0 or len(os.sched_getaffinity(0)) < 2:
        sys.exit("bench: live needs root (a namespace, XDP) and two cores")
    subprocess.run(["ninja", "-C", os.path.join(TOP, "build"), "bench/load/live-frames"], check=True, stdout=subprocess.DEVNULL)
    compile_limit("ring_count", folder)
    make_captures(folder, True)
    make_sets(folder, quick)
    os.chmod(folder, 0o755)
    command = [os.path.join(TOP, "tests", "lib", "netns-run"), "--seconds", "1200", "--packets", "1000000000", sys.executable, os.path.abspath(__file__), folder, "quick" if quick else "whole"]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {"seconds_each": 1 if quick else 2, "ring_mib": RING, **json.loads(out.splitlines()[-1])}


if __name__ == "__main__":
    inside(sys.argv[1], sys.argv[2] == "quick")
