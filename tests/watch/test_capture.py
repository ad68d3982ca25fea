"""noroshi capture: the tables know every field that our writers of EVE records write, and the verb does what it says."""
import glob
import os
import re
import subprocess
import sys
import tempfile
import unittest

NOROSHI = os.environ["NOROSHI"]
TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
CAPTURES = os.path.join(TOP, "..", "shared", "data", "pcaps")
# Words of writers that are no member: they stand for one (a member's name comes from another table), or are built.
WRITES = re.compile(r'\beve_(?:text|string|number|bool|true|time|object|array)\(\s*\w+,\s*"([^"]+)"')


def known_names():
    with open(os.path.join(TOP, "src/formats/capture_eve.c")) as source:
        text = source.read()
    words = re.findall(r'"([^"]+)"', text)
    return {part for word in words for part in word.strip(".").split(".")}, [word[:-2] for word in words if word.endswith(".*")]


class Tables(unittest.TestCase):
    def test_every_name_that_a_writer_writes_is_in_the_table(self):
        names, subtrees = known_names()
        open_objects = {subtree.split(".")[-1] for subtree in subtrees}
        missing = set()
        for path in glob.glob(os.path.join(TOP, "src/formats/eve_*.c")):
            with open(path) as source:
                text = source.read()
            written = set(WRITES.findall(text))
            # whole objects stand in the table as "stats.*": their members need no line of their own
            whole = written & open_objects and path.endswith(("eve_flow.c", "eve_packet.c", "eve_netflow.c"))
            missing |= {"%s: %s" % (os.path.basename(path), name) for name in written - names if not whole}
        self.assertEqual(missing, set())

    def test_no_field_of_real_records_is_unknown(self):
        captures = sorted(glob.glob(os.path.join(CAPTURES, "**", "*.pcap*"), recursive=True))
        if not captures:
            self.skipTest("../shared is not there")
        captures = captures if os.environ.get("NOROSHI_LONG") else captures[::2]
        with tempfile.NamedTemporaryFile(prefix="noroshi-capture-") as eve:
            subprocess.run([NOROSHI, "sensor", "--behaviour", "--eve", eve.name, "-r", *captures], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, timeout=300)
            done = subprocess.run([NOROSHI, "capture", "--unknown", "--format", "eve", eve.name], capture_output=True, text=True, timeout=120)
            lines = eve.read().count(b"\n")
        self.assertGreater(lines, 1000)
        self.assertEqual((done.returncode, set(done.stdout.split())), (0, set()))


class Verb(unittest.TestCase):
    LINE = '{"timestamp":"2026-01-01T00:00:00.000000+0000","event_type":"smtp","email":{"subject":"word","from":"who@m.example"}}\n'

    def run_it(self, *arguments, given=LINE):
        return subprocess.run([NOROSHI, "capture", *arguments], input=given, capture_output=True, text=True, timeout=60)

    def test_default_policy(self):
        done = self.run_it()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("word", done.stdout)
        self.assertIn('"from":"@m.example"', done.stdout)
        self.assertRegex(done.stderr, r"subject +1")

    def test_policy_of_a_file(self):
        with tempfile.NamedTemporaryFile("w", prefix="noroshi-capture-") as policy:
            policy.write('version = 1;\ncapture = { subject = "leaves"; mail = "not"; payload = "leaves"; };\n')
            policy.flush()
            done = self.run_it("--policy", policy.name)
            self.assertIn('"subject":"word"', done.stdout)
            self.assertNotIn("m.example", done.stdout)
            self.assertNotIn("m.example", self.run_it("--policy", policy.name, "--record").stdout)
            shown = self.run_it("--policy", policy.name, "--show").stdout
            self.assertIn("mail=not\n", shown)
            self.assertIn("payload=stays\n", shown)  # what never leaves is no choice

    def test_bad_input(self):
        done = self.run_it(given=self.LINE + "no json\n")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.run_it("--policy", "/nothing").returncode, 2)
        self.assertEqual(self.run_it("--format", "nothing").returncode, 2)
        with tempfile.NamedTemporaryFile("w", prefix="noroshi-capture-") as policy:
            policy.write('capture = { url = "perhaps"; };\n')
            policy.flush()
            self.assertEqual(self.run_it("--policy", policy.name).returncode, 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
