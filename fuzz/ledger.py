"""What was spent: {commit: {target: {minutes of a processor, runs, coverage (edges), features}}}.

Kept with the project in fuzz/spent.json, and since the last --record in .state/fuzz/spent.json; what counts is both together.
"""
import json
import os

from targets import ROOT, STATE

KEPT = ROOT / "fuzz" / "spent.json"
SINCE = STATE / "spent.json"
NOTHING = {"minutes": 0.0, "runs": 0, "coverage": 0, "features": 0}


def read(path):
    return json.loads(path.read_text()) if path.exists() else {}


def write(path, entries):
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(entries, indent=1, sort_keys=True) + "\n")
    os.replace(beside, path)


def added(first, second):
    """Minutes and runs of both; coverage as the later one found it."""
    return {
        "minutes": round(first["minutes"] + second["minutes"], 2), "runs": first["runs"] + second["runs"],
        "coverage": second["coverage"] or first["coverage"], "features": second["features"] or first["features"]}


class Ledger:
    def __init__(self):
        self.kept, self.since = read(KEPT), read(SINCE)

    def of(self, commit, target):
        return added(self.kept.get(commit, {}).get(target, NOTHING), self.since.get(commit, {}).get(target, NOTHING))

    def in_all(self, target):
        return sum(self.of(commit, target)["minutes"] for commit in {*self.kept, *self.since})

    def spend(self, commit, target, slice_spent):
        per = self.since.setdefault(commit, {})
        per[target] = added(per.get(target, NOTHING), slice_spent)
        write(SINCE, self.since)

    def record(self):
        for commit, per in self.since.items():
            for target in per:
                self.kept.setdefault(commit, {})[target] = self.of(commit, target)
                per[target] = dict(NOTHING)
        write(KEPT, self.kept)
        SINCE.unlink(missing_ok=True)
        self.since = {}
