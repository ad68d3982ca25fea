#!/usr/bin/env python3
"""noroshi records: what hosts and clouds logged (Windows and Sysmon, auditd, CloudTrail, Microsoft 365) becomes records, is matched, and tells by
itself what the rules say; the alerts of one incident over several kinds of log become one event of triage. The lines are made here, in the
documented formats."""
import json
import os
import subprocess
import unittest

from test_records import NOROSHI, PATIENCE, Case

SYSMON = {"provider": "Microsoft-Windows-Sysmon", "channel": "Microsoft-Windows-Sysmon/Operational"}
SECURITY = {"provider": "Microsoft-Windows-Security-Auditing", "channel": "Security"}
SYSTEM = {"provider": "Service Control Manager", "channel": "System"}
LSASS = {"SourceImage": "C:\\Users\\taro\\x.exe", "TargetImage": "C:\\Windows\\system32\\lsass.exe", "GrantedAccess": "0x1410", "SourceUser": "AOBA\\taro"}


def time(seconds):
    return f"2026-04-01T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def winlogbeat(log, number, seconds, data, host="WS01"):
    return {"@timestamp": time(seconds) + ".123Z", "winlog": {"channel": log["channel"], "provider_name": log["provider"], "event_id": str(number), "computer_name": host,
                                                              "record_id": 12, "event_data": data}, "event": {"kind": "event"}}


def nxlog(log, number, seconds, data, host="WS01"):
    return {"EventTime": time(seconds) + "Z", "Hostname": host, "EventID": number, "SourceName": log["provider"], "Channel": log["channel"], "RecordNumber": 12} | data


def vector(log, number, seconds, data, host="WS01"):
    return {"timestamp": time(seconds) + "Z", "host": host, "channel": log["channel"], "provider_name": log["provider"], "event_id": number, "record_id": 12, "event_data": data}


def evtxecmd(log, number, seconds, data, host="WS01"):
    payload = {"EventData": {"Data": [{"@Name": name, "#text": value} for name, value in data.items()]}}
    return {"PayloadData1": "x", "EventRecordId": "12", "TimeCreated": time(seconds) + ".1230000+00:00", "EventId": number, "Provider": log["provider"], "Channel": log["channel"],
            "Computer": host, "Payload": json.dumps(payload)}


def evtx_dump(log, number, seconds, data, host="WS01"):
    return {"Event": {"#attributes": {"xmlns": "x"}, "EventData": data,
                      "System": {"Provider": {"#attributes": {"Name": log["provider"]}}, "EventID": {"#attributes": {"Qualifiers": 1}, "#text": number}, "Channel": log["channel"],
                                 "Computer": host, "EventRecordID": 12, "TimeCreated": {"#attributes": {"SystemTime": time(seconds) + ".123Z"}}}}}


def aws(seconds, name, service="iam", source="203.0.113.7", user="taro", **more):
    event = {"eventVersion": "1.08", "eventTime": time(seconds) + "Z", "eventSource": f"{service}.amazonaws.com", "eventName": name, "awsRegion": "ap-northeast-1",
             "sourceIPAddress": source, "userAgent": "agent/1", "userIdentity": {"type": "IAMUser", "userName": user, "accountId": "123456789012", "accessKeyId": "AKIAOLD"},
             "eventID": f"e{seconds}", "recipientAccountId": "123456789012", "responseElements": None}
    identity = more.pop("identity", {})
    event["userIdentity"] |= identity
    return event | more


def console(seconds, fine, mfa="No", **more):
    return aws(seconds, "ConsoleLogin", "signin", responseElements={"ConsoleLogin": "Success" if fine else "Failure"}, additionalEventData={"MFAUsed": mfa}, **more)


def m365(seconds, operation, parameters=(), **more):
    return {"CreationTime": time(seconds), "Id": f"i{seconds}", "Operation": operation, "OrganizationId": "org-1", "RecordType": 1, "Workload": "Exchange", "ResultStatus": "True",
            "UserId": "taro@aoba.example", "ClientIP": "203.0.113.7:50000", "Parameters": [{"Name": name, "Value": value} for name, value in parameters]} | more


def lines(*events):
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


class Hosts(Case):
    def rules(self, content, *arguments):
        """codes of the rules that were met"""
        done = self.run_records("--rules", "--alerts", "-", *arguments, self.file("log", content))
        return [json.loads(line)["alert"]["metadata"]["rule"][0].removeprefix("noroshi:") for line in done.stdout.splitlines()]

    def test_an_event_is_the_same_whoever_carried_it_away(self):
        forms = (winlogbeat, nxlog, vector, evtxecmd, evtx_dump)
        for form in forms:
            with self.subTest(form.__name__):
                (record,), counts, _ = self.records(self.file("log", lines(form(SYSMON, 10, 60, LSASS))))
                self.assertEqual(record["endpoint"], {"host": "WS01", "provider": SYSMON["provider"], "channel": SYSMON["channel"], "event": 10, "record": 12, "action": "process-accessed",
                                                      "user": "AOBA\\taro", "process": {"path": LSASS["SourceImage"]}, "target": {"path": LSASS["TargetImage"], "access": "0x1410"}})
                self.assertEqual((record["timestamp"][:19], counts["malformed"]), (time(60), 0))
        events = [form(SYSMON, 10, 60, LSASS) for form in forms]
        for text in (json.dumps(events), json.dumps(events, indent=2), json.dumps({"value": events}), "".join(map(json.dumps, events))):  # an array, spread, wrapped, without line breaks
            records, counts, _ = self.records("--format", "windows", self.file("log", text))
            self.assertEqual((len(records), counts["malformed"]), (5, 0))

    def test_sysmon_tells_processes_hashes_names_connections_files_and_keys(self):
        hashes = "MD5=" + "A" * 32 + ",SHA256=" + "B" * 64 + ",IMPHASH=" + "0" * 32
        records, _, _ = self.records(self.file("log", lines(
            winlogbeat(SYSMON, 1, 1, {"Image": "C:\\a.exe", "CommandLine": "a -b", "ParentImage": "C:\\p.exe", "User": "AOBA\\taro", "ProcessId": "4000", "ParentProcessId": "300", "Hashes": hashes}),
            nxlog(SYSMON, 3, 2, {"Image": "C:\\a.exe", "Protocol": "tcp", "SourceIp": "10.0.0.1", "SourcePort": "50001", "DestinationIp": "203.0.113.9", "DestinationPort": "443"}),
            vector(SYSMON, 7, 3, {"Image": "C:\\a.exe", "ImageLoaded": "C:\\b.dll", "Hashes": hashes}),
            evtx_dump(SYSMON, 11, 4, {"Image": "C:\\a.exe", "TargetFilename": "C:\\new.exe"}),
            winlogbeat(SYSMON, 13, 5, {"TargetObject": "HKU\\x\\Run\\y", "Details": "C:\\z.exe"}),
            winlogbeat(SYSMON, 22, 6, {"QueryName": "www.bad.example", "QueryStatus": "0", "QueryResults": "type:  5 cdn.example;::ffff:203.0.113.9;2001:db8::1;"}))))
        process, connection, image, file, key, dns = records
        self.assertEqual(process["endpoint"]["process"], {"path": "C:\\a.exe", "command_line": "a -b", "pid": 4000})
        self.assertEqual((process["endpoint"]["parent"], process["endpoint"]["hashes"]["imphash"]), ({"path": "C:\\p.exe", "pid": 300}, "0" * 32))
        self.assertEqual([connection[name] for name in ("src_ip", "src_port", "dest_ip", "dest_port", "proto", "community_id")],
                         ["10.0.0.1", 50001, "203.0.113.9", 443, "TCP", "1:SPqFogUUzRozuRuMA6w8dLe8LeY="])
        self.assertEqual((image["endpoint"]["files"], file["endpoint"]["files"], key["endpoint"]["registry"]), (["C:\\b.dll"], ["C:\\new.exe"], {"key": "HKU\\x\\Run\\y", "value": "C:\\z.exe"}))
        self.assertEqual((dns["event_type"], dns["dns"]["answers"]), ("dns", [{"rdata": "cdn.example"}, {"rrtype": "A", "rdata": "203.0.113.9"}, {"rrtype": "AAAA", "rdata": "2001:db8::1"}]))

    def test_indicators_meet_events_of_hosts_and_clouds(self):
        indicators = self.file("list", "sha256," + "b" * 64 + ",alert,1\ndomain,bad.example,alert,2\naddress,203.0.113.7,alert,3\naddress,203.0.113.9,alert,4\n")
        text = lines(winlogbeat(SYSMON, 7, 1, {"ImageLoaded": "C:\\b.dll", "Hashes": "SHA256=" + "B" * 64}), winlogbeat(SYSMON, 22, 2, {"QueryName": "a.bad.example", "QueryResults": "::ffff:203.0.113.9;"}),
                     nxlog(SECURITY, 4625, 3, {"TargetUserName": "taro", "TargetDomainName": "AOBA", "IpAddress": "::ffff:203.0.113.7", "IpPort": "5"}))
        alerts, _, _ = self.records("--indicators", indicators, self.file("win", text), self.file("aws", lines(aws(5, "ListUsers"))),
                                    self.file("m365", lines(m365(6, "New-InboxRule", [("ForwardTo", "x@bad.example")]))), kind="alert")
        self.assertEqual([alert["alert"]["metadata"]["field"][0] for alert in alerts],
                         ["file.sha256", "dns.query", "dns.address", "client.address", "client.address", "client.address", "smtp.rcpt_to"])

    AUDIT = """node=web1 type=SYSCALL msg=audit(1775001600.243:24287): arch=c000003e syscall=59 success=yes exit=0 items=2 ppid=2686 pid=3538 auid=4294967295 uid=33 comm="sh" exe=2F746D702F6D79207368656C6C key="x"\x1dSYSCALL=execve AUID="unset" UID="www-data"
node=web1 type=EXECVE msg=audit(1775001600.243:24287): argc=3 a0="sh" a1="-c" a2=6563686F202268C3A922
type=USER_LOGIN msg=audit(1775001600.300:24288): pid=1 uid=0 auid=4294967295 ses=4294967295 msg='op=login acct="taro" exe="/usr/sbin/sshd" hostname=? addr=203.0.113.7 terminal=ssh res=failed'
node=web1 type=CWD msg=audit(1775001600.243:24287): cwd="/var/www"
node=web1 type=PROCTITLE msg=audit(1775001600.243:24287): proctitle=7368002D63
type=SYSCALL msg=audit(1775001601.1:24290): arch=c000003e syscall=42 success=no exe="/usr/bin/curl" pid=77 uid=1000 auid=1000
type=SOCKADDR msg=audit(1775001601.1:24290): saddr=020001BBCB0071090000000000000000
garbage
type=SYSCALL msg=audit(1775001601.2:24291): syscall=42 exe="/usr/bin/curl" pid=78 uid=1000
type=SOCKADDR msg=audit(1775001601.2:24291): saddr=0A0001BB0000000020010DB800000000000000000000000100000000
type=CONFIG_CHANGE msg=audit(1775001602.1:24292): op=set audit_enabled=0 old=1 auid=1000 ses=1 res=1
"""

    def test_lines_of_an_audit_event_become_one_record(self):
        records, counts, complaints = self.records("--host", "here", self.file("audit.log", self.AUDIT))
        records = {record["endpoint"]["process"]["pid"] if "process" in record["endpoint"] else 0: record for record in records}
        self.assertEqual(records[3538]["endpoint"], {"host": "web1", "provider": "auditd", "event": "SYSCALL", "action": "process-created", "outcome": "success", "user": "www-data",
                                                     "syscall": "execve", "key": "x", "process": {"path": "/tmp/my shell", "command_line": 'sh -c echo "hé"', "directory": "/var/www", "pid": 3538},
                                                     "parent": {"pid": 2686}})
        self.assertEqual((records[1]["src_ip"], records[1]["endpoint"]["host"], records[1]["endpoint"]["target_user"], records[1]["endpoint"]["outcome"]), ("203.0.113.7", "here", "taro", "failure"))
        self.assertEqual((records[77]["dest_ip"], records[77]["dest_port"], records[78]["dest_ip"]), ("203.0.113.9", 443, "2001:db8::1"))
        self.assertEqual((records[0]["endpoint"]["action"], counts["malformed"], counts["records"]), ("audit-disabled", 1, 5))
        self.assertIn('line 8 (byte', complaints)
        self.assertEqual(sorted(self.rules(self.AUDIT)), ["audit-disabled", "daemon-runs-loose-path"])
        self.assertEqual(self.rules(self.AUDIT.replace('AUID="unset"', 'AUID="taro"').replace("auid=4294967295 uid=33", "auid=1000 uid=33")), ["audit-disabled"])

    def test_many_audit_events_at_once_lose_nothing(self):
        text = "".join(f"type=SYSCALL msg=audit(1775001600.{i % 1000:03}:{i}): exe=\"/bin/x\" pid={i}\n" for i in range(100))
        records, counts, _ = self.records(self.file("audit.log", text))
        self.assertEqual([record["endpoint"]["process"]["pid"] for record in records], list(range(100)))
        self.assertEqual(counts["skipped"], 100)

    def test_cloudtrail_in_files_of_records_and_a_line_each(self):
        events = [aws(1, "StopLogging", "cloudtrail", requestParameters={"name": "trail"}), console(2, False), aws(3, "ListUsers", errorCode="AccessDenied", source="ec2.amazonaws.com")]
        for text in (json.dumps({"Records": events}), lines(*events), json.dumps({"Records": events}, indent=1) + json.dumps({"Records": []})):
            records, counts, _ = self.records(self.file("trail.json", text))
            self.assertEqual([record["cloud"]["action"] for record in records], ["StopLogging", "ConsoleLogin", "ListUsers"])
            self.assertEqual([record["cloud"]["outcome"] for record in records], ["success", "failure", "failure"])
            self.assertEqual((records[0]["src_ip"], "src_ip" in records[2], counts["malformed"]), ("203.0.113.7", False, 0))
        self.assertEqual(records[0]["cloud"], {"provider": "aws", "account": "123456789012", "region": "ap-northeast-1", "service": "cloudtrail.amazonaws.com", "action": "StopLogging", "id": "e1",
                                               "outcome": "success", "user": "taro", "user_type": "IAMUser", "access_key": "AKIAOLD", "user_agent": "agent/1", "resources": ["trail"]})

    def test_m365_also_with_its_data_in_a_string(self):
        item = m365(1, "New-InboxRule", [("ForwardTo", "smtp:drop@bad.example;two@bad.example"), ("Body", "geheim")])
        result = {"RecordType": 1, "CreationDate": time(1), "UserIds": "x", "Operations": "New-InboxRule", "AuditData": json.dumps(item)}
        for event in (item, result):
            (record,), _, _ = self.records(self.file("m365", lines(event)))
            self.assertEqual(record["cloud"], {"provider": "microsoft365", "account": "org-1", "service": "Exchange", "action": "New-InboxRule", "id": "i1", "outcome": "success",
                                               "user": "taro@aoba.example", "forward_to": ["drop@bad.example", "two@bad.example"]})
            self.assertEqual((record["src_ip"], record["timestamp"]), ("203.0.113.7", time(1) + ".000000+0000"))
        _, counts, complaints = self.records(self.file("m365", lines(result | {"AuditData": "{"}, {"AuditData": "{}"})))
        self.assertEqual(counts["malformed"], 2)
        self.assertIn("AuditData: JSON", complaints)

    def test_what_breaks_off_is_one_error_and_the_next_object_is_read(self):
        good = lines(aws(1, "ListUsers"))
        for bad in ('{"eventTime": "2026-04-01T00:00:00Z", "eventName": "cut', "{{{", "no json at all", '{"eventName":"x"}', "[", '"'):
            records, counts, complaints = self.records("--format", "cloudtrail", self.file("trail.json", good + bad + "\n" + good))
            self.assertEqual(len(records), 2, bad)
            self.assertEqual(counts["malformed"], 0 if bad == "[" else 1, complaints)
        _, counts, complaints = self.records("--format", "cloudtrail", self.file("trail.json", '{"eventName":"' + "x" * (1 << 20) + '"}\n' + good))
        self.assertEqual((counts["records"], counts["malformed"]), (1, 1))
        self.assertIn("longer than", complaints)

    def test_each_rule_is_met_by_what_it_is_about_and_by_nothing_near_it(self):
        service = {"ServiceName": "x", "ImagePath": "C:\\Windows\\Temp\\x.exe", "AccountName": "LocalSystem"}
        word = {"Image": "C:\\Windows\\System32\\cmd.exe", "ParentImage": "C:\\Office16\\WINWORD.EXE", "CommandLine": "cmd"}
        shell = {"Image": "C:\\W\\powershell.exe", "ParentImage": "C:\\explorer.exe", "CommandLine": "powershell -NoP -enc AAAA"}
        run = {"TargetObject": "HKU\\S-1\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\x", "Details": "C:\\Users\\taro\\AppData\\Local\\Temp\\x.exe"}
        forward = [("ForwardTo", "drop@bad.example")]
        cases = [
            (["lsass-read"], [winlogbeat(SYSMON, 10, 1, LSASS)]),
            ([], [winlogbeat(SYSMON, 10, 1, LSASS | {"GrantedAccess": "0x1000"})]),
            ([], [winlogbeat(SYSMON, 10, 1, LSASS | {"SourceImage": "C:\\Program Files\\AV\\av.exe"})]),
            (["log-cleared"], [nxlog(SECURITY, 1102, 1, {"SubjectUserName": "a"})]),
            (["log-cleared"], [nxlog(SYSTEM, 104, 1, {"SubjectUserName": "a"})]),
            ([], [nxlog(SYSTEM, 1102, 1, {})]),
            (["service-loose-path"], [nxlog(SYSTEM, 7045, 1, service)]),
            (["service-loose-path"], [nxlog(SECURITY, 4697, 1, {"ServiceName": "x", "ServiceFileName": "%COMSPEC% /c x"})]),
            ([], [nxlog(SYSTEM, 7045, 1, service | {"ImagePath": "C:\\Program Files\\x.exe"})]),
            (["run-key-loose-path"], [vector(SYSMON, 13, 1, run)]),
            ([], [vector(SYSMON, 13, 1, run | {"Details": "C:\\Program Files\\x.exe"})]),
            (["office-interpreter"], [evtxecmd(SYSMON, 1, 1, word)]),
            (["office-interpreter"], [nxlog(SECURITY, 4688, 1, {"NewProcessName": word["Image"], "ParentProcessName": word["ParentImage"]})]),
            ([], [evtxecmd(SYSMON, 1, 1, word | {"ParentImage": "C:\\explorer.exe"})]),
            (["encoded-powershell"], [evtx_dump(SYSMON, 1, 1, shell)]),
            ([], [evtx_dump(SYSMON, 1, 1, shell | {"CommandLine": "powershell -File x.ps1"})]),
            (["shadow-copies"], [evtx_dump(SYSMON, 1, 1, {"Image": "C:\\W\\vssadmin.exe", "CommandLine": "vssadmin Delete Shadows /all /quiet"})]),
            ([], [evtx_dump(SYSMON, 1, 1, {"Image": "C:\\W\\vssadmin.exe", "CommandLine": "vssadmin list shadows"})]),
            (["sign-in-after-failures"], [nxlog(SECURITY, 4625, i, {"TargetUserName": f"u{i}", "IpAddress": "203.0.113.7"}) for i in range(10)] +
             [nxlog(SECURITY, 4624, 20, {"TargetUserName": "u5", "IpAddress": "203.0.113.7"})] * 2),
            ([], [nxlog(SECURITY, 4625, i, {"TargetUserName": "u", "IpAddress": "203.0.113.7"}) for i in range(9)] + [nxlog(SECURITY, 4624, 20, {"TargetUserName": "u", "IpAddress": "203.0.113.7"})]),
            ([], [nxlog(SECURITY, 4625, i, {"TargetUserName": "u", "IpAddress": "203.0.113.7"}) for i in range(10)] + [nxlog(SECURITY, 4624, 20, {"TargetUserName": "u", "IpAddress": "203.0.113.8"})]),
            (["trail-stopped"], [aws(1, "StopLogging", "cloudtrail")]),
            ([], [aws(1, "StopLogging", "cloudtrail", errorCode="AccessDenied")]),
            (["sign-in-without-mfa"], [console(i, False) for i in range(3)] + [console(9, True), console(10, True)]),
            ([], [console(i, False) for i in range(3)] + [console(9, True, mfa="Yes")]),
            ([], [console(i, False) for i in range(3)] + [console(9, True, user="hanako")]),
            ([], [console(i, False) for i in range(3)] + [console(3700, True)]),
            (["cloud-root-sign-in"], [console(1, True, mfa="Yes", identity={"type": "Root"})]),
            (["key-elsewhere"], [aws(1, "CreateAccessKey", responseElements={"accessKey": {"accessKeyId": "AKIANEW"}}), aws(2, "ListUsers", source="198.51.100.1", identity={"accessKeyId": "AKIANEW"})]),
            ([], [aws(1, "CreateAccessKey", responseElements={"accessKey": {"accessKeyId": "AKIANEW"}}), aws(2, "ListUsers", source="203.0.113.99", identity={"accessKeyId": "AKIANEW"})]),
            (["mail-forwarded-outside"], [m365(1, "New-InboxRule", forward)]),
            ([], [m365(1, "New-InboxRule", [("ForwardTo", "hanako@AOBA.example")])]),
            ([], [m365(1, "New-InboxRule", forward, ResultStatus="Failed")]),
            (["m365-audit-disabled"], [m365(1, "Set-AdminAuditLogConfig", [("UnifiedAuditLogIngestionEnabled", "False")])]),
            ([], [m365(1, "Set-AdminAuditLogConfig", [("UnifiedAuditLogIngestionEnabled", "True")])]),
            (["cloud-sign-in-after-failures"], [m365(i, "UserLoginFailed", UserId=f"u{i}@aoba.example", ClientIP="2001:db8::7") for i in range(10)] + [m365(20, "UserLoggedIn", ClientIP="2001:db8::7")]),
        ]
        for expected, events in cases:
            with self.subTest(expected=expected, events=events[-1]):
                self.assertEqual(self.rules(lines(*events)), expected)
        everything = {code for expected, _ in cases for code in expected} | {"audit-disabled", "daemon-runs-loose-path"}
        self.assertEqual(len(everything), 17)


class Incident(Case):
    """W08: one incident over a sensor's log, an endpoint's and a cloud's is one event; another one is another"""

    def incident(self, begin, source, host, inside, user):
        sensor = {"timestamp": time(begin) + ".000000+0000", "event_type": "alert", "src_ip": source, "src_port": 40000, "dest_ip": inside, "dest_port": 443, "proto": "TCP",
                  "alert": {"gid": 1, "signature_id": 7, "rev": 1, "signature": "EXAMPLE exploit of a web application", "category": "Web Application Attack", "severity": 1}}
        endpoint = [nxlog(SECURITY, 4625, begin + 60 + i, {"TargetUserName": user, "TargetDomainName": "AOBA", "IpAddress": source}, host) for i in range(10)]
        endpoint += [nxlog(SECURITY, 4624, begin + 80, {"TargetUserName": user, "TargetDomainName": "AOBA", "IpAddress": source}, host),
                     nxlog(SYSMON, 10, begin + 120, LSASS | {"SourceUser": f"AOBA\\{user}"}, host)]
        cloud = [console(begin + 200 + i, i == 3, user=user, source=source) for i in range(4)] + [aws(begin + 300, "StopLogging", "cloudtrail", user=user, source=source)]
        return [sensor], endpoint, cloud

    @staticmethod
    def background():
        """what the organisation's sensor says every hour of every day"""
        return [{"timestamp": time(second) + ".000000+0000", "event_type": "alert", "src_ip": f"10.0.1.{second // 600 % 20}", "dest_ip": "10.0.0.5", "proto": "TCP",
                 "alert": {"gid": 1, "signature_id": 8, "rev": 1, "signature": "EXAMPLE policy: package management", "category": "Misc activity", "severity": 3}} for second in range(0, 72000, 600)]

    def events(self, *incidents):
        merged = [sorted((line for incident in incidents for line in incident[kind]), key=lambda line: line.get("timestamp") or line.get("EventTime") or line.get("eventTime")) for kind in range(3)]
        files = []
        for name, content in zip(("sensor", "endpoint", "cloud"), merged):
            out = self.folder / f"{name}.alerts"
            out.unlink(missing_ok=True)
            if name == "sensor":
                out.write_text(lines(*self.background(), *content))
            else:
                self.run_records("--rules", "--alerts", out, self.file(name, lines(*content)))
            files.append(f"aoba={out}")
        events = self.folder / "events.jsonl"
        done = subprocess.run([NOROSHI, "triage", *[word for file in files for word in ("--org", file)], "--out", events], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in events.read_text().splitlines()]

    def test_an_incident_over_three_kinds_of_log_is_one_event(self):
        (event,) = self.events(self.incident(3600 * 19, "203.0.113.7", "WS01", "10.0.0.5", "taro"))
        text = json.dumps(event)
        for words in ("EXAMPLE exploit", "Successful login after multiple failures", "memory of lsass", "Auditing disabled in a cloud", "WS01", "aws:123456789012", "203.0.113.7"):
            self.assertIn(words, text)

    def test_another_incident_is_another_event(self):
        first, second = self.incident(3600 * 13, "203.0.113.7", "WS01", "10.0.0.5", "taro"), self.incident(3600 * 19, "198.51.100.9", "WS77", "10.0.9.9", "hanako")
        one, other = sorted(self.events(first, second), key=json.dumps)
        for event, mine, theirs in ((one, "WS01", "WS77"), (other, "WS77", "WS01")) if "WS01" in json.dumps(one) else ((other, "WS01", "WS77"), (one, "WS77", "WS01")):
            self.assertIn(mine, json.dumps(event))
            self.assertNotIn(theirs, json.dumps(event))


del Case  # not a test of this file

if __name__ == "__main__":
    unittest.main(verbosity=2)
