"""The centre as a client of TAXII 2.1. Two real centres ask and give to each other over TLS while their processes are killed: nothing is lost,
nothing is there twice, nothing comes back. And servers that lie. Prints TAP."""
import http.client
import http.server
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

from taxii import MEDIA, ROOT, Exchange, indicator, main, wait_for

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


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


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
        pid = self.children()[which]
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


def test_two_centres_poll_and_push_while_processes_are_killed():
    ports = free_port(), free_port()
    with Side(ports[0], [ports[1]]) as one, Side(ports[1], [ports[0]]) as two:
        # What beta gives at each goes to the other, whose account there is alpha's; alpha reads it there.
        keep("two", two.people["alpha"])
        given = [indicator(name="one-%d" % i) for i in range(400)]
        one.done("PUT", "/v1/communities/water/members/%d" % one.numbers["beta"], {"role": "member"})
        two.done("PUT", "/v1/communities/water/members/%d" % two.numbers["beta"], {"role": "member"})
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


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
