"""The loop: a first sighting that one member's people report until the indicator is in force at 1,000 connected sensors, with 100 updates a second by
eight other members; and again after the centre was restarted, when all 1,000 come back at once with the numbers that they have.

1,000 connections over TLS, of 50 sensors of 50 organisations, are held by one process that notes when each line came (bench/loop_clients.py); 20
are `noroshi follow` with a real `noroshi sensor` on one interface of a namespace, where "in force" means that a packet raised an alert: the time
until its line stood in the sensor's file, looked at every 20 ms while a packet comes every 10 ms. Root.
"""
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

from loaded import LoadedCentre, say
from measure import PROGRAM, TOP

sys.path[:0] = [os.path.join(TOP, "tests", "watch")]
NETNS = os.path.join(TOP, "tests", "lib", "netns-run")
ORGANISATIONS, CONNECTIONS, SENSORS, UPDATES = 50, 1000, 20, 100


class Giver(threading.Thread):
    """Gives an indicator every so often over one connection; `when` says when each was asked for."""

    def __init__(self, centre, name, every, token, verb="indicators"):
        super().__init__(daemon=True)
        self.centre, self.name_, self.every, self.token, self.path = centre, name, every, token, "/v1/communities/1/" + verb
        self.count, self.failed, self.going = 0, 0, True

    def connect(self):
        context = ssl.create_default_context(cafile=self.centre.certificate)
        return http.client.HTTPSConnection("127.0.0.1", self.centre.port, timeout=60, context=context)

    def give(self, connection, value):
        connection.request("POST", self.path, body=json.dumps({"type": "domain", "value": value, "action": "alert"}),
                           headers={"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status == 201

    def run(self):
        connection, due = None, time.monotonic()
        while self.going:
            time.sleep(max(0, due - time.monotonic()))
            due = max(due + self.every, time.monotonic() - 1)
            try:
                connection = connection or self.connect()
                if self.give(connection, f"{self.name_}x{self.count}.update.example"):
                    self.count += 1
                else:
                    self.failed += 1
            except (OSError, http.client.HTTPException):
                connection = None
                self.failed += 1
                time.sleep(0.2)


def spread(values):
    values = sorted(values)
    if not values:
        return "none"
    return f"p50 {values[len(values) // 2] * 1000:.0f} ms, p99 {values[min(len(values) - 1, int(len(values) * 0.99))] * 1000:.0f} ms, most {values[-1] * 1000:.0f} ms ({len(values)})"


def make_community(centre):
    """Everybody is a member; a token of the people of each of the first nine."""
    everybody = centre.ask("POST", "/v1/communities", {"name": "all", "purpose": "bench", "content": "indicators", "recipients": "members"})["number"]
    tokens = []
    for number in range(1, ORGANISATIONS + 1):
        centre.ask("PUT", f"/v1/communities/{everybody}/members/{number}", {"role": "member"})
        if number <= 9:
            made = centre.ask("POST", "/v1/accounts", {"name": f"csirt-{number}", "role": "member", "organisation": number, "title": "csirt", "mail": f"csirt-{number}@example.org"})
            tokens.append(centre.ask("POST", f"/v1/accounts/{made['id']}/tokens", {"name": "bench"})["token"])
    return tokens


def restart(centre):
    centre.end()
    os.truncate(centre.log_path, 0)  # where its start is looked for
    centre.start()


class RealSensor:
    def __init__(self, folder, centre, index, token):
        self.folder = Path(folder) / f"sensor{index}"
        self.folder.mkdir()
        self.folder.chmod(0o755)
        (self.folder / "token").write_text(token + "\n")
        err = open(self.folder / "err", "wb")
        self.follow = subprocess.Popen([PROGRAM, "follow", "--to", self.folder / "shared", "--server", f"https://127.0.0.1:{centre.port}", "--ca", centre.certificate, "--token-file", self.folder / "token"], stderr=err)
        self.sensor = subprocess.Popen([PROGRAM, "sensor", "-i", "pair0", "--ring", "8 MiB", "--eve", self.folder / "eve.json", "--shared", self.folder / "shared"], stdout=err, stderr=err)
        self.place, self.rest, self.seen = 0, b"", {}

    def look(self, now):
        try:
            with open(self.folder / "eve.json", "rb") as file:
                file.seek(self.place)
                new = file.read()
        except OSError:
            return
        self.place += len(new)
        lines = (self.rest + new).split(b"\n")
        self.rest = lines.pop()
        for line in lines:
            if b'"event_type":"alert"' in line and b"NOROSHI indicator domain probe" in line:
                name = line.split(b"NOROSHI indicator domain ")[1].split(b'"')[0].decode()
                self.seen.setdefault(name, now)

    def stop(self):
        for process in (self.sensor, self.follow):
            process.terminate()
            process.wait(timeout=60)


def probe(giver, wire, sensors, frame, names, asked):
    """Gives each of these, one after the other; {name: when it was asked for}."""
    connection, when = giver.connect(), {}
    for name in names:
        when[name] = time.monotonic()
        while not giver.give(connection, name):
            time.sleep(0.1)
        until = time.monotonic() + 10
        while time.monotonic() < until and not all(name in sensor.seen for sensor in sensors):
            for _ in range(2):
                asked[0] += 1
                wire.send(frame(name, asked[0]))
                time.sleep(0.01)
            now = time.monotonic()
            for sensor in sensors:
                sensor.look(now)
    return when


class Clients:
    """The 1,000 connections, in a process of their own."""

    def __init__(self, centre, tokens):
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "loop_clients.py")
        self.process = subprocess.Popen([sys.executable, program, str(centre.port), centre.certificate, str(CONNECTIONS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.tell(json.dumps(tokens))

    def tell(self, words):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def ask(self, words):
        self.tell(words)
        return json.loads(self.process.stdout.readline())

    def wait(self):
        """Until all follow; seconds."""
        began = time.monotonic()
        while self.ask("who") < CONNECTIONS:
            if time.monotonic() - began > 120:
                sys.exit("bench: the connections were not all there within two minutes")
            time.sleep(0.05)
        return time.monotonic() - began


def measured(centre, people, quick, result, label, sensors, wire, frame, asked):
    """{name: when it was reported} of the probes; beside them updates by eight others."""
    givers = [Giver(centre, f"{label}{i}", 8 / UPDATES, people[i]) for i in range(8)]
    reporter = Giver(centre, label, 0, people[8], "sightings")
    for giver in givers:
        giver.start()
    time.sleep(3)
    before, began, counted = centre.cpu(), time.monotonic(), sum(giver.count for giver in givers)
    names = [f"probe{label}{i}.example" for i in range(10 if quick else 40)]
    when = probe(reporter, wire, sensors, frame, names, asked)
    seconds = time.monotonic() - began
    after = centre.cpu()
    result[f"{label}: updates/s meanwhile"] = round((sum(giver.count for giver in givers) - counted) / seconds, 1)
    result[f"{label}: updates that failed"] = sum(giver.failed for giver in givers)
    for giver in givers:
        giver.going = False
    time.sleep(1)
    result[f"{label}: alert at a real sensor"] = spread([sensor.seen[name] - when[name] for sensor in sensors for name in names if name in sensor.seen])
    result[f"{label}: CPU of the centre"] = {name: round((after[name] - before[name]) / seconds, 2) for name in after}
    return when


def summed(said, when, sensors, result, label):
    """What the connections say of the probes of this label."""
    reached = [said["met"].get(name, []) for name in when]
    result[f"{label}: line at a connection"] = spread([at - when[name] for name, times in zip(when, reached) for at in times])
    result[f"{label}: line at the last of {CONNECTIONS}"] = spread([max(times) - when[name] for name, times in zip(when, reached) if len(times) == CONNECTIONS])
    result[f"{label}: missed"] = sum(len(times) != CONNECTIONS for times in reached) + sum(name not in sensor.seen for sensor in sensors for name in when)
    result["failed"] = result.get("failed", False) or result[f"{label}: missed"] > 0


def run(folder, quick):
    if os.geteuid() != 0:
        sys.exit("bench: loop needs root")
    if "NETNS_PEER" not in os.environ:
        done = subprocess.run([NETNS, "--seconds", "1200", "--packets", "100000000", sys.executable, os.path.abspath(__file__), folder, "quick" if quick else "whole"], stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"failed": True}
    return inside(folder, quick)


def inside(folder, quick):
    sys.argv = [sys.argv[0], PROGRAM]
    from live import dns, ethernet, ipv4, peer_socket, udp
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    def frame(name, asked):
        source, port = (198, 18, asked // 200 % 200 + 1, asked % 200 + 1), 1024 + (asked * 7) % 60000
        return ethernet(0x0800, ipv4(source, (198, 18, 250, 1), 17, udp(port, 53, dns(name, asked & 0xFFFF))))
    result, asked = {}, [0]
    with LoadedCentre(folder) as centre:
        with open(centre.config, "a", encoding="utf-8") as file:
            file.write("loop = { rate = 100000000; };\n")
        restart(centre)
        tokens = [token for _, token in centre.organisations([f"member-{i}" for i in range(ORGANISATIONS)])]
        people = make_community(centre)
        sensors = [RealSensor(folder, centre, i, tokens[i]) for i in range(SENSORS)]
        wire, clients = peer_socket("pair1"), Clients(centre, tokens)
        try:
            say(f"{CONNECTIONS} connections within {clients.wait():.1f} s")
            time.sleep(2)
            first = measured(centre, people, quick, result, "first", sensors, wire, frame, asked)
            began = time.monotonic()
            restart(centre)
            result["restart, s"] = round(time.monotonic() - began, 1)
            result[f"{CONNECTIONS} are back after it, s"] = round(clients.wait(), 1)
            again = measured(centre, people, quick, result, "restarted", sensors, wire, frame, asked)
            said = clients.ask("end")
            summed(said, first, sensors, result, "first")
            summed(said, again, sensors, result, "restarted")
            result["bytes to connections"], result["connections that ended"] = said["bytes"], said["lost"]
            result["memory of the centre, MiB"] = {name: value >> 20 for name, value in centre.peak().items()}
        finally:
            clients.process.kill()
            clients.process.wait()
            for sensor in sensors:
                sensor.stop()
    return result


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(json.dumps(inside(sys.argv[1], sys.argv[2] == "quick")))
