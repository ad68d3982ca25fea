"""The real agent with a certificate: `noroshi enrol`, delivery, renewal under load, interruptions, and its end."""
import http.server
import json
import os
import random
import re
import signal
import ssl
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time

from center import NOROSHI, eve, main, wait_for
from machines import Machine, MachineCentre, openssl
from test_lasting import key_pair

CENTRE = None
LIFE = 20  # seconds of a certificate's life at this centre: renewed after 7.5 to 12.5


def centre():
    global CENTRE
    if CENTRE is None:
        CENTRE = MachineCentre('certificate_life = "%d s";' % LIFE)
    return CENTRE


def noroshi(*arguments, text=None):
    return subprocess.run([NOROSHI, *arguments], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)


def place():
    """A folder of this test's own, with a file for a token."""
    return tempfile.mkdtemp(prefix="agent-", dir=centre().folder)


def enrol(folder, token, *more, server=None, ca=True):
    with open(folder + "/token", "w") as file:
        file.write(token + "\n")
    arguments = ["enrol", "--server", server or centre().machines, "--token-file", folder + "/token", "--machine", folder + "/machine"]
    return noroshi(*arguments, *(["--ca", centre().authority] if ca else []), *more)


def standing(folder):
    done = noroshi("enrol", "--status", "--machine", folder + "/machine")
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def pem(folder, name="current"):
    with open("%s/machine/%s.pem" % (folder, name)) as file:
        return file.read()


def revoke_all(organisation):
    """Until there is no good one: a machine may renew its own between the look at the list and the revocation."""
    while good := [each for each in centre().certificates(organisation)["certificates"] if each["state"] == "good"]:
        for each in good:
            centre().revoke(each["serial"])


def is_back():
    try:
        return centre().request("GET", "/v1/health")[0] == 200
    except OSError:
        return False


class Agent:
    """`noroshi agent` on one log file."""

    def __init__(self, folder):
        self.folder, self.written = folder, []
        self.path = folder + "/eve.json"
        open(self.path, "w").close()
        self.start()

    def start(self):
        self.errors = open(self.folder + "/agent.log", "ab")
        self.process = subprocess.Popen([NOROSHI, "agent", "--machine", self.folder + "/machine", "--state", self.folder + "/state",
                                         self.path], stdout=subprocess.DEVNULL, stderr=self.errors)

    def write(self, count, name):
        with open(self.path, "a") as file:
            for i in range(count):
                line = eve(random.getrandbits(40), signature="ET %s %d" % (name, i))
                self.written.append(line)
                file.write(line + "\n")

    def said(self):
        with open(self.folder + "/agent.log") as file:
            return file.read()

    def status(self):
        return json.loads(noroshi("agent", "--status", "--state", self.folder + "/state").stdout)

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(120)
        self.errors.close()


def flows(organisation):
    """The flow ids of what the centre holds, as often as it holds them."""
    found, after = [], ""
    while True:
        answer = centre().done(200, "GET", "/v1/alerts?organisation=%d&limit=500%s" % (centre().organisations[organisation], after),
                               token=centre().analyst)
        found += [json.loads(each["original"])["flow_id"] for each in answer["alerts"]]
        if not answer.get("next"):
            return sorted(found)
        after = "&after=" + answer["next"]


def test_enrol_deliver_renew_under_load_and_lose_nothing():
    folder = place()
    done = enrol(folder, centre().enrolment("beta")["token"], "--json")
    assert done.returncode == 0, done
    first = json.loads(done.stdout)
    assert first["server"] == centre().machines and "problem" not in first, first
    assert stat.S_IMODE(os.stat(folder + "/machine").st_mode) == 0o700
    for name in os.listdir(folder + "/machine"):
        assert stat.S_IMODE(os.stat("%s/machine/%s" % (folder, name)).st_mode) == 0o600, name
    agent = Agent(folder)
    serials, end = {first["serial"]}, time.monotonic() + 10 * LIFE
    try:
        while len(serials) < 3 and time.monotonic() < end:
            agent.write(20, "load")
            serials.add(standing(folder)["serial"])
            time.sleep(0.2)
        wanted = sorted(json.loads(line)["flow_id"] for line in agent.written)
        wait_for(lambda: len(flows("beta")) >= len(wanted), 60, "all alerts: " + agent.said()[-3000:])
        assert flows("beta") == wanted
        assert len(serials) >= 3, (serials, agent.said()[-3000:])
        said = agent.said()
        assert "was renewed" in said and "cannot be renewed" not in said and "does not accept" not in said, said[-3000:]
        # Killed and started again it goes on with what it has, or renews what ended meanwhile... as long as it is good.
        agent.end(signal.SIGKILL)
        agent.start()
        agent.write(5, "after")
        wanted = sorted(json.loads(line)["flow_id"] for line in agent.written)
        wait_for(lambda: flows("beta") == wanted, 60, "what came after the kill: " + agent.said()[-3000:])
        # Revoked in the middle of it all: nothing more is taken, nothing is lost here.
        revoke_all("beta")
        before = flows("beta")
        agent.write(5, "too late")
        wait_for(lambda: "does not accept this agent" in agent.said(), 60, "the refusal: " + agent.said()[-3000:])
        assert flows("beta") == before
        # Enrolled anew, the same agent finds the new certificate by itself and delivers what it kept.
        agent.end()
        assert enrol(folder, centre().enrolment("beta")["token"]).returncode == 0
        agent.start()
        wanted = sorted(json.loads(line)["flow_id"] for line in agent.written)
        wait_for(lambda: flows("beta") == wanted, 60, "what was kept: " + agent.said()[-3000:])
    finally:
        agent.end()


def test_a_renewal_that_fails_is_said_in_time_and_goes_on_when_it_can():
    folder = place()
    assert enrol(folder, centre().enrolment("alpha")["token"]).returncode == 0
    agent = Agent(folder)
    try:
        # The door is away: the front is dead, and who would start it again is stopped.
        front = centre().children()["front"]
        centre().process.send_signal(signal.SIGSTOP)
        os.kill(front, signal.SIGKILL)
        try:
            wait_for(lambda: "cannot be renewed yet" in agent.said() or "ends soon and cannot be renewed" in agent.said(), 60,
                     "the complaint: " + agent.said()[-2000:])
        finally:
            centre().process.send_signal(signal.SIGCONT)
            wait_for(is_back, 60, "the centre")
        wait_for(lambda: "was renewed" in agent.said() or "problem" in standing(folder),
                 60, "the end of it: " + agent.said()[-2000:])
    finally:
        agent.end()


def test_enrolling_again_uses_no_token_and_a_dead_certificate_is_replaced():
    folder = place()
    assert enrol(folder, centre().enrolment()["token"]).returncode == 0
    unused = centre().enrolment()
    done = enrol(folder, unused["token"])
    assert done.returncode == 0 and "not used" in done.stdout, done
    assert noroshi("enrol", "--renew", "--machine", folder + "/machine").returncode == 0
    revoke_all("alpha")
    assert noroshi("enrol", "--renew", "--machine", folder + "/machine").returncode == 1
    done = enrol(folder, unused["token"])
    assert done.returncode == 0 and "is enrolled" in done.stdout, done


def test_what_is_wrong_is_said_and_has_its_exit_code():
    folder = place()
    for arguments, words in (([], "--machine"), (["--machine", folder], "--server"), (["--machine", folder, "--server", "x"], "--token-file"),
                             (["--machine", folder, "--renew", "--status"], "both"), (["--what"], "")):
        done = noroshi("enrol", *arguments)
        assert done.returncode == 2 and words in done.stderr, done
    assert noroshi("enrol", "--status", "--machine", folder + "/none").returncode == 2
    done = enrol(folder, "nre_" + "1" * 40)
    assert done.returncode == 1 and "not known" in done.stderr, done
    done = enrol(folder, "nre_" + "1" * 40, server="http://127.0.0.1:1")
    assert done.returncode == 2 and "https://" in done.stderr, done
    done = enrol(folder, "nre_" + "1" * 40, server="https://127.0.0.1:1")
    assert done.returncode == 3, done
    token = centre().enrolment()["token"]
    # A server that another authority signed, or whose key is not the pinned one, is told nothing.
    done = enrol(folder, token, ca=False)
    assert done.returncode == 3 and "ertificate" in done.stderr, done
    public = subprocess.run("openssl x509 -in %s -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | base64"
                            % centre().authority, shell=True, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    wrong = ("A" if public[0] != "A" else "B") + public[1:]
    done = enrol(folder, token, "--pin", "sha256//" + wrong, ca=False)
    assert done.returncode == 3 and "in" in done.stderr, done
    done = enrol(folder, token, "--pin", public, ca=False)
    assert done.returncode == 2 and "sha256//" in done.stderr, done
    assert centre().done(200, "GET", "/v1/sensors/%d/certificates" % centre().sensors["alpha"])["enrolments"][0]["state"] == "open"
    done = enrol(folder, token, "--pin", "sha256//" + public, ca=False)
    assert done.returncode == 0, done
    os.chmod(folder + "/machine/current.pem", 0o640)
    done = noroshi("enrol", "--status", "--machine", folder + "/machine")
    assert done.returncode != 0 and "0600" in done.stderr, done
    done = noroshi("agent", "--machine", folder + "/machine", "--token-file", "x", "--state", folder + "/s", "/dev/null")
    assert done.returncode == 2 and "--token-file" in done.stderr, done


PCAP_HEAD = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)


def questions(names):
    """Packets that ask for these names, as a capture file has them behind its head."""
    packets = b""
    for name in names:
        asked = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0\0\1\0\1"
        message = struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + asked
        udp = struct.pack(">HHHH", 5353, 53, 8 + len(message), 0) + message
        whole = struct.pack(">HHHHHHII", 0x4500, 20 + len(udp), 1, 0, 0x4011, 0, 0xC6336407, 0xC000020A) + udp
        packets += struct.pack("<IIII", int(time.time()), 0, len(whole), len(whole)) + whole
    return packets


def sensor(folder, capture="-", **more):
    with open(folder + "/rules", "w") as file:
        file.write('alert dns any any -> any any (msg:"a name"; dns.query; content:".example"; sid:1; rev:1;)\n')
    with open(folder + "/agent.log", "ab") as log:
        return subprocess.Popen([NOROSHI, "sensor", "-r", capture, "--signatures", folder + "/rules", "--machine", folder + "/machine",
                                 "--records", folder + "/records"], stderr=log, stdout=log, **more)


def test_a_sensor_shows_and_renews_the_machines_certificate():
    folder = place()
    done = noroshi("sensor", "-r", "/dev/null", "--machine", folder + "/machine", "--records", folder + "/records")
    assert done.returncode == 2 and "noroshi enrol" in done.stderr, done
    assert enrol(folder, centre().enrolment("alpha")["token"]).returncode == 0
    done = noroshi("sensor", "-r", "/dev/null", "--machine", folder + "/machine", "--token-file", "x", "--records", folder + "/records")
    assert done.returncode == 2 and "--token-file" in done.stderr, done

    def named():
        found = " ".join(each["original"] for each in centre().stored() if each["signature"] == "a name")
        return sorted(set(re.findall(r"\w+\.example", found)))

    first, running = standing(folder)["serial"], sensor(folder, stdin=subprocess.PIPE)
    running.stdin.write(PCAP_HEAD + questions(["before.example"]))
    running.stdin.flush()
    wait_for(lambda: standing(folder)["serial"] != first, 60, "the renewal")
    running.stdin.write(questions(["after.example"]))
    running.stdin.close()
    with open(folder + "/agent.log") as log:
        assert running.wait(120) == 0, log.read()
        assert "was renewed" in log.read()
    assert named() == ["after.example", "before.example"]
    # Revoked: said, with the reason and the exit code; what was seen waits for the machine to be enrolled anew.
    revoke_all("alpha")
    with open(folder + "/capture", "wb") as file:
        file.write(PCAP_HEAD + questions(["late.example"]))
    assert sensor(folder, folder + "/capture").wait(120) == 1
    with open(folder + "/agent.log") as log:
        said = log.read()
        assert "does not accept this agent" in said and "revoked" in said.split("does not accept", 1)[1], said
    assert "late.example" not in named()
    assert enrol(folder, centre().enrolment("alpha")["token"]).returncode == 0
    with open(folder + "/capture", "wb") as file:
        file.write(PCAP_HEAD)
    code = sensor(folder, folder + "/capture").wait(120)
    with open(folder + "/agent.log") as log:
        assert code == 0, log.read()[-3000:]
    assert named() == ["after.example", "before.example", "late.example"]


class Lossy(http.server.BaseHTTPRequestHandler):
    """Passes requests on to the centre and, while told to, keeps the answers from the machine."""
    protocol_version = "HTTP/1.1"
    lose = 0

    def log_message(self, *_):
        pass

    def do_POST(self):  # noqa: N802 - the library's name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = Machine.ask(self.machine, "POST", self.path, body, self.machine.connection(), {"Content-Type": "application/json"})
        if Lossy.lose > 0:
            Lossy.lose -= 1
            self.close_connection = True
            return
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def test_an_answer_that_never_came_strands_nobody():
    """The centre gave the certificate, the machine died before it had it: the same token and key give the same one."""
    folder = place()
    key_pair(folder)
    Lossy.machine, Lossy.lose = Machine(centre()), 2
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lossy)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder + "/certificate.pem", folder + "/key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    token, far = centre().enrolment()["token"], "https://127.0.0.1:%d" % server.server_address[1]
    try:
        for _ in range(2):
            done = enrol(folder, token, "--ca", folder + "/certificate.pem", server=far, ca=False)
            assert done.returncode == 3, done
            assert os.path.exists(folder + "/machine/next.pem") and not os.path.exists(folder + "/machine/current.pem")
        key = pem(folder, "next")
        done = enrol(folder, token)  # to the centre itself
        assert done.returncode == 0, done
        assert pem(folder).startswith(key.strip()[:200])
        issued = [each for each in centre().certificates()["certificates"]]
        assert len({each["enrolment"] for each in issued if each["enrolment"] == issued[0]["enrolment"]}) == 1
        assert sum(each["enrolment"] == issued[0]["enrolment"] for each in issued) == 1, issued[:3]
    finally:
        server.shutdown()
        server.server_close()


def test_killed_at_any_moment_it_goes_on():
    """A bounded number of random kills of `enrol` and `enrol --renew`: the folder always leads to a certificate that is let in."""
    dice = random.Random(72)
    rounds = 40 if os.environ.get("NOROSHI_LONG") else 6
    folder, token = place(), centre().enrolment()["token"]
    with open(folder + "/token", "w") as file:
        file.write(token + "\n")
    command = [NOROSHI, "enrol", "--server", centre().machines, "--token-file", folder + "/token", "--machine", folder + "/machine",
               "--ca", centre().authority]
    for number in range(rounds):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(dice.uniform(0.005, 0.12))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if number == rounds // 2:  # from here on it is renewed instead
            assert subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE).returncode == 0
            command = [NOROSHI, "enrol", "--renew", "--machine", folder + "/machine"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done
    machine = Machine(centre())
    machine.key = machine.certificate = folder + "/machine/current.pem"
    assert machine.ask("GET", "/v1/machine")[0] == 200


if __name__ == "__main__":
    code = main(sys.modules[__name__])
    if CENTRE:
        CENTRE.stop()
    sys.exit(code)
