"""One member floods a centre at 100 times its quota: what the others see of it.

Five pairs of runs against one centre, with and without the flood in turn (each pair begins with the other one). The others: eight
organisations that send batches of 4 lines at a steady rate, 80 a second together. The flood: one organisation with a quota of its own, on many connections from many
addresses, which sends 100 times its quota and cares for no Retry-After. Ratio: the others' 99th percentile from when a batch was due to its
acknowledgement, all their batches of a run together, with the flood against without; median of the pairs. Its cost in processor time is
shown, because generator and centre share the machine. In the end history is counted on the disk.
"""
import statistics

from loaded import LoadedCentre, build_load, compare, need_disk, say

OTHERS, RATE, BATCH = 8, 40, 4  # alerts a second of each: many small batches, so that a percentile has something to stand on
QUOTA, CONNECTIONS, TIMES, FLOOD_BATCH = 200, 64, 100, 200  # of the one that floods
PAIRS, LARGEST_RATIO = 5, 1.25




def others_of(report):
    return [each for each in report["sensors"] if each["name"].startswith("other")]


def summary(report):
    flood = [each for each in report["sensors"] if each["name"] == "flood"]
    said = {"p50": report["others"]["p50"], "p99": report["others"]["p99"], "most": report["others"]["most"],
            "others_refused": sum(each["answers_429"] + each["answers_503"] for each in others_of(report)), "cpu_seconds": report["cpu"]}
    if flood:
        said["flood"] = {name: flood[0][name] for name in ("acknowledged", "batches", "answers_429", "answers_503", "broken")}
        said["flood"]["alerts_offered"] = FLOOD_BATCH * sum(flood[0][name] for name in ("batches", "answers_429", "answers_503", "broken"))
    return said


def run(folder, quick):
    seconds, warm, pairs = (10, 3, 2) if quick else (40, 8, PAIRS)
    need_disk(folder, 2 << 30)
    build_load()
    runs, reports = [], []
    with LoadedCentre(folder) as centre:
        others = centre.organisations([f"other{i}" for i in range(OTHERS)])
        flooder = centre.organisations(["flood"], quota=QUOTA)[0]
        plan = [f"sensor other{i} {token} {RATE} 4 {BATCH} steady" for i, (_, token) in enumerate(others)]
        flood = [f"sensor flood {flooder[1]} {QUOTA * TIMES} {CONNECTIONS} {FLOOD_BATCH} flood"]
        say(f"one run with the flood, so that the quota it saved up is used: {seconds} s")
        reports.append(centre.load(plan, seconds, warm, flood=flood))
        for pair in range(pairs):
            said = {}
            for floods in ((False, True) if pair % 2 else (True, False)):
                said[floods] = centre.load(plan, seconds, warm, flood=flood if floods else ())
                reports.append(said[floods])
            runs.append({"with": summary(said[True]), "without": summary(said[False])})
            say(f"pair {pair + 1} of {pairs}: p99 {runs[-1]['with']['p99']:.4f} s with, {runs[-1]['without']['p99']:.4f} s without the flood")
        centre.end()
        ratios = [each["with"]["p99"] / each["without"]["p99"] for each in runs]
        result = {
            "configuration": f"quota of the one that floods: {QUOTA} alerts/s; " + centre.options,
            "ratio": statistics.median(ratios), "ratios": ratios, "ratio_most": LARGEST_RATIO, "pairs": runs, **compare(centre, reports),
        }
    if result["missing"]:
        say(f"WRONG: {result['missing']} acknowledged alerts are missing")
        result["failed"] = True
    return result
