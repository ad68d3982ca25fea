#!/usr/bin/env python3
"""noroshi signatures hits: a signature that was made on the day of disclosure is met six days later; its first hit is measured in days, an
alert of a new vulnerability with a public proof of concept is more urgent, and all of it is kept from run to run (catalogue row T05)."""
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from test_sensor_behaviour import ACK, PUSH, START, SYN, Capture, inside, outside

NOROSHI = os.environ["NOROSHI"]
DAY = 86400  # START is 2023-11-14, 22:13:20
RULES = """\
alert tcp any any -> any any (msg:"proof is public"; content:"/first?attack"; sid:1; priority:2; metadata:cve CVE_2023_90001, disclosed 2023_11_08, poc 2023_11_10;)
alert tcp any any -> any any (msg:"no proof"; content:"/second?attack"; sid:2; priority:2; metadata:cve CVE_2023_90002, created_at 2023_11_08;)
alert tcp any any -> any any (msg:"old"; content:"/third?attack"; sid:3; priority:2; metadata:cve CVE_2021_90003, disclosed 2021_11_08, poc public;)
alert tcp any any -> any any (msg:"not met"; content:"/fourth?attack"; sid:4; metadata:cve CVE_2023_90004, disclosed 2023_11_12, poc public;)
alert tcp any any -> any any (msg:"no vulnerability"; content:"/first"; sid:5; priority:2;)
"""


def capture(path, asked):
    """(day, path) that a client asks a server for."""
    made = Capture()
    for number, (day, what) in enumerate(asked):
        time, ports = START + day * DAY + number, (made.next_port(), 80)
        client, server = outside(1 + number), inside(1)
        made.tcp(time, client, server, ports, SYN, (1000, 0))
        made.tcp(time + 0.01, server, client, ports[::-1], SYN | ACK, (5000, 1001))
        made.tcp(time + 0.02, client, server, ports, ACK | PUSH, (1001, 5001), f"GET {what} HTTP/1.1\r\nHost: a.example\r\n\r\n".encode())
    made.write(path)


class Hits(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "rules").write_text(RULES)

    def sensor(self, name, asked):
        path, eve = self.folder / f"{name}.pcap", self.folder / f"{name}.json"
        capture(path, asked)
        done = subprocess.run([NOROSHI, "sensor", "--signatures", self.folder / "rules", "--eve", eve, "-r", path], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return eve

    def hits(self, *arguments, status=0):
        done = subprocess.run([NOROSHI, "signatures", "hits", *arguments], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def test_first_hit_in_days_and_urgency(self):
        eve = self.sensor("one", [(0, "/second?attack"), (0.5, "/first?attack"), (2, "/first?attack"), (1, "/third?attack")])
        alerts = {}
        for record in map(json.loads, eve.read_text().splitlines()):
            if record["event_type"] == "alert":
                alerts.setdefault(record["alert"]["signature_id"], record["alert"])
        self.assertEqual({number: alert["severity"] for number, alert in alerts.items()}, {1: 1, 2: 2, 3: 2, 5: 2})
        self.assertEqual(alerts[1]["metadata"]["days_since_disclosure"], ["7"])
        self.assertEqual(alerts[1]["metadata"]["priority_raised"], ["public proof of concept"])
        self.assertNotIn("priority_raised", alerts[2]["metadata"])
        self.assertNotIn("days_since_disclosure", alerts[5].get("metadata", {}))
        found = {one["sid"]: one for one in map(json.loads, self.hits("--json", "--signatures", self.folder / "rules", eve).stdout.splitlines())}
        self.assertEqual(list(found), [1, 2, 3, 4])  # the most urgent first, what was not met last
        self.assertEqual([found[number].get("days") for number in (1, 2, 3, 4)], [7, 6, 737, None])
        self.assertEqual([found[number]["count"] for number in (1, 2, 3, 4)], [2, 1, 1, 0])
        self.assertEqual([found[number]["raised"] for number in (1, 2, 3, 4)], [True, False, False, False])
        self.assertEqual((found[1]["cve"], found[1]["disclosed"], found[1]["poc"], found[1]["first"][:19]), ("CVE-2023-90001", "2023-11-08", "2023-11-10", "2023-11-15T10:13:21"))
        shown = self.hits(eve).stdout.splitlines()
        self.assertRegex(shown[1], r"^raised +CVE-2023-90001 +2023-11-08 +public +2023-11-15T10:13:21 +7 +2  1:1 proof is public$")
        self.assertEqual(len(shown), 4)
        self.assertEqual(len(self.hits("--all", eve).stdout.splitlines()), 5)

    def test_what_was_found_is_kept(self):
        kept = self.folder / "kept"
        self.hits("--keep", kept, self.sensor("later", [(5, "/first?attack")]))
        found = json.loads(self.hits("--json", "--keep", kept, self.sensor("earlier", [(1, "/first?attack"), (2, "/first?attack")])).stdout)
        self.assertEqual((found["days"], found["count"], found["first"][:10], found["last"][:10]), (7, 3, "2023-11-15", "2023-11-19"))
        self.assertEqual(json.loads(self.hits("--json", "--keep", kept, os.devnull).stdout), found)
        kept.write_text("something else\n")
        self.assertIn("this is no file of hits", self.hits("--keep", kept, os.devnull, status=2).stderr)
        self.assertEqual(kept.read_text(), "something else\n")

    def test_suricata_and_what_is_no_alert(self):
        eve = self.folder / "suricata.json"
        eve.write_text('{"timestamp":"2021-12-14T01:02:03.000000+0900","event_type":"alert","alert":{"gid":1,"signature_id":2034647,"signature":"made up","metadata":{"created_at":["2021_12_11"],"cve":["CVE_2021_44228"]}}}\n'
                       '{"timestamp":"2021-12-14T01:02:03.000000+0900","event_type":"flow"}\nno JSON\n{"event_type":"alert","alert":{}}\n')
        done = self.hits("--json", eve, status=1)
        found = json.loads(done.stdout)
        self.assertEqual((found["cve"], found["created_at"], found["days"], found["raised"]), ("CVE-2021-44228", "2021-12-11", 2, False))
        self.assertIn("2 lines could not be read", done.stderr)

    def test_usage(self):
        for arguments in ((), ("--what", "x"), ("--keep",), (self.folder / "nothing",), ("--signatures", self.folder / "nothing", os.devnull)):
            self.assertTrue(self.hits(*arguments, status=2).stderr.startswith("noroshi signatures: "))
        self.assertIn("usage", self.hits("--help").stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
