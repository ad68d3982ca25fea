"""`noroshi triage` over CSV on one core, against bench/limits/csv_parse.c on the same files.

Real alerts from ../shared/data/ait-ads where they are, otherwise the project's sample repeated.
"""
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

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


def make_files(folder, quick):
    """[(organisation, path)]: quick: each source once; full: ORGANISATIONS slices of them, ALERTS alerts in all"""
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
    files = []
    for name, lines in pieces:
        path = os.path.join(folder, f"{name}.csv")
        with open(path, "wb") as to:
            to.write(b"time,sensor,signature,address,host\n")
            to.writelines(lines)
        files.append((name, path))
    return files, origin


def run(folder, quick):
    files, origin = make_files(folder, quick)
    limit = compile_limit("csv_parse", folder)
    command = [PROGRAM, "triage", "--json", "--quiet"]
    for name, path in files:
        command += ["--org", f"{name}={path}"]
    runs, limits, peak, counts = [], [], 0, None
    for _ in range(3 if quick else 5):
        parsed = json.loads(measure([limit] + [path for _, path in files])[0])
        limits.append(parsed["seconds"])
        out, wall, _, most = measure(command)
        counts = json.loads(out)
        runs.append(wall)
        peak = max(peak, most)
    alerts, median = counts["alerts"], statistics.median(runs)
    return {
        "data": origin, "organisations": len(files), "alerts": alerts, "bytes": parsed["bytes"],
        "seconds": spread(runs), "alerts_per_second": alerts / median, "peak_bytes": peak, "events": counts["events"],
        "limit": {"program": "bench/limits/csv_parse.c", "seconds": spread(limits),
                  "bytes_per_second": parsed["bytes"] / statistics.median(limits)},
        "ratio": median / statistics.median(limits),
        "valid": parsed["bytes"] / statistics.median(limits) >= 500e6,
    }
