#!/usr/bin/env python3
"""The agent follows logs of a host and of a cloud beside a sensor's; the alerts about them reach a real centre once, the records stay at the member, and
one incident over the three becomes one event there."""
import json
import os
import subprocess
import sys
import time
import unittest

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../center"))  # behind our own: there is a test_records there too
from center import Centre, wait_for  # noqa: E402
from test_records import CONN, NOROSHI, PATIENCE, Case, table  # noqa: E402
from test_records_hosts import LSASS, SECURITY, SYSMON, aws, console, lines, nxlog  # noqa: E402

COMMAND = "powershell -enc U2VjcmV0LXdvcmQ="


class Agent(Case):
    def setUp(self):
        super().setUp()
        self.centre = Centre(("alpha",))
        self.addCleanup(self.centre.stop)
        self.logs = self.folder / "logs"
        self.logs.mkdir()
        self.file("token", self.centre.tokens["alpha"] + "\n").chmod(0o600)

    def agent(self, records="", **more):
        config = self.file("agent.conf", f'agent = {{ server = "{self.centre.address}"; token_file = "{self.folder}/token"; state = "{self.folder}/state"; files = ( "{self.logs}/*" ); }};\n'
                                         f"records = {{ {records} }};\n")
        done = subprocess.run([NOROSHI, "agent", "--config", config, "--once", "--json"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, more.get("code", 0), done.stderr)
        return json.loads(done.stdout), done.stderr

    def alerts(self):
        status, got = self.centre.json("GET", "/v1/alerts?limit=500", self.centre.tokens["analyst"])
        self.assertEqual(status, 200, got)
        return got["alerts"]

    def incident(self):
        begin = int(time.time()) - 900
        stamp = lambda seconds: time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(begin + seconds))  # noqa: E731
        attacker = "203.0.113.7"
        sensor = [{"timestamp": stamp(0) + ".000000+0000", "event_type": "alert", "src_ip": attacker, "src_port": 40000, "dest_ip": "10.0.0.5", "dest_port": 443, "proto": "TCP",
                   "alert": {"gid": 1, "signature_id": 7, "rev": 1, "signature": "EXAMPLE exploit of a web application", "category": "Web Application Attack", "severity": 1}}]
        endpoint = [nxlog(SECURITY, 4625, 0, {"TargetUserName": "taro", "TargetDomainName": "AOBA", "IpAddress": attacker}) | {"EventTime": stamp(60 + i) + "Z"} for i in range(10)]
        endpoint += [nxlog(SECURITY, 4624, 0, {"TargetUserName": "taro", "TargetDomainName": "AOBA", "IpAddress": attacker}) | {"EventTime": stamp(80) + "Z"},
                     nxlog(SYSMON, 10, 0, LSASS) | {"EventTime": stamp(120) + "Z"},
                     nxlog(SYSMON, 1, 0, {"Image": "C:\\W\\powershell.exe", "CommandLine": COMMAND, "ParentImage": "C:\\Office16\\WINWORD.EXE", "User": "AOBA\\taro"}) | {"EventTime": stamp(130) + "Z"}]
        cloud = [console(0, i == 3, source=attacker) | {"eventTime": stamp(200 + i) + "Z"} for i in range(4)] + [aws(0, "StopLogging", "cloudtrail", source=attacker) | {"eventTime": stamp(300) + "Z"}]
        return sensor, endpoint, cloud

    def test_one_incident_over_three_kinds_of_log_is_one_event_at_the_centre(self):
        for name, content in zip(("eve.json", "windows.json", "trail.json"), self.incident()):
            (self.logs / name).write_text(lines(*content))
        counts, said = self.agent()
        self.assertEqual((counts["alerts"], counts["malformed"], counts["lines"]), (7, 0, 19), said)
        wait_for(lambda: len(self.alerts()) == 7, what="the alerts at the centre")
        signatures = {alert["signature"] for alert in self.alerts()}
        self.assertIn("Successful login after failures, without a second factor, to a cloud's console", signatures)
        self.assertIn("The memory of lsass is opened for reading", signatures)
        events = lambda: self.centre.json("GET", "/v1/events", self.centre.tokens["analyst"])[1]["events"]  # noqa: E731
        wait_for(lambda: events() and events()[0]["alerts"] >= 5, what="an event of three kinds of log")
        (event,) = events()
        text = json.dumps(self.centre.json("GET", "/v1/events/" + event["id"], self.centre.tokens["analyst"])[1])
        for words in ("EXAMPLE exploit", "memory of lsass", "without a second factor", "WS01", "aws:123456789012"):
            self.assertIn(words, text)
        self.assertNotIn("U2VjcmV0", json.dumps(self.alerts()))  # commands stay at the member
        self.agent()  # nothing new
        self.assertEqual(len(self.alerts()), 7)

    def test_indicators_meet_what_is_appended_and_records_stay_at_the_member(self):
        indicators = self.file("list", "address,203.0.113.9,alert,1\n")
        row = "{} C{} 10.0.0.1 40000 {} 443 tcp ssl 1.5 100 2000 SF ShADadFf 10 620 12 2600"
        now = int(time.time())
        log = self.logs / "conn.log"
        log.write_text(table("conn", CONN, row.format(now - 5, 1, "203.0.113.8"), row.format(now - 4, 2, "203.0.113.9")))
        counts, said = self.agent(f'indicators = "{indicators}"; rules = false;')
        self.assertEqual((counts["alerts"], counts["lines"]), (1, 8), said)
        with open(log, "a", encoding="utf-8") as to:
            to.write(row.format(now - 3, 3, "203.0.113.9").replace(" ", "\t") + "\nbad\n")
        counts, said = self.agent(f'indicators = "{indicators}"; rules = false;', code=1)
        self.assertEqual((counts["alerts"], counts["malformed"]), (1, 1), said)
        self.assertIn("fewer columns", said)
        wait_for(lambda: len(self.alerts()) == 2, what="the alerts at the centre")
        self.assertEqual({alert["target"] if alert["source"] == "10.0.0.1" else alert["source"] for alert in self.alerts()}, {"203.0.113.9"})
        self.assertNotIn("203.0.113.8", json.dumps(self.alerts()))


del Case  # not a test of this file

if __name__ == "__main__":
    unittest.main(verbosity=2)
