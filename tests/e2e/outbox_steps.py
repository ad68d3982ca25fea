#!/usr/bin/env python3
"""The outbox under crashes between every two steps (rule 7): the keeper, then the courier, is killed before the N-th step of sending a
notice, for N = 1, 2, … until a notice goes through with fewer steps than that. Each notice is mailed; none twice but where SMTP
cannot tell (RFC 5321, 6.1: the server took the mail, and the answer, or what was to be noted of it, is lost), and then with the same
Message-ID; what the client was told, the notice's state and the mails agree.

./test takes every 13th step of the keeper and each of the courier, NOROSHI_LONG=1 every one of both.

usage: outbox_steps.py      (prints TAP; NOROSHI_OUTBOX_STEPS: the library of outbox_steps.c)
"""
import collections
import os
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../center"))
from center import NOROSHI, eve, main, wait_for  # noqa: E402
from kill_campaign import Mails  # noqa: E402
from test_lasting import Lasting  # noqa: E402

LONG = bool(os.environ.get("NOROSHI_LONG"))
STRIDE = {"keeper": 1 if LONG else 13, "courier": 1}  # of about 110 steps, and of a dozen
STEPS_MOST = 400
OPTIONS = """ };
notify = { smtp_server = "smtp://127.0.0.1:%d"; smtp_from = "centre@noroshi.example"; smtp_starttls = "never"; """


class Stepped:
    """A centre with an event to send notices about, and the means to kill its processes at a step."""

    def __init__(self):
        self.centre = Lasting()
        self.mails = Mails(self.centre.folder)
        with open(self.centre.config) as file:
            text = file.read()
        with open(self.centre.config, "w") as file:
            file.write(text[:text.rindex("};")] + OPTIONS % self.mails.port + "};")
        self.steps = os.path.join(self.centre.folder, "steps")
        os.mkdir(self.steps)
        self.administrator, self.analyst = self.centre.administrator(), self.account("analyst")
        own = {"LD_PRELOAD": os.environ["NOROSHI_OUTBOX_STEPS"], "NOROSHI_STEPS": self.steps}
        os.environ.update(own)
        try:
            self.centre.start()
        finally:
            for name in own:
                del os.environ[name]
        self.event = None  # then the administrator is at work
        self.event = self.make_event()

    def account(self, role):
        done = subprocess.run([NOROSHI, "account", "add", role, "--role", role, "--config", self.centre.config, "--token"],
                              stdout=subprocess.PIPE, check=True, text=True)
        return done.stdout.split("token: ")[1].strip()

    def make_event(self):
        organisation = self.ask("POST", "/v1/organisations", {
            "name": "alpha", "title_en": "Alpha", "language": "en", "contact1_name": "First", "contact1_mail": "first@member.example"})["number"]
        sensor = self.ask("POST", "/v1/organisations/%d/sensors" % organisation, {"name": "gate"})["number"]
        secret = self.ask("POST", "/v1/sensors/%d/token" % sensor, {})["token"]
        lines = [eve(n, signature="ET MALWARE Win32/Trojan CnC Beacon", target="192.0.2.%d" % (1 + n % 9)) for n in range(40)]
        assert self.centre.post(secret, lines)[0] == 200
        self.event = "the analyst's"
        event = wait_for(lambda: self.ask("GET", "/v1/events?limit=10")["events"], 30, "an event")[0]["id"]
        self.ask("POST", "/v1/events/%s/confirm" % event, {})
        return event

    def ask(self, method, path, body=None, key=None):
        """Until there is an answer that says more than "not now": with the same key, so that nothing is done twice."""
        end = time.monotonic() + 150
        while time.monotonic() < end:
            try:
                status, answer = self.centre.json(method, path, self.analyst if self.event else self.administrator, body, {"Idempotency-Key": key} if key else None)
            except Exception:
                status = 503
            if status not in (429, 503):
                assert status in (200, 201), (method, path, status, answer)
                return answer
            time.sleep(0.05)
        raise AssertionError("no answer: %s %s" % (method, path))

    def flag(self, name, there):
        path = os.path.join(self.steps, name)
        if there:
            open(path, "w").close()
        elif os.path.exists(path):
            os.unlink(path)

    def of_notice(self, known):
        return collections.Counter(identity for identity, _ in self.mails.got() if identity not in known)

    def settled(self, notice, known):
        answer = self.ask("GET", "/v1/notices/" + notice)
        return self.of_notice(known) and all(each["state"] != "waiting" for each in answer["deliveries"])

    def send(self, process, number):
        """One notice, the process killed before that step. Gives whether it was, and how many mails there were."""
        known, name = {identity for identity, _ in self.mails.got()}, "%s-%d" % (process, number)
        victim = Victim(self.centre.children()[process], lambda: (self.flag("armed", False), self.flag(name, False)))
        self.flag(name, True)
        self.flag("armed", True)
        victim.start()
        answer = self.ask("POST", "/v1/events/%s/notices" % self.event, {"then": "send"}, name)
        notice = (answer.get("notice") or answer)["id"]
        wait_for(lambda: self.settled(notice, known), 60, "the notice to be sent, %s dying before step %d" % (process, number))
        victim.end()
        wait_for(lambda: self.centre.children().get(process), 30, "the new " + process)
        answer, mails = self.ask("GET", "/v1/notices/" + notice), self.of_notice(known)
        assert answer["notice"]["state"] == "sent", answer
        assert [(each["channel"], each["state"]) for each in answer["deliveries"]] == [("inbox", "done"), ("mail", "done")], answer
        assert len(mails) == 1, "one notice, and the mails %s" % mails
        return victim.died, sum(mails.values())


class Victim(threading.Thread):
    """Watches for the death of a process, and then sees to it that the next one lives."""

    def __init__(self, pid, spare):
        super().__init__(daemon=True)
        self.pid, self.spare, self.died, self.over = pid, spare, False, False

    def run(self):
        while not self.over and not self.died:
            self.died = self.is_dead()
            time.sleep(0.003)
        self.spare()

    def is_dead(self):
        try:
            with open("/proc/%d/stat" % self.pid) as file:
                return file.read().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            return True

    def end(self):
        self.over = True
        self.join()


def every_step(process):
    run, number, kills, doubled = Stepped(), 1, 0, 0
    try:
        while number < STEPS_MOST:
            died, mails = run.send(process, number)
            assert mails <= 2, "step %d of %s: %d mails" % (number, process, mails)
            if not died:
                break
            kills, doubled, number = kills + 1, doubled + (mails > 1), number + STRIDE[process]
        time.sleep(1)
        again = sum(count - 1 for count in collections.Counter(identity for identity, _ in run.mails.got()).values())
        print("# %s: killed %d times, before steps 1 to %d; %d notices, %d of them mailed twice" % (
            process, kills, number - STRIDE[process], kills + 1, again), flush=True)
        assert kills >= 5, "the steps were not met"
        assert again == doubled, "a mail came again later"
        status, answer = run.centre.json("GET", "/v1/log/verify", run.account("auditor"))
        assert status == 200 and answer["intact"], answer
        return doubled, kills
    except Exception:
        print("\n".join("# " + each[:300] for each in run.centre.said().splitlines()[-25:]), flush=True)
        raise
    finally:
        run.centre.process.poll() is None and run.centre.end()
        run.mails.end()
        shutil.rmtree(run.centre.folder, ignore_errors=True)


def test_a_keeper_killed_before_any_step_of_a_notice_loses_none():
    every_step("keeper")


def test_a_courier_killed_before_any_step_of_a_mail_loses_none():
    doubled, kills = every_step("courier")
    assert doubled <= kills // 2, "most of a mail's steps come before the server has it"


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
