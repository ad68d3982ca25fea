"""POST /v1/alerts over TLS: what a centre acknowledges as durable in a second, and how soon an event is in the queue at half of that.

Two runs against one centre with triage at work: first as fast as batches of 1,000 EVE lines (400–900 bytes, zstd) are answered, then at half
the rate that was reached, with a probe every two seconds: a batch of an organisation of its own that holds one line of command and
control; the time from its POST until an analyst's GET /v1/events shows the event. In the end history is counted on the disk.
"""
from loaded import LoadedCentre, build_load, compare, need_disk, say

MEMBERS, CONNECTIONS, BATCH = 12, 2, 1000
BYTES_AN_ALERT = 120  # of disk: history with its verdicts; 90 were met


def plan(members, rate, analyst="", probes=()):
    lines = [f"sensor member{i:02} {token} {rate / len(members)} {CONNECTIONS} {BATCH} steady" for i, (_, token) in enumerate(members)]
    return lines + [f"probe {token} {number}" for number, token in probes] + ([f"analyst {analyst}"] if analyst else [])


def million(report):
    """processor seconds for a million alerts"""
    return {name: round(seconds / report["acknowledged"] * 1e6, 2) for name, seconds in report["cpu"].items()}


def latency(report):
    """seconds from when a batch was due to its acknowledgement: the worst of the members"""
    return {name: round(max(each["seconds"][name] for each in report["sensors"]), 4) for name in ("p50", "p90", "p99", "most")}


def run(folder, quick):
    seconds, warm, every = (20, 4, 0.5) if quick else (600, 15, 2)
    need_disk(folder, int(1.5 * seconds * 200_000 * BYTES_AN_ALERT) + (1 << 30))
    build_load()
    with LoadedCentre(folder) as centre:
        members = centre.organisations([f"member{i:02}" for i in range(MEMBERS)])
        names = [f"probe{i:03}" for i in range(int((seconds - warm) / every))]
        probes = centre.organisations(names)
        say(f"{MEMBERS} organisations, {MEMBERS * CONNECTIONS} connections, {seconds} s as fast as they are answered")
        full = centre.load(plan(members, 0), seconds, warm)
        half_rate = full["alerts_per_second"] / 2
        say(f"{full['alerts_per_second']:.0f} alerts/s; now {seconds} s at half of it, with {len(probes)} probes")
        half = centre.load(plan(members, half_rate, centre.analyst, probes), seconds, warm, every=every)
        peak = centre.peak()
        centre.end()
        result = {
            "configuration": centre.options, "alerts_per_second": round(full["alerts_per_second"]), "seconds": full["wall_seconds"],
            "bytes_a_line": round(sum(each["plain_bytes"] for each in full["sensors"]) /
                                  (BATCH * max(1, sum(each["batches"] for each in full["sensors"])))),
            "cpu_seconds": full["cpu"], "cpu_seconds_a_million": million(full), "acknowledged_in": latency(full),
            "half": {"alerts_per_second": round(half["alerts_per_second"]), "cpu_seconds": half["cpu"], "acknowledged_in": latency(half),
                     "events_in": half["probes"]["seconds"], "never_shown": half["probes"]["never_shown"],
                     "cpu_seconds_a_million": million(half)},
            "answers": {name: sum(each[name] for report in (full, half) for each in report["sensors"])
                        for name in ("answers_429", "answers_503", "broken", "other")},
            "peak_bytes": peak, **compare(centre, (full, half), names, half["probes"]["acknowledged"]),
        }
    if result["missing"] or result["half"]["never_shown"] or result["answers"]["other"]:
        say(f"WRONG: {result['missing']} acknowledged alerts are missing, {result['half']['never_shown']} probes were never shown")
        result["failed"] = True
    return result
