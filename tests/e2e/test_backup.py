"""`noroshi backup` of a centre while alerts, decisions and notices go on, and `noroshi restore` elsewhere: what was acknowledged
before is there exactly once, and when the clients send everything again both centres hold the same. Damaged, newer and half-made
backups are refused."""
import collections
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../center"))
from center import NOROSHI, Skip, main, wait_for  # noqa: E402
from feed import STEP, line, step_lines  # noqa: E402
from test_lasting import ROOT, Lasting, key_pair  # noqa: E402

UID = re.compile(r"uid=([a-z0-9-]+)")
TRIAGE = 'quota = 1000000.0; }; triage = { lateness = "12 h"; learning = "2 h"; checkpoint = "1 s";'
NAMES = ("alpha", "beta")
BASE = int(time.time()) // 86400 * 86400 - 40 * 86400


def noroshi(*arguments, wanted=0):
    done = subprocess.run([NOROSHI] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == wanted, (arguments, done)
    return done.stdout if wanted == 0 else done.stderr


def account(centre, role):
    return noroshi("account", "add", role, "--role", role, "--config", centre.config, "--token").split("token: ")[1].strip()


class Client(threading.Thread):
    """Posts steps of alerts until it is told to end; every batch again until it is acknowledged."""

    def __init__(self, source, name):
        super().__init__(daemon=True)
        self.source, self.name_of, self.ending, self.acknowledged, self.problems = source, name, False, [], []

    def send(self, centre, step):
        lines, marks = step_lines(BASE, self.name_of, "eve", step)
        lines.append(json.dumps({"timestamp": json.loads(lines[0])["timestamp"], "event_type": "flow", "src_ip": "203.0.113.1",
                                 "dest_ip": "198.51.100.10", "in_iface": "uid=%s-flow-%d" % (self.name_of, step)}))
        while True:
            status, _, answer = centre.post(self.source.secrets[self.name_of], lines, batch="%s-%d" % (self.name_of, step), records="true")
            if status == 200:
                assert (answer["alerts"], answer["records"]) == (len(marks), 1), answer
                return marks, answer["repeated"]
            if status not in (429, 503):
                self.problems.append((status, answer))
                return [], False
            time.sleep(0.1)

    def run(self):
        step = 0
        while not self.ending:
            self.acknowledged += self.send(self.source.centre, step)[0]
            step += 1
            time.sleep(0.02)
        self.steps = step


class Source:
    """A centre with two members that report, an analyst who decides and notifies, and a decision that stands."""

    def __init__(self):
        self.centre = Lasting(TRIAGE)
        self.administrator, self.analyst, self.auditor = (account(self.centre, role) for role in ("administrator", "analyst", "auditor"))
        self.centre.start()
        self.secrets, self.notices, self.ending = {}, [], False
        for name in NAMES:
            number = self.change("/v1/organisations", {"name": name, "title_en": name, "language": "en"})["number"]
            sensor = self.change("/v1/organisations/%d/sensors" % number, {"name": name + "-gate"})["number"]
            self.secrets[name] = self.change("/v1/sensors/%d/token" % sensor, {})["token"]
        self.change("/v1/decisions", {"organisation": 1, "signature": "ET INFO dynamic name service queried", "host": "alpha-host1",
                                      "reason": "our own name service"}, self.analyst)
        time.sleep(2.5)  # triage looks at the decisions about once a second

    def change(self, path, body, token=None):
        status, answer = self.centre.json("POST", path, token or self.administrator, body)
        assert status in (200, 201), (path, status, answer)
        return answer

    def notify(self):
        """Confirms and notifies one event after the other while alerts come in."""
        done = set()
        while not self.ending:
            for event in pages(self.centre, self.analyst, "/v1/events?state=open&order=time", "events"):
                if event["id"] not in done and not event["provisional"] and not self.ending:
                    done.add(event["id"])
                    self.change("/v1/events/%s/confirm" % event["id"], {}, self.analyst)
                    answer = self.change("/v1/events/%s/notices" % event["id"], {"then": "send"}, self.analyst)
                    self.notices.append(answer["notice"]["id"])
                    break
            time.sleep(0.1)

    def close(self, centre, steps):
        """Alerts of much later let everything before them become final."""
        for name in NAMES:
            lines = [line("eve", BASE + steps * STEP + 3 * 86400, ("ET POLICY package update over HTTP", "Not Suspicious Traffic", 3, 2013504),
                          "203.0.113.9", name + "-host0", name + "-closer-0-0")]
            assert centre.post(self.secrets[name], lines, batch="closer")[0] == 200


def pages(centre, token, path, name):
    found, after = [], ""
    while True:
        status, page = centre.json("GET", path + ("&" if "?" in path else "?") + "limit=500&after=" + urllib.parse.quote(after), token)
        assert status == 200, (path, status, page)
        found += page[name]
        after = page.get("next", "")
        if not after:
            return found


def settled(centre, token):
    """Every alert that history holds is in the funnel, whose counts go with the checkpoints and so come last, and nothing moves."""
    held = len(pages(centre, token, "/v1/alerts", "alerts"))

    def quiet():
        before = centre.json("GET", "/v1/funnel", token)[1]["rows"]
        if sum(row["alerts"] for row in before) != held:
            return False
        time.sleep(2.5)
        return centre.json("GET", "/v1/funnel", token)[1]["rows"] == before
    wait_for(quiet, 120, "the funnel to hold all alerts and rest")


def contents(centre, source):
    """What both must hold the same of."""
    token = source.analyst
    settled(centre, token)
    rows = centre.json("GET", "/v1/funnel", token)[1]["rows"]
    return {
        "alerts": sorted((UID.search(json.dumps(each)).group(1), each["verdict"], each.get("event") or "")
                         for each in pages(centre, token, "/v1/alerts", "alerts")),
        "records": sorted(UID.search(json.dumps(each)).group(1) for each in pages(centre, token, "/v1/records", "records")),
        "events": sorted((each["id"], each["first"], each["last"], each["alerts"], each["context"], each["provisional"])
                         for each in pages(centre, token, "/v1/events", "events")),
        "funnel": sorted((row["organisation"], row["day"], row["alerts"], row["malformed"], row["late"], row["events"],
                          tuple((each["code"], each["count"]) for each in row["verdicts"])) for row in rows),
        "hits": [each["hits"] for each in pages(centre, token, "/v1/decisions", "decisions")],
        "sensors": sorted((each["name"], each["alerts"]) for number in (1, 2)
                          for each in pages(centre, source.administrator, "/v1/sensors?organisation=%d" % number, "sensors")),
    }


def compare(first, second, kinds):
    for kind in kinds:
        one, other = (collections.Counter(map(str, each[kind])) for each in (first, second))
        assert one == other, "%s differ: only in the source %s; only restored %s" % (
            kind, list(one - other)[:5], list(other - one)[:5])


def rows_of_log(folder):
    database = sqlite3.connect("file:%s/noroshi.db?mode=ro" % folder, uri=True)
    rows = database.execute("SELECT number, hex(hash), what FROM log ORDER BY number").fetchall()
    database.close()
    return rows


def epoch_of_what_is_shared(folder):
    database = sqlite3.connect("file:%s/noroshi.db?mode=ro" % folder, uri=True)
    (epoch,), = database.execute("SELECT value FROM value WHERE key = 'shared.epoch'").fetchall()
    database.close()
    return epoch


def backup_folder(centre):
    """A folder in which the data's account may make others."""
    folder = os.path.join(centre.folder, "backups")
    if not os.path.isdir(folder):
        os.mkdir(folder)
        os.chmod(folder, 0o777)
    return folder


def restored(backup, facts=None):
    """A centre elsewhere, of that backup."""
    centre = Lasting(TRIAGE)
    said = json.loads(noroshi("restore", "--json", backup, centre.folder + "/state"))
    assert said["done"] == "restored" and (not facts or said["manifest"] == facts["manifest"]), said
    return centre


def test_a_backup_under_load_restored_elsewhere_equals_the_source():
    source = Source()
    clients = [Client(source, name) for name in NAMES]
    analyst = threading.Thread(target=source.notify, daemon=True)
    other = None
    try:
        for each in clients + [analyst]:
            each.start()
        wait_for(lambda: len(source.notices) >= 3, 60, "some notices")
        before, sent = [mark for each in clients for mark in each.acknowledged], list(source.notices)
        folder = backup_folder(source.centre)
        facts = [json.loads(noroshi("backup", "--config", source.centre.config, "--json", "%s/%d" % (folder, i))) for i in range(5)]
        during = sum(len(each.acknowledged) for each in clients) - len(before)
        assert during > 0, "nothing was acknowledged while the backups were made"
        time.sleep(1)
        source.ending = True
        for each in clients:
            each.ending = True
        for each in clients + [analyst]:
            each.join(60)
            assert not each.is_alive()
        assert not [each.problems for each in clients if each.problems]
        print("# %d alerts acknowledged before, %d while five backups were made, %d notices before" % (len(before), during, len(sent)))
        for i in range(5):
            noroshi("backup", "verify", "%s/%d" % (folder, i))
        # The first was begun after `before`; any of the five could be the one that is needed.
        other = restored(folder + "/0", facts[0])
        ours, theirs = rows_of_log(source.centre.folder + "/state"), rows_of_log(other.folder + "/state")
        lines = facts[0]["log_lines"]
        assert theirs[:lines] == ours[:lines] and theirs[lines][2] == "restore" and len(theirs) == lines + 1, theirs[lines - 1:]
        other.start()
        marks = collections.Counter(UID.search(json.dumps(each)).group(1) for each in pages(other, source.analyst, "/v1/alerts", "alerts"))
        flows = collections.Counter(UID.search(json.dumps(each)).group(1) for each in pages(other, source.analyst, "/v1/records", "records"))
        assert set(flows.values()) == {1} and {re.sub("-eve-([0-9]+)-.*", r"-flow-\1", each) for each in before} <= set(flows), flows
        lost, doubled = [each for each in before if not marks[each]], [each for each, count in marks.items() if count > 1]
        assert not lost and not doubled, (len(lost), lost[:3], len(doubled), doubled[:3])
        held = {each["id"]: each["number"] for each in pages(other, source.analyst, "/v1/notices", "notices")}
        there = {each["id"]: each["number"] for each in pages(source.centre, source.analyst, "/v1/notices", "notices")}
        assert set(sent) <= set(held) and held.items() <= there.items(), (sent, held)
        assert other.json("GET", "/v1/log/verify", source.auditor)[1]["intact"]
        # The clients send everything again: what was in the backup is recognised, and then both hold the same.
        repeated = 0
        for each in clients:
            repeated += sum(each.send(other, step)[1] for step in range(each.steps))
        assert repeated * 40 >= len(before), (repeated, len(before))
        for centre in (source.centre, other):
            source.close(centre, max(each.steps for each in clients))
        compare(contents(source.centre, source), contents(other, source), ("alerts", "records", "events", "funnel", "hits", "sensors"))
        events = pages(other, source.analyst, "/v1/events?state=open", "events")
        assert events
        for verb, fields in (("confirm", {}), ("notices", {"then": "send"})):
            answer = other.json("POST", "/v1/events/%s/%s" % (events[0]["id"], verb), source.analyst, fields)
            assert answer[0] in (200, 201), answer
        other.end()
        other.start()
        assert other.json("GET", "/v1/log/verify", source.auditor)[1]["intact"]
        check_a_quiet_one(source)
    finally:
        for centre in (source.centre, other):
            if centre and centre.process.poll() is None:
                centre.end()


def check_a_quiet_one(source):
    """Nothing goes on: everything is equal at once, people's work too."""
    folder = backup_folder(source.centre)
    time.sleep(2.5)
    noroshi("backup", "--config", source.centre.config, folder + "/quiet")
    other = restored(folder + "/quiet")
    other.start()
    try:
        first, second = contents(source.centre, source), contents(other, source)
        for held, centre in ((first, source.centre), (second, other)):
            held["states"] = [(each["id"], each["state"], each["state_reason"]) for each in pages(centre, source.analyst, "/v1/events", "events")]
            held["notices"] = [(each["id"], each["number"], each["state"]) for each in pages(centre, source.analyst, "/v1/notices", "notices")]
        compare(first, second, first.keys())
    finally:
        other.end()


def small_backup(options=""):
    """A stopped centre with a few alerts, and a backup of it."""
    centre = Lasting(options + TRIAGE)
    token = account(centre, "administrator")
    if options:
        key_pair(centre.folder)
        centre.context.load_verify_locations(centre.folder + "/certificate.pem")
    centre.start()
    number = centre.json("POST", "/v1/organisations", token, {"name": "alpha", "title_en": "Alpha"})[1]["number"]
    sensor = centre.json("POST", "/v1/organisations/%d/sensors" % number, token, {"name": "gate"})[1]["number"]
    secret = centre.json("POST", "/v1/sensors/%d/token" % sensor, token, {})[1]["token"]
    assert centre.post(secret, step_lines(BASE, "alpha", "eve", 1)[0], batch="one")[0] == 200
    centre.end()
    return centre


def refused(folder, target, words, wanted=1):
    for arguments in (("backup", "verify", folder), ("restore", folder, target)):
        said = noroshi(*arguments, wanted=wanted)
        assert words in said, (arguments, said)
        assert not os.path.exists(target) and not os.path.exists(target + ".partial"), os.listdir(os.path.dirname(target))


def rewrite(folder, change):
    """A manifest that somebody changed with its checksum."""
    with open(folder + "/manifest.json") as file:
        text = file.read()
    changed = json.dumps(change(json.loads(text)))
    with open(folder + "/manifest.json", "w") as file:
        file.write(changed)
    import hashlib
    with open(folder + "/manifest.sha256", "w") as file:
        file.write("%s  manifest.json\n" % hashlib.sha256(changed.encode()).hexdigest())


def test_a_damaged_or_newer_backup_is_refused_and_leaves_nothing():
    centre = small_backup()
    good, bad, target = backup_folder(centre) + "/good", centre.folder + "/bad", centre.folder + "/target"
    noroshi("backup", "--config", centre.config, good)
    with open(good + "/manifest.json") as file:
        files = json.load(file)["files"]
    assert {each["name"].split("/")[0] for each in files} == {"state", "history", "configuration"}, files

    def damaged(how, words, wanted=1):
        shutil.copytree(good, bad)
        how()
        refused(bad, target, words, wanted)
        shutil.rmtree(bad)

    for each in files:
        path = "%s/%s" % (bad, each["name"])

        def flip():
            with open(path, "r+b") as file:
                file.seek(each["size"] // 2)
                byte = file.read(1)
                file.seek(each["size"] // 2)
                file.write(bytes([byte[0] ^ 1]))

        def longer():
            with open(path, "ab") as file:
                file.write(b"x")

        damaged(flip, "SHA-256")
        damaged(lambda: os.truncate(path, each["size"] - 1), "less than")
        damaged(longer, "more than")
        damaged(lambda: os.remove(path), "is not there")
    damaged(lambda: open(bad + "/history/00000009.alerts", "w").close(), "not in its manifest")
    damaged(lambda: os.truncate(bad + "/manifest.json", 300), "damaged")
    damaged(lambda: os.remove(bad + "/manifest.json"), "is no backup", 2)
    damaged(lambda: open(bad + "/manifest.json", "a").write(" "), "manifest.sha256 does not fit")
    damaged(lambda: rewrite(bad, lambda each: dict(each, format=3)), "newer version")
    damaged(lambda: rewrite(bad, lambda each: dict(each, versions={"state": 9999})), "newer version")
    for name in ("../noroshi.db", "state/../../x", "state/.hidden", "/etc/passwd", "state", "state/a/b"):
        damaged(lambda: rewrite(bad, lambda each: dict(each, files=[dict(each["files"][0], name=name)])), "no file of a backup")

    def link():
        os.remove(bad + "/state/noroshi.db")
        os.symlink(good + "/state/noroshi.db", bad + "/state/noroshi.db")
    damaged(link, "no regular file", 2)
    # What stands somewhere is never written over, by either.
    os.mkdir(target)
    open(target + "/mine", "w").close()
    assert "not empty" in noroshi("restore", good, target, wanted=2) and os.listdir(target) == ["mine"]
    assert "not empty" in noroshi("backup", "--config", centre.config, good, wanted=2)
    os.mkdir(good + "2.partial")
    assert "interrupted" in noroshi("backup", "--config", centre.config, good + "2", wanted=2)
    noroshi("backup", "verify", good)


def test_secrets_are_in_a_backup_only_when_asked_for():
    centre = small_backup('tls_key = "FOLDER/key.pem"; tls_certificate = "FOLDER/certificate.pem";')
    folder, target = backup_folder(centre), centre.folder + "/target"
    noroshi("backup", "--config", centre.config, folder + "/without")
    noroshi("backup", "--config", centre.config, "--secrets", folder + "/with")
    with open(centre.folder + "/key.pem") as file:
        key = file.read()
    found = {name: subprocess.run(["grep", "-rlF", key.splitlines()[1], folder + "/" + name], stdout=subprocess.PIPE, text=True).stdout
             for name in ("without", "with")}
    assert found["without"] == "" and found["with"].strip().endswith("/secrets/center.tls_key"), found
    noroshi("restore", "--history", target + "-history", "--configuration", target + "-etc", folder + "/with", target)
    assert sorted(os.listdir(target + "-etc")) == ["center.tls_certificate", "center.tls_key", "noroshi.conf"]
    assert os.listdir(target + "-history") == ["00000001.alerts"] or "00000001.alerts" in os.listdir(target + "-history")
    for name in ("center.tls_key", "noroshi.conf"):
        assert os.stat("%s-etc/%s" % (target, name)).st_mode & 0o077 == 0
    for place in (folder + "/with", target):
        assert os.stat(place).st_mode & 0o077 == 0, place
    # Both are in the log of the source, and the restored one knows where it came from.
    assert [what for _, _, what in rows_of_log(centre.folder + "/state")].count("backup") == 2
    assert rows_of_log(target)[-1][2] == "restore"
    noroshi("restore", folder + "/without", target + "-other")
    assert epoch_of_what_is_shared(target) != epoch_of_what_is_shared(target + "-other")  # numbers mean nothing any more


def test_a_full_disk_leaves_nothing_half_made():
    if not ROOT:
        raise Skip("a small disk needs root")
    centre = small_backup()
    disk = centre.folder + "/disk"
    os.mkdir(disk)
    script = """mount -t tmpfs -o size=%dk,mode=777 none "$2" || exit 77
        "$1" backup --config "$3" "$2/b"; echo "code $?"; ls -A "$2" """
    codes = collections.Counter()
    for size in (40, 120, 200, 280, 300, 360, 4096):
        done = subprocess.run(["unshare", "-m", "sh", "-c", script % size, "sh", NOROSHI, disk, centre.config], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120)
        if done.returncode == 77:
            raise Skip("no tmpfs can be mounted here: " + done.stderr.strip())
        said = done.stdout.split()
        code = said[said.index("code") + 1]
        codes[code] += 1
        if code == "0":
            assert said[-1] == "b", (size, done)
        else:
            assert code == "1" and said[-1] == "1" and "no space" in done.stderr.lower() + "no space" * ("full" in done.stderr), (size, done)
    assert codes["0"] and codes["1"] >= 3, codes
    restore = """mount -t tmpfs -o size=200k,mode=777 none "$2" || exit 77
        "$1" restore "$3" "$2/state"; echo "code $?"; ls -A "$2" """
    noroshi("backup", "--config", centre.config, backup_folder(centre) + "/one")
    done = subprocess.run(["unshare", "-m", "sh", "-c", restore, "sh", NOROSHI, disk, backup_folder(centre) + "/one"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.stdout.split() == ["code", "1"], done


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
