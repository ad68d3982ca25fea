#!/usr/bin/env python3
"""`noroshi darknet --lines`: sources as they appear, counts that add up however the input is cut, findings as the report has them. TAP."""
import json
import random
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from test_darknet import flood, found, main, mixture, of, pcap, run, target, tcp  # noqa: E402

NET = "198.51.0.0/16"


def seconds(text):
    return datetime.fromisoformat(text).timestamp()


def lines(folder, frames, *arguments):
    capture, out = folder / "in.pcap", folder / "out.jsonl"
    capture.write_bytes(pcap(frames))
    status, _, err = run(capture, "--net", NET, "--lines", out, *arguments)
    assert status in (0, 1), err
    return [json.loads(line) for line in out.read_text().splitlines()]


def what(read, name):
    return [line for line in read if line["darknet"]["what"] == name]


def check_spans(spans, checkpoint):
    """Whole, one behind the other, within an hour."""
    for before, span in zip(spans, spans[1:]):
        if (before["timestamp"], before["darknet"]["from"]) == (span["timestamp"], span["darknet"]["from"]):
            assert span["darknet"]["chunk"] == before["darknet"]["chunk"] + 1 and before["darknet"]["awake"] == 0
        else:
            assert before["timestamp"] == span["darknet"]["from"] and before["darknet"]["chunk"] == before["darknet"]["chunks"], (before, span)
    for span in spans:
        begin, end = seconds(span["darknet"]["from"]), seconds(span["timestamp"])
        assert begin < end and begin // 3600 == (end - 1e-6) // 3600, span
        if span["darknet"]["frames"]:
            assert begin // checkpoint == (end - 1e-6) // checkpoint, span


def rows(spans):
    total = Counter()
    for span in spans:
        for *key, packets in span["darknet"]["rows"]:
            total[tuple(key)] += packets
    return total


def test_each_source_is_told_once_with_what_it_is(folder):
    read = lines(folder, mixture())
    sources = {line["src_ip"]: line for line in what(read, "source")}
    assert len(sources) == len(what(read, "source")) == 6
    assert {address: line["alert"]["signature"] for address, line in sources.items()} == {
        "192.0.2.1": "Darknet: probe",
        "192.0.2.80": "Darknet: answer",
        "192.0.2.3": "Darknet: worm",
        "192.0.2.4": "Darknet: probe",
        "192.0.2.5": "Darknet: probe",
        "192.0.2.6": "Darknet: answer",
    }
    assert sources["192.0.2.3"]["darknet"]["worm"] == "mirai" and sources["192.0.2.3"]["alert"]["severity"] == 2
    assert sources["192.0.2.1"]["darknet"]["tool"] == "zmap" and sources["192.0.2.1"]["dest_port"] == 443 and sources["192.0.2.80"]["src_port"] == 80
    assert all(line["event_type"] == "alert" and line["darknet"]["packets"] == 1 and line["darknet"]["addresses"] == 65536 for line in sources.values())


def test_the_addresses_of_the_telescope_are_not_written(folder):
    lines(folder, mixture())
    assert "198.51." not in (folder / "out.jsonl").read_text()


def test_counts_are_the_totals_of_the_report_however_often_they_are_written(folder):
    expected = None
    for checkpoint in (1, 10, 3600):
        read = lines(folder, mixture(), "--checkpoint", f"{checkpoint} s")
        spans = what(read, "counts")
        check_spans(spans, checkpoint)
        totals = found(folder / "in.pcap", "--net", NET)["totals"]
        for key in ("frames", "packets", "bytes"):
            assert sum(span["darknet"][key] for span in spans) == totals[key], key
        awake = sum(span["darknet"]["awake"] for span in spans)
        assert abs(awake - 420) < 1e-5, awake
        assert sum(rows(spans).values()) == totals["packets"]
        expected = expected or rows(spans)
        assert rows(spans) == expected
    assert expected[("443/tcp", "probe", "", "", 0)] == 16384 and expected[("80/tcp", "backscatter", "", "", 0)] == 600, expected


def test_many_rows_are_several_lines_of_one_span(folder):
    frames = [(i * 1e-4, tcp("192.0.2.9", target(i), i)) for i in range(7001)]
    spans = what(lines(folder, frames), "counts")
    assert [len(span["darknet"]["rows"]) for span in spans] == [2000, 2000, 2000, 1001] and [span["darknet"]["packets"] for span in spans] == [0, 0, 0, 7001]
    check_spans(spans, 10)


def test_a_span_that_is_full_ends_early_and_loses_nothing(folder):
    """All ports, asked and answering, at one moment and in the wrong order: more rows than a span may have."""
    asks, answers = tcp("192.0.2.9", target(1), 0), tcp("192.0.2.9", target(1), 7, flags=18)
    frames = [(1.0 - i * 1e-6, asks[:36] + port.to_bytes(2, "big") + asks[38:]) for i, port in enumerate(range(65536))]
    frames += [(1.0 - i * 1e-6, answers[:34] + port.to_bytes(2, "big") + answers[36:]) for i, port in enumerate(range(30000))]
    spans = what(lines(folder, frames), "counts")
    check_spans(spans, 10)
    total = rows(spans)
    assert len(total) == 95536 and set(total.values()) == {1}
    assert len({span["timestamp"] for span in spans}) > 1


def test_gaps_are_counted_by_the_hour_and_not_beyond_a_day(folder):
    frames = [(0, tcp("192.0.2.9", target(1), 1)), (5 * 3600, tcp("192.0.2.9", target(1), 1)), (9 * 86400, tcp("192.0.2.9", target(1), 1))]
    spans = what(lines(folder, frames), "counts")
    assert sum(span["darknet"]["packets"] for span in spans) == 3 and len(spans) < 12
    awake = sum(span["darknet"]["awake"] for span in spans)
    assert 5 * 3600 < awake < 5 * 3600 + 20, awake


def test_checkpoints_that_divide_no_hour_end(folder):
    """The captures begin 2,800 s before a full hour; multiples of 7 s come 6 s before it and 1 s behind it."""
    for checkpoint in (7, 1801, 3599):
        for gap in (0, 1, 3, 6, 20, 4000):
            frames = [(0, tcp("192.0.2.9", target(1), 1)), (700, tcp("192.0.2.9", target(2), 1)), (2800 + gap, tcp("192.0.2.9", target(1), 1))]
            spans = what(lines(folder, frames, "--checkpoint", f"{checkpoint} s"), "counts")
            check_spans(spans, checkpoint)
            assert sum(span["darknet"]["packets"] for span in spans) == 3, (checkpoint, gap)


def test_findings_are_those_of_the_report(folder):
    read = lines(folder, mixture())
    got = found(folder / "in.pcap", "--net", NET)
    for name, key in (("scan", "scans"), ("victim", "victims")):
        told = [{member: value for member, value in line["darknet"].items() if member != "what"} for line in what(read, name)]
        assert sorted(map(json.dumps, told)) == sorted(map(json.dumps, got[key])), name
    assert {line["src_ip"] for line in what(read, "victim")} == {one["victim"] for one in got["victims"]}


def test_every_source_of_a_large_group_is_told(folder):
    """Weeks of little, then 20,000 sources within two hours: the report lists all of them, and so do the lines, none with more than 1,000."""
    chance = random.Random(3)
    frames = [(hour * 3600 + chance.random() * 3600, tcp("10.%d.%d.%d" % (hour >> 8, hour & 255, i), target(hour), 22)) for hour in range(16 * 24) for i in range(12)]
    crowd = ["100.64.%d.%d" % (i // 250, 1 + i % 250) for i in range(20000)]
    frames = sorted(frames + [(15 * 86400 + 7300 + i * 0.3, tcp(source, target(i), 5555)) for i, source in enumerate(crowd)])
    read = lines(folder, frames)
    group, = [each for each in found(folder / "in.pcap", "--net", NET)["groups"] if "5555/tcp" in each["ports"]]
    assert group["sources"] == 20000 and "unlisted" not in group and sorted(group["addresses"]) == sorted(crowd), (group["sources"], len(group["addresses"]))
    heads = [line for line in what(read, "group") if line["darknet"]["number"] == group["number"]]
    more = [line for line in what(read, "group-sources") if line["darknet"]["number"] == group["number"]]
    assert {line["timestamp"] for line in heads + more} == {heads[0]["timestamp"]} and {line["event_type"] for line in more} == {"darknet"}
    assert max(len(line["darknet"]["addresses"]) for line in heads + more) == 1000
    assert {address for line in heads + more for address in line["darknet"]["addresses"]} == set(crowd)
    assert len([address for line in more for address in line["darknet"]["addresses"]]) <= 20000, "none of them twice while it goes on"
    # Minutes after they came, not when the group doubled or ended.
    first = read.index(more[0])
    behind = next(line for line in read[first:] if line["darknet"]["what"] == "counts")
    assert seconds(behind["timestamp"]) - seconds(heads[0]["timestamp"]) < 900, (behind["timestamp"], heads[0]["timestamp"])
    check_killed(folder, frames, crowd)


def check_killed(folder, frames, crowd):
    """Once more in three runs, of which the second is killed before its history is saved: the third tells what it told, and the rest."""
    begun, killed = (next(i for i, frame in enumerate(frames) if frame[0] > 15 * 86400 + 7300 + after) for after in (1500, 3000))
    kept, saved, told = folder / "kept", None, set()
    for part, least in ((frames[:begun], 4000), (frames[begun:killed], 9000), (frames[begun:], 20000)):
        if saved:
            kept.write_bytes(saved)
        read = lines(folder, part, "--history", kept)
        saved = saved or kept.read_bytes()
        groups = [line for line in read if line["darknet"]["what"] in ("group", "group-sources")]
        told |= {(line["timestamp"], line["darknet"]["number"], address) for line in groups for address in line["darknet"]["addresses"] if address.startswith("100.")}
        assert len(told) >= least, (len(told), least)
    assert len({group[:2] for group in told}) == 1 and {address for _, _, address in told} == set(crowd)


def test_a_source_that_goes_on_is_told_again(folder):
    frames = [(i * 600, tcp("192.0.2.9", target(i), 22)) for i in range(6 * 24 * 3)]
    read = what(lines(folder, frames, "--again", "1 d"), "source")
    assert [line["darknet"]["again"] for line in read] == [False, True, True]
    assert len({line["darknet"]["first"] for line in read}) == 1
    for day, line in enumerate(read[1:], 1):
        assert 144 * day <= line["darknet"]["packets"] <= 144 * day + 7 and line["darknet"]["targets"] == line["darknet"]["packets"], line
    again = what(lines(folder, flood(3000, seconds=20 * 3600.0), "--again", "12 h"), "source")
    assert [line["darknet"]["again"] for line in again] == [False, True] and of([line["darknet"] for line in again], kind="backscatter")


def test_frames_that_are_broken_are_counted_as_frames(folder):
    chance = random.Random(7)
    whole = tcp("192.0.2.1", target(1), 80)
    frames = [(i * 0.01, whole[: chance.randrange(len(whole))]) for i in range(500)] + [(6, tcp("192.0.2.1", "203.0.113.1", 80))]
    spans = what(lines(folder, frames), "counts")
    totals = found(folder / "in.pcap", "--net", NET)["totals"]
    assert sum(span["darknet"]["frames"] for span in spans) == 501 == totals["frames"]
    assert sum(span["darknet"]["packets"] for span in spans) == totals["packets"] < 501


def test_what_cannot_be_written_is_said(folder):
    capture = folder / "in.pcap"
    capture.write_bytes(pcap(mixture()))
    status, _, err = run(capture, "--net", NET, "--lines", folder / "none" / "x")
    assert status == 2 and "cannot be opened" in err
    status, _, err = run(capture, "--net", NET, "--lines", "/dev/full")
    assert status == 2 and "cannot be written" in err, err
    assert run(capture, "--net", NET, "--lines", "-", "--json")[0] == 2
    status, out, err = run(capture, "--net", NET, "--lines", "-")
    assert status == 1 and all(json.loads(line) for line in out.splitlines()) and "scans 1" in err


if __name__ == "__main__":
    sys.exit(main(globals()))
