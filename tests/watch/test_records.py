#!/usr/bin/env python3
"""noroshi records: what Zeek and Suricata logged becomes records of the sensor's kind, and is matched as the sensor's own. The lines are made
here, in the documented formats."""
import gzip
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

NOROSHI = os.environ["NOROSHI"]
SHARED = Path(os.environ.get("SHARED", "/nonexistent"))
PATIENCE = 120  # seconds
CONN = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes"
CONN_ROW = "1775001600.123456 Cconn 10.0.0.1 40000 203.0.113.9 443 tcp ssl 1.5 100 2000 SF ShADadFf 10 620 12 2600"
DNS = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto trans_id query qtype qtype_name rcode rcode_name answers"
DNS_ROW = "1775001602 Cdns 10.0.0.2 5353 10.0.0.53 53 udp 77 www.bad.example 1 A 0 NOERROR www.cdn.example,203.0.113.9"


def table(path, fields, *rows):
    head = ["#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", f"#path\t{path}", "#fields\t" + fields.replace(" ", "\t")]
    return "\n".join(head + [row.replace(" ", "\t") for row in rows]) + "\n"


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run_records(self, *arguments, code=0):
        done = subprocess.run([NOROSHI, "records", "--json", *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE, env=os.environ | {"LANG": "C"})
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def records(self, *arguments, kind=None):
        """the records, and the counts"""
        done = self.run_records("--eve", "-", *arguments)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        counts = json.loads([line for line in done.stderr.splitlines() if line.startswith('{"files"')][-1])
        return [line for line in lines if kind in (None, line["event_type"])], counts, done.stderr


class Zeek(Case):
    def test_a_connection_becomes_a_flow_with_its_community_id(self):
        (flow,), counts, _ = self.records(self.file("conn.log", table("conn", CONN, CONN_ROW)))
        self.assertEqual((flow["event_type"], flow["src_ip"], flow["dest_port"], flow["proto"], flow["app_proto"]), ("flow", "10.0.0.1", 443, "TCP", "tls"))
        self.assertEqual(flow["flow"], {"pkts_toserver": 10, "pkts_toclient": 12, "bytes_toserver": 620, "bytes_toclient": 2600, "start": "2026-04-01T00:00:00.123456+0000",
                                        "end": "2026-04-01T00:00:01.623456+0000", "age": 1, "state": "closed", "reason": "timeout"})
        self.assertTrue(flow["tcp"]["syn"] and flow["tcp"]["fin"])
        self.assertEqual(flow["zeek"], {"uid": "Cconn", "conn_state": "SF", "history": "ShADadFf"})
        self.assertEqual((counts["records"], counts["skipped"], counts["malformed"]), (1, 6, 0))

    def test_community_ids_are_those_of_its_specification(self):
        # the examples of the specification, github.com/corelight/community-id-spec, "baseline"
        rows = ["1 C1 128.232.110.120 34855 66.35.250.204 80 tcp - - - - SF - - - - -", "1 C2 192.168.1.52 54585 8.8.8.8 53 udp - - - - SF - - - - -",
                "1 C3 192.168.0.89 8 192.168.0.1 0 icmp - - - - OTH - - - - -"]
        flows, _, _ = self.records(self.file("conn.log", table("conn", CONN, *rows)))
        self.assertEqual([flow["community_id"] for flow in flows],
                         ["1:LQU9qZlK+B5F3KDmev6m5PMibrg=", "1:d/FP5EW3wiY1vCndhwleRRKHowQ=", "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="])

    def test_the_source_s_own_community_id_stays(self):
        (flow,), _, _ = self.records(self.file("conn.log", table("conn", CONN + " community_id", CONN_ROW + " 1:of-the-source")))
        self.assertEqual(flow["community_id"], "1:of-the-source")

    def test_header_lines_may_come_again_with_other_columns_or_of_another_log(self):
        text = table("conn", CONN, CONN_ROW) + table("dns", DNS, DNS_ROW) + table("conn", "uid ts id.orig_h id.orig_p id.resp_h id.resp_p proto conn_state", "Cx 5 ::1 1 2001:db8::2 2 udp SF")
        records, counts, _ = self.records(self.file("all.log", text))
        self.assertEqual([record["event_type"] for record in records], ["flow", "dns", "flow"])
        self.assertEqual((records[2]["src_ip"], records[2]["zeek"]["uid"], records[2]["timestamp"]), ("::1", "Cx", "1970-01-01T00:00:05.000000+0000"))
        self.assertEqual(counts["malformed"], 0)

    def test_dns_stands_in_version_3(self):
        (dns,), _, _ = self.records(self.file("dns.log", table("dns", DNS, DNS_ROW)))
        self.assertEqual(dns["dns"], {"version": 3, "type": "response", "id": 77, "rcode": "NOERROR", "queries": [{"rrname": "www.bad.example", "rrtype": "A"}],
                                      "answers": [{"rdata": "www.cdn.example"}, {"rrtype": "A", "rdata": "203.0.113.9"}]})

    JSON = [
        {"ts": 1775001603.1, "uid": "Ch", "id.orig_h": "10.0.0.1", "id.orig_p": 40001, "id.resp_h": "203.0.113.9", "id.resp_p": 80, "trans_depth": 1, "method": "GET",
         "host": "WWW.Bad.example:8080", "uri": "/a/b?c=1", "version": "1.1", "user_agent": "curl/7", "status_code": 200, "password": "geheim", "resp_mime_types": ["text/html"]},
        {"ts": 1775001604.1, "uid": "Cs", "id.orig_h": "10.0.0.1", "id.orig_p": 40002, "id.resp_h": "203.0.113.9", "id.resp_p": 443, "version": "TLSv13",
         "server_name": "x.bad.example", "resumed": True, "established": True, "ja3": "e7d705a3286e19ea42f587b344ee6865", "cert_chain_fps": ["aa" * 32, "bb" * 32]},
        {"ts": "2026-04-01T00:00:05Z", "fuid": "F1", "tx_hosts": ["203.0.113.9"], "rx_hosts": ["10.0.0.1"], "conn_uids": ["Ch"], "source": "HTTP", "is_orig": False,
         "seen_bytes": 12, "total_bytes": 12, "filename": "a.exe", "sha256": "cc" * 32},
        {"ts": 1775001606.1, "uid": "Css", "id.orig_h": "2001:db8::1", "id.orig_p": 40003, "id.resp_h": "2001:db8::2", "id.resp_p": 22, "auth_attempts": 1,
         "client": "SSH-2.0-OpenSSH_9.2p1 Debian-2", "server": "SSH-2.0-OpenSSH_8", "hassh": "ec7378c1a92f5a8dde7e8b7a1ddf33d1"},
        {"ts": 1775001607.1, "uid": "Cm", "id.orig_h": "10.0.0.3", "id.orig_p": 40004, "id.resp_h": "203.0.113.25", "id.resp_p": 25, "trans_depth": 1, "helo": "mail.other.example",
         "mailfrom": "<a@other.example>", "rcptto": ["b@aoba.example", "c@aoba.example"], "subject": "請求書", "to": ["b@aoba.example"]},
        {"ts": 1775001608.1, "uid": "Cd", "id.orig_h": "10.0.0.3", "id.orig_p": 40004, "id.resp_h": "10.0.0.53", "id.resp_p": 53, "proto": "udp", "query": "a.example", "rejected": False},
        {"ts": 1775001609.1, "uid": "Cx", "id.orig_h": "10.0.0.3", "id.orig_p": 1, "id.resp_h": "10.0.0.53", "id.resp_p": 2, "proto": "tcp", "conn_state": "S0", "history": "S"},
        {"_path": "weird", "ts": 1775001609.1, "name": "odd"},
    ]

    def json_file(self):
        return self.file("all.json", "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in self.JSON))

    def test_each_log_as_json_lands_in_the_members_that_the_sensor_writes(self):
        records, counts, _ = self.records(self.json_file())
        http, tls, file, ssh, mail, dns, flow = records
        self.assertEqual(http["http"], {"hostname": "www.bad.example", "http_port": 8080, "url": "/a/b?c=1", "http_user_agent": "curl/7", "http_method": "GET",
                                        "protocol": "HTTP/1.1", "http_content_type": "text/html", "status": 200})
        self.assertEqual(tls["tls"], {"session_resumed": True, "sni": "x.bad.example", "version": "TLS 1.3", "ja3": {"hash": "e7d705a3286e19ea42f587b344ee6865"}})
        self.assertEqual(tls["zeek"], {"uid": "Cs", "cert_sha256": "aa" * 32})
        self.assertEqual((file["src_ip"], file["dest_ip"], file["fileinfo"]), ("10.0.0.1", "203.0.113.9", {"filename": "a.exe", "state": "CLOSED", "sha256": "cc" * 32, "size": 12}))
        self.assertEqual(ssh["ssh"]["client"], {"proto_version": "2.0", "software_version": "OpenSSH_9.2p1", "hassh": {"hash": "ec7378c1a92f5a8dde7e8b7a1ddf33d1"}})
        self.assertEqual((mail["smtp"]["rcpt_to"], mail["email"]["subject"]), (["b@aoba.example", "c@aoba.example"], "請求書"))
        self.assertEqual((dns["dns"]["type"], flow["flow"]["state"]), ("request", "new"))
        self.assertEqual((http["flow_id"], counts["skipped"]), (file["flow_id"], 1))
        self.assertNotIn("geheim", json.dumps(records))  # a password is none of our business

    def test_indicators_and_signatures_meet_them(self):
        indicators = self.file("list", "domain,bad.example,block,7\nsha256," + "cc" * 32 + ",alert,8\nmail,a@other.example,alert,9\nhassh,ec7378c1a92f5a8dde7e8b7a1ddf33d1,alert,10\n"
                                       "address,203.0.113.25,alert,11\nurl,http://www.bad.example/a/b,alert,12\ncertificate-sha256," + "aa" * 32 + ",alert,13\n")
        rules = self.file("rules", 'alert http $HOME_NET any -> any any (msg:"curl"; flow:established,to_server; http.user_agent; content:"curl/"; startswith; sid:5; rev:2;)\n')
        alerts, counts, _ = self.records("--indicators", indicators, "--signatures", rules, self.json_file(), kind="alert")
        found = sorted((alert["alert"]["metadata"]["field"][0] if "metadata" in alert["alert"] else alert["alert"]["signature"], alert.get("zeek", {}).get("uid")) for alert in alerts)
        self.assertEqual(found, [("curl", "Ch"), ("file.sha256", "Ch"), ("http.host", "Ch"), ("http.url", "Ch"), ("server.address", "Cm"), ("smtp.mail_from", "Cm"),
                                 ("ssh.hassh", "Css"), ("tls.cert_sha256", "Cs"), ("tls.sni", "Cs")])
        self.assertEqual(counts["alerts"], 9)

    def test_behaviour_is_found_in_connections(self):
        rows = [f"{1775001600 + i * 2}.5 C{i} 10.0.0.7 {40000 + i} 10.0.{i // 250}.{i % 250 + 1} 445 tcp - 0.1 0 0 {'REJ' if i % 2 else 'S0'} {'Sr' if i % 2 else 'S'} 1 40 {i % 2} {40 * (i % 2)}"
                for i in range(60)]
        alerts, _, _ = self.records("--behaviour", self.file("conn.log", table("conn", CONN, *rows)), kind="alert")
        self.assertEqual([alert["alert"]["metadata"]["behaviour"] for alert in alerts], [["noroshi:scan-hosts"]])
        quiet = [row.replace("REJ", "SF").replace("S0", "SF").replace(" Sr ", " ShADadFf ").replace(" S 1 40 0 0", " ShADadFf 9 900 9 900") for row in rows]
        self.assertEqual(self.records("--behaviour", self.file("quiet.log", table("conn", CONN, *quiet)), kind="alert")[0], [])

    def test_bad_lines_are_one_clear_error_each(self):
        text = table("conn", CONN, CONN_ROW.replace("203.0.113.9", "300.0.0.1"), CONN_ROW.replace("1775001600.123456", "soon"), CONN_ROW + " more", CONN_ROW.replace(" 1.5 ", " -1 "),
                     CONN_ROW.replace("40000", "70000"), CONN_ROW) + "\udcff".encode("utf-8", "surrogateescape").decode("latin-1") + "\n#path\tx509\n#fields\tts\n1\n"
        records, counts, complaints = self.records(self.file("conn.log", text.encode("latin-1")))
        self.assertEqual((len(records), counts["malformed"], counts["lines"]), (1, 7, 16))
        for words in ('line 7 (byte', 'id.resp_h: "300.0.0.1" is no IPv4 or IPv6 address', 'ts: "soon" is no time', "more columns than the 17", "duration:", "id.orig_p:", "no valid UTF-8",
                      "Zeek's log \"x509\" is not read"):
            self.assertIn(words, complaints)
        done = self.run_records(self.file("what", "nothing that anybody knows\n"), code=2)
        self.assertIn("the format is not known", done.stderr)
        self.run_records("/nothing", code=2)
        self.run_records(code=2)
        self.run_records("--format", "nonsense", "x", code=2)

    def test_compressed_and_from_standard_input(self):
        done = subprocess.run([NOROSHI, "records", "--json", "-"], input=gzip.compress(table("conn", CONN, CONN_ROW).encode()), capture_output=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, json.loads(done.stdout)["records"]), (0, 1))

    def test_alerts_alone_go_to_a_file_that_grows(self):
        indicators, out = self.file("list", "domain,bad.example,block,7\n"), self.folder / "alerts.json"
        for _ in range(2):
            self.run_records("--indicators", indicators, "--alerts", out, self.json_file())
        self.assertEqual([json.loads(line)["event_type"] for line in out.read_text().splitlines()], ["alert"] * 4)
        converted = subprocess.run([NOROSHI, "convert", out], capture_output=True, text=True, timeout=PATIENCE, check=True)
        self.assertEqual(len(converted.stdout.splitlines()), 4)


class Eve(Case):
    def test_a_line_goes_out_as_it_came_with_a_community_id(self):
        line = {"timestamp": "2026-04-01T09:00:00.000000+0900", "flow_id": 5, "event_type": "dns", "src_ip": "192.168.1.52", "src_port": 54585, "dest_ip": "8.8.8.8", "dest_port": 53,
                "proto": "UDP", "dns": {"type": "answer", "rrname": "www.bad.example", "rrtype": "A", "rcode": "NOERROR", "answers": [{"rrname": "x", "rdata": "203.0.113.1"}], "future": [1]}}
        (got,), _, _ = self.records(self.file("eve.json", json.dumps(line) + "\n"))
        self.assertEqual(got, line | {"community_id": "1:d/FP5EW3wiY1vCndhwleRRKHowQ="})
        indicators = self.file("list", "domain,bad.example,block,7\naddress,203.0.113.1,alert,8\naddress,8.8.8.8,alert,9\n")
        alerts, _, _ = self.records("--indicators", indicators, self.file("eve.json", (json.dumps(line) + "\n") * 2), kind="alert")
        self.assertEqual([alert["alert"]["metadata"]["field"][0] for alert in alerts], ["server.address", "dns.query", "dns.address", "dns.query", "dns.address"])

    def test_a_byte_order_mark_does_not_go_out(self):
        line = '{"timestamp":"2026-04-01T00:00:00Z","event_type":"flow","src_ip":"10.0.0.1","dest_ip":"10.0.0.2","proto":"UDP"}'
        (got,), _, _ = self.records(self.file("eve.json", "\ufeff" + line + "\n"))
        self.assertEqual({name: got[name] for name in json.loads(line)}, json.loads(line))

    def test_what_the_sensor_finds_in_packets_is_found_in_its_records(self):
        captures = sorted((SHARED / "pcaps/protocols").glob("*.pcap*"))[::12]
        if not captures:
            self.skipTest("no ../shared/data/pcaps")
        eve, again = self.folder / "eve.json", self.folder / "again.json"
        subprocess.run([NOROSHI, "sensor", "--eve", eve, "-r", *captures], capture_output=True, timeout=PATIENCE, check=True)
        indicators = self.file("list", "".join(sorted(self.wanted([json.loads(line) for line in eve.read_text().splitlines()]))))
        subprocess.run([NOROSHI, "sensor", "--indicators", indicators, "--eve", again, "-r", *captures], capture_output=True, timeout=PATIENCE, check=True)
        theirs = [json.loads(line) for line in again.read_text().splitlines()]
        ours, _, _ = self.records("--indicators", indicators, eve, kind="alert")
        self.assertGreater(len(theirs), 100)
        ours, theirs = self.summary(ours), self.summary([line for line in theirs if line["event_type"] == "alert"])
        self.assertEqual((ours - theirs, theirs - ours), (set(), set()))

    @staticmethod
    def wanted(records):
        """a list of what stands in these records, about every third of them"""
        lines = set()
        for number, record in enumerate(records):
            if number % 3:
                continue
            for query in record.get("dns", {}).get("queries", []):
                lines.add(f"domain,{query['rrname']},alert,1\n")
            tls, http = record.get("tls", {}), record.get("http", {})
            if "sni" in tls:
                lines.add(f"hostname,{tls['sni']},alert,2\n")
            if "ja3" in tls:
                lines.add(f"ja3,{tls['ja3']['hash']},alert,3\n")
            if "hostname" in http:
                lines.add(f"hostname,{http['hostname']},alert,4\n")
            if record["event_type"] == "flow":
                lines.add(f"address,{record['dest_ip']},alert,5\n")
        return {line for line in lines if '"' not in line and line.count(",") == 3 and line.isascii()}

    @staticmethod
    def summary(alerts):
        """which end is the client may be known only later than the first packet"""
        return {(alert["flow_id"], alert["alert"]["signature"], alert["alert"]["metadata"]["field"][0].replace("client.", "").replace("server.", "")) for alert in alerts}


class Help(Case):
    def test_help_speaks_japanese(self):
        done = subprocess.run([NOROSHI, "records", "--help", "--language", "ja"], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0)
        if not list((Path(NOROSHI).parent / "po").glob("ja/LC_MESSAGES/*.mo")):
            self.skipTest("the Japanese strings are not built here")
        self.assertIn("使い方: noroshi records", done.stdout)
        for name in ("eve", "zeek"):
            self.assertIn(f"  {name} ", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
