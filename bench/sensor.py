"""`noroshi sensor` on one core, beside nfpcapd (nfdump), ndpiReader and tshark on the same captures, and beside the frozen walker
bench/limits/pcap_walk.c, which only goes from packet to packet.

Two captures, made by bench/load/pcap.c: `mixed`, those of ../shared/data/pcaps interleaved packet by packet and repeated with other
addresses to 588 MB; `single`, 5,000,000 packets that are each a flow of their own. Ours: `flows` (nobody looks at content), `dissected`
(content too, no records), `records` (EVE JSON of everything to /dev/null), `full` (records and alerts, with 1,000,000 indicators and 1,000
signatures; reading these in is `load`, measured on a capture without packets and taken off). nfpcapd writes its flow file as it always does, into memory
(/dev/shm); ours in `flows` hands each flow to a counter. Peers that are not installed are left out. Ratios are of CPU time, which a busy machine
changes least, of the median; `wall` beside them. Void below 12 million packets/s of the walker.
"""
import glob
import json
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile

import sets
from measure import PROGRAM, TOP, compile_limit, measure, spread

CAPTURES = os.path.join(TOP, "..", "shared", "data", "pcaps", "*", "*")
MIXED_BYTES, SINGLE_PACKETS = 588_000_000, 5_000_000
LEAST_WALK = 12_000_000  # packets/s
INDICATORS, SIGNATURES = 1_000_000, 1_000
SLICE = 20_000           # packets that tshark gets: it would take minutes otherwise


def make_captures(folder, quick):
    """{name: (path, packets)}"""
    subprocess.run(["ninja", "-C", os.path.join(TOP, "build"), "bench/load/pcap"], check=True, stdout=subprocess.DEVNULL)
    maker = os.path.join(TOP, "build", "bench", "load", "pcap")
    sources, share = sorted(glob.glob(CAPTURES)), 10 if quick else 1
    if not sources:
        sys.exit("bench: ../shared/data/pcaps is not there")
    made = {}
    for name, words in (("mixed", [str(MIXED_BYTES // share), *sources]), ("single", [str(SINGLE_PACKETS // share)])):
        path = os.path.join(folder, name + ".pcap")
        out = subprocess.run([maker, name, path, *words], check=True, capture_output=True, text=True).stdout
        made[name] = path, int(out.split()[0])
    if shutil.which("editcap"):
        subprocess.run(["editcap", "-r", made["mixed"][0], os.path.join(folder, "slice.pcap"), f"1-{SLICE}"], check=True)
    return made


def make_sets(folder, quick):
    lines = os.path.join(folder, "indicators.txt")
    sets.make_indicators(lines, INDICATORS // (10 if quick else 1))
    subprocess.run([PROGRAM, "indicators", "compile", "--out", os.path.join(folder, "indicators"), lines], check=True, stdout=subprocess.DEVNULL)
    sets.make_signatures(os.path.join(folder, "signatures"), SIGNATURES)


def make_empty(folder):
    path = os.path.join(folder, "empty.pcap")
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    return path


class Side:
    """one program on one capture"""

    def __init__(self, command, packets, folder=None, discard=False, load=None):
        self.command, self.packets, self.folder, self.discard = command, packets, folder, discard
        self.load = load  # the side that only reads in what this one works with
        self.walls, self.cpus, self.peak = [], [], 0

    def measure(self):
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            os.mkdir(self.folder)
        self.out, wall, cpu, peak = measure(self.command, self.discard)
        self.walls.append(wall)
        self.cpus.append(cpu)
        self.peak = max(self.peak, peak)

    def cpu(self):
        load = statistics.median(self.load.cpus) if self.load else 0
        return (statistics.median(self.cpus) - load) / self.packets

    def result(self):
        return {"packets_per_second": round(1 / self.cpu()), "cpu_seconds": spread(self.cpus), "wall_seconds": spread(self.walls), "peak_bytes": self.peak}


def sides_of(name, path, packets, folder, memory):
    sides = {
        "walker": Side([compile_limit("pcap_walk", folder), path], packets),
        "flows": Side([PROGRAM, "sensor", "-r", path, "--flows", "--json"], packets),
        "dissected": Side([PROGRAM, "sensor", "-r", path, "--json"], packets),
        "records": Side([PROGRAM, "sensor", "-r", path, "--eve", "-"], packets, discard=True),
    }
    if name == "mixed":
        empty = make_empty(folder)
        full = ["--eve", "-", "--indicators", os.path.join(folder, "indicators"), "--signatures", os.path.join(folder, "signatures")]
        sides["load"] = Side([PROGRAM, "sensor", "-r", empty, *full], 1, discard=True)
        sides["full"] = Side([PROGRAM, "sensor", "-r", path, *full], packets, discard=True, load=sides["load"])
    if shutil.which("nfpcapd"):
        sides["nfpcapd"] = Side(["nfpcapd", "-r", path, "-w", os.path.join(memory, "flows"), "-t", "86400"], packets, os.path.join(memory, "flows"))
    if name == "mixed" and shutil.which("ndpiReader"):
        sides["ndpiReader"] = Side(["ndpiReader", "-q", "-i", path], packets)
    part = os.path.join(folder, "slice.pcap")
    if name == "mixed" and shutil.which("tshark") and os.path.exists(part):
        sides["tshark"] = Side(["tshark", "-n", "-r", part, "-T", "fields", "-e", "frame.protocols"], SLICE)
    return sides


def judge(sides):
    walked = json.loads(sides["walker"].out)
    result = {name: side.result() for name, side in sides.items()}
    result["walker"] = {"program": "bench/limits/pcap_walk.c", "packets_per_second": round(walked["packets"] / walked["seconds"])}
    result["void"] = result["walker"]["packets_per_second"] < LEAST_WALK
    for peer in ("nfpcapd", "ndpiReader", "tshark"):
        if peer in sides:
            for ours in ("flows", "dissected", "records", "full"):
                if ours in sides:
                    result[f"{ours}_to_{peer}"] = round(sides[peer].cpu() / sides[ours].cpu(), 2)
    result["limit_to_flows"] = round(sides["flows"].cpu() * result["walker"]["packets_per_second"], 2)
    return result


def run(folder, quick):
    captures, found = make_captures(folder, quick), {}
    make_sets(folder, quick)
    with tempfile.TemporaryDirectory(prefix="noroshi-bench.", dir="/dev/shm") as memory:
        for name, (path, packets) in captures.items():
            sides = sides_of(name, path, packets, folder, memory)
            for _ in range(1 if quick else 5):
                for side in sides.values():
                    side.measure()
            found[name] = {"packets": packets, "flows": json.loads(sides["flows"].out)["flows"], **judge(sides)}
    return found
