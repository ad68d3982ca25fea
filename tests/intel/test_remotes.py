"""The centre as a client of TAXII 2.1. Two real centres ask and give to each other over TLS while their processes are killed: nothing is lost,
nothing is there twice, nothing comes back. And servers that lie. Prints TAP."""
import http.client
import http.server
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from taxii import MEDIA, NOROSHI, ROOT, Exchange, free_port, indicator, main, wait_for

RED = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"  # TLP:RED of TLP 1
FOLDER = tempfile.TemporaryDirectory(prefix="noroshi-remotes-")


def in_folder(name):
    return os.path.join(FOLDER.name, name)


def keep(name, content, mode=0o600):
    with open(os.open(in_folder(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="ascii") as file:
        file.write(content)


def make_certificate():
    """The same for all: of 127.0.0.1, and of nothing else."""
    if not os.path.exists(in_folder("ca.pem")):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", in_folder("key.pem"), "-out", in_folder("ca.pem")],
                       check=True, capture_output=True)


class Side(Exchange):
    """A centre that speaks TLS and may talk to the ports named; `far` is the organisation for what comes from there."""

    def __init__(self, port, others):
        make_certificate()
        config = 'center = { tls_key = "%s"; tls_certificate = "%s"; };\nintel = { remotes = [ %s ]; remote_networks = [ "127.0.0.0/8" ]; remotes_folder = "%s"; };\n' % (
            in_folder("key.pem"), in_folder("ca.pem"), ", ".join('"127.0.0.1:%d"' % each for each in others), FOLDER.name)
        super().__init__(config=config, arguments=("--listen", "127.0.0.1:%d" % port))
        self.collection("ours")

    def connection(self):
        parts = urllib.parse.urlsplit(self.address)
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=60, context=ssl.create_default_context(cafile=in_folder("ca.pem")))

    def remote(self, name, port, **more):
        return self.done("POST", "/v1/remotes", dict(dict(name=name, url="https://127.0.0.1:%d%s" % (port, ROOT), there="ours", collection="ours",
                                                          organisation=self.numbers["alpha"], authorities="ca.pem", every=5), **more))

    def shown(self, name):
        return self.done("GET", "/v1/remotes/" + name)

    def again(self, name):
        """Its next turn is now."""
        return self.done("PATCH", "/v1/remotes/" + name, {"active": True})

    def everything(self, token):
        """Id and version of all that is in the collection, page by page, with repeats."""
        found, query = [], {}
        while True:
            page = self.objects("ours", token, **query)
            found += [(each["id"], each["modified"]) for each in page.get("objects", [])]
            if not page.get("more"):
                return found
            query = {"next": page["next"]}

    def kill(self, which):
        pid = wait_for(lambda: self.children().get(which), 60, which)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: self.children().get(which) not in (None, pid), 60, which)


def patiently(call, *arguments):
    """The answer once the centre has recovered."""
    def once():
        try:
            return [call(*arguments)]
        except (OSError, AssertionError, http.client.HTTPException):
            return None
    return wait_for(once, 60, "an answer")[0]


def test_remotes_at_the_command_line():
    port, away = free_port(), free_port()
    folder = tempfile.mkdtemp(prefix="noroshi-verbs-", dir=FOLDER.name)
    os.chmod(folder, 0o777)
    os.chmod(FOLDER.name, 0o755)
    user = "nobody" if os.geteuid() == 0 else ""
    config = 'center = { state = "%s/state"; user = "%s"; listen = "127.0.0.1:%d"; };\nintel = { remotes = [ "127.0.0.1:%d" ]; remote_networks = [ "127.0.0.0/8" ]; };\n' % (folder, user, port, away)
    path = os.path.join(folder, "conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(config)
    os.chmod(path, 0o644)

    def run(*words):
        return subprocess.run([NOROSHI, *words, "--config", path], capture_output=True, text=True, timeout=120)
    made = run("account", "add", "first", "--role", "administrator", "--token")
    assert made.returncode == 0, made
    token = made.stdout.split("token: ")[1].split()[0]
    process = subprocess.Popen([NOROSHI, "center", "--config", path], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        def ask(method, where, body=None):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            connection.request(method, where, body and json.dumps(body), {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
            answer = connection.getresponse()
            data = answer.read()
            assert answer.status < 300, (where, answer.status, data)
            return json.loads(data) if data else None
        patiently(ask, "GET", "/v1/remotes")
        ask("POST", "/v1/organisations", {"name": "far", "title_en": "Far"})
        ask("POST", "/v1/communities", {"name": "water", "purpose": "p", "content": "c", "recipients": "r"})
        ask("POST", "/v1/collections", {"title": "ours", "alias": "ours", "community": "water", "tlp": "GREEN"})
        add = ["remotes", "add", "two", "--url", "https://127.0.0.1:%d/root/" % away, "--there", "theirs", "--collection", "ours", "--organisation", "far"]
        done = run(*add, "--poll", "--every", "10 s")
        assert done.returncode == 0, done
        assert run(*add).returncode == 2, "a name twice"
        for wrong, code in ((add[:3] + ["--poll"], 2), (["remotes", "show", "none"], 1), (["remotes", "list", "two"], 2), (["remotes", "do", "two"], 2),
                            (add[:2] + ["x", "--url", "https://elsewhere.example/"] + add[5:], 2), (add[:2] + ["x"] + add[3:-1] + ["nobody"], 1)):
            done = run(*wrong)
            assert done.returncode == code and done.stderr, (wrong, done)
        shown = ask("GET", "/v1/remotes/two")
        listed = [json.loads(line) for line in run("remotes", "list", "--json").stdout.splitlines()]
        assert [each["name"] for each in listed] == ["two"] and listed[0]["id"] == shown["id"] and shown["every"] == 10 and shown["poll"] and not shown["push"], (listed, shown)
        wait_for(lambda: ask("GET", "/v1/remotes/two")["polled"]["failures"] > 0, 30, "a running centre to try it")  # nobody listens there
        assert run("remotes", "pause", "two").returncode == 0 and not ask("GET", "/v1/remotes/two")["active"]
        assert "(paused)" in run("remotes", "list").stdout and "failed" in run("remotes", "show", "two").stdout
        before = ask("GET", "/v1/remotes/two")["polled"]["failures"]
        assert run("remotes", "resume", "two").returncode == 0
        wait_for(lambda: ask("GET", "/v1/remotes/two")["polled"]["failures"] > before, 30, "it to go on")
        before = ask("GET", "/v1/remotes/two")["polled"]["failures"]
        assert run("remotes", "run", "two").returncode == 0  # long before its next turn
        wait_for(lambda: ask("GET", "/v1/remotes/two")["polled"]["failures"] > before, 20, "a turn at once")
        assert run("remotes", "remove", "two").returncode == 0 and ask("GET", "/v1/remotes")["remotes"] == []
    finally:
        process.terminate()
        said = process.communicate(timeout=120)[1]
        assert process.returncode == 0, said


def test_what_is_withdrawn_here_is_deleted_there_and_what_is_revoked_is_revoked():
    ports = free_port(), free_port()
    with Side(ports[0], [ports[1]]) as one, Side(ports[1], [ports[0]]) as two:
        keep("two", two.people["alpha"])
        two.join("water", "beta", "member")
        one.join("water", "beta", "member")
        goes, stays, revoked, others = [indicator(name=name) for name in ("goes", "stays", "revoked", "others")]
        two.add("ours", two.people["beta"], others)  # the same object, given there by somebody else
        one.add("ours", one.people["beta"], goes, stays, revoked, others)
        one.remote("two", ports[1], credential="two", push=True)
        there = lambda: {each["id"]: each for each in two.objects("ours", two.people["beta"]).get("objects", [])}  # noqa: E731
        wait_for(lambda: set(there()) == {each["id"] for each in (goes, stays, revoked, others)}, 60, "all of them there")
        path = ROOT + "collections/ours/objects/%s/" % others["id"]
        assert two.taxii("DELETE", path, two.people["alpha"])[0] == 200 and others["id"] in there()  # what is left is beta's
        for each in (goes, others):
            status, _, _ = one.taxii("DELETE", ROOT + "collections/ours/objects/%s/" % each["id"], one.people["beta"])
            assert status == 200, status
        one.add("ours", one.people["beta"], dict(revoked, modified="2026-05-01T00:00:00.000Z", revoked=True))
        # a version of it is withdrawn and another given: it stands
        one.add("ours", one.people["beta"], dict(stays, modified="2026-05-01T00:00:00.000Z"))
        assert one.taxii("DELETE", ROOT + "collections/ours/objects/%s/?match[version]=2026-01-01T00:00:00.000Z" % stays["id"], one.people["beta"])[0] == 200
        one.kill("courier")
        patiently(one.again, "two")
        wait_for(lambda: goes["id"] not in there() and there()[revoked["id"]].get("revoked"), 60, "what went, and what was revoked")
        shown = wait_for(lambda: (lambda now: now if now["pushed"]["bad"] == 1 else None)(patiently(one.shown, "two")), 60, "what that server keeps")
        assert shown["refused"][0]["object"] == others["id"] and "does not delete" in shown["refused"][0]["message"], shown
        assert set(there()) == {each["id"] for each in (stays, revoked, others)} and there()[stays["id"]]["modified"] == "2026-05-01T00:00:00.000Z", there()
        good = shown["pushed"]["good"]
        patiently(one.again, "two")
        time.sleep(1)
        assert one.shown("two")["pushed"]["good"] == good, "nothing is deleted twice"


def test_two_centres_poll_and_push_while_processes_are_killed():
    ports = free_port(), free_port()
    with Side(ports[0], [ports[1]]) as one, Side(ports[1], [ports[0]]) as two:
        # What beta gives at each goes to the other, whose account there is alpha's; alpha reads it there.
        keep("two", two.people["alpha"])
        given = [indicator(name="one-%d" % i) for i in range(400)]
        one.join("water", "beta", "member")
        two.join("water", "beta", "member")
        assert one.add("ours", one.people["beta"], *given)["success_count"] == 400
        theirs = [indicator(name="two-%d" % i) for i in range(400)]
        assert two.add("ours", two.people["beta"], *theirs)["success_count"] == 400
        one.remote("two", ports[1], credential="two", poll=True, push=True, objects=50)
        victims = [(one, "courier"), (one, "keeper"), (two, "keeper"), (two, "front"), (one, "courier"), (two, "courier"), (one, "front"), (one, "keeper")]
        wanted = sorted((each["id"], each["modified"]) for each in given + theirs)
        for side, victim in victims:
            time.sleep(0.3)
            side.kill(victim)
            patiently(one.again, "two")

        def whole():
            return all(sorted(patiently(side.everything, side.people["beta"])) == wanted for side in (one, two))
        wait_for(whole, 120, "the same at both")

        def idle():
            now = patiently(one.shown, "two")
            return now if not now["on_a_page"] and "status" not in now and now["polled"]["good"] >= 800 and now["pushed"]["good"] >= 400 else None
        # Every object was counted once, whoever was killed: 800 there, of which 400 were our own.
        before = wait_for(idle, 60, "the end of both ways")
        assert (before["polled"]["good"], before["pushed"]["good"]) == (800, 400), before
        # Each further turn brings nothing and gives nothing: what one gave does not come back.
        one.again("two")
        after = wait_for(lambda: (lambda now: now if now["polled"]["last"] > before["polled"]["last"] and now["pushed"]["last"] > before["pushed"]["last"] else None)(
            one.shown("two")), 60, "another turn")
        assert (after["polled"]["failures"], after["pushed"]["failures"]) == (0, 0), after
        assert (after["polled"]["good"], after["pushed"]["good"]) == (before["polled"]["good"], before["pushed"]["good"]), (before, after)
        assert after["refused"] == [] and not after["on_a_page"] and "status" not in after, after
        # A new version is another object to both.
        newer = dict(given[0], modified="2026-02-01T00:00:00.000Z")
        one.add("ours", one.people["beta"], newer)
        one.again("two")
        wait_for(lambda: (newer["id"], newer["modified"]) in two.everything(two.people["beta"]), 60, "the new version")
        log = one.said() + two.said()
        assert two.people["alpha"] not in log and two.people["alpha"] not in json.dumps(one.shown("two"))


class Liar:
    """A server that answers what it is told to: `say(path, query)` gives (status, headers, bytes), or writes to the socket itself and gives None."""

    def __init__(self, say):
        make_certificate()
        self.asked = asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                parts = urllib.parse.urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                asked.append((self.command, parts.path, dict(urllib.parse.parse_qsl(parts.query)), dict(self.headers), body))
                told = say(self, *asked[-1][:3])
                if told is None:
                    self.close_connection = True
                    return
                status, headers, data = told
                self.send_response(status)
                for name, value in dict({"Content-Type": MEDIA, "Content-Length": str(len(data))}, **headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):  # the client hangs up on liars
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(in_folder("ca.pem"), in_folder("key.pem"))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def page(*objects, **more):
    return json.dumps(dict(more, objects=list(objects))).encode()


def drip(handler, *_):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/taxii+json;version=2.1\r\nContent-Length: 100000\r\n\r\n")
    try:
        for _ in range(60):
            handler.wfile.write(b" ")
            time.sleep(0.2)
    except OSError:
        pass


DATE, NEXT_DATE = "2026-01-02T00:00:00.000001Z", "2026-01-03T00:00:00Z"
LAST = "X-TAXII-Date-Added-Last"
# What a liar says, what is said of it, and how many objects are kept all the same.
LIES = {
    "elsewhere": (lambda *_: (302, {"Location": "https://127.0.0.1:1/"}, b""), "sends elsewhere", 0),
    "text": (lambda *_: (200, {"Content-Type": "text/html"}, page()), "not of TAXII 2.1", 0),
    "old": (lambda *_: (200, {"Content-Type": "application/taxii+json;version=2.0"}, page()), "not of TAXII 2.1", 0),
    "no-json": (lambda *_: (200, {}, b'{"objects":['), "not JSON", 0),
    "no-envelope": (lambda *_: (200, {}, b'{"type":"bundle"}'), "no envelope", 0),
    "many": (lambda *_: (200, {}, page(*(indicator() for _ in range(60)))), "more objects than the 50", 0),
    "huge": (lambda *_: (200, {}, page(indicator(description="x" * 100000))), "more than 65536 bytes", 0),
    "flood": (lambda *_: (200, {}, page(indicator(description="x" * 2000000))), "larger than", 0),
    "drip": (drip, "imed out", 0),
    "same-next": (lambda h, m, p, q: (200, {LAST: DATE}, page(indicator(), more=True, next="a")), "the same page again", 2),
    "no-next": (lambda *_: (200, {}, page(indicator(), more=True)), "neither", 1),
    "future": (lambda *_: (200, {LAST: "9999-01-01T00:00:00Z"}, page(indicator())), "in the future", 1),
    "long-next": (lambda *_: (200, {}, page(indicator(), more=True, next="n" * 5000)), "more, next", 0),
    "strange-next": (lambda *_: (200, {}, page(indicator(), more=True, next=7)), "more, next", 0),
    "strange-date": (lambda *_: (200, {LAST: "yesterday"}, page(indicator())), "expected a timestamp", 0),
    "busy": (lambda *_: (429, {"Retry-After": "3000"}, b'{"title":"slow down"}'), "429: slow down", 0),
    "denied": (lambda *_: (401, {}, b'{"title":"\u202ewho?"}'), "401", 0),
}


def test_servers_that_lie():
    liars = {name: Liar(lie[0]) for name, lie in LIES.items()}
    try:
        with Side(free_port(), [each.port for each in liars.values()]) as side:
            began = time.time()
            for name in LIES:  # each is asked once, but for the one that says when
                side.remote(name, liars[name].port, poll=True, objects=50, within=3, bytes=65536, every=5 if name == "busy" else 604800)
            for name, (_, words, kept) in LIES.items():
                now = wait_for(lambda: (lambda now: now if now["polled"]["failures"] else None)(side.shown(name)), 60, name)
                assert words in now["polled"]["words"] and now["polled"]["good"] == kept, (name, now)
                assert "\u202e" not in now["polled"]["words"]
            assert len(side.everything(side.people["beta"])) == sum(kept for _, _, kept in LIES.values())
            due = side.shown("busy")["polled"]["due"]
            assert time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began + 2999)) < due < time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3001)), due
            assert len(liars["busy"].asked) == 1 and len(liars["elsewhere"].asked) == 1
            for liar in liars.values():  # Who we are is said to nobody who was not meant, and no other address was tried
                assert all("Authorization" not in headers for _, _, _, headers, _ in liar.asked)
            # Somebody whom the configuration does not name is refused, whoever asks.
            for url in ("https://127.0.0.1:9/taxii2/exchange/", "https://localhost/", "http://127.0.0.1:%d/" % liars["busy"].port,
                        "https://a@127.0.0.1:%d/" % liars["busy"].port, "https://127.0.0.1:%d/x?y/" % liars["busy"].port):
                assert side.json("PATCH", "/v1/remotes/busy", side.admin, {"url": url})[0] == 400, url
            for field, value in (("credential", "../key.pem"), ("authorities", "/etc/passwd"), ("credential", ".x"), ("there", "../../x"), ("name", "A b")):
                assert side.json("PATCH", "/v1/remotes/busy", side.admin, {field: value})[0] == 400, field
            for who in side.people.values():
                assert side.json("GET", "/v1/remotes", who)[0] == 403
    finally:
        for liar in liars.values():
            liar.stop()


def test_bad_objects_fail_alone_and_pages_go_on_by_date():
    good = [indicator(name=str(i)) for i in range(4)]
    pages = {None: (page(good[0], {"type": "indicator", "id": "indicator--x"}, indicator(object_marking_refs=[RED]), more=True), DATE),
             DATE: (page(*good[1:3], more=True, next="more/of it"), NEXT_DATE), NEXT_DATE: (page(), None)}

    def say(_, method, path, query):
        if query.get("next") == "more/of it":
            return 200, {LAST: NEXT_DATE}, page(good[3])
        body, date = pages[query.get("added_after")]
        return 200, {LAST: date} if date else {}, body

    liar = Liar(say)
    keep("user", "secret words\n")
    try:
        with Side(free_port(), [liar.port]) as side:
            side.remote("far", liar.port, poll=True, user="me", credential="user", objects=50)
            now = wait_for(lambda: (lambda now: now if now.get("polled_to") == NEXT_DATE else None)(side.shown("far")), 60, "the end")
            assert (now["polled"]["good"], now["polled"]["bad"], now["polled"]["failures"]) == (4, 2, 0), now
            assert sorted(side.ids("ours", side.people["beta"])) == sorted(each["id"] for each in good)
            assert [each["way"] for each in now["refused"]] == ["poll", "poll"]
            assert any("stricter" in each["message"] for each in now["refused"]), now["refused"]
            assert all(headers["Authorization"] == "Basic bWU6c2VjcmV0IHdvcmRz" for _, _, _, headers, _ in liar.asked)
            assert "secret words" not in side.said() and "secret words" not in json.dumps(now)
    finally:
        liar.stop()


def test_what_is_given_is_followed_to_its_end():
    state = {"polls": 0}

    def say(_, method, path, query):
        if method == "POST":
            return 202, {}, status("pending", 0, 0)
        state["polls"] += 1
        return (200, {}, status("complete", 2, 1)) if state["polls"] > 40 else (200, {}, status("pending", 1, 0))

    def status(word, good, bad):
        return json.dumps({"id": "00000000-0000-4000-8000-00000000abcd", "status": word, "total_count": 3, "success_count": good, "failure_count": bad,
                           "pending_count": 3 - good - bad, "failures": [{"id": "indicator--bad", "version": DATE, "message": "not wanted"}] * bad}).encode()

    liar = Liar(say)
    try:
        with Side(free_port(), [liar.port]) as side:
            side.join("water", "beta", "member")
            side.add("ours", side.people["beta"], *(indicator() for _ in range(3)))
            side.remote("far", liar.port, push=True, within=2)
            wait_for(lambda: side.shown("far").get("status"), 60, "the first turn's end")
            side.kill("keeper")
            patiently(side.shown, "far")
            state["polls"] = 40
            now = wait_for(lambda: (lambda now: now if now["pushed"]["good"] else None)(patiently(side.shown, "far")), 60, "the end")
            assert (now["pushed"]["good"], now["pushed"]["bad"]) == (2, 1) and "status" not in now, now
            assert [each["message"] for each in now["refused"]] == ["not wanted"]
            assert [method for method, _, _, _, _ in liar.asked].count("POST") == 1
            assert len(json.loads(liar.asked[0][4])["objects"]) == 3
    finally:
        liar.stop()


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
