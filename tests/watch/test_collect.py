#!/usr/bin/env python3
"""noroshi collect against real exporters: softflowd meters one capture and sends it as NetFlow v5, v9 and IPFIX to nfcapd and to us; what
nfdump says of it and what we say are the same flows. Where pmacctd is, it samples every packet of the capture as sFlow. In a namespace
(tests/lib/netns-run).

usage: test_collect.py NOROSHI      (prints TAP)
"""
import collections
import csv
import datetime
import io
import ipaddress
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tap import Tap

NETNS = Path(__file__).resolve().parent.parent / "lib/netns-run"
TO_US, TO_THEM = 9995, 9996


PROTOCOLS = {"1": "ICMP", "6": "TCP", "17": "UDP", "58": "ICMP6"}
PMACCT = """daemonize: false
pcap_savefile: {0}/traffic.pcap
plugins: sfprobe
sfprobe_receiver: 127.0.0.1:{1}
sfprobe_agentip: 198.18.0.77
sampling_rate: 1
aggregate: src_host, dst_host, src_port, dst_port, proto
"""


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data[:len(data) // 2 * 2]))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(source, target, protocol, payload):
    """An Ethernet frame of an IP packet."""
    if source.version == 4:
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0) + source.packed + target.packed
        head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
        return bytes(12) + b"\x08\x00" + head + payload
    return bytes(12) + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + source.packed + target.packed + payload


def write_capture(path, flows, seed):
    """Flows of TCP, UDP and ICMP over IPv4 and IPv6, some in both directions. Returns when each pair of addresses began, and how many
    packets there are of each kind."""
    dice = random.Random(seed)
    frames, starts, packets = [], {}, collections.Counter()
    for i in range(flows):
        if i % 3:
            ends = [ipaddress.ip_address(f"198.18.{i // 200}.{i % 200 + 1}"), ipaddress.ip_address(f"198.19.0.{i % 50 + 1}")]
        else:
            ends = [ipaddress.ip_address(f"2001:db8:1::{i + 1:x}"), ipaddress.ip_address(f"2001:db8:2::{i % 50 + 1:x}")]
        ports = [1024 + i, dice.choice((53, 80, 443, 8080))]
        protocol = dice.choice((6, 6, 17, 17, 1 if ends[0].version == 4 else 58))
        at = 1795273200 + dice.random() * 100
        key = frozenset(map(str, ends))
        starts[key] = min(at, starts.get(key, at))
        for n in range(dice.randrange(1, 12)):
            side = n % 2 if i % 4 and protocol != 1 and protocol != 58 else 0
            data = bytes(dice.randrange(0, 400))
            if protocol == 6:
                flags = 0x02 if n == 0 else 0x12 if n == 1 else 0x18
                payload = struct.pack(">HHIIBBHHH", ports[side], ports[1 - side], n, n, 0x50, flags, 100, 0, 0) + data
            elif protocol == 17:
                payload = struct.pack(">HHHH", ports[side], ports[1 - side], 8 + len(data), 0) + data
            else:
                payload = struct.pack(">BBHHH", 8 if protocol == 1 else 128, 0, 0, 7, n) + data
            frames.append((at + n * 0.25, packet(ends[side], ends[1 - side], protocol, payload)))
            has_ports = protocol in (6, 17)
            packets[(str(ends[side]), ports[side] * has_ports, str(ends[1 - side]), ports[1 - side] * has_ports, PROTOCOLS[str(protocol)],
                     len(payload) + (20 if ends[0].version == 4 else 40))] += 1
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for when, frame in sorted(frames, key=lambda one: one[0]):
            file.write(struct.pack("<IIII", int(when), int(when % 1 * 1000000), len(frame), len(frame)) + frame)
    return starts, packets


def wait_for(condition, limit=120):
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def sockets(port):
    """(bytes that wait, datagrams that were dropped) of whoever holds this UDP port in this namespace."""
    rows = [row.split() for table in ("/proc/self/net/udp", "/proc/self/net/udp6") for row in Path(table).read_text().splitlines()[1:]]
    return [(int(row[4].split(":")[1], 16), int(row[12])) for row in rows if row[1].endswith(f":{port:04X}")]


def listening(port):
    return bool(sockets(port))


def drained(port):
    return all(waiting == 0 for waiting, _ in sockets(port))


def wait_until_quiet(path):
    """Something is in it, and nothing more came for a while."""
    sizes = []
    wait_for(lambda: sizes.append(path.stat().st_size) or (len(sizes) > 40 and sizes[-40] == sizes[-1] and sizes[-1] > 0))


def inside(noroshi, folder):
    for version in ("5", "9", "10"):
        at = folder / version
        (at / "nfcapd").mkdir(parents=True)
        # one packet in so many is looked at by nobody here: the rate is only exported
        ours = subprocess.Popen([noroshi, "collect", "--listen", f"127.0.0.1:{TO_US}", "--eve", str(at / "eve.json")], stderr=open(at / "counts", "wb"))
        theirs = subprocess.Popen(["nfcapd", "-b", "127.0.0.1", "-p", str(TO_THEM), "-w", str(at / "nfcapd"), "-t", "3600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert wait_for(lambda: listening(TO_US) and listening(TO_THEM)), "a collector does not listen"
        for port in (TO_US, TO_THEM):
            subprocess.run(["softflowd", "-r", str(folder / "traffic.pcap"), "-n", f"127.0.0.1:{port}", "-v", version, "-a", "-m", "20000", "-d"], check=True, timeout=120,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # nfcapd does not read what still waits for it when it is told to end
        assert wait_for(lambda: drained(TO_US) and drained(TO_THEM)), "a collector does not read"
        wait_until_quiet(at / "eve.json")
        assert not any(dropped for port in (TO_US, TO_THEM) for _, dropped in sockets(port)), "the kernel dropped datagrams"
        for process in (ours, theirs):
            process.terminate()
            process.wait(timeout=120)
        (at / "status").write_text(str(ours.returncode))
    if shutil.which("pmacctd"):
        sflow(noroshi, folder)
    stray(noroshi, folder)


def sflow(noroshi, folder):
    (folder / "pmacct.conf").write_text(PMACCT.format(folder, TO_US))
    ours = subprocess.Popen([noroshi, "collect", "--listen", f"127.0.0.1:{TO_US}", "--eve", str(folder / "sflow.json")], stderr=open(folder / "sflow.counts", "wb"))
    assert wait_for(lambda: listening(TO_US))
    theirs = subprocess.Popen(["pmacctd", "-f", str(folder / "pmacct.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until_quiet(folder / "sflow.json")
    for process in (ours, theirs):  # in this order: when it ends pmacctd sends some samples a second time
        process.terminate()
        process.wait(timeout=120)


def stray(noroshi, folder):
    """What is no export, and who may not send."""
    ours = subprocess.Popen([noroshi, "collect", "--listen", f"127.0.0.1:{TO_US}", "--listen", f"[::1]:{TO_US}", "--from", "127.0.0.0/8"], stderr=open(folder / "stray", "wb"))
    assert wait_for(lambda: listening(TO_US))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as four, socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as six:
        for text in (b"hello", b"", b"\x00\x09", b"\x00\x05" + bytes(22)):
            four.sendto(text, ("127.0.0.1", TO_US))
        six.sendto(b"hello", ("::1", TO_US))
    assert wait_for(lambda: drained(TO_US))
    ours.terminate()
    ours.wait(timeout=120)


def seconds(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


def wrong_starts(path, starts):
    """Flows whose start is not that of the first packet in the capture, to two milliseconds."""
    wrong = []
    for text in path.read_text().splitlines():
        one = json.loads(text)
        began = starts[frozenset(str(ipaddress.ip_address(one[end])) for end in ("src_ip", "dest_ip"))]
        if abs(seconds(one["netflow"]["start"]) - began) > 0.002:
            wrong.append((one["src_ip"], one["netflow"]["start"], began))
    return wrong


def our_flows(path, digits):
    flows = collections.Counter()
    for text in path.read_text().splitlines():
        one = json.loads(text)
        ends = (str(ipaddress.ip_address(one["src_ip"])), one.get("src_port", 0), str(ipaddress.ip_address(one["dest_ip"])), one.get("dest_port", 0))
        flows[(*ends, one["proto"].replace("IPv6-ICMP", "ICMP6"), one["netflow"]["pkts"], one["netflow"]["bytes"], one["netflow"]["start"][:digits])] += 1
    return flows


def their_flows(folder, digits):
    done = subprocess.run(["nfdump", "-q", "-R", str(folder), "-o", "fmt:%sa,%sp,%da,%dp,%pr,%pkt,%byt,%ts", "-6", "-N"], capture_output=True, text=True, check=True, env={**os.environ, "TZ": "UTC"})
    flows = collections.Counter()
    for row in csv.reader(io.StringIO(done.stdout)):
        if len(row) != 8:
            continue
        row = [word.strip() for word in row]
        row[4] = PROTOCOLS.get(row[4], row[4])
        ports = [0, 0] if row[4].startswith("ICMP") else [int(float(row[1])), int(float(row[3]))]
        flows[(str(ipaddress.ip_address(row[0])), ports[0], str(ipaddress.ip_address(row[2])), ports[1], row[4], int(row[5]), int(row[6]), row[7].replace(" ", "T")[:digits])] += 1
    return flows


def undated(ours, theirs):
    """nfdump 1.7.1 now and then dates a flow of NetFlow v9 to 1970 on a busy machine: such a one is compared without its time."""
    for kind in [kind for kind in theirs if kind[7].startswith("1970-")]:
        alike = [one for one in ours - theirs if one[:7] == kind[:7]]
        if alike:
            print(f"# nfdump dates a flow of {alike[0][7]} to {kind[7]}")
            theirs[kind] -= 1
            theirs[alike[0]] += 1
    return +theirs


def compare_sflow(tap, folder, packets):
    if not (folder / "sflow.json").exists():
        print("# no pmacctd here: sFlow was not sent")
        return
    ours = collections.Counter()
    for kind, count in our_flows(folder / "sflow.json", 0).items():
        ours[(*kind[:5], kind[6])] += count * kind[5]
    counts = json.loads((folder / "sflow.counts").read_text().splitlines()[-1])["sflow5"]
    print(f"# sflow5: {sum(ours.values())} samples of {sum(packets.values())} packets; {counts}")
    # pmacctd does not send what is left in its buffer when it ends
    tap(not ours - packets and sum(ours.values()) >= 0.97 * sum(packets.values()), "sflow5: the packets of the capture", f"{list((ours - packets).items())[:5]}")
    tap(not counts["lost"] and not counts["malformed"], "sflow5: nothing lost or malformed", str(counts))


SHARED = Path(os.environ.get("NOROSHI_SHARED") or Path(__file__).resolve().parents[3] / "shared") / "data"


def fits_schema(tap, folder):
    """Suricata's own schema of EVE."""
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
    except ImportError:
        print("# no jsonschema here")
        return
    if not (SHARED / "eve-schema.json").exists():
        print("# eve-schema.json is not here")
        return
    validator = jsonschema.Draft7Validator(json.loads((SHARED / "eve-schema.json").read_text()))
    records = [json.loads(line) for version in ("5", "9", "10") for line in (folder / version / "eve.json").read_text().splitlines()[:100]]
    wrong = [error.message for one in records for error in validator.iter_errors(one)]
    tap(records and not wrong, "every record fits the schema of EVE", str(wrong[:3]))


def real_switch(tap, noroshi):
    """A capture of a switch: tshark says one flow sample and eight of counters."""
    shared = SHARED / "pcaps/protocols/sflow.pcap"
    if not shared.exists():
        print(f"# {shared.name} is not here")
        return
    done = subprocess.run([noroshi, "collect", "--eve", "-", str(shared)], capture_output=True, text=True, check=False)
    records, counts = [json.loads(line) for line in done.stdout.splitlines()], json.loads(done.stderr.splitlines()[-1])["sflow5"]
    tap(len(records) == 1 and counts["skipped"] == 8, "sflow5: of a real switch one packet and eight counter samples", str(counts))
    said = (records[0]["host"], records[0]["src_ip"], records[0]["dest_ip"], records[0]["proto"], records[0]["vlan"], records[0]["netflow"]["bytes"], records[0]["metadata"]["flowvars"][1]["value"])
    tap(said == ("172.21.35.17", "172.21.32.254", "172.21.32.241", "ICMP", [32], 60, "2048"), "sflow5: it is the packet that tshark shows", str(said))


def compare(tap, folder, starts):
    # nfdump 1.7.1 takes the times of softflowd's IPFIX from the seconds of the header: they may be a second off, ours are compared with the
    # capture itself
    for version, name in (("5", "netflow5"), ("9", "netflow9"), ("10", "ipfix")):
        at = folder / version
        digits = 19 if name != "ipfix" else 0
        ours, theirs = our_flows(at / "eve.json", digits), their_flows(at / "nfcapd", digits)
        counts = json.loads((at / "counts").read_text().splitlines()[-1])[name]
        print(f"# {name}: {sum(ours.values())} flows, nfdump {sum(theirs.values())}; {counts}")
        tap(sum(theirs.values()) > 100, f"{name}: nfdump has flows", str(sum(theirs.values())))
        theirs = undated(ours, theirs)
        tap(ours == theirs, f"{name}: the same flows as nfdump's", f"only ours {list((ours - theirs).items())[:5]}, only theirs {list((theirs - ours).items())[:5]}")
        if name == "ipfix":
            wrong = wrong_starts(at / "eve.json", starts)
            tap(not wrong, f"{name}: every start is that of the capture", str(wrong[:5]))
        tap((at / "status").read_text() == "0" and not counts["lost"] and not counts["malformed"], f"{name}: nothing lost or malformed", str(counts))


def outside(noroshi):
    tap = Tap()
    for tool in ("softflowd", "nfcapd", "nfdump"):
        if not shutil.which(tool):
            print(f"1..0 # SKIP {tool} is not here")
            return 77
    with tempfile.TemporaryDirectory(prefix="noroshi-collect-") as name:
        folder = Path(name)
        seed = int(os.environ.get("NOROSHI_SEED", "1"))
        print(f"# NOROSHI_SEED={seed}")
        starts, packets = write_capture(folder / "traffic.pcap", 400, seed)
        done = subprocess.run([str(NETNS), "--seconds", "600", sys.executable, __file__, noroshi, name], check=False)
        if done.returncode == 77:
            print("1..0 # SKIP no namespaces here")
            return 77
        tap(done.returncode == 0, "everything was sent", f"status {done.returncode}")
        if done.returncode == 0:
            compare(tap, folder, starts)
            compare_sflow(tap, folder, packets)
            fits_schema(tap, folder)
            counts = json.loads((folder / "stray").read_text().splitlines()[-1])
            tap(counts["unknown"] == 2 and counts["refused"] == 1 and counts["netflow9"]["malformed"] == 1 and counts["netflow5"]["malformed"] == 1,
                "what is no export, is cut, or comes from elsewhere is counted", str(counts))
    real_switch(tap, noroshi)
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    if len(sys.argv) > 2:
        inside(sys.argv[1], Path(sys.argv[2]))
    else:
        sys.exit(outside(sys.argv[1]))
