"""TAXII 2.1 as the standard has it: every MUST of its sections on resources and endpoints that a server can break, by its section
number. What holds of every answer (media type, errors, no empty lists, dates of pages) is in taxii.py. Prints TAP."""
import base64
import json
import os
import subprocess
import sys
import time
import urllib.parse
import uuid

from taxii import MEDIA, ROOT, TIMESTAMP, Exchange, indicator, main

WORLD = None


def world():
    """`open` holds nine objects of alpha: four indicators, of which the first has three versions, a malware in 2.0, and an address."""
    global WORLD
    if WORLD is None:
        WORLD = w = Exchange()
        w.uuid = w.collection("open", description="For the table")
        for alias, more in (("drop", {"read": "steward"}), ("quiet", {"write": "steward"}), ("deep", {}), ("hidden", {"active": False})):
            w.community(alias, {"alpha": "member", "beta": "reader"})  # what two of one community at one TLP hold is the same
            w.collection(alias, community=alias, **more)
        w.first = indicator(name="one")
        w.versions = ["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00.123456Z"]
        w.others = [indicator(name=str(i)) for i in range(3)]
        w.old = {"type": "malware", "id": "malware--%s" % uuid.uuid4(), "created": "2020-01-01T00:00:00.000Z",
                 "modified": "2020-01-01T00:00:00.000Z", "name": "old", "labels": ["worm"]}
        w.sco = {"type": "ipv4-addr", "spec_version": "2.1", "id": "ipv4-addr--%s" % uuid.uuid4(), "value": "192.0.2.3"}
        w.alpha, w.beta, w.gamma = (w.people[name] for name in ("alpha", "beta", "gamma"))
        w.add("open", w.alpha, *(dict(w.first, modified=each, name=each) for each in w.versions), *w.others, w.old, w.sco)
    return WORLD


OBJECTS = ROOT + "collections/open/objects/"
MANIFEST = ROOT + "collections/open/manifest/"


def pages():
    w = world()
    return [OBJECTS, MANIFEST, OBJECTS + w.first["id"] + "/", OBJECTS + w.first["id"] + "/versions/"]


def endpoints():
    w = world()
    status = w.add("deep", w.alpha, indicator())["id"]
    return ["/taxii2/", ROOT, ROOT + "status/%s/" % status, ROOT + "collections/", ROOT + "collections/%s/" % w.uuid] + pages()


def status_of(method, path, who, **more):
    return world().taxii(method, path, who, **more)[0]


def test_1_6_8_accept_and_content_type():
    w = world()
    for path in endpoints():
        for accept in (MEDIA, "application/taxii+json", "application/taxii+json; version=2.1", "application/taxii+json; version=\"2.1\"",
                       "application/stix+json;version=2.1, application/taxii+json;version=2.1", "*/*", "text/html, application/*;q=0.1"):
            assert status_of("GET", path, w.alpha, accept=accept) == 200, (path, accept)
        for accept in ("application/json", "application/xml", "application/taxii+json;version=2.0", "application/taxii+json;version=9.9",
                       "application/taxii+json;q=0", "text/html"):
            assert status_of("GET", path, w.alpha, accept=accept) == 406, (path, accept)
    body = {"objects": [indicator()]}
    for kind in (MEDIA, "application/taxii+json", "application/taxii+json; version=2.1"):
        assert status_of("POST", OBJECTS.replace("open", "deep"), w.alpha, body=body, kind=kind) == 202, kind
    for kind in ("application/json", "application/taxii+json;version=2.0", "text/plain", ""):
        assert status_of("POST", OBJECTS, w.alpha, body=body, kind=kind) == 415, kind
    assert status_of("POST", OBJECTS, w.alpha, body=body, accept="application/json") == 406


def test_1_6_9_authentication():
    w = world()
    for path in endpoints():
        status, headers, _ = w.taxii("GET", path, None)
        assert status == 401 and any("Basic" in each for each in headers.get_all("WWW-Authenticate")), path
    assert status_of("POST", OBJECTS, None, body={"objects": []}) == 401
    assert status_of("DELETE", OBJECTS + w.first["id"] + "/", None) == 401
    assert status_of("GET", ROOT, "nra_" + "0" * 40) == 401
    assert status_of("GET", ROOT, ("analyst", w.password)) == 200
    assert status_of("GET", ROOT, ("nobody", w.password)) == 401
    for header in ("Basic", "Basic !", "Basic " + base64.b64encode(b"analyst").decode(), "Digest x", "Token short",
                   "Basic " + base64.b64encode(b"a" * 63 + b":" + b"b" * 300).decode()):
        assert w.request("GET", ROOT, headers={"Authorization": header, "Accept": MEDIA})[0] == 401, header
    assert w.request("GET", ROOT, headers={"Authorization": "Token " + w.alpha, "Accept": MEDIA})[0] == 200
    # Elsewhere a name and a password are no way in.
    both = "Basic " + base64.b64encode(("analyst:" + w.password).encode()).decode()
    assert w.request("GET", "/v1/items", headers={"Authorization": both})[0] == 401


def test_1_6_9_a_password_that_was_right_ends_with_its_change():
    w = world()
    made = w.done("POST", "/v1/accounts", {"name": "changing", "role": "member", "title": "x", "mail": "x@example.org",
                                           "organisation": w.numbers["alpha"], "new_password": "first words to say"})
    started = time.monotonic()
    for _ in range(10):
        assert status_of("GET", ROOT, ("changing", "first words to say")) == 200
    assert time.monotonic() - started < 10  # ten hashes would be known by their time on a quiet machine alone
    w.done("PATCH", "/v1/accounts/" + made["id"], {"new_password": "second words to say"})
    assert status_of("GET", ROOT, ("changing", "first words to say")) == 401
    time.sleep(1.1)
    assert status_of("GET", ROOT, ("changing", "second words to say")) == 200
    w.done("PATCH", "/v1/accounts/" + made["id"], {"disabled": True})
    assert status_of("GET", ROOT, ("changing", "second words to say")) in (401, 429)


def test_3_1_paths():
    w = world()
    for path in ("/taxii2/nothing/", ROOT + "nothing/", ROOT + "collections/open/nothing/", "/taxii2/other-root/"):
        assert status_of("GET", path, w.alpha) == 404
    assert status_of("PUT", OBJECTS, w.alpha, body={}) == 405
    status, headers, body = w.request("HEAD", OBJECTS, w.alpha, headers={"Accept": MEDIA})
    assert (status, body) == (200, b"") and headers["X-TAXII-Date-Added-First"]


def test_3_3_and_3_4_order_and_added_after():
    w = world()
    everything = w.taxii("GET", MANIFEST, w.alpha, match_version="all", **{"match_spec_version": "2.0,2.1"})
    dates = [each["date_added"] for each in everything[2]["objects"]]
    assert len(dates) == 8 and dates == sorted(set(dates)) and all(TIMESTAMP.match(each) for each in dates)
    assert everything[1]["X-TAXII-Date-Added-First"] == dates[0] and everything[1]["X-TAXII-Date-Added-Last"] == dates[-1]
    for i, date in enumerate(dates):
        behind = w.taxii("GET", MANIFEST, w.alpha, added_after=date, match_version="all", **{"match_spec_version": "2.0,2.1"})
        assert [each["date_added"] for each in behind[2].get("objects", [])] == dates[i + 1:]
        if i == 0:  # more digits, and fewer
            for form in (date[:-1] + "000Z", date[:-1] + "999999999Z"):
                assert w.taxii("GET", MANIFEST, w.alpha, added_after=form, match_version="all",
                               **{"match_spec_version": "2.0,2.1"})[2] == behind[2]
    last = w.taxii("GET", MANIFEST, w.alpha, added_after=dates[-1])
    assert last[2] == {} and last[1]["X-TAXII-Date-Added-Last"] == dates[-1]  # where to go on
    assert w.ids("open", w.alpha, added_after="2999-01-01T00:00:00.000000Z") == []
    assert len(w.ids("open", w.alpha, added_after="1960-01-01T00:00:00Z")) == 6
    assert len(w.ids("open", w.alpha, added_after="0001-01-01T00:00:00Z")) == 6


def test_3_4_what_is_malformed_is_refused():
    w = world()
    wrong = ["added_after=yesterday", "added_after=2026-01-01", "added_after=2026-01-01T00:00:00", "added_after=2026-13-01T00:00:00Z",
             "added_after=2026-01-01T00:00:00.Z", "added_after=2026-01-01T00:00:00%2B09:00", "added_after=", "added_after=1",
             "added_after=2026-01-01T00:00:00Z&added_after=2026-01-01T00:00:00Z", "limit=0", "limit=-1", "limit=x", "limit=1.5", "limit=",
             "limit=1&limit=2", "next=x", "next=" + "0" * 48, "match[version]=newest", "match[version]=all,last",
             "match[version]=first,first", "match[version]=2026-01-01", "match[version]=last,,first", "match[spec_version]=two",
             "match[version]=last&match[version]=first", "match[spec_version]="]
    for path in (OBJECTS, MANIFEST, OBJECTS + w.first["id"] + "/"):
        for query in wrong:
            status, _, answer = w.taxii("GET", path + "?" + query, w.alpha)
            assert status == 400, (path, query, status, answer)
    for query in ("match[id]=", "match[id]=a,a", "match[id]=a%20b", "match[type]=x,,y"):
        assert status_of("GET", OBJECTS + "?" + query, w.alpha) == 400, query
    for query in ("match[colour]=red", "unknown=1", "match[type]=never-heard-of"):
        assert status_of("GET", OBJECTS + "?" + query, w.alpha) == 200, query
    assert status_of("GET", OBJECTS + "?match%5Bversion%5D=newest", w.alpha) == 400


def test_3_4_1_match():
    w = world()
    first, ids = w.first["id"], [each["id"] for each in w.others]
    named = lambda **query: [(each["id"], each.get("modified")) for each in w.objects("open", w.alpha, **query).get("objects", [])]
    assert [each for each, _ in named()] == [first] + ids + [w.old["id"], w.sco["id"]]
    assert dict(named())[first] == w.versions[2]
    assert w.ids("open", w.alpha, match_id=ids[1]) == [ids[1]]
    assert w.ids("open", w.alpha, match_id=",".join((ids[2], ids[0], "indicator--nothing"))) == [ids[0], ids[2]]
    assert w.ids("open", w.alpha, match_type="malware,ipv4-addr") == [w.old["id"], w.sco["id"]]
    assert w.ids("open", w.alpha, match_type="indicator", match_id=w.old["id"]) == []
    assert named(match_id=first, match_version="all") == [(first, each) for each in w.versions]
    assert named(match_id=first, match_version="first") == [(first, w.versions[0])]
    assert named(match_id=first, match_version="last") == [(first, w.versions[2])]
    assert named(match_id=first, match_version="first,last") == [(first, w.versions[0]), (first, w.versions[2])]
    assert named(match_id=first, match_version=w.versions[1] + ",last") == [(first, w.versions[1]), (first, w.versions[2])]
    assert named(match_id=first, match_version="2026-01-02T00:00:00.000000Z") == [(first, w.versions[1])]  # the same instant
    assert w.ids("open", w.alpha, match_spec_version="2.0") == [w.old["id"]]
    assert w.old["id"] not in w.ids("open", w.alpha, match_spec_version="2.1")
    assert len(w.ids("open", w.alpha, match_spec_version="2.0,2.1")) == 6
    assert w.ids("open", w.alpha, match_spec_version="3.0") == []


def test_3_5_pages():
    w = world()
    for path, key in zip(pages(), ("objects", "objects", "objects", "versions")):
        query = {"match_version": "all"} if "versions" not in path else {}
        whole = w.taxii("GET", path, w.alpha, **query)[2]
        assert "more" not in whole or whole["more"] is False
        for limit in (1, 2, 3, 1000, 10 ** 12):
            by_next, after, query_next, query_after = [], [], dict(query, limit=limit), dict(query, limit=limit)
            for _ in range(20):
                _, headers, page = w.taxii("GET", path, w.alpha, **query_next)
                assert len(page.get(key, [])) <= limit
                by_next += page.get(key, [])
                if not page.get("more"):
                    break
                query_next["next"] = page["next"]
            for _ in range(20):
                _, headers, page = w.taxii("GET", path, w.alpha, **query_after)
                after += page.get(key, [])
                if not page.get("more"):
                    break
                query_after["added_after"] = headers["X-TAXII-Date-Added-Last"]
            assert by_next == after == whole[key], (path, limit)


def test_3_5_a_next_is_of_one_question_and_one_person():
    w = world()
    page = w.objects("open", w.alpha, limit=1)
    assert status_of("GET", OBJECTS, w.alpha, limit=5, next=page["next"]) == 200
    for who, more in ((w.beta, {}), (w.alpha, {"match_type": "indicator"}), (w.alpha, {"added_after": "2026-01-01T00:00:00Z"})):
        assert status_of("GET", OBJECTS, who, next=page["next"], **more) == 400
    assert status_of("GET", MANIFEST, w.alpha, next=page["next"]) == 400
    for i in range(0, len(page["next"]), 3):
        turned = page["next"][:i] + ("1" if page["next"][i] != "1" else "2") + page["next"][i + 1:]
        assert status_of("GET", OBJECTS, w.alpha, next=turned) == 400


def test_3_7_an_envelope():
    w = world()
    for body in (b"", b"[]", b"{", b"x", b'{"objects":5}', b'{"objects":{}}', b'{"objects":[{]}', json.dumps(indicator()).encode(),
                 b'{"objects":[' + b"[" * 5000 + b"]" * 5000 + b"]}", b"\xff", b"\x1f\x8b\x08\x00"):
        assert status_of("POST", OBJECTS, w.alpha, body=body) == 422, body[:40]
    before = w.ids("open", w.alpha)
    good = indicator()
    broken = json.dumps({"objects": [good]}).encode()[:-1] + b",]}"
    assert status_of("POST", OBJECTS, w.alpha, body=broken) == 422 and w.ids("open", w.alpha) == before
    status, _, answer = w.taxii("POST", OBJECTS, w.alpha, body={})
    assert status == 202 and answer["status"] == "complete" and answer["total_count"] == 0


def test_4_1_and_4_2_discovery_and_root():
    w = world()
    _, _, found = w.taxii("GET", "/taxii2/", w.alpha)
    assert found["title"] and found["default"] in found["api_roots"]
    for root in found["api_roots"]:
        assert root.startswith(("https://", "/")) and not root.startswith("//") and "?" not in root
    _, _, root = w.taxii("GET", found["default"], w.alpha)
    assert root["title"] and MEDIA in root["versions"] and root["max_content_length"] > 0
    status, _, _ = w.request("POST", OBJECTS, w.alpha, b"", {"Accept": MEDIA, "Content-Type": MEDIA})
    connection = w.connection()
    connection.putrequest("POST", OBJECTS)
    for name, value in (("Authorization", "Bearer " + w.alpha), ("Accept", MEDIA), ("Content-Type", MEDIA),
                        ("Content-Length", str(root["max_content_length"] + 1))):
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413 and answer.headers["Content-Type"] == MEDIA and json.loads(answer.read())["http_status"] == "413"
    connection.close()


def test_4_3_status():
    w = world()
    bad = dict(indicator(), created="yesterday")
    made = w.add("deep", w.alpha, indicator(), bad)
    assert (made["status"], made["total_count"], made["success_count"], made["failure_count"], made["pending_count"]) == ("complete", 2, 1, 1, 0)
    assert made["failures"][0]["id"] == bad["id"] and made["failures"][0]["version"] and "created" in made["failures"][0]["message"]
    uuid.UUID(made["id"])
    path = ROOT + "status/%s/" % made["id"]
    _, _, again = w.taxii("GET", path, w.alpha)
    assert {each: again[each] for each in again if each != "request_timestamp"} == {
        each: made[each] for each in made if each != "request_timestamp"} and TIMESTAMP.match(again["request_timestamp"])
    plain = w.taxii("GET", ROOT + "status/%s/" % uuid.uuid4(), w.alpha)
    for who in (w.beta, w.gamma):  # who did not ask learns nothing
        other = w.taxii("GET", path, who)
        assert (other[0], other[2]) == (404, plain[2])


def test_5_1_and_5_2_collections():
    w = world()
    seen = lambda who: {each["alias"]: (each["can_read"], each["can_write"])
                        for each in w.taxii("GET", ROOT + "collections/", who)[2].get("collections", [])}
    assert seen(w.alpha) == {"open": (True, True), "drop": (False, True), "quiet": (True, False), "deep": (True, True)}
    assert seen(w.beta) == {"open": (True, False), "quiet": (True, False), "deep": (True, False)}
    assert w.taxii("GET", ROOT + "collections/", w.gamma)[2] == {}
    listed = [w.taxii("GET", ROOT + "collections/", w.alpha)[2] for _ in range(3)]
    assert listed[0] == listed[1] == listed[2]
    for name in (w.uuid, w.uuid.upper(), "open"):
        _, _, one = w.taxii("GET", ROOT + "collections/%s/" % name, w.alpha)
        assert one == [each for each in listed[0]["collections"] if each["id"] == w.uuid][0]
        uuid.UUID(one["id"])
        assert one["title"] and one["description"] and "application/stix+json;version=2.1" in one["media_types"]
    assert w.json("POST", "/v1/collections", w.admin, {"community": "water", "title": "x", "alias": "open", "tlp": "GREEN"})[0] == 409


def test_5_what_may_not_be_seen_is_not_there():
    w = world()
    nothing = str(uuid.uuid4())
    plain = lambda answer: (answer[0], sorted((k.lower(), v) for k, v in answer[1].items() if k.lower() != "date"), answer[2])
    for who, names in ((w.gamma, ("open", w.uuid, "drop", "hidden")), (w.beta, ("drop", "hidden"))):
        for name in names:
            for end in ("", "manifest/", "objects/", "objects/%s/" % w.first["id"], "objects/%s/versions/" % w.first["id"]):
                assert plain(w.taxii("GET", ROOT + "collections/%s/%s" % (name, end), who)) == \
                    plain(w.taxii("GET", ROOT + "collections/%s/%s" % (nothing, end), who)), (name, end)
            for method, end, body in (("POST", "objects/", {"objects": [indicator()]}), ("DELETE", "objects/%s/" % w.first["id"], None)):
                assert plain(w.taxii(method, ROOT + "collections/%s/%s" % (name, end), who, body)) == \
                    plain(w.taxii(method, ROOT + "collections/%s/%s" % (nothing, end), who, body)), (name, method)


def test_5_3_to_5_8_can_read_and_can_write():
    w = world()
    there = indicator()
    w.add("drop", w.alpha, there)
    for end in ("manifest/", "objects/", "objects/%s/" % there["id"], "objects/%s/versions/" % there["id"]):
        assert status_of("GET", ROOT + "collections/drop/" + end, w.alpha) in (403, 404)
    assert status_of("POST", ROOT + "collections/quiet/objects/", w.alpha, body={"objects": [indicator()]}) in (403, 404)
    assert status_of("DELETE", ROOT + "collections/quiet/objects/%s/" % there["id"], w.alpha) == 403  # reads, does not write
    assert status_of("DELETE", ROOT + "collections/drop/objects/%s/" % there["id"], w.alpha) == 403  # writes, does not read


def test_5_4_objects_go_out_as_they_came():
    w = world()
    odd = indicator(x_ours={"b": [1.50, None, True], "a": "\u72fc\u7159"}, labels=["z", "a"], external_references=[{"source_name": "x"}])
    w.add("deep", w.alpha, odd)
    assert w.objects("deep", w.alpha, match_id=odd["id"])["objects"] == [odd]
    _, _, found = w.taxii("GET", ROOT + "collections/deep/objects/%s/" % odd["id"], w.alpha)
    assert found == {"objects": [odd]}


def test_5_5_the_same_object_again_is_no_error():
    w = world()
    before = w.taxii("GET", MANIFEST, w.alpha, match_version="all")[2]
    made = w.add("open", w.alpha, dict(w.first, modified=w.versions[0], name=w.versions[0]), w.others[0])
    assert made["success_count"] == 2 and made["failure_count"] == 0
    assert w.taxii("GET", MANIFEST, w.alpha, match_version="all")[2] == before


def test_5_5_owners_who_use_one_id_do_not_write_over_each_other():
    w = world()
    w.join("deep", "gamma")
    mine = indicator(name="mine")
    w.add("deep", w.alpha, mine)
    w.add("deep", w.gamma, dict(mine, name="theirs", modified="2030-01-01T00:00:00.000Z"))
    w.add("deep", w.gamma, dict(mine, name="the same version"))
    found = w.objects("deep", w.beta, match_id=mine["id"])["objects"]
    assert sorted(each["name"] for each in found) == ["mine", "theirs"]
    assert status_of("DELETE", ROOT + "collections/deep/objects/%s/" % mine["id"], w.gamma) == 200
    assert [each["name"] for each in w.objects("deep", w.beta, match_id=mine["id"])["objects"]] == ["mine"]
    assert status_of("DELETE", ROOT + "collections/deep/objects/%s/" % mine["id"], w.gamma) == 403
    w.done("DELETE", w.membership("deep", "gamma"))
    assert status_of("GET", ROOT + "collections/deep/", w.gamma) == 404


def test_5_5_a_stricter_tlp_does_not_go_in():
    w = world()
    red = indicator(object_marking_refs=["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"])
    made = w.add("deep", w.alpha, red)
    assert made["failure_count"] == 1 and "TLP" in made["failures"][0]["message"]
    assert w.ids("deep", w.alpha, match_id=red["id"]) == []


def test_5_6_and_5_8_one_object():
    w = world()
    path = OBJECTS + w.first["id"] + "/"
    assert [each["modified"] for each in w.taxii("GET", path, w.alpha)[2]["objects"]] == [w.versions[2]]
    assert [each["modified"] for each in w.taxii("GET", path, w.alpha, match_version="all")[2]["objects"]] == w.versions
    assert w.taxii("GET", path, w.alpha, match_version="2001-01-01T00:00:00.000Z")[2] == {}
    assert w.taxii("GET", path + "versions/", w.alpha)[2] == {"versions": w.versions}
    for end in ("", "versions/"):
        assert status_of("GET", OBJECTS + "indicator--%s/%s" % (uuid.uuid4(), end), w.alpha) == 404


def test_5_7_delete():
    w = world()
    gone = indicator()
    path = ROOT + "collections/deep/objects/%s/" % gone["id"]
    later = "2026-02-01T00:00:00.000Z"
    w.add("deep", w.alpha, gone, dict(gone, modified=later))
    for query in ("match[version]=newest", "match[version]=all,last"):
        assert status_of("DELETE", path + "?" + query, w.alpha) == 400
    status, headers, body = w.taxii("DELETE", path, w.alpha, match_version=later)
    assert status == 200 and body is None
    assert w.taxii("GET", path + "versions/", w.alpha)[2] == {"versions": [gone["modified"]]}
    assert w.taxii("GET", path, w.alpha)[2]["objects"] == [gone]  # the one before stands again
    assert status_of("DELETE", path, w.alpha) == 200
    for again in (path, path + "versions/"):
        assert status_of("GET", again, w.alpha) == 404
    assert status_of("DELETE", path, w.alpha) == 404
    assert gone["id"] not in [each["id"] for each in w.taxii("GET", ROOT + "collections/deep/manifest/", w.alpha)[2]["objects"]]
    w.add("deep", w.alpha, gone)  # and may come again, behind everything else
    assert w.ids("deep", w.alpha)[-1] == gone["id"]


def test_our_own_item_routes():
    w = world()
    item = indicator(name="Searched", pattern="[domain-name:value = 'Bad.Example.org']", labels=["phishing"])
    bundle = {"type": "bundle", "id": "bundle--%s" % uuid.uuid4(), "objects": [item]}
    status, _, data = w.request("POST", "/v1/items", w.alpha, json.dumps(bundle).encode(), {"Content-Type": "application/json"})
    assert status == 202 and json.loads(data)["status"] == "complete", data
    sighting = {"type": "sighting", "spec_version": "2.1", "id": "sighting--%s" % uuid.uuid4(), "created": item["created"],
                "modified": item["modified"], "sighting_of_ref": item["id"], "count": 3}
    w.add("deep", w.alpha, sighting)
    for query in ({"value": "bad.example.org"}, {"text": "searched"}, {"label": "phishing", "type": "indicator"}):
        found = w.done("GET", "/v1/items?" + urllib.parse.urlencode(query), token=w.alpha)["items"]
        assert item["id"] in [each["id"] for each in found], query
        assert not w.done("GET", "/v1/items?" + urllib.parse.urlencode(query), token=w.gamma)["items"]
    path = "/v1/items/" + item["id"]
    assert w.done("GET", path, token=w.alpha)["sightings"] == 3
    assert [each["id"] for each in w.done("GET", path + "/relations", token=w.alpha)["items"]] == [sighting["id"]]
    before = w.done("GET", path, token=w.alpha)["object"]
    assert before == item
    changes = {"name": "Another", "description": "What it is", "confidence": 55, "revoked": True, "labels": ["x", "y"],
               "pattern": "[ipv4-addr:value = '198.51.100.7']", "valid_until": "2027-01-01T00:00:00Z", "language": "ja"}
    stix = {"language": "lang"}
    for name, value in changes.items():
        after = w.done("PATCH", path, {name: value}, token=w.alpha)["object"]
        differs = {each for each in set(before) | set(after) if before.get(each) != after.get(each)}
        assert differs == {"modified", stix.get(name, name)} and after[stix.get(name, name)] in (value, "2027-01-01T00:00:00.000Z"), (name, before, after)
        assert after["modified"] > before["modified"]
        before = after
    assert len(w.done("GET", path + "/versions", token=w.alpha)["versions"]) == len(changes) + 1
    assert w.json("PATCH", path, w.gamma, {"name": "x"})[0] == 404 and w.json("GET", path, w.gamma)[0] == 404
    w.done("DELETE", path, token=w.alpha)
    assert w.json("GET", path, w.alpha)[0] == 404


def test_the_script_of_the_manual_sets_an_exchange_up():
    w = world()
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/taxii-setup.sh")
    done = subprocess.run([script, w.address, w.admin], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr + done.stdout
    (name, password, token), (_, _, other) = (line.split() for line in done.stdout.splitlines())
    thing = indicator()
    w.add("exchange-test", (name, password), thing)
    assert w.objects("exchange-test", token)["objects"] == w.objects("exchange-test", other)["objects"] == [thing]


def test_zz_end():
    if WORLD:
        said = WORLD.said()
        assert WORLD.stop() == 0 and '"level":"error"' not in said, said[-2000:]


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
