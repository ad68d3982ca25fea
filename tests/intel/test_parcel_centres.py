"""Two centres without a network between them: what the members of one may read there comes to the other in files, as its members' own gifts do, and
goes from it when it is withdrawn. The certificates are those of the sending centre's authority, by `noroshi enrol`. Prints TAP."""
import json
import os
import subprocess
import sys
import time

from taxii import ROOT, Exchange, indicator, main, wait_for

NOROSHI = os.environ["NOROSHI"]


def call(*arguments, code=0):
    done = subprocess.run([NOROSHI, *map(str, arguments)], capture_output=True, timeout=120, env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert done.returncode == code, (arguments, done.returncode, done.stdout[-1000:], done.stderr[-1000:])
    return done


class Crossing:
    """From `inside` to `outside`, for the organisation beta of the former."""

    def __init__(self, inside, outside):
        self.inside, self.outside, self.folder = inside, outside, inside.folder + "/crossing"
        os.makedirs(self.folder + "/disc")
        for name, key in (("reads", inside.people["beta"]), ("writes", outside.people["alpha"]), ("outsider", inside.people["gamma"]), ("sensor", inside.tokens["beta"])):
            self.write(name, key)
        for name in ("from", "to"):
            self.certificate(name)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text + "\n")
        os.chmod(path, 0o600)
        return path

    def path(self, name):
        return os.path.join(self.folder, name)

    def certificate(self, name):
        """One for each end, by an authority of the test's own: machines enrol over TLS, which this centre does not speak."""
        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60)
        if not os.path.exists(self.path("authority.pem")):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.path("authority.key"), "-out", self.path("authority.pem"), "-subj", "/CN=a")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.path(name + ".key"), "-out", self.path("csr"), "-subj", "/O=%s/CN=gate" % name)
        self.write("extensions", "keyUsage=critical,digitalSignature,keyAgreement")
        openssl("x509", "-req", "-in", self.path("csr"), "-CA", self.path("authority.pem"), "-CAkey", self.path("authority.key"), "-CAcreateserial", "-days", "1", "-extfile",
                self.path("extensions"), "-out", self.path(name + ".pem"))
        os.chmod(self.path(name + ".key"), 0o600)

    def pack(self, *more, code=0, token="reads"):
        """The files that it made."""
        before = set(os.listdir(self.path("disc")))
        done = call("intel", "pack", "--key", self.path("from.key"), "--certificate", self.path("from.pem"), "--to", self.path("to.pem"), "--chain", self.path("chain"), "--out", self.path("disc"),
                    "--taxii", self.inside.address + ROOT, "--token-file", self.path(token), "--collection", "open", "--json", *more, code=code)
        self.said = done.stderr.decode()
        self.counts = json.loads(done.stdout) if done.stdout else {}
        return sorted(os.path.join(self.folder, "disc", each) for each in set(os.listdir(self.path("disc"))) - before)

    def unpack(self, *files, code=0, to=True):
        server = ["--taxii", self.outside.address + ROOT, "--token-file", self.path("writes"), "--collection", "far"] if to else []
        done = call("intel", "unpack", "--key", self.path("to.key"), "--certificate", self.path("to.pem"), "--authority", self.path("authority.pem"), "--from", "from/gate", "--into", self.path("in"), "--json",
                    *server, *files, code=code)
        self.said = done.stderr.decode()
        return [json.loads(line) for line in done.stdout.decode().splitlines()]


def there(centre, alias, who):
    found, query = {}, {}
    while True:
        page = centre.objects(alias, who, **query)
        found.update({each["id"]: each for each in page.get("objects", [])})
        if not page.get("more"):
            return found
        query = {"next": page["next"]}


def test_a_crossing():
    with Exchange() as inside, Exchange() as outside:
        inside.collection("open")
        outside.collection("far")
        crossing = Crossing(inside, outside)
        given = [indicator(name="n%d" % i, x_kept=[1.0, {"a": None}]) for i in range(1500)]
        for at in range(0, len(given), 500):
            inside.add("open", inside.people["alpha"], *given[at:at + 500])
        # who may not read gets no file
        assert crossing.pack(token="outsider", code=2) == [] and "404" in crossing.said, crossing.said
        files = crossing.pack("--volume", "128 KiB")
        assert crossing.counts["objects"] == 1500 and len(files) > 3, crossing.counts
        # one is lost: what came before it is there, nothing behind
        lost = files.pop(1)
        crossing.unpack(*files, code=1)
        some = there(outside, "far", outside.people["beta"])
        assert 0 < len(some) < 1500
        crossing.unpack(lost, *files)
        assert there(outside, "far", outside.people["beta"]) == {each["id"]: each for each in given} == there(inside, "open", inside.people["beta"])
        # the second time only what is new: a version, a withdrawal, an object
        newer = dict(given[0], modified="2026-03-01T00:00:00.000Z", name="newer")
        new = indicator(name="new")
        inside.add("open", inside.people["alpha"], newer, new)
        assert inside.taxii("DELETE", ROOT + "collections/open/objects/%s/" % given[1]["id"], inside.people["alpha"])[0] == 200
        (file,) = crossing.pack()
        assert (crossing.counts["objects"], crossing.counts["withdrawn"]) == (2, 1), crossing.counts
        # the far centre is away: nothing counts as taken
        state = open(crossing.path("in/chain.json")).read()
        address, outside.address = outside.address, "http://127.0.0.1:1"
        crossing.unpack(file, code=2)
        outside.address = address
        assert open(crossing.path("in/chain.json")).read() == state
        last = crossing.unpack(file)
        assert last[-2] == {"added": 2, "removed": 1, "refused": 0}, last
        expected = there(inside, "open", inside.people["beta"])
        assert there(outside, "far", outside.people["beta"]) == expected and len(expected) == 1500 and expected[newer["id"]] == newer
        # the member's folder says the same without any centre
        kept = {each["id"]: each for each in map(json.loads, open(crossing.path("in/items.json")))}
        assert kept == expected
        # nothing is new: no file
        assert crossing.pack() == [] and crossing.counts["files"] == 0
        # a stricter object than the far collection is refused there and told, and the rest goes in; who read is in the log of the centre
        red = indicator(object_marking_refs=["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"])
        path = crossing.write("objects", json.dumps(red) + json.dumps(indicator(name="file")))
        done = call("intel", "pack", "--key", crossing.path("from.key"), "--certificate", crossing.path("from.pem"), "--to", crossing.path("to.pem"), "--chain", crossing.path("chain"),
                    "--out", crossing.path("disc"), "--json", path)
        file = max(os.path.join(crossing.path("disc"), each) for each in os.listdir(crossing.path("disc")))
        assert json.loads(done.stdout)["objects"] == 2
        last = crossing.unpack(file, code=1)
        assert last[-2] == {"added": 1, "removed": 0, "refused": 1}, last
        lines = inside.json("GET", "/v1/log?limit=500", inside.tokens["auditor"])[1]["lines"]
        assert {"taxii-objects", "taxii-manifest"} <= {each["what"] for each in lines if each["who"] == "beta-analyst"}, {each["what"] for each in lines}


def test_changes_for_sensors_cross():
    with Exchange() as inside, Exchange() as outside:
        inside.collection("open")
        crossing = Crossing(inside, outside)
        numbers = {each["name"]: each["number"] for each in inside.done("GET", "/v1/communities")["communities"]}

        def give(value):
            status, answer = inside.json("POST", "/v1/communities/%d/indicators" % numbers["water"], inside.people["alpha"], {"type": "domain", "value": value, "action": "alert"})
            assert status == 201, answer
        for number in range(3):
            give("bad%d.example" % number)
        more = ("--sensors", inside.address, "--sensor-token-file", crossing.path("sensor"))
        (file,) = crossing.pack(*more)
        assert crossing.counts["changes"] >= 3, crossing.counts
        crossing.unpack(file, to=False)
        eve = crossing.write("eve.json", "\n".join(json.dumps({"timestamp": "2026-02-01T00:00:00.000000+0000", "event_type": "dns", "src_ip": "10.0.0.5", "src_port": 5353, "dest_ip": "10.0.0.1",
                                                               "dest_port": 53, "proto": "UDP", "dns": {"type": "query", "id": 1, "rrname": "bad%d.example" % n, "rrtype": "A"}}) for n in range(5)))

        def met():
            done = subprocess.run([NOROSHI, "records", "--shared", crossing.path("in/shared"), "--alerts", "-", eve], capture_output=True, timeout=60)
            return [n for n in range(5) if ("bad%d.example" % n).encode() in done.stdout]
        assert met() == [0, 1, 2]
        give("bad3.example")
        (file,) = crossing.pack(*more)
        crossing.unpack(file, to=False)
        assert met() == [0, 1, 2, 3]
        assert crossing.pack(*more) == []


class Messages(Crossing):
    """Messages to many go to beta, which has no connection, on a disc; its answers come back on another."""

    def __init__(self, inside):
        super().__init__(inside, inside)
        self.analyst = inside.tokens["analyst"]
        self.second = inside.person("second", "analyst")
        os.makedirs(self.path("back"))

    def send(self, **fields):
        made = self.inside.done("POST", "/v1/dispatches", dict(fields, community="water"), self.analyst)
        path, count = "/v1/dispatches/" + made["dispatch"]["id"], {"recipients": made["recipients_now"]}
        self.inside.done("POST", path + "/propose", count, self.analyst)
        self.inside.done("POST", path + "/start", count, self.second)
        wait_for(lambda: any(each["subject"] in (fields["subject_en"], fields.get("subject_ja")) for each in self.inside.done("GET", "/v1/publications", token=self.inside.people["beta"])["publications"]) or
                 time.sleep(0.1), 60, "the message")
        return path

    def out(self, *more, code=0):
        """Messages that a disc brought."""
        known = set(os.listdir(self.path("in/messages"))) if os.path.exists(self.path("in/messages")) else set()
        files = self.pack("--publications", self.inside.address, *more, code=code)
        if files:
            self.unpack(*files, to=False)
        fresh = set(os.listdir(self.path("in/messages"))) - known if files else ()
        return [json.loads(line) for each in fresh for line in open(os.path.join(self.path("in/messages"), each))]

    def back(self, *answers, code=0, url=None, token="reads"):
        before = set(os.listdir(self.path("back")))
        call("intel", "pack", "--key", self.path("to.key"), "--certificate", self.path("to.pem"), "--to", self.path("from.pem"), "--chain", self.path("back.chain"), "--out", self.path("back"),
             "--messages", self.write("answers", "\n".join(map(json.dumps, answers))))
        (file,) = set(os.listdir(self.path("back"))) - before
        return self.take_back(file, code, url, token)

    def take_back(self, file, code=0, url=None, token="reads"):
        done = call("intel", "unpack", "--key", self.path("from.key"), "--certificate", self.path("from.pem"), "--authority", self.path("authority.pem"), "--from", "to/gate", "--into",
                    self.path("returned"), "--json", "--acknowledge", url or self.inside.address, "--token-file", self.path(token), self.path("back/" + file), code=code)
        return file, [json.loads(line) for line in done.stdout.decode().splitlines()]


def test_messages_to_many_cross_and_their_acknowledgements_come_back():
    with Exchange() as inside:
        inside.collection("open")
        disc = Messages(inside)
        reach = disc.send(kind="reach-test", subject_en="Reach test", subject_ja="疎通確認", text_en="Answer, please.", questions="Who answers?", minutes=600)
        disc.send(kind="advisory", tlp="AMBER", subject_en="For few", text_en="Patch it.", minutes=600)
        # what the TLP bounds does not go yet, and goes later
        (message,) = disc.out("--tlp", "GREEN", code=1)
        assert message["kind"] == "publication" and message["publication"]["subject"] in ("Reach test", "疎通確認"), message
        assert message["publication"]["questions"] and message["publication"]["deadline"] and message["publication"]["open"], message
        (advisory,) = disc.out()
        assert advisory["publication"]["text"] == "Patch it." and advisory["publication"]["tlp"] == "AMBER"
        assert disc.out() == []
        shown = lambda: inside.done("GET", reach, token=disc.analyst)
        before = shown()
        assert (before["opened"], before["tiers"][0]["reached"]) == (0, 0), before  # to be packed is not to be opened
        answer = {"kind": "acknowledgement", "id": message["publication"]["id"], "name": "Kato", "another": True, "answer1": "Kato, for Sato", "x_else": 1}
        # the centre is away: nothing counts as taken, and the same file is good later
        disc.back({"kind": "note", "words": "not for a centre"}, answer, code=2, url="http://127.0.0.1:1")
        (file,) = os.listdir(disc.path("back"))
        _, said = disc.take_back(file)
        assert said[-2:] == [{"acknowledged": 1, "refused": 0}, said[-1]] and said[-1]["taken"] == 1, said
        (row,) = [each for each in inside.done("GET", reach + "/records", token=disc.analyst)["records"] if each["way"]]
        assert (row["by"], row["another"], row["answers"], row["reason"]) == ("Kato", True, ["Kato, for Sato"], "answered-by-another"), row
        # once more is no error; what is not there, and what another may not answer, is told
        _, said = disc.back(answer)
        assert said[-2] == {"acknowledged": 1, "refused": 0}, said
        _, said = disc.back(dict(answer, id="11111111-2222-4333-8444-555555555555"), {"kind": "acknowledgement"}, code=1)
        assert said[-2] == {"acknowledged": 0, "refused": 2}, said
        _, said = disc.back(dict(answer, id=advisory["publication"]["id"]), code=1, token="outsider")
        assert said[-2] == {"acknowledged": 0, "refused": 1}, said
        # withdrawn here, told there
        inside.done("POST", reach + "/withdraw", {}, disc.analyst)
        assert disc.out() == [{"kind": "publication-withdrawn", "id": message["publication"]["id"]}]
        assert disc.out() == []


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
