"""An attacker within: a member, a sensor, an auditor, an administrator and a stranger at everything of another organisation; markup
and tricks in alerts; secrets in logs.

Four organisations of the project's sample, of which some are hit by one campaign.
"""
import collections
import itertools
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
sys.path.insert(0, os.path.join(TOP, "tests/center"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import hostile_requests  # noqa: E402
from center import PATIENCE, Centre, cookies_of, form_headers, form_token, main, wait_for  # noqa: E402

NAMES = ("aoba-city", "kaede-hospital", "minato-water", "tsubaki-university")
MARK = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
WORLD = None


class World:
    """The centre, an event of two organisations each, and a notice about each."""

    def __init__(self):
        self.centre = Centre(NAMES, config="center = { quota = 1000000.0; };")
        self.dispatched = {}
        self.secrets = set(self.centre.tokens.values()) | {self.centre.password}
        now = int(time.time())
        for name in NAMES:
            body = "".join(self.lines(name, now))
            status, _, answer = self.centre.post(self.centre.tokens[name], body.encode(), batch="all", format="csv",
                                                 map="time=t,signature=s,host=h,source=a,detector=d")
            assert status == 200 and answer["malformed"] == 0, answer
            flows = [json.dumps({"timestamp": time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(now)), "event_type": "tls", "src_ip": "203.0.113.66",
                                 "dest_ip": "203.0.113.67", "tls": {"sni": "secret-%s.example" % name, "version": MARK}}) for _ in range(3)]
            status, _, answer = self.centre.post(self.centre.tokens[name], flows, batch="records", format="eve", records="true")
            assert status == 200 and answer["records"] == 3, answer
        self.analyst = self.centre.tokens["analyst"]
        self.circles, self.shared = {}, {}
        self.events = {}
        wait_for(self.found, 60, "events of two organisations")
        self.notices = {}
        for number, event in self.events.items():
            self.call("POST", "/v1/events/%s/confirm" % event["id"], {"reason": "shown"})
            made = self.call("POST", "/v1/events/%s/notices" % event["id"], {"then": "send", "tlp": "RED"})
            self.notices[number] = (made.get("notice") or made)["id"]
            self.call("POST", "/v1/decisions", {"organisation": number, "reason": "secret reason %d" % number,
                                                "host": "secret-host-%d" % number})
        self.call("POST", "/v1/decisions", {"reason": "for everyone", "signature": "nothing of the kind"})
        self.decisions = {each["organisation"]: each["id"] for each in self.call("GET", "/v1/decisions")["decisions"]
                          if "organisation" in each}
        self.positions = {number: self.call("GET", "/v1/alerts?limit=1&organisation=%d" % number)["alerts"][0]["position"]
                          for number in self.events}
        self.numbers = {each["name"]: each["number"] for each in self.centre.facts["organisations"]}

    def lines(self, name, now):
        """A day of the same, and then one attempt that is alike everywhere, told apart by the organisation's name."""
        yield "t,s,h,a,d\n"
        stamp = lambda second: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
        for minute in range(0, 2 * 24 * 60, 7):
            yield "%s,usual check,%s-web,192.0.2.9,Suricata\n" % (stamp(now - 2 * 86400 - 3600 + minute * 60), name)
        steps = ("Web shell uploaded %s", "Command execution by web server %s", "Privilege escalation to root succeeded %s",
                 "Data exfiltration over DNS tunnel %s", "Trojan beacon to known C2 %s")
        for i in range(40):
            words = steps[i % len(steps)] % MARK.replace('"', '""')
            yield '%s,"%s",secret-%s,203.0.113.66,Suricata\n' % (stamp(now - 1800 + i * 3), words, name)

    def call(self, method, path, body=None, token=None):
        status, answer = self.centre.json(method, path, token or self.analyst, body)
        assert status < 300, (method, path, status, answer)
        return answer

    def sign_in(self, name, password=None):
        """As the centre's, at the pace that it allows to one address."""
        time.sleep(1.1)
        return self.centre.sign_in(name, password)

    def found(self):
        for each in self.call("GET", "/v1/events?limit=500")["events"]:
            self.events.setdefault(each["organisation"], each)
        return len(self.events) >= 2


def world():
    global WORLD
    if WORLD is None:
        WORLD = World()
    return WORLD


def two():
    """The numbers of two organisations with events: mine and the other's."""
    return sorted(world().events)[:2]


def name_of(number):
    return [name for name, each in world().numbers.items() if each == number][0]


def plain(answer):
    """What an observer can compare: status, headers without those that always change, body."""
    status, headers, body = answer
    kept = sorted((k.lower(), v) for k, v in headers.items() if k.lower() not in ("date", "set-cookie"))
    return status, [each if each[0] != "content-length" else each for each in kept], body


UUIDS = ("00000000-0000-4000-8000-000000000000",)


def routes():
    """(method, path, name of the path's field, body) of every route with an id in its path."""
    document = world().centre.json("GET", "/v1/openapi.json")[1]
    bodies = {"confirm": {"reason": "x"}, "dismiss": {"reason": "x"}, "reopen": {"reason": "x"},
              "merge": {"into": UUIDS[0], "reason": "x"}, "split": {"hosts": ["secret"], "reason": "x"}, "notices": {},
              "reply": {"text": "x"}, "analysis": {"text": "x"}, "sensors": {"name": "x"}, "space": {"prefix": "192.0.2.0/24"}, "token": {}, "tokens": {"name": "x"},
              "devices": {"name": "x"}, "enrolments": {}, "propose": {"recipients": 1}, "start": {"recipients": 1}, "deadline": {"until": "2030-01-01T00:00:00Z"},
              "{secret}": {"kind": "bounce"}, "maintenance": {"hours": 1, "reason": "x"},
              "indicators": {"type": "domain", "value": "beacon.example"}, "sightings": {"type": "domain", "value": "beacon.example"},
              "releases": {"community": "circle-of-nobody"}, "notes": {"text": "x"}}
    for path, methods in document["paths"].items():
        if "{" in path and path != "/v1/lists/{format}":  # which names no thing of anybody
            for method in methods:
                body = {"noticed": "2026-01-01T00:00:00Z"} if path.startswith("/v1/darknet/findings") else bodies.get(path.rsplit("/", 1)[1], {})
                yield method.upper(), path, body if method in ("post", "patch") else None


def thing(path, number):
    """The id of the organisation's thing for this path, and one that does not exist."""
    w = world()
    if path.startswith("/v1/events"):
        return w.events[number]["id"], UUIDS[0]
    if path.startswith("/v1/notices"):
        return w.notices[number], UUIDS[0]
    if path.startswith("/v1/decisions"):
        return w.decisions[number], UUIDS[0]
    if path.startswith("/v1/alerts"):
        return w.positions[number], "4611686018427387904"
    if path.startswith("/v1/organisations"):
        return str(number), "4000000"
    if path.startswith("/v1/sensors"):
        return str([e["sensor"] for e in w.centre.facts["organisations"] if e["number"] == number][0]), "4000000"
    if path.startswith("/v1/accounts"):
        accounts = w.call("GET", "/v1/accounts", token=w.centre.tokens["administrator"])["accounts"]
        return [e["id"] for e in accounts if e.get("organisation") == number][0], UUIDS[0]
    if path.startswith("/v1/campaigns"):
        return w.events[number]["campaign"], UUIDS[0]  # of which one's own organisation is a part, and yet
    if path.startswith("/v1/enrolments"):
        made = w.call("POST", "/v1/sensors/%s/enrolments" % thing("/v1/sensors", number)[0], {}, w.centre.tokens["administrator"])
        return made["id"], UUIDS[0]
    if path.startswith("/v1/devices"):
        return w.call("POST", "/v1/organisations/%d/devices" % number, {"name": "x"}, w.centre.tokens["administrator"])["id"], UUIDS[0]
    if path.startswith(("/v1/tokens", "/v1/certificates")):
        return UUIDS[0], UUIDS[0]
    if path.startswith("/v1/maintenance"):
        sensor = thing("/v1/sensors", number)[0]
        status, planned = w.centre.json("POST", "/v1/sensors/%s/maintenance" % sensor, w.centre.tokens["administrator"],
                                        {"hours": 1, "reason": "x"})
        assert status == 201, planned
        return str(planned["number"]), "4000000"
    if path.startswith("/v1/remotes"):
        return UUIDS[0], UUIDS[0]  # administrators alone
    if path.startswith("/v1/darknet/contacts"):
        return UUIDS[0], UUIDS[0]  # administrators alone
    if path.startswith("/v1/darknet/findings"):
        return UUIDS[0], UUIDS[0]  # analysts alone; of sources, tests/darknet/test_large_groups.py
    if path.startswith("/v1/darknet/publications"):
        return UUIDS[0], UUIDS[0]  # the same for everybody who reads what telescopes counted
    if path.startswith("/v1/darknet/notes"):
        return UUIDS[0], UUIDS[0]  # analysts alone
    if path.startswith("/v1/feeds"):
        return UUIDS[0], UUIDS[0]  # its address is known to its reader alone
    if path.startswith(("/v1/dispatches", "/v1/publications", "/v1/dispatch-mails", "/v1/signatures")):
        return dispatched(number)[path.split("/")[2]], UUIDS[0]
    if path.startswith("/v1/communities"):
        return str(w.circles[circle(number)]), "4000000"
    if path.startswith("/v1/announcements"):
        status, made = w.centre.json("POST", "/v1/announcements", w.centre.tokens["analyst"], {"source": "x", "targets": "nobody.example"})
        assert status == 201, made
        return made["announcement"]["id"], UUIDS[0]
    if path.startswith(("/v1/collections", "/taxii2")):
        return circle(number), "circle-of-nobody"
    if path.startswith("/v1/items"):
        circle(number)
        return ITEM % number, ITEM % 0
    if path.startswith("/v1/releases"):
        circle(number)
        own = w.call("GET", "/v1/releases", token=w.centre.tokens["member-" + name_of(number)])["releases"]
        return own[0]["release"], UUIDS[0]
    if path.startswith("/v1/imports"):
        return UUIDS[0], UUIDS[0]
    if path.startswith("/v1/shared"):
        return shared(number), "4000000"
    raise AssertionError("no thing for " + path)


ITEM = "indicator--00000000-0000-4000-8000-%012d"


def circle(number):
    """A community of the organisation alone, and a collection of the same name with an object of it; the name of both."""
    w = world()
    name = "circle-%d" % number
    if name not in w.circles:
        administrator, member = w.centre.tokens["administrator"], w.centre.tokens["member-" + name_of(number)]
        community = w.call("POST", "/v1/communities", {"name": name, "purpose": "x", "content": "x", "recipients": "x"}, administrator)["number"]
        w.call("PUT", "/v1/communities/%d/members/%d" % (community, number), {}, administrator)
        w.call("POST", "/v1/collections", {"community": name, "alias": name, "title": name}, administrator)
        thing = {"type": "indicator", "spec_version": "2.1", "id": ITEM % number, "created": "2026-01-01T00:00:00.000Z", "pattern_type": "stix",
                 "modified": "2026-01-01T00:00:00.000Z", "pattern": "[ipv4-addr:value = '192.0.2.1']", "valid_from": "2026-01-01T00:00:00Z"}
        status, _, answer = w.centre.request("POST", "/v1/items?collection=" + name, member, json.dumps({"objects": [thing]}).encode())
        assert status == 202 and json.loads(answer)["success_count"] == 1, answer
        w.circles[name] = community
    return name


def shared(number):
    """An indicator that the organisation gave to its community: its number."""
    w = world()
    if number not in w.shared:
        path = "/v1/communities/%d/indicators" % w.circles[circle(number)]
        given = w.call("POST", path, {"type": "domain", "value": "shared-%d.example" % number}, w.centre.tokens["member-" + name_of(number)])
        w.shared[number] = str(given["id"])
    return w.shared[number]


def dispatched(number):
    """A message to the organisation, proposed and sent by two: its id, the organisation's own, and (nobody else knows it) none of its mail."""
    w = world()
    if number not in w.dispatched:
        name, administrator = name_of(number), w.centre.tokens["administrator"]
        account = w.call("POST", "/v1/accounts", {"name": "second-%d" % number, "role": "analyst", "new_password": "a long enough secret"}, administrator)
        second = w.call("POST", "/v1/accounts/%s/tokens" % account["id"], {"name": "test"}, administrator)["token"]
        w.secrets |= {"a long enough secret", second}
        w.call("POST", "/v1/contacts", {"list": "of-" + name, "contacts": "name,tier,organisation\n%s,operator,%s\n" % (name, name)})
        made = w.call("POST", "/v1/dispatches", {"kind": "advisory", "list": "of-" + name, "subject_en": "secret-" + name})["dispatch"]["id"]
        w.call("POST", "/v1/dispatches/%s/propose" % made, {"recipients": 1})
        w.call("POST", "/v1/dispatches/%s/start" % made, {"recipients": 1}, second)
        own = wait_for(lambda: w.call("GET", "/v1/publications", token=w.centre.tokens["member-" + name])["publications"], 20, "the message")
        asked = w.call("POST", "/v1/dispatches", {"kind": "advisory", "list": "of-" + name, "subject_en": "x", "signatories": name})["dispatch"]["id"]
        w.dispatched[number] = {"signatures": asked, "dispatches": made, "publications": own[0]["id"], "dispatch-mails": UUIDS[0]}
    return w.dispatched[number]


def test_what_belongs_to_others_answers_as_what_does_not_exist():
    mine, other = two()
    w = world()
    tokens = {"member": w.centre.tokens["member-" + name_of(mine)], "sensor": w.centre.tokens[name_of(mine)],
              "auditor": w.centre.tokens["auditor"], "stranger": None, "nonsense": "nra_" + "0" * 40}
    tried = 0
    for method, path, body in routes():
        there, nowhere = thing(path, other)
        for who, token in tokens.items():
            if who == "auditor" and path.startswith(("/v1/organisations", "/v1/communities", "/v1/collections")):
                continue  # sees all of them, by its role
            for extra in ({}, {"If-Match": '"1"', "If-None-Match": '"1"', "Idempotency-Key": "key-%d" % tried}):
                answers = [plain(w.centre.request(method, re.sub(r"\{\w+\}", each, path.replace("/{organisation}", "/%d" % other if "members" in path else "/{organisation}")), token, body, extra)) for each in (there, nowhere)]
                assert answers[0] == answers[1], (who, method, path, answers)
                assert answers[0][0] in (400, 401, 403, 404, 415) and (extra or answers[0][0] != 400), (who, method, path, answers)
                tried += 1
    assert tried > 200, tried


def test_pages_of_others_answer_as_pages_that_do_not_exist():
    mine, other = two()
    w = world()
    session = w.sign_in("member-" + name_of(mine))
    for path in ("/events/", "/notices/", "/alerts/", "/communities/", "/items/"):
        there, nowhere = thing("/v1" + path, other)
        pages = []
        for each in (there, nowhere):
            status, headers, body = w.centre.request("GET", path + each, headers={"Cookie": session, "Accept": "text/html"})
            pages.append((status, body.decode().replace(path + each, path + "ID")))
        assert pages[0] == pages[1] and pages[0][0] == 404, (path, pages)


def test_lists_searches_and_counts_tell_nothing_of_others():
    mine, other = two()
    w = world()
    member = w.centre.tokens["member-" + name_of(mine)]
    session = w.sign_in("member-" + name_of(mine))
    names = [name for name in NAMES if name != name_of(mine)]
    words = names + ["secret-" + name for name in names] + [circle(other), w.events[other]["id"], w.notices[other], w.decisions[other],
                                                            "secret reason %d" % other, "for everyone"]
    queries = ["/v1/events", "/v1/events?state=open", "/v1/events?organisation=%d" % other, "/v1/alerts?limit=500", "/v1/notices",
               "/v1/alerts?contains=secret-" + name_of(other), "/v1/alerts?organisation=%d" % other, "/v1/funnel", "/v1/organisations",
               "/v1/alerts?event=" + w.events[other]["id"], "/v1/funnel?organisation=%d" % other, "/v1/fleet?organisation=%d" % other,
               "/v1/gaps?organisation=%d" % other, "/v1/bulletins", "/v1/appearances", "/v1/appearances?format=csv", "/v1/darknet/findings?what=scan&format=csv", "/v1/publications", "/v1/signatures", "/v1/decisions", "/v1/sensors",
               "/v1/sensors?organisation=%d" % other, "/v1/notices?event=" + w.events[other]["id"], "/v1/account",
               "/v1/events/%s" % w.events[mine]["id"], "/v1/events/%s/alerts" % w.events[mine]["id"],
               "/v1/notices/%s" % w.notices[mine], "/v1/records", "/v1/records?organisation=%d" % other,
               "/v1/records?domain=secret-%s.example" % name_of(other), "/v1/records?event=" + w.events[other]["id"],
               "/v1/records?event=" + w.events[mine]["id"], "/v1/alerts/%s/records" % w.positions[mine]]
    campaign = w.events[mine].get("campaign")
    if campaign:
        queries.append("/v1/events?campaign=" + campaign)
        words.append(campaign)
    pages = ["/queue", "/alerts?contains=secret", "/records", "/records?contains=secret", "/funnel", "/inbox", "/appearances", "/notices", "/decisions", "/account", "/communities", "/items", "/items?text=secret", "/shared", "/shared?text=indicator",
             "/events/" + w.events[mine]["id"], "/notices/" + w.notices[mine]]
    for path in queries + pages:
        page = not path.startswith("/v1/")
        status, _, body = w.centre.request("GET", path, None if page else member,
                                           headers={"Cookie": session, "Accept": "text/html"} if page else None)
        assert status in (200, 403, 404) and (status == 200 or "organisation" in path or not page), (path, status, body[:300])
        found = [word for word in words if word in body.decode() and word not in path]
        assert not found, (path, found)
    for path in queries:
        if "organisation=%d" % other in path or "event=" + w.events[other]["id"] in path:
            nowhere = path.replace("organisation=%d" % other, "organisation=4000000").replace(w.events[other]["id"], UUIDS[0])
            assert plain(w.centre.request("GET", path, member)) == plain(w.centre.request("GET", nowhere, member)), path


def test_a_cursor_of_the_centre_is_refused_to_a_member():
    mine, _ = two()
    w = world()
    member = w.centre.tokens["member-" + name_of(mine)]
    for path, key in (("/v1/alerts", "alerts"), ("/v1/events", "events"), ("/v1/decisions", "decisions"),
                      ("/v1/records", "records")):
        cursor = w.call("GET", path + "?limit=1")["next"]
        if cursor:
            status, answer = w.centre.json("GET", path + "?limit=500&after=" + cursor, member)
            assert status == 400 and key not in answer, (path, status, answer)


def test_positions_do_not_tell_how_many_alerts_others_sent():
    mine, _ = two()
    w = world()
    member = w.centre.tokens["member-" + name_of(mine)]
    alerts = w.call("GET", "/v1/alerts?limit=200", token=member)["alerts"]
    positions = [int(each["position"]) for each in alerts]
    near = sum(abs(a - b) < 1 << 40 for a, b in zip(positions, positions[1:]))
    assert near == 0, positions[:5]
    for each in alerts[:20]:
        assert w.call("GET", "/v1/alerts/" + each["position"], token=member)["alert"]["id"] == each["id"]
    seen, after = [], ""
    while True:
        page = w.call("GET", "/v1/alerts?limit=37" + (after and "&after=" + after), token=member)
        seen += [each["id"] for each in page["alerts"]]
        after = page["next"]
        if not after:
            break
    assert len(seen) == len(set(seen)) > 200, len(seen)


def test_the_stream_of_changes_is_ones_own():
    mine, other = two()
    w = world()
    connection = w.centre.connection()
    connection.request("GET", "/v1/stream", headers={"Authorization": "Bearer " + w.centre.tokens["member-" + name_of(mine)]})
    socket = connection.sock
    socket.settimeout(PATIENCE)
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.readline().startswith(b"retry:")
    for number in (other, mine):
        w.call("POST", "/v1/events/%s/reopen" % w.events[number]["id"], {"reason": "again"})
        w.call("POST", "/v1/events/%s/confirm" % w.events[number]["id"], {"reason": "again"})
    seen, end = "", time.monotonic() + PATIENCE
    while w.events[mine]["id"] not in seen and time.monotonic() < end:
        seen += answer.readline().decode()
    connection.close()
    assert w.events[mine]["id"] in seen and w.events[other]["id"] not in seen, seen


def test_markup_in_alerts_stays_text():
    mine, _ = two()
    w = world()
    session = w.sign_in("analyst")
    pages = ["/queue", "/alerts", "/alerts?contains=%3Cscript%3E", "/records", "/records?domain=%3Cscript%3E",
             "/alerts/%s/records" % w.positions[mine], "/funnel", "/notices", "/decisions", "/events/" + w.events[mine]["id"],
             "/notices/" + w.notices[mine], "/alerts/" + w.positions[mine]]
    met = 0
    for path in pages:
        status, headers, body = w.centre.request("GET", path, headers={"Cookie": session, "Accept": "text/html"})
        assert status == 200, (path, status, body[:300])
        page = body.decode()
        assert "<script>alert" not in page and "<img src=x" not in page and 'onerror=alert(2)">' not in page, path
        met += "&lt;script&gt;alert(1)" in page
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy or "script-src 'self'" in policy, policy
        assert "unsafe" not in policy and headers["X-Content-Type-Options"] == "nosniff", policy
    assert met >= 3, met
    for path in ("/v1/events", "/v1/alerts"):
        _, headers, _ = w.centre.request("GET", path, w.analyst)
        assert headers["Content-Type"].startswith("application/json") and headers["X-Content-Type-Options"] == "nosniff"


def test_sql_and_patterns_in_fields_are_text():
    w = world()
    for text in ("' OR 1=1 --", "%", "_", "\\", "'; DROP TABLE event; --", "*", "\" OR \"", "%' ESCAPE '%", "(" * 200):
        answer = w.call("GET", "/v1/alerts?" + urllib.parse.urlencode({"contains": text}))
        assert all(text.lower() in each["original"].lower() for each in answer["alerts"]), text
        status, answer = w.centre.json("GET", "/v1/events?" + urllib.parse.urlencode({"after": text}), w.analyst)
        assert status == 400, (text, status)
        assert w.sign_in(text, "wrong password") is None
    assert w.call("GET", "/v1/events")["events"]


def test_a_session_ends_when_its_account_is_shut_or_its_password_changes():
    w = world()
    token = w.centre.tokens["administrator"]
    status, account = w.centre.json("POST", "/v1/accounts", token, {"name": "shortlived", "role": "analyst",
                                                                  "new_password": "a long enough secret"})
    assert status == 201, account
    w.secrets.add("a long enough secret")
    visit = lambda session: w.centre.request("GET", "/account", headers={"Cookie": session, "Accept": "text/html"})[0]
    first, second = w.sign_in("shortlived", "a long enough secret"), w.sign_in("shortlived", "a long enough secret")
    w.secrets |= {first.split("=", 1)[1].split(";")[0], second.split("=", 1)[1].split(";")[0]}
    assert first != second and visit(first) == visit(second) == 200
    _, _, page = w.centre.request("GET", "/account", headers={"Cookie": first, "Accept": "text/html"})
    body = {"form_token": form_token(page), "password": "a long enough secret", "new_password": "another long secret"}
    w.secrets.add("another long secret")
    assert w.centre.request("POST", "/account/password", body=urllib.parse.urlencode(body).encode(), headers=form_headers(first))[0] == 303
    assert visit(second) == 303, "the other session lives on after the password was changed"
    third = w.sign_in("shortlived", "another long secret")
    assert visit(third) == 200
    status, _ = w.centre.json("PATCH", "/v1/accounts/" + account["id"], token, {"disabled": True})
    assert status == 200 and visit(third) == 303
    assert w.sign_in("shortlived", "another long secret") is None


def test_a_session_cannot_be_fixed_nor_a_sign_in_forged():
    w = world()
    time.sleep(5)
    _, headers, page = w.centre.request("GET", "/sign-in", headers={"Accept": "text/html"})
    mine = cookies_of(headers)
    fixed = "noroshi=" + "a" * 48
    fields = {"form_token": form_token(page), "name": "auditor", "password": w.centre.password}
    body = urllib.parse.urlencode(fields).encode()
    # a session that somebody put there before does not become the person's
    status, answered, _ = w.centre.request("POST", "/sign-in", body=body, headers=form_headers(mine))
    session = [each for each in cookies_of(answered) if each.startswith("noroshi=")]
    assert status == 303 and session and session[0] != fixed
    assert w.centre.request("GET", "/account", headers={"Cookie": fixed, "Accept": "text/html"})[0] == 303
    # another site's page, another visitor's token, none
    for extra in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert w.centre.request("POST", "/sign-in", body=body, headers=dict(form_headers(mine), **extra))[0] == 403
    assert w.centre.request("POST", "/sign-in", body=body, headers=form_headers("noroshi-form=" + "b" * 48))[0] == 403
    assert w.centre.request("POST", "/sign-in", body=body, headers=form_headers(""))[0] == 403
    # the cookie alone, without an Origin, changes nothing over the API
    analyst = w.sign_in("analyst")
    status, _, _ = w.centre.request("POST", "/v1/decisions", body={"reason": "forged", "signature": "x"}, headers={"Cookie": analyst})
    assert status == 403
    # nor does a page send the browser away
    for back in ("https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)"):
        _, headers, page = w.centre.request("GET", "/sign-in?" + urllib.parse.urlencode({"back": back}), headers={"Accept": "text/html"})
        time.sleep(1.1)
        if page.startswith(b"<!") and b"form_token" in page:
            fields = {"form_token": form_token(page), "name": "auditor", "password": w.centre.password, "back": back}
            status, headers, _ = w.centre.request("POST", "/sign-in", body=urllib.parse.urlencode(fields).encode(),
                                                  headers=form_headers(cookies_of(headers)))
            location = headers.get("Location", "/")
            assert location.startswith("/") and "evil" not in location, (back, location)


def test_secrets_are_never_logged():
    w = world()
    session = w.sign_in("analyst")
    w.secrets.add(session.split("=", 1)[1].split(";")[0])
    w.sign_in("analyst", "a wrong password that is a typo")
    w.secrets.add("a wrong password that is a typo")
    w.centre.request("GET", "/v1/events?token=" + w.analyst)
    w.centre.request("GET", "/n/" + "c" * 43, headers={"Accept": "text/html"})
    w.secrets.add("c" * 43)
    log = w.centre.said()
    lines = json.dumps(w.call("GET", "/v1/log?limit=500", token=w.centre.tokens["auditor"]))
    metrics = w.centre.request("GET", "/metrics", w.centre.tokens["administrator"])[2].decode()
    for secret in w.secrets:
        assert secret not in log and secret not in lines and secret not in metrics, secret
    for line in log.split("\n")[:-1]:  # the last may be under way
        json.loads(line)  # nothing that came in made a line of its own


def roles_of(route):
    """Who asks: one who may, so that the request is looked at, and a member."""
    tokens = world().centre.tokens
    for role in ("analyst", "administrator", "auditor", "member-" + name_of(two()[0])):
        status = world().centre.request("GET", "/v1/account", tokens[role])[0]
        assert status == 200, (role, status)
    admin = route.action and route.action.split(".")[0] in ("organisation", "sensor", "account")
    yield tokens["auditor" if route.action == "log.read" else "administrator" if admin else "analyst"]
    yield tokens["member-" + name_of(two()[0])]


def stored():
    """What people made and decided, as it rests."""
    files = [os.path.join(top, name) for top, _, names in os.walk(world().centre.folder) for name in names if name == "noroshi.db"]
    assert len(files) == 1, files
    database = sqlite3.connect("file:%s?mode=ro" % files[0], uri=True)
    tables = ("organisation", "space", "account", "decision", "notice", "delivery", "campaign_analysis", "event_step", "event_split", "outbox")
    rows = {name: database.execute("SELECT * FROM %s ORDER BY 1" % name).fetchall() for name in tables}
    rows["sensor"] = database.execute("SELECT number, name FROM sensor ORDER BY number").fetchall()
    rows["token"] = database.execute("SELECT id, revoked FROM token ORDER BY id").fetchall()
    database.close()
    return rows


def assert_unchanged(before):
    after = stored()
    changed = {name: [row for row in rows if row not in before[name]] for name, rows in after.items() if rows != before[name]}
    assert not changed, changed


def test_hostile_requests_to_every_route_are_refused_in_form_and_change_nothing():
    w = world()
    document = w.centre.json("GET", "/v1/openapi.json")[1]
    before, connection, sent, statuses, silent, library = stored(), w.centre.connection(), 0, collections.Counter(), 0, 0
    for route in hostile_requests.routes(document):
        if route.path == "/v1/stream":
            continue  # its answer has no end; test_the_stream_of_changes_is_ones_own
        tokens = itertools.cycle(roles_of(route))
        for request in hostile_requests.requests(route):
            method, target, body, headers, refused = request
            what = (route.name, method, target[:200], (body or b"")[:200], headers)
            token = next(tokens)
            answer = hostile_requests.send(connection, method, target, token, body, headers)
            sent += 1
            if answer is None:  # closed: a body or a line beyond all bounds, or one that the library takes for no request
                silent += 1
                assert len(body or b"") > 65536 or len(target) > 300 or re.search(hostile_requests.BROKEN, target), what
                continue
            if b"/error.css" in answer[2]:  # in the library's own words, before we see the request: a line that is none
                library += 1
                assert 400 <= answer[0] < 500 and re.search(hostile_requests.BROKEN, target), (what, answer)
                continue
            hostile_requests.check_answer(what, *answer)
            statuses[answer[0]] += 1
            assert not refused or answer[0] >= 400, (what, answer[0], answer[2][:300])
    print("# %d hostile requests, %d closed without an answer, %d answered by the library; %s" %
          (sent, silent, library, dict(sorted(statuses.items()))))
    assert sent > 2000 and statuses[400] > sent / 3
    assert_unchanged(before)
    assert w.centre.children() == w.centre.pids


def test_forms_with_a_foreign_or_no_token_and_of_other_sites_change_nothing():
    w = world()
    mine, _ = two()
    analyst, member = w.sign_in("analyst"), w.sign_in("member-" + name_of(mine))
    foreign = form_token(w.centre.request("GET", "/account", headers={"Cookie": member, "Accept": "text/html"})[2])
    before, tried = stored(), 0
    for route in hostile_requests.routes(w.centre.json("GET", "/v1/openapi.json")[1]):
        page = route.target()[len("/v1"):]
        if route.method != "POST" or route.stream or route.path.endswith("password"):
            continue
        fields = {name: value[0] if isinstance(value, list) else value for name, value in route.body().items()}
        for token, origin in ((None, None), (foreign, None), ("0" * 64, None), ("", None), (foreign, "https://evil.example")):
            sent = dict(fields, **({"form_token": token} if token is not None else {}))
            headers = dict(form_headers(analyst), **({"Origin": origin} if origin else {}))
            status, answered, data = w.centre.request("POST", page, body=urllib.parse.urlencode(sent).encode(), headers=headers)
            assert status in (400, 403, 404, 405), (page, token, status)
            assert answered["Content-Type"].startswith("text/html") and data.startswith(b"<!doctype html>"), (page, answered.items())
            tried += status == 403
    assert tried > 40, tried
    assert_unchanged(before)


def test_the_processes_live():
    assert world().centre.children() == world().centre.pids


if __name__ == "__main__":
    try:
        status = main(sys.modules[__name__])
    finally:
        if WORLD:
            WORLD.centre.stop()
    sys.exit(status)
