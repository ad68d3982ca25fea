"""What the kill campaign sends: the same alerts for the same seed, and the clients that send them until they are acknowledged.

Three organisations. alpha and beta each have two programs that post batches (EVE, and CSV of our own), step by step together, so
that the time in the alerts goes on at the same pace in both. gamma has `noroshi agent`, which follows two files that grow and are
rotated. Every line has a mark of its own (uid=…). Every few steps an intrusion happens; the rest is what recurs.
"""
import json
import os
import random
import socket
import subprocess
import threading
import time

from center import NOROSHI

LINES = 40  # in one step of one client
STEP = 30 * 60  # seconds in the alerts
AGENT_LINES = 20  # in one step of each of the agent's files
ATTACK_EVERY = 10 * STEP  # further apart than what joins two attempts into one event
CLIENTS = [("alpha", "eve"), ("alpha", "csv"), ("beta", "eve"), ("beta", "csv")]
ROUTINE = [("ET POLICY package update over HTTP", "Not Suspicious Traffic", 3, 2013504),
           ("ET INFO dynamic name service queried", "Potentially Bad Traffic", 3, 2013505),
           ("ET SCAN suspicious inbound to port 1433", "Potentially Bad Traffic", 2, 2010935)]
INTRUSION = [("ET SCAN Nmap Scripting Engine User-Agent Detected", "Web Application Attack", 2, 2009358),
             ("ET EXPLOIT Apache log4j RCE Attempt (CVE-2021-44228)", "Attempted Administrator Privilege Gain", 1, 2034647),
             ("ET WEB_SERVER Webshell Response Observed", "Successful Administrator Privilege Gain", 1, 2036752),
             ("ET MALWARE Cobalt Strike Beacon Command and Control Activity", "Malware Command and Control Activity Detected", 1,
              2033713)]
CSV_HEADER = "time,detector,signature,signature_id,category,severity,source,target,host,id"


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(int(seconds))) + ".%06d+0000" % (seconds % 1 * 1000000)


def line(form, seconds, what, source, host, uid):
    signature, category, severity, number = what
    if form == "csv":
        return ",".join((stamp(seconds), "suricata", '"%s"' % signature, str(number), category, str(severity), source, "198.51.100.10",
                         host, "uid=" + uid))
    return json.dumps({"timestamp": stamp(seconds), "event_type": "alert", "host": host, "src_ip": source, "src_port": 40000,
                       "dest_ip": "198.51.100.10", "dest_port": 443, "proto": "TCP", "in_iface": "uid=" + uid,
                       "alert": {"action": "allowed", "gid": 1, "signature_id": number, "rev": 1, "signature": signature,
                                 "category": category, "severity": severity}})


def step_lines(base, organisation, form, step, count=LINES, length=STEP):
    """The lines of one step, and their marks."""
    lines, marks = [], []
    every = ATTACK_EVERY // length
    attack = step % every == every - 1
    for i in range(count):
        at = base + step * length + i * length / count + (0.01 if form == "csv" else 0)
        uid = "%s-%s-%d-%d" % (organisation, form, step, i)
        if attack and form == "eve" and i < 12:
            number = step // every
            lines.append(line(form, at, INTRUSION[i // 3], "192.0.2.%d" % (1 + number % 250), "%s-web%d" % (organisation, number), uid))
        else:
            lines.append(line(form, at, ROUTINE[i % 3], "203.0.113.%d" % (1 + i % 5), "%s-host%d" % (organisation, i % 4), uid))
        marks.append(uid)
    return lines, marks


class Pair(threading.Thread):
    """One posting client of an organisation that has two; `meet` keeps the two in step."""

    def __init__(self, run, organisation, form, meet, token):
        super().__init__(daemon=True)
        self.run_of, self.organisation, self.form, self.meet, self.token = run, organisation, form, meet, token
        self.acknowledged, self.steps, self.problems = [], 0, []
        self.answers = {"repeated": 0, "refused": 0, "broken": 0, "unread": 0, "half": 0}

    def body(self, step):
        lines, marks = step_lines(self.run_of.base, self.organisation, self.form, step)
        if self.form == "csv":
            lines.insert(0, CSV_HEADER)
        return "".join(each + "\n" for each in lines).encode(), marks

    def misbehave(self, body, name, chance):
        """Goes away in the middle of the body, or before the answer."""
        kind = "half" if chance < 0.05 else "unread"
        head = "POST /v1/alerts?batch=%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n" \
               "Content-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n" % (name, self.run_of.centre.port, self.token, len(body))
        try:
            with socket.create_connection(("127.0.0.1", self.run_of.centre.port), 10) as to:
                to.sendall(head.encode() + (body[:len(body) // 2] if kind == "half" else body))
                time.sleep(0.02)
        except OSError:
            pass
        self.answers[kind] += 1

    def send(self, step, dice):
        body, marks = self.body(step)
        name = "%s-%s-%d" % (self.organisation, self.form, step)
        chance = dice.random()
        if self.run_of.disturbed and chance < 0.12:
            self.misbehave(body, name, chance)
        while True:
            try:
                status, headers, answer = self.run_of.centre.post(self.token, body, batch=name)
            except Exception:  # refused, broken off, or half an answer: send it again
                self.answers["broken"] += 1
                time.sleep(0.05)
                continue
            if status == 200:
                if answer["alerts"] != len(marks) or answer["malformed"]:
                    self.problems.append((name, answer))
                self.answers["repeated"] += answer["repeated"]
                self.acknowledged += marks
                return
            self.answers["refused"] += 1
            if status not in (429, 503) or not headers.get("Retry-After"):
                self.problems.append((name, status, answer))
                return
            time.sleep(0.05)

    def run(self):
        dice = random.Random("%s %s %s" % (self.run_of.seed, self.organisation, self.form))
        while not self.run_of.enough(self.organisation, self.steps):
            self.send(self.steps, dice)
            self.steps += 1
            if self.run_of.pace:
                time.sleep(self.run_of.pace * dice.uniform(0.5, 1.5))
            self.meet.wait(600)


class Files(threading.Thread):
    """Writes gamma's two files and rotates them, as detectors and logrotate do."""

    def __init__(self, run, folder):
        super().__init__(daemon=True)
        self.run_of, self.folder, self.marks, self.steps, self.rotations = run, folder, [], 0, 0
        os.makedirs(folder, exist_ok=True)

    def path(self, form):
        return os.path.join(self.folder, "eve.json" if form == "eve" else "alerts.csv")

    def append(self, form, lines):
        path = self.path(form)
        if form == "csv" and not os.path.exists(path):
            lines = [CSV_HEADER] + lines
        data = "".join(each + "\n" for each in lines).encode()
        cut = len(data) // 3  # a detector flushes in the middle of a line
        with open(path, "ab") as to:
            for part in (data[:cut], data[cut:]):
                to.write(part)
                to.flush()

    def rotate(self, form):
        self.rotations += 1
        os.rename(self.path(form), "%s.%d" % (self.path(form), self.rotations))

    def run(self):
        dice = random.Random("%s files" % self.run_of.seed)
        while not self.run_of.enough("gamma", self.steps):
            for form in ("eve", "csv"):
                lines, marks = step_lines(self.run_of.base, "gamma", form, self.steps, AGENT_LINES, self.run_of.agent_step)
                self.append(form, lines)
                self.marks += marks
                if dice.random() < 0.04:
                    self.rotate(form)
            self.steps += 1
            # Never so fast that the agent falls behind by more than the lateness bound.
            time.sleep(self.run_of.pace * dice.uniform(0.5, 1.5) if self.run_of.pace else 0.08)


class Agent:
    """`noroshi agent` that follows gamma's files."""

    def __init__(self, centre, folder, token):
        self.config, self.log_path = os.path.join(folder, "agent.conf"), os.path.join(folder, "agent.log")
        self.state, self.starts = os.path.join(folder, "agent-state"), 0
        token_file = os.path.join(folder, "agent.token")
        with open(os.open(token_file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as to:
            to.write(token + "\n")
        with open(self.config, "w") as to:
            to.write('agent = { server = "http://127.0.0.1:%d"; token_file = "%s"; state = "%s"; scan_every = "0.3 s"; retry_most = "1 s"; '
                     'linger = "5 s"; files = ( "%s/files/eve.json*", "%s/files/alerts.csv*" ); };'
                     % (centre.port, token_file, self.state, folder, folder))
        self.start()

    def start(self):
        self.starts += 1
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([NOROSHI, "agent", "--config", self.config], stdout=subprocess.DEVNULL, stderr=log)

    def status(self):
        done = subprocess.run([NOROSHI, "agent", "--status", "--state", self.state], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout else {}

    def said(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(120)
