"""`noroshi darknet -i` against frames that the kernel sends into one end of a veth pair at a set rate (bench/load/live_frames.c), in a namespace of its
own: the source on one core, the telescope on another. 10,000 sources ask the addresses of a /16 one after the other: few ports much and many little, one
packet in ten is backscatter, one in twenty UDP; lines and JSON are written to files.

Beside it, with a ring of the same size, the frozen bench/limits/ring_count.c, which only counts. For each rate: what the source reached, frames that were
dropped of those that it sent, and the share of a core that the telescope took. NOROSHI_BENCH_REALTIME=1: as in bench/run live.
"""
import json
import os
import random
import signal
import struct
import subprocess
import sys
import time

import live

RATES = (500_000, 1_000_000, 1_500_000, 2_000_000)
GOAL = 1_500_000
SOURCES, FRAMES = 10_000, 12_000
NET = "44.1.0.0/16"
PORTS = (23, 22, 80, 443, 445, 3389, 8080, 5060, 6379, 2323, 5555, 8443, 25, 1433, 3306, 21)


def make_capture(path):
    chance = random.Random(1)
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i in range(FRAMES):
            number = i if i < SOURCES else chance.randrange(SOURCES)
            source = bytes((10, 77, number // 250, number % 250))
            target = bytes((44, 1, chance.randrange(256), chance.randrange(256)))
            port = PORTS[min(int(chance.expovariate(0.4)), len(PORTS) - 1)]
            sort = chance.random()
            if sort < 0.05:
                body = struct.pack(">HHHH", chance.randrange(1024, 65536), 53413, 18, 0) + bytes(10)
            else:
                answer = sort < 0.15
                ends = (80, chance.randrange(1024, 65536)) if answer else (chance.randrange(1024, 65536), port)
                body = struct.pack(">HHIIBBHHH", *ends, chance.randrange(1 << 32), chance.randrange(1 << 32) if answer else 0, 5 << 4, 18 if answer else 2, 65535, 0, 0)
            header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), chance.randrange(65536), 0, 230, 17 if sort < 0.05 else 6, 0) + source + target
            frame = (b"\2" * 12 + b"\x08\0" + header + body).ljust(60, b"\0")
            out.write(struct.pack("<IIII", i, 0, len(frame), len(frame)) + frame)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def against_telescope(source, rate, seconds, folder):
    paths = {name: os.path.join(folder, name) for name in ("lines", "json", "log")}
    with open(paths["json"], "wb") as out, open(paths["log"], "wb") as log:
        command = [os.path.join(live.TOP, "build", "noroshi"), "darknet", "-i", "pair0", "--net", NET, "--ring", f"{live.RING} MiB", "--lines", paths["lines"], "--json"]
        child = subprocess.Popen(live.pinned(1, command), stdout=out, stderr=log)
        live.wait_for(lambda: b'"listening"' in live.Sensor.read(log) or child.poll() is not None)
        before = cpu_seconds(child.pid)
        sent = source.send(rate, seconds)
        time.sleep(1)
        used = cpu_seconds(child.pid) - before
        child.send_signal(signal.SIGTERM)
        if child.wait(timeout=live.PATIENCE) not in (0, 1):
            sys.exit("bench: the telescope failed: " + live.Sensor.read(log).decode())
    with open(paths["json"], encoding="utf-8") as file:
        totals = json.load(file)["totals"]
    with open(paths["lines"], encoding="utf-8") as file:
        counts = [line["darknet"] for line in map(json.loads, file) if line["darknet"]["what"] == "counts"]
    os.remove(paths["lines"])
    if sum(one["packets"] for one in counts) != totals["packets"] or sum(row[-1] for one in counts for row in one["rows"]) != totals["packets"]:
        sys.exit("bench: the lines do not add up to the report")
    return {"sent_per_second": round(sent["sent"] / sent["seconds"]), "sent": sent["sent"], "dropped": totals["dropped"], "missing": sent["sent"] - totals["packets"] - totals["dropped"],
            "sources_at_once": totals["sources_at_once"], "share_of_a_core": round(used / sent["seconds"], 2)}


def inside(folder, quick):
    """In the namespace."""
    seconds, source = (2, 10)[not quick], live.Source(os.path.join(folder, "telescope.pcap"), "targets")
    rates = RATES[1:3] if quick else RATES
    found = {"bare": {f"{rate:,}": live.against_bare(source, rate, seconds, folder) for rate in rates},
             "telescope": {f"{rate:,}": against_telescope(source, rate, seconds, folder) for rate in rates}}
    goal = found["telescope"][f"{GOAL:,}"]
    print(json.dumps({"share_dropped_at_goal": round(goal["dropped"] / goal["sent"], 4), **found}))


def run(folder, quick):
    from measure import compile_limit  # pylint: disable=import-outside-toplevel
    if os.geteuid() != 0 or len(os.sched_getaffinity(0)) < 2:
        sys.exit("bench: darknet_live needs root (a namespace, XDP) and two cores")
    subprocess.run(["ninja", "-C", os.path.join(live.TOP, "build"), "bench/load/live-frames"], check=True, stdout=subprocess.DEVNULL)
    compile_limit("ring_count", folder)
    make_capture(os.path.join(folder, "telescope.pcap"))
    command = [os.path.join(live.TOP, "tests", "lib", "netns-run"), "--seconds", "1200", "--packets", "1000000000", sys.executable, os.path.abspath(__file__), folder, "quick" if quick else "whole"]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {"seconds_each": 2 if quick else 10, "ring_mib": live.RING, "sources": SOURCES, **json.loads(out.splitlines()[-1])}


if __name__ == "__main__":
    inside(sys.argv[1], sys.argv[2] == "quick")
