#!/usr/bin/env python3
"""`noroshi darknet`: over captures made here, what is found, said, counted and refused. TAP."""
import datetime
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

NOROSHI = os.environ["NOROSHI"]
BEGIN = 1_700_000_000
KEYS = ["totals", "ports", "scans", "victims", "changes", "groups"]


def run(*arguments, stdin=None):
    done = subprocess.run([NOROSHI, "darknet", *map(str, arguments)], input=stdin, capture_output=True, timeout=60, env=dict(os.environ, LC_ALL="C", LANG="C"))
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def found(*arguments, stdin=None):
    status, out, err = run("--json", *arguments, stdin=stdin)
    assert status in (0, 1), (status, err)
    return json.loads(out)


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00").split(".")[0] + ("" if "." not in text else "+00:00")).timestamp()


def address(text):
    return bytes(map(int, text.split(".")))


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip(source, target, protocol, body, identification=1, hops=60):
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), identification, 0, hops, protocol, 0) + address(source) + address(target)
    return b"\2" * 12 + b"\x08\0" + header[:10] + struct.pack(">H", checksum(header)) + header[12:] + body


def tcp(source, target, port, flags=2, source_port=40000, sequence=7, acknowledgement=0, window=1024, **more):
    body = struct.pack(">HHIIBBHHH", source_port, port, sequence, acknowledgement, 5 << 4, flags, window, 0, 0)
    pseudo = address(source) + address(target) + struct.pack(">BBH", 0, 6, len(body))
    return ip(source, target, 6, body[:16] + struct.pack(">H", checksum(pseudo + body)) + body[18:], **more)


def udp(source, target, source_port, port, payload):
    return ip(source, target, 17, struct.pack(">HHHH", source_port, port, 8 + len(payload), 0) + payload)


def pcap(frames, link=1):
    """frames: (seconds since BEGIN, bytes[, bytes on the wire])."""
    out = bytearray(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link))
    for time, data, *wire in frames:
        whole = int(time)
        out += struct.pack("<IIII", BEGIN + whole, int((time - whole) * 1e9), len(data), wire[0] if wire else len(data)) + data
    return bytes(out)


def target(number):
    return f"198.51.{number >> 8}.{number & 255}"


def zmap(count, source="192.0.2.1", rate=1000.0, begin=0.0, seed=1):
    places = random.Random(seed).sample(range(65536), count)
    return [(begin + i / rate, tcp(source, target(place), 443, window=65535, identification=54321, hops=240)) for i, place in enumerate(places)]


def flood(count, victim="192.0.2.80", begin=0.0, seconds=300.0, seed=2):
    chance = random.Random(seed)
    return [
        (begin + i * seconds / count, tcp(victim, target(chance.randrange(65536)), chance.randrange(1024, 65536), flags=18, source_port=80, acknowledgement=chance.randrange(1 << 32)))
        for i in range(count)
    ]


def mixture():
    """A scan of a quarter of the telescope, an attack, a worm, a mistake, what is too little."""
    frames = zmap(16384) + flood(600)
    places = random.Random(3).sample(range(65536), 200)
    frames += [(i * 2.0, tcp("192.0.2.3", target(place), 23, sequence=int.from_bytes(address(target(place)), "big"), window=5000)) for i, place in enumerate(places)]
    frames += [(i * 30.0, udp("192.0.2.4", target(9), 5000, 514, b"<13>lost")) for i in range(15)]
    frames += [(5.0, tcp("192.0.2.5", target(9), 22))]
    frames += [(i * 1.5, udp("192.0.2.6", target(i), 11211, 80, b"\0\0\0\0\0\1\0\0VALUE " + b"x" * 900)) for i in range(40)]
    return sorted(frames)


def of(found_list, **what):
    return [one for one in found_list if all(one.get(key) == value for key, value in what.items())]


def test_sorts_are_told_apart_with_their_figures(folder):
    path = folder / "mixture.pcap"
    path.write_bytes(pcap(mixture()))
    got = found("-r", path, "--net", "198.51.0.0/16")
    assert list(got) == KEYS, list(got)
    totals = got["totals"]
    assert totals["packets"] == len(mixture()) == totals["probes"] + totals["backscatter"] + totals["other"]
    assert totals["wrong_checksums"] == 0 and totals["addresses"] == 65536
    (scan,) = of(got["scans"], sources=["192.0.2.1"])
    assert scan["tool"] == "zmap" and scan["kind"] == "single" and not scan["worm"] and scan["ports"] == ["443/tcp"]
    assert scan["packets"] == scan["targets"] == 16384 and scan["coverage"] == 0.25 and scan["targets_error"] == 0
    assert abs(scan["seen_rate"] / 1000 - 1) < 0.001 and scan["rate_low"] < 1000 * 65536 < scan["rate_high"], scan
    (worm,) = of(got["scans"], sources=["192.0.2.3"])
    assert worm["tool"] == "mirai" and worm["worm"] and worm["targets"] == 200
    assert len(got["scans"]) == 2 and totals["worms"] == {"sources": 1, "packets": 200}
    assert totals["misconfigured"] == {"sources": 1, "packets": 15} and totals["below"] == {"sources": 1, "packets": 1}
    (victim,) = of(got["victims"], victim="192.0.2.80")
    assert victim["vectors"] == ["syn"] and victim["ports"] == ["80/tcp"] and victim["packets"] == 600 and abs(victim["attacked"] - 600) < 30
    assert victim["rate_low"] < 2 * 65536 < victim["rate_high"], victim
    (reflector,) = of(got["victims"], victim="192.0.2.6")
    assert reflector["reflector"] == "memcached" and 900 < reflector["answer_bytes"] < 1000
    assert got["ports"][0] == {"port": "443/tcp", "packets": 16384, "sources": 1, "sources_error": 0}


def test_files_are_read_in_order_of_time_whichever_is_named_first(folder):
    frames = mixture()
    parts = [frames[:5000], frames[5000:9000], frames[9000:]]
    side = [frames[0::2], frames[1::2]]
    whole = folder / "whole.pcap"
    whole.write_bytes(pcap(frames))
    expected = found(whole, "--net", "198.51.0.0/16")
    for names, pieces in (("parts", parts), ("sides", side)):
        paths = []
        for i, piece in enumerate(pieces):
            paths.append(folder / f"{names}{i}.pcap")
            paths[-1].write_bytes(pcap(piece))
        got = found("-r", *reversed(paths), "--net", "198.51.0.0/16")
        assert got["totals"].pop("files") == len(paths)
        assert got["totals"] == {key: value for key, value in expected["totals"].items() if key != "files"}
        assert got["scans"] == expected["scans"] and got["victims"] == expected["victims"] and got["ports"] == expected["ports"]


def test_standard_input_gives_the_same_as_the_file(folder):
    path = folder / "input.pcap"
    path.write_bytes(pcap(mixture()))
    assert found("-r", "-", "--net", "198.51.0.0/16", stdin=path.read_bytes()) == found(path, "--net", "198.51.0.0/16")


def test_cut_packets_wrong_checksums_and_unknown_links_are_counted(folder):
    whole = tcp("192.0.2.1", target(1), 80)
    cut = folder / "cut.pcap"
    cut.write_bytes(pcap([(i * 0.001, whole[:size], len(whole)) for i, size in enumerate(range(len(whole) + 1))]))
    totals = found(cut, "--net", "198.51.0.0/16")["totals"]
    assert totals["frames"] == len(whole) + 1 and totals["malformed"] == 34 and totals["packets"] == len(whole) + 1 - 34, totals
    wrong = folder / "wrong.pcap"
    wrong.write_bytes(pcap([(0, whole[:-1] + b"\x55"), (1, whole)]))
    assert found(wrong, "--net", "198.51.0.0/16")["totals"]["wrong_checksums"] == 1
    link = folder / "link.pcap"
    link.write_bytes(pcap([(0, whole)], link=147))
    assert found(link, "--net", "198.51.0.0/16")["totals"]["not_ip"] == 1
    assert found(wrong, "--net", "203.0.113.0/24")["totals"]["elsewhere"] == 2


def test_a_file_that_ends_within_a_packet_is_read_to_there_and_said(folder):
    path = folder / "short.pcap"
    path.write_bytes(pcap(zmap(100))[:-10])
    totals = found(path, "--net", "198.51.0.0/16")["totals"]
    assert totals["packets"] == 99 and totals["truncated"] == 1


def test_what_cannot_be_read_is_said_and_the_rest_counts(folder):
    good, bad = folder / "good.pcap", folder / "bad.pcap"
    good.write_bytes(pcap(zmap(100)))
    bad.write_bytes(b"no capture at all, and long enough to tell")
    status, out, err = run("--json", "-r", good, bad, folder / "absent.pcap", "--net", "198.51.0.0/16")
    assert status == 2 and "bad.pcap" in err and "absent.pcap" in err and err.count("\n") == 2, err
    assert json.loads(out)["totals"]["packets"] == 100 and json.loads(out)["totals"]["unread"] == 2
    # Of nothing there is no report that says "0 packets".
    status, out, err = run("--json", "-r", bad, folder / "absent.pcap", "--net", "198.51.0.0/16")
    assert status == 2 and not out and err.count("\n") == 2, (out, err)


def test_bad_usage_is_one_sentence(folder):
    for arguments, words in (
        (["-r", "x"], "--net"),
        (["--net", "198.51.0.0/16"], "-r"),
        (["--net", "198.51.0.0/33", "-r", "x"], "prefix"),
        (["--net", "0.0.0.0/0", "-r", "x"], "too large"),
        (["--nonsense"], "--nonsense"),
        (["--bin", "soon", "--net", "198.51.0.0/16", "-r", "x"], "--bin"),
        (["--least-targets", "0", "--net", "198.51.0.0/16", "-r", "x"], "--least-targets"),
        (["--names", folder / "absent", "--net", "198.51.0.0/16", "-r", "x"], "absent"),
        (["--checkpoint", "2 h", "--net", "198.51.0.0/16", "-r", "x"], "from 1 s to 1 h"),
        (["--again", "31 d", "--net", "198.51.0.0/16", "-r", "x"], "from 1 s to 30 d"),
        (["--ring", "1 MiB", "--net", "198.51.0.0/16", "-i", "lo"], "4 MiB to 2 GiB"),
        (["--mirror", "9", "--net", "198.51.0.0/16", "-r", "x"], "from 0 to 8"),
        (["--zone", "JST", "--net", "198.51.0.0/16", "-r", "x"], "+09:00"),
        (["--language", "de"], "ja or en"),
        (["--locations", "x"] * 5, "no more than 4"),
        ([word for i in range(17) for word in ("-i", f"lo{i}")], "lo16"),
        ([f"file{i}" for i in range(257)], "file256"),
        (["--no-changes", "--history", "x", "--net", "198.51.0.0/16", "-r", "x"], "--no-changes"),
    ):
        status, out, err = run(*arguments)
        assert status == 2 and out == "" and words in err and err.count("\n") == 1, (arguments, status, err)


def test_research_scanners_are_told_by_lists_and_names(folder):
    lists = folder / "lists" / "scanners"
    lists.mkdir(parents=True)
    entry = {"description": "x", "version": 1, "matching_attributes": ["ip-src"]}
    name = "Censys IP Ranges Used for Scanning"  # warninglists/kinds calls it a scanner
    (lists / "list.json").write_text(json.dumps(dict(entry, name=name, type="cidr", list=["192.0.2.1/32"])))
    hosts = folder / "lists" / "hosts"
    hosts.mkdir()
    (hosts / "list.json").write_text(json.dumps(dict(entry, name=name, type="hostname", matching_attributes=["hostname", "domain"], list=["scanner.example"])))
    names = folder / "names"
    names.write_text("# who\n192.0.2.2 probe7.scanner.example\n192.0.2.9 mail.example\n")
    capture = folder / "research.pcap"
    capture.write_bytes(pcap(sorted(zmap(50) + zmap(50, source="192.0.2.2", seed=5) + zmap(50, source="192.0.2.9", seed=6))))
    got = found(capture, "--net", "198.51.0.0/16", "--warninglists", folder / "lists", "--names", names)
    kinds = {scan["sources"][0]: scan["kind"] for scan in got["scans"]}
    assert kinds == {"192.0.2.1": "research", "192.0.2.2": "research", "192.0.2.9": "single"}, kinds
    assert of(got["scans"], kind="research", sources=["192.0.2.2"])[0]["name"] == "probe7.scanner.example"
    evidence = {scan["sources"][0]: scan["research"] for scan in got["scans"]}
    assert evidence == {"192.0.2.1": {"confidence": "high", "evidence": ["list"]}, "192.0.2.2": {"confidence": "medium", "evidence": ["name"]}, "192.0.2.9": None}, evidence
    assert got["totals"]["research"] == {"sources": 2, "packets": 100}
    names.write_text("not-an-address\n")
    status, _, err = run(capture, "--net", "198.51.0.0/16", "--names", names)
    assert status == 2 and "line 1" in err


def weeks(days=16):
    """Sixteen days, or more, with a few new sources an hour on each of six ports; then two hundred on one port, a packet from each."""
    random.seed(5)
    frames, number = [], 0
    for hour in range(days * 24):
        for port in (22, 23, 80, 443, 445, 8080):
            for _ in range(random.randrange(4)):
                number += 1
                frames.append((hour * 3600 + random.random() * 3600, tcp(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", target(number % 60000), port)))
    together = [f"192.0.{2 + i // 250}.{1 + i % 250}" for i in range(200)]
    frames += [(15 * 86400 + 7200 + i * 9, tcp(source, target(i), 5555)) for i, source in enumerate(together)]
    return sorted(frames), together


def test_sources_that_begin_together_are_a_group(folder):
    frames, together = weeks()
    path = folder / "weeks.pcap"
    path.write_bytes(pcap(frames))
    plain = found("-r", path, "--net", "198.51.0.0/16", "--no-changes")
    assert plain["changes"] == [] and plain["groups"] == []
    done = found("-r", path, "--net", "198.51.0.0/16")
    assert done == found("-r", path, "--net", "198.51.0.0/16", "--changes")
    group, = [each for each in done["groups"] if "5555/tcp" in each["ports"]]
    assert set(group["addresses"]) == set(together) and group["sources"] == group["packets"] == 200, group
    assert 10 <= group["observed"] < 200 and group["expected"] < 1 and group["surprise"] > group["threshold"], group
    assert BEGIN + 15 * 86400 + 7200 < instant(group["noticed"]) <= BEGIN + 15 * 86400 + 7200 + 600, group  # minutes after it began, not when its hour is over
    assert sum(group["prefixes"].values()) == 200 and group["prefixes"] == {"192.0.2.0/24": 200}, group
    change, = [each for each in done["changes"] if each.get("port") == "5555/tcp" and each["over"] == "hour"]
    assert instant(change["noticed"]) < BEGIN + 15 * 86400 + 10800 and change["awake"] == 1, change
    assert change["change"] == "rise" and change["new"] and 10 <= change["observed"] < 200, change
    assert len(done["groups"]) <= 2 and plain["totals"] == done["totals"]
    scan, = [each for each in done["scans"] if each["kind"] == "group" and "5555/tcp" in each["ports"]]
    assert set(scan["sources"]) == set(together) and scan["source_count"] == scan["packets"] == 200 and scan["group"] == group["number"], scan
    assert scan["first"] == group["first"] and scan["targets"] is scan["coverage"] is scan["rate"] is None, scan
    assert of(plain["scans"], kind="group") == [] and [each for each in done["scans"] if each["kind"] != "group"] == plain["scans"]
    assert [each["first"] for each in done["scans"]] == sorted(each["first"] for each in done["scans"])
    _, words, _ = run("-r", path, "--net", "198.51.0.0/16", "--language", "ja")
    assert "集団" in words and "増加" in words and "新規" in words and "5555/tcp" in words[words.index("集団"):], words


def test_a_group_that_ended_is_told_again(folder):
    frames, _ = weeks(19)
    path, lines = folder / "weeks.pcap", folder / "lines.jsonl"
    path.write_bytes(pcap(frames))
    done = found("-r", path, "--net", "198.51.0.0/16", "--lines", lines)
    told = [line for line in map(json.loads, lines.read_text().splitlines()) if line["darknet"]["what"] == "group" and "5555/tcp" in line["darknet"]["ports"]]
    group, = [each for each in done["groups"] if "5555/tcp" in each["ports"]]
    assert [line["darknet"]["open"] for line in told] == [True] * (len(told) - 1) + [False] and len(told) > 1, [line["darknet"] for line in told]
    assert not group["open"] and {**told[-1]["darknet"], "what": "group"} == {**group, "what": "group"}, (told[-1], group)
    end = next(i for i, line in enumerate(map(json.loads, lines.read_text().splitlines())) if line == told[-1])
    spans = [line for line in map(json.loads, lines.read_text().splitlines()[:end]) if line["darknet"]["what"] == "counts"]
    assert instant(spans[-1]["timestamp"]) >= BEGIN + 16 * 86400, spans[-1]["timestamp"]


def test_a_history_goes_on_where_an_earlier_run_ended(folder):
    """The same weeks in two files, cut in the midst of the hour in which the group begins: together they tell what one run tells."""
    frames, together = weeks()
    cut = next(i for i, frame in enumerate(frames) if frame[0] > 15 * 86400 + 7200 + 400)
    paths = [folder / name for name in ("whole.pcap", "one.pcap", "two.pcap")]
    for path, part in zip(paths, (frames, frames[:cut], frames[cut - 5:])):  # five packets are in both
        path.write_bytes(pcap(part))
    net = ("--net", "198.51.0.0/16")
    whole = found("-r", paths[0], *net, "--history", folder / "whole.history")
    parts = [found("-r", path, *net, "--history", folder / "history") for path in paths[1:]]
    assert whole["changes"] == parts[0]["changes"] + parts[1]["changes"], (whole["changes"], parts)
    assert whole["groups"] and [dict(group, packets=0) for group in parts[1]["groups"]] == [dict(group, packets=0) for group in whole["groups"]], (whole["groups"], parts[1]["groups"])
    again = found("-r", paths[1], *net, "--history", folder / "history")  # what it has seen already teaches nothing
    assert again["changes"] == [] and again["totals"]["old"] > 0 and whole["totals"]["old"] == 0, again["totals"]
    kept = (folder / "history").read_bytes()
    (folder / "history").write_bytes(kept[:3000] + bytes([kept[3000] ^ 1]) + kept[3001:])
    status, out, err = run("--json", "-r", paths[2], *net, "--history", folder / "history")
    assert status == 2 and out == "" and err.count("\n") == 1 and "damaged" in err, (status, err)
    (folder / "history").write_bytes(kept)
    status, _, err = run("--json", "-r", paths[2], *net, "--no-changes", "--history", folder / "history")
    assert status == 2 and "--no-changes" in err, err
    status, _, err = run("--json", "-r", paths[2], *net, "--bin", "30 m", "--history", folder / "history")
    assert status == 2 and "3600 s" in err, err
    assert (folder / "history").read_bytes() == kept


def test_a_bound_on_sources_is_kept_and_said(folder):
    frames = sorted((i * 0.001, tcp(f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}", target(i * 7 % 65536), 23)) for i in range(5000))
    path = folder / "many.pcap"
    path.write_bytes(pcap(frames))
    totals = found(path, "--net", "198.51.0.0/16", "--sources", 1000)["totals"]
    assert totals["sources_at_once"] <= 1000 and totals["bounds"]["forgotten"] >= 4000 and totals["below"] == {"sources": 5000, "packets": 5000}


def test_people_read_it_in_both_languages(folder):
    path = folder / "words.pcap"
    path.write_bytes(pcap(mixture()))
    status, out, _ = run(path, "--net", "198.51.0.0/16")
    assert status == 1 and "192.0.2.1" in out and "zmap" in out and "443/tcp" in out and "192.0.2.80" in out
    status, out, _ = run(path, "--net", "198.51.0.0/16", "--language", "ja")
    assert status == 1 and "被害者" in out
    status, out, _ = run("--help", "--language", "ja")
    assert status == 0 and "使い方" in out
    empty = folder / "empty.pcap"
    empty.write_bytes(pcap([]))
    assert run(empty, "--net", "198.51.0.0/16")[0] == 0


def main(module):
    tests = [value for name, value in module.items() if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = 0
    for number, test in enumerate(tests, 1):
        with tempfile.TemporaryDirectory(prefix="noroshi-darknet-") as folder:
            try:
                test(Path(folder))
                print(f"ok {number} - {test.__name__}", flush=True)
            except Exception as error:  # each is said, and the others are tried
                failed += 1
                print(f"not ok {number} - {test.__name__}: {type(error).__name__}: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(globals()))
