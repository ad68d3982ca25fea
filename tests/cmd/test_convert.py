#!/usr/bin/env python3
"""noroshi convert: what it prints, where, and with which exit code."""
import gzip
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

NOROSHI = os.environ["NOROSHI"]


def run(*arguments, data=b""):
    done = subprocess.run([NOROSHI, "convert", *arguments], input=data, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Convert(unittest.TestCase):
    CSV = b"time,detector,signature,host\n1,d,one,h\n2,d,two,h\n"

    def test_prints_each_alert_as_json_and_counts(self):
        status, out, err = run("-", data=self.CSV)
        self.assertEqual(status, 0, err)
        alerts = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([alert["signature"] for alert in alerts], ["one", "two"])
        self.assertEqual(alerts[0], {"time": "1970-01-01T00:00:01Z", "detector": "d", "signature": "one", "host": "h"})
        self.assertIn("3 lines: 2 alerts, 1 skipped, 0 malformed", err)

    def test_reads_gzip_of_several_files_and_counts_as_json(self):
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / name for name in ("a.gz", "b.gz")]
            for file in files:
                file.write_bytes(gzip.compress(self.CSV))
            status, out, err = run("--json", *map(str, files))
        self.assertEqual(status, 0, err)
        self.assertEqual(len(out.splitlines()), 4)
        self.assertEqual(json.loads(err)["alerts"], 4)

    def test_malformed_lines_are_named_and_end_with_1(self):
        status, out, err = run("-", data=self.CSV + b"never,d,three,h\n" * 20 + b"4,d,four,h\n")
        self.assertEqual(status, 1)
        self.assertEqual(len(out.splitlines()), 3)
        self.assertIn('-: line 4 (byte 49): time: "never" is no time', err)
        self.assertEqual(err.count("never"), 10)
        self.assertIn("20 malformed", err)

    def test_map_zone_format_and_original(self):
        status, out, err = run("--format", "csv", "--map", "time=t,signature=s,detector:D", "--zone", "+09:00", "--original", "-",
                               data=b"t,s\n2026-04-01 09:00:00,words\n")
        self.assertEqual(status, 0, err)
        alert = json.loads(out)
        self.assertEqual((alert["time"], alert["detector"], alert["zone_assumed"]), ("2026-04-01T00:00:00Z", "D", True))
        self.assertEqual(alert["original"], "2026-04-01 09:00:00,words")

    def test_what_cannot_be_read_ends_with_2_and_the_rest_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            good = Path(folder) / "good.csv"
            good.write_bytes(self.CSV)
            cut = Path(folder) / "cut.gz"
            cut.write_bytes(gzip.compress(self.CSV)[:-6])
            garbage = Path(folder) / "garbage"
            garbage.write_bytes(bytes(range(256)))
            for wrong in (cut, garbage, Path(folder) / "absent"):
                status, out, err = run(str(wrong), str(good))
                self.assertEqual(status, 2, err)
                self.assertGreaterEqual(len(out.splitlines()), 2)
                self.assertIn(wrong.name, err)

    def test_wrong_usage_ends_with_2_and_says_what(self):
        for arguments, words in (([], "at least one file"), (["--format", "nonsense", "-"], "nonsense"), (["--nonsense", "-"], "--nonsense"),
                                 (["--zone", "Tokyo", "-"], "Tokyo"), (["--map", "when=x", "-"], "when")):
            status, out, err = run(*arguments, data=self.CSV)
            self.assertEqual((status, out), (2, ""), arguments)
            self.assertIn(words, err)

    def test_a_full_disk_ends_with_2(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([NOROSHI, "convert", "-"], input=self.CSV, stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("standard output", done.stderr.decode())

    def test_help_lists_every_format_and_which_are_unproven(self):
        status, out, _ = run("--help")
        self.assertEqual(status, 0)
        for name in ("eve", "wazuh", "aminer", "zeek", "fast", "cef", "idea", "csv"):
            self.assertRegex(out, rf"(?m)^ +{name} ")
        self.assertEqual(out.count("unproven"), 3)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
