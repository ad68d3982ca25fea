#!/usr/bin/env python3
"""noroshi signatures: what it prints, where, and with which exit code."""
import json
import os
import subprocess
import unittest

NOROSHI = os.environ["NOROSHI"]
GOOD = b'alert tcp $HOME_NET any -> $WEB 80 (msg:"good"; content:"x"; sid:1;)\n'
BAD = b'# a comment\nalert tcp any any -> any any (msg:"bad"; lua:x; sid:2;)\n'


def run(*arguments, data=b""):
    done = subprocess.run([NOROSHI, "signatures", *arguments], input=data, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Signatures(unittest.TestCase):
    def test_what_is_read_and_what_is_skipped(self):
        status, out, err = run("check", "--variable", "WEB=[192.0.2.1]", "-", data=GOOD + BAD)
        self.assertEqual(status, 1)
        self.assertIn("1 signatures read, 1 skipped", out)
        self.assertEqual(err, 'standard input:3: the keyword "lua" is not known\n')
        status, out, err = run("check", "--json", "--variable", "WEB=any", "-", data=GOOD)
        self.assertEqual((status, err), (0, ""))
        self.assertEqual(json.loads(out), {"read": 1, "skipped": 0, "repeated": 0, "patterns": 1, "unfiltered": 0})
        self.assertIn("$WEB", run("check", "-", data=GOOD)[2])

    def test_wrong_usage_ends_with_2(self):
        for arguments in ((), ("check",), ("explode", "x"), ("check", "--what"), ("check", "/nothing"), ("check", "--variable", "WEB", "-"),
                          ("check", "--variable", "WEB=[x]", "-")):
            status, out, err = run(*arguments)
            self.assertEqual((status, out), (2, ""), arguments)
            self.assertTrue(err.startswith("noroshi signatures: "), err)
        self.assertEqual(run("--help")[0], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
