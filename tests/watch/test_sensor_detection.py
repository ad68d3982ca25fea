#!/usr/bin/env python3
"""noroshi sensor with indicators and signatures: alerts in EVE."""
import json
import os
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

NOROSHI = os.environ["NOROSHI"]
PATIENCE = 60  # seconds
HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)  # raw IP


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def query(number, name):
    """a packet of a pcap file: 10.0.0.1 asks 10.0.0.2 for this name"""
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0\0\1\0\1"
    message = struct.pack(">HHHHHH", number, 0x100, 1, 0, 0, 0) + question
    udp = struct.pack(">HHHH", 1024 + number, 53, 8 + len(message), 0) + message
    head = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0, 0x0A000001, 0x0A000002)
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    packet = head + udp
    return struct.pack("<IIII", 1_700_000_000 + number, 0, len(packet), len(packet)) + packet


class Detection(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.list = self.folder / "list"
        self.rules = self.folder / "rules"
        self.eve = self.folder / "eve.json"

    def records(self, kind):
        lines = self.eve.read_text(encoding="utf-8").splitlines() if self.eve.exists() else []
        return [record for record in map(json.loads, lines) if record["event_type"] == kind]

    def test_alerts_stand_in_eve_and_mark_their_flow(self):
        (self.folder / "pcap").write_bytes(HEAD + query(1, "www.bad.example") + query(2, "other.example") + query(3, "good.example"))
        self.list.write_text("domain,bad.example,block,7\nnonsense\n", encoding="utf-8")
        self.rules.write_text('alert dns $WEB any -> any 53 (msg:"the other"; dns.query; content:"other."; startswith; sid:5; rev:2;)\n'
                              'alert dns any any -> any any (msg:"payload"; content:"|05|other"; sid:6;)\nlua\n', encoding="utf-8")
        done = subprocess.run([NOROSHI, "sensor", "--indicators", self.list, "--signatures", self.rules, "--variable", "WEB=10.0.0.0/24", "--eve", self.eve,
                               "--json", "-r", self.folder / "pcap"], capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        alerts = {record["alert"]["signature"]: record for record in self.records("alert")}
        self.assertEqual(set(alerts), {"NOROSHI indicator domain bad.example", "the other", "payload"})
        bad = alerts["NOROSHI indicator domain bad.example"]
        self.assertEqual(bad["alert"]["metadata"], {"indicator_type": ["domain"], "indicator": ["bad.example"], "indicator_action": ["block"],
                                                    "field": ["dns.query"], "indicator_id": ["7"]})
        self.assertEqual((bad["src_ip"], bad["dest_port"], bad["alert"]["severity"], "dns" in bad), ("10.0.0.1", 53, 1, True))
        self.assertEqual((alerts["the other"]["alert"]["signature_id"], alerts["the other"]["alert"]["rev"]), (5, 2))
        flows = {record["src_port"]: record["flow"].get("alerted", False) for record in self.records("flow")}
        self.assertEqual(flows, {1025: True, 1026: True, 1027: False})
        self.assertEqual(json.loads(done.stdout)["alerts"], 3)
        self.assertIn(b"line", done.stderr)

    def test_what_cannot_be_read_is_an_error_at_the_start(self):
        for arguments in (("--indicators", "/nothing"), ("--signatures", "/nothing"), ("--variable", "WEB")):
            done = subprocess.run([NOROSHI, "sensor", *arguments, "-r", "/nothing"], capture_output=True, timeout=PATIENCE)
            self.assertEqual(done.returncode, 2, arguments)


if __name__ == "__main__":
    unittest.main(verbosity=2)
