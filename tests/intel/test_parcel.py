#!/usr/bin/env python3
"""noroshi intel pack and unpack: two places without a network between them, with files that come in any order, twice,
damaged, or not at all. `openssl cms` reads them too."""
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
import unittest
import uuid
from pathlib import Path

NOROSHI = os.environ["NOROSHI"]
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}


def call(*arguments, data=None, code=0):
    done = subprocess.run(list(map(str, arguments)), input=data, capture_output=True, timeout=120, env=ENVIRONMENT)
    assert code is None or done.returncode == code, (arguments, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done


def indicator(number, **more):
    return {"type": "indicator", "spec_version": "2.1", "id": "indicator--11111111-2222-4333-8444-%012d" % number, "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:00.000Z", "pattern": "[domain-name:value = 'host%d.example']" % number, "pattern_type": "stix",
            "valid_from": "2020-01-01T00:00:00Z", "x_unknown": {"kept": [1.50, None]}, **more}


class Parties(unittest.TestCase):
    """centre and member have keys that one authority signed; evil has one of its own."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.authority("authority")
        self.authority("elsewhere")
        self.certificate("centre", "/O=centre/CN=gate")
        self.certificate("member", "/O=alpha/CN=gate")
        self.certificate("evil", "/O=centre/CN=gate", authority="elsewhere")
        (self.folder / "out").mkdir()
        self.position = 0

    def authority(self, name):
        call("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.folder / (name + ".key"),
             "-out", self.folder / (name + ".pem"), "-subj", "/CN=" + name, "-days", "30")

    def certificate(self, name, subject, authority="authority", days="20"):
        place = self.folder / name
        call("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "%s.key" % place, "-out", "%s.csr" % place, "-subj", subject)
        extensions = self.folder / "extensions"
        extensions.write_text("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyAgreement\nextendedKeyUsage=clientAuth\n")
        call("openssl", "x509", "-req", "-in", "%s.csr" % place, "-CA", self.folder / (authority + ".pem"), "-CAkey", self.folder / (authority + ".key"),
             "-CAcreateserial", "-days", days, "-extfile", extensions, "-out", "%s.pem" % place)
        os.chmod("%s.key" % place, 0o600)

    def list_of_revoked(self, authority, *revoked, days="5"):
        """What this authority says of those, in PEM."""
        place = self.folder / (authority + ".ca")
        place.mkdir(exist_ok=True)
        (place / "index.txt").touch()
        (place / "number").write_text("01\n")
        (place / "config").write_text("[ca]\ndefault_ca=own\n[own]\ndatabase=%s/index.txt\ncrlnumber=%s/number\ndefault_md=sha256\ndefault_crl_days=%s\n" % (place, place, days))
        own = ["openssl", "ca", "-config", place / "config", "-cert", self.folder / (authority + ".pem"), "-keyfile", self.folder / (authority + ".key")]
        for name in revoked:
            call(*own, "-revoke", self.folder / (name + ".pem"))
        call(*own, "-gencrl", *(["-crlsec", "1"] if days == "0" else []), "-out", place / "list.pem")
        return place / "list.pem"

    def write(self, name, *lines):
        path = self.folder / name
        path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
        return path

    def pack(self, *arguments, who="centre", to="member", chain=None, code=0):
        """The files it made."""
        before = set((self.folder / "out").iterdir())
        done = call(NOROSHI, "intel", "pack", "--key", self.folder / (who + ".key"), "--certificate", self.folder / (who + ".pem"), "--to", self.folder / (to + ".pem"),
                    "--chain", self.folder / (chain or who + ".chain"), "--out", self.folder / "out", *arguments, code=code)
        self.said = done.stderr.decode()
        return sorted(set((self.folder / "out").iterdir()) - before)

    def unpack(self, *files, who="member", sender="centre/gate", into="in", code=0, more=()):
        done = call(NOROSHI, "intel", "unpack", "--json", "--key", self.folder / (who + ".key"), "--certificate", self.folder / (who + ".pem"), "--authority",
                    self.folder / "authority.pem", "--from", sender, "--into", self.folder / into, *more, *files, code=code)
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        self.results = lines[:-1]
        return lines[-1]

    def items(self, into="in"):
        return {each["id"]: each for each in map(json.loads, (self.folder / into / "items.json").read_text().splitlines())}

    def everything(self, into):
        """What is in the folder, by name."""
        place = self.folder / into
        return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


class Exchange(Parties):
    def test_objects_come_out_as_they_went_in_and_go_when_they_are_withdrawn(self):
        first = [indicator(number) for number in range(5)]
        files = self.pack(self.write("first", *first), "--messages", self.write("messages", {"kind": "advisory", "title": "注意喚起", "acknowledge": True}))
        self.assertEqual(len(files), 1)
        counts = self.unpack(*files)
        self.assertEqual((counts["taken"], counts["objects"], counts["messages"], counts["next"]), (1, 5, 1, 2))
        self.assertEqual(list(self.items().values()), first)
        (messages,) = (self.folder / "in/messages").iterdir()
        self.assertEqual(json.loads(messages.read_text())["title"], "注意喚起")
        newer, older = indicator(1, modified="2026-02-01T00:00:00.000Z", confidence=7), indicator(2, modified="2025-01-01T00:00:00.000Z", confidence=8)
        counts = self.unpack(*self.pack(self.write("second", newer, older), "--withdrawn", self.write("gone", first[0]["id"], first[4]["id"])))
        self.assertEqual((counts["withdrawn"], counts["next"]), (2, 3))
        self.assertEqual(list(self.items().values()), [newer, first[2], first[3]])
        # a list for one's own devices
        rpz = call(NOROSHI, "intel", "convert", "--to", "plain", self.folder / "in/items.json").stdout.decode().split()
        self.assertEqual(rpz, ["host1.example", "host2.example", "host3.example"])

    def test_changes_for_sensors_are_folded_into_a_set(self):
        lines = [{"epoch": "e1", "since": 0}] + [{"number": n, "id": n, "action": "alert", "values": [["domain", "bad%d.example" % n]]} for n in range(1, 4)]
        self.unpack(*self.pack("--shared", self.write("changes", *lines)))
        look = lambda: sorted(line for line in call(
            NOROSHI, "records", "--shared", self.folder / "in/shared", "--alerts", "-", eve, code=None).stdout.decode().splitlines() if "bad" in line)
        eve = self.write("eve.json", *({"timestamp": "2026-02-01T00:00:0%d.000000+0000" % n, "event_type": "dns", "src_ip": "10.0.0.5", "src_port": 5353, "dest_ip": "10.0.0.1",
                                        "dest_port": 53, "proto": "UDP", "dns": {"type": "query", "id": 1, "rrname": "bad%d.example" % n, "rrtype": "A"}} for n in range(1, 6)))
        self.assertEqual(len(look()), 3)
        # the same file again, with what came since: only that goes
        lines += [{"number": 4, "id": 2}, {"number": 5, "id": 4, "action": "alert", "values": [["domain", "bad4.example"]]}]
        counts = self.unpack(*self.pack("--shared", self.write("changes", *lines)))
        self.assertEqual(counts["changes"], 2)
        found = look()
        self.assertEqual([any("bad%d.example" % n in line for line in found) for n in range(1, 6)], [True, False, True, True, False])
        self.assertEqual(json.loads((self.folder / "in/shared/changes").read_text()), {"epoch": "e1", "since": 5})
        # a gap is told, and no file made
        self.assertEqual(self.pack("--shared", self.write("changes", {"epoch": "e1", "since": 9}, {"number": 10, "id": 1}), code=2), [])
        self.assertIn("6 to 9", self.said)
        # another epoch: everything anew
        self.unpack(*self.pack("--shared", self.write("changes", {"epoch": "e2", "since": 0}, {"number": 1, "id": 9, "action": "alert", "values": [["domain", "bad5.example"]]})))
        self.assertEqual([any("bad%d.example" % n in line for line in look()) for n in range(1, 6)], [False] * 4 + [True])

    def volumes(self):
        """Files of some 64 KiB, and what they hold in all."""
        objects = [indicator(number, description="x" * 500) for number in range(600)]
        files = self.pack(self.write("objects", *objects), "--volume", "64 KiB")
        self.assertGreater(len(files), 5)
        self.assertLessEqual(max(file.stat().st_size for file in files), 65536)
        return files, {each["id"]: each for each in objects}

    def test_files_in_any_order_in_any_portions_come_to_the_same(self):
        files, objects = self.volumes()
        chance = random.Random(5)
        for turn in range(3):
            into, left = "in%d" % turn, list(files)
            for _ in range(200):
                some = chance.sample(left, min(len(left), chance.randint(1, 4))) + chance.sample(files, 1)
                before = self.everything(into) if (self.folder / into).exists() else {}
                counts = self.unpack(*some, into=into, code=None)
                if counts["taken"] == 0:
                    self.assertEqual(self.everything(into), before)
                left = [file for number, file in enumerate(files, 1) if number >= counts["next"]]
                if not left:
                    break
            self.assertEqual(counts["next"], len(files) + 1)
            self.assertEqual(self.items(into), objects)
        self.assertEqual(self.everything("in0"), self.everything("in2"))

    def test_what_is_lost_repeated_swapped_or_forked_is_told_and_changes_nothing(self):
        files, _ = self.volumes()
        counts = self.unpack(files[0], files[2], code=1)
        self.assertEqual((counts["taken"], counts["refused"], counts["missing"]), (1, 1, [2, 2]))
        state = self.everything("in")
        counts = self.unpack(files[0])
        self.assertEqual((counts["taken"], counts["before"]), (0, 1))
        counts = self.unpack(files[4], files[3], code=1)
        self.assertEqual(counts["missing"], [2, 3])
        # a chain with the same parties that was begun anew; and one that forked off a copy of the sender's state
        other = self.pack(self.write("other", indicator(1)), chain="again")
        self.unpack(*other, code=1)
        self.assertIn("another chain", self.results[0]["why"])
        self.unpack(files[1])
        shutil.copy(self.folder / "centre.chain", self.folder / "copy.chain")
        last = self.pack(self.write("one", indicator(1)))
        (self.folder / "aside").mkdir()
        aside = [shutil.move(file, self.folder / "aside") for file in last]
        fork = self.pack(self.write("two", indicator(2)), chain="copy.chain")
        self.unpack(*files, *aside)
        state = self.everything("in")
        self.unpack(*fork, code=1)
        self.assertIn("another file of that number", self.results[0]["why"])
        self.assertEqual(self.everything("in"), state)
        counts = self.unpack(*other, more=["--new-chain"])
        self.assertEqual((counts["next"], len(self.items())), (2, 1))

    def test_who_it_is_for_and_from_is_checked(self):
        (file,) = self.pack(self.write("objects", indicator(1)))
        for arguments, words in (({"who": "centre", "sender": "centre/gate"}, "not for"), ({"sender": "alpha/gate"}, "somebody else")):
            self.unpack(file, code=1, **arguments)
            self.assertIn(words, self.results[0]["why"])
        # signed by another authority's centre/gate
        self.unpack(*self.pack(self.write("objects", indicator(1)), who="evil"), code=1)
        self.assertIn("signature", self.results[0]["why"])
        # opened by whom it is for, and sealed by them for somebody else
        self.certificate("third", "/O=beta/CN=gate")
        call("openssl", "cms", "-decrypt", "-inform", "DER", "-in", file, "-inkey", self.folder / "member.key", "-recip", self.folder / "member.pem", "-binary", "-out", self.folder / "inner")
        forwarded = self.folder / "forwarded"
        call("openssl", "cms", "-encrypt", "-binary", "-aes-256-gcm", "-outform", "DER", "-in", self.folder / "inner", "-out", forwarded, "-recip", self.folder / "third.pem",
             "-keyopt", "ecdh_kdf_md:sha256")
        self.unpack(forwarded, who="third", code=1, into="third")
        self.assertRegex(self.results[0]["why"], "written for alpha/gate|not made by this program")
        self.assertFalse((self.folder / "in/items.json").exists() and self.items())

    def test_a_certificate_that_is_over_seals_and_opens_nothing(self):
        self.certificate("over", "/O=centre/CN=gate", days="-1")
        self.assertEqual(self.pack(self.write("objects", indicator(1)), who="over", code=2), [])
        self.assertIn("expired", self.said)
        self.assertEqual(self.pack(self.write("objects", indicator(1)), to="over", code=2), [])
        self.assertIn("expired", self.said)

    def test_a_certificate_that_its_authority_revoked_signs_nothing_and_gets_nothing(self):
        (file,) = self.pack(self.write("objects", indicator(1)))
        authority = ["--authority", self.folder / "authority.pem"]
        good = self.list_of_revoked("authority", "evil")  # the serial number of somebody else's
        self.assertEqual(self.unpack(file, into="good", more=["--revoked", good])["taken"], 1)
        self.assertEqual(len(self.pack(self.write("objects", indicator(2)), *authority, "--revoked", good)), 1)
        # of another authority alone, or signed by none that is trusted
        other = self.list_of_revoked("elsewhere")
        call(NOROSHI, "intel", "unpack", "--key", self.folder / "member.key", "--certificate", self.folder / "member.pem", *authority, "--from", "centre/gate",
             "--into", self.folder / "in", "--revoked", other, file, code=2)
        both = self.write("both", (self.folder / "authority.pem").read_text(), (self.folder / "elsewhere.pem").read_text())
        self.assertEqual(self.unpack(file, code=1, more=["--authority", both, "--revoked", other])["refused"], 1)
        self.assertIn("no list", self.results[0]["why"])
        self.assertEqual(self.everything("in"), {})
        # the sender's, the recipient's
        self.assertEqual(self.pack(self.write("objects", indicator(3)), *authority, "--revoked", self.list_of_revoked("authority", "member"), code=2), [])
        self.assertIn("was revoked", self.said)
        bad = self.list_of_revoked("authority", "centre")
        self.assertEqual(self.unpack(file, code=1, more=["--revoked", bad])["refused"], 1)
        self.assertIn("was revoked", self.results[0]["why"])
        # one byte of it is another
        text = call("openssl", "crl", "-in", good, "-outform", "DER").stdout
        damaged = self.folder / "damaged.pem"
        damaged.write_bytes(call("openssl", "crl", "-inform", "DER", data=text[:-1] + bytes([text[-1] ^ 1])).stdout)
        call(NOROSHI, "intel", "unpack", "--key", self.folder / "member.key", "--certificate", self.folder / "member.pem", *authority, "--from", "centre/gate",
             "--into", self.folder / "in", "--revoked", damaged, file, code=2)
        # an old one
        old = self.list_of_revoked("authority", days="0")
        time.sleep(1.1)
        self.assertEqual(self.pack(self.write("objects", indicator(3)), *authority, "--revoked", old, code=2), [])
        # and nobody signs for a recipient whom the authority does not know
        self.assertEqual(self.pack(self.write("objects", indicator(3)), *authority, to="evil", code=2), [])
        self.assertEqual(self.everything("in"), {})

    def test_openssl_reads_it_and_sees_who_signed(self):
        objects = [indicator(number) for number in range(3)]
        (file,) = self.pack(self.write("objects", *objects), "--collection", "water")
        call("openssl", "cms", "-decrypt", "-inform", "DER", "-in", file, "-inkey", self.folder / "member.key", "-recip", self.folder / "member.pem", "-binary", "-out", self.folder / "inner")
        content = call("openssl", "cms", "-verify", "-inform", "DER", "-in", self.folder / "inner", "-CAfile", self.folder / "authority.pem", "-purpose", "any", "-binary",
                       "-signer", self.folder / "signer").stdout.decode()
        lines = [json.loads(line) for line in content.splitlines()]
        self.assertEqual((lines[0]["from"], lines[0]["to"], lines[0]["number"], "previous" in lines[0]), ("centre/gate", "alpha/gate", 1, False))
        self.assertEqual(lines[1:-1], [{"object": each, "collection": "water"} for each in objects])
        self.assertEqual(lines[-1], {"end": 3})
        self.assertEqual(call("openssl", "x509", "-in", self.folder / "signer", "-outform", "DER").stdout, call("openssl", "x509", "-in", self.folder / "centre.pem", "-outform", "DER").stdout)
        self.assertNotIn(b"host1", file.read_bytes())

    def test_nothing_else_is_left_on_disk_and_files_are_the_owners(self):
        red = indicator(1, object_marking_refs=["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"])
        files = self.pack(self.write("objects", red, indicator(2)), code=1)
        self.unpack(*files)
        self.assertEqual(list(self.items()), [indicator(2)["id"]])
        for path in [*files, self.folder / "centre.chain", self.folder / "in/items.json", self.folder / "in/chain.json"]:
            self.assertEqual(path.stat().st_mode & 0o777, 0o600, path)
        self.assertEqual(sorted(path.name for path in (self.folder / "in").iterdir()), ["chain.json", "items.json"])
        # the state of the sender could not be written: no file either, and the next takes the number
        os.mkdir(self.folder / "centre.chain.new")
        self.assertEqual([path for path in self.pack(self.write("objects", indicator(3)), code=2) if path.suffix == ".p7m"], [])
        os.rmdir(self.folder / "centre.chain.new")
        self.assertEqual([path.name[-10:] for path in self.pack(self.write("objects", indicator(3))) if path.suffix == ".p7m"], ["000002.p7m"])
        # it was killed between its state and the names: the next gives them
        state = json.loads((self.folder / "centre.chain").read_text())
        last = self.folder / "out" / state["pending"][0]
        last.rename(str(last) + ".part")
        self.assertIn(last, self.pack(self.write("objects", indicator(4))))
        self.unpack(*sorted((self.folder / "out").glob("*.p7m")))
        self.assertEqual(len(self.items()), 3)

    def test_damaged_files_change_nothing(self):
        (file,) = self.pack(self.write("objects", indicator(1)))
        content, chance = file.read_bytes(), random.Random(7)
        damaged = []
        for number in range(40):
            place = chance.randrange(len(content))
            changed = content[:place] + bytes([content[place] ^ chance.randint(1, 255)]) + content[place + 1:] if number % 2 else content[:place]
            damaged.append(self.folder / ("damaged%d" % number))
            damaged[-1].write_bytes(changed)
        counts = self.unpack(*damaged, code=1)
        self.assertEqual((counts["taken"], counts["refused"]), (0, 40))
        self.assertEqual(self.everything("in"), {})
        self.assertEqual(self.unpack(*damaged, file, code=1)["taken"], 1)


if __name__ == "__main__":
    unittest.main()
