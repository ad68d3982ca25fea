#!/usr/bin/env python3
"""What a real sshd logs while hydra guesses at it in a namespace without a way out, and while people sign in: `noroshi authlog` finds the
guessing, the spraying and the sign-in behind it, and says nothing of the people. The texts are sshd's; it writes them to standard error,
so the head of each line (time, host, program) is made here.

usage: test_authlog_sshd.py NOROSHI [inside FOLDER]      (prints TAP)
"""
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = os.path.abspath(sys.argv[1])
NETNS = pathlib.Path(__file__).resolve().parents[1] / "lib" / "netns-run"
SERVER, SERVER6, ATTACKER, OFFICE = "198.18.0.2", "2001:db8::2", "198.18.0.1", "2001:db8::1"


class Server:
    """sshd in the other namespace, with keys and a configuration of its own."""

    def __init__(self, folder):
        self.folder, self.log = folder, pathlib.Path(folder, "auth.log")
        for name in ("host", "client"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{folder}/{name}"], check=True)
        shutil.copy(f"{folder}/client.pub", f"{folder}/authorized")
        pathlib.Path(folder, "sshd.conf").write_text(
            f"HostKey {folder}/host\nAuthorizedKeysFile {folder}/authorized\nPidFile none\nUsePAM no\nStrictModes no\n"
            f"PermitRootLogin yes\nPasswordAuthentication yes\nMaxStartups 100:30:200\nUseDNS no\nListenAddress {SERVER}:22\n"
            f"ListenAddress [{SERVER6}]:22\n")
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        self.process = subprocess.Popen(["nsenter", "-t", os.environ["NETNS_PEER"], "-n", "/usr/sbin/sshd", "-D", "-e", "-f",
                                         f"{folder}/sshd.conf"], stderr=subprocess.PIPE, text=True, errors="replace")
        threading.Thread(target=self.stamp, daemon=True).start()
        self.wait(lambda text: text.count("Server listening") >= 2, "sshd to listen")

    def stamp(self):
        with open(self.log, "a", encoding="utf-8") as to:
            for line in self.process.stderr:
                moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + "+00:00"
                to.write(f"{moment} server sshd: {line.rstrip()}\n")
                to.flush()

    def wait(self, condition, what, seconds=180):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
            if condition(text):
                return text
            time.sleep(0.1)
        raise AssertionError(f"not within {seconds} s: {what}; {text[-1500:]}")

    def found(self):
        done = subprocess.run([PROGRAM, "authlog", "--json", str(self.log)], capture_output=True, text=True, check=False)
        counts = json.loads(done.stderr.splitlines()[-1])
        return {(finding["finding"], finding.get("source")): finding for finding in map(json.loads, done.stdout.splitlines())}, counts

    def ssh(self, address, *options, password=None):
        words = ["ssh", "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
                 "-o", "ConnectTimeout=60", *options, f"root@{address}", "true"]
        environment = dict(os.environ)
        if password:
            asks = pathlib.Path(self.folder, "ask")
            asks.write_text(f"#!/bin/sh\necho {password}\n")
            asks.chmod(0o700)
            environment.update(SSH_ASKPASS=str(asks), SSH_ASKPASS_REQUIRE="force", DISPLAY=":none")
        return subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=180, check=False).returncode

    def sign_in(self, address):
        assert self.ssh(address, "-i", f"{self.folder}/client", "-o", "IdentitiesOnly=yes") == 0, self.log.read_text()[-1500:]

    def mistype(self, address):
        assert self.ssh(address, "-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1", password="wrong") != 0


def hydra(*words):
    subprocess.run(["hydra", "-I", "-q", *words, f"ssh://{SERVER}"], stdin=subprocess.DEVNULL, capture_output=True, timeout=400, check=False)


def inside(folder):
    seed = int(os.environ.get("NOROSHI_SEED", "1"))
    dice = random.Random(seed)
    words, users, tasks = dice.randrange(14, 30), dice.randrange(12, 20), dice.randrange(1, 5)
    print(f"# seed {seed}: {words} passwords, {users} accounts, {tasks} connections of hydra at a time")
    pathlib.Path(folder, "words").write_text("".join(f"guess-{i}\n" for i in range(words)))
    pathlib.Path(folder, "users").write_text("".join(f"name{i}\n" for i in range(users)))
    server = Server(folder)
    try:
        for _ in range(dice.randrange(2, 5)):
            server.sign_in(SERVER6)
            server.mistype(SERVER6)
        server.sign_in(SERVER6)
        server.wait(lambda text: text.count("Accepted publickey") >= 3, "sign-ins")
        found, counts = server.found()
        print(f"{'ok' if not found and counts['facts'] >= 5 else 'not ok'} 1 - people who sign in, and mistype: nothing {found} {counts}")
        hydra("-l", "root", "-P", f"{folder}/words", "-t", str(tasks))
        server.wait(lambda text: text.count(f"Failed password for root from {ATTACKER}") >= 10, "guesses")
        found, _ = server.found()
        print(f"{'ok' if set(found) == {('auth:guessing', ATTACKER)} else 'not ok'} 2 - hydra on one account: {list(found.values())}")
        hydra("-L", f"{folder}/users", "-p", "Spring2026", "-t", str(tasks))
        server.wait(lambda text: text.count("Failed password for invalid user name") >= 10, "spraying")
        server.sign_in(SERVER)
        server.wait(lambda text: f"Accepted publickey for root from {ATTACKER}" in text, "the sign-in behind it")
        found, counts = server.found()
        wanted = {("auth:guessing", ATTACKER), ("auth:spraying", ATTACKER), ("auth:compromise", ATTACKER)}
        print(f"{'ok' if set(found) == wanted else 'not ok'} 3 - many accounts, and a sign-in behind it: {list(found)} {counts}")
    finally:
        server.process.terminate()
        server.process.wait(60)


def main():
    if len(sys.argv) > 2:
        return inside(sys.argv[3])
    if os.geteuid() != 0 or not shutil.which("hydra") or not os.path.exists("/usr/sbin/sshd"):
        print("1..0 # SKIP needs root, sshd and hydra")
        return None
    made = not os.path.exists("/run/sshd")
    with tempfile.TemporaryDirectory(prefix="noroshi-sshd.") as folder:
        done = subprocess.run([str(NETNS), "--seconds", "800", sys.executable, __file__, PROGRAM, "inside", folder], capture_output=True,
                              text=True, check=False)
    if made and os.path.isdir("/run/sshd"):
        os.rmdir("/run/sshd")
    if done.returncode == 77:
        print("1..0 # SKIP " + done.stderr.strip())
        return None
    print("1..3")
    print(done.stdout, end="")
    for line in done.stderr.splitlines()[-12:]:
        print("# " + line)
    return None


if __name__ == "__main__":
    main()
