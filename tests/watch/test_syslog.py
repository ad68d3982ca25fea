"""Real rsyslogd and syslog-ng ship to a real agent, which ships to a real centre: over TCP and TLS every line arrives exactly once, also
when the agent is started anew in between; over UDP what is lost is counted. All on this machine's loopback, each started with a
configuration of the test's own, and stopped by its pid."""
import atexit
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../center"))
from center import NOROSHI, Centre, Skip, eve, free_port, main, wait_for  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BESIDE = ROOT / ".state" / "beside"  # ./setup --tests unpacks there what Debian cannot install beside rsyslog
PATIENCE = 240


def make_certificates(folder):
    """An authority, the agent's certificate, and a sender's."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    openssl("req", "-x509", *new, "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
    for name in ("localhost", "sender", "stranger"):
        pathlib.Path(folder, name + ".ext").write_text(f"subjectAltName=DNS:{name}\nextendedKeyUsage=serverAuth,clientAuth\n")
        openssl("req", *new, "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".csr")
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-extfile", name + ".ext", "-out", name + ".pem")
        os.chmod(os.path.join(folder, name + ".key"), 0o600)


class Agent:
    def __init__(self, centre, folder, sources, more=""):
        self.folder, self.state = folder, os.path.join(folder, "state")
        self.log_path = os.path.join(folder, "agent.log")
        token = os.path.join(folder, "token")
        pathlib.Path(token).write_text(centre.tokens["alpha"] + "\n")
        os.chmod(token, 0o600)
        self.config = os.path.join(folder, "agent.conf")
        pathlib.Path(self.config).write_text(
            f'agent = {{ server = "{centre.address}"; token_file = "token"; state = "state"; scan_every = "200 ms"; '
            f'retry_most = "1 s"; {more} }};\nsyslog = ( {", ".join(sources)} );\n')
        self.start()

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([NOROSHI, "agent", "--config", self.config], stdout=log, stderr=log, cwd=self.folder)

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(120)

    def said(self):
        return pathlib.Path(self.log_path).read_text(encoding="utf-8", errors="replace")

    def status(self):
        done = subprocess.run([NOROSHI, "agent", "--status", "--state", self.state], capture_output=True, text=True, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def source(self, name):
        received = self.status().get("syslog") or {"sources": []}
        return next((source for source in received["sources"] if source["name"] == name), {})

    def listens(self, port):
        def reachable():
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return True
            except OSError:
                assert self.process.poll() is None, self.said()
                return False
        wait_for(reachable, PATIENCE, "the agent to listen: " + self.said()[-500:])


class Daemon:
    """A syslog daemon in the foreground that follows one file and forwards it."""

    def __init__(self, command, folder, environment=None):
        self.command, self.folder, self.environment = command, folder, dict(os.environ, **(environment or {}))
        self.start()

    def start(self):
        with open(os.path.join(self.folder, "daemon.log"), "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, cwd=self.folder, env=self.environment)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def rsyslog(folder, source, port, tls=False):
    work = os.path.join(folder, "work")
    os.makedirs(work, exist_ok=True)
    secure = (' StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost"'
              if tls else "")
    files = "".join(f'  defaultNetstreamDriver{name}="{folder}/{file}"\n' for name, file in
                    (("CAFile", "ca.pem"), ("CertFile", "sender.pem"), ("KeyFile", "sender.key"))) if tls else ""
    path = os.path.join(folder, "rsyslog.conf")
    # Its own messages stay inside: for each it would open and close a socket to the system's log, and a TLS connection that has
    # just ended may read from that socket's number and wait there for ever (seen with 8.2302 and its driver "ossl").
    pathlib.Path(path).write_text(f'''
global(workDirectory="{work}" maxMessageSize="64k" processInternalMessages="on"
{files})
module(load="imfile" mode="inotify")
input(type="imfile" file="{source}" tag="app:" reopenOnTruncate="on" ruleset="forward")
ruleset(name="forward") {{ action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" TCP_Framing="octet-counted"
       template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1" action.resumeInterval="1"
       queue.type="LinkedList" queue.size="100000"{secure}) }}
''')
    return Daemon(["rsyslogd", "-n", "-f", path, "-i", os.path.join(folder, "rsyslog.pid")], folder)


def syslog_ng_program():
    """(command, environment) of the installed one, or of the one that ./setup --tests unpacked."""
    if shutil.which("syslog-ng"):
        return ["syslog-ng"], {}
    program = BESIDE / "usr/sbin/syslog-ng"
    modules = sorted((BESIDE / "usr/lib/syslog-ng").glob("3.*"))
    if not program.exists() or not modules:
        raise Skip("there is no syslog-ng")
    return ([str(program), "--module-path=" + str(modules[-1])],
            {"LD_LIBRARY_PATH": str(BESIDE / "usr/lib/syslog-ng")})


def syslog_ng(folder, source, port, tls=False):
    program, environment = syslog_ng_program()
    secure = (f'transport("tls") tls(ca-file("{folder}/ca.pem") cert-file("{folder}/sender.pem") key-file("{folder}/sender.key") '
              'peer-verify(required-trusted))' if tls else 'transport("tcp")')
    path = os.path.join(folder, "syslog-ng.conf")
    pathlib.Path(path).write_text(f'''@version: 3.35
options {{ keep-hostname(yes); time-reopen(1); stats-freq(0); }};
source s {{ file("{source}" follow-freq(0.2) flags(no-parse)); }};
destination d {{ syslog("localhost" port({port}) {secure} flush-lines(100) log-fifo-size(200000)); }};
log {{ source(s); destination(d); flags(flow-control); }};
''')
    words = ["--foreground", "--no-caps", "--cfgfile=" + path, "--persist-file=" + os.path.join(folder, "ng.persist"),
             "--pidfile=" + os.path.join(folder, "ng.pid"), "--control=" + os.path.join(folder, "ng.ctl"), "--stderr"]
    return Daemon([*program, *words], folder, environment)


def alert_lines(first, count):
    return "".join(eve(number, signature="line %d" % number) + "\n" for number in range(first, first + count))


def signatures(centre):
    """How often the centre has each line."""
    found, after = {}, ""
    while True:
        status, _, data = centre.request("GET", "/v1/alerts?limit=500" + ("&after=" + after if after else ""), centre.tokens["analyst"])
        if status == 429:
            time.sleep(0.2)
            continue
        answer = json.loads(data)
        for alert in answer["alerts"]:
            found[alert["signature"]] = found.get(alert["signature"], 0) + 1
        after = answer.get("next")
        if not after:
            return found


def ship_through(daemon_of, tls, unnoticed=0, lines=3000):
    """Lines are appended all the time; the agent is stopped and started in the middle. `unnoticed`: so many lines may be lost there, by a
    sender that does not look whether its connection has ended before it writes."""
    folder = tempfile.mkdtemp(prefix="noroshi-syslog-")
    source, port, daemon = os.path.join(folder, "eve.json"), free_port(), None
    pathlib.Path(source).touch()
    make_certificates(folder)
    kind = "tls" if tls else "tcp"
    secure = 'certificate = "localhost.pem"; key = "localhost.key"; client_ca = "ca.pem"; client_names = ( "sender" );' if tls else ""
    with Centre(organisations=("alpha",)) as centre:
        agent = Agent(centre, folder, [f'{{ name = "lan"; listen = "{kind}:127.0.0.1:{port}"; content = "eve"; {secure} }}'])
        try:
            agent.listens(port)
            daemon = daemon_of(folder, source, port, tls)
            number, step = 0, 100
            while number < lines:
                with open(source, "a", encoding="utf-8") as to:
                    to.write(alert_lines(number, step))
                number += step
                time.sleep(0.05)
                if number == lines // 3:
                    wait_for(lambda: agent.source("lan").get("messages", 0) > 0, PATIENCE, "first messages: " + agent.said()[-800:])
                    agent.stop()
                    time.sleep(1.2)
                    agent.start()
                    agent.listens(port)
            wanted = {"line %d" % i for i in range(lines)}
            may_miss = {"line %d" % i for i in range(lines // 3, lines // 3 + unnoticed)}

            def arrived():
                found = signatures(centre)
                return found if wanted - may_miss <= set(found) else None
            try:
                found = wait_for(arrived, PATIENCE, "every line")
            except AssertionError:
                missing = sorted(int(name.split()[1]) for name in wanted - set(signatures(centre)))
                raise AssertionError(f"{len(missing)} lines are missing: {missing[:5]} … {missing[-5:]}; {agent.status()} "
                                     f"{agent.said()[-1500:]} "
                                     f"{pathlib.Path(folder, 'daemon.log').read_text(errors='replace')[-600:]}") from None
            doubled = {name: count for name, count in found.items() if count > 1}
            assert not doubled and set(found) <= wanted, (len(doubled), sorted(doubled)[:5])
            counts = agent.source("lan")
            assert counts["malformed"] == 0 and counts["cut"] == 0, counts
            return "%d of %d lines, each once" % (len(found), lines)
        finally:
            if daemon:
                daemon.stop()
            agent.stop()
            shutil.rmtree(folder, ignore_errors=True)


def test_daemons_forward_while_the_agent_starts_anew():
    ways = {"rsyslog, TCP": (rsyslog, False), "rsyslog, TLS": (rsyslog, True), "syslog-ng, TCP": (syslog_ng, False),
            # It writes once more into the connection that has ended.
            "syslog-ng, TLS": (syslog_ng, True, 1)}
    if not shutil.which("rsyslogd"):
        raise Skip("there is no rsyslogd")
    syslog_ng_program()
    with concurrent.futures.ThreadPoolExecutor(len(ways)) as pool:
        running = {name: pool.submit(ship_through, *how) for name, how in ways.items()}
        return "; ".join(f"{name}: {done.result()}" for name, done in running.items())


SHARED = []  # the centre of the tests below


def shared_centre():
    if not SHARED:
        SHARED.append(Centre(organisations=("alpha",)))
        atexit.register(SHARED[0].stop)
    return SHARED[0]


class Bench:
    """A centre, and an agent with these sources; {port0} … are free ports."""

    def __init__(self, sources, more=""):
        self.folder = tempfile.mkdtemp(prefix="noroshi-syslog-")
        make_certificates(self.folder)
        self.ports = [free_port() for _ in sources]
        self.centre = shared_centre()
        filled = []
        for number, source in enumerate(sources):
            filled.append("{ " + source.replace("PORT", str(self.ports[number])).replace("FOLDER", self.folder) + " }")
        self.agent = Agent(self.centre, self.folder, filled, more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.agent.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def receiver(self):
        """The pid of the process that receives."""
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and pathlib.Path("/proc", entry, "stat").read_text().rsplit(")", 1)[1].split()[1] == str(
                        self.agent.process.pid):
                    return int(entry)
            except OSError:
                continue
        return None

    def ready(self, name):
        wait_for(lambda: self.agent.source(name), PATIENCE, "the receiver: " + self.agent.said()[-800:])

    def count(self, name, **expected):
        def reached():
            counts = self.agent.source(name)
            return counts if all(counts.get(key) == value for key, value in expected.items()) else None
        try:
            return wait_for(reached, PATIENCE)
        except AssertionError:
            raise AssertionError(f"{expected} of {name}: {self.agent.source(name)} {self.agent.said()[-800:]}") from None


def test_udp_losses_are_counted():
    with Bench(['name = "lan"; listen = "udp:127.0.0.1:PORT"; send = "all"; rate = 0;']) as bench:
        bench.ready("lan")
        receiver, sent = bench.receiver(), 60000
        os.kill(receiver, signal.SIGSTOP)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(sent):
                sender.sendto(b"<13>1 - host app - - - " + b"x" * 900 + b"%d" % number, ("127.0.0.1", bench.ports[0]))
        os.kill(receiver, signal.SIGCONT)

        def settled():
            counts = bench.agent.source("lan")
            return counts if counts["messages"] + counts["dropped"] == sent else None
        counts = wait_for(settled, PATIENCE, "messages and drops to be all: %s" % bench.agent.source("lan"))
        assert counts["messages"] > 0 and counts["dropped"] > 0, counts
        return "%d sent, %d taken, %d dropped and counted" % (sent, counts["messages"], counts["dropped"])


def test_rate_drops_datagrams_and_slows_connections():
    sources = ['name = "udp"; listen = "udp:127.0.0.1:PORT"; rate = 50; send = "all";',
               'name = "tcp"; listen = "tcp:127.0.0.1:PORT"; rate = 50; send = "all";']
    with Bench(sources) as bench:
        bench.ready("tcp")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(1000):
                sender.sendto(b"<13>Oct 11 22:14:15 h app: %d" % number, ("127.0.0.1", bench.ports[0]))

        def settled():
            counts = bench.agent.source("udp")  # a busy machine's kernel drops some before they are read
            return counts if counts["messages"] + counts["too_many"] + counts["dropped"] == 1000 else None
        counts = wait_for(settled, PATIENCE, "all datagrams")
        assert counts["too_many"] > 500 - counts["dropped"] and counts["messages"] < 500, counts
        with socket.create_connection(("127.0.0.1", bench.ports[1])) as stream:
            stream.sendall(b"".join(b"<13>Oct 11 22:14:15 h app: %d %s\n" % (number, b"x" * 1000) for number in range(200)))
        counts = bench.count("tcp", messages=200)
        assert counts["too_many"] > 0 and counts["broken"] == 0, counts
        return counts


def test_bounds_and_who_may_send():
    sources = ['name = "some"; listen = "tcp:127.0.0.1:PORT"; longest = "1 KiB"; connections_each = 2; send = "all";',
               'name = "none"; listen = "tcp:127.0.0.1:PORT"; from = ( "192.0.2.0/24", "2001:db8::/32" );']
    with Bench(sources) as bench:
        bench.agent.listens(bench.ports[0])
        bench.count("some", open_connections=0, connections=1)
        with socket.create_connection(("127.0.0.1", bench.ports[0])) as stream:
            stream.sendall(b"<13>Oct 11 22:14:15 h app: %s\n30 <13>1 - h a - - - counted one\n<999>x\n100 <13>torn" % (b"y" * 5000))
        bench.count("some", messages=3, cut=1, malformed=1, broken=1)
        held = [socket.create_connection(("127.0.0.1", bench.ports[0])) for _ in range(4)]
        bench.count("some", crowded=2, open_connections=2)
        for each in held:
            each.close()
        socket.create_connection(("127.0.0.1", bench.ports[1])).close()
        bench.count("none", refused=1, messages=0)


def test_tls_takes_only_the_names_that_it_knows():
    source = ('name = "lan"; listen = "tls:127.0.0.1:PORT"; send = "all"; certificate = "localhost.pem"; key = "localhost.key"; '
              'client_ca = "ca.pem"; client_names = ( "sender" );')
    with Bench([source]) as bench:
        bench.ready("lan")
        for name, accepted in (("sender", True), ("stranger", False), (None, False)):
            context = ssl.create_default_context(cafile=os.path.join(bench.folder, "ca.pem"))
            if name:
                context.load_cert_chain(os.path.join(bench.folder, name + ".pem"), os.path.join(bench.folder, name + ".key"))
            try:
                with socket.create_connection(("127.0.0.1", bench.ports[0])) as plain, \
                        context.wrap_socket(plain, server_hostname="localhost") as stream:
                    stream.sendall(b"26 <13>1 - h a - - - from tls")
                    stream.settimeout(10)
                    if not accepted:
                        stream.recv(1)
            except OSError:
                assert not accepted
        counts = bench.count("lan", messages=1, handshakes=2, connections=3)
        kept = lambda: "".join(path.read_text() for path in pathlib.Path(bench.agent.state, "received").glob("*.lan.records.eve"))  # noqa: E731
        record = wait_for(lambda: (lambda text: text if text.endswith("\n") else None)(kept()), what="the record")
        assert json.loads(record)["syslog"]["peer"] == "sender" and json.loads(record)["syslog"]["message"] == "from tls", record
        return counts


def failed(number, source="198.18.0.9"):
    moment = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - 200 + number))
    return f"{moment} db sshd[{1000 + number}]: Failed password for root from {source} port {2000 + number} ssh2\n"


def alerts_of(centre):
    status, _, data = centre.request("GET", "/v1/alerts?limit=500", centre.tokens["analyst"])
    return {alert["signature"]: alert for alert in json.loads(data)["alerts"]} if status == 200 else {}


def test_an_auth_log_is_watched():
    """Guessing in it becomes an alert at the centre; a rotation is none, emptying it is."""
    with Bench(['name = "own"; files = ( "FOLDER/auth.log" );']) as bench:
        path = pathlib.Path(bench.folder, "auth.log")
        path.write_text("".join(failed(i) for i in range(8)))
        bench.count("own", facts=8)
        os.rename(path, str(path) + ".1")
        path.write_text("".join(failed(i) for i in range(8, 30)))
        bench.count("own", facts=30)
        shutil.copyfile(path, str(path) + ".2")
        os.truncate(path, 0)
        with open(path, "a", encoding="utf-8") as to:
            to.write(failed(30))
        bench.count("own", facts=31)
        time.sleep(1.5)
        found = wait_for(lambda: (lambda all: all if "A source fails to sign in again and again" in all else None)(alerts_of(bench.centre)),
                         PATIENCE, "the alert: " + bench.agent.said()[-600:])
        guessing = found["A source fails to sign in again and again"]
        assert guessing["source"] == "198.18.0.9" and guessing["host"] == "db" and guessing["account"] == "root", guessing
        assert guessing["outcome"] == "failed" and guessing["tactics"] == ["TA0006"], guessing
        cleared = "A log was emptied, removed or stopped by command"
        assert cleared not in found, found
        for copy in (".1", ".2"):
            os.remove(str(path) + copy)
        os.truncate(path, 0)
        wait_for(lambda: cleared in alerts_of(bench.centre), PATIENCE, "the alert of an emptied log")


def test_the_receiver_comes_back_and_has_no_capability():
    with Bench(['name = "lan"; listen = "tcp:127.0.0.1:PORT";']) as bench:
        bench.agent.listens(bench.ports[0])
        first = bench.receiver()

        def confined(pid):
            """Whether it has given up what it must; the port is open before."""
            about = dict(line.split(":\t", 1) for line in pathlib.Path("/proc", str(pid), "status").read_text().splitlines() if ":\t" in line)
            return int(about["CapEff"], 16) == 0 and int(about["CapPrm"], 16) == 0 and about["NoNewPrivs"] == "1"

        wait_for(lambda: confined(first), what="the receiver's confinement")
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: bench.receiver() not in (None, first), PATIENCE, "a new receiver")
        bench.agent.listens(bench.ports[0])
        second = bench.receiver()
        wait_for(lambda: confined(second), what="the new receiver's confinement")
        bench.agent.process.kill()  # it does not outlive the agent
        bench.agent.process.wait()

        def ended():
            try:
                return pathlib.Path("/proc", str(second), "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
            except OSError:
                return True
        wait_for(ended, PATIENCE, "its end")


if __name__ == "__main__":
    main(sys.modules[__name__])
