"""Starts a real centre and speaks to it, for the tests beside this file.

Only the standard library. A test is a function whose name begins with "test_"; main() runs all of the module and prints TAP.
"""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse

PATIENCE = 120  # seconds, for anything: what a busy machine takes is no mistake
NOROSHI = os.environ.get("NOROSHI") or os.path.join(os.path.dirname(__file__), "../../build/noroshi")


class Skip(Exception):
    """This machine cannot run the test; the words say why."""


class Centre:
    """A centre of this test's own: --ephemeral, or on a folder with a configuration."""

    def __init__(self, organisations=("alpha", "beta"), config=None, arguments=(), ephemeral=True):
        self.folder = tempfile.mkdtemp(prefix="noroshi-test-")
        self.log_path = os.path.join(self.folder, "log")
        command = [NOROSHI, "center"]
        if config is not None:
            self.config = os.path.join(self.folder, "noroshi.conf")
            with open(self.config, "w") as file:
                file.write(config.replace("FOLDER", self.folder))
            command += ["--config", self.config]
        if ephemeral:
            command += ["--ephemeral", "--listen", "127.0.0.1:0"]
            for name in organisations:
                command += ["--organisation", name]
        self.command = command + list(arguments)
        self.start()

    def start(self):
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=self.log,
                                        env=dict(os.environ, TMPDIR=self.folder))
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise RuntimeError("the centre did not start: " + self.said())
        self.facts = json.loads(line)
        self.address = self.facts["address"]
        self.pids = dict(self.facts["processes"])
        self.tokens = {each["name"]: each["token"] for each in self.facts["accounts"] + self.facts["organisations"]}
        self.password = self.facts.get("password")

    def said(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def connection(self):
        parts = urllib.parse.urlsplit(self.address)
        return http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)

    def request(self, method, path, token=None, body=None, headers=None, connection=None):
        """Gives (status, headers, bytes)."""
        own = connection or self.connection()
        try:
            sent = dict(headers or {})
            if token:
                sent["Authorization"] = "Bearer " + token
            if isinstance(body, dict):
                body = json.dumps(body).encode()
                sent.setdefault("Content-Type", "application/json")
            own.request(method, path, body=body, headers=sent)
            answer = own.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            if not connection:
                own.close()

    def json(self, method, path, token=None, body=None, headers=None):
        status, answered, data = self.request(method, path, token, body, headers)
        return status, json.loads(data) if data else None

    def post(self, token, lines, **query):
        """Sends a batch of alerts; gives (status, headers, JSON)."""
        headers = query.pop("headers", {})
        headers.setdefault("Content-Type", "application/x-ndjson")
        body = lines if isinstance(lines, bytes) else "".join(line + "\n" for line in lines).encode()
        path = "/v1/alerts" + ("?" + urllib.parse.urlencode(query) if query else "")
        status, answered, data = self.request("POST", path, token, body, headers)
        return status, answered, json.loads(data) if data else None

    def children(self):
        """The present pid of each process, from the system."""
        found = {}
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open("/proc/%s/stat" % entry) as file:
                    parent = int(file.read().rsplit(")", 1)[1].split()[1])
                if parent != self.process.pid:
                    continue
                with open("/proc/%s/cmdline" % entry, "rb") as file:
                    words = file.read().split(b"\0")
                found[words[3].decode()] = int(entry)
            except (OSError, IndexError, ValueError):
                continue
        return found

    def kill(self, name):
        """Kills that process, once it is there; gives its pid."""
        pid = wait_for(lambda: self.children().get(name), what="a process " + name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def sign_in(self, name, password=None):
        """A session: the value of the Cookie header, or None when it was refused."""
        status, headers, page = self.request("GET", "/sign-in", headers={"Accept": "text/html"})
        assert status == 200, (status, page[:300])
        cookies = cookies_of(headers)
        token = form_token(page)
        body = urllib.parse.urlencode({"form_token": token, "name": name, "password": password or self.password})
        status, headers, page = self.request("POST", "/sign-in", body=body.encode(), headers=form_headers(cookies))
        if status != 303 or "failed" in headers.get("Location", ""):
            return None
        return "; ".join(cookies_of(headers))


def cookies_of(headers):
    return [value.split(";", 1)[0] for value in headers.get_all("Set-Cookie") or []]


def form_headers(cookies):
    return {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html",
            "Cookie": cookies if isinstance(cookies, str) else "; ".join(cookies)}


def form_token(page):
    return re.search(r'name="form_token" value="([0-9a-f]{64})"', page.decode()).group(1)


def eve(number, second=None, signature="ET SCAN test", source="192.0.2.7", target="198.51.100.9"):
    """One line as Suricata writes it."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second if second is not None else time.time()))
    return json.dumps({"timestamp": stamp + ".%06d+0000" % (number % 1000000), "flow_id": number, "event_type": "alert",
                       "src_ip": source, "src_port": 40000, "dest_ip": target, "dest_port": 443, "proto": "TCP",
                       "host": "gate", "alert": {"action": "allowed", "gid": 1, "signature_id": 2000000 + number % 50,
                                                 "rev": 1, "signature": signature, "category": "Misc activity",
                                                 "severity": 2}})


def free_port():
    """One for TCP and UDP, below those that the kernel gives to whoever asks for any (32768 and up): between this and its use nobody is given
    it. Where to look first depends on the process, for others look at the same time."""
    for _ in range(20000):
        port = 12000 + (os.getpid() * 97 + free_port.given) % 20000
        free_port.given += 1
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            try:
                stream.bind(("127.0.0.1", port))
                datagrams.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no port is free")


free_port.given = 0


def wait_for(condition, seconds=PATIENCE, what="the condition"):
    """`seconds`: where it may take longer than PATIENCE."""
    seconds = max(seconds, PATIENCE)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError("not within %d s: %s" % (seconds, what))


def main(module):
    tests = [(name, value) for name, value in vars(module).items() if name.startswith("test_") and callable(value)]
    only = sys.argv[1:]
    if only:
        tests = [each for each in tests if each[0] in only]
    print("1..%d" % len(tests), flush=True)
    failed = 0
    for index, (name, run) in enumerate(tests, 1):
        try:
            run()
            print("ok %d - %s" % (index, name), flush=True)
        except Skip as why:
            print("ok %d - %s # SKIP %s" % (index, name, why), flush=True)
        except Exception:
            failed += 1
            print("not ok %d - %s" % (index, name), flush=True)
            for line in traceback.format_exc().splitlines():
                print("# " + line, flush=True)
    return 1 if failed else 0
