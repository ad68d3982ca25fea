#!/usr/bin/env python3
"""Real scanners against a telescope of a /16, all at the same time: each recognised, its coverage and rate as it sent. TAP.

Everything runs inside tests/lib/netns-run: namespace A sends, namespace B has the telescope (a blackhole route for
198.19.0.0/16) and records what arrives. What was really sent is recorded where it leaves. Each tool has a source of its
own; with its disguises it has another, where "unknown" is a fair answer. Backscatter and a research scanner run along.

usage: test_scanners.py NETNS_RUN [--inside FOLDER]
"""
import collections
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
from pathlib import Path

NOROSHI = os.environ["NOROSHI"]
NET = "198.19.0.0/16"
FIRST = struct.unpack(">I", socket.inet_aton("198.19.0.0"))[0]
TOOLS = ("zmap", "masscan", "nmap", "hping3", "tcpdump")
FAIR = 0.05
MARK = b"that was all"

# source: (name, tool, disguised, command); GATEWAY and PLAIN stand for what is known inside only
RUNS = {
    "198.18.0.11": ("zmap", "zmap", False, "zmap -q -i pair0 -G GATEWAY -S SOURCE -p 443 -w NET -b NONE -r 15000 -c 1 -o NONE"),
    "198.18.0.12": ("zmap icmp", "zmap", False, "zmap -q -i pair0 -G GATEWAY -S SOURCE -M icmp_echoscan -w NET -b NONE -n 6000 -r 5000 -c 1 -o NONE"),
    "198.18.0.13": ("masscan", "masscan", False, "masscan -e pair0 --router-mac GATEWAY --source-ip SOURCE -p 8080 198.19.0.0/17 --rate 8000 --wait 0"),
    "198.18.0.14": ("masscan --ttl 60 --source-port 53", "masscan", True, "masscan -e pair0 --router-mac GATEWAY --source-ip SOURCE --ttl 60 --source-port 53 -p 25 198.19.64.0/20 --rate 2000 --wait 0"),
    "198.18.0.15": ("nmap -sS", "nmap", False, "nmap -n -Pn -sS -e pair0 -S SOURCE -p 22 --max-retries 0 --min-rate 2000 --host-timeout 90s 198.19.32.0/20"),
    "198.18.0.16": ("nmap -sX", "nmap", False, "nmap -n -Pn -sX -e pair0 -S SOURCE -p 22,80 --max-retries 0 --min-rate 2000 198.19.100.0/23"),
    "198.18.0.17": ("nmap --ttl 200 --data-length 9", "nmap", True, "nmap -n -Pn -sS --ttl 200 --data-length 9 -e pair0 -S SOURCE -p 22 --max-retries 0 --min-rate 1000 198.19.120.0/23"),
    "198.18.0.18": ("hping3", "hping3", False, "hping3 -q -n -S -p 3389 -a SOURCE -I pair0 -i u500 -c 3000 --rand-dest 198.19.x.x"),
    "198.18.0.19": ("hping3 -w 1024 -t 128 -L 0", "hping3", True, "hping3 -q -n -S -p 3389 -w 1024 -t 128 -L 0 -a SOURCE -I pair0 -i u1000 -c 1500 --rand-dest 198.19.x.x"),
    "198.18.0.20": ("mirai-like", "mirai", False, None),
    "198.18.0.21": ("connect()", "system", False, None),
    "198.18.0.22": ("zmap of a listed scanner", "zmap", False, "zmap -q -i pair0 -G GATEWAY -S SOURCE -p 21 -w NET -b NONE -n 4000 -r 2000 -c 1 -o NONE"),
    # Two who know nothing of each other, at the same time on the same port.
    "198.18.0.23": ("zmap, beside another", "zmap", False, "zmap -q -i pair0 -G GATEWAY -S SOURCE -p 5432 -w NET -b NONE -n 10000 -r 4000 -c 1 -e 1 -o NONE"),
    "198.18.0.24": ("zmap, beside the other", "zmap", False, "zmap -q -i pair0 -G GATEWAY -S SOURCE -p 5432 -w NET -b NONE -n 10000 -r 4000 -c 1 -e 2 -o NONE"),
}
RESEARCH = "198.18.0.22"
# Several that share one scan: tool, port, sources, command of each.
SHARED = (
    ("zmap", "9200/tcp", [f"198.18.0.{i}" for i in range(31, 35)], "zmap -q -i pair0 -G GATEWAY -S SOURCE -p 9200 -w NET -b NONE -r 3000 -c 1 -e 77 --shards 4 --shard PART -o NONE"),
    ("masscan", "11211/tcp", [f"198.18.0.{i}" for i in range(41, 44)], "masscan -e pair0 --router-mac GATEWAY --source-ip SOURCE -p 11211 198.19.0.0/18 --rate 1500 --seed 5 --shard NEXT/3 --wait 0"),
)
VICTIM = "198.18.1.80"


# ── inside ──
def peer(*command):
    return ["nsenter", "-t", os.environ["NETNS_PEER"], "-n", *command]


def packet(source, target, flags, sequence, port, source_port, acknowledgement=0, window=5840, hops=64):
    body = struct.pack(">HHIIBBHHH", source_port, port, sequence, acknowledgement, 5 << 4, flags, window, 0, 0)
    pseudo = source + target + struct.pack(">BBH", 0, 6, len(body))
    total = sum(struct.unpack(">16H", pseudo + body))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    header = struct.pack(">BBHHHBBH", 0x45, 0, 40, random.randrange(65536), 0, hops, 6, 0) + source + target
    return header + body[:16] + struct.pack(">H", ~total & 0xFFFF) + body[18:]


def send(kind, count, rate, seed):
    """Mirai's header shape, without anything in it; or what a victim of a flood of SYNs answers."""
    random.seed(seed)
    out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    begin = time.monotonic()
    window, source_port = random.randrange(65536), random.randrange(1024, 65536)
    for i in range(count):
        target = struct.pack(">I", FIRST + random.randrange(65536))
        name = socket.inet_ntoa(target)
        if kind == "mirai":
            source = socket.inet_aton("198.18.0.20")
            data = packet(source, target, 2, struct.unpack(">I", target)[0], 2323 if i % 10 == 0 else 23, source_port, window=window)
        else:
            data = packet(socket.inet_aton(VICTIM), target, 18, random.randrange(1 << 32), random.randrange(1024, 65536), 80, random.randrange(1 << 32))
        out.sendto(data, (name, 0))
        wait = begin + i / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)


def connect(count):
    """An operating system's own stack."""
    held = []
    for i in range(count):
        one = socket.socket()
        one.setblocking(False)
        one.bind(("198.18.0.21", 0))
        one.connect_ex((socket.inet_ntoa(struct.pack(">I", FIRST + 7 * i)), 5900))
        held.append(one)
        time.sleep(0.002)
    for one in held:
        one.close()


def record(command, path):
    child = subprocess.Popen([*command, "tcpdump", "-n", "-s", "96", "-B", "65536", "-U", "--immediate-mode", "-Z", "root", "-w", str(path), "dst net 198.19.0.0/16"], stderr=subprocess.PIPE, text=True)
    line = child.stderr.readline()
    while line and "listening" not in line:
        line = child.stderr.readline()
    return child


@contextlib.contextmanager
def stirring():
    """A datagram from the other end ten times a second: masscan ends with the first packet that it receives after it is done."""
    words = "import socket, time\nout = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nwhile True:\n    out.sendto(b'x', ('198.18.0.1', 9))\n    time.sleep(0.1)"
    child = subprocess.Popen(peer(sys.executable, "-c", words), stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        child.kill()
        child.wait()


def stop(child, path):
    """Once it has the last packet, which comes behind all others: what waits when it is told to end is lost."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(MARK, ("198.19.255.1", 9))
    until = time.monotonic() + 60
    while MARK not in path.read_bytes()[-1000:]:
        assert time.monotonic() < until, "the last packet did not come"
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    return child.communicate(timeout=60)[1]


def inside(folder):
    for source in [*RUNS, *(source for _, _, sources, _ in SHARED for source in sources)]:
        subprocess.run(["ip", "address", "add", f"{source}/32", "dev", "pair0"], check=True)
    subprocess.run(["ip", "route", "add", NET, "via", "198.18.0.2", "dev", "pair0"], check=True)
    subprocess.run(peer("ip", "route", "add", "blackhole", NET), check=True)
    shown = json.loads(subprocess.run(peer("ip", "-j", "link", "show", "pair1"), check=True, capture_output=True).stdout)
    gateway = shown[0]["address"]
    subprocess.run(["ip", "neighbour", "replace", "198.18.0.2", "lladdr", gateway, "dev", "pair0"], check=True)
    (folder / "net").write_text(NET + "\n")
    (folder / "none").write_text("")
    sent = record([], folder / "sent.pcap")
    arrived = record(peer(), folder / "arrived.pcap")
    children = []
    commands = [(source, command) for source, (_, _, _, command) in RUNS.items() if command]
    for _, _, sources, command in SHARED:
        commands += [(source, command.replace("PART", str(part)).replace("NEXT", str(part + 1))) for part, source in enumerate(sources)]
    for source, command in commands:
        words = command.replace("GATEWAY", gateway).replace("SOURCE", source).replace("NONE", str(folder / "none")).replace("-w NET", f"-w {folder / 'net'}")
        children.append(subprocess.Popen(["timeout", "100", *words.split()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    for work in (lambda: send("mirai", 4000, 1500, 1), lambda: send("backscatter", 3000, 1000, 2), lambda: connect(300)):
        child = os.fork()
        if child == 0:
            work()
            os._exit(0)
        children.append(child)
    with stirring():
        for child in children:
            os.waitpid(child, 0) if isinstance(child, int) else child.wait()
    print("sent:", *stop(sent, folder / "sent.pcap").splitlines()[-3:])
    print("arrived:", *stop(arrived, folder / "arrived.pcap").splitlines()[-3:])
    return 0


# ── outside ──
def frames(path):
    data = path.read_bytes()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, size, _ = struct.unpack(order + "IIII", data[at : at + 16])
        if at + 16 + size > len(data):
            return
        yield seconds + fraction / 1e6, data[at : at + 16], data[at + 16 : at + 16 + size]
        at += 16 + size


def sent_by_source(path):
    """What left: source → (packets, targets, packets/s)."""
    times, targets = collections.defaultdict(list), collections.defaultdict(set)
    for when, _, data in frames(path):
        if data[12:14] == b"\x08\0":
            source = socket.inet_ntoa(data[26:30])
            times[source].append(when)
            targets[source].add(data[30:34])
    return {one: (len(all_), len(targets[one]), (len(all_) - 1) / (max(all_) - min(all_))) for one, all_ in times.items() if len(all_) > 1}


def split(path, folder):
    """One capture a source: what each looks like alone."""
    head, parts = path.read_bytes()[:24], collections.defaultdict(list)
    for _, header, data in frames(path):
        if data[12:14] == b"\x08\0":
            parts[socket.inet_ntoa(data[26:30])].append(header + data)
    for source, packets in parts.items():
        (folder / f"{source}.pcap").write_bytes(head + b"".join(packets))


def found(*arguments):
    done = subprocess.run([NOROSHI, "darknet", "--json", "--net", NET, *map(str, arguments)], capture_output=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr.decode()
    return json.loads(done.stdout)


def lists(folder):
    (folder / "lists").mkdir()
    about = {"name": "Censys IP Ranges Used for Scanning", "description": "x", "version": 1, "matching_attributes": ["ip-src"], "type": "cidr"}
    (folder / "lists" / "scanners.json").write_text(json.dumps(dict(about, list=[RESEARCH + "/32"])))
    return folder / "lists"


def near(one, other):
    return abs(one - other) <= FAIR * other


def check(source, scan, sent):
    """Words on what is wrong with one scan; empty when nothing is."""
    _, tool, disguised, _ = RUNS[source]
    packets, targets, rate = sent
    wrong = []
    if scan["tool"] != tool and not (disguised and scan["tool"] == "unknown"):
        wrong.append(f"tool {scan['tool']}")
    if not near(scan["packets"], packets):
        wrong.append(f"packets {scan['packets']} of {packets}")
    if not near(scan["coverage"], targets / 65536):
        wrong.append(f"coverage {scan['coverage']} of {targets / 65536}")
    if not near(scan["seen_rate"], rate):
        wrong.append(f"rate {scan['seen_rate']} of {rate}")
    if scan["kind"] != ("research" if source == RESEARCH else "single"):
        wrong.append(f"kind {scan['kind']}")
    return wrong


def shared(mixed, tool, port, sources, sent):
    ours = [scan for scan in mixed["scans"] if set(scan["sources"]) & set(sources)]
    packets, targets = (sum(sent[source][i] for source in sources) for i in (0, 1))
    print(f"# {tool} by {len(sources)}: {ours[0]['packets']} packets of {packets}, {ours[0]['targets']} targets of {targets}, by chance {ours[0].get('targets_by_chance')}")
    if len(ours) != 1 or ours[0]["kind"] != "group" or sorted(ours[0]["sources"]) != sources:
        return [str([(scan["kind"], scan["sources"]) for scan in ours])]
    wrong = [] if ours[0]["tool"] == tool and ours[0]["ports"] == [port] else [str((ours[0]["tool"], ours[0]["ports"]))]
    wrong += [] if near(ours[0]["packets"], packets) and near(ours[0]["coverage"], targets / 65536) else [str((ours[0]["packets"], ours[0]["coverage"]))]
    return wrong + ([] if sum(each["packets"] for each in ours[0]["members"]) == ours[0]["packets"] else ["members"])


def evaluate(folder):
    sent = sent_by_source(folder / "sent.pcap")
    known = lists(folder)
    mixed = found(folder / "arrived.pcap", "--warninglists", known)
    split(folder / "arrived.pcap", folder)
    results = []
    print(f"# {'run':34} {'mixed':9} {'apart':9} packets  sent   coverage   sent  packets/s   sent")
    for source, (name, _, _, _) in RUNS.items():
        if source not in sent:
            results.append((name, ["nothing was sent"]))
            continue
        ours = [scan for scan in mixed["scans"] if scan["sources"] == [source]]
        alone = found(folder / f"{source}.pcap", "--warninglists", known)["scans"]
        wrong = [] if len(ours) == 1 and ours == alone else [f"{len(ours)} scans, alone {len(alone)}, or they differ"]
        if ours:
            wrong += check(source, ours[0], sent[source])
            packets, targets, rate = sent[source]
            print(
                f"# {name:34} {ours[0]['tool']:9} {alone[0]['tool'] if alone else '-':9} {ours[0]['packets']:7} {packets:6} {ours[0]['coverage']:9.4f} {targets / 65536:7.4f}"
                f" {ours[0]['seen_rate']:9.1f} {rate:8.1f}"
            )
        results.append((name, wrong))
    victims = [one for one in mixed["victims"] if one["victim"] == VICTIM]
    wrong = [] if len(victims) == 1 and len(mixed["victims"]) == 1 else [f"victims {[one['victim'] for one in mixed['victims']]}"]
    if victims and not (victims[0]["vectors"] == ["syn"] and near(victims[0]["packets"], 3000) and victims[0]["rate_low"] < 1000 * 65536 * 1.05):
        wrong.append(str(victims[0]))
    results.append(("backscatter is a victim and no scan", wrong))
    for tool, port, sources, _ in SHARED:
        results.append((f"{len(sources)} sources of {tool} share one scan", shared(mixed, tool, port, sources, sent)))
    others = {source for scan in mixed["scans"] for source in scan["sources"]} - set(RUNS) - {source for _, _, sources, _ in SHARED for source in sources}
    results.append(("nothing else is a scan", [str(others)] if others else []))
    return results


def main():
    netns_run = sys.argv[1]
    if "--inside" in sys.argv:
        return inside(Path(sys.argv[sys.argv.index("--inside") + 1]))
    missing = [tool for tool in TOOLS if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")]
    if missing:
        print("1..0 # SKIP", *missing, "missing")
        return 77
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    with tempfile.TemporaryDirectory(prefix="noroshi-scanners-") as name:
        folder = Path(name)
        done = subprocess.run([netns_run, "--seconds", "300", sys.executable, __file__, netns_run, "--inside", name], capture_output=True, text=True, timeout=360)
        if done.returncode == 77:
            print("1..0 # SKIP", done.stderr.strip())
            return 77
        print("#", done.stdout.replace("\n", "\n# "), done.stderr.replace("\n", "\n# "))
        results = evaluate(folder)
    print(f"1..{len(results)}")
    for number, (words, wrong) in enumerate(results, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} - {words}", "; ".join(wrong))
    return any(wrong for _, wrong in results)


if __name__ == "__main__":
    sys.exit(main())
