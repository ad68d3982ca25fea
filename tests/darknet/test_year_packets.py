#!/usr/bin/env python3
"""A synthetic year as packets (year_packets.c) through `noroshi darknet --history`, file after file; and judged by what is known to be in it, beside
what the same trends tell of its activities. As a program: five weeks of each generator. TAP. Whole years: bench/run year_packets.
"""
import bisect
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from datetime import datetime
from pathlib import Path

NET = "198.18.0.0/20"
GRACE = 6  # hours behind a campaign's end in which it is still found; as judge.c
QUIET = 21  # days before the first campaign: what is told in them is not judged


def seconds(text):
    whole, _, rest = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float("0." + (rest or "0"))


def is_group(line):
    return line.get("what") == "group" or line.get("kind") == "group"


# ── running ─


def groups_in(stream, kept):
    for line in stream:
        if b'"what":"group"' in line:
            kept.append(json.loads(line)["darknet"])


def analyse(noroshi, folder, capture, history):
    """What the telescope tells of one file: the object, and groups as they were told."""
    groups = []
    from_program, to_us = os.pipe()
    command = [noroshi, "darknet", "-r", capture, "--net", NET, "--history", history, "--locations", folder / "locations",
               "--warninglists", folder / "lists", "--lines", f"/dev/fd/{to_us}", "--checkpoint", "1 h", "--json"]
    with open(from_program, "rb") as lines, tempfile.TemporaryFile() as out:
        program = subprocess.Popen([*map(str, command)], stdout=out, pass_fds=[to_us])
        os.close(to_us)
        reader = threading.Thread(target=groups_in, args=(lines, groups))
        reader.start()
        _, status, used = os.wait4(program.pid, 0)
        program.returncode = os.waitstatus_to_exitcode(status)
        reader.join()
        out.seek(0)
        found = json.load(out) if program.returncode in (0, 1) else None
    if found is None:
        raise SystemExit(f"year_packets: {capture}: noroshi darknet ended with {program.returncode}")
    return found, groups, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def kept_lines(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]


def run(generator, noroshi, folder, setting, days_of_a_file, say=lambda _: None):
    """The year's files, each written, read and deleted. What is done stays in folder/done, and is not done again: its history is that of the file before."""
    folder = Path(folder)
    (folder / "lists" / "known").mkdir(parents=True, exist_ok=True)
    done = kept_lines(folder / "done")
    (folder / "done").write_text("".join(json.dumps(each) + "\n" for each in done), encoding="utf-8")
    command = [generator, *setting, folder, days_of_a_file, len(done)]
    begun = None
    with subprocess.Popen([*map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        for line in program.stdout:
            about = json.loads(line)
            if "begun" in about:
                begun = about["begun"]
                break
            number = about["file"]
            capture, history = folder / f"{number:03}.pcap", folder / f"history.{number}"
            history.unlink(missing_ok=True)
            if number:
                shutil.copy(folder / f"history.{number - 1}", history)
            found, groups, cpu, memory = analyse(noroshi, folder, capture, history)
            size = capture.stat().st_size
            capture.unlink()
            about.update(bytes=size, cpu=cpu, memory=memory, groups=groups, changes=found["changes"], listed=[group["number"] for group in found["groups"]],
                         read=found["totals"]["packets"], bounds=found["totals"]["bounds"], research=found["totals"]["research"]["packets"])
            with open(folder / "done", "a", encoding="utf-8") as kept:
                kept.write(json.dumps(about) + "\n")
            (folder / f"history.{number - 2}").unlink(missing_ok=True)
            done.append(about)
            say(f"file {number}: {about['packets']} packets, {cpu:.0f} s")
            program.stdin.write("\n")
            program.stdin.flush()
    if program.returncode != 0 or begun is None:
        raise SystemExit(f"year_packets: the generator ended with {program.returncode}")
    return done, begun


# ── judging ─


class Truth:
    def __init__(self, folder, begun):
        truth = json.loads((Path(folder) / "truth.json").read_text(encoding="utf-8"))
        self.begins, self.hours, self.campaigns, self.begun = truth["begins"], truth["hours"], truth["campaigns"], begun
        self.months = (self.hours / 24 - QUIET) / 30
        self.mistakes, self.members = {}, {}
        for port, first, last in truth["mistakes"]:
            self.mistakes.setdefault(port, []).append((first, last))
        with open(Path(folder) / "members", encoding="utf-8") as lines:
            for line in lines:
                hour, address, campaign = line.split()
                self.members.setdefault(address, []).append((int(hour), int(campaign)))

    def hour(self, time):
        return int((time - self.begins) // 3600)

    def campaign_of(self, address, hour):
        known = self.members.get(address, [])
        at = bisect.bisect_right(known, (hour, len(self.campaigns)))
        return known[at - 1][1] if at else None

    def by_mistake(self, port, first, last):
        return any(begin <= last and first <= end for begin, end in self.mistakes.get(port, []))


class Verdict:
    def __init__(self):
        self.found, self.false, self.mistakes, self.alarms = {}, 0, 0, 0

    def right(self, campaign, time):
        self.found.setdefault(campaign, time)

    def nothing(self, truth, port, first, last):
        if port is not None and truth.by_mistake(port, first, last):
            self.mistakes += 1
        else:
            self.false += 1


def number_of(port):
    return int(port.split("/")[0]) if port and port.split("/")[1] in ("tcp", "udp") else None


def judge_group(verdict, truth, group):
    """Right when three of ten sources that it lists are one campaign's."""
    time = seconds(group["noticed"])
    hour = truth.hour(time)
    members = {}
    for address in group["addresses"]:
        campaign = truth.campaign_of(address, hour)
        if campaign is not None:
            members[campaign] = members.get(campaign, 0) + 1
    most = max(members, key=members.get, default=None)
    if most is not None and members[most] * 10 >= len(group["addresses"]) * 3:
        verdict.right(most, time)
    else:
        verdict.nothing(truth, number_of(group["common"].get("port") or group["ports"][0]), max(0, hour - 24), hour)


def judge_rise(verdict, truth, change):
    """Right when any campaign on its port ran in its time."""
    now, begin, port = seconds(change["noticed"]), seconds(change["from"]), number_of(change["port"])
    right = False
    for number, campaign in enumerate(truth.campaigns):
        behind = truth.begins + (campaign["last"] + 1 + GRACE) * 3600
        if truth.begun[number] and port in campaign["ports"] and begin <= behind and now >= truth.begun[number]:
            verdict.right(number, now)
            right = True
    if not right:
        verdict.nothing(truth, port, truth.hour(begin), truth.hour(now))


def judge(truth, groups, changes):
    """groups, rises of ports, and how many changes of other things there were."""
    of_groups, of_rises, others = Verdict(), Verdict(), 0
    for group in groups:
        if group["open"] and truth.hour(seconds(group["noticed"])) >= QUIET * 24:
            of_groups.alarms += 1
            judge_group(of_groups, truth, group)
    for change in changes:
        if truth.hour(seconds(change["noticed"])) < QUIET * 24:
            continue
        if change["change"] == "rise" and "port" in change:
            of_rises.alarms += 1
            judge_rise(of_rises, truth, change)
        else:
            others += 1
    return of_groups, of_rises, others


def figures(truth, verdict):
    """For a report: found by size, delays in hours, false alarms a month."""
    result = {"false": round(verdict.false / truth.months, 2), "mistakes": round(verdict.mistakes / truth.months, 2)}
    for least, most in ((10, 99), (100, 10**9)):
        those = [i for i, campaign in enumerate(truth.campaigns) if least <= campaign["sources"] <= most and truth.begun[i]]
        delays = sorted((verdict.found[i] - truth.begun[i]) / 3600 for i in those if i in verdict.found)
        name = f"{least}-{most}" if most < 10**9 else f"{least}-"
        result[name] = {"found": len(delays), "all": len(those), "median": round(delays[len(delays) // 2], 2) if delays else None,
                        "p90": round(delays[len(delays) * 9 // 10], 2) if delays else None}
    return result


def compare(folder, done, begun):
    """The same judge over what was told of packets, of activities, and of activities with shapes and tools as headers say them ("seen")."""
    truth = Truth(folder, begun)
    told = {"packets": ([group for each in done for group in each["groups"]], [change for each in done for change in each["changes"]])}
    for source, name in (("activities", "alarms"), ("seen", "alarms.seen")):
        lines = kept_lines(Path(folder) / name)
        told[source] = ([line for line in lines if is_group(line)], [line for line in lines if not is_group(line)])
    verdicts = {source: judge(truth, *of_source) for source, of_source in told.items()}
    result = {"months": round(truth.months, 2), "files": len(done), "packets": sum(each["packets"] for each in done),
              "activities": sum(each["activities"] for each in done), "bytes": sum(each["bytes"] for each in done), "cpu": round(sum(each["cpu"] for each in done), 1),
              "memory": max(each["memory"] for each in done)}
    for which, name in enumerate(("groups", "rises")):
        for source, verdict in verdicts.items():
            result[f"{name} of {source}"] = figures(truth, verdict[which])
    result["other changes"] = {source: verdict[2] for source, verdict in verdicts.items()}
    result["same as seen"] = {"groups": alike(told, 0), "changes": alike(told, 1)}
    result["differ"] = differences(truth, verdicts)
    return result, verdicts, truth


def alike(told, which):
    """How many there are of packets, of what is seen in headers, and of both the same: times of first packets are kept to 55 ms, which may be another minute."""
    loose = ("kind", "what", "first", "last", "noticed", "tool")
    packets, seen = (told[source][which] for source in ("packets", "seen"))
    same = [all(one[key] == other.get(key) for key in one if key not in loose) and abs(seconds(one["noticed"]) - seconds(other["noticed"])) <= 60 for one, other in zip(packets, seen)]
    return [len(packets), len(seen), sum(same)]


def differences(truth, verdicts):
    """Campaigns that one of the two found and the other did not, or more than an hour later: [of what, sources, hours of packets, of activities]."""
    rows = []
    for which, name in enumerate(("groups", "rises")):
        packets, activities = verdicts["packets"][which].found, verdicts["activities"][which].found
        for campaign in sorted(packets.keys() | activities.keys()):
            times = [found.get(campaign) for found in (packets, activities)]
            if None in times or abs(times[0] - times[1]) > 3600:
                delays = [None if time is None else round((time - truth.begun[campaign]) / 3600, 2) for time in times]
                rows.append([name, truth.campaigns[campaign]["sources"], *delays])
    return rows


# ── the test ─


def test(world, folder):
    done, begun = run(os.environ["YEAR_PACKETS"], os.environ["NOROSHI"], folder, (world, 5, 36, 100, 500), 12)
    result, verdicts, truth = compare(folder, done, begun)
    print(f"# {world}: {json.dumps(result)}")
    assert len(done) == 3 and all(each["read"] == each["packets"] > 0 for each in done), "every packet is the telescope's"
    assert not any(value for each in done for value in each["bounds"].values()), done
    large = [i for i, campaign in enumerate(truth.campaigns) if campaign["sources"] >= 100 and truth.begun[i]]
    found = {source: {i for i in large if i in verdict[0].found} for source, verdict in verdicts.items()}
    assert len(large) >= 12 and len(found["packets"]) >= 0.75 * len(large), (len(large), found)
    for what, (packets, seen, same) in result["same as seen"].items():
        assert packets == seen == same > 0, (what, result)
    assert len(found["packets"] ^ found["activities"]) <= 2, found


def test_a_run_that_was_broken_goes_on(folder):
    """It ended when its first file was read: the second is read as if nothing had been."""
    setting = ("wild", 5, 36, 100, 500)
    whole = Path(folder) / "whole"
    broken = Path(folder) / "broken"
    for each in (whole, broken):
        each.mkdir()
    done, begun = run(os.environ["YEAR_PACKETS"], os.environ["NOROSHI"], whole, setting, 18)

    class Broken(Exception):
        pass

    def breaking(words):
        raise Broken(words)

    try:
        run(os.environ["YEAR_PACKETS"], os.environ["NOROSHI"], broken, setting, 18, say=breaking)
        raise AssertionError("nothing broke it")
    except Broken:
        pass
    again, begun_again = run(os.environ["YEAR_PACKETS"], os.environ["NOROSHI"], broken, setting, 18)
    assert begun == begun_again
    for one, other in zip(done, again):
        assert (one["groups"], one["changes"], one["packets"]) == (other["groups"], other["changes"], other["packets"])


def main():
    tests = [(f"{world}: packets and activities tell the same", lambda folder, world=world: test(world, folder)) for world in ("first", "second", "wild")]
    tests.append(("a run that was broken goes on", test_a_run_that_was_broken_goes_on))
    failed = 0
    print(f"1..{len(tests)}")
    for number, (name, each) in enumerate(tests, 1):
        with tempfile.TemporaryDirectory() as folder:
            try:
                each(Path(folder))
                print(f"ok {number} - {name}", flush=True)
            except AssertionError as wrong:
                failed += 1
                print(f"not ok {number} - {name}\n# {wrong}", flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
