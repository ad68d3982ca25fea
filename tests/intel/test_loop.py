#!/usr/bin/env python3
"""The loop, end to end: a real centre, real `noroshi follow`, real sensors in a namespace. What one member gives is in force at the sensors of
all members of the community and of nobody else; withdrawn ones leave; who was away catches up; the switch takes everything of a source."""
import glob
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "center"), str(TESTS / "watch")]
os.environ.setdefault("NOROSHI", sys.argv[1])
NOROSHI = os.environ["NOROSHI"]
from center import Centre  # noqa: E402
from live import Sensor, dns, enter_namespace, ethernet, ipv4, peer_socket, records, udp, wait_for  # noqa: E402

results = []


def check(name, good, why=""):
    results.append(bool(good))
    print(f"{'ok' if good else 'not ok'} {len(results)} - {name}", flush=True)
    if not good:
        print(f"# {str(why)[:2000]}", flush=True)


def make_community(centre, organisations):
    """Into the store itself: there are no routes for communities yet."""
    [path] = glob.glob(centre.folder + "/**/noroshi.db", recursive=True)
    with sqlite3.connect(path, timeout=20) as store:
        store.execute("INSERT OR IGNORE INTO community VALUES (1, randomblob(16), 'water', 'x', 'x', 0, NULL, 'p', 'c', 'r', 0, 1, 0, 0, 1, 1)")
        for number in organisations:
            store.execute("INSERT INTO membership (community, organisation, role, valid_from, valid_to, version) VALUES (1, ?, 1, 0, 0, 1)", (number,))
    store.close()


def withdrawn_rows(centre):
    [path] = glob.glob(centre.folder + "/**/noroshi.db", recursive=True)
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20) as store:
        return store.execute("SELECT count(*) FROM shared WHERE withdrawn = 1").fetchone()[0]


class Member:
    """A sensor of an organisation, and what it follows."""

    def __init__(self, folder, centre, name, interface="pair0"):
        self.folder, self.centre, self.name = folder / name, centre, name
        self.folder.mkdir()
        self.folder.chmod(0o755)
        (self.folder / "token").write_text(centre.tokens[name] + "\n")
        self.shared = self.folder / "shared"
        self.follow = None
        self.begin()
        wait_for(lambda: (self.shared / "changes").exists() and "epoch" in self.lines(), "the feed begins")
        self.sensor = Sensor(NOROSHI, self.folder, "-i", interface, "--eve", self.folder / "eve.json", "--shared", self.shared, "--look-every", "100 ms")

    def begin(self):
        with open(self.folder / "follow.err", "ab") as err:
            self.follow = subprocess.Popen([NOROSHI, "follow", "--to", self.shared, "--server", self.centre.address, "--token-file", self.folder / "token"], stderr=err)

    def away(self):
        self.follow.terminate()
        self.follow.wait(timeout=150)

    def lines(self):
        return (self.shared / "changes").read_text()

    def alerts(self, name):
        return [record for record in records(self.folder / "eve.json") if record["event_type"] == "alert" and record["alert"]["signature"].endswith(" " + name)]

    def stop(self):
        self.away()
        self.sensor.stop()


class World:
    def __init__(self, folder, centre, names):
        self.centre, self.wire, self.asked = centre, peer_socket("pair1"), 0
        self.members = [Member(folder, centre, name) for name in names]

    def give(self, who, value, action="alert", kind="domain"):
        status, answer = self.centre.json("POST", "/v1/communities/1/indicators", self.centre.tokens[who], {"type": kind, "value": value, "action": action})
        return status, answer

    def given(self, who, value):
        """The same, while the centre may be away."""
        try:
            return self.give(who, value)[0] == 201
        except OSError:
            return False

    def ask(self, name):
        self.asked += 1
        source, port = (198, 18, self.asked // 200 % 200 + 1, self.asked % 200 + 1), 1024 + self.asked % 60000
        self.wire.send(ethernet(0x0800, ipv4(source, (198, 18, 250, 1), 17, udp(port, 53, dns(name, self.asked & 0xFFFF)))))

    def met(self, members, name):
        """Whether a packet raises an alert at each of these, soon."""
        def look():
            self.ask(name)
            time.sleep(0.05)
            return all(member.alerts(name) for member in members)
        return wait_for(look, f"{name} is in force")

    def silent(self, members, name):
        """Whether packets raise none, once no more of it is in force anywhere."""
        def look():
            before = [len(member.alerts(name)) for member in members]
            packets = [member.sensor.counts()["packets"] for member in members]
            self.ask(name)
            for member, count in zip(members, packets):
                member.sensor.wait_until(lambda now, least=count: now["packets"] > least, "the packet")
            time.sleep(0.3)
            return before == [len(member.alerts(name)) for member in members]
        return wait_for(look, f"{name} is not in force")


def test(world):
    alpha, beta, outsider = world.members
    both = [alpha, beta]
    begun = time.monotonic()
    status, given = world.give("member-alpha", "Evil[.]Example")
    check("a member gives an indicator, which travels", status == 201 and given["travels"] and given["action"] == "alert", given)
    check("it is in force at the members' sensors", world.met(both, "evil.example"))
    print(f"# {time.monotonic() - begun:.2f} s from giving to the alerts of both")
    check("and at nobody else's", not outsider.alerts("evil.example") and "evil" not in outsider.lines(), outsider.lines())
    named = both[0].alerts("evil.example")[0]["alert"]["metadata"]
    check("the alert names the indicator", named["indicator_id"] == [str(given["id"])] and named["indicator_source"] == ["exchange"], named)
    check("whoever is no member cannot give, nor learn that there is such a community", world.give("member-gamma", "x.example")[0] == 404)
    status, own = world.give("member-beta", "9.9.9.9", "block", "address")
    check("a block by one alone travels as an alert", status == 201 and own["action"] == "alert" and "unconfirmed" in own["reasons"], own)
    beta.away()
    world.give("member-alpha", "later.example")
    withdrawn = world.centre.json("DELETE", f"/v1/shared/{given['id']}", world.centre.tokens["member-alpha"])
    check("it is withdrawn by its owner", withdrawn[0] == 200 and world.silent([alpha], "evil.example"), withdrawn)
    world.give("member-alpha", "newest.example")
    check("and gone for good", wait_for(lambda: not withdrawn_rows(world.centre), "what was withdrawn goes"))
    beta.begin()
    check("who was away for so long catches up", world.met([beta], "later.example") and world.silent([beta], "evil.example"))
    make_community(world.centre, [3])
    outsider.away()
    outsider.begin()
    check("a new member gets what is there", world.met([outsider], "later.example"))
    stopped = world.centre.json("POST", "/v1/organisations/1/shared/stop", world.centre.tokens["analyst"])
    check("the switch withdraws everything of a source", stopped[0] == 200 and world.silent(world.members, "later.example"), stopped)
    status, refused = world.give("member-alpha", "again.example")
    check("and takes nothing of it", not refused["travels"] and refused["reasons"] == ["source-killed"], refused)
    os.kill(world.centre.pids["front"], 9)
    wait_for(lambda: world.given("member-beta", "after.example"), "the centre answers again")
    check("after the front was killed all follow again", world.met(world.members, "after.example"))


def main():
    if os.geteuid() != 0:
        print("1..0 # SKIP root is needed")
        return 0
    enter_namespace()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    folder = Path(tempfile.mkdtemp(prefix="noroshi-loop-"))
    folder.chmod(0o755)
    try:
        with Centre(organisations=("alpha", "beta", "gamma"), config='loop = { kept = "1 s"; };\n') as centre:
            make_community(centre, [1, 2])
            world = World(folder, centre, ["alpha", "beta", "gamma"])
            try:
                test(world)
            finally:
                for member in world.members:
                    member.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
