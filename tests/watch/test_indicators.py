#!/usr/bin/env python3
"""noroshi indicators: what it prints, where, and with which exit code."""
import gzip
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

NOROSHI = os.environ["NOROSHI"]
LIST = b"type,value,action,id\naddress,192.0.2.0/24,block,7\ndomain,example.org,,8\nnonsense\n\"x\",y\n"


def run(*arguments, data=b""):
    done = subprocess.run([NOROSHI, "indicators", *map(str, arguments)], input=data, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Indicators(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "list.gz").write_bytes(gzip.compress(LIST))

    def test_check_says_what_is_wrong_by_line_and_counts(self):
        status, out, err = run("check", self.folder / "list.gz")
        self.assertEqual(status, 1)
        self.assertIn("list.gz: line 4: ", err)
        self.assertIn("list.gz: line 5: there is no type of indicators", err)
        self.assertIn("5 lines: 2 malformed, 0 passed over, 2 indicators", out)
        status, out, err = run("check", "--json", "-", data=LIST)
        counts = json.loads(out)
        self.assertEqual((status, counts["indicators"], counts["malformed"]), (1, 2, 2))
        self.assertEqual(counts["kinds"], {"address": 1, "domain": 1})

    def test_compiled_lists_answer_as_the_lists_do(self):
        status, out, err = run("compile", "--out", self.folder / "set", self.folder / "list.gz")
        self.assertEqual(status, 1, err)
        for file in ("set", "list.gz"):
            status, out, err = run("lookup", self.folder / file, "192.0.2.9", "a.example.org", "example.net")
            self.assertEqual(status, 1, err)
            self.assertEqual(out, "192.0.2.9\taddress\t192.0.2.0/24\tblock\t7\na.example.org\tdomain\texample.org\talert\t8\n")
        status, out, err = run("lookup", "--json", self.folder / "set", "-", data=b"example.net\n192.0.2.255\n")
        self.assertEqual(status, 1)
        self.assertEqual(json.loads(out), {"value": "192.0.2.255", "type": "address", "indicator": "192.0.2.0/24", "action": "block", "id": 7})
        self.assertEqual(run("lookup", self.folder / "set", "example.net")[:2], (0, ""))

    def test_a_damaged_file_is_refused(self):
        run("compile", "--out", self.folder / "set", self.folder / "list.gz")
        content = bytearray((self.folder / "set").read_bytes())
        content[-1] ^= 1
        (self.folder / "set").write_bytes(content)
        status, out, err = run("lookup", self.folder / "set", "example.org")
        self.assertEqual((status, out), (2, ""))
        self.assertIn("damaged", err)

    def test_wrong_usage_ends_with_2(self):
        for arguments in ((), ("check",), ("compile", "x"), ("check", "--out", "x", "y"), ("lookup", "x"), ("explode", "x"), ("check", "--what"),
                          ("check", self.folder / "nothing")):
            status, out, err = run(*arguments)
            self.assertEqual((status, out), (2, ""), arguments)
            self.assertTrue(err.startswith("noroshi indicators: "), err)
        self.assertEqual(run("--help")[0], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
