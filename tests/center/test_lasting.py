"""A centre on a folder of its own: TLS, the user it becomes, what a process may still do, restarts."""
import os
import pwd
import signal
import socket
import ssl
import subprocess
import sys
import tempfile

from center import NOROSHI, PATIENCE, Centre, eve, free_port, main, wait_for

ROOT = os.geteuid() == 0


class Lasting(Centre):
    """Not ephemeral: says nothing on standard output; its tokens come from `noroshi account` and the API."""

    def __init__(self, options=""):
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix="noroshi-test-")
        os.chmod(self.folder, 0o755)
        self.log_path = os.path.join(self.folder, "log")
        self.config = os.path.join(self.folder, "noroshi.conf")
        with open(self.config, "w") as file:
            file.write('center = { listen = "127.0.0.1:%d"; state = "%s/state"; %s %s };' % (
                self.port, self.folder, 'user = "nobody";' if ROOT else "", options.replace("FOLDER", self.folder)))
        self.command = [NOROSHI, "center", "--config", self.config]
        self.scheme, self.context = ("https", ssl.create_default_context()) if "tls_key" in options else ("http", None)
        self.address = "%s://127.0.0.1:%d" % (self.scheme, self.port)
        if ROOT:  # made by the centre itself otherwise
            os.mkdir(self.folder + "/state")
            owner = pwd.getpwnam("nobody")
            os.chown(self.folder + "/state", owner.pw_uid, owner.pw_gid)

    def start(self):
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=self.log)
        before = self.said().count("the centre is ready")
        wait_for(lambda: self.said().count("the centre is ready") > before or self.process.poll() is not None, PATIENCE,
                 "the start: " + self.said())
        assert self.process.poll() is None, self.said()

    def connection(self):
        if self.context:
            import http.client
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE, context=self.context)
        return super().connection()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0, self.said()
        self.process.stdout.close()
        self.log.close()

    def administrator(self):
        done = subprocess.run([NOROSHI, "account", "add", "first", "--role", "administrator", "--config", self.config,
                               "--token"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 0, done
        return done.stdout.split("token: ")[1].strip()


def key_pair(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                    folder + "/key.pem", "-out", folder + "/certificate.pem"], check=True, stderr=subprocess.DEVNULL)
    os.chmod(folder + "/key.pem", 0o600)


def test_what_was_acknowledged_is_there_after_a_restart():
    centre = Lasting()
    try:
        token = centre.administrator()
        centre.start()
        _, organisation = centre.json("POST", "/v1/organisations", token, {"name": "alpha", "title_en": "Alpha"})
        _, sensor = centre.json("POST", "/v1/organisations/%d/sensors" % organisation["number"], token, {"name": "gate"})
        _, secret = centre.json("POST", "/v1/sensors/%d/token" % sensor["number"], token, {})
        body = [eve(i) for i in range(30)]
        assert centre.post(secret["token"], body, batch="one")[2]["repeated"] is False
        centre.end()
        centre.start()
        assert centre.post(secret["token"], body, batch="one")[2] == dict(
            lines=30, alerts=30, records=0, skipped=0, malformed=0, duplicate_keys=0, implausible_times=0, dropped_fields=0,
            capture_version=0, durable=True,
            repeated=True, problems=[], batch="one")
        # An account made beside the running centre works at once.
        other = subprocess.run([NOROSHI, "account", "add", "second", "--role", "auditor", "--config", centre.config,
                                "--token"], stdout=subprocess.PIPE, text=True)
        assert other.returncode == 0
        status, answer = centre.json("GET", "/v1/log/verify", other.stdout.split("token: ")[1].strip())
        assert status == 200 and answer["intact"], answer
        centre.end()
    finally:
        centre.process.poll() is None and centre.process.kill()


def test_tls_is_1_3_only_and_the_key_may_be_readable_by_root_alone():
    centre = Lasting('tls_key = "FOLDER/key.pem"; tls_certificate = "FOLDER/certificate.pem";')
    key_pair(centre.folder)
    centre.context.load_verify_locations(centre.folder + "/certificate.pem")
    centre.start()
    try:
        assert centre.json("GET", "/v1/health")[0] == 200
        connection = centre.connection()
        connection.connect()
        assert connection.sock.version() == "TLSv1.3"
        connection.close()
        old = ssl.create_default_context(cafile=centre.folder + "/certificate.pem")
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        try:
            with socket.create_connection(("127.0.0.1", centre.port), PATIENCE) as plain:
                old.wrap_socket(plain, server_hostname="127.0.0.1")
            raise AssertionError("TLS 1.2 was spoken")
        except ssl.SSLError:
            pass
    finally:
        centre.end()


def test_tls_1_2_is_taken_where_it_is_allowed_with_good_ciphers_alone():
    centre = Lasting('tls_key = "FOLDER/key.pem"; tls_certificate = "FOLDER/certificate.pem"; tls_1_2 = true;')
    key_pair(centre.folder)
    centre.context.load_verify_locations(centre.folder + "/certificate.pem")
    centre.start()
    try:
        for ciphers, taken in (("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256", True), ("AES128-GCM-SHA256:AES128-SHA", False),
                               ("ECDHE-RSA-AES256-SHA:ECDHE-ECDSA-AES256-SHA", False)):
            old = ssl.create_default_context(cafile=centre.folder + "/certificate.pem")
            old.maximum_version = ssl.TLSVersion.TLSv1_2
            old.set_ciphers(ciphers + ":@SECLEVEL=1")
            try:
                with socket.create_connection(("127.0.0.1", centre.port), PATIENCE) as plain, old.wrap_socket(plain, server_hostname="127.0.0.1") as spoken:
                    assert taken and spoken.version() == "TLSv1.2", ciphers
                    spoken.sendall(b"GET /v1/health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n" % centre.port)
                    assert spoken.recv(100).startswith(b"HTTP/1.1 200"), ciphers
            except ssl.SSLError:
                assert not taken, ciphers
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        try:
            with socket.create_connection(("127.0.0.1", centre.port), PATIENCE) as plain:
                old.wrap_socket(plain, server_hostname="127.0.0.1")
            raise AssertionError("TLS 1.1 was spoken")
        except ssl.SSLError:
            pass
        connection = centre.connection()
        connection.connect()
        assert connection.sock.version() == "TLSv1.3"
        connection.close()
    finally:
        centre.end()


def status_of(pid):
    with open("/proc/%d/status" % pid) as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def test_the_processes_have_given_up_what_they_do_not_need():
    centre = Lasting()
    centre.start()
    try:
        for name, pid in centre.children().items():
            status = status_of(pid)
            assert status["NoNewPrivs"] == "1", (name, status["NoNewPrivs"])
            assert status["Seccomp"] == "2", (name, status["Seccomp"])
            with open("/proc/%d/limits" % pid) as file:
                assert [line for line in file if line.startswith("Max core file size")][0].split()[4] == "0"
            if ROOT:
                assert status["Uid"].split() == [str(pwd.getpwnam("nobody").pw_uid)] * 4, (name, status["Uid"])
                assert int(status["CapEff"], 16) == 0, (name, status["CapEff"])
        front = centre.children()["front"]
        opened = [os.readlink("/proc/%d/fd/%s" % (front, each)) for each in os.listdir("/proc/%d/fd" % front)]
        assert not [each for each in opened if "/state" in each], opened
        state = os.stat(centre.folder + "/state/noroshi.db")
        assert state.st_mode & 0o007 == 0, oct(state.st_mode)
    finally:
        centre.end()


def test_a_second_start_on_the_same_address_says_so():
    centre = Lasting()
    centre.start()
    try:
        done = subprocess.run([NOROSHI, "center", "--ephemeral", "--listen", "127.0.0.1:%d" % centre.port],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        assert done.returncode == 2 and "127.0.0.1:%d" % centre.port in done.stderr, done
    finally:
        centre.end()


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
