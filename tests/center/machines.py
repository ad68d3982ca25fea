"""A centre with a door for machines, and machines made of openssl and the standard library, for the tests of both."""
import http.client
import json
import os
import re
import sqlite3
import ssl
import subprocess
import tempfile
import time
import urllib.parse

from center import PATIENCE, free_port
from test_lasting import Lasting, key_pair


class MachineCentre(Lasting):
    """Two organisations with a sensor each; tokens of an administrator, an auditor, and a member of each."""

    def __init__(self, options=""):
        self.machines_port = free_port()
        super().__init__('machines = "127.0.0.1:%d"; tls_key = "FOLDER/key.pem"; tls_certificate = "FOLDER/certificate.pem"; %s'
                         % (self.machines_port, options))
        key_pair(self.folder)
        self.authority = self.folder + "/certificate.pem"
        self.context.load_verify_locations(self.authority)
        self.machines = "https://127.0.0.1:%d" % self.machines_port
        self.admin = self.administrator()
        self.start()
        self.organisations, self.sensors, self.members = {}, {}, {}
        for name in ("alpha", "beta"):
            made = self.done(201, "POST", "/v1/organisations", {"name": name, "title_en": name})
            self.organisations[name] = made["number"]
            self.sensors[name] = self.done(201, "POST", "/v1/organisations/%d/sensors" % made["number"], {"name": "edge-" + name})["number"]
            self.members[name] = self.account("member-" + name, "member", made["number"])
        self.auditor = self.account("auditor", "auditor")
        self.analyst = self.account("analyst", "analyst")

    def done(self, wanted, method, path, body=None, token=None):
        status, answer = self.json(method, path, token or self.admin, body)
        assert status == wanted, (method, path, status, answer)
        return answer

    def account(self, name, role, organisation=None):
        body = {"name": name, "role": role}
        if organisation:
            body["organisation"] = organisation
        account = self.done(201, "POST", "/v1/accounts", body)
        return self.done(201, "POST", "/v1/accounts/%s/tokens" % account["id"], {"name": "test"})["token"]

    def enrolment(self, organisation="alpha", token=None, **body):
        return self.done(201, "POST", "/v1/sensors/%d/enrolments" % self.sensors[organisation], body, token)

    def certificates(self, organisation="alpha"):
        return self.done(200, "GET", "/v1/sensors/%d/certificates" % self.sensors[organisation])

    def revoke(self, serial):
        self.done(204, "DELETE", "/v1/certificates/" + serial)

    def stored(self, organisation="alpha", token=None):
        """What an analyst finds of an organisation's alerts."""
        return self.done(200, "GET", "/v1/alerts?organisation=%d&limit=500" % self.organisations[organisation],
                         token=token or self.analyst)["alerts"]

    def database(self, statement, *values):
        """Changes the state behind the centre's back, such as a certificate's times."""
        with sqlite3.connect(self.folder + "/state/noroshi.db", timeout=20) as database:
            database.execute(statement, values)
        database.close()

    def log_lines(self):
        return self.done(200, "GET", "/v1/log?limit=500", token=self.auditor)["lines"]


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Machine:
    """A key, and what it is shown with; `certificate` is a file of PEM."""

    def __init__(self, centre):
        self.centre, self.folder = centre, tempfile.mkdtemp(prefix="machine-", dir=centre.folder)
        self.key, self.certificate, self.serial = self.folder + "/key.pem", None, None
        self.new_key()

    def new_key(self):
        with open(self.key, "wb") as file:
            file.write(openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout"))

    def request(self, *more, subject="/"):
        return openssl("req", "-new", "-key", self.key, "-subj", subject, *more).decode()

    def context(self):
        context = ssl.create_default_context(cafile=self.centre.authority)
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        return context

    def connection(self, port=None):
        return http.client.HTTPSConnection("127.0.0.1", port or self.centre.machines_port, timeout=PATIENCE, context=self.context())

    def ask(self, method, path, body=None, connection=None, headers=None):
        """Gives (status, JSON or bytes); raises ssl.SSLError or OSError when the handshake is refused."""
        own = connection or self.connection()
        headers = dict(headers or {})
        if isinstance(body, dict):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        try:
            own.request(method, path, body=body, headers=headers)
            answer = own.getresponse()
            data = answer.read()
        finally:
            if not connection:
                own.close()
        return answer.status, json.loads(data) if "json" in answer.headers.get("Content-Type", "") else data

    def save(self, answer):
        self.certificate, self.serial = self.folder + "/certificate.pem", answer["id"]
        with open(self.certificate, "w") as file:
            file.write(answer["certificate"])
        return self

    def enrol(self, token, request=None):
        return self.ask("POST", "/v1/machine/enrolment", {"token": token, "request": request or self.request()})

    def deliver(self, lines, connection=None, **query):
        path = "/v1/alerts" + ("?" + urllib.parse.urlencode(query) if query else "")
        return self.ask("POST", path, "".join(line + "\n" for line in lines), connection, {"Content-Type": "application/x-ndjson"})


def enrolled(centre, organisation="alpha"):
    machine = Machine(centre)
    status, answer = machine.enrol(centre.enrolment(organisation)["token"])
    assert status == 201, answer
    return machine.save(answer)


def subject_of(path):
    return openssl("x509", "-in", path, "-noout", "-subject", "-ext", "basicConstraints,keyUsage,extendedKeyUsage").decode()


def routes(centre):
    """Every route of the centre as its own documentation names it: (method, path)."""
    from center import NOROSHI
    text = subprocess.run([NOROSHI, "help", "routes"], stdout=subprocess.PIPE, text=True, check=True).stdout
    found = re.findall(r"^## (GET|POST|PUT|PATCH|DELETE) (\S+)$", text, re.M) + re.findall(r"^\| (GET|POST) (\S+) \|", text, re.M)
    assert len(found) > 90, len(found)
    return found


def until(moment):
    while time.time() < moment:
        time.sleep(0.05)
