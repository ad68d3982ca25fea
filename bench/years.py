"""Synthetic years: which campaigns groups, changes, a plain threshold and CUSUM find, how soon, and how often each cries for nothing.

Whole years of several seeds from each of three generators (docs/darknet-detection.md), each year in a process of its own. What is done is kept in
years.jsonl in the folder that NOROSHI_YEARS names (default: build/years), and not done again: so it can be stopped and begun again. --quick: 60 days of one seed.
"""
import json
import os
import statistics
import subprocess
import sys

from measure import PROGRAM

PROGRAM_YEARS = os.path.join(os.path.dirname(PROGRAM), "tests", "darknet", "darknet_years")
WORLDS, SEEDS = ("wild", "first", "second"), (1, 2, 3, 4, 5)
SIZES = ((10, 99), (100, 999), (1000, 9999), (10000, 10**9), (100, 10**9))


def done_in(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.endswith("\n")]


def years(folder, plan):
    """Each year of the plan: (world, seed, days, rows of the background, most sources)."""
    path = os.path.join(folder, "years.jsonl")
    done = {(year["world"], year["seed"], year["days"], year["background"], year["most"]): year for year in done_in(path)}
    for each in plan:
        if each not in done:
            print("# years:", *each, file=sys.stderr, flush=True)
            line = subprocess.run([PROGRAM_YEARS, *map(str, each)], check=True, capture_output=True, text=True).stdout
            with open(path, "a", encoding="utf-8") as lines:
                lines.write(line)
            done[each] = json.loads(line)
        yield done[each]


def share(detectors, least, most):
    """Found, all, median and 90th percentile of the delays in hours."""
    delays = [delay for detector in detectors for sources, delay in detector["delays"] if least <= sources <= most]
    found = sorted(delay for delay in delays if delay is not None)
    return {"found": len(found), "all": len(delays), "median": found[len(found) // 2] if found else None,
            "p90": found[len(found) * 9 // 10] if found else None}


def summary(all_years):
    names = [(detector["name"], detector["at"]) for detector in all_years[0]["detectors"]]
    for i, (name, at) in enumerate(names):
        detectors = [year["detectors"][i] for year in all_years]
        monthly = [detector["false"] / year["months"] for detector, year in zip(detectors, all_years)]
        recalls = [share([detector], 100, 10**9) for detector in detectors]
        yield {"detector": name, "at": at, "false": statistics.mean(monthly), "false_least": min(monthly), "false_most": max(monthly),
               "mistakes": statistics.mean(detector["mistakes"] / year["months"] for detector, year in zip(detectors, all_years)),
               "recall_least": min(each["found"] / each["all"] for each in recalls),
               "sizes": {f"{least}-{most}" if most < 10**9 else f"{least}-": share(detectors, least, most) for least, most in SIZES}}


def table(world, rows):
    lines = [f"{world} | false alarms a month | of mistakes | 10 to 99 | 100 to 999 | 1,000 to 9,999 | 10,000 and more | 100 and more (worst seed) | median, 90th percentile"]
    for row in rows:
        counts = " | ".join(f"{size['found']} of {size['all']}" for size in row["sizes"].values())
        large = row["sizes"]["100-"]
        delay = "" if large["median"] is None else f"{large['median']:.2f} h, {large['p90']:.1f} h"
        lines.append(f"{row['detector']} {row['at']:g} | {row['false']:.2f} ({row['false_least']:.2f}–{row['false_most']:.2f}) | {row['mistakes']:.2f} | {counts} ({100 * row['recall_least']:.0f} %) | {delay}")
    return lines


def run(folder, quick):
    folder = os.environ.get("NOROSHI_YEARS", os.path.join(os.path.dirname(PROGRAM), "years"))
    os.makedirs(folder, exist_ok=True)
    days, rows, most, seeds = (60, 500, 5000, SEEDS[:1]) if quick else (365, 1000, 100000, SEEDS)
    result = {}
    for world in WORLDS:
        made = list(years(folder, [(world, seed, days, rows, most) for seed in seeds]))
        result[world] = table(world, list(summary(made)))
    return result
