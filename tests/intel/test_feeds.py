"""The centre as a reader of other publishers' feeds. A real server over TLS gives Atom and both RSS; a real centre makes one advisory of each entry,
whichever feed says it; publishers that lie; and the centre's own feed read by another centre. Prints TAP."""
import gzip
import http.client
import json
import os
import ssl
import sys
import time
import urllib.parse
from xml.sax.saxutils import escape

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE]
from taxii import Exchange, free_port, main, wait_for  # noqa: E402
from test_remotes import FOLDER, Liar, in_folder, make_certificate  # noqa: E402

HEAD = '<?xml version="1.0" encoding="%s"?>'


def atom(*entries, encoding="utf-8"):
    """Entries: id, link, title, updated."""
    return (HEAD % encoding + '<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x</id><title>Publisher</title>' + "".join(
        '<entry><id>%s</id><link href="%s"/><title>%s</title><updated>%s</updated><summary type="html">%s</summary></entry>' % (
            escape(name), escape(link), escape(title), updated, escape("<p>About <b>" + title + "</b></p>")) for name, link, title, updated in entries) + "</feed>").encode(encoding)


def rss(*items):
    """Items: guid, link, title, date."""
    return (HEAD % "utf-8" + '<rss version="2.0"><channel><title>Others</title>' + "".join(
        '<item>%s<link>%s</link><title>%s</title>%s</item>' % (guid and '<guid isPermaLink="false">%s</guid>' % guid, escape(link), escape(title), date and "<pubDate>%s</pubDate>" % date)
        for guid, link, title, date in items) + "</channel></rss>").encode()


def rdf(*items):
    """As several Japanese publishers do: link, title, date."""
    return (HEAD % "Shift_JIS" + '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            '<channel rdf:about="https://c.example/"><title>注意喚起</title></channel>' + "".join(
                '<item rdf:about="%s"><title>%s</title><link>%s</link><dc:date>%s</dc:date></item>' % (link, title, link, date) for link, title, date in items) + "</rdf:RDF>").encode("cp932")


class Reader(Exchange):
    """A centre that may read at these hosts: `ours` takes what alpha's and beta's feeds say."""

    def __init__(self, hosts, config="", arguments=()):
        make_certificate()
        os.chmod(FOLDER.name, 0o755)
        config += 'intel = { remotes = [ %s ]; remote_networks = [ "127.0.0.0/8" ]; remotes_folder = "%s"; };\n' % (", ".join('"%s"' % each for each in hosts), FOLDER.name)
        super().__init__(config=config, arguments=arguments)
        self.collection("ours")
        self.join("water", "beta", "member")

    def connection(self):
        parts = urllib.parse.urlsplit(self.address)
        if parts.scheme == "http":
            return super().connection()
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=60, context=ssl.create_default_context(cafile=in_folder("ca.pem")))

    def feed(self, name, url, organisation="alpha", **more):
        return self.done("POST", "/v1/remotes", dict(dict(name=name, kind="feed", url=url, collection="ours", organisation=self.numbers[organisation], poll=True,
                                                          authorities="ca.pem", every=604800), **more))

    def shown(self, name):
        return self.done("GET", "/v1/remotes/" + name)

    def turn(self, name):
        """Lets it look at once, and waits until it did."""
        before = self.shown(name)["polled"].get("last")
        self.done("PATCH", "/v1/remotes/" + name, {"active": True})
        return wait_for(lambda: (lambda now: now if now["polled"].get("last") != before else time.sleep(0.2))(self.shown(name)), 60, "a turn of " + name)

    def first(self, name, *arguments, **more):
        self.feed(name, *arguments, **more)
        return wait_for(lambda: (lambda now: now if now["polled"].get("last") else time.sleep(0.2))(self.shown(name)), 60, "the first turn of " + name)

    def advisories(self):
        """All versions, by name: what members read."""
        found = self.objects("ours", self.people["beta"], **{"match[version]": "all"}).get("objects", [])
        assert all(each["type"] == "x-noroshi-advisory" for each in found), found
        return found


def test_each_entry_is_one_advisory_whichever_feed_says_it():
    feeds, asked_with = {}, {}

    def say(handler, method, path, query):
        asked_with.setdefault(path, []).append(dict(handler.headers))
        headers, body = feeds[path]
        if headers.get("ETag") and handler.headers.get("If-None-Match") == headers["ETag"]:
            return 304, {"ETag": headers["ETag"]}, b""
        if "gzip" in handler.headers.get("Accept-Encoding", ""):
            return 200, dict(headers, **{"Content-Encoding": "gzip"}), gzip.compress(body)
        return 200, headers, body

    liar = Liar(say)
    host = "127.0.0.1:%d" % liar.port
    one = ("tag:p,1", "https://p.example/1?utm_source=atom", "One", "2026-04-01T00:00:00Z")
    two = ("tag:p,2", "https://p.example/2", "Two", "2026-04-02T00:00:00Z")
    feeds["/atom"] = {"ETag": '"a"', "Last-Modified": "Wed, 01 Apr 2026 00:00:00 GMT"}, atom(one, two)
    feeds["/rss"] = {}, rss(("7", "http://p.example/1/", "One, told again", "Wed, 01 Apr 2026 09:00:00 +0900"), ("8", "https://q.example/", "Three", ""), ("9", "https://q.example/", "Four", ""))
    feeds["/rdf"] = {}, rdf(("https://p.example/2", "二つ目", "2026-04-03"), ("https://c.example/5", "注意喚起: 五つ目", "2026-04-03T10:00+09:00"))
    try:
        with Reader([host]) as side:
            now = side.first("atom", "https://%s/atom" % host)
            assert (now["kind"], now["tlp"], now["polled"]["good"], now["polled"]["failures"]) == ("feed", "CLEAR", 2, 0), now
            got = {each["name"]: each for each in side.advisories()}
            assert sorted(got) == ["One", "Two"] and got["One"]["description"] == "About One", got
            assert got["One"]["modified"] == got["One"]["published"] == "2026-04-01T00:00:00.000Z", got
            assert got["One"]["external_references"] == [{"source_name": "Publisher", "url": one[1], "external_id": one[0]}], got
            assert got["One"]["object_marking_refs"] == ["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"], got  # TLP:CLEAR of TLP 2
            # Of what others say only what nobody said is new; two of one page with ids of their own are two.
            now = side.first("rss", "https://%s/rss" % host, "beta")
            assert (now["polled"]["good"], now["polled"]["bad"]) == (2, 0), now
            now = side.first("rdf", "https://%s/rdf" % host, "beta")
            assert now["polled"]["good"] == 1, now
            names = ["Four", "One", "Three", "Two", "注意喚起: 五つ目"]
            assert sorted(each["name"] for each in side.advisories()) == names, side.advisories()
            # Asked again, with nothing new: what has no date is not another version, and what did not change is not sent.
            for name in ("atom", "rss", "rdf"):
                side.turn(name)
            assert len(side.advisories()) == 5
            last = asked_with["/atom"][-1]
            assert last["If-None-Match"] == '"a"' and last["If-Modified-Since"] == "Wed, 01 Apr 2026 00:00:00 GMT", last
            assert "If-None-Match" not in asked_with["/atom"][0] and side.shown("atom")["polled"]["good"] == 2
            # Another version; what vanished from the feed stays; the other feed's words change nothing.
            feeds["/atom"] = {"ETag": '"b"'}, atom(one[:2] + ("One, corrected", "2026-04-05T00:00:00Z"))
            feeds["/rss"] = {}, rss(("7", "http://p.example/1/", "One, told a third time", "Thu, 09 Apr 2026 09:00:00 +0900"), ("8", "https://q.example/", "Three, without a date", ""))
            assert side.turn("atom")["polled"]["good"] == 3 and side.turn("rss")["polled"]["good"] == 3
            found = side.advisories()
            versions = sorted(each["modified"] for each in found if each["id"] == got["One"]["id"])
            assert versions == ["2026-04-01T00:00:00.000Z", "2026-04-05T00:00:00.000Z"], versions
            assert sorted({each["name"] for each in found}) == sorted(names + ["One, corrected", "Three, without a date"]), found
            assert len({each["id"] for each in found}) == 5 and len(found) == 7, found
            # What is taken away here does not come back.
            assert side.taxii("DELETE", "/taxii2/exchange/collections/ours/objects/%s/" % got["Two"]["id"], side.people["alpha"])[0] == 200
            feeds["/atom"] = {}, atom(one[:2] + ("One, corrected", "2026-04-05T00:00:00Z"), two)
            side.turn("atom")
            assert got["Two"]["id"] not in {each["id"] for each in side.advisories()}
            # A remote that begins anew makes nothing twice.
            side.done("DELETE", "/v1/remotes/atom")
            assert side.first("again", "https://%s/atom" % host)["polled"]["good"] == 0
    finally:
        liar.stop()


def drip(handler, *_):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n<rss>")
    try:
        for _ in range(60):
            handler.wfile.write(b" ")
            time.sleep(0.2)
    except OSError:
        pass


def short(handler, *_):
    body = rss(("1", "https://p.example/", "x", ""))
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + body)


BOMB = gzip.compress(b"<rss>" + b" " * 50000000)
LAUGHS = b'<!DOCTYPE rss [<!ENTITY a "ha">' + b"".join(b'<!ENTITY %s "%s">' % (b"b" * n, (b"&%s;" % (b"b" * (n - 1) or b"a")) * 10) for n in range(1, 9)) + b"]>"


def mistaken(name):
    return atom(("tag:" + name, "https://p.example/" + name, name, "2026-04-01T00:00:00Z"))[:-7]


# What a publisher says, what is said of it, and how many entries are kept all the same.
LIES = {
    "elsewhere": (lambda *_: (302, {"Location": "https://127.0.0.2/"}, b""), "sends elsewhere", 0),
    "plain": (lambda *_: (301, {"Location": "http://127.0.0.1/"}, b""), "sends elsewhere", 0),
    "relative": (lambda *_: (302, {"Location": "//127.0.0.2/x"}, b""), "sends elsewhere", 0),
    "file": (lambda *_: (302, {"Location": "file:///etc/hostname"}, b""), "sends elsewhere", 0),
    "circle": (lambda *_: (302, {"Location": "/feed"}, b""), "in a circle", 0),
    "moved": (lambda h, m, path, q: (302, {"Location": "/there"}, b"") if path == "/feed" else (200, {}, mistaken("moved") + b"</feed>"), "", 1),
    "html": (lambda *_: (200, {"Content-Type": "text/html"}, b"<html><p>no</html>"), "neither Atom nor RSS", 0),
    "empty": (lambda *_: (200, {}, b""), "no element found", 0),
    "truncated": (lambda *_: (200, {}, mistaken("truncated")), "no element found", 1),
    "mistaken": (lambda *_: (200, {}, mistaken("mistaken") + b"<entry></x>"), "mismatched tag", 1),
    "laughs": (lambda *_: (200, {}, LAUGHS + b"<rss><channel><item><title>&bbbbbbbb;</title></item></channel></rss>"), "entity", 0),
    "external": (lambda *_: (200, {}, b'<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]><rss>&a;</rss>'), "entity", 0),
    "encoding": (lambda *_: (200, {}, b'<?xml version="1.0" encoding="ISO-2022-JP"?><rss></rss>'), "encoding", 0),
    "many": (lambda *_: (200, {}, rss(*(("m%d" % n, "https://m.example/%d" % n, "m", "") for n in range(60)))), "more entries", 50),
    "nameless": (lambda *_: (200, {}, rss(("", "", "nothing to know it by", ""), ("n", "https://n.example/", "n", ""))), "", 1),
    "huge": (lambda *_: (200, {}, b"<rss>" + b" " * 100000), "more than 65536 bytes", 0),
    "bomb": (lambda *_: (200, {"Content-Encoding": "gzip"}, BOMB), "larger than", 0),
    "no-gzip": (lambda *_: (200, {"Content-Encoding": "gzip"}, b"<rss></rss>"), "", 0),
    "drip": (drip, "imed out", 0),
    "short": (short, "", 0),
    "busy": (lambda *_: (503, {"Retry-After": "3000"}, b""), "503", 0),
    "gone": (lambda *_: (404, {}, b"not here"), "404", 0),
}
FINE = ("moved", "nameless")


def test_publishers_that_lie():
    liars = {name: Liar(lie[0]) for name, lie in LIES.items()}
    hosts = ["127.0.0.1:%d" % each.port for each in liars.values()]
    try:
        with Reader(hosts + ["[::1]:9"]) as side:
            began = time.time()
            for name in LIES:  # each is asked once, but for the one that says when
                side.feed(name, "https://127.0.0.1:%d/feed" % liars[name].port, objects=50, within=3, bytes=65536, every=5 if name == "busy" else 604800)
            for name, (_, words, kept) in LIES.items():
                now = wait_for(lambda: (lambda now: now if now["polled"].get("last") else time.sleep(0.2))(side.shown(name)), 60, name)
                assert (now["polled"]["failures"] == 0) == (name in FINE), (name, now)
                assert words in now["polled"].get("words", "") and now["polled"]["good"] == kept, (name, now)
            assert side.shown("nameless")["refused"][0]["message"].endswith("neither an id nor a link"), side.shown("nameless")
            assert len(side.advisories()) == sum(kept for _, _, kept in LIES.values())
            due = side.shown("busy")["polled"]["due"]
            assert time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began + 2999)) < due < time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3001)), due
            assert len(liars["circle"].asked) == 4 and len(liars["elsewhere"].asked) == 1
            # A host that is named, at a private address that nobody allowed.
            assert "connecting to ::1 is not allowed" in side.first("private", "https://[::1]:9/feed")["polled"]["words"]
            # Nobody reads where the configuration does not say so, and a feed is no collection.
            for wrong in ({"url": "https://127.0.0.1:9/feed"}, {"url": "http://%s/feed" % hosts[0]}, {"url": "https://a@%s/" % hosts[0]}, {"url": "https://%s" % hosts[0]},
                          {"url": "https://%s/../x" % hosts[0]}, {"url": "https://%s/#x" % hosts[0]}, {"there": "x"}, {"push": True}, {"poll": False}, {"tlp": "PURPLE"}):
                status, answer = side.json("PATCH", "/v1/remotes/gone", side.admin, wrong)[:2]
                assert status == 400, (wrong, status, answer)
            # Stricter than the collection, where the remote says so: refused, one by one.
            side.done("PATCH", "/v1/remotes/moved", {"url": "https://127.0.0.1:%d/there" % liars["moved"].port, "tlp": "RED"})
            assert side.turn("moved")["polled"]["failures"] == 0 and len(side.advisories()) == sum(kept for _, _, kept in LIES.values())
    finally:
        for liar in liars.values():
            liar.stop()


def test_the_centres_own_feed_is_read():
    port = free_port()
    tls = 'center = { tls_key = "%s"; tls_certificate = "%s"; };\nreach = { public_feed = true; };\n' % (in_folder("key.pem"), in_folder("ca.pem"))
    title, body = "For <all> & \"sundry\"", "First: a < b && c;\n\nsecond, 日本語."
    with Reader(["127.0.0.1:%d" % port], tls, ("--listen", "127.0.0.1:%d" % port)) as side:
        first = side.tokens["analyst"]
        second = side.person("second", "analyst")
        side.done("POST", "/v1/contacts", {"list": "all", "contacts": "name,tier,mail,language,organisation,agreed\na,member,a@a.example,en,alpha,yes\n"}, first)
        made = side.done("POST", "/v1/dispatches", {"kind": "advisory", "list": "all", "tlp": "CLEAR", "subject_en": title, "subject_ja": title, "text_en": body, "text_ja": body}, first)
        path, count = "/v1/dispatches/" + made["dispatch"]["id"], {"recipients": made["recipients_now"]}
        side.done("POST", path + "/propose", count, first)
        side.done("POST", path + "/start", count, second)
        now = side.first("own", "https://127.0.0.1:%d/v1/feed" % port)
        if not now["polled"]["good"]:  # it was asked before the message was on its way
            now = wait_for(lambda: (lambda now: now if now["polled"]["good"] else time.sleep(0.2))(side.turn("own")), 30, "the message")
        found = side.advisories()
        assert [each["name"] for each in found] == [title], found
        assert found[0]["description"] == body, found
        assert found[0]["external_references"][0]["external_id"] == "urn:uuid:" + made["dispatch"]["id"], found
        assert json.dumps(found).count("external_id") == 1 and side.turn("own")["polled"]["good"] == 1


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
