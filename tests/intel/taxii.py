"""A centre with communities, collections and people in them, and a strict client of TAXII 2.1 for the tests beside this
file: every answer is held against what the standard says of all of them."""
import base64
import json
import os
import re
import sys
import urllib.parse
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../center"))
from center import NOROSHI, Centre, free_port, main, wait_for  # noqa: E402,F401

MEDIA = "application/taxii+json;version=2.1"
ROOT = "/taxii2/exchange/"
TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
DATED = re.compile(r"/(manifest|objects|versions)/$|/objects/[^/]+/$")


def indicator(**changes):
    made = {"type": "indicator", "spec_version": "2.1", "id": "indicator--%s" % uuid.uuid4(), "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:00.000Z", "pattern": "[ipv4-addr:value = '192.0.2.1']", "pattern_type": "stix",
            "valid_from": "2026-01-01T00:00:00Z"}
    made.update(changes)
    return made


class Exchange(Centre):
    """alpha and beta in the community `water`, gamma outside; `rows` has the collections by alias."""

    def __init__(self, **more):
        super().__init__(organisations=("alpha", "beta", "gamma"), **more)
        self.admin = self.tokens["administrator"]
        self.numbers = {each["name"]: each["number"] for each in self.facts["organisations"]}
        self.people, self.rows, self.communities = {}, {}, {}
        for name in self.numbers:
            self.people[name] = self.person(name + "-analyst", "member", organisation=self.numbers[name])
        self.community("water", {"alpha": "member", "beta": "reader"})

    def done(self, method, path, body=None, token=None):
        status, answer = self.json(method, path, token or self.admin, body)
        assert status < 300, (method, path, status, answer)
        return answer

    def person(self, name, role, **more):
        """A token for a new account."""
        made = self.done("POST", "/v1/accounts", dict(name=name, role=role, title=name, mail=name + "@example.org", **more))
        return self.done("POST", "/v1/accounts/%s/tokens" % made["id"], {"name": "test"})["token"]

    def community(self, name, members, **more):
        made = self.done("POST", "/v1/communities", dict(dict(name=name, purpose="tests", content="all", recipients="members"), **more))
        self.communities[name] = made["number"]
        for organisation, role in members.items():
            self.join(name, organisation, role)

    def join(self, community, organisation, role="member"):
        self.done("PUT", self.membership(community, organisation), {"role": role})

    def membership(self, community, organisation):
        if community not in self.communities:
            self.communities = {each["name"]: each["number"] for each in self.done("GET", "/v1/communities")["communities"]}
        return "/v1/communities/%d/members/%d" % (self.communities[community], self.numbers[organisation])

    def collection(self, alias, community="water", **more):
        made = self.done("POST", "/v1/collections", dict(dict(title=alias, alias=alias, community=community, tlp="GREEN"), **more))
        self.rows[alias] = made
        return made["id"]

    def taxii(self, method, path, who, body=None, accept=MEDIA, kind=MEDIA, **query):
        """(status, headers, JSON or None); `who` is a token, or None, or (name, password)."""
        headers = {}
        if accept is not None:
            headers["Accept"] = accept
        if isinstance(who, tuple):
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(who).encode()).decode()
            who = None
        if body is not None:
            headers["Content-Type"] = kind
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        if query:
            path += "?" + urllib.parse.urlencode({re.sub("^match_", "match[", name) + ("]" if name.startswith("match_") else ""): value
                                                  for name, value in query.items()})
        status, answered, data = self.request(method, path, who, body, headers)
        assert answered["Content-Type"] == MEDIA, (path, status, answered["Content-Type"])
        answer = json.loads(data) if data else None
        check(method, path.split("?")[0], status, answered, answer)
        return status, answered, answer

    def objects(self, alias, who, **query):
        status, _, answer = self.taxii("GET", ROOT + "collections/%s/objects/" % alias, who, **query)
        assert status == 200, answer
        return answer

    def ids(self, alias, who, **query):
        return [each["id"] for each in self.objects(alias, who, **query).get("objects", [])]

    def add(self, alias, who, *objects):
        """Adds objects and waits until that is complete; gives the status resource."""
        status, _, answer = self.taxii("POST", ROOT + "collections/%s/objects/" % alias, who, {"objects": list(objects)})
        assert status == 202, (status, answer)
        path = ROOT + "status/%s/" % answer["id"]
        return answer if answer["status"] == "complete" else wait_for(
            lambda: (lambda now: now if now["status"] == "complete" else None)(self.taxii("GET", path, who)[2]), 60, "the import")


def no_empty_lists(value):
    if isinstance(value, list):
        assert value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if not (isinstance(value, dict) and "spec_version" in value):
            no_empty_lists(each)


def check(method, path, status, headers, answer):
    """What holds of every answer: 2 (no empty lists), 3.2 (dates of pages), 3.6.1 (errors)."""
    if status >= 400:
        assert isinstance(answer["title"], str) and answer["title"], answer
        assert answer.get("http_status", str(status)) == str(status), answer
        assert set(answer) <= {"title", "description", "error_id", "error_code", "http_status", "external_details", "details"}, answer
        return
    if answer is not None:
        no_empty_lists({name: each for name, each in answer.items() if name != "objects" or "manifest" in path})
        assert answer.get("objects", [0]), answer
    if method == "GET" and DATED.search(path):
        for name in ("X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last"):
            assert TIMESTAMP.match(headers[name] or ""), (path, name, headers[name])
