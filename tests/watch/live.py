"""What tests of live capture share: a namespace of their own, the sensor at work in it, frames."""
import ctypes
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

NETNS = Path(__file__).resolve().parent.parent / "lib/netns-run"
PATIENCE = 150  # seconds, for anything


def enter_namespace(seconds=900):
    """Begins this program again inside; its NETNS_PEER is the other end."""
    if "NETNS_PEER" not in os.environ:
        os.execv(NETNS, [str(NETNS), "--seconds", str(seconds), "--packets", "4000000", sys.executable, *sys.argv])


def peer(*command):
    return ["nsenter", "-t", os.environ["NETNS_PEER"], "-n", *map(str, command)]


def peer_socket(interface):
    """Of the other end's namespace: a thread of its own goes there to open it."""
    made = []

    def enter():
        libc = ctypes.CDLL(None, use_errno=True)
        with open(f"/proc/{os.environ['NETNS_PEER']}/ns/net", "rb") as namespace:
            if libc.setns(namespace.fileno(), 0x40000000) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        made.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
        made[0].bind((interface, 0))
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    return made[0]


def link(*words):
    subprocess.run(["ip", "link", *words], check=True)


def make_pair(name, up=True):
    """NAME0 and NAME1 in our own namespace, on which the kernel says nothing by itself."""
    link("add", f"{name}0", "type", "veth", "peer", "name", f"{name}1")
    for end in (f"{name}0", f"{name}1"):
        Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
        if up:
            link("set", end, "up")


def wait_for(condition, what):
    until = time.monotonic() + PATIENCE
    while not (result := condition()):
        if time.monotonic() > until:
            raise TimeoutError(what)
        time.sleep(0.02)
    return result


class Sensor:
    """`noroshi sensor -i`; its standard output and error go into files."""

    def __init__(self, noroshi, folder, *arguments, stdout=None):
        self.out, self.err = folder / "out", folder / "err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.child = subprocess.Popen([noroshi, "sensor", "--json", *map(str, arguments)], stdout=stdout or out, stderr=err, stdin=subprocess.DEVNULL)
        wait_for(lambda: self.child.poll() is not None or '"listening"' in self.log(), "listening")
        if self.child.poll() is not None:
            raise RuntimeError(self.log())

    def log(self):
        return self.err.read_text(encoding="utf-8", errors="replace")

    def reports(self):
        said = [line for path in (self.out, self.err) for line in path.read_bytes().split(b"\n")[:-1]]  # the last may be under way
        return [json.loads(line) for line in said if line.startswith(b'{"packets"')]

    def counts(self):
        before = len(self.reports())
        self.child.send_signal(signal.SIGUSR1)
        return wait_for(lambda: (self.reports() + [None])[before] if len(self.reports()) > before else None, "counters")

    def wait_until(self, condition, what):
        """Until the counters are so; they are what is given back."""
        last = {}

        def look():
            last.update(self.counts())
            return condition(last)
        try:
            wait_for(look, what)
        except TimeoutError as error:
            raise TimeoutError(f"{what}: {last}") from error
        return last

    def hup(self):
        self.child.send_signal(signal.SIGHUP)

    def stop(self):
        """The last counters."""
        self.child.terminate()
        status = self.child.wait(timeout=PATIENCE)
        if status != 0:
            raise RuntimeError(f"status {status}: {self.log()}")
        return self.reports()[-1]


# ── frames ──

MACS = bytes.fromhex("020000000002020000000001")


def ethernet(kind, body):
    return MACS + struct.pack(">H", kind) + body


def total(words):
    sums = sum(struct.unpack(f">{(len(words) + 1) // 2}H", words + b"\0" * (len(words) % 2)))
    while sums >> 16:
        sums = (sums & 0xFFFF) + (sums >> 16)
    return ~sums & 0xFFFF


def ipv4(source, target, protocol, body, more=0, offset=0, ident=0):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), ident, more << 13 | offset // 8, 64, protocol, 0, bytes(source), bytes(target))
    return head[:10] + struct.pack(">H", total(head)) + head[12:] + body


def ipv6(source, target, protocol, body):
    return struct.pack(">IHBB16s16s", 6 << 28, len(body), protocol, 64, bytes(source), bytes(target)) + body


def udp(source, target, body):
    return struct.pack(">HHHH", source, target, 8 + len(body), 0) + body


def tcp(ports, flags, numbers, body=b""):
    return struct.pack(">HHIIBBHHH", *ports, *numbers, 0x50, flags, 65535, 0, 0) + body


def dns_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def dns(name, number=1, answers=()):
    """A query, or with answers (type, data) a response."""
    head = struct.pack(">HHHHHH", number, 0x8180 if answers else 0x0100, 1, len(answers), 0, 0)
    body = dns_name(name) + struct.pack(">HH", answers[0][0] if answers else 1, 1)
    return head + body + b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data for kind, data in answers)


def pcap(frames):
    """The frames (of Ethernet) a millisecond apart."""
    parts = [struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)]
    for i, frame in enumerate(frames):
        parts += struct.pack("<IIII", 1_700_000_000 + i // 1000, i % 1000 * 1000, len(frame), len(frame)), frame
    return b"".join(parts)


def records(path):
    """Every line must be whole: the last may be under way when it is looked at, and then comes to its end."""
    seen = []

    def whole():
        seen.append(path.read_bytes() if path.exists() else b"")
        return not seen[-1] or seen[-1].endswith(b"\n")
    wait_for(whole, f"the end of the last line of {path}")
    return [json.loads(line) for line in seen[-1].splitlines()]


LEFT_OUT = ("timestamp", "flow_id", "in_iface", "pcap_filename", "pcap_cnt", "host")


def without_time(record):
    """What is the same whenever the packets came, and however long somebody waited until the end."""
    kept = {name: value for name, value in record.items() if name not in LEFT_OUT}
    if "flow" in kept:
        kept["flow"] = {name: value for name, value in kept["flow"].items() if name not in ("start", "end", "age")}
        if kept["flow"].get("reason") in ("timeout", "shutdown"):
            del kept["flow"]["reason"]
    return json.dumps(kept, sort_keys=True)
