"""What the capture policy forbids is nowhere: a real centre, a real agent with logs full of secrets, then every byte searched.

Every secret is random and stands in one field. After everything was delivered, the member's spool, state and logs and the
centre's store, history, logs, mails and API answers are searched for each secret: as it is, in base64, percent-encoded, in
hexadecimal, and inside of what is compressed with zstd. Then the agent and the processes of the centre are made to crash:
there is no core, and another process of the same user cannot read their memory.
"""
import base64
import glob
import json
import os
import re
import resource
import secrets
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../center"))
from center import NOROSHI, Centre, main, wait_for  # noqa: E402

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
NOW = time.time()


def moment(offset=0):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(NOW - 30 + offset)) + ".000000+0000"


class Secrets:
    """A random word for each place that must not leave, and for each that may."""

    def __init__(self):
        self.forbidden, self.allowed = {}, {}

    def no(self, place):
        return self.forbidden.setdefault(place, "zq" + secrets.token_hex(9))

    def yes(self, place):
        return self.allowed.setdefault(place, "za" + secrets.token_hex(9))


def eve_lines(s):
    alert = {"action": "allowed", "gid": 1, "signature_id": 9000001, "rev": 1, "signature": s.yes("signature"), "category": "c", "severity": 1}
    head = {"event_type": "alert", "src_ip": "198.51.100.7", "src_port": 40000, "dest_ip": "192.0.2.10", "dest_port": 80, "proto": "TCP",
            "alert": alert}
    bodies = [
        {"http": {"hostname": s.yes("host") + ".example", "url": "/first/%s?q=%s" % (s.no("path"), s.no("query")),
                  "http_refer": "http://user:%s@r.example/a/%s" % (s.no("url password"), s.no("referrer")),
                  "http_user_agent": s.yes("agent"), "http_method": "POST", "status": 200,
                  "request_headers": [{"name": "Cookie", "value": s.no("cookie")}, {"name": "Authorization", "value": s.no("authorization")}],
                  "http_request_body": base64.b64encode(s.no("request body").encode()).decode(),
                  "http_response_body_printable": s.no("response body")},
         "payload": base64.b64encode(("POST / HTTP/1.1\r\n\r\n" + s.no("payload")).encode()).decode(),
         "payload_printable": "POST / " + s.no("payload printable"), "packet": base64.b64encode(s.no("packet").encode()).decode()},
        {"app_proto": "smtp", "smtp": {"helo": "m.example", "mail_from": "<%s@from.example>" % s.no("mail from"),
                                       "rcpt_to": ["<%s@to.example>" % s.no("mail to")]},
         "email": {"status": "PARSE_DONE", "subject": s.no("subject"), "from": "%s <a@b.example>" % s.no("mail name"),
                   "attachment": ["%s.docx" % s.no("attachment")], "body_md5": s.no("body digest")}},
        {"app_proto": "dns", "dns": {"version": 3, "queries": [{"rrname": s.yes("dns") + ".example", "rrtype": "A"}]}},
        {"app_proto": "tls", "tls": {"sni": s.yes("sni") + ".example", "version": "TLS 1.3"}},
        {"app_proto": "ftp", "ftp": {"command": "PASS", "command_data": s.no("ftp password"), "reply": ["230 " + s.no("ftp reply")]}},
        {"fileinfo": {"filename": "/%s/%s.pdf" % (s.no("file folder"), s.no("file name")), "size": 5}, s.no("unknown key"): s.no("unknown value"),
         "http": {"brand_new_field": s.no("unknown member")}},
        {"payload\\u0061": s.no("escaped key"), "metadata": {"flowbits": ["x"]}, "deep": {"a": [{"b": [[s.no("deep")]]}]}},
    ]
    alerts = [{**head, **body} for body in bodies]
    records = [{name: value for name, value in each.items() if name != "alert"} for each in alerts]  # the same as records that are no alerts
    return [json.dumps({"timestamp": moment(i), **each}).replace("\\\\u", "\\u")
            for i, each in enumerate(alerts + [{**each, "event_type": "http"} for each in records])]


def wazuh_lines(s):
    return [json.dumps({"timestamp": moment(i), "rule": {"level": 7, "description": s.yes("rule %d" % i), "id": "5710", "groups": ["web", "accesslog"]},
                        "agent": {"id": "001", "name": "web1", "ip": "192.0.2.11"}, "manager": {"name": "m"}, "id": "1.%d" % i,
                        "decoder": {"name": "web-accesslog"}, "location": "/var/log/access.log",
                        "full_log": '198.51.100.9 - - "GET /x/%s?p=%s HTTP/1.1" 200 5' % (s.no("full_log path"), s.no("full_log query")),
                        "previous_output": s.no("previous output"), "data": {"srcip": "198.51.100.9", "url": "/login/%s?t=%s" % (
                            s.no("wazuh url"), s.no("wazuh query")), "srcuser": s.yes("account"), "odd": s.no("wazuh unknown"),
                            "win": {"eventdata": {"commandLine": "x.exe /p:" + s.no("command line")}}}})
            for i in range(2)]


def csv_lines(s):
    lines = ["time,signature,address,host,account,url,subject,brand_new"]
    for i in range(3):
        lines.append('%s,"see http://u.example/a/%s?x=%s or write to %s@m.example",192.0.2.%d,web%d,%s,/first/%s,"%s, ""and"" more",%s' % (
            moment(i)[:19] + "Z", s.no("csv path"), s.no("csv query"), s.no("csv mail"), i + 20, i, s.yes("csv account"), s.no("csv url"),
            s.no("csv subject"), s.no("csv unknown")))
    return lines


def cef_lines(s):
    return ["CEF:0|Maker|Wall|1|7|a flood|5|rt=%d src=198.51.100.8 dst=192.0.2.30 request=http://u.example/first/%s?q\\=%s suser=%s "
            "requestCookies=%s msg=%s and more cs1=%s cs1Label=Odd odd=%s fname=%s.pdf" % (
                NOW * 1000, s.no("cef url"), s.no("cef query"), s.yes("cef account"), s.no("cef cookie"), s.no("cef message"), s.no("cef custom"),
                s.no("cef unknown"), s.no("cef file"))]


def zeek_lines(s):
    names = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p note msg sub file_desc user_agent password subject brand_new".split()
    row = ["%.6f" % (NOW - 20), "C1", "198.51.100.8", "4000", "192.0.2.31", "80", "Watch::Odd", s.no("zeek message"), s.no("zeek sub"),
           "http://u.example/first/" + s.no("zeek file"), s.yes("zeek agent"), s.no("zeek password"), s.no("zeek subject"), s.no("zeek unknown")]
    return ["#separator \\x09", "#path\tnotice", "#fields\t" + "\t".join(names), "\t".join(row)]


ALERTS = 14  # of all these logs


def encodings(word):
    raw = word.encode()
    found = {raw, raw.hex().encode(), urllib.parse.quote(word).encode(), "".join("%%%02x" % b for b in raw).encode(),
             "".join("%%%02X" % b for b in raw).encode(), "".join("\\u%04x" % b for b in raw).encode()}
    for shift in range(3):  # base64 of a text that holds it, wherever it stands in the groups of three
        padded = base64.b64encode(b"\0" * shift + raw)
        found.add(padded[4 if shift else 0:len(padded) - 4 if padded.endswith(b"=") else len(padded)])
    return found


def unzstd(data):
    """What stands in the zstd frames within the bytes, wherever they begin."""
    at, found = data.find(ZSTD_MAGIC), []
    while at >= 0:
        done = subprocess.run(["zstd", "-dcq"], input=data[at:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        found.append(done.stdout)
        at = data.find(ZSTD_MAGIC, at + 4)
    return b"\0".join(found)


def everything(*folders):
    """Whoever works there renames and removes files meanwhile: what has another name then is looked for under that."""
    known, fresh = set(), folders
    while fresh:
        found = {path for folder in folders for hidden in ("*", ".*") for path in glob.glob(os.path.join(folder, "**", hidden), recursive=True)}
        fresh = sorted(found - known)
        known |= found
        for path in filter(os.path.isfile, fresh):
            try:
                with open(path, "rb") as file:
                    data = file.read()
            except FileNotFoundError:
                continue
            yield path, data
            if ZSTD_MAGIC in data:
                yield path + " (unpacked)", unzstd(data)


def search(places, words):
    """Which words stand where."""
    met = set()
    for path, data in places:
        low = data.lower()
        for name, word in words.items():
            if any(form in data or form.lower() in low for form in encodings(word)):
                met.add((name, os.path.basename(path)))
    return met


class World:
    """A centre, and a member with an agent that follows three logs."""

    def __init__(self, capture="", policy=None):
        self.s = Secrets()
        self.centre = Centre(("alpha",), config='version = 1;\ncenter = { state = "FOLDER/state"; };\n')
        self.member = tempfile.mkdtemp(prefix="noroshi-member-")
        self.logs, self.state = os.path.join(self.member, "logs"), os.path.join(self.member, "state")
        os.mkdir(self.logs)
        for name, lines in (("eve.json", eve_lines(self.s)), ("alerts.json", wazuh_lines(self.s)), ("alerts.csv", csv_lines(self.s)),
                            ("wall.cef", cef_lines(self.s)), ("notice.log", zeek_lines(self.s))):
            with open(os.path.join(self.logs, name), "w") as file:
                file.write("\n".join(lines) + "\n")
        with open(os.path.join(self.member, "token"), "w") as file:
            file.write(self.centre.tokens["alpha"] + "\n")
        os.chmod(os.path.join(self.member, "token"), 0o600)
        with open(os.path.join(self.member, "agent.conf"), "w") as file:
            file.write('version = 1;\nagent = { server = "%s"; token_file = "%s/token"; state = "%s"; files = [ "%s/*" ]; keep_records = true; };\n%s\n' % (
                self.centre.address, self.member, self.state, self.logs, capture))
        if policy:
            self.change(policy)

    def analyst(self):
        return self.centre.tokens["analyst"]

    def change(self, policy, token="administrator"):
        return self.centre.json("PATCH", "/v1/capture-policy?organisation=1", self.centre.tokens[token], policy)

    def agent(self, *arguments):
        with open(os.path.join(self.member, "agent.log"), "ab") as log:
            return subprocess.Popen([NOROSHI, "agent", "--config", os.path.join(self.member, "agent.conf"), *arguments], stdout=log, stderr=log)

    def ship(self):
        process = self.agent("--once", "--json")
        process.wait(150)
        assert process.returncode == 0, open(os.path.join(self.member, "agent.log")).read()

    def answers(self):
        for path in ("/v1/alerts?limit=500", "/v1/records?limit=500", "/v1/events?limit=500", "/v1/sensors", "/v1/funnel", "/v1/capture-policy?organisation=1"):
            token = self.analyst()
            yield "GET " + path, self.centre.request("GET", path, token)[2]
        for event in self.centre.json("GET", "/v1/events?limit=500", self.analyst())[1]["events"]:
            yield "GET event", self.centre.request("GET", "/v1/events/" + event["id"], self.analyst())[2]
        for path in ("/", "/alerts", "/records", "/queue"):
            yield "GET " + path, self.centre.request("GET", path, self.analyst(), headers={"Accept": "text/html"})[2]

    def places(self):
        yield from everything(self.centre.folder, self.state)
        with open(os.path.join(self.member, "agent.log"), "rb") as file:
            yield "agent.log", file.read()
        yield from self.answers()

    def stop(self):
        self.centre.stop()


def with_world(**arguments):
    def decorate(test):
        def run():
            world = World(**arguments)
            try:
                test(world)
            finally:
                world.stop()
        run.__name__ = test.__name__
        return run
    return decorate


def counts(world):
    wait_for(lambda: len(world.centre.json("GET", "/v1/alerts?limit=500", world.analyst())[1]["alerts"]) == ALERTS)
    return world.centre.json("GET", "/v1/alerts?limit=500", world.analyst())[1]["alerts"]


@with_world()
def test_nothing_that_is_forbidden_is_anywhere(world):
    world.ship()
    alerts = counts(world)
    time.sleep(1.2)  # the keeper's tick: what it notes of sensors
    met = search(world.places(), world.s.forbidden)
    assert not met, met
    # the search finds what may be there: else it would find nothing whatever happened
    found = {name for name, _ in search(world.places(), world.s.allowed)}
    assert found == set(world.s.allowed), set(world.s.allowed) - found
    # the agent was thorough: there was nothing left for the centre to drop
    policy = world.centre.json("GET", "/v1/capture-policy?organisation=1", world.centre.tokens["administrator"])[1]
    assert policy["dropped"] == [], policy["dropped"]
    records = world.centre.json("GET", "/v1/records?limit=500", world.analyst())[1]["records"]
    assert len(records) == 7 and any(each["names"] == [world.s.allowed["sni"] + ".example"] for each in records), records
    # every line has its own place in its log, though it became shorter
    assert len({each["id"] for each in alerts}) == ALERTS


@with_world()
def test_what_another_program_posts_is_dropped_at_the_centre(world):
    status, _, answer = world.centre.post(world.centre.tokens["alpha"], eve_lines(world.s), batch="old", records="true")
    assert status == 200 and (answer["alerts"], answer["records"]) == (7, 7) and answer["dropped_fields"] > 20, answer
    status, _, answer = world.centre.post(world.centre.tokens["alpha"], wazuh_lines(world.s), batch="older")
    assert status == 200 and answer["alerts"] == 2, answer
    for name, lines, alerts in (("csv", csv_lines(world.s), 3), ("cef", cef_lines(world.s), 1), ("zeek", zeek_lines(world.s), 1)):
        status, _, answer = world.centre.post(world.centre.tokens["alpha"], lines, batch="oldest-" + name, format=name)
        assert status == 200 and answer["alerts"] == alerts and answer["dropped_fields"] > 3, answer
    policy = wait_for(lambda: [each for each in [world.centre.json("GET", "/v1/capture-policy?organisation=1", world.centre.tokens["administrator"])[1]]
                               if each["dropped"]])[0]
    assert policy["dropped"][0]["fields"] > 20, policy["dropped"]
    assert "capture policy forbids" in world.centre.said()
    os.makedirs(world.state, exist_ok=True)
    open(os.path.join(world.member, "agent.log"), "wb").close()
    met = search(world.places(), world.s.forbidden)
    assert not met, met


@with_world(capture='capture = { server = "stays"; };')
def test_what_a_policy_allows_leaves_and_nothing_else(world):
    # the organisation's own person allows subjects; the member's own file keeps names of servers back
    status, _ = world.change({"subject": "leaves"})
    assert status == 403, status
    status, made = world.change({"subject": "leaves"}, "member-alpha")
    assert status == 200 and made["version"] == 1, made
    session = world.centre.sign_in("member-alpha")
    status, _, page = world.centre.request("GET", "/capture-policy", headers={"Cookie": session, "Accept": "text/html"})
    assert status == 200 and b'name="subject"' in page and b"Only the organisation" not in page, page[:300]
    world.ship()
    counts(world)
    met = {name for name, place in search(world.places(), world.s.forbidden)}
    assert met == {"subject", "csv subject", "zeek subject"}, met
    gone = set(world.s.allowed) - {name for name, _ in search(world.answers(), world.s.allowed)}
    assert gone == {"host", "sni"}, gone
    # the centre may take it back by itself, and what comes after that stays at the member
    status, made = world.change({"subject": "stays"})
    assert status == 200 and made["version"] == 2, made


# ── a network operator's sensor (W07) ──

def with_url(first, second, source, target):
    return json.dumps({"timestamp": moment(), "event_type": "alert", "src_ip": source, "src_port": 40000, "dest_ip": target, "dest_port": 80,
                       "proto": "TCP", "alert": {"action": "allowed", "gid": 1, "signature_id": 9000002, "rev": 1, "signature": "a page",
                                                 "category": "c", "severity": 1},
                       "http": {"hostname": "h.example", "url": "/%s/%s" % (first, second), "http_method": "GET", "status": 200}})


def test_of_an_operators_sensor_each_bodys_own_policy_holds():
    s = Secrets()
    with Centre(("carrier", "aoba", "kaede"), config='version = 1;\ncenter = { state = "FOLDER/state"; };\n') as centre:
        administrator, begin = centre.tokens["administrator"], time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(NOW - 30 * 86400))
        for organisation, prefix in ((2, "198.51.100.0/24"), (2, "2001:db8:a::/48"), (3, "203.0.113.0/24"), (2, "192.0.2.0/28"), (3, "192.0.2.0/28")):
            status, answer = centre.json("POST", "/v1/organisations/%d/space" % organisation, administrator, {"prefix": prefix, "from": begin})
            assert status == 201, answer
        assert centre.json("PATCH", "/v1/sensors/1", administrator, {"routes": True})[0] == 200

        def change(organisation, token, **policy):
            status, answer = centre.json("PATCH", "/v1/capture-policy?organisation=%d" % organisation, centre.tokens[token], policy)
            assert status == 200, answer

        change(1, "member-carrier", url="leaves")  # kaede's is the default: reduced to the first segment
        change(2, "administrator", url="stays")
        lines = [
            with_url(s.no("aoba first"), s.no("aoba second"), "9.9.9.9", "198.51.100.9"),
            with_url(s.no("aoba v6 first"), s.no("aoba v6 second"), "2001:db8:a::7", "2001:4860::1"),
            with_url(s.yes("kaede first"), s.no("kaede second"), "203.0.113.7", "9.9.9.9"),
            with_url(s.no("between first"), s.no("between second"), "203.0.113.7", "198.51.100.9"),
            with_url(s.yes("operator's first"), s.yes("operator's second"), "9.9.9.9", "8.8.8.8"),
            with_url(s.no("disputed first"), s.no("disputed second"), "9.9.9.9", "192.0.2.3"),
            with_url(s.no("private first"), s.no("private second"), "10.0.0.1", "9.9.9.9"),
        ]
        status, _, answer = centre.post(centre.tokens["carrier"], lines, batch="one")
        assert status == 200 and answer["alerts"] == len(lines) and answer["dropped_fields"] == 0, answer

        def places():
            yield from everything(centre.folder)
            for name in ("analyst", "member-carrier", "member-aoba", "member-kaede"):
                yield "alerts of " + name, centre.request("GET", "/v1/alerts?limit=500", centre.tokens[name])[2]

        time.sleep(1.2)  # the keeper's tick
        met = search(places(), s.forbidden)
        assert not met, met
        found = {name for name, _ in search(places(), s.allowed)}
        assert found == set(s.allowed), set(s.allowed) - found
        # Changed, it holds for the next batch: nothing of kaede's leaves any more, and aoba's people allow all of theirs.
        change(3, "administrator", url="not")
        change(2, "member-aoba", url="leaves")


        def in_force():
            """Words of nobody's are let through and kept back as the new policies say."""
            words = Secrets()
            lines = [with_url(words.no("first"), words.no("second"), "9.9.9.9", "203.0.113.7"), with_url(words.yes("first"), words.yes("second"), "9.9.9.9", "198.51.100.9")]
            assert centre.post(centre.tokens["carrier"], lines)[0] == 200
            seen = {name: centre.request("GET", "/v1/alerts?limit=500", centre.tokens["member-" + name])[2].decode() for name in ("aoba", "kaede")}
            return words.no("first") not in seen["kaede"] and words.yes("second") in seen["aoba"] or time.sleep(0.3)
        wait_for(in_force, what="the new policies to hold")
        later = Secrets()
        lines = [with_url(later.no("kaede first"), later.no("kaede second"), "9.9.9.9", "203.0.113.7"),
                 with_url(later.yes("aoba first"), later.yes("aoba second"), "9.9.9.9", "198.51.100.9")]
        assert centre.post(centre.tokens["carrier"], lines, batch="two")[0] == 200
        met = search(places(), later.forbidden)
        assert not met, met
        found = {name for name, _ in search(places(), later.allowed)}
        assert found == set(later.allowed), set(later.allowed) - found


def limits_of(pid):
    with open("/proc/%d/limits" % pid) as file:
        return re.search(r"Max core file size\s+(\S+)\s+(\S+)", file.read()).groups()


def check_no_core(pid, folder):
    assert limits_of(pid) == ("0", "0"), limits_of(pid)
    # not dumpable: what /proc shows of it belongs to root alone
    status = open("/proc/%d/status" % pid).read()
    user = int(re.search(r"Uid:\s+(\d+)", status).group(1))
    assert os.stat("/proc/%d/mem" % pid).st_uid == 0
    if user == 0:
        # even root of another user namespace, or a process that gave up its rights, may not read it
        reader = "import os,sys\nos.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    else:
        reader = "import os,sys\nos.setgroups([]); os.setgid(%d); os.setuid(%d)\n" % (user, user)
    if os.geteuid() == 0:
        reader += "try:\n  open('/proc/%d/mem','rb'); sys.exit(1)\nexcept PermissionError: sys.exit(0)\n" % pid
        assert subprocess.run([sys.executable, "-c", reader]).returncode == 0
    os.kill(pid, signal.SIGSEGV)
    return folder


@with_world()
def test_crashes_leave_no_core(world):
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)) if os.geteuid() == 0 else None
    here = os.getcwd()
    os.chdir(world.member)
    try:
        process = world.agent()
        wait_for(lambda: len(world.centre.json("GET", "/v1/alerts?limit=500", world.analyst())[1]["alerts"]) == ALERTS)
        check_no_core(process.pid, world.member)
        assert process.wait(120) == -signal.SIGSEGV
        for name, pid in world.centre.children().items():
            check_no_core(pid, world.centre.folder)
        time.sleep(0.5)
    finally:
        os.chdir(here)
    cores = [path for path, data in everything(world.member, world.centre.folder) if data[:4] == b"\x7fELF"]
    assert not cores, cores


# ── the sensor, from packets of this test's own ──

class Wire:
    """A capture file with whole TCP sessions, and DNS over UDP."""

    def __init__(self):
        self.packets, self.clock, self.port = [], int(NOW) - 60, 40000

    def packet(self, source, target, protocol, payload):
        head = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(payload), len(self.packets), 0, 64, protocol, 0, source, target)
        self.packets.append(struct.pack("<IIII", self.clock, len(self.packets) % 1000000, 20 + len(payload), 20 + len(payload)) + head + payload)

    def session(self, port, turns):
        """turns: (from the client?, bytes) one after the other."""
        client, server, self.port = 0xC6336407, 0xC000020A, self.port + 1
        numbers = {True: 1000, False: 5000}

        def segment(of_client, flags, data=b""):
            ports = (self.port, port) if of_client else (port, self.port)
            tcp = struct.pack(">HHIIBBHHH", *ports, numbers[of_client], numbers[not of_client] if flags & 16 else 0, 0x50, flags, 65535, 0, 0) + data
            self.packet(*((client, server) if of_client else (server, client)), 6, tcp)
            numbers[of_client] += len(data) + bool(flags & 3)

        segment(True, 2)
        segment(False, 18)
        segment(True, 16)
        for of_client, data in turns:
            for at in range(0, len(data), 1000):
                segment(of_client, 24, data[at:at + 1000])
        segment(True, 17)
        segment(False, 17)
        segment(True, 16)

    def dns(self, name):
        question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0\0\1\0\1"
        message = struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + question
        self.packet(0xC6336407, 0xC000020A, 17, struct.pack(">HHHH", 5353, 53, 8 + len(message), 0) + message)

    def write(self, path):
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + b"".join(self.packets))


RULES = """
alert http any any -> any any (msg:"a request"; http.uri; content:"/first"; sid:1; rev:1;)
alert smtp any any -> any any (msg:"a mail"; content:"MAIL FROM"; sid:2; rev:1;)
alert ftp any any -> any any (msg:"a sign-on"; content:"PASS"; sid:3; rev:1;)
alert dns any any -> any any (msg:"a name"; dns.query; content:".example"; sid:4; rev:1;)
"""


def sensor_capture(never, stays, path):
    """What must be nowhere, what may be at the member alone."""
    wire = Wire()
    body = "user=x&password=" + never("form password")
    wire.session(80, [
        (True, ("POST /first/%s?token=%s HTTP/1.1\r\nHost: h.example\r\nCookie: sid=%s\r\nAuthorization: Basic %s\r\nContent-Type: "
                "application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s" % (
                    stays("url path"), stays("url query"), never("cookie"), base64.b64encode(b"me:" + never("basic").encode()).decode(), len(body),
                    body)).encode()),
        (False, ("HTTP/1.1 200 OK\r\nSet-Cookie: s=%s\r\nContent-Type: text/plain\r\nContent-Length: 20\r\n\r\n%s" % (
            never("set-cookie"), never("response body"))).encode())])
    attachment = base64.b64encode(b"contents " + never("attachment contents").encode()).decode()
    mail = ("From: <%s@from.example>\r\nTo: <b@to.example>\r\nSubject: about %s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xyz"
            "\r\n\r\n--xyz\r\nContent-Type: text/plain\r\n\r\n%s\r\n--xyz\r\nContent-Type: application/pdf; name=\"%s.pdf\"\r\n"
            "Content-Disposition: attachment; filename=\"%s.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--xyz--\r\n.\r\n" % (
                stays("mail from"), stays("subject"), never("mail body"), stays("attachment"), stays("attachment"), attachment))
    wire.session(25, [
        (False, b"220 m.example ESMTP\r\n"), (True, b"EHLO c.example\r\n"), (False, b"250-m.example\r\n250 AUTH PLAIN LOGIN\r\n"),
        (True, b"AUTH PLAIN " + base64.b64encode(b"\0me\0" + never("smtp password").encode()) + b"\r\n"), (False, b"235 ok\r\n"),
        (True, ("MAIL FROM:<%s@from.example>\r\n" % stays("mail from")).encode()), (False, b"250 ok\r\n"), (True, b"RCPT TO:<b@to.example>\r\n"),
        (False, b"250 ok\r\n"), (True, b"DATA\r\n"), (False, b"354 go\r\n"), (True, mail.encode()), (False, b"250 ok\r\n"), (True, b"QUIT\r\n"),
        (False, b"221 bye\r\n")])
    wire.session(21, [
        (False, b"220 ftp\r\n"), (True, b"USER me\r\n"), (False, b"331 password\r\n"), (True, ("PASS %s\r\n" % never("ftp password")).encode()),
        (False, b"230 ok\r\n"), (True, ("STOR %s.zip\r\n" % stays("ftp file")).encode()), (False, b"550 no\r\n"), (True, b"QUIT\r\n"),
        (False, b"221 bye\r\n")])
    wire.dns("asked.example")
    wire.write(path)


@with_world()
def test_what_the_sensor_sees_is_kept_back_too(world):
    kept_back, only_here = Secrets(), Secrets()
    capture, rules, folder = (os.path.join(world.member, each) for each in ("capture", "rules", "sensor"))
    sensor_capture(kept_back.no, only_here.no, capture)
    with open(rules, "w") as file:
        file.write(RULES)
    with open(os.path.join(world.member, "agent.log"), "ab") as log:
        done = subprocess.run([NOROSHI, "sensor", "-r", capture, "--signatures", rules, "--center", world.centre.address, "--token-file",
                               os.path.join(world.member, "token"), "--records", folder, "--keep-records"], stdout=log, stderr=log, timeout=150)
    assert done.returncode == 0, open(os.path.join(world.member, "agent.log")).read()
    alerts = world.centre.json("GET", "/v1/alerts?limit=500", world.analyst())[1]["alerts"]
    assert {each["signature"] for each in alerts} == {"a request", "a mail", "a sign-on", "a name"}, alerts
    assert "asked.example" in json.dumps(alerts)
    records = b"".join(data for path, data in everything(os.path.join(folder, "records")))
    assert records.count(b"\n") > len(alerts)
    # the member's own records hold what may be recorded: the search finds it there, so it would find it elsewhere
    met = {name for name, _ in search(everything(os.path.join(folder, "records")), only_here.forbidden)}
    assert met == set(only_here.forbidden), set(only_here.forbidden) - met
    places = [each for each in world.places()] + [each for each in everything(folder)]
    met = search(places, kept_back.forbidden)
    assert not met, met
    met = search(world.places(), only_here.forbidden)
    assert not met, met
    # a second start has nothing more to deliver, and delivers nothing twice
    subprocess.run([NOROSHI, "agent", "--server", world.centre.address, "--token-file", os.path.join(world.member, "token"), "--state",
                    os.path.join(folder, "agent"), "--once", os.path.join(folder, "records/*.json")], stderr=subprocess.DEVNULL, timeout=150)
    assert len(world.centre.json("GET", "/v1/alerts?limit=500", world.analyst())[1]["alerts"]) == len(alerts)


if __name__ == "__main__":
    main(sys.modules[__name__])
