#!/usr/bin/env python3
"""The real agent against a real HTTPS server that loses answers, asks to wait, refuses and dies, while the agent is killed at random
and the files are rotated under it. At the end what the server holds equals what was written, byte for byte.

usage: agent_e2e.py NOROSHI      (prints TAP)
"""
import http.server
import json
import os
import random
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../center"))
from center import free_port  # noqa: E402

TOKEN = "nrs_test-token"


class Held:
    """What the server has: per epoch the content so far; whatever does not fit is a complaint."""

    def __init__(self):
        self.lock = threading.Lock()
        self.content, self.formats, self.repeated, self.complaints = {}, {}, 0, []

    def take(self, epoch, offset, piece, form):
        with self.lock:
            have = self.content.setdefault(epoch, bytearray())
            self.formats[epoch] = form
            if offset < len(have):
                self.repeated += 1
                if have[offset:offset + len(piece)] != piece:
                    self.complaints.append(f"{epoch}: other bytes at {offset}")
            elif offset > len(have):
                self.complaints.append(f"{epoch}: a gap before {offset}, {len(have)} held")
            else:
                have += piece


def handler(held, dice, moods):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def answer(self, status, body=b"{}", **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):  # noqa: N802 - the library's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            mood = moods["always"] or dice.choice(["fine"] * 8 + ["busy", "lost", "away"])
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                return self.answer(401)
            if mood == "busy":
                return self.answer(429, Retry_After="1")
            if mood == "away":
                return self.answer(503)
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            plain = subprocess.run(["zstd", "-dc"], input=body, capture_output=True, check=True).stdout
            preamble = int(query.get("preamble", 0))
            if plain.count(b"\n") > 1100 or len(plain) > (1 << 20) + 8192:
                held.complaints.append("a batch is larger than promised")
            held.take(query["epoch"], int(query["offset"]), plain[preamble:], query.get("format"))
            if mood == "lost":
                self.close_connection = True
                return self.connection.close()
            lines = plain[preamble:].count(b"\n")
            return self.answer(200, json.dumps({"repeated": False, "lines": lines, "alerts": lines, "malformed": 0}).encode())

    return Handler


class Bench:
    def __init__(self, program):
        self.program, self.folder = program, tempfile.mkdtemp(prefix="noroshi-agent-e2e.")
        self.logs = os.path.join(self.folder, "logs")
        os.mkdir(self.logs)
        self.held, self.dice, self.moods = Held(), random.Random(7), {"always": None}
        self.contents, self.number, self.agent, self.server = [], 0, None, None
        self.certificate = os.path.join(self.folder, "server.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", self.certificate + ".key", "-out", self.certificate], check=True, capture_output=True)
        self.start_server(free_port())  # the same after each start
        self.write_config(TOKEN)

    def start_server(self, port):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler(self.held, self.dice, self.moods))
        self.server.handle_error = lambda *_: None  # connections that we cut ourselves
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.certificate + ".key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop_server(self):
        self.server.shutdown()
        self.server.server_close()

    def write_config(self, token, ca=None):
        with open(os.path.join(self.folder, "token"), "w", encoding="utf-8") as to:
            to.write(token + "\n")
        os.chmod(os.path.join(self.folder, "token"), 0o600)
        with open(os.path.join(self.folder, "agent.conf"), "w", encoding="utf-8") as to:
            to.write(f'agent = {{ server = "https://localhost:{self.port}"; token_file = "token"; ca = "{ca or self.certificate}";\n'
                     f'  state = "state"; files = ( "{self.logs}/log*" ); scan_every = "200 ms"; linger = "1 s";\n'
                     f'  retry_most = "1 s"; }};\n')

    def start_agent(self):
        with open(os.path.join(self.folder, "agent.log"), "ab") as log:
            self.agent = subprocess.Popen([self.program, "agent", "--config", os.path.join(self.folder, "agent.conf")],
                                          stdout=log, stderr=log)

    def stop_agent(self, how=signal.SIGTERM):
        self.agent.send_signal(how)
        return self.agent.wait(150)

    def append(self, count, generation):
        with open(os.path.join(self.logs, "log"), "ab") as to:
            for _ in range(count):
                line = json.dumps({
                    "timestamp": "2026-03-02T00:00:00.000000+0000", "event_type": "alert", "flow_id": self.number,
                    "src_ip": "192.0.2.1", "dest_ip": "2001:db8::1", "proto": "TCP",
                    "alert": {"signature_id": 1, "signature": "." * self.dice.randrange(1, 300), "severity": 3}}).encode() + b"\n"
                self.number += 1
                to.write(line)
                generation += line

    def rotate(self, copy):
        old, new = os.path.join(self.logs, "log"), os.path.join(self.logs, f"log.{self.number}")
        if copy:
            shutil.copyfile(old, new)
            os.truncate(old, 0)
        else:
            os.rename(old, new)

    def settled(self):
        with self.held.lock:
            held = sorted(bytes(content) for content in self.held.content.values() if content)
        return held == sorted(bytes(content) for content in self.contents if content)

    def wait(self, condition, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.1)
        return condition()

    def log_text(self):
        with open(os.path.join(self.folder, "agent.log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def close(self):
        if self.agent and self.agent.poll() is None:
            self.agent.kill()
            self.agent.wait()
        self.stop_server()
        shutil.rmtree(self.folder, ignore_errors=True)


def test_ships_every_byte_once_over_https_while_it_is_killed(bench, kills):
    bench.start_agent()
    copy = False
    for _ in range(kills):
        generation = bytearray()
        bench.contents.append(generation)
        for _ in range(bench.dice.randrange(1, 4)):
            bench.append(bench.dice.randrange(1, 1500), generation)
            time.sleep(bench.dice.random() * 0.3)
            bench.stop_agent(signal.SIGKILL)
            if bench.dice.random() < 0.3:
                bench.append(50, generation)
            bench.start_agent()
        time.sleep(bench.dice.random() * 0.3)
        bench.rotate(copy)
        copy = not copy
        if bench.dice.random() < 0.3:  # the centre dies and comes back
            bench.stop_server()
            time.sleep(0.3)
            bench.start_server(bench.port)
    assert bench.wait(bench.settled, 300), f"held {sorted(map(len, bench.held.content.values()))}, " \
        f"written {sorted(map(len, bench.contents))}"
    assert not bench.held.complaints, bench.held.complaints[:5]
    assert set(bench.held.formats.values()) == {"eve"}, bench.held.formats


def status_of(bench):
    return json.loads(subprocess.run([bench.program, "agent", "--status", "--state", os.path.join(bench.folder, "state")],
                                     capture_output=True, check=True).stdout)


def test_ends_in_order_and_shows_its_status(bench):
    bench.moods["always"] = "fine"  # the last answer may have been lost: the agent asks again, and then knows
    assert bench.wait(lambda: status_of(bench)["waiting_bytes"] == 0, 150)
    assert bench.stop_agent() == 0
    bench.moods["always"] = None
    status = status_of(bench)
    assert status["waiting_bytes"] == 0, status
    assert sum(each["lines"] for each in status["files"]) == bench.number, "lines of the status"


def test_says_that_the_token_is_not_accepted_and_goes_on_with_a_new_one(bench):
    generation = bytearray()
    bench.contents.append(generation)
    bench.write_config("wrong")
    bench.start_agent()
    bench.append(10, generation)
    assert bench.wait(lambda: "does not accept this agent" in bench.log_text(), 150)
    bench.stop_agent()
    bench.write_config(TOKEN)
    bench.start_agent()
    assert bench.wait(bench.settled, 150)
    bench.stop_agent()


def test_ships_nothing_to_a_server_whose_certificate_is_not_of_its_authority(bench):
    other = os.path.join(bench.folder, "other.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=other", "-keyout", other + ".key", "-out", other], check=True, capture_output=True)
    bench.write_config(TOKEN, other)
    before = sum(map(len, bench.held.content.values()))
    bench.start_agent()
    bench.append(10, bench.contents[-1])  # to the file of the test before
    time.sleep(3)
    assert sum(map(len, bench.held.content.values())) == before
    bench.stop_agent()
    bench.write_config(TOKEN)
    bench.start_agent()
    assert bench.wait(bench.settled, 150)
    bench.stop_agent()


def main():
    program = os.path.abspath(sys.argv[1])
    kills = 50 if os.environ.get("NOROSHI_LONG") else 12
    bench = Bench(program)
    tests = [
        (lambda: test_ships_every_byte_once_over_https_while_it_is_killed(bench, kills), "ships every byte once over https while it is killed"),
        (lambda: test_ends_in_order_and_shows_its_status(bench), "ends in order and shows its status"),
        (lambda: test_says_that_the_token_is_not_accepted_and_goes_on_with_a_new_one(bench), "says that the token is not accepted"),
        (lambda: test_ships_nothing_to_a_server_whose_certificate_is_not_of_its_authority(bench), "checks the server's certificate"),
    ]
    print(f"1..{len(tests)}", flush=True)
    failed = False
    try:
        for number, (run, name) in enumerate(tests, 1):
            try:
                run()
                print(f"ok {number} - {name}", flush=True)
            except (AssertionError, subprocess.SubprocessError, OSError) as problem:
                failed = True
                print(f"not ok {number} - {name}\n# {problem!r}", flush=True)
                for line in bench.log_text().splitlines()[-15:]:
                    print(f"# {line}")
        print(f"# {bench.held.repeated} batches came again")
    finally:
        bench.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
