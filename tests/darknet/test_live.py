#!/usr/bin/env python3
"""`noroshi darknet -i`: real scanners against a telescope that listens. The result is that of the same packets recorded by tcpdump; a killed
and restarted telescope counts nothing twice and nothing as seen that was not; the clock ends what is silent; interfaces go and come. TAP.

Everything runs inside tests/lib/netns-run: namespace A has the telescope, namespace B sends.

usage: test_live.py NETNS_RUN [--inside FOLDER]
"""
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from test_darknet import tcp  # noqa: E402
from test_lines import check_spans, rows, what  # noqa: E402

NOROSHI = os.environ["NOROSHI"]
NET = "198.19.0.0/16"
TOOLS = ("zmap", "hping3", "tcpdump")
PATIENCE = 120
MARK = b"that was all"


def wait_for(condition, words):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"{words} did not come"
        time.sleep(0.02)


def peer(*command):
    return ["nsenter", "-t", os.environ["NETNS_PEER"], "-n", *map(str, command)]


def seconds(text):
    return datetime.fromisoformat(text).timestamp()


class Telescope:
    def __init__(self, folder, *arguments, interface="pair0"):
        self.out, self.err = (tempfile.NamedTemporaryFile(dir=folder) for _ in range(2))
        command = [NOROSHI, "darknet", "-i", interface, "--net", NET, "--json", *map(str, arguments)]
        self.child = subprocess.Popen(command, stdout=self.out, stderr=self.err)
        wait_for(lambda: self.says("listening") or self.child.poll() is not None, "a telescope that listens")
        assert self.child.poll() is None, self.words()

    def words(self):
        return Path(self.err.name).read_text()

    def says(self, words):
        return f'"{words}"' in self.words()

    def end(self):
        self.child.send_signal(signal.SIGTERM)
        status = self.child.wait(timeout=PATIENCE)
        assert status in (0, 1), (status, self.words())
        return json.loads(Path(self.out.name).read_text())

    def kill(self):
        self.child.kill()
        self.child.wait(timeout=PATIENCE)


class Recorder:
    """What arrived, as tcpdump saw it."""

    def __init__(self, path):
        self.path = path
        self.child = subprocess.Popen(
            ["tcpdump", "-n", "-i", "pair0", "-Q", "in", "-B", "65536", "-U", "-Z", "root", "--time-stamp-precision=nano", "-w", str(path)], stderr=subprocess.PIPE, text=True
        )
        while "listening" not in self.child.stderr.readline():
            assert self.child.poll() is None

    def end(self):
        self.rest()
        self.child.send_signal(signal.SIGINT)
        said = self.child.communicate(timeout=PATIENCE)[1]
        assert "\n0 packets dropped by kernel" in said, said
        return self.times()

    def rest(self):
        """Until it has the last frame, which comes behind all others: what waits when it is told to end is lost."""
        subprocess.run(peer(sys.executable, __file__, "--mark"), check=True, timeout=PATIENCE)
        wait_for(lambda: MARK in self.path.read_bytes()[-1000:], "the last frame")

    def times(self):
        """Nanoseconds of each packet to the telescope."""
        data, at, found = self.path.read_bytes(), 24, []
        while at + 16 <= len(data):
            whole, nano, size, _ = struct.unpack("<IIII", data[at : at + 16])
            frame = data[at + 16 : at + 16 + size]
            if frame[12:14] == b"\x08\0" and frame[30:32] == b"\xc6\x13":
                found.append(whole * 10**9 + nano)
            at += 16 + size
        return found


def send(count, rate, seed, source="198.18.0.77", port=None):
    """Frames to the telescope, from B; a process that ends when all are sent."""
    return subprocess.Popen(peer(sys.executable, __file__, "--send", count, rate, seed, source, port or 0))


def send_now(count, rate, seed, source, port):
    chance = random.Random(seed)
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind(("pair1", 0x0800))
    gateway = bytes.fromhex(os.environ["GATEWAY"].replace(":", ""))
    begin = time.monotonic()
    for i in range(count):
        target = f"198.19.{chance.randrange(256)}.{chance.randrange(256)}"
        frame = tcp(source, target, port or chance.choice((22, 23, 80, 443, 8080)), source_port=chance.randrange(1024, 65536), sequence=chance.randrange(1 << 32))
        out.send(gateway + frame[6:])
        wait = begin + (i + 1) / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)


def send_mark():
    """A frame that is not for the telescope."""
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind(("pair1", 0))
    out.send(bytes.fromhex(os.environ["GATEWAY"].replace(":", "")) + bytes(6) + b"\x88\xb5" + MARK * 4)


def send_bursts(first, last):
    """Six packets of a source of its own, ten times a second, for each port."""
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind(("pair1", 0x0800))
    gateway = bytes.fromhex(os.environ["GATEWAY"].replace(":", ""))
    for port in range(first, last + 1):
        for i in range(6):
            out.send(gateway + tcp(f"198.18.2.{port % 256}", f"198.19.7.{i}", port, source_port=999)[6:])
        time.sleep(0.1)


def same(live, recorded):
    """Of two reports, what is not alike but for frames that were not for the telescope."""
    for one in (live, recorded):
        for key in ("frames", "files", "not_ip", "elsewhere"):
            one["totals"].pop(key)
    return [key for key in live if live[key] != recorded[key]]


def table_rows(folder):
    """(view, item) → packets. What stands beside them depends on how long the telescope was awake."""
    done = subprocess.run([NOROSHI, "darknet", "report", "--tables", folder, "--period", "2020-01-01..2035-12-31", "--csv"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode in (0, 1), done.stderr
    return {tuple(line.split(",")[:2]): int(line.split(",")[4]) for line in done.stdout.splitlines()[1:]}


def awake_in_tables(folder):
    done = subprocess.run([NOROSHI, "darknet", "report", "--tables", folder, "--period", "2020-01-01..2035-12-31", "--json"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode in (0, 1), done.stderr
    return sum(outage["days_awake"] for outage in json.loads(done.stdout)["outages"]) * 86400


def check_tables(folder, pieces, times):
    """Each part holds whole bins (of a second) of what arrived since its run began; together they are what the folder holds."""
    total, parts = 0, {}
    for part in (folder / "tables").rglob("live-*"):
        parts.setdefault(part.name, []).append(part)  # two days where midnight came
    for number, (name, of_days) in enumerate(sorted(parts.items())):
        for part in of_days:
            alone = folder / f"part{number}" / part.relative_to(folder / "tables")
            alone.parent.mkdir(parents=True)
            shutil.copy(part, alone)
        packets = table_rows(folder / f"part{number}").get(("all", "all"), 0)
        total += packets
        started = name[len("live-") :].replace("-", "").split(".")[0]
        began = [piece for piece in pieces if datetime.fromtimestamp(piece[0] / 1e6, timezone.utc).strftime("%Y%m%dT%H%M%S") >= started]
        if began:  # else it was killed before it wrote a line
            begin, end = min(began)[:2]
            ends = [*range(begin // 10**6 + 1, end // 10**6 + 3), end / 10**6]
            assert packets in {sum(begin * 1000 <= when < stop * 1e9 for when in times) for stop in ends}, (name, packets)
    assert total == table_rows(folder / "tables")[("all", "all")] > 0
    return total


def whole_lines(path):
    """What was written, and how many lines were torn by a kill."""
    read, torn = [], 0
    for line in path.read_text().splitlines():
        try:
            read.append(json.loads(line))
        except ValueError:
            torn += 1
    return read, torn


def test_live_is_what_the_recorded_packets_give(folder):
    recorder = Recorder(folder / "seen.pcap")
    telescope = Telescope(folder, "--lines", folder / "live.jsonl", "--tables", folder / "live", "--sensor", "one")
    gateway = os.environ["GATEWAY"]
    (folder / "net").write_text(NET + "\n")
    (folder / "none").write_text("")
    children = [
        subprocess.Popen(peer(*words.split()), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for words in (
            f"timeout 100 zmap -q -i pair1 -G {gateway} -S 198.18.0.11 -p 443 -w {folder / 'net'} -b {folder / 'none'} -n 3000 -r 3000 -c 1 -o {folder / 'none'}",
            "timeout 100 hping3 -q -n -S -p 3389 -a 198.18.0.18 -I pair1 -i u1000 -c 1500 --rand-dest 198.19.x.x",
        )
    ]
    sender = send(1500, 1000, 1)
    for child in children:
        child.wait()
    sender.wait()
    wait_for(lambda: len(recorder.times()) >= 6000, "every packet")
    live = telescope.end()
    times = recorder.end()
    assert len(times) == live["totals"]["packets"] == 6000 and live["totals"]["dropped"] == 0, (len(times), live["totals"])
    done = subprocess.run(
        [NOROSHI, "darknet", "-r", recorder.path, "--net", NET, "--json", "--lines", folder / "seen.jsonl", "--tables", folder / "seen", "--sensor", "one"], capture_output=True, timeout=PATIENCE
    )
    assert done.returncode == 1, done.stderr
    different = same(live, json.loads(done.stdout))
    assert not different, different
    assert {(scan["sources"][0], scan["tool"], scan["packets"]) for scan in live["scans"]} >= {("198.18.0.11", "zmap", 3000), ("198.18.0.18", "hping3", 1500)}
    ours, theirs = ([json.loads(line) for line in (folder / name).read_text().splitlines()] for name in ("live.jsonl", "seen.jsonl"))
    check_spans(what(ours, "counts"), 10)
    assert rows(what(ours, "counts")) == rows(what(theirs, "counts")) and sum(rows(what(ours, "counts")).values()) == 6000
    for kind in ("source", "scan", "victim"):
        assert what(ours, kind) == what(theirs, kind), kind
    assert table_rows(folder / "live") == table_rows(folder / "seen") and table_rows(folder / "live")[("all", "all")] == 6000


def test_a_telescope_that_is_killed_loses_one_checkpoint_and_shows_it(folder):
    recorder = Recorder(folder / "seen.pcap")
    chance, killed, runs = random.Random(4), [], 5
    sender = send(1000 * PATIENCE, 1000, 2)
    short = subprocess.Popen(peer(sys.executable, __file__, "--bursts", 7001, 9000))  # scans that are over while others go on
    for i in range(runs):
        telescope = Telescope(folder, "--lines", folder / "lines.jsonl", "--checkpoint", "1 s", "--bin", "1 s", "--timeout", "1 s", "--tables", folder / "tables", "--sensor", "one")
        time.sleep(chance.uniform(0.7, 3))
        if i + 1 < runs:
            killed.append(time.time())
            telescope.kill()
        else:  # on a busy machine the others may be over before they wrote much
            wait_for(lambda: all(len(what(whole_lines(folder / "lines.jsonl")[0], name)) > 6 for name in ("counts", "scan")), "spans and scans")
            telescope.end()
    for child in (sender, short):
        child.kill()
        child.wait()
    times = recorder.end()
    read, torn = whole_lines(folder / "lines.jsonl")
    assert torn <= len(killed)
    spans = [(round(seconds(span["darknet"]["from"]) * 1e6), round(seconds(span["timestamp"]) * 1e6), span["darknet"]) for span in what(read, "counts")]
    assert len(spans) > 3
    # no span twice; what each run says of the time that it was awake is what was there
    for (_, before, _), (begin, _, _) in zip(spans, spans[1:]):
        assert begin >= before, (before, begin)
    pieces = []
    for begin, end, counts in spans:
        if pieces and pieces[-1][1] == begin:
            pieces[-1] = (pieces[-1][0], end, pieces[-1][2] + counts["packets"], pieces[-1][3] + counts["awake"])
        else:
            pieces.append((begin, end, counts["packets"], counts["awake"]))
    for begin, end, packets, awake in pieces:
        there = sum(begin * 1000 <= when < end * 1000 for when in times)
        assert packets == there and abs(awake - (end - begin) / 1e6) < 1e-3, (begin, end, packets, there)
    assert sum(rows(what(read, "counts")).values()) == sum(piece[2] for piece in pieces) < len(times)
    # of each run no more is missing than since its last checkpoint
    for moment in killed:
        behind = min((moment - end / 1e6 for begin, end, _, _ in pieces if begin / 1e6 < moment and end / 1e6 <= moment), default=None)
        assert behind is None or behind < 10, behind
    # a scan that was over is told once, by whichever run saw its end; it is none of the others'
    ended = [(line["src_ip"], line["darknet"]["first"]) for line in what(read, "scan") if line["src_ip"] != "198.18.0.77"]
    assert len(ended) == len(set(ended)) > 3, ended
    sources = {(line["src_ip"], line["darknet"]["first"][:23]) for line in what(read, "source")}
    assert all((source, first[:23].rstrip("Z")) in sources for source, first in ended), (ended, sources)
    counted = check_tables(folder, pieces, times)
    print(f"# killed {len(killed)} times: {len(times)} arrived, {sum(piece[2] for piece in pieces)} in lines, {counted} in tables")


def test_the_clock_ends_what_is_silent(folder):
    """A scan when its time-out has passed, not when the bin (an hour) is over; counts of time in which nothing came."""
    recorder = Recorder(folder / "seen.pcap")
    telescope = Telescope(folder, "--lines", folder / "lines.jsonl", "--timeout", "2 s", "--checkpoint", "1 s")
    send(100, 500, 3).wait()

    def told(name):  # what is under way is not told yet
        return what([json.loads(line) for line in (folder / "lines.jsonl").read_bytes().split(b"\n")[:-1]], name)

    wait_for(lambda: told("scan"), "the end of a scan")
    late = time.time() - seconds(told("scan")[0]["timestamp"]) - 2
    assert told("scan")[0]["darknet"]["packets"] == 100 and late < PATIENCE, (late, told("scan"))  # and not when the hour is over
    before = len(told("counts"))
    wait_for(lambda: len(told("counts")) > before + 1 and told("counts")[-1]["darknet"]["packets"] == 0, "counts of nothing")
    send(50, 500, 4).wait()
    wait_for(lambda: len(told("scan")) == 2, "the end of a second scan")
    found = telescope.end()["scans"]
    assert [scan["packets"] for scan in found] == [100, 50] and len(told("scan")) == 2
    recorder.end()
    done = subprocess.run([NOROSHI, "darknet", "-r", recorder.path, "--net", NET, "--json", "--timeout", "2 s"], capture_output=True, timeout=PATIENCE)
    assert json.loads(done.stdout)["scans"] == found
    print(f"# a scan was told {late:.2f} s after its time-out")


def test_an_interface_that_goes_and_comes_is_listened_to_again(folder):
    def make():
        subprocess.run(["ip", "link", "add", "spare0", "type", "veth", "peer", "name", "spare1"], check=True)
        for name in ("spare0", "spare1"):
            subprocess.run(["ip", "link", "set", name, "up"], check=True)

    def knock(telescope, number):
        out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        out.bind(("spare1", 0x0800))
        source = f"198.18.1.{number}"

        def heard():
            out.send(tcp(source, "198.19.0.1", 23))
            return source in (folder / "lines.jsonl").read_text()

        wait_for(heard, f"packet {number}")

    make()
    telescope = Telescope(folder, "--lines", folder / "lines.jsonl", "--checkpoint", "1 s", "--bin", "1 s", "--tables", folder / "tables", "--sensor", "one", interface="spare0")
    knock(telescope, 1)
    subprocess.run(["ip", "link", "set", "spare0", "down"], check=True)
    wait_for(lambda: telescope.says("an interface is down or away"), "that it is down")
    subprocess.run(["ip", "link", "set", "spare0", "up"], check=True)
    wait_for(lambda: telescope.says("an interface is back"), "that it is up")
    knock(telescope, 2)
    subprocess.run(["ip", "link", "del", "spare0"], check=True)
    wait_for(lambda: telescope.words().count("is down or away") == 2, "that it is away")
    time.sleep(1.5)
    make()
    wait_for(lambda: telescope.words().count("is back") == 2, "that it is there again")
    knock(telescope, 3)
    telescope.end()
    counts = [line["darknet"] for line in what([json.loads(line) for line in (folder / "lines.jsonl").read_text().splitlines()], "counts")]
    lines = what([json.loads(line) for line in (folder / "lines.jsonl").read_text().splitlines()], "counts")
    listened = seconds(lines[-1]["timestamp"]) - seconds(lines[0]["darknet"]["from"])
    awake = sum(one["awake"] for one in counts)
    assert 0 < awake < listened - 1.5, (listened, counts)
    assert abs(awake - awake_in_tables(folder / "tables")) < 1.2, (listened, awake, awake_in_tables(folder / "tables"))  # they keep whole seconds
    subprocess.run(["ip", "link", "del", "spare0"], check=True)


def test_a_history_is_saved_while_it_listens(folder):
    history = folder / "history"
    telescope = Telescope(folder, "--history", history, "--save", "1 s")
    wait_for(history.exists, "a history")
    empty = history.read_bytes()
    send(200, 500, 9).wait()
    wait_for(lambda: history.read_bytes() != empty, "a history of what came")
    wait_for(lambda: telescope.says("the history is saved") and '"held_ms"' in telescope.words(), "how long it was held up")
    for child in Path(f"/proc/{telescope.child.pid}/task/{telescope.child.pid}/children").read_text().split():
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            os.kill(int(child), signal.SIGINT)  # as Ctrl-C does: who writes must not go first
    before = history.read_bytes()
    again = Telescope(folder, "--history", history)  # what is there is whole at any time
    again.kill()
    telescope.end()
    assert history.read_bytes()[:8] == before[:8] == b"NOROSHIT"


def test_an_output_that_nobody_reads_does_not_keep_it_from_ending(folder):
    err = folder / "err"
    with open(err, "w") as words:
        child = subprocess.Popen([NOROSHI, "darknet", "-i", "pair0", "--net", NET, "--lines", "-"], stdout=subprocess.PIPE, stderr=words)
    wait_for(lambda: '"listening"' in err.read_text(), "a telescope that listens")
    subprocess.run(peer("hping3", "-q", "-n", "-S", "-p", 23, "--rand-source", "-I", "pair1", "-i", "u500", "-c", 1500, "198.19.1.1"), capture_output=True, timeout=PATIENCE)
    child.send_signal(signal.SIGTERM)
    assert child.wait(timeout=PATIENCE) == 2 and "nobody takes it" in err.read_text(), err.read_text()
    child.stdout.close()


def test_what_cannot_be_listened_to_is_said(folder):
    for arguments, words in ((("-i", "none0"), "no interface"), (("-i", "pair0", "-r", "x"), "one of the two"), (("-i", "pair0", "--part", "x"), "part of its own")):
        done = subprocess.run([NOROSHI, "darknet", "--net", NET, *arguments], capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 2 and words in done.stderr, done


def inside(folder):
    subprocess.run(["ip", "route", "add", "blackhole", NET], check=True)
    shown = json.loads(subprocess.run(["ip", "-j", "link", "show", "pair0"], check=True, capture_output=True).stdout)
    os.environ["GATEWAY"] = shown[0]["address"]
    subprocess.run(peer("ip", "route", "add", NET, "via", "198.18.0.1", "dev", "pair1"), check=True)
    subprocess.run(peer("ip", "neighbour", "replace", "198.18.0.1", "lladdr", shown[0]["address"], "dev", "pair1"), check=True)
    for number in (11, 18, 77):
        subprocess.run(peer("ip", "address", "add", f"198.18.0.{number}/32", "dev", "pair1"), check=True)
    tests, failed = [value for name, value in globals().items() if name.startswith("test_") and callable(value)], 0
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        place = folder / test.__name__
        place.mkdir()
        place.chmod(0o777)
        try:
            test(place)
            print(f"ok {number} - {test.__name__}", flush=True)
        except Exception as error:  # each is said, and the others are tried
            failed += 1
            print(f"not ok {number} - {test.__name__}: {type(error).__name__}: {str(error)[:1500]}", flush=True)
    return 1 if failed else 0


def main():
    if sys.argv[1] == "--bursts":
        return send_bursts(int(sys.argv[2]), int(sys.argv[3]))
    if sys.argv[1] == "--mark":
        return send_mark()
    if sys.argv[1] == "--send":
        return send_now(int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), sys.argv[5], int(sys.argv[6]))
    if "--inside" in sys.argv:
        return inside(Path(sys.argv[sys.argv.index("--inside") + 1]))
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        print("1..0 # SKIP", *missing, "missing")
        return 77
    with tempfile.TemporaryDirectory(prefix="noroshi-telescope-") as name:
        done = subprocess.run([sys.argv[1], "--seconds", "600", sys.executable, __file__, sys.argv[1], "--inside", name], timeout=660)
    if done.returncode == 77:
        print("1..0 # SKIP no namespaces")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
