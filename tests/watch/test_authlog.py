#!/usr/bin/env python3
"""`noroshi authlog` over generated logs: three weeks of an office with attacks mixed in, all parameters drawn anew. Prints which attacks
were found, and whatever else was said.

usage: test_authlog.py NOROSHI [SEED]      NOROSHI_LONG=1 draws 200 mixes instead of 12
"""
import calendar
import collections
import json
import os
import random
import subprocess
import sys
import tempfile
import time

PROGRAM = sys.argv[1]
BEGIN = calendar.timegm((2026, 10, 1, 0, 0, 0))
DAY, HOUR = 86400, 3600
DAYS, LEARNED = 21, 7
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def stamp(at):
    moment = time.gmtime(at)
    return f"{MONTHS[moment.tm_mon - 1]} {moment.tm_mday:2d} {moment.tm_hour:02d}:{moment.tm_min:02d}:{moment.tm_sec:02d}"


class Mix:
    """Lines with their times; the attacks in it as (kind, host, account, source) that must be found, None = whatever."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.lines, self.attacks, self.side, self.process = [], [], [], 1000
        self.hosts = [f"srv{i}" for i in range(self.dice.randrange(3, 7))]
        self.targets = self.hosts[:-1]  # the last one falls silent
        self.accounts = {f"user{i}": [f"10.{i}.1.{self.dice.randrange(1, 250)}", f"192.0.2.{self.dice.randrange(1, 250)}"]
                         for i in range(self.dice.randrange(6, 15))}
        self.boots = {host: sorted(self.dice.uniform(1, DAYS) * DAY + BEGIN for _ in range(2)) for host in self.hosts}
        self.numbered, self.cut = [], None

    def say(self, at, host, program, text, process=True):
        tag = f"{program}[{self.process}]" if process else program
        self.lines.append((at, f"{stamp(at)} {host} {tag}: {text}"))

    def next_process(self):
        self.process += 1

    def failed(self, at, host, account, source, unknown=False):
        port = self.dice.randrange(1024, 65536)
        if unknown:
            self.say(at, host, "sshd", f"Invalid user {account} from {source} port {port}")
        word = "invalid user " if unknown else ""
        self.say(at, host, "sshd", f"Failed password for {word}{account} from {source} port {port} ssh2")

    def accepted(self, at, host, account, source):
        self.next_process()
        self.say(at, host, "sshd", f"Accepted password for {account} from {source} port {self.dice.randrange(1024, 65536)} ssh2")

    def session(self, at, host, account, source, length, sudo=0, mistakes=0):
        for i in range(mistakes):
            self.failed(at - 20 * (mistakes - i), host, account, source)
        self.accepted(at, host, account, source)
        boots = [boot for boot in self.boots[host] if at < boot < at + length]
        process, end = self.process, min([at + length, *boots])
        self.say(at, host, "sshd", f"pam_unix(sshd:session): session opened for user {account}(uid=1001) by (uid=0)")
        for _ in range(sudo):
            self.sudo(self.dice.uniform(at, end), host, account, "/usr/bin/apt update")
        if boots:
            return  # the machine went down under it
        self.lines.append((end, f"{stamp(end)} {host} sshd[{process}]: pam_unix(sshd:session): session closed for user {account}"))

    def sudo(self, at, host, account, command):
        self.say(at, host, "sudo", f"   {account} : TTY=pts/{self.dice.randrange(9)} ; PWD=/home/{account} ; USER=root ; "
                                   f"COMMAND={command}", False)
        self.say(at, host, "sudo", f"pam_unix(sudo:session): session opened for user root(uid=0) by {account}(uid=1001)", False)
        self.say(at, host, "sudo", "pam_unix(sudo:session): session closed for user root", False)

    def office(self):
        dice = self.dice
        for day in range(DAYS):
            midnight = BEGIN + day * DAY
            for host in self.hosts:
                for hour in range(24):
                    at = midnight + hour * HOUR + 17 * 60
                    self.next_process()
                    self.say(at, host, "CRON", "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)")
                    self.say(at + 1, host, "CRON", "pam_unix(cron:session): session closed for user root")
            for account, places in self.accounts.items():  # everybody is everywhere, from both places, in the first week
                visits = [(host, place) for host in self.hosts for place in places] if day == 2 else [
                    (dice.choice(self.hosts), dice.choice(places)) for _ in range(dice.randrange(4))]
                for host, place in visits:
                    self.session(midnight + dice.uniform(8, 19) * HOUR, host, account, place, dice.uniform(60, 3 * HOUR),
                                 1 if day == 2 else dice.choice([0, 0, 1, 3]), dice.choice([0] * 8 + [1, 2, 4]))
            for _ in range(dice.randrange(8)):  # what every address of the Internet sees
                source = f"203.0.113.{dice.randrange(1, 250)}"
                for _ in range(dice.randrange(1, 3)):
                    self.next_process()
                    self.failed(midnight + dice.uniform(0, DAY), dice.choice(self.hosts), dice.choice(["root", "admin", "test"]), source,
                                True)
        for host, boots in self.boots.items():
            for boot in boots:
                self.say(boot, host, "systemd-logind", "New seat seat0.")
                self.say(boot + 2, host, "sshd", "Server listening on 0.0.0.0 port 22.")

    def moment(self, room=DAY):
        return BEGIN + self.dice.uniform(LEARNED + 2, DAYS - 1) * DAY - room / 2

    def expect(self, kind, host=None, account=None, source=None):
        self.attacks.append((kind, host, account, source))

    def attack_guessing(self):
        host, source, at = self.dice.choice(self.targets), "198.18.1.1", self.moment(HOUR)
        for i in range(self.dice.randrange(12, 200)):
            if i % 3 == 0:
                self.next_process()
            self.failed(at, host, "root", source)
            at += self.dice.uniform(0.5, 20)
        self.expect("auth:guessing", None, None, source)
        if self.dice.random() < 0.5:
            self.accepted(at + 5, host, "root", source)
            self.expect("auth:compromise", host, "root", source)
            self.side.append(source)

    def attack_slow(self):
        source, at = "2001:db8:1::", self.moment()
        for _ in range(self.dice.randrange(75, 150)):
            self.next_process()
            self.failed(at, self.dice.choice(self.targets), "root", source + str(self.dice.randrange(1, 99)))
            at += self.dice.uniform(300, 1000)
        self.expect("auth:guessing", None, None, source)

    def attack_spray(self):
        source, at = "198.18.1.3", self.moment(HOUR)
        for i in range(self.dice.randrange(12, 40)):
            self.next_process()
            self.failed(at, self.dice.choice(self.targets), f"name{i}", source, self.dice.random() < 0.7)
            at += self.dice.uniform(1, 40)
        self.expect("auth:spraying", None, None, source)
        self.side.append(source)

    def attack_distributed(self, many, last, net):
        account, at = self.dice.choice(list(self.accounts)), self.moment(last)
        for i in range(many):
            for _ in range(self.dice.randrange(1, 3)):
                self.next_process()
                self.failed(at + self.dice.uniform(0, last), self.dice.choice(self.targets), account, f"{net}.{i // 200}.{i % 200 + 1}")
        self.expect("auth:distributed", None, account, None)

    def attack_few(self):
        account, host, source, at = self.dice.choice(list(self.accounts)), self.dice.choice(self.targets), "198.18.1.6", self.moment()
        for _ in range(self.dice.randrange(5, 9)):
            self.next_process()
            self.failed(at, host, account, source)
            at += self.dice.uniform(30, 200)
        self.accepted(at, host, account, source)
        self.expect("auth:compromise", host, account, source)
        self.side.append(source)

    def attack_first(self):
        account, host = self.dice.choice(list(self.accounts)), self.dice.choice(self.targets)
        self.session(self.moment(), host, account, "198.18.7.7", 50)
        self.side.append("198.18.7.7")  # perhaps many sources are guessing at the same account
        self.expect("auth:first-access", host, account, "198.18.7.7")
        self.session(self.moment(), host, "newcomer", "10.1.1.9", 50)
        self.expect("auth:first-access", host, "newcomer", "10.1.1.9")

    def attack_order(self):
        host, at = self.dice.choice(self.targets), self.moment()
        self.next_process()
        self.say(at, host, "sshd", "pam_unix(sshd:session): session closed for user ghost")
        self.expect("auth:never-opened", host, "ghost", None)
        self.say(at + 60, host, "sshd", "pam_unix(sshd:session): session closed for user ghost")
        self.expect("auth:closed-again", host, "ghost", None)
        self.sudo(self.moment(), host, "www-data", "/bin/sh")
        self.expect("auth:no-session", host, "www-data", None)
        self.side.append("www-data")

    def attack_log(self):
        host, at = self.dice.choice(self.targets), self.moment()
        account = self.dice.choice(list(self.accounts))
        command = self.dice.choice(["/usr/bin/truncate -s 0 /var/log/auth.log", "/usr/bin/rm /var/log/auth.log",
                                    "/usr/bin/systemctl stop rsyslog", "/usr/bin/journalctl --vacuum-time=1s",
                                    "/usr/bin/sh -c ': > /var/log/wtmp'", "/usr/bin/shred -u /var/log/secure"])
        self.session(at, host, account, self.accounts[account][0], 100)
        self.sudo(at + 50, host, account, command)
        self.expect("auth:log-cleared", host, account, None)
        back = self.dice.uniform(300, 3000)
        self.lines.append((at + 51, f"{stamp(at + 51 - back)} {host} kernel: inserted"))
        self.expect("auth:time-backwards", host, None, None)

    def attack_silence(self):
        """Somebody takes hours out of a log: sessions that began in them end without a beginning."""
        host, length, at = self.hosts[-1], self.dice.uniform(5, 12) * HOUR, self.moment()
        while any(at - HOUR < boot < at + length + HOUR for boot in self.boots[host]):
            at = self.moment()
        self.lines = [line for line in self.lines if not (at < line[0] < at + length and line[1].split()[3] == host)]
        self.expect("auth:silence", host)
        self.cut = host

    def attack_missing(self):
        number, at = 0, BEGIN
        skipped = self.dice.randrange(100, 200)
        for i in range(300):
            number += self.dice.randrange(2, 40) if i == skipped else 1
            at += 600
            moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
            self.numbered.append(f'<86>1 {moment} fw1 app 1 - [meta sequenceId="{number}"] tick')
        self.expect("auth:missing", "fw1", None, None)

    def attack(self):
        self.attack_silence()  # first: it takes lines of the office away
        self.attack_guessing()
        self.attack_slow()
        self.attack_spray()
        self.attack_distributed(self.dice.randrange(25, 60), 45 * 60, "198.19")
        self.attack_distributed(self.dice.randrange(50, 90), 20 * HOUR, "100.64")
        self.attack_few()
        self.attack_first()
        self.attack_order()
        self.attack_log()
        self.attack_missing()

    def write(self, folder):
        self.lines.sort(key=lambda line: line[0])
        paths = [os.path.join(folder, "auth.log"), os.path.join(folder, "numbered.log")]
        for path, lines in zip(paths, [[line for _, line in self.lines], self.numbered]):
            with open(path, "w", encoding="utf-8") as to:
                to.write("".join(line + "\n" for line in lines))
            os.utime(path, (BEGIN + DAYS * DAY, BEGIN + DAYS * DAY))
        return [path for path in paths if os.path.getsize(path)]


def run(*arguments):
    done = subprocess.run([PROGRAM, "authlog", *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in (0, 1), done
    return [json.loads(line) for line in done.stdout.splitlines()], json.loads(done.stderr.splitlines()[-1])


def belongs(attack, finding):
    kind, host, account, source = attack
    return (finding["finding"] == kind and host in (None, finding.get("host")) and account in (None, finding.get("account"))
            and (source is None or finding.get("source", "").startswith(source)))


def judge(mix, found, table):
    for attack in mix.attacks:
        hit = any(belongs(attack, finding) for finding in found)
        table[attack[0]]["hits" if hit else "misses"] += 1
        if not hit:
            print(f"# missed: {attack}")
    for finding in found:
        beside = any(name in (finding.get("source"), finding.get("account")) for name in mix.side) or (
            finding["host"] == mix.cut and finding["finding"] in ("auth:never-opened", "auth:no-session"))
        if not beside and not any(belongs(attack, finding) for attack in mix.attacks):
            table[finding["finding"]]["false"] += 1
            print(f"# false: {finding}")


def check_learned(folder):
    """What one run learned the next one knows."""
    first, second, kept = (os.path.join(folder, name) for name in ("1.log", "2.log", "learned"))
    mix = Mix(1)
    mix.session(BEGIN, "srv0", "user0", "192.0.2.1", 60)
    mix.session(BEGIN + 8 * DAY, "srv0", "user0", "192.0.2.2", 60)
    with open(first, "w", encoding="utf-8") as to:
        to.write("".join(line + "\n" for _, line in sorted(mix.lines)))
    mix.lines = []
    mix.session(BEGIN + 9 * DAY, "srv0", "user0", "192.0.2.9", 60)
    mix.session(BEGIN + 9 * DAY, "srv0", "user0", "198.18.3.9", 60)
    with open(second, "w", encoding="utf-8") as to:
        to.write("".join(line + "\n" for _, line in mix.lines))
    for path in (first, second):
        os.utime(path, (BEGIN + 10 * DAY, BEGIN + 10 * DAY))
    assert run("--json", "--learned", kept, first)[0] == []
    found = run("--json", "--learned", kept, second)[0]
    assert [finding["source"] for finding in found] == ["198.18.3.9"], found
    assert run("--json", second)[0] == [], "without what was learned nothing is usual yet"
    with open(kept, "r+b") as damaged:
        damaged.seek(20)
        damaged.write(b"\xff")
    done = subprocess.run([PROGRAM, "authlog", "--learned", kept, first], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "damaged" in done.stderr, done


def main():
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(os.environ.get("NOROSHI_SEED", "1"))
    rounds = 1 if len(sys.argv) > 2 else 200 if os.environ.get("NOROSHI_LONG") else 12
    table = collections.defaultdict(lambda: {"hits": 0, "misses": 0, "false": 0})
    benign, host_days, lines = 0, 0, 0
    with tempfile.TemporaryDirectory(prefix="noroshi-authlog.") as folder:
        check_learned(folder)
        for number in range(seed, seed + rounds):
            mix = Mix(number)
            mix.office()
            found, _ = run("--json", *mix.write(folder))
            benign += len(found)
            host_days += DAYS * len(mix.hosts)
            for finding in found:
                print(f"# of an office without attacks (seed {number}): {finding}")
            mix.attack()
            found, counts = run("--json", *mix.write(folder))
            assert counts["malformed"] == 0 and counts["forgotten"] == 0, counts
            lines += counts["messages"]
            print(f"# seed {number}")
            judge(mix, found, table)
    print(f"# {rounds} mixes of {DAYS} days, {host_days} days of a host, {lines} lines; alarms without an attack: {benign}")
    print(f"# {'finding':24} {'hits':>6} {'misses':>6} {'false':>6}")
    for kind, row in sorted(table.items()):
        print(f"# {kind:24} {row['hits']:6} {row['misses']:6} {row['false']:6}")
    misses = sum(row["misses"] for row in table.values())
    false = sum(row["false"] for row in table.values())
    attacks = misses + sum(row["hits"] for row in table.values())
    print("1..2")
    print(f"{'ok' if misses <= attacks * 0.02 else 'not ok'} 1 - at most 2 of 100 attacks are missed ({misses} of {attacks})")
    print(f"{'ok' if benign + false <= host_days / 100 else 'not ok'} 2 - at most one false alarm in a hundred days of a host "
          f"({benign + false} in {2 * host_days})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
