#!/usr/bin/env python3
"""Full disks under a real centre and a real agent: what is acknowledged is durable, nobody is told otherwise, everything stays up, and goes
on by itself when there is space again.

Needs root: the small disks are tmpfs in a mount namespace of this test's own, which vanish with it.
"""
import collections
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../center"))
from center import NOROSHI, Skip, eve, main, wait_for  # noqa: E402
from feed import Agent  # noqa: E402
from test_lasting import Lasting  # noqa: E402

OWN_MOUNTS = "NOROSHI_TEST_OWN_MOUNTS"
UID = re.compile(r"uid=([0-9]+-[0-9]+)")
BATCH = 300


def small_disk(folder, mebibytes):
    if not os.environ.get(OWN_MOUNTS):
        raise Skip("small disks need root and a mount namespace")
    os.makedirs(folder, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm,uid=65534,gid=65534,mode=750" % mebibytes, "none", folder],
                          stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Skip("no tmpfs can be mounted here: " + done.stderr.strip())


def fill(folder, leave=0):
    """Takes all space but `leave` bytes."""
    filler = os.open(folder + "/filler", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        while os.write(filler, b"\0" * 4096):
            pass
    except OSError:
        pass
    os.close(filler)
    if leave:
        os.truncate(folder + "/filler", max(0, os.path.getsize(folder + "/filler") - leave))


def batch(number):
    """Lines with a mark each, and words that do not compress away."""
    return [eve(number * BATCH + i, signature="ET POLICY package update").replace(
        '"host"', '"in_iface": "uid=%d-%d %s", "host"' % (number, i, os.urandom(60).hex())) for i in range(BATCH)]


class Full(Lasting):
    def __init__(self, disk, history="", triage='checkpoint = "1 s"; lateness = "1 s";'):
        super().__init__(history + " quota = 1000000.0; }; triage = { " + triage)
        try:
            if disk:
                small_disk(self.folder + "/state", disk)
        except Skip:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self.admin = self.administrator()
        done = subprocess.run([NOROSHI, "account", "add", "analyst", "--role", "analyst", "--config", self.config, "--token"],
                              stdout=subprocess.PIPE, check=True, text=True)
        self.analyst = done.stdout.split("token: ")[1].strip()
        self.start()
        _, organisation = self.json("POST", "/v1/organisations", self.admin, {"name": "alpha", "title_en": "Alpha"})
        _, sensor = self.json("POST", "/v1/organisations/%d/sensors" % organisation["number"], self.admin, {"name": "gate"})
        self.secret = self.json("POST", "/v1/sensors/%d/token" % sensor["number"], self.admin, {})[1]["token"]
        self.sent, self.refused = {}, {}

    def send(self, number, lines=None):
        """True when it was acknowledged; else it was refused as the API says."""
        lines = lines or batch(number)
        self.refused[number] = lines
        try:
            status, headers, answer = self.post(self.secret, lines, batch="d%d" % number)
        except OSError:
            return False
        assert status in (200, 503), (status, answer)
        if status == 503:
            assert int(headers["Retry-After"]) >= 1, headers
            assert self.folder not in answer["detail"], answer
            self.words = answer["detail"]
            return False
        assert answer["alerts"] == BATCH and answer["durable"], answer
        self.sent[number] = self.refused.pop(number)
        return True

    def held(self):
        found, after = collections.Counter(), ""
        verdicts, end = collections.Counter(), time.monotonic() + 150
        while True:
            status, answer = self.json("GET", "/v1/alerts?limit=500&after=" + after, self.analyst)
            if status in (429, 503) and time.monotonic() < end:
                time.sleep(0.5)
                continue
            assert status == 200, answer
            for alert in answer["alerts"]:
                found[UID.search(alert["original"]).group(1)] += 1
                verdicts[alert["verdict"]] += 1
            after = answer["next"]
            if not after:
                return found, verdicts

    def check(self):
        """Everything acknowledged is there once, nothing twice; the funnel counts what history holds."""
        found, verdicts, total = {}, {}, {}

        def agree():
            nonlocal found, verdicts, total
            status, answer = self.json("GET", "/v1/funnel", self.analyst)
            if status != 200:
                return False
            found, verdicts = self.held()
            total = {each["code"]: each["count"] for each in answer["total"]["verdicts"]}
            return answer["total"]["alerts"] == sum(found.values()) and all(count == verdicts[code] for code, count in total.items())
        try:
            wait_for(agree, 50, "funnel and history to agree")
        finally:
            lost = [(number, i) for number in self.sent for i in range(BATCH) if not found["%d-%d" % (number, i)]]
            doubled = [uid for uid, count in found.items() if count > 1]
            print("# %d found, %s by verdict, %s in the funnel" % (sum(found.values()), dict(verdicts), total), flush=True)
            assert not lost and not doubled, ("lost", len(lost), lost[:3], "doubled", len(doubled), doubled[:3])
        return found

    def finish(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(120)
        self.process.stdout.close()
        self.log.close()
        if os.environ.get(OWN_MOUNTS):
            subprocess.run(["umount", "-l", self.folder + "/state"], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.folder, ignore_errors=True)


def shown(test):
    """With the end of the log when it fails."""
    def run():
        kept = []
        try:
            test(kept)
        except Exception:
            for centre in kept:
                print("\n".join("# " + each[:300] for each in centre.said().splitlines()[-20:]), flush=True)
            raise
        finally:
            for centre in kept:
                centre.finish()
    return run


def until_full(centre, first):
    number, refused = first, 0
    while refused < 5:
        refused += not centre.send(number)
        number += 1
        assert number < first + 2000, "the disk never filled"
    return number


@shown
def test_history_full_refuses_loses_nothing_and_goes_on_by_itself(kept):
    centre = Full(24)
    kept.append(centre)
    fill(centre.folder + "/state", 6 << 20)
    number = until_full(centre, 0)
    assert len(centre.sent) > 3 and "full" in centre.words, centre.words
    pids = centre.children()
    for _ in range(20):  # nothing changes while it is full, and it is up
        centre.send(number)
        number += 1
        assert centre.json("GET", "/v1/health")[0] == 200
    assert centre.json("GET", "/v1/alerts?limit=1", centre.analyst)[0] in (200, 503)
    assert centre.children() == pids, "a process ended on a full disk"
    retried = batch(number)
    centre.send(number, retried)
    os.unlink(centre.folder + "/state/filler")
    wait_for(lambda: centre.send(number, retried), 30, "recovery by itself")
    for each, lines in list(centre.refused.items()):  # as every sender does; part of a refused group may be durable: it is not doubled
        wait_for(lambda each=each, lines=lines: centre.send(each, lines), 30, "batch %d, sent again" % each)
    for each, lines in list(centre.sent.items()):
        status, _, answer = centre.post(centre.secret, lines, batch="d%d" % each)
        assert status == 200 and answer["repeated"], answer
    assert set(centre.check()) == {"%d-%d" % (each, i) for each in centre.sent for i in range(BATCH)}
    assert "the disk is full" in centre.said() and "there is space again" in centre.said()
    centre.end()
    centre.start()
    centre.check()


@shown
def test_a_keeper_killed_on_a_full_disk_comes_back(kept):
    centre = Full(24)
    kept.append(centre)
    fill(centre.folder + "/state", 3 << 20)
    number = until_full(centre, 0)
    for _ in range(2):
        os.kill(wait_for(lambda: centre.children().get("keeper"), 30, "a keeper"), signal.SIGKILL)
        time.sleep(1)
        centre.send(number)
        number += 1
    os.unlink(centre.folder + "/state/filler")
    wait_for(lambda: centre.send(number, batch(number)), 90, "recovery by itself")
    centre.check()


@shown
def test_a_full_state_store_loses_nothing_that_history_took(kept):
    centre = Full(12, 'history = "FOLDER/history";')
    kept.append(centre)
    assert centre.send(0)
    fill(centre.folder + "/state")
    refused = 0
    for number in range(1, 15):
        refused += not centre.send(number)
    status, answer = centre.json("POST", "/v1/organisations", centre.admin, {"name": "beta", "title_en": "Beta"})
    assert status in (500, 503, 507), (status, answer)
    assert centre.folder not in json.dumps(answer), answer
    for number in range(15, 20):
        refused += not centre.send(number)
        time.sleep(0.3)
    os.unlink(centre.folder + "/state/filler")
    wait_for(lambda: centre.json("POST", "/v1/organisations", centre.admin, {"name": "beta", "title_en": "Beta"})[0] in (200, 201), 30,
             "the state store to take a change")
    wait_for(lambda: centre.send(20), 30, "recovery by itself")
    centre.check()
    centre.end()
    centre.start()
    centre.check()


@shown
def test_an_agent_on_a_full_disk_ships_every_line_once(kept):
    centre = Full(64)
    kept.append(centre)
    folder = centre.folder
    small_disk(folder + "/agent-state", 1)
    os.makedirs(folder + "/files")
    wanted = []

    def write(number):
        wanted.extend("%d-%d" % (number, i) for i in range(BATCH))
        with open(folder + "/files/eve.json", "a") as file:
            file.write("".join(each + "\n" for each in batch(number)))

    agent = Agent(centre, folder, centre.secret)
    try:
        write(0)
        wait_for(lambda: len(centre.held()[0]) == BATCH, 30, "the first lines")
        fill(folder + "/agent-state")
        for number in range(1, 6):
            write(number)
            time.sleep(0.4)
            if number % 2:
                agent.process.kill()
                agent.process.wait()
                agent.start()
                time.sleep(0.4)
        os.rename(folder + "/files/eve.json", folder + "/files/eve.json.1")
        write(6)
        time.sleep(1)
        print("# while full %d of %d lines came" % (len(centre.held()[0]), len(wanted)), flush=True)
        os.unlink(folder + "/agent-state/filler")
        if agent.process.poll() is not None:
            assert "No space left" in agent.said(), agent.said()[-2000:]
            agent.start()
        wait_for(lambda: set(centre.held()[0]) == set(wanted), 60, "every line: " + agent.said()[-2500:])
        found = centre.held()[0]
        doubled = [uid for uid, count in found.items() if count > 1]
        assert not doubled, (len(doubled), doubled[:5], agent.said()[-3000:])
        assert "No space left" in agent.said() or "full" in agent.said(), agent.said()
    finally:
        agent.end()
        subprocess.run(["umount", "-l", folder + "/agent-state"], stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    if os.geteuid() == 0 and not os.environ.get(OWN_MOUNTS) and subprocess.run(["unshare", "-m", "true"]).returncode == 0:
        os.environ[OWN_MOUNTS] = "1"
        os.execvp("unshare", ["unshare", "-m", sys.executable] + sys.argv)
    sys.exit(main(sys.modules[__name__]))
