"""Synthetic years as packets through `noroshi darknet --history`, a file a week: what it finds beside what the same trends tell of the activities.

tests/darknet/year_packets.c writes a file of 4,096 addresses, the telescope reads it, it is deleted, and so on: there is one file at a time. What is done
is kept in a folder for each year below the one that NOROSHI_YEARS names (default: build/years), and not done again: so it can be stopped and begun
again. One seed of each of the three generators; NOROSHI_YEAR_PACKETS="wild 2 365 1000 100000" (generator, seed, days, background activities in an hour,
most sources of a campaign) is another plan, with commas between years. --quick: 60 days of each.
"""
import os
import sys
from pathlib import Path

from measure import PROGRAM, TOP

sys.path.insert(0, os.path.join(TOP, "tests", "darknet"))
import test_year_packets as judged  # noqa: E402

GENERATOR = os.path.join(os.path.dirname(PROGRAM), "tests", "darknet", "darknet_year_packets")
PLAN = "wild 1 365 1000 100000,first 1 365 1000 100000,second 1 365 1000 100000"
QUICK = "wild 1 60 500 5000,first 1 60 500 5000,second 1 60 500 5000"
WEEK = 7


def run(folder, quick):
    kept = Path(os.environ.get("NOROSHI_YEARS", os.path.join(os.path.dirname(PROGRAM), "years")))
    result = {}
    for year in os.environ.get("NOROSHI_YEAR_PACKETS", QUICK if quick else PLAN).split(","):
        setting = tuple(year.split())
        here = kept / ("packets-" + "-".join(setting))
        here.mkdir(parents=True, exist_ok=True)
        done, begun = judged.run(GENERATOR, PROGRAM, here, setting, WEEK, say=lambda words, year=year: print(f"# {year}: {words}", file=sys.stderr, flush=True))
        of_year, _, _ = judged.compare(here, done, begun)
        result.update({f"{year}: {name}": value for name, value in of_year.items()})
    return result
