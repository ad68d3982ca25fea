"""A network of many hosts inside the namespace of tests/lib/netns-run: each host is a network namespace with one interface, all of them
meet in a router, and what the router receives is captured once. Addresses are of 198.18.0.0/15 and 2001:db8::/32 only; what belongs to
nobody is dropped by the router, or refused.

What hosts do is noted with the time at which they did it, so that the capture can be put into a day (lab_time.py).
"""
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

INSIDE = ("198.18.0.0/16", "2001:db8:18::/48")  # the member's own
OUTSIDE = ("198.19.0.0/16", "2001:db8:19::/48")
ROUTER_MAC = "02:00:00:00:00:01"
HOUR, DAY = 3600, 86400
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}


def command(*words):
    subprocess.run(words, check=True, **QUIET)


def addresses(number, inside):
    """Inside is one network; outside each host has an IPv6 /64 of its own."""
    return f"198.{18 if inside else 19}.{number >> 8}.{number & 255}", f"2001:db8:18::{number:x}" if inside else f"2001:db8:19:{number:x}::1"


class Host:
    """`number` makes its addresses: 300 is 198.18.1.44 inside, 198.19.1.44 outside."""

    def __init__(self, lab, name, number, inside):
        self.lab, self.name = lab, name
        self.four, self.six = addresses(number, inside)
        self.process = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], **QUIET)
        mine = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self.process.pid}/ns/net") == mine:
            time.sleep(0.01)
        wire = f"h{number + 65536 * (not inside)}"
        command("ip", "link", "add", wire, "address", ROUTER_MAC, "type", "veth", "peer", "name", "eth0", "netns", str(self.process.pid))
        self.batch([], [f"link set {wire} up", f"address add fe80::1/64 dev {wire} nodad", f"route add {self.four}/32 dev {wire}", f"route add {self.six}/128 dev {wire}"])
        self.batch(self.enter(), ["link set lo up", "link set eth0 up", f"address add {self.four}/32 dev eth0", f"address add {self.six}/128 dev eth0 nodad",
                                  "route add 198.18.0.1/32 dev eth0", f"route add 198.18.0.0/15 via 198.18.0.1 src {self.four}",
                                  f"route add 2001:db8::/32 via fe80::1 dev eth0 src {self.six}"])
        self.wire = wire

    @staticmethod
    def batch(enter, lines):
        subprocess.run([*enter, "ip", "-batch", "-"], input="\n".join(lines), text=True, check=True, stdout=subprocess.DEVNULL)

    def enter(self):
        return ["nsenter", "-t", str(self.process.pid), "-n"]

    def also(self, numbers):
        """Further addresses of a host outside."""
        mine, router = [], []
        for n in numbers:
            four, six = addresses(n, False)
            mine += [f"address add {four}/32 dev eth0", f"address add {six}/128 dev eth0 nodad"]
            router += [f"route add {four}/32 dev {self.wire}", f"route add {six}/128 dev {self.wire}"]
        self.batch(self.enter(), mine)
        self.batch([], router)

    def address(self, family):
        return self.four if family == 4 else self.six

    def run(self, *words, limit=60, more=None):
        """A command of the host's, to its end or its limit of seconds; its output."""
        done = subprocess.run([*self.enter(), "timeout", "-k", "1", str(limit), *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                              check=False, **(more or {}))
        with open(self.lab.folder / "commands.log", "a", encoding="utf-8") as log:
            log.write(f"{self.name}: {' '.join(map(str, words))[:300]} → {done.returncode} {(done.stderr or done.stdout).strip()[-200:]!r}\n")
        return done

    def listens(self, tcp=(), udp=(), limit=120):
        """Waits until something does at all of these ports; whether it does."""
        until = time.monotonic() + limit
        while True:
            found = {"tcp": set(), "udp": set()}
            for kind in ("tcp", "tcp6", "udp", "udp6"):
                for row in Path(f"/proc/{self.process.pid}/net/{kind}").read_text(encoding="ascii").splitlines()[1:]:
                    address, state = row.split()[1], row.split()[3]
                    if kind.startswith("udp") or state == "0A":
                        found[kind[:3]].add(int(address.rpartition(":")[2], 16))
            if found["tcp"] >= set(tcp) and found["udp"] >= set(udp):
                return True
            if time.monotonic() > until:
                return False
            time.sleep(0.05)

    def start(self, *words, more=None):
        """A command that goes on until the lab ends."""
        process = subprocess.Popen([*self.enter(), *map(str, words)], **{**QUIET, **(more or {})})
        self.lab.started.append(process)
        return process


class Lab:
    def __init__(self, folder, refuses):
        """`refuses`: of addresses that nobody has the router says so; else it says nothing."""
        self.folder, self.started, self.acts = Path(folder), [], []
        command("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv6.conf.default.accept_dad=0")
        command("ip", "address", "flush", "dev", "pair0")
        command("ip", "address", "add", "198.18.0.1/32", "dev", "pair0")
        kind = "unreachable" if refuses else "blackhole"
        for prefix in ("198.18.0.0/15", "2001:db8::/32"):
            command("ip", "route", "replace", kind, prefix)
        self.capturing = None

    def host(self, name, number, inside=True):
        return Host(self, name, number, inside)

    def capture(self, path):
        # only what comes in at an interface: each packet once; before all else, so that a busy machine loses none
        self.capturing = subprocess.Popen(["nice", "-n", "-15", "tcpdump", "-Z", "root", "-i", "any", "-Q", "in", "-s", "0", "-B", "262144", "-w", str(path), "ip", "or", "ip6"],
                                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        line = self.capturing.stderr.readline()
        while "listening" not in line:
            assert line, "tcpdump does not capture"
            line = self.capturing.stderr.readline()

    def capture_end(self):
        """Packets that were lost."""
        time.sleep(2.5)  # longer than packets wait in tcpdump's ring
        self.capturing.send_signal(signal.SIGTERM)
        said = self.capturing.communicate(timeout=120)[1]
        return next(int(line.split()[0]) for line in said.splitlines() if "dropped by kernel" in line)

    def end(self):
        for process in self.started:
            process.terminate()

    def act(self, host, name, place, do, expected=(), relayed=None, **more):
        """do() is something that this host does, and `place` when it happens in the day (lab_time.py). `expected`: what is to be found with
        the host as its source; `relayed`: (address, address) whose flows belong to it too."""
        begin = time.time()
        do()
        self.acts.append({"host": host.name, "addresses": [host.four, host.six], "name": name, "begin": begin, "end": time.time(), "place": place,
                          "expected": sorted(expected), "relayed": relayed, **more})


def need(*tools):
    return [tool for tool in tools if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin")]
