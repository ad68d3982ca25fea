"""`noroshi darknet` on one core over a telescope's packets, beside tracestats (libtrace-tools, which only counts), tcpdump -w /dev/null and the
frozen walker bench/limits/pcap_walk.c, which only goes from packet to packet.

Two captures of 20,000,000 packets, made by bench/load/telescope.c: of 10,000,000 distinct sources and of 200,000. Ours does the whole analysis
and writes its JSON to /dev/null, as it does by default and with --no-changes (without what learns changes and groups). Peers that are not installed are left out. Packets/s and ratios are of CPU time of the median, which a busy
machine changes least; wall time and peak memory beside them.
"""
import json
import os
import shutil
import statistics
import subprocess

from measure import PROGRAM, TOP, compile_limit, measure, spread

PACKETS = 20_000_000
SOURCES = {"10M": 10_000_000, "200k": 200_000}


class Side:
    """one program on one capture"""

    def __init__(self, command, discard=False):
        self.command, self.discard = command, discard
        self.walls, self.cpus, self.peak = [], [], 0

    def measure(self):
        self.out, wall, cpu, peak = measure(self.command, self.discard)
        self.walls.append(wall)
        self.cpus.append(cpu)
        self.peak = max(self.peak, peak)

    def result(self, packets):
        return {"packets_per_second": round(packets / statistics.median(self.cpus)), "cpu_seconds": spread(self.cpus), "wall_seconds": spread(self.walls), "peak_bytes": self.peak}


def run(folder, quick):
    subprocess.run(["ninja", "-C", os.path.join(TOP, "build"), "bench/load/telescope"], check=True, stdout=subprocess.DEVNULL)
    maker, walker = os.path.join(TOP, "build", "bench", "load", "telescope"), compile_limit("pcap_walk", folder)
    share, found = 10 if quick else 1, {}
    path = os.path.join(folder, "telescope.pcap")
    for name, sources in SOURCES.items():
        packets = PACKETS // share
        subprocess.run([maker, path, str(packets), str(sources // share)], check=True)
        whole = [PROGRAM, "darknet", "-r", path, "--net", "44.0.0.0/8", "--json"]
        sides = {"walker": Side([walker, path]), "noroshi": Side(whole, discard=True), "noroshi_without_changes": Side([*whole, "--no-changes"], discard=True)}
        if shutil.which("tracestats"):
            sides["tracestats"] = Side(["tracestats", "pcapfile:" + path], discard=True)
        if shutil.which("tcpdump"):
            sides["tcpdump"] = Side(["tcpdump", "-n", "-r", path, "-w", "-"], discard=True)
        for _ in range(1 if quick else 5):
            for side in sides.values():
                side.measure()
        results = {side: sides[side].result(packets) for side in sides}
        walked = json.loads(sides["walker"].out)
        results["walker"] = {"program": "bench/limits/pcap_walk.c", "packets_per_second": round(walked["packets"] / walked["seconds"])}
        for peer in ("tracestats", "tcpdump"):
            if peer in results:
                for side in ("noroshi", "noroshi_without_changes"):
                    results[f"{side}_to_{peer}"] = round(results[side]["packets_per_second"] / results[peer]["packets_per_second"], 2)
        found[name] = {"packets": packets, "sources": sources // share, **results}
    os.remove(path)
    return found
