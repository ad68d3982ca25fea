#!/usr/bin/env python3
"""Triage of four labelled organisations, scored by the shared evaluator: the figures that the project promises hold for the
default configuration, the organisations together and one by one, in file order and shuffled within the lateness bound.

usage: test_labelled.py PATH-OF-NOROSHI    (prints TAP; everything is skipped where the shared data is absent)
"""
import csv
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict

ROOT = os.environ.get("SOURCE_ROOT", os.getcwd())
SHARED = os.environ.get("NOROSHI_SHARED", os.path.join(ROOT, "..", "shared"))
DATA = os.path.join(SHARED, "data", "ait-ads")
EVALUATOR = os.path.join(SHARED, "eval", "triage_eval.py")
ORGANISATIONS = ["fox", "russellmitchell", "santos", "wardbeck"]
LATENESS = 600


def triage(program, folder, inputs):
    """Rows of the assignment, and the JSON of the counts."""
    assign = os.path.join(folder, "assign.csv")
    options = [word for org, path in inputs.items() for word in ("--org", "%s=%s" % (org, path))]
    done = subprocess.run([program, "triage", *options, "--assign", assign, "--json"], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    with open(assign, newline="") as rows:
        return assign, list(csv.DictReader(rows)), json.loads(done.stdout)


def evaluate(assign, organisations):
    sources = ["%s=%s/%s.csv.gz:%s/%s.labels.csv.gz" % (o, DATA, o, DATA, o) for o in organisations]
    return json.loads(subprocess.check_output([sys.executable, EVALUATOR, assign, *sources], text=True))


def partition(rows, line_of=lambda org, line: line):
    """The events as sets of alerts, without their names: (organisation, content or line)."""
    events = defaultdict(Counter)
    for row in rows:
        events[row["event"]][row["org"], line_of(row["org"], int(row["line"]))] += 1
    return sorted(sorted(members.items()) for members in events.values())


def shuffled(org, folder, seed):
    """The file with each line up to the lateness bound away from its place; its path and its lines in the new order."""
    with gzip.open(os.path.join(DATA, org + ".csv.gz"), "rt") as file:
        header, *lines = file.read().splitlines()
    dice = random.Random(seed)
    keyed = sorted((float(line.split(",", 1)[0]) + dice.uniform(0, LATENESS - 1), n) for n, line in enumerate(lines))
    path = os.path.join(folder, org + ".csv")
    order = [lines[n] for _, n in keyed]
    with open(path, "w") as file:
        file.write("\n".join([header, *order]) + "\n")
    return path, lines, order


def test_promised_figures_hold_for_the_organisations_together(program, folder):
    assign, _, _ = triage(program, folder, {o: "%s/%s.csv.gz" % (DATA, o) for o in ORGANISATIONS})
    score = evaluate(assign, ORGANISATIONS)
    print("# " + json.dumps({k: v for k, v in score.items() if k != "trivial"}))
    print("# trivial bundling: " + json.dumps(score["trivial"]))
    assert score["recall"] >= 0.97, score["missed"]
    assert score["per_org_day"] <= 1.0 and score["precision"] >= 0.55 and score["effort"] <= 15
    assert score["noise_in"] <= 0.03 and score["purity"] >= 0.40 and score["longest_h"] <= 8


def test_each_organisation_alone_gives_the_same_events_as_together(program, folder):
    _, together, _ = triage(program, folder, {o: "%s/%s.csv.gz" % (DATA, o) for o in ORGANISATIONS})
    for org in ORGANISATIONS:
        assign, alone, _ = triage(program, folder, {org: "%s/%s.csv.gz" % (DATA, org)})
        score = evaluate(assign, [org])
        print("# %s: %s" % (org, json.dumps({k: v for k, v in score.items() if k != "trivial"})))
        assert partition(alone) == partition(row for row in together if row["org"] == org), org


def test_shuffling_within_the_lateness_bound_gives_the_same_events(program, folder):
    for seed, org in enumerate(ORGANISATIONS):
        path, lines, order = shuffled(org, folder, seed)
        _, straight, _ = triage(program, folder, {org: "%s/%s.csv.gz" % (DATA, org)})
        _, mixed, counts = triage(program, folder, {org: path})
        assert counts["late"] == 0, counts
        # Lines of the same text are the same to every observer: events are compared by what their alerts say.
        assert partition(straight, lambda _, n: lines[n - 2]) == partition(mixed, lambda _, n: order[n - 2]), org


def test_every_alert_gets_exactly_one_verdict(program, folder):
    _, rows, counts = triage(program, folder, {o: "%s/%s.csv.gz" % (DATA, o) for o in ORGANISATIONS})
    verdicts = counts["verdicts"]
    assert sum(verdicts.values()) == counts["alerts"] == 740684, counts
    assert verdicts["event"] + verdicts["context"] == len(rows) == len({(r["org"], r["line"]) for r in rows})


def main():
    tests = [(name, test) for name, test in sorted(globals().items()) if name.startswith("test_")]
    present = os.path.isdir(DATA) and os.path.exists(EVALUATOR)
    failed = 0
    print("1..%d" % len(tests))
    for number, (name, test) in enumerate(tests, 1):
        if not present:
            print("ok %d - %s # SKIP the shared data is absent" % (number, name))
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                test(os.path.abspath(sys.argv[1]), folder)
                print("ok %d - %s" % (number, name), flush=True)
            except Exception as error:  # a test that breaks is a test that fails
                failed += 1
                print("# %s: %s\nnot ok %d - %s" % (type(error).__name__, error, number, name), flush=True)
    return 1 if failed else 0


sys.exit(main())
