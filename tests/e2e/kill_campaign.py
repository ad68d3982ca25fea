#!/usr/bin/env python3
"""Random SIGKILLs of every process of a real centre and of an agent during ingest; afterwards nothing acknowledged is lost, nothing is
doubled, and events, funnel and verdicts are those of an undisturbed run over the same alerts.

usage: kill_campaign.py [--kills N] [--seed N] [--pace SECONDS]      (prints TAP; N kills of each of front, keeper, courier, supervisor, agent)

Without --kills: 10 of each, 50 with NOROSHI_LONG=1, which also draws the seed; else it is 1, or NOROSHI_SEED.
"""
import argparse
import collections
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import traceback
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../center"))
from center import NOROSHI, wait_for  # noqa: E402
from feed import CLIENTS, ROUTINE, STEP, Agent, Files, Pair, line  # noqa: E402
from test_lasting import Lasting  # noqa: E402

PROCESSES = ("front", "keeper", "courier", "supervisor", "agent")
LATENESS = 12 * 3600
OPTIONS = """ quota = 1000000.0; }; triage = { lateness = "12 h"; learning = "2 h"; checkpoint = "1 s"; };
notify = { smtp_server = "smtp://127.0.0.1:%d"; smtp_from = "centre@noroshi.example"; smtp_starttls = "never"; """
UID = re.compile(r"uid=([a-z0-9-]+)")


class Mails:
    """A real SMTP server, and what it got."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "mails")
        os.mkdir(self.folder)
        self.process = subprocess.Popen(["/usr/bin/python3", os.path.join(HERE, "../lib/smtp_server.py"), self.folder],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.port = int(self.process.stdout.readline())

    def got(self):
        found = []
        for name in os.listdir(self.folder):
            if name.endswith(".json"):
                with open(os.path.join(self.folder, name), encoding="utf-8") as file:
                    facts = json.load(file)
                found.append((dict(facts["headers"])["Message-ID"], facts["rcpt_tos"][0]))
        return found

    def end(self):
        self.process.stdin.close()
        self.process.wait(60)


class Analyst(threading.Thread):
    """Confirms final events and sends notices while the processes die."""

    def __init__(self, run):
        super().__init__(daemon=True)
        self.run_of, self.sent, self.ending, self.problems = run, [], False, []

    def ask(self, method, path, body=None, key=None):
        """Until there is an answer: the same key, so that nothing is done twice."""
        while True:
            try:
                headers = {"Idempotency-Key": key} if key else None
                status, answer = self.run_of.centre.json(method, path, self.run_of.analyst_token, body, headers)
            except Exception:
                time.sleep(0.1)
                continue
            if status not in (429, 503):
                return status, answer
            time.sleep(0.1)

    def run(self):
        done = set()
        while not self.ending:
            status, answer = self.ask("GET", "/v1/events?state=open&order=time&limit=100")
            if status != 200:
                self.problems.append((status, answer))
                return
            fresh = [each for each in answer["events"] if not each["provisional"] and each["id"] not in done]
            for event in fresh[:1]:
                done.add(event["id"])
                status, answer = self.ask("POST", "/v1/events/%s/confirm" % event["id"], {}, "c" + event["id"])
                if status != 200:
                    self.problems.append(("confirm", status, answer))
                status, answer = self.ask("POST", "/v1/events/%s/notices" % event["id"], {"then": "send"}, "n" + event["id"])
                if status not in (200, 201):
                    self.problems.append(("notice", status, answer))
                else:
                    self.sent.append(answer["notice"]["id"] if "notice" in answer else answer["id"])
            time.sleep(0.5)


class Run:
    """One centre, its feed, and what it holds at the end."""

    def __init__(self, base, seed, pace, agent_step, steps=None):
        self.agent_step = agent_step
        self.base, self.seed, self.pace, self.steps, self.disturbed = base, seed, pace, steps, steps is None
        self.stopping = False
        self.killed = collections.Counter()
        self.agent_silent = 0  # starts of the agent that were killed before they told of themselves
        self.keeper_starts, self.keeper_silent = 1, 0  # the same of the keeper, which also ends with the supervisor
        self.killing = threading.Lock()
        self.centre = Lasting()
        self.mails = Mails(self.centre.folder)
        self.configure()
        self.admin_token = self.centre.administrator()
        self.analyst_token = self.account("analyst")
        self.centre.start()
        self.organisations, self.secrets = {}, {}
        for name in ("alpha", "beta", "gamma"):
            self.organisations[name] = self.change("POST", "/v1/organisations", {
                "name": name, "title_en": name.title(), "language": "en", "contact1_name": "First", "contact1_mail": name + "@member.example",
            })["number"]
            for sensor in ("eve", "csv", "closer") if name != "gamma" else ("agent", "closer"):
                number = self.change("POST", "/v1/organisations/%d/sensors" % self.organisations[name], {"name": name + "-" + sensor})["number"]
                self.secrets[name, sensor] = self.change("POST", "/v1/sensors/%d/token" % number, {})["token"]
        status, answer = self.centre.json("POST", "/v1/decisions", self.analyst_token, {
            "organisation": self.organisations["alpha"], "signature": ROUTINE[1][0], "host": "alpha-host1", "reason": "our own name service"})
        assert status in (200, 201), (status, answer)
        time.sleep(2.5)  # triage looks at the decisions about once a second
        self.meets = {name: threading.Barrier(2, action=self.decide(name)) for name in ("alpha", "beta")}
        self.over = set()

    def configure(self):
        with open(self.centre.config) as file:
            text = file.read()
        at = text.rindex("};")
        with open(self.centre.config, "w") as file:
            file.write(text[:at] + OPTIONS % self.mails.port + "};")

    def account(self, role):
        done = subprocess.run([NOROSHI, "account", "add", role, "--role", role, "--config", self.centre.config, "--token"],
                              stdout=subprocess.PIPE, check=True, text=True)
        return done.stdout.split("token: ")[1].strip()

    def change(self, method, path, body):
        status, answer = self.centre.json(method, path, self.admin_token, body)
        assert status in (200, 201), (path, status, answer)
        return answer

    def decide(self, name):
        def action():
            if self.stopping:
                self.over.add(name)
        return action

    def enough(self, name, steps):
        if self.steps:
            return steps >= self.steps[name]
        return name in self.over or (name == "gamma" and self.stopping)

    # ── feeding ─

    def feed(self):
        self.clients = [Pair(self, name, form, self.meets[name], self.secrets[name, form]) for name, form in CLIENTS]
        self.files = Files(self, self.centre.folder + "/files")
        self.agent = Agent(self.centre, self.centre.folder, self.secrets["gamma", "agent"])
        for each in self.clients + [self.files]:
            each.start()

    def wait_fed(self):
        for each in self.clients + [self.files]:
            each.join(900)
            assert not each.is_alive(), "a client never got its batch taken: " + self.centre.said()[-3000:]
        wait_for(lambda: set(self.files.marks) <= {uid for uid, _, _ in self.alerts("gamma")}, 180,
                 "all lines of the agent: " + self.agent.said()[-1500:])

    def close_feed(self):
        """Alerts of much later let everything before them become final."""
        last = self.base + max(self.clients[0].steps, self.clients[2].steps, self.files.steps) * STEP + 3 * LATENESS
        for name in self.organisations:
            what = ("ET POLICY package update over HTTP", "Not Suspicious Traffic", 3, 2013504)
            lines = [line("eve", last + i, what, "203.0.113.9", name + "-host0", "%s-closer-0-%d" % (name, i)) for i in range(5)]
            wait_for(lambda: self.centre.post(self.secrets[name, "closer"], lines, batch="closer")[0] == 200, 60, "the last batch")

    def acknowledged(self):
        marks = [mark for each in self.clients for mark in each.acknowledged] + self.files.marks
        return marks + ["%s-closer-0-%d" % (name, i) for name in self.organisations for i in range(5)]

    # ── what the centre holds ─

    def ask(self, path):
        end = time.monotonic() + 150
        while True:
            try:
                status, answer = self.centre.json("GET", path, self.analyst_token)
            except OSError:
                status, answer = 503, None
            if status not in (429, 503) or time.monotonic() > end:
                assert status == 200, (path, status, answer)
                return answer
            time.sleep(0.5)

    def alerts(self, name):
        """(mark, verdict, event) of every alert of an organisation, through the API."""
        found, after = [], ""
        while True:
            answer = self.ask("/v1/alerts?limit=500&organisation=%d&after=%s" % (self.organisations[name], urllib.parse.quote(after)))
            for alert in answer["alerts"]:
                found.append((UID.search(json.dumps(alert)).group(1), alert["verdict"], alert.get("event")))
            after = answer["next"]
            if not after:
                return found

    def events(self):
        found, after = [], ""
        names = {number: name for name, number in self.organisations.items()}
        while True:
            answer = self.ask("/v1/events?limit=500&order=time&after=" + urllib.parse.quote(after))
            for event in answer["events"]:
                hosts = tuple(sorted((each["name"], each["alerts"]) for each in event["hosts"]["listed"]))
                found.append((names[event["organisation"]], event["first"], event["last"], event["alerts"], event["context"],
                              event["provisional"], hosts))
            after = answer["next"]
            if not after:
                return sorted(found)

    def funnel(self):
        rows = self.ask("/v1/funnel")["rows"]
        return sorted((row["organisation"], row["day"], row["alerts"], row["malformed"], row["late"], row["events"],
                       tuple((each["code"], each["count"]) for each in row["verdicts"])) for row in rows)

    def late(self):
        """Alerts that came beyond the lateness bound: judged out of order, so that runs could not be compared."""
        status, _, text = self.centre.request("GET", "/metrics", self.admin_token)
        assert status == 200, status
        return float(re.search(rb"^noroshi_triage_late(?:{[^}]*})? ([0-9.e+]+)$", text, re.M).group(1))

    def settle(self, expected):
        def quiet():
            before = self.funnel()
            time.sleep(2.5)
            return sum(row[2] for row in before) == expected and self.funnel() == before
        wait_for(quiet, 60, "the funnel to count %d alerts: it says %s" % (expected, self.funnel()))

    def end(self):
        self.agent.end()
        self.centre.end()
        self.mails.end()


class Killer:
    def __init__(self, run, kills, dice):
        self.run_of, self.dice, self.log = run, dice, []
        self.order = [name for name in PROCESSES for _ in range(kills)]
        dice.shuffle(self.order)

    def healthy(self):
        try:
            return self.run_of.centre.json("GET", "/v1/health")[0] == 200
        except Exception:
            return False

    def kill(self, name):
        centre, agent, run = self.run_of.centre, self.run_of.agent, self.run_of
        if name in ("keeper", "supervisor"):
            run.keeper_silent += centre.said().count('"the keeper goes on"') < run.keeper_starts - run.keeper_silent
            run.keeper_starts += 1
        if name == "agent":
            self.run_of.agent_silent += agent.said().count("the agent goes on") < agent.starts - self.run_of.agent_silent
            agent.process.kill()
            agent.process.wait()
            time.sleep(self.dice.uniform(0, 0.4))
            agent.start()
        elif name == "supervisor":
            centre.process.kill()
            centre.process.wait()
            centre.process.stdout.close()
            centre.log.close()
            time.sleep(self.dice.choice((0, 0, 0.3)))
            centre.start()
        else:
            os.kill(wait_for(lambda: centre.children().get(name), 60, name + " to run"), signal.SIGKILL)
        self.run_of.killed[name] += 1

    def campaign(self):
        for name in self.order:
            time.sleep(self.dice.uniform(0.02, 0.8))
            self.kill(name)
            if self.dice.random() < 0.6:
                wait_for(self.healthy, 60, "the centre to be healthy after the end of " + name)
        wait_for(self.healthy, 60, "the centre to be healthy")


# ── what must hold ─


def compare(what, undisturbed, disturbed):
    if undisturbed == disturbed:
        return
    missing = collections.Counter(map(str, undisturbed)) - collections.Counter(map(str, disturbed))
    further = collections.Counter(map(str, disturbed)) - collections.Counter(map(str, undisturbed))
    raise AssertionError("%s differ:\n only undisturbed: %s\n only disturbed: %s" % (
        what, "\n   ".join(list(missing)[:6]), "\n   ".join(list(further)[:6])))


def test_every_acknowledged_line_is_in_history_exactly_once(state):
    marks = collections.Counter(uid for uid, _, _ in state.held)
    wanted = state.disturbed.acknowledged()
    assert len(set(wanted)) == len(wanted)
    lost, doubled = [each for each in wanted if not marks[each]], [uid for uid, count in marks.items() if count > 1]
    foreign = set(marks) - set(wanted)
    assert not lost and not doubled and not foreign, "lost %d %s, doubled %d %s, never sent %d" % (
        len(lost), lost[:5], len(doubled), doubled[:5], len(foreign))
    return "%d lines acknowledged and found once each" % len(wanted)


def test_no_client_was_told_anything_wrong(state):
    for each in state.disturbed.clients:
        assert not each.problems, each.problems[:3]
    total = collections.Counter()
    for each in state.disturbed.clients:
        total.update(each.answers)
    assert total["broken"] + total["refused"] > 0 and total["repeated"] > 0, total
    return "answers lost or broken %d, told to come again %d, half bodies %d, answers not read %d, recognised as repeated %d" % (
        total["broken"], total["refused"], total["half"], total["unread"], total["repeated"])


def test_events_equal_those_of_an_undisturbed_run(state):
    assert state.events[0], "no event at all"
    compare("events", state.events[0], state.events[1])
    return "%d events" % len(state.events[0])


def test_the_funnel_equals_that_of_an_undisturbed_run(state):
    compare("funnels", state.funnels[0], state.funnels[1])
    return "%d alerts" % sum(row[2] for row in state.funnels[1])


def test_each_alerts_verdict_is_that_of_an_undisturbed_run(state):
    compare("verdicts", *({(uid, verdict, bool(event)) for uid, verdict, event in held} for held in (state.held_undisturbed, state.held)))
    return str(dict(collections.Counter(verdict for _, verdict, _ in state.held)))


def test_the_funnel_counts_the_verdicts_that_history_holds(state):
    counted = collections.Counter(verdict for _, verdict, _ in state.held)
    funnel = collections.Counter()
    for row in state.funnels[1]:
        funnel.update(dict(row[6]))
    wrong = {code: (counted[code], funnel[code]) for code in funnel if counted[code] != funnel[code]}
    assert not wrong, "history, funnel: %s" % wrong
    alerts = sum(row[2] for row in state.funnels[1])
    assert sum(funnel.values()) + counted["pending"] == alerts, (funnel, counted, alerts)


def test_every_notice_is_mailed_and_only_at_least_once(state):
    run = state.disturbed
    assert not state.analyst.problems, state.analyst.problems[:3]
    sent, mails = state.analyst.sent, collections.Counter(state.mails)
    assert len(set(sent)) == len(sent) and (sent or sum(run.killed.values()) < 50), sent
    deaths = run.killed["courier"] + run.killed["keeper"] + run.killed["supervisor"]
    again = sum(mails.values()) - len(mails)
    assert len(mails) == len(sent), "%d notices, %d different mails" % (len(sent), len(mails))
    assert again <= deaths, "%d mails came again, after %d deaths" % (again, deaths)
    listed = run.ask("/v1/notices?limit=500")["notices"]
    assert {each["id"] for each in listed} == set(sent), (len(listed), len(sent))
    return "%d notices, %d mails, %d of them again with the same Message-ID" % (len(sent), sum(mails.values()), again)


def test_sensors_counted_every_alert_once(state):
    counts = []
    for run in (state.undisturbed, state.disturbed):
        counts.append({each["name"]: each["alerts"] for name, number in run.organisations.items()
                       for each in run.change("GET", "/v1/sensors?organisation=%d" % number, None)["sensors"]})
    compare("sensors' counts", sorted(counts[0].items()), sorted(counts[1].items()))


def test_a_standing_decision_counted_every_hit_once(state):
    hits = [[each["hits"] for each in run.ask("/v1/decisions")["decisions"]] for run in (state.undisturbed, state.disturbed)]
    decided = sum(verdict == "decision" for _, verdict, _ in state.held)
    assert hits[0] == hits[1] == [decided] and decided > 0, (hits, decided)
    return "%d hits" % decided


def test_the_log_says_what_was_done(state):
    said = [json.loads(each) for each in state.disturbed.centre.said().splitlines() if each.startswith("{")]
    words = collections.Counter(each["what"] for each in said)
    ended = collections.Counter(each["process"] for each in said if each["what"] == "a process ended")
    opened = [each for each in said if each["what"] == "the keeper goes on"]
    for name in ("front", "keeper", "courier"):
        assert ended[name] >= state.disturbed.killed[name] * 0.7, (name, ended)
    # One that is killed before it serves has nothing to tell yet.
    starts = state.disturbed.keeper_starts
    assert starts - state.disturbed.keeper_silent <= len(opened) <= starts, (len(opened), starts, state.disturbed.keeper_silent, words.most_common(20))
    replayed = sum(each["alerts_read_again"] for each in opened)
    errors = [each for each in said if each["level"] == "error" and each["what"] not in ("a process ended", "the supervisor is gone: stopping")]
    assert not errors, errors
    agent, told = state.disturbed.agent, state.disturbed.agent.said().count("the agent goes on")
    assert agent.starts - state.disturbed.agent_silent <= told <= agent.starts, (told, agent.starts, agent.said()[-2000:])
    return "%d starts of the keeper told, %d alerts read again; %d starts of the agent told" % (len(opened), replayed, told)


class State:
    pass


def campaign(options, state):
    dice = random.Random(options.seed)
    base = int(time.time()) // 86400 * 86400 - 60 * 86400
    # What the agent has not delivered while something was down must stay within the lateness bound.
    agent_step = int(200 * min(1, options.pace / 0.3))
    run = state.disturbed = Run(base, options.seed, options.pace, agent_step)
    analyst = state.analyst = Analyst(run)
    began = time.monotonic()
    run.feed()
    analyst.start()
    Killer(run, options.kills, dice).campaign()
    print("# %s kills in %.0f s: %s" % (sum(run.killed.values()), time.monotonic() - began, dict(run.killed)), flush=True)
    run.stopping = True
    run.wait_fed()
    analyst.ending = True
    analyst.join(60)
    run.close_feed()
    run.settle(len(run.acknowledged()))
    state.held = [each for name in run.organisations for each in run.alerts(name)]
    state.mails = wait_for(lambda: len(set(run.mails.got())) >= len(analyst.sent) and (run.mails.got(),), 90, "every mail")[0]

    steps = {"alpha": run.clients[0].steps, "beta": run.clients[2].steps, "gamma": run.files.steps}
    other = state.undisturbed = Run(base, options.seed, 0, agent_step, steps)
    other.feed()
    other.wait_fed()
    other.close_feed()
    other.settle(len(other.acknowledged()))
    state.held_undisturbed = [each for name in other.organisations for each in other.alerts(name)]
    late = wait_for(lambda: [other.late(), run.late()], 10, "the metrics")
    assert late == [0, 0], "alerts came beyond the lateness bound, the runs cannot be compared: %s" % late
    state.events, state.funnels = [each.events() for each in (other, run)], [each.funnel() for each in (other, run)]


def attempt(index, name, call):
    try:
        print("ok %d - %s%s" % (index, name, " # %s" % (call() or "") if call else ""), flush=True)
        return 0
    except Exception:
        print("not ok %d - %s" % (index, name), flush=True)
        for each in traceback.format_exc().splitlines():
            print("# " + each, flush=True)
        return 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50 if os.environ.get("NOROSHI_LONG") else 10)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("NOROSHI_SEED") or (random.SystemRandom().randrange(1 << 31) if os.environ.get("NOROSHI_LONG") else 1)))
    parser.add_argument("--pace", type=float, help="seconds between a client's steps; makes the feed as long as the kills")
    parser.add_argument("--keep", action="store_true", help="leave the folders")
    options = parser.parse_args()
    options.pace = options.pace or (0.3 if options.kills <= 20 else 0.8)
    print("# seed %d, %d kills of each of %s" % (options.seed, options.kills, ", ".join(PROCESSES)), flush=True)
    tests = [(name, value) for name, value in globals().items() if name.startswith("test_")]
    print("1..%d" % (len(tests) + 1), flush=True)
    state = State()
    failed = attempt(1, "a campaign of kills during ingest", lambda: campaign(options, state))
    if not failed:
        failed = sum(attempt(index, name, lambda: value(state)) for index, (name, value) in enumerate(tests, 2))
    for run in (getattr(state, "disturbed", None), getattr(state, "undisturbed", None)):
        if not run:
            continue
        if failed:
            print("# the end of the log:\n" + "\n".join("# " + each[:300] for each in run.centre.said().splitlines()[-25:]), flush=True)
        for process in (run.agent.process if hasattr(run, "agent") else None, run.centre.process, run.mails.process):
            if process and process.poll() is None:
                process.terminate()
                process.wait(60)
        if failed or options.keep:
            print("# left: " + run.centre.folder, flush=True)
        else:
            shutil.rmtree(run.centre.folder, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
