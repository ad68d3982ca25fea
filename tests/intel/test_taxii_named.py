#!/usr/bin/env python3
"""alpha says "never name me outside this circle". What it pushes by TAXII, and what others push about it, is read by beta: within the circle
whole, outside it without a fact of alpha's, in no writing, by no resource; what cannot be told without them is refused in the status, and
kept by nobody. What is withdrawn is gone everywhere. All of it after a kill, too. Prints TAP."""
import base64
import glob
import json
import os
import signal
import sqlite3
import sys
import uuid

from taxii import MEDIA, ROOT, Exchange, indicator, main, wait_for

WHO = "identity--%s" % uuid.uuid4()
SECRETS = ("aoba-hospital.example", "AOBA-Hospital", "青葉病院", "203.0.113.77", "2001:db8:aa::7", "taro@aoba-mail.example", "fw-aoba-01", WHO)
OTHERS = "[domain-name:value = 'evil.example']"
CENTRE = None


def centre():
    global CENTRE
    if CENTRE is None:
        CENTRE = c = Exchange()
        c.community("inner", {"alpha": "member", "beta": "reader"})
        c.community("apart", {"alpha": "member", "beta": "member"}, centre=False)
        for alias in ("water", "inner", "apart"):
            c.collection(alias, community=alias, tlp="AMBER")
        row = "/v1/organisations/%d" % c.numbers["alpha"]
        c.done("PATCH", row, {"title_en": "Aoba-Hospital", "title_ja": "青葉病院", "contact1_mail": "taro@aoba-mail.example"})
        for space in ({"domain": "aoba-hospital.example"}, {"prefix": "203.0.113.0/24"}, {"prefix": "2001:db8:aa::/48"}):
            c.done("POST", row + "/space", space)
        c.done("POST", row + "/sensors", {"name": "fw-aoba-01"})
        circle = [each["number"] for each in c.done("GET", "/v1/communities")["communities"] if each["name"] == "inner"][0]
        c.done("PATCH", "/v1/naming", {"naming": "within", "circle": circle}, token=c.people["alpha"])
    return CENTRE


def told(c, alias, who):
    """everything that somebody is told of a collection, as one text"""
    base, texts = ROOT + "collections/%s/" % alias, []
    for path in ("", "manifest/", "objects/"):
        _, headers, answer = c.taxii("GET", base + path, who, **({"match_version": "all"} if path else {}))
        texts += [str(sorted(headers.items())), json.dumps(answer, ensure_ascii=False)]
        for each in answer.get("objects", []) if path == "objects/" else []:
            texts += [json.dumps(c.taxii("GET", base + "objects/%s/%s" % (each["id"], end), who)[2], ensure_ascii=False) for end in ("", "versions/")]
    return "\n".join(texts)


def names_nobody(text):
    for secret in SECRETS + ("aoba", "青葉"):
        assert secret.lower() not in text.lower(), (secret, text)
        for shift in range(3):
            inside = base64.b64encode(b" " * shift + secret.encode())[4 if shift else 0:-4].decode()
            assert len(inside) < 6 or inside not in text, (secret, text)


def pushed(**more):
    """objects that tell of alpha wherever they can, and what is left of them"""
    return [
        indicator(pattern=OTHERS, created_by_ref=WHO, description="Seen at mail.aoba-hospital[.]example by 青葉病院", name="A name",
                  external_references=[{"source_name": "Ours", "url": "https://www.aoba-hospital.example/x"}, {"source_name": "Others", "url": "https://others.example/"}],
                  x_header=base64.b64encode(b"Received: from fw-aoba-01 ([203.0.113.77])").decode(), x_kept={"deep": ["one", "AOBA-Hospital", WHO]}, **more),
        {"type": "file", "spec_version": "2.1", "id": "file--%s" % uuid.uuid4(), "name": "invoice for taro@aoba-mail.example.pdf", "size": 17},
        {"type": "email-message", "spec_version": "2.1", "id": "email-message--%s" % uuid.uuid4(), "is_multipart": False, "subject": "Hello",
         "additional_header_fields": {"X-Seen-By": "2001:db8:aa::7", "X-Mailer": "mail"}},
    ]


def test_inside_the_circle_all_is_told_and_outside_nothing_of_it():
    c = centre()
    alpha, beta = c.people["alpha"], c.people["beta"]
    inner, outer = pushed(), pushed()
    assert c.add("inner", alpha, *inner)["success_count"] == len(inner)
    assert c.objects("inner", beta)["objects"] == inner, c.objects("inner", beta)["objects"]
    assert c.add("water", alpha, *outer)["success_count"] == len(outer)
    names_nobody(told(c, "water", beta))
    shown = {each["type"]: each for each in c.objects("water", beta)["objects"]}
    one = shown["indicator"]
    assert (one["pattern"], one["name"], one["id"]) == (OTHERS, "A name", outer[0]["id"]) and "description" not in one and "x_header" not in one
    assert one["external_references"] == [{"source_name": "Ours"}, {"source_name": "Others", "url": "https://others.example/"}], one
    assert one["x_kept"] == {"deep": ["one"]} and one["created_by_ref"].startswith("identity--") and one["created_by_ref"] != WHO
    assert shown["file"]["size"] == 17 and "name" not in shown["file"]
    assert shown["email-message"]["additional_header_fields"] == {"X-Mailer": "mail"}


def test_what_cannot_be_told_without_it_is_refused_and_kept_by_nobody():
    c = centre()
    alpha = c.people["alpha"]
    bad = [indicator(pattern="[domain-name:value = 'www.aoba-hospital.example']"), indicator(pattern="[ipv4-addr:value = '203.0.113.9']"),
           {"type": "identity", "spec_version": "2.1", "id": WHO, "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z", "name": "Aoba-Hospital"},
           {"type": "relationship", "spec_version": "2.1", "id": "relationship--%s" % uuid.uuid4(), "created": "2026-01-01T00:00:00Z",
            "modified": "2026-01-01T00:00:00Z", "relationship_type": "targets", "source_ref": "malware--%s" % uuid.uuid4(), "target_ref": WHO}]
    for alias in ("water", "apart"):  # of `apart` the centre learns nothing, whatever becomes of it
        made = c.add(alias, alpha, *bad, indicator(name="good"))
        assert (made["success_count"], made["failure_count"]) == (1, 4), made
        assert [each["id"] for each in made["failures"]] == [each["id"] for each in bad]
        for each in made["failures"]:
            names_nobody(each["message"])
        assert "pattern" in made["failures"][0]["message"], made
        analyst = [each["id"] for each in c.done("GET", "/v1/items?limit=500", token=c.tokens["analyst"])["items"]]
        assert analyst and not any(each["id"] in analyst for each in bad)
    apart = c.ids("apart", alpha)[0]
    assert apart not in analyst and c.json("GET", "/v1/items/" + apart, c.tokens["analyst"])[0] == 404


def test_others_do_not_name_it_there_either():
    c = centre()
    c.community("wide", {"alpha": "reader", "beta": "member", "gamma": "member"})
    c.collection("wide", community="wide", tlp="AMBER")
    c.add("wide", c.people["beta"], *pushed())
    names_nobody(told(c, "wide", c.people["gamma"]))
    assert len(c.ids("wide", c.people["gamma"])) == 3


def test_an_id_made_from_contents_is_another_and_still_meets_its_references():
    c = centre()
    alpha, beta = c.people["alpha"], c.people["beta"]
    made = "ipv4-addr--%s" % uuid.uuid5(uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7"), '{"value":"192.0.2.3"}')
    note = {"type": "note", "spec_version": "2.1", "id": "note--%s" % uuid.uuid4(), "created": "2026-01-01T00:00:00Z", "modified": "2026-01-01T00:00:00Z",
            "content": "x", "object_refs": [made]}
    c.add("water", alpha, {"type": "ipv4-addr", "spec_version": "2.1", "id": made, "value": "192.0.2.3"}, note)
    found = {each["type"]: each for each in c.objects("water", beta, match_type="ipv4-addr,note")["objects"]}
    other = found["ipv4-addr"]["id"]
    assert other != made and found["note"]["object_refs"] == [other] and made not in told(c, "water", beta)
    assert c.ids("water", beta, match_id=other) == [other] and c.ids("water", beta, match_id=made) == []
    assert c.taxii("GET", ROOT + "collections/water/objects/%s/" % made, beta)[0] == 404
    # The same after a restart: the key is the store's.
    again = dict(note, id="note--%s" % uuid.uuid4())
    kill_keeper(c)
    wait_for(lambda: c.request("GET", "/v1/health")[0] == 200, 60, "the centre")
    wait_for(lambda: c.taxii("GET", ROOT, alpha)[0] == 200, 60, "the keeper")
    c.add("water", alpha, again)
    assert c.objects("water", beta, match_id=again["id"])["objects"][0]["object_refs"] == [other]
    assert c.taxii("DELETE", ROOT + "collections/water/objects/%s/" % other, alpha)[0] == 200


def kill_keeper(c):
    pid = c.children()["keeper"]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: c.children().get("keeper") not in (None, pid), 60, "the keeper")


def state(c):
    return sqlite3.connect(glob.glob(c.folder + "/**/noroshi.db", recursive=True)[0], timeout=30)


def test_what_is_withdrawn_is_gone_everywhere_and_the_row_says_when():
    c = centre()
    alpha, beta = c.people["alpha"], c.people["beta"]
    old = indicator(name="first")
    new, other = dict(old, name="second", modified="2026-01-02T00:00:00.000Z"), indicator(name="x")
    c.add("water", alpha, old, new, other)
    one = ROOT + "collections/water/objects/%s/" % old["id"]
    assert [each["name"] for each in c.taxii("GET", one, beta)[2]["objects"]] == ["second"]
    assert c.taxii("DELETE", one + "?match%5Bversion%5D=last", alpha)[0] == 200  # what was released before it is shown again
    assert [each["name"] for each in c.taxii("GET", one, beta)[2]["objects"]] == ["first"]
    assert c.taxii("DELETE", one, alpha)[0] == 200
    c.done("DELETE", "/v1/items/" + other["id"], token=alpha)
    kill_keeper(c)
    wait_for(lambda: c.taxii("GET", ROOT, beta)[0] == 200, 60, "the keeper")
    for gone in (old["id"], other["id"]):
        assert c.taxii("GET", ROOT + "collections/water/objects/%s/" % gone, beta)[0] == 404
        assert gone not in told(c, "water", beta)
    with state(c) as database:
        rows = database.execute("SELECT withdrawn > 0, length(rendering) FROM release WHERE object IN (?, ?)", (old["id"], other["id"])).fetchall()
        assert rows == [(1, 0)] * 3, rows
        assert not database.execute("SELECT 1 FROM sqlite_schema WHERE name LIKE 'entry%'").fetchall()
    # Given once more it is there once more, behind everything that was.
    assert c.add("water", alpha, old)["success_count"] == 1 and c.ids("water", beta)[-1] == old["id"]


def test_what_a_version_before_had_put_there_unread_is_rendered_at_the_start():
    c = centre()
    alpha, beta = c.people["alpha"], c.people["beta"]
    plain = [indicator(name="plain"), indicator(name="refused")]
    c.add("water", alpha, *plain)
    raw = [dict(plain[0], description="at 203.0.113.77"), dict(plain[1], pattern="[domain-name:value = 'aoba-hospital.example']")]
    with state(c) as database:
        for each in raw:
            database.execute("UPDATE release SET rendering = ? WHERE object = ?", (json.dumps(each).encode(), each["id"]))
        database.execute("INSERT OR REPLACE INTO value VALUES ('exchange.unrendered', ?)", (b"0",))
    assert "203.0.113.77" in told(c, "water", beta)
    kill_keeper(c)
    wait_for(lambda: c.taxii("GET", ROOT, beta)[0] == 200, 60, "the keeper")
    names_nobody(told(c, "water", beta))
    assert c.ids("water", beta, match_id=plain[0]["id"]) == [plain[0]["id"]] and c.ids("water", beta, match_id=plain[1]["id"]) == []


def test_whoever_leaves_gives_nothing_more():
    c = centre()
    c.done("DELETE", c.membership("apart", "beta"))
    assert c.taxii("POST", ROOT + "collections/apart/objects/", c.people["beta"], {"objects": [indicator()]})[0] == 404
    assert c.taxii("GET", ROOT + "collections/apart/objects/", c.people["beta"])[0] == 404


def test_zz_end():
    # The keeper tells whoever runs the centre that a sensor was not heard of yet, by its name: that is no word of the exchange.
    said = [line for line in centre().said().splitlines() if '"what":"trouble of a sensor begins"' not in line]
    for secret in SECRETS[:1] + SECRETS[3:]:
        assert not [line for line in said if secret in line], secret
    wrong = [line for line in said if '"level":"error"' in line and '"how":"signal 9 (Killed)"' not in line]
    assert centre().stop() == 0 and not wrong, wrong


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
