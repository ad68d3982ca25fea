#!/usr/bin/env python3
"""noroshi sensor --behaviour: a scan, a beacon and a tunnel through names among usual traffic of a capture file made here; what is
found becomes alerts that triage's reader takes, and usual traffic alone gives none."""
import json
import os
import random
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

NOROSHI = os.environ["NOROSHI"]
PATIENCE = 60  # seconds
HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)  # raw IP
START = 1_700_000_000
SYN, ACK, RST, FIN, PUSH = 2, 16, 4, 1, 8


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(source, target, protocol, body):
    head = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0, source, target)
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + body


class Capture:
    """Packets at their times; sorted when it is written."""

    def __init__(self):
        self.packets, self.port = [], 1024

    def add(self, time, data):
        self.packets.append((time, data))

    def tcp(self, time, source, target, ports, flags, numbers=(0, 0), body=b""):
        head = struct.pack(">HHIIBBHHH", *ports, *numbers, 0x50, flags, 65535, 0, 0)
        pseudo = struct.pack(">IIBBH", source, target, 0, 6, len(head) + len(body))
        head = head[:16] + struct.pack(">H", checksum(pseudo + head + body)) + head[18:]
        self.add(time, packet(source, target, 6, head + body))

    def next_port(self):
        self.port = 1024 + (self.port - 1023) % 60000
        return self.port

    def refused(self, time, source, target, port):
        mine = self.next_port()
        self.tcp(time, source, target, (mine, port), SYN, (1000, 0))
        self.tcp(time + 0.01, target, source, (port, mine), RST | ACK, (0, 1001))

    def answered(self, time, source, target, port, asked=100, given=500):
        mine = self.next_port()
        self.tcp(time, source, target, (mine, port), SYN, (1000, 0))
        self.tcp(time + 0.01, target, source, (port, mine), SYN | ACK, (5000, 1001))
        self.tcp(time + 0.02, source, target, (mine, port), ACK | PUSH, (1001, 5001), b"q" * asked)
        self.tcp(time + 0.03, target, source, (port, mine), ACK | PUSH, (5001, 1001 + asked), b"a" * given)
        self.tcp(time + 0.04, source, target, (mine, port), FIN | ACK, (1001 + asked, 5001 + given))
        self.tcp(time + 0.05, target, source, (port, mine), FIN | ACK, (5001 + given, 1002 + asked))

    def name(self, time, source, resolver, name):
        mine = self.next_port()
        question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0\0\1\0\1"
        answer = b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", 60, 4) + bytes([192, 0, 2, 1])
        for later, ends, ports, flags, count, more in ((0, (source, resolver), (mine, 53), 0x100, 0, b""),
                                                       (0.01, (resolver, source), (53, mine), 0x8180, 1, answer)):
            body = struct.pack(">HHHHHH", mine, flags, 1, count, 0, 0) + question + more
            self.add(time + later, packet(*ends, 17, struct.pack(">HHHH", *ports, 8 + len(body), 0) + body))

    def write(self, path):
        with open(path, "wb") as file:
            file.write(HEAD)
            for time, data in sorted(self.packets, key=lambda each: each[0]):
                file.write(struct.pack("<IIII", int(time), int(time % 1 * 1e6), len(data), len(data)) + data)


def inside(number):
    return 0x0A000000 + number


def outside(number):
    return 0xC6120000 + number


class Behaviour(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.dice = Path(folder.name), random.Random(7)

    def usual(self, capture):
        for i in range(1500):
            time, host = START + i * 4 + self.dice.random(), inside(1 + self.dice.randrange(20))
            site = int(60 * self.dice.random() ** 3)
            capture.name(time, host, inside(250), f"www.site{site}.example")
            if self.dice.random() < 0.05:
                capture.refused(time + 0.1, host, outside(site), 443)
            else:
                capture.answered(time + 0.1, host, outside(site), 443, self.dice.randrange(50, 400), self.dice.randrange(100, 1200))

    def sensor(self, capture, *options):
        path, eve = self.folder / "pcap", self.folder / "eve.json"
        eve.unlink(missing_ok=True)
        capture.write(path)
        done = subprocess.run([NOROSHI, "sensor", "--behaviour", "--eve", eve, "--json", *options, "-r", path], capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        alerts = [record for record in map(json.loads, eve.read_text(encoding="utf-8").splitlines()) if record["event_type"] == "alert"]
        self.assertEqual(json.loads(done.stdout)["alerts"], len(alerts))
        return {record["alert"]["metadata"]["behaviour"][0]: record for record in alerts}

    def test_usual_traffic_is_silent(self):
        capture = Capture()
        self.usual(capture)
        self.assertEqual(self.sensor(capture), {})

    def test_a_scan_a_beacon_and_a_tunnel_are_found_among_it(self):
        capture = Capture()
        self.usual(capture)
        for i in range(40):
            capture.refused(START + i * 90, outside(9000), inside(10 + i), 22)
        time, interval, jitter = START, self.dice.uniform(40, 120), self.dice.uniform(0, 0.3)
        for i in range(48):
            capture.answered(time, inside(3), outside(7777), 8443, 64, 64)
            time += interval * (1 + jitter * self.dice.uniform(-1, 1))
        for i in range(150):
            word = "".join(self.dice.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(45))
            capture.name(START + i, inside(5), inside(250), f"{word}.t.tunnel.example")
        found = self.sensor(capture)
        self.assertEqual(set(found), {"noroshi:scan-hosts", "noroshi:beacon", "noroshi:dns-tunnel"}, found)
        beacon = found["noroshi:beacon"]
        self.assertEqual((beacon["src_ip"], beacon["dest_ip"], beacon["dest_port"], beacon["alert"]["severity"]), ("10.0.0.3", "198.18.30.97", 8443, 1))
        self.assertEqual(beacon["alert"]["metadata"]["mitre_tactic_id"], ["TA0011"])
        self.assertEqual(found["noroshi:scan-hosts"]["src_ip"], "198.18.35.40")
        self.assertEqual(found["noroshi:dns-tunnel"]["alert"]["metadata"]["domain"], ["tunnel.example"])
        # Triage's reader takes them.
        done = subprocess.run([NOROSHI, "convert", self.folder / "eve.json"], capture_output=True, timeout=PATIENCE)
        read = {line["signature_id"]: line for line in map(json.loads, done.stdout.splitlines())}
        self.assertIn("4601:4:1", read, done)
        self.assertEqual(read["4601:4:1"]["tactics"], ["TA0011"])
        # Where everything is one's own network, nothing goes outside.
        self.assertNotIn("noroshi:beacon", self.sensor(capture, "--home", "10.0.0.0/8", "--home", "198.18.0.0/15"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
