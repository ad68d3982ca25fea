#!/usr/bin/env python3
"""noroshi intel check and convert: what is found, what becomes what, what is held back, and what is said of the rest.

Where programs that read the exports are installed (unbound, suricata), they read them.
"""
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from lists import ask
from taxii import free_port

NOROSHI = os.environ["NOROSHI"]
SHARED = Path(os.environ["SHARED"])
UUID = "11111111-2222-4333-8444-5555555555%02x"
MARKINGS = {"RED": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", "GREEN": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"}
SHA256 = "a" * 64


def run(*arguments, data=b"", code=None):
    done = subprocess.run([NOROSHI, "intel", *map(str, arguments)], input=data, capture_output=True, timeout=60,
                          env={**os.environ, "LC_ALL": "C.UTF-8"})
    out, err = done.stdout.decode(), done.stderr.decode()
    if code is not None:
        assert done.returncode == code, (done.returncode, out, err)
    return out, err


def indicator(number, pattern, **more):
    return {"type": "indicator", "spec_version": "2.1", "id": "indicator--" + UUID % number, "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:00.000Z", "pattern": pattern, "pattern_type": "stix", "valid_from": "2020-01-01T00:00:00Z", **more}


def bundle(*objects):
    return json.dumps({"type": "bundle", "id": "bundle--" + UUID % 0xff, "objects": objects}).encode()


def query(second, name, client="10.0.0.5"):
    return {"timestamp": "2026-02-01T00:%02d:%02d.000000+0000" % divmod(second, 60), "event_type": "dns", "src_ip": client, "src_port": 5353,
            "dest_ip": "10.0.0.1", "dest_port": 53, "proto": "UDP", "dns": {"type": "query", "id": 1, "rrname": name, "rrtype": "A"}}


def connection(second, sni, server):
    return {"timestamp": "2026-02-01T00:%02d:%02d.000000+0000" % divmod(second, 60), "event_type": "tls", "src_ip": "10.0.0.5", "src_port": 50000,
            "dest_ip": server, "dest_port": 443, "proto": "TCP", "tls": {"sni": sni, "version": "TLS 1.3"}}


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def file(self, name, content):
        path = self.folder / name
        if isinstance(content, list):
            content = "".join(json.dumps(line) + "\n" for line in content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


class Check(Folder):
    def check(self, indicators, *records, code):
        out, err = run("check", "--json", indicators, *records, code=code)
        lines = [json.loads(line) for line in out.splitlines()]
        return lines[:-1], lines[-1], err

    def test_single_values_and_patterns_are_found_in_records(self):
        indicators = self.file("i.json", bundle(
            indicator(1, "[domain-name:value = 'evil.example']"),
            indicator(2, "[domain-name:value LIKE '%.evil.example']"),
            indicator(3, "([domain-name:value = 'evil.example'] FOLLOWEDBY [network-traffic:dst_ref.value = '203.0.113.7']) WITHIN 60 SECONDS"),
            indicator(4, "([domain-name:value = 'evil.example'] FOLLOWEDBY [network-traffic:dst_ref.value = '203.0.113.7']) WITHIN 5 SECONDS"),
            indicator(5, "[domain-name:value = 'evil.example']", revoked=True),
            indicator(6, "[domain-name:value = 'evil.example']", valid_until="2021-01-01T00:00:00Z"),
            indicator(7, "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'BadBot']")))
        eve = self.file("eve.json", [query(0, "evil.example"), query(10, "a.evil.example"), connection(20, "b.evil.example", "203.0.113.7")])
        log = self.file("access.log", '192.0.2.9 - - [01/Feb/2026:00:00:01 +0000] "GET /x HTTP/1.1" 200 5 "-" "BadBot"\n' * 2)
        found, counts, _ = self.check(indicators, eve, log, code=1)
        self.assertEqual([(one["indicator"][-1], [(Path(place["file"]).name, place["line"]) for place in one["records"]]) for one in found], [
            ("1", [("eve.json", 1)]), ("2", [("eve.json", 2)]), ("2", [("eve.json", 3)]),
            ("3", [("eve.json", 1), ("eve.json", 3)]), ("7", [("access.log", 1)]), ("7", [("access.log", 2)])])
        self.assertEqual((counts["indicators"], counts["passed_over"], counts["found"], counts["records"]), (5, 2, 6, 5))
        self.assertEqual(len(self.check_expired(indicators, eve)), 5)

    def check_expired(self, indicators, records):
        out, _ = run("check", "--expired", indicators, records, code=1)
        return out.splitlines()

    def test_what_follows_in_another_window_is_found_once(self):
        indicators = self.file("i.json", bundle(indicator(
            1, "[domain-name:value = 'first.example'] FOLLOWEDBY [domain-name:value = 'second.example']")))
        records = [query(0, "ok.example")] * 40000
        records[16000], records[16500] = query(1, "first.example"), query(2, "second.example")
        found, counts, _ = self.check(indicators, self.file("eve.json", records), code=1)
        self.assertEqual([[place["line"] for place in one["records"]] for one in found], [[16001, 16501]])
        self.assertEqual(counts["records"], 40000)

    def test_misp_lists_and_openioc(self):
        eve = self.file("eve.json", [query(0, "a.evil.example"), connection(20, "x.example", "203.0.113.7")])
        misp = self.file("m.json", json.dumps({"Event": {"uuid": UUID % 1, "info": "i", "Attribute": [
            {"uuid": UUID % 2, "type": "domain|ip", "value": "evil.example|203.0.113.7", "to_ids": True},
            {"uuid": UUID % 3, "type": "ip-dst", "value": "203.0.113.7", "to_ids": False}]}}))
        found, _, _ = self.check(misp, eve, code=1)
        self.assertEqual([(one["kind"], one["indicator"]) for one in found], [("domain", UUID % 2), ("address", UUID % 2)])
        found, _, _ = self.check(self.file("l.csv", "domain,evil.example\n"), eve, code=1)
        self.assertEqual([one["kind"] for one in found], ["domain"])
        found, _, _ = self.check(self.file("o.ioc", IOC), eve, code=1)
        self.assertEqual([one["kind"] for one in found], ["pattern"])

    def test_a_feed_is_a_folder(self):
        eve = self.file("eve.json", [query(0, "evil.example")])
        feed = self.folder / "feed"
        feed.mkdir()
        (feed / "manifest.json").write_text(json.dumps({UUID % 1: {"info": "i"}, UUID % 9: {"info": "missing"}, "../eve": {}}))
        (feed / (UUID % 1 + ".json")).write_text(json.dumps({"Event": {"uuid": UUID % 1, "info": "i", "Attribute": [
            {"uuid": UUID % 2, "type": "hostname", "value": "evil.example", "to_ids": True}]}}))
        found, counts, err = self.check(feed, eve, code=1)
        self.assertEqual(len(found), 1)
        self.assertIn(UUID % 9, err)
        self.assertEqual(counts["malformed"], 1)

    def test_expressions_that_explode_or_cannot_be_read_end(self):
        indicators = self.file("i.json", bundle(indicator(1, "[domain-name:value MATCHES '^(a+)+$']"),
                                                indicator(2, "[domain-name:value MATCHES '(']"), indicator(3, "[broken"),
                                                indicator(4, "[domain-name:value MATCHES '^(([a-z])+.)+[A-Z]([a-z])+$']")))
        eve = self.file("eve.json", [query(0, "a" * 60 + "." + "a" * 60 + "b.example")])
        began = time.process_time()
        _, counts, err = self.check(indicators, eve, code=0)
        self.assertIn("missing closing parenthesis", err)
        self.assertIn(UUID % 3, err)
        self.assertEqual(counts["malformed"], 2)
        self.assertLess(time.process_time() - began, 20)

    def test_exit_codes(self):
        indicators = self.file("i.json", bundle(indicator(1, "[domain-name:value = 'evil.example']")))
        run("check", indicators, self.file("eve.json", [query(0, "ok.example")]), code=0)
        run("check", indicators, code=2)
        run("check", indicators, self.folder / "missing", code=2)
        run("check", self.folder / "missing", indicators, code=2)
        run("check", "--nonsense", code=2)


IOC = """<?xml version="1.0"?>
<OpenIOC xmlns="http://openioc.org/schemas/OpenIOC_1.1" id="%s" last-modified="2026-01-01T00:00:00">
 <metadata><short_description>狼煙 &amp; more</short_description></metadata>
 <criteria><Indicator operator="OR" id="a">
  <IndicatorItem condition="ends-with"><Context document="DnsEntryItem" search="DnsEntryItem/Host"/><Content type="string">.evil.example</Content></IndicatorItem>
  <IndicatorItem condition="is"><Context search="Unknown/Term"/><Content type="string">x</Content></IndicatorItem>
  <Indicator operator="AND" id="b">
   <IndicatorItem condition="is"><Context search="FileItem/Md5sum"/><Content type="md5">%s</Content></IndicatorItem>
   <IndicatorItem condition="is"><Context search="FileItem/FileName"/><Content type="string">it's</Content></IndicatorItem></Indicator>
  <Indicator operator="AND" id="c">
   <IndicatorItem condition="is"><Context search="FileItem/Md5sum"/><Content type="md5">%s</Content></IndicatorItem>
   <IndicatorItem condition="is"><Context search="Unknown/Term"/><Content type="string">x</Content></IndicatorItem></Indicator>
 </Indicator></criteria></OpenIOC>""" % (UUID % 7, "b" * 32, "c" * 32)


class Convert(Folder):
    ITEMS = bundle(
        indicator(1, "[ipv4-addr:value = '203.0.113.7']", object_marking_refs=[MARKINGS["GREEN"]], valid_until="9999-12-31T23:59:59Z"),
        indicator(2, "[ipv6-addr:value = '2001:db8::1'] OR [ipv6-addr:value = '2001:db8::/32']"),
        indicator(3, "[domain-name:value = 'evil.example']", labels=["PAP:AMBER"]),
        indicator(4, "[domain-name:value = 'red.example']", object_marking_refs=[MARKINGS["RED"]]),
        indicator(5, "[domain-name:value = 'papred.example']", labels=["PAP:RED"]),
        indicator(6, "[url:value = 'http://evil.example/a\\'b;c\"d|e']"),
        indicator(7, "[file:hashes.'SHA-256' = '%s']" % SHA256),
        indicator(8, "[domain-name:value = 'over.example']", valid_until="2021-01-01T00:00:00Z"),
        indicator(9, "[domain-name:value LIKE '%.x']"),
        indicator(10, "[domain-name:value = 'host.example' OR domain-name:value = 'host.example']"),
        {"type": "malware", "spec_version": "2.1", "id": "malware--" + UUID % 1, "created": "2026-01-01T00:00:00Z",
         "modified": "2026-01-01T00:00:00Z", "name": "m", "is_family": False})

    def convert(self, form, *options, data=None, code=1):
        out, err = run("convert", "--to", form, "--json", "--quiet", *options, "-", data=data or self.ITEMS, code=code)
        return out, json.loads(err.splitlines()[-1])

    def test_devices_get_what_they_may(self):
        expected = {  # which of the marked names go without being told
            "suricata": {"evil.example"}, "rpz": set(), "hosts": set(), "plain": set(), "csv": {"evil.example", "red.example", "papred.example"}}
        for form, names in expected.items():
            out, counts = self.convert(form)
            for name in ("evil.example", "red.example", "papred.example", "over.example"):
                there = any(name in line and "http" not in line for line in out.splitlines())
                self.assertEqual(there, name in names, (form, name, out))
            self.assertEqual(counts["left_out"].get("tlp", 0), 0 if form == "csv" else 1)
            self.assertEqual(counts["left_out"].get("pap", 0), {"csv": 0, "suricata": 1}.get(form, 2))
            self.assertEqual((counts["items"], counts["left_out"]["not-now"], counts["left_out"]["no-indicator"]), (11, 1, 1))
            self.assertEqual(counts["left_out"]["repeated"], 1)
            all_of_it, _ = self.convert(form, "--tlp", "RED", "--pap", "RED")
            self.assertIn("red.example", all_of_it)
            self.assertIn("papred.example", all_of_it)

    def test_an_event_of_misp_holds_its_attributes_back(self):
        event = json.dumps({"Event": {"uuid": UUID % 1, "info": "i", "Tag": [{"name": "tlp:red"}, {"name": "PAP:RED"}], "Attribute": [
            {"uuid": UUID % 2, "type": "domain", "value": "evil.example", "to_ids": True}]}}).encode()
        out, counts = self.convert("hosts", data=event)
        self.assertNotIn("evil.example", out)
        self.assertEqual(counts["left_out"], {"no-indicator": 1, "tlp": 1})
        _, counts = self.convert("hosts", "--tlp", "RED", data=event)
        self.assertEqual(counts["left_out"], {"no-indicator": 1, "pap": 1})

    def test_rules_are_read_by_our_sensor_and_by_suricata(self):
        rules, counts = self.convert("suricata")
        self.assertIn("tlp GREEN", rules)
        self.assertIn("tlp AMBER, pap AMBER", rules)
        self.assertNotIn("valid_until", rules)  # for ever
        self.assertIn("http.uri; content:\"/a'b|3B|c|22|d|7C|e\"; startswith;", rules)
        path = self.file("x.rules", rules)
        done = subprocess.run([NOROSHI, "signatures", "check", "--json", path], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(len(rules.splitlines()), len({line.split("sid:")[1].split(";")[0] for line in rules.splitlines()}))
        self.assertEqual(counts["left_out"]["kind"], 1)  # a file's digest needs a file of them
        if shutil.which("suricata"):
            done = subprocess.run(["suricata", "-T", "-S", path, "-l", self.folder], capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 0, done)

    def test_a_zone_is_read_by_unbound(self):
        zone, _ = self.convert("rpz", "--tlp", "RED", "--pap", "RED", "--zone", "rpz.test")
        for owner in ("32.7.113.0.203.rpz-ip", "128.1.zz.db8.2001.rpz-ip", "32.zz.db8.2001.rpz-ip", "evil.example"):
            self.assertIn("\n%s CNAME .\n" % owner, zone)
        if not shutil.which("unbound"):
            self.skipTest("unbound is not installed")
        self.file("zone", zone)
        port = free_port()
        config = self.file("unbound.conf", f"""server:
 directory: "{self.folder}"
 username: ""
 chroot: ""
 pidfile: ""
 use-syslog: no
 interface: 127.0.0.1@{port}
 do-daemonize: no
 module-config: "respip validator iterator"
 local-zone: "host.example." static
 log-local-actions: no
rpz:
 name: rpz.test
 zonefile: "{self.folder}/zone"
 rpz-log: yes
remote-control:
 control-enable: no
""")
        self.addCleanup(lambda process: (process.kill(), process.wait(), process.stderr.close()),
                        process := subprocess.Popen(["unbound", "-c", config], stderr=subprocess.PIPE))
        self.assertEqual(ask(port, "red.example", process), 3)  # NXDOMAIN, of the zone: nobody else was asked
        self.assertEqual(ask(port, "evil.example", process), 3)

    def test_csv_is_a_list_again(self):
        out, _ = self.convert("csv")
        again, counts = self.convert("csv", data=out.encode(), code=0)
        self.assertEqual([line.split(",")[:2] for line in out.splitlines()], [line.split(",")[:2] for line in again.splitlines()])
        self.assertIn('"203.0.113.7",observe,,GREEN,,9999-12-31T23:59:59Z', out)

    def test_stix_and_misp_go_out_as_they_came(self):
        out, counts = self.convert("stix", code=0)
        self.assertEqual(json.loads(out)["objects"], json.loads(self.ITEMS)["objects"])
        self.assertEqual(counts["left_out"], {})
        event = {"Event": {"uuid": UUID % 1, "info": "狼煙", "x": 1.5, "Attribute": [{"uuid": UUID % 2, "type": "comment", "value": "v"}]}}
        group = {"SharingGroup": {"name": "g"}, "Organisation": {"uuid": UUID % 3}}
        out, _ = self.convert("misp", data=json.dumps([event, group]).encode(), code=0)
        self.assertEqual(json.loads(out), {"response": [event, group]})

    def test_stix_becomes_misp_and_misp_stix(self):
        out, counts = self.convert("misp")
        attributes = json.loads(out)["response"][0]["Event"]["Attribute"]
        self.assertIn(("ip-dst", "203.0.113.7", "tlp:green"), [(a["type"], a["value"], a["Tag"][0]["name"]) for a in attributes])
        self.assertIn(("stix2-pattern", "[domain-name:value LIKE '%.x']"), [(a["type"], a["value"]) for a in attributes])
        back, _ = self.convert("stix", data=out.encode(), code=0)
        objects = json.loads(back)["objects"]
        patterns = {o["pattern"]: o for o in objects if o["type"] == "indicator"}
        self.assertIn("[domain-name:value LIKE '%.x']", patterns)
        self.assertEqual(patterns["[ipv4-addr:value = '203.0.113.7']"]["object_marking_refs"], [MARKINGS["GREEN"]])
        report = next(o for o in objects if o["type"] == "report")
        self.assertEqual(set(report["object_refs"]), {o["id"] for o in objects if o["type"] in ("indicator", "x-misp-attribute")})
        self.assertEqual(self.convert("csv", data=back.encode())[0].count('address,"203.0.113.7"'), 1)

    def test_openioc_becomes_a_pattern(self):
        out, err = run("convert", "--to", "stix", "-", data=IOC.encode(), code=1)
        (made,) = json.loads(out)["objects"]
        self.assertEqual(made["pattern"], "[domain-name:value LIKE '%%.evil.example'] OR ([file:hashes.MD5 = '%s'] AND [file:name = 'it\\'s'])"
                         % ("b" * 32))
        self.assertEqual((made["name"], made["created"]), ("狼煙 & more", "2026-01-01T00:00:00.000Z"))
        self.assertEqual(err.count("STIX has no word for this"), 2)

    def test_a_feed_of_misp_is_written_and_read(self):
        def event(number, *values, **more):
            return {"Event": {"uuid": UUID % number, "info": "event %d" % number, "date": "2026-01-01", "timestamp": "1767225600", "Orgc": {"name": "alpha", "uuid": UUID % 0xaa},
                              "Tag": [{"name": "tlp:green", "colour": "#339900"}], "x_kept": [1.50],
                              "Attribute": [{"uuid": UUID % (number * 16 + i), "type": kind, "value": value, "to_ids": True, "timestamp": "1767225600"} for i, (kind, value) in enumerate(values)],
                              **more}}
        one = event(1, ("domain", "evil.example"), ("filename|md5", "a.exe|" + "0" * 32))
        two = event(2, ("ip-dst", "192.0.2.1"), Object=[{"uuid": UUID % 0x60, "name": "file", "Attribute": [{"uuid": UUID % 0x61, "type": "sha256", "value": SHA256, "timestamp": "1767225600"}]}])
        feed = self.folder / "feed"
        _, err = run("convert", "--to", "misp-feed", "--out", feed, "--json", "--quiet", self.file("events", json.dumps({"response": [one, two]})),
                     self.file("stix", bundle(indicator(1, "[domain-name:value = 'other.example']"))), code=0)
        self.assertEqual(json.loads(err)["written"], 3)
        manifest = json.loads((feed / "manifest.json").read_text())
        self.assertEqual(manifest[UUID % 1], {"info": "event 1", "date": "2026-01-01", "timestamp": "1767225600", "Orgc": one["Event"]["Orgc"], "Tag": one["Event"]["Tag"]})
        self.assertEqual([json.loads((feed / (UUID % n + ".json")).read_text()) for n in (1, 2)], [one, two])
        hashes = set((feed / "hashes.csv").read_text().split())
        for value, number in (("evil.example", 1), ("a.exe", 1), ("0" * 32, 1), ("192.0.2.1", 2), (SHA256, 2)):
            self.assertIn("%s,%s" % (hashlib.md5(value.encode()).hexdigest(), UUID % number), hashes)
        self.assertEqual(sorted(path.name for path in feed.iterdir()), sorted(["manifest.json", "hashes.csv", *(name + ".json" for name in manifest)]))
        # read again it is the same; what is not in the next feed goes, and files of others stay
        out, _ = run("convert", "--to", "misp", "--quiet", feed, code=0)
        self.assertEqual([each for each in json.loads(out)["response"] if each["Event"]["uuid"] in (UUID % 1, UUID % 2)], [one, two])
        (feed / "notes.json").write_text("{}")
        run("convert", "--to", "misp-feed", "--out", feed, "--quiet", self.file("events", json.dumps(two)), code=0)
        self.assertEqual(sorted(path.name for path in feed.iterdir()), sorted(["manifest.json", "hashes.csv", "notes.json", UUID % 2 + ".json"]))
        run("convert", "--to", "misp-feed", self.folder / "events", code=2)
        run("convert", "--to", "misp", "--out", feed, self.folder / "events", code=2)

    def test_bombs_of_xml_are_refused(self):
        bomb = '<?xml version="1.0"?><!DOCTYPE ioc [<!ENTITY a "aaaaaaaaaa">' + "".join(
            '<!ENTITY %s "%s">' % (b, "&%s;" % a * 10) for a, b in zip("abcdefgh", "bcdefghi")) + ']><ioc id="%s">&i;</ioc>' % (UUID % 1)
        _, err = run("convert", "--to", "stix", "-", data=bomb.encode(), code=1)
        self.assertIn("no document type declaration was expected", err)
        _, err = run("convert", "--to", "stix", "-", data=b"<ioc id='" + (UUID % 1).encode() + b"'>" + b"<Indicator>" * 100000, code=1)
        self.assertIn("fewer were expected", err)

    def test_bad_usage(self):
        run("convert", "-", code=2)
        run("convert", "--to", "xml", "-", code=2)
        run("convert", "--to", "rpz", "--zone", "a b\n", "-", code=2)
        run("convert", "--to", "suricata", "--sid", "0", "-", code=2)
        run("convert", "--to", "stix", self.folder / "missing", code=2)
        run(code=2)

    def test_files_of_others_lose_nothing(self):
        if not (SHARED / "stix").is_dir():
            self.skipTest("../shared is missing")
        for path in sorted((SHARED / "stix").iterdir()):
            out, _ = run("convert", "--to", "stix", "--quiet", path, code=0)
            import gzip
            came = json.loads(gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes())
            self.assertEqual(json.loads(out)["objects"], came["objects"] if came["type"] == "bundle" else [came], path)


if __name__ == "__main__":
    unittest.main()
