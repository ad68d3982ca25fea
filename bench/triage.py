"""`noroshi triage` over CSV and over NDJSON on one core, each against a frozen program of bench/limits that only parses the same files.

Real alerts from ../shared/data/ait-ads where they are, otherwise the project's sample repeated. The NDJSON holds the same alerts, each
written as Suricata writes an alert into eve.json (flow, ports and microseconds differ from line to line, as they do there). The ratio is
wall time against the limit's time for parsing (it leaves out reading); `ratio_of_least` takes the least of both sides, CPU time
for ours: compare it when the machine is not quiet. Void below 500 MB/s of the limit.

docs/decisions/0050 says where the time goes and what was tried.
"""
import gzip
import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zlib

from measure import PROGRAM, TOP, compile_limit, measure, spread

REAL = os.path.join(TOP, "..", "shared", "data", "ait-ads")
REAL_NAMES = ("fox", "russellmitchell", "santos", "wardbeck")
ORGANISATIONS, ALERTS = 1000, 3_000_000  # of the full run


def real_lines():
    """{name: [line]} without headers, and where they are from"""
    if all(os.path.isfile(os.path.join(REAL, f"{name}.csv.gz")) for name in REAL_NAMES):
        found = {}
        for name in REAL_NAMES:
            with gzip.open(os.path.join(REAL, f"{name}.csv.gz"), "rb") as file:
                found[name] = file.read().splitlines(keepends=True)[1:]
        return found, "ait-ads"
    folder = tempfile.mkdtemp(prefix="noroshi-bench.")
    try:
        subprocess.run([sys.executable, os.path.join(TOP, "sample", "make.py"), folder], check=True, stdout=subprocess.DEVNULL)
        with gzip.open(os.path.join(folder, "minato-water.csv.gz"), "rb") as file:
            lines = file.read().splitlines(keepends=True)[1:]
    finally:
        shutil.rmtree(folder)
    days = []
    for day in range(100):  # the same three days again and again, each time three days later
        for line in lines:
            when, rest = line.split(b",", 1)
            days.append(b"%d,%s" % (int(when) + day * 3 * 86400, rest))
    return {"sample": days}, "sample"




def eve_line(number, line):
    """the CSV line as an event of Suricata"""
    when, sensor, signature, address, host = line.decode().rstrip("\n").split(",")
    rule, flow = zlib.crc32(signature.encode()) % 1_000_000, number * 2654435761 % (1 << 32)
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(int(when))) + f".{number % 1_000_000:06}+0000"
    return (f'{{"timestamp":"{moment}","flow_id":{10**15 + flow},"in_iface":"{host}","event_type":"alert","src_ip":"203.0.113.{rule % 250}",'
            f'"src_port":{1024 + flow % 64000},"dest_ip":"{address}","dest_port":443,"proto":"TCP","alert":{{"action":"allowed","gid":1,'
            f'"signature_id":{2_000_000 + rule},"rev":3,"signature":{json.dumps(signature)},"category":"Misc activity","severity":3}},'
            f'"app_proto":"tls","flow":{{"pkts_toserver":{flow % 90},"pkts_toclient":{flow % 70},"bytes_toserver":{flow % 9000},'
            f'"bytes_toclient":{flow % 70000},"start":"{moment}"}},"host":"{sensor}"}}\n').encode()


def make_files(folder, quick):
    """{"csv" and "ndjson": [(organisation, path)]}, and where the alerts are from.

    quick: each source once; full: ORGANISATIONS slices of them, ALERTS alerts in all"""
    sources, origin = real_lines()
    pieces = []
    if quick:
        pieces = list(sources.items())
    else:
        each = ALERTS // ORGANISATIONS
        names = list(sources)
        for number in range(ORGANISATIONS):
            lines = sources[names[number % len(names)]]
            begin = number * 7919 % max(1, len(lines) - each)
            pieces.append((f"org{number:04}", lines[begin:begin + each]))
    files = {"csv": [], "ndjson": []}
    for name, lines in pieces:
        for kind in files:
            path = os.path.join(folder, f"{name}.{kind}")
            with open(path, "wb") as to:
                if kind == "csv":
                    to.write(b"time,sensor,signature,address,host\n")
                to.writelines(lines if kind == "csv" else (eve_line(number, line) for number, line in enumerate(lines)))
            files[kind].append((name, path))
    return files, origin


class Side:
    """one kind of file: ours and the limit, measured in turn"""

    def __init__(self, kind, files, folder):
        self.limit_name = f"{kind}_parse"
        self.limit = [compile_limit(self.limit_name, folder)] + [path for _, path in files]
        self.command = [PROGRAM, "triage", "--json", "--quiet"]
        for name, path in files:
            self.command += ["--org", f"{name}={path}"]
        self.walls, self.cpus, self.limits, self.peak = [], [], [], 0

    def measure(self):
        self.parsed = json.loads(measure(self.limit)[0])
        self.limits.append(self.parsed["seconds"])
        out, wall, cpu, peak = measure(self.command)
        self.counts = json.loads(out)
        self.walls.append(wall)
        self.cpus.append(cpu)
        self.peak = max(self.peak, peak)

    def result(self):
        wall, limit = statistics.median(self.walls), statistics.median(self.limits)
        return {
            "alerts": self.counts["alerts"], "bytes": self.parsed["bytes"], "events": self.counts["events"],
            "seconds": spread(self.walls), "cpu_seconds": spread(self.cpus), "alerts_per_second": self.counts["alerts"] / wall,
            "peak_bytes": self.peak,
            "limit": {"program": f"bench/limits/{self.limit_name}.c", "seconds": spread(self.limits),
                      "bytes_per_second": self.parsed["bytes"] / limit},
            "ratio": wall / limit, "ratio_of_least": min(self.cpus) / min(self.limits),
            "valid": self.parsed["bytes"] / limit >= 500e6,
        }


def run(folder, quick):
    with multiprocessing.Pool(1) as aside:  # the peak of a program that is started counts what its parent holds
        files, origin = aside.apply(make_files, (folder, quick))
    sides = {kind: Side(kind, files[kind], folder) for kind in files}
    for _ in range(3 if quick else 5):
        for side in sides.values():
            side.measure()
    return {"data": origin, "organisations": len(files["csv"]), **{kind: side.result() for kind, side in sides.items()}}
