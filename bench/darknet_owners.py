"""A source appears in a telescope: how soon its owner sees the alert, with 10,000 members of 1 M prefixes; and how many look-ups a second that is.

A telescope's lines ("a source appeared", docs/formats/darknet-lines.md) are appended to a file at 1,000 a second for a minute, one in ten about an
address of a member; a real agent follows the file and ships to a real centre over TLS. One line a half second is about a new address of one member,
who asks for its newest alerts without a pause: from the appending of the line until the answer that has it (`alert`), and until a bulletin (`told`,
for the first one). `territory`: look-ups on one core among as many prefixes (tests/match/speed_territory.c), beside the frozen walker of packets
(bench/limits/pcap_walk.c: which only goes from packet to packet) and `noroshi darknet` over the same packets, in the same run.
"""
import contextlib
import http.client
import ipaddress
import json
import os
import random
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import uuid

from loaded import LoadedCentre, need_disk, say
from measure import PROGRAM, TOP, compile_limit

MEMBERS, RATE, MEMBER_SHARE, PROBE_EVERY = 10_000, 1_000, 10, 0.5
LENGTHS = (24, 24, 24, 26, 27, 28, 28, 29, 32, 32)
GOAL, GOAL_RATE = 5.0, 6_000_000


def prefixes_of(count, dice):
    """distinct (network, length); none where the probed member's own lie, none private"""
    found = set()
    while len(found) < count:
        length = dice.choice(LENGTHS)
        network = dice.randrange(20 << 24, 120 << 24) >> (32 - length) << (32 - length)
        if network >> 22 != (100 << 24 | 64 << 16) >> 22:  # RFC 6598
            found.add((network, length))
    return list(found)


def fill(store, prefixes, dice):
    """as `noroshi` itself would write them; one by one through the API they would take an hour"""
    with contextlib.closing(sqlite3.connect(store, timeout=120)) as database:
        first = database.execute("SELECT max(number) FROM organisation").fetchone()[0] + 1
        database.executemany(
            "INSERT INTO organisation (number, id, name, title_ja, title_en, sector, parent, language, contact1_name, contact1_mail, contact2_name,"
            " contact2_mail, quota, active, version) VALUES (?, ?, ?, '', ?, '', NULL, 0, '', '', '', '', 0, 1, 1)",
            ((first + i, uuid.uuid4().bytes, f"member-{i}", f"Member {i}") for i in range(MEMBERS)))
        database.executemany(
            "INSERT INTO space (organisation, address, length, domain, valid_from, valid_to) VALUES (?, ?, ?, '', 1, 0)",
            ((first + dice.randrange(MEMBERS), b"\0" * 10 + b"\xff\xff" + network.to_bytes(4, "big"), 96 + length) for network, length in prefixes))
        database.commit()


def line(source, second, worm=False):
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)) + ".%06d+0000" % (second % 1 * 1e6)
    what = {"what": "source", "kind": "probe", "port": "23/tcp", "tool": "mirai", "research": False, "again": False, "packets": 1, "targets": 1,
            "addresses": 65536, **({"worm": "mirai"} if worm else {})}
    return json.dumps({"timestamp": stamp, "event_type": "alert", "src_ip": source, "dest_port": 23, "proto": "TCP",
                       "alert": {"action": "allowed", "signature": "Darknet: probe", "category": "Network scan", "severity": 3}, "darknet": what}) + "\n"


class Watcher(threading.Thread):
    """The member: asks for its newest alerts, and its bulletins, again and again."""

    def __init__(self, centre, token):
        super().__init__(daemon=True)
        self.centre, self.token, self.seen, self.told, self.asked, self.done = centre, token, {}, None, 0, False
        self.failed = None

    def ask(self, connection, path):
        connection.request("GET", path, headers={"Authorization": "Bearer " + self.token})
        answer = connection.getresponse()
        data = answer.read()
        if answer.status == 429:
            time.sleep(float(answer.headers["Retry-After"]))
            return None
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered {answer.status}: {data[:200]}")
        return json.loads(data)

    def run(self):
        try:
            connection = http.client.HTTPSConnection("127.0.0.1", self.centre.port, timeout=120,
                                                     context=ssl.create_default_context(cafile=self.centre.certificate))
            while not self.done:
                answer = self.ask(connection, "/v1/alerts?limit=20")
                now = time.time()
                for alert in answer["alerts"] if answer else ():
                    self.seen.setdefault(alert["source"], now)
                self.asked += 1
                if not self.told and self.asked % 5 == 0:
                    answer = self.ask(connection, "/v1/bulletins?limit=5")
                    if answer and any(each["kind"] == "darknet" for each in answer["bulletins"]):
                        self.told = time.time()
                time.sleep(0.1)
        except (OSError, RuntimeError) as wrong:
            self.failed = str(wrong)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def appear(path, centre, token, prefixes, seconds, dice):
    watcher = Watcher(centre, token)
    appended, written, next_probe, host = {}, 0, 0.0, 1
    began = time.monotonic()
    watcher.start()
    with open(path, "a", encoding="ascii", buffering=1) as file:
        while time.monotonic() - began < seconds:
            due = int((time.monotonic() - began) * RATE) - written
            now, lines = time.time(), []
            for _ in range(due):
                network, length = dice.choice(prefixes)
                of_member = dice.randrange(MEMBER_SHARE) == 0
                address = network + dice.randrange(1 << (32 - length)) if of_member else dice.randrange(130 << 24, 190 << 24)
                lines.append(line(str(ipaddress.ip_address(address)), now))
            if time.monotonic() - began >= next_probe:
                source = "198.51.100.%d" % host
                host, next_probe = host + 1, next_probe + PROBE_EVERY
                lines.append(line(source, now, worm=True))
                appended[source] = now
            file.write("".join(lines))
            file.flush()
            written += due
            time.sleep(0.02)
    until = time.monotonic() + 60
    while set(appended) - set(watcher.seen) and time.monotonic() < until and not watcher.failed:
        time.sleep(0.2)
    watcher.done = True
    watcher.join(30)
    delays = [watcher.seen[source] - appended[source] for source in appended if source in watcher.seen]
    first = min(appended.values())
    return {"lines": written + len(appended), "probes": len(appended), "never_seen": len(appended) - len(delays), "watcher": watcher.failed,
            "p50": percentile(delays, 0.5), "p99": percentile(delays, 0.99), "most": max(delays), "told": watcher.told and watcher.told - first}


def territory(folder, count, quick):
    speed = json.loads(subprocess.run([os.path.join(TOP, "build", "tests", "match", "speed_territory"), str(count)], stdout=subprocess.PIPE, check=True).stdout)
    packets = os.path.join(folder, "packets.pcap")
    maker = os.path.join(TOP, "build", "bench", "load", "telescope")
    if not os.access(maker, os.X_OK):
        return speed
    subprocess.run([maker, packets, str(2_000_000 if quick else 5_000_000), "200000"], check=True, stdout=subprocess.DEVNULL)
    walked = json.loads(subprocess.run([compile_limit("pcap_walk", folder), packets], stdout=subprocess.PIPE, check=True).stdout)
    began = os.times()
    subprocess.run([PROGRAM, "darknet", "-r", packets, "--net", "44.0.0.0/8", "--json"], stdout=subprocess.DEVNULL, check=False)
    took = os.times().children_user - began.children_user
    os.unlink(packets)
    speed["walker_packets_per_second"] = round(walked["packets"] / walked["seconds"])
    speed["telescope_packets_per_second"] = round(walked["packets"] / took)
    speed["ratio_to_telescope"] = speed["look_ups_per_second"] / speed["telescope_packets_per_second"]
    return speed


def run(folder, quick):
    count, seconds = (100_000, 20) if quick else (1_000_000, 60)
    need_disk(folder, 3 << 30)
    dice = random.Random(20261122)
    if not os.access(os.path.join(TOP, "build", "tests", "match", "speed_territory"), os.X_OK):
        sys.exit("bench: tests/match/speed_territory is not built: meson setup -Dtests=enabled, ninja -C build tests/match/speed_territory")
    result = {"goal_p99": GOAL, "goal_look_ups": GOAL_RATE, "territory": territory(folder, count, quick)}
    say(f"{count} prefixes: {result['territory']['look_ups_per_second'] / 1e6:.2f} M look-ups/s")
    prefixes = prefixes_of(count, dice)
    with LoadedCentre(folder) as centre:
        (_, token), (watched, _) = centre.organisations(["hill", "watched"], quota=5 * RATE)
        centre.ask("PATCH", f"/v1/sensors/{centre.sensors['hill']}", {"telescope": True})
        centre.ask("POST", f"/v1/organisations/{watched}/space", {"prefix": "198.51.100.0/24", "from": "2026-01-01T00:00:00Z"})
        member = subprocess.run([PROGRAM, "account", "add", "someone", "--role", "member", "--organisation", "watched", "--config", centre.config,
                                 "--token"], stdout=subprocess.PIPE, text=True, check=True).stdout.split("token: ")[1].strip()
        fill(os.path.join(folder, "state", "noroshi.db"), prefixes, dice)
        lines, state = os.path.join(folder, "lines.json"), os.path.join(folder, "agent")
        os.mkdir(state)
        with open(os.path.join(folder, "token"), "w", encoding="ascii") as file:
            file.write(token)
        open(lines, "w", encoding="ascii").close()
        with open(os.path.join(folder, "agent.log"), "wb") as log:
            agent = subprocess.Popen([PROGRAM, "agent", "--server", f"https://127.0.0.1:{centre.port}", "--token-file", os.path.join(folder, "token"),
                                      "--ca", centre.certificate, "--state", state, "--format", "eve", lines], stdout=log, stderr=log)
            try:
                warm = 10 if quick else 30
                with open(lines, "a", encoding="ascii") as file:  # the first line has the centre learn whose addresses are whose
                    file.write(line("198.51.100.255", time.time()))
                time.sleep(warm)
                before = centre.cpu()
                result.update(appear(lines, centre, member, prefixes, seconds, dice))
                after = centre.cpu()
            finally:
                agent.terminate()
                agent.wait(60)
        result["cpu_seconds"] = {name: round(after[name] - before[name], 2) for name in after}
        result["peak_mebibytes"] = centre.peak()
        result["prefixes"], result["members"] = count, MEMBERS
        centre.end()
    say(f"alert visible: p50 {result['p50']:.2f} s, p99 {result['p99']:.2f} s, most {result['most']:.2f} s; told after {result['told']} s")
    result["failed"] = bool(result["never_seen"] or result["p99"] >= GOAL)
    return result
