#!/usr/bin/env python3
"""The agents of former releases, built from the history, ship to the present centre over TLS, compressed, through rotations, kills of the
agent and restarts of the centre: what the centre holds equals the files, byte for byte. And what a centre says to an agent of a
version that it does not speak. Prints TAP.

Programs are built once into NOROSHI_RELEASES (a folder; tests/upgrade/releases beside the build by default).
"""
import json
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import urllib.parse

from release import FOLDER, Lasting, account, crc32c
from center import NOROSHI, Skip, eve, wait_for
from test_lasting import key_pair
import center

# What each release was; the tag may be missing in a copy of the history, the commit is what counts.
RELEASES = {"0.1.0": "8fe36723c3162c7443f5a047a5a8684edaacd168", "0.2.0": "a87a675217258c91c67e8ae213643ae44d9dcb23",
            "0.3.0": "1b2657850d996e1aa300fe8c36ab8675dddfe19d", "0.4.0": "5ad10e6d9f4eda91f42738b6a6caa0813a090f3c"}
BUILT = os.environ.get("NOROSHI_RELEASES") or os.path.join(os.path.dirname(os.path.abspath(NOROSHI)), "tests/upgrade/releases")
ROOT = os.path.join(FOLDER, "../..")


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    assert done.returncode == 0, (command, done.stdout[-3000:])
    return done.stdout


def release(version):
    """The program of that release."""
    program = os.path.join(BUILT, version, "noroshi")
    if os.path.exists(program):
        return program
    commit = RELEASES[version]
    known = subprocess.run(["git", "-C", ROOT, "cat-file", "-e", commit + "^{commit}"], stderr=subprocess.DEVNULL)
    if known.returncode != 0:
        raise Skip("the history of this copy does not have release %s (%s)" % (version, commit[:7]))
    folder = os.path.join(BUILT, version)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder + "/source")
    archive = run("git", "-C", ROOT, "archive", commit)
    run("tar", "x", "-C", folder + "/source", input=archive)
    run("meson", "setup", folder + "/build", folder + "/source", "-Dbuildtype=plain", "-Dtests=disabled")
    run("ninja", "-C", folder + "/build", "noroshi")
    os.rename(folder + "/build/noroshi", program)
    shutil.rmtree(folder + "/build")
    shutil.rmtree(folder + "/source")
    assert version in run(program, "version").decode()
    return program


class Old:
    """The old agent and the files that it follows."""

    def __init__(self, program, centre, token):
        self.program, self.folder, self.log = program, centre.folder + "/agent", centre.folder + "/agent.log"
        self.contents, self.number, self.dice, self.kills = [], 0, random.Random(3), 0
        os.makedirs(self.folder + "/logs")
        with open(os.open(self.folder + "/token", os.O_WRONLY | os.O_CREAT, 0o600), "w") as to:
            to.write(token + "\n")
        with open(self.folder + "/agent.conf", "w") as to:
            to.write('agent = { server = "https://127.0.0.1:%d"; token_file = "token"; ca = "%s/certificate.pem"; state = "state"; '
                     'files = ( "%s/logs/eve*" ); scan_every = "200 ms"; linger = "1 s"; retry_most = "1 s"; };'
                     % (centre.port, centre.folder, self.folder))
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([self.program, "agent", "--config", self.folder + "/agent.conf"], stdout=log, stderr=log)

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(60)

    def write(self, count):
        with open(self.folder + "/logs/eve.json", "ab") as to:
            for _ in range(count):
                line = eve(self.number, signature="ET POLICY %d" % self.number)
                self.contents.append(line)
                to.write(line.encode() + b"\n")
                self.number += 1

    def rotate(self, copy):
        path, other = self.folder + "/logs/eve.json", self.folder + "/logs/eve.json.%d" % self.number
        if copy:
            shutil.copyfile(path, other)
            os.truncate(path, 0)
        else:
            os.rename(path, other)

    def knows_it(self):
        """That all of the present file was taken: the centre has it a moment before."""
        size = os.path.getsize(self.folder + "/logs/eve.json")
        return any(each["file"].endswith("/eve.json") and each["delivered_to"] == size and not each["under_way"] for each in self.status().get("files", []))

    def status(self):
        done = subprocess.run([self.program, "agent", "--status", "--state", self.folder + "/state"], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        return json.loads(done.stdout) if done.returncode == 0 else {}


def originals(centre, analyst):
    found, after = [], ""
    while True:
        status, page = centre.json("GET", "/v1/alerts?limit=500&after=" + urllib.parse.quote(after), analyst)
        assert status == 200, (status, page)
        found += [each["original"] for each in page["alerts"]]
        after = page["next"]
        if not after:
            return found


def secure():
    centre = Lasting('tls_key = "FOLDER/key.pem"; tls_certificate = "FOLDER/certificate.pem"; quota = 1000000.0;')
    key_pair(centre.folder)
    centre.context.load_verify_locations(centre.folder + "/certificate.pem")
    administrator, analyst = (account(centre, role, role) for role in ("administrator", "analyst"))
    centre.start()
    number = centre.json("POST", "/v1/organisations", administrator, {"name": "alpha", "title_en": "Alpha"})[1]["number"]
    sensor = centre.json("POST", "/v1/organisations/%d/sensors" % number, administrator, {"name": "gate"})[1]["number"]
    return centre, administrator, analyst, centre.json("POST", "/v1/sensors/%d/token" % sensor, administrator, {})[1]["token"]


def goes_on_with_its_state(agent, centre, analyst):
    """This version's agent takes over where the old one was, and refuses a state of a later version without touching it."""
    agent.write(150)
    agent.end()
    agent.write(50)
    agent.program = NOROSHI
    agent.start()
    agent.write(100)
    agent.rotate(False)
    agent.write(100)
    wait_for(lambda: len(originals(centre, analyst)) >= agent.number, 90, "what the new agent ships")
    assert sorted(originals(centre, analyst)) == sorted(agent.contents)
    agent.end()
    path = agent.folder + "/state/positions"
    with open(path, "rb") as file:
        content = bytearray(file.read())
    struct.pack_into("<I", content, 4, 9)
    struct.pack_into("<I", content, len(content) - 4, crc32c(content[:-4]))
    with open(path, "wb") as file:
        file.write(content)
    done = subprocess.run([NOROSHI, "agent", "--config", agent.folder + "/agent.conf"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=60)
    assert done.returncode and "newer version" in done.stdout, done
    with open(path, "rb") as file:
        assert file.read() == content


def ships_exactly(version):
    program = release(version)
    centre, administrator, analyst, token = secure()
    agent = Old(program, centre, token)
    try:
        for step in range(24):
            agent.write(agent.dice.randrange(20, 200))
            if step % 4 == 1:
                # copytruncate loses what nobody has read yet by its nature: the agent is given the time to.
                copy = step % 8 == 5
                copy and wait_for(lambda: len(originals(centre, analyst)) == agent.number and agent.knows_it(), 60, "all before the truncation")
                agent.rotate(copy)
            if step % 6 == 3:
                agent.end(signal.SIGKILL)
                agent.write(50)
                agent.start()
            if step in (8, 16):
                centre.end()
                agent.write(100)
                centre.start()
        wait_for(lambda: len(originals(centre, analyst)) >= agent.number, 90,
                 "all %d lines: %s" % (agent.number, open(agent.log).read()[-2000:]))
        held = originals(centre, analyst)
        assert sorted(held) == sorted(agent.contents), (len(held), len(agent.contents))
        print("# %s: %d lines, each once and byte for byte" % (version, len(held)), flush=True)
        goes_on_with_its_state(agent, centre, analyst)
        status, _, text = centre.request("GET", "/metrics", administrator)
        assert status == 200 and not re.search(rb'result="other-protocol"} [1-9]', text)
    finally:
        if agent.process.poll() is None:
            agent.end()
        if centre.process.poll() is None:
            centre.end()


def test_the_agents_of_the_last_releases_ship_to_this_centre_exactly():
    """Of the last two, as is promised (docs/formats/ingest.md); of all of them with NOROSHI_LONG=1, for each is built first."""
    skipped = []
    for version in RELEASES if os.environ.get("NOROSHI_LONG") == "1" else list(RELEASES)[-2:]:
        try:
            ships_exactly(version)
        except Skip as why:
            skipped.append(str(why))
    if skipped:
        raise Skip("; ".join(skipped))


def test_an_agent_of_a_version_that_is_not_spoken_keeps_what_it_has():
    centre, administrator, _, token = secure()
    try:
        for spoken, wanted in (("1", 200), ("", 200), ("2", 503), ("4294967295", 503), ("0", 400), ("x", 400), ("4294967296", 400)):
            headers = {"Noroshi-Protocol": spoken} if spoken else {}
            status, answered, answer = centre.post(token, [eve(1)], batch="b" + spoken, headers=headers)
            assert status == wanted, (spoken, status, answer)
            if wanted == 503:
                assert "version %s of the protocol, this centre 1 to 1" % spoken in answer["detail"], answer
                assert answered["Retry-After"] == "300", answered
        text = centre.request("GET", "/metrics", administrator)[2]
        assert re.search(rb'noroshi_ingest_batches[^\n]*result="other-protocol"[^\n]* 2(\.0)?\n', text), text[:2000]
    finally:
        centre.end()


if __name__ == "__main__":
    sys.exit(center.main(sys.modules[__name__]))
