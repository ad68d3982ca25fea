"""A real centre under the load of bench/load: TLS with a certificate of its own, a folder on the disk, the default configuration.

Whose words are these: `acknowledged` is what the load counted in the answers; `stored` is read from the files of history after the centre
has ended, by the layout that docs/formats/history.md gives, and not by the program that wrote them.
"""
import contextlib
import http.client
import json
import os
import pwd
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import time

from measure import PROGRAM, TOP

LOAD = os.path.join(TOP, "build", "bench", "load", "load")
TICKS = os.sysconf("SC_CLK_TCK")
FRAME = struct.Struct("<4sHHIIIIIIQQQQqqqIIIIII")  # docs/formats/history.md


def say(words):
    print("bench: " + words, file=sys.stderr, flush=True)


def build_load():
    done = subprocess.run(["ninja", "-C", os.path.join(TOP, "build"), "bench/load/load"], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("bench: the load program cannot be built: " + done.stdout[-2000:])


def need_disk(folder, room):
    free = shutil.disk_usage(folder).free
    if free < room:
        sys.exit(f"bench: {folder} has {free >> 20} MiB free; this run may need {room >> 20} MiB")


class LoadedCentre:
    def __init__(self, folder, options=""):
        self.folder, self.sensors, self.children = folder, {}, {}
        os.chmod(folder, 0o755)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        root = os.geteuid() == 0
        self.certificate, key = os.path.join(folder, "certificate.pem"), os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", self.certificate],
                       check=True, stderr=subprocess.DEVNULL)
        os.chmod(key, 0o600)
        self.options = options or "nothing beside address, folder, user and certificate"
        self.config = os.path.join(folder, "noroshi.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f'center = {{ listen = "127.0.0.1:{self.port}"; state = "{folder}/state"; tls_key = "{key}"; '
                       f'tls_certificate = "{self.certificate}"; {"user = " + chr(34) + "nobody" + chr(34) + ";" if root else ""} {options} }};\n')
        os.mkdir(folder + "/state")
        if root:
            os.chown(folder + "/state", pwd.getpwnam("nobody").pw_uid, -1)
        self.administrator = self.account("administrator")
        self.analyst = self.account("analyst")
        self.start()

    def account(self, role):
        done = subprocess.run([PROGRAM, "account", "add", "the-" + role, "--role", role, "--config", self.config, "--token"],
                              stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.split("token: ")[1].strip()

    def start(self):
        self.log_path = os.path.join(self.folder, "log")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([PROGRAM, "center", "--config", self.config], stdout=subprocess.DEVNULL, stderr=log)
        until = time.monotonic() + 60
        while "the centre is ready" not in self.said():
            if self.process.poll() is not None or time.monotonic() > until:
                self.end()
                sys.exit("bench: the centre did not start: " + self.said()[-2000:])
            time.sleep(0.05)
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError, IndexError):
                with open(f"/proc/{entry}/stat", encoding="ascii") as file:
                    parent = int(file.read().rsplit(")", 1)[1].split()[1])
                if parent == self.process.pid:
                    with open(f"/proc/{entry}/cmdline", "rb") as file:
                        self.children[file.read().split(b"\0")[3].decode()] = int(entry)

    def said(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def ask(self, method, path, body=None):
        """the JSON that the administrator is answered; waits when it was too fast"""
        context = ssl.create_default_context(cafile=self.certificate)
        while True:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=context)
            connection.request(method, path, body=json.dumps(body) if body is not None else None,
                               headers={"Authorization": "Bearer " + self.administrator, "Content-Type": "application/json"})
            answer = connection.getresponse()
            data = answer.read()
            connection.close()
            if answer.status < 300:
                return json.loads(data)
            if answer.status != 429:
                sys.exit(f"bench: {method} {path} was answered {answer.status}: {data[:300]}")
            time.sleep(float(answer.headers["Retry-After"]))

    def organisations(self, names, quota=0):
        """[(number, token of its one sensor)]"""
        made = []
        for name in names:
            number = self.ask("POST", "/v1/organisations", {"name": name, "title_en": name})["number"]
            if quota:
                self.ask("PATCH", f"/v1/organisations/{number}", {"quota": quota})
            sensor = self.ask("POST", f"/v1/organisations/{number}/sensors", {"name": "gate"})["number"]
            self.sensors[name] = sensor
            made.append((number, self.ask("POST", f"/v1/sensors/{sensor}/token", {})["token"]))
        return made

    def cpu(self):
        """processor seconds of each process so far"""
        used = {}
        for name, pid in self.children.items():
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                words = file.read().rsplit(")", 1)[1].split()
            used[name] = (int(words[11]) + int(words[12])) / TICKS
        return used

    def load(self, plan, seconds, warm, batch=100, every=2.0, flood=()):
        """what bench/load says, with the processor seconds of the centre's processes meanwhile; a flood is a process of its own"""
        before, began = self.cpu(), []
        try:
            for lines in filter(None, (flood, plan)):
                began.append(subprocess.Popen([LOAD, "--connect", f"127.0.0.1:{self.port}", "--authority", self.certificate,
                                               "--seconds", str(seconds), "--warm", str(warm), "--batch", str(batch),
                                               "--probe-every", str(every)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
                began[-1].stdin.write("\n".join(lines) + "\n")
                began[-1].stdin.close()
            said = [json.loads(child.stdout.read() or "{}") for child in began]
            if not all(said):
                sys.exit("bench: the load ended without a report")
        finally:
            for child in began:
                child.kill()
                child.wait()
                child.stdout.close()
        after, report = self.cpu(), said[-1]
        report["cpu"] = {name: round(after[name] - before[name], 2) for name in after}
        report["cpu"]["generator"] = round(report["cpu_seconds"], 2)
        if flood:
            report["cpu"]["flood"] = round(said[0]["cpu_seconds"], 2)
            report["sensors"] += said[0]["sensors"]
        return report

    def peak(self):
        """greatest resident memory of each process so far, bytes"""
        found = {}
        for name, pid in self.children.items():
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                found[name] = next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM"))
        return found

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def stored(self):
        """{sensor: alerts} and bytes, from the files; the centre has ended"""
        counts, size, folder = {}, 0, os.path.join(self.folder, "state", "history")
        for name in sorted(os.listdir(folder)):
            size += os.path.getsize(os.path.join(folder, name))
            if not name.endswith(".alerts"):
                continue
            with open(os.path.join(folder, name), "rb") as file:
                at, end = 32, os.path.getsize(file.name)
                while at < end:
                    file.seek(at)
                    words = FRAME.unpack(file.read(FRAME.size))
                    if words[0] != b"NFRM":
                        sys.exit(f"bench: {name}: no frame at {at}")
                    counts[words[7]] = counts.get(words[7], 0) + words[8]
                    at += FRAME.size + words[3]
        return counts, size


def compare(centre, reports, probe_names=(), probe_alerts=0):
    """what was acknowledged and is missing, what is there beyond it, what may be (a batch without an answer)"""
    counts, size = centre.stored()
    missing = beyond = unsettled = acknowledged = 0
    for name in {each["name"] for report in reports for each in report["sensors"]}:
        of = [each for report in reports for each in report["sensors"] if each["name"] == name]
        said, there = sum(each["acknowledged"] for each in of), counts.get(centre.sensors[name], 0)
        acknowledged += said
        unsettled += sum(each["unsettled_alerts"] for each in of)
        missing, beyond = missing + max(0, said - there), beyond + max(0, there - said)
    probes = sum(counts.get(centre.sensors[name], 0) for name in probe_names)
    return {"acknowledged": acknowledged + probe_alerts, "stored": sum(counts.values()), "missing": missing + max(0, probe_alerts - probes),
            "beyond": beyond, "unsettled": unsettled, "bytes_of_history": size}
