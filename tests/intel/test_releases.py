#!/usr/bin/env python3
"""Releases by who owns an item and by who only keeps a community it was released to: who decided, what was taken out and when; why it was refused or
withdrawn, in both languages. Prints TAP."""
import sys
import time
import urllib.parse

from taxii import Exchange, indicator, main

CENTRE = None


def centre():
    """alpha gives to `inner`, which beta keeps; both are in `water`, and gamma, where alpha may not be named"""
    global CENTRE
    if CENTRE is None:
        CENTRE = c = Exchange()
        c.community("inner", {"alpha": "member", "beta": "steward"})
        c.community("wide", {"beta": "member", "gamma": "reader"})
        for alias in ("inner", "wide"):
            c.collection(alias, community=alias)
        row = "/v1/organisations/%d" % c.numbers["alpha"]
        c.done("PATCH", row, {"title_en": "Aoba-Hospital"})
        c.done("POST", row + "/space", {"domain": "aoba-hospital.example"})
        inner = [each["number"] for each in c.done("GET", "/v1/communities")["communities"] if each["name"] == "inner"][0]
        c.done("PATCH", "/v1/naming", {"naming": "within", "circle": inner}, token=c.people["alpha"])
    return CENTRE


def released(c, who, **more):
    made = indicator(**more)
    assert c.add("inner", c.people["alpha"], made)["success_count"] == 1
    return made, c.done("GET", "/v1/items/%s/releases" % made["id"], token=c.people[who])["releases"][0]["release"]


def problem(c, method, path, who, body=None, language=None):
    status, answer = c.json(method, path, c.people[who], body, {"Accept-Language": language} if language else None)
    assert status >= 400, answer
    return answer["title"], answer["detail"]


def test_who_keeps_the_community_releases_what_is_not_its_own_further():
    c = centre()
    began = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() - 60))
    made, first = released(c, "alpha", name="A name", description="Seen at Aoba-Hospital")
    assert c.json("GET", "/v1/items/" + made["id"], c.people["beta"])[0] == 404  # of the item it has the rendering alone
    look = c.done("GET", "/v1/releases/%s/preview?community=wide&tlp=GREEN" % first, token=c.people["beta"])
    assert look["allowed"] and look["removed"] == [{"path": "description", "why": "name"}] and "description" not in look["object"], look
    wide = c.done("POST", "/v1/releases/%s/releases" % first, {"community": "wide", "tlp": "GREEN"}, token=c.people["beta"])["release"]
    got = c.objects("wide", c.people["gamma"], match_id=made["id"])["objects"][0]
    assert got["name"] == "A name" and "description" not in got and got.get("created_by_ref", "") != made.get("created_by_ref", "-")
    for who, named in ((c.tokens["analyst"], "beta-analyst"), (c.people["alpha"], None), (c.people["beta"], None), (c.people["gamma"], None)):
        row = c.done("GET", "/v1/releases/" + wide, token=who)
        assert row["removed"] == look["removed"] and row["taken_out"] == 1 and row["decided"] > began, row
        assert row.get("decided_by") == named, (who, row)  # who at another organisation decided is for the centre
    steps = c.done("GET", "/v1/items/%s/releases" % made["id"], token=c.people["alpha"])["releases"]
    assert [(each["step"], each["release"]) for each in steps] == [(1, first), (2, wide)], steps


def test_who_only_reads_does_not_release_further_and_why_is_told_in_both_languages():
    c = centre()
    made, first = released(c, "alpha")
    wide = c.done("POST", "/v1/releases/%s/releases" % first, {"community": "wide", "tlp": "GREEN"}, token=c.people["beta"])["release"]
    again = ("POST", "/v1/releases/%s/releases" % first, "beta", {"community": "wide", "tlp": "GREEN"})
    assert problem(c, *again) == problem(c, *again, language="en") == (
        "This conflicts with what is already there", "This version was released to this community already.")
    assert problem(c, *again, language="ja")[1] == "この版はすでにこのコミュニティに共有されています。"
    looser = ("POST", "/v1/releases/%s/releases" % first, "beta", {"community": "wide", "tlp": "CLEAR"})
    assert problem(c, *looser)[1] == "Only the item's owner may release it below its TLP."
    assert problem(c, *looser, language="ja, en;q=0.5")[1] == "元のTLPより緩い区分で共有できるのは提供元だけです。"
    for step in ("releases", "withdraw"):  # whoever gives nothing anywhere has nothing to release
        assert problem(c, "POST", "/v1/releases/%s/%s" % (wide, step), "gamma", {"community": "wide"} if step == "releases" else {}, "ja")[1] == "その共有はありません。"


def test_what_the_renderer_refuses_is_told_in_both_languages_with_its_path():
    c = centre()
    made, first = released(c, "alpha", pattern="[domain-name:value = 'www.aoba-hospital.example']")
    asked = ("POST", "/v1/items/%s/releases" % made["id"], "alpha", {"community": "wide", "tlp": "GREEN"})
    c.join("wide", "alpha", "member")
    assert problem(c, *asked)[1] == "pattern: it cannot be told here, and without it the object would be broken."
    assert problem(c, *asked, language="ja")[1] == "pattern: この項目はここには共有できず、除くと情報が成り立たなくなります。"
    path = "/items/%s/release?%s" % (urllib.parse.quote(made["id"]), urllib.parse.urlencode({"community": "wide", "tlp": "GREEN"}))
    for language, words in (("en", "it cannot be told here"), ("ja", "除くと情報が成り立たなくなります")):
        status, _, page = c.request("GET", path, c.people["alpha"], headers={"Accept": "text/html", "Accept-Language": language})
        assert status == 200 and words in page.decode(), (status, page.decode())


def test_a_withdrawal_says_why_to_who_knows_of_it():
    c = centre()
    made, first = released(c, "alpha", name="wrong")
    c.done("POST", "/v1/releases/%s/withdraw" % first, {"reason": "It was a test of <ours>."}, token=c.people["beta"])
    for who in (c.people["alpha"], c.tokens["analyst"]):
        row = c.done("GET", "/v1/releases/" + first, token=who)
        assert row["withdrawn"] and row["withdrawn_reason"] == "It was a test of <ours>." and not row.get("object"), row
        assert c.done("GET", "/v1/items/%s/releases" % made["id"], token=who)["releases"][0]["withdrawn_reason"] == "It was a test of <ours>."
    status, _, page = c.request("GET", "/shared/" + first, c.people["alpha"], headers={"Accept": "text/html", "Accept-Language": "ja"})
    assert status == 200 and "It was a test of &lt;ours&gt;." in page.decode(), page.decode()
    assert c.json("GET", "/v1/releases/" + first, c.people["beta"])[0] == 404  # it read it, and reads it no more
    assert problem(c, "POST", "/v1/releases/%s/withdraw" % first, "alpha", {}, "ja")[1] == "この共有はすでに取り下げられています。"
    status, log = c.json("GET", "/v1/log?limit=100", c.tokens["auditor"])
    assert any(line["what"] == "release.withdraw" and line["detail"] == "It was a test of <ours>." for line in log["lines"]), log


def rows(c, path, who, name):
    """all of a list, by small pages"""
    got, after = [], ""
    while True:
        answer = c.done("GET", path + ("&after=" + after if after else ""), token=who)
        got += answer[name]
        after = answer.get("next", "")
        if not after:
            return got


def test_lists_are_filtered_by_community_kind_and_validity():
    c = centre()
    alpha, beta = c.people["alpha"], c.people["beta"]
    c.community("filters", {"alpha": "member", "beta": "reader"})
    c.collection("filters", community="filters")
    plain, over, early = indicator(), indicator(valid_until="2026-02-01T00:00:00.5Z"), indicator(valid_from="2999-01-01T00:00:00Z")
    gone, later = indicator(revoked=True), indicator(valid_until="2999-01-01T00:00:00Z")
    report = {"type": "report", "spec_version": "2.1", "id": "report--" + plain["id"][11:], "created": "2026-01-01T00:00:00Z",
              "modified": "2026-01-01T00:00:00Z", "name": "r", "published": "2026-01-01T00:00:00Z", "object_refs": [plain["id"]], "report_types": ["malware"]}
    given = [plain, over, early, gone, later, report]
    assert c.add("filters", alpha, *given)["success_count"] == len(given)
    wanted = {"": given, "&type=report": [report], "&type=indicator": given[:5], "&holds=now": [plain, later], "&holds=over": [over, early, gone],
              "&type=report&holds=now": [], "&text=no+such": []}
    for asked, these in wanted.items():
        for limit in (1, 2, 50):
            got = rows(c, "/v1/releases?community=filters&limit=%d%s" % (limit, asked), beta, "releases")
            assert [each["shown_id"] for each in got] == [each["id"] for each in reversed(these)], (asked, limit, got)
        status, _, page = c.request("GET", "/shared?community=filters" + asked, beta, headers={"Accept": "text/html", "Accept-Language": "en"})
        assert status == 200 and page.decode().count("data-row") == len(these), (asked, page.decode())
    other = indicator()
    c.add("inner", alpha, other)
    for who in (alpha, c.tokens["analyst"]):
        for limit in (2, 50):
            got = rows(c, "/v1/items?community=filters&limit=%d" % limit, who, "items")
            assert {each["id"] for each in got} == {each["id"] for each in given} and len(got) == len(given), got
        status, _, page = c.request("GET", "/items?community=filters", who, headers={"Accept": "text/html", "Accept-Language": "en"})
        assert status == 200 and other["id"] not in page.decode() and report["id"] in page.decode()
    for path in ("/v1/items", "/items"):  # one that it is no member of is none
        assert c.request("GET", path + "?community=filters", c.people["gamma"])[0] == c.request("GET", path + "?community=none", c.people["gamma"])[0] == 404


def test_one_query_asks_all_givers_of_a_sector():
    c = centre()
    sectors = {"alpha": "water", "beta": "power"}
    given = {}
    for name, sector in sectors.items():
        c.done("PATCH", "/v1/organisations/%d" % c.numbers[name], {"sector": sector})
        given[name] = indicator(pattern="[domain-name:value = 'of-a-sector.example']")
        assert c.add("inner", c.people[name], given[name])["success_count"] == 1
    path = "/v1/items?value=of-a-sector.example&limit=1&sector="
    both = rows(c, path, c.tokens["analyst"], "items")
    assert {each["id"] for each in both} == {each["id"] for each in given.values()}
    for name, sector in sectors.items():
        for who in (c.tokens["analyst"], c.people[name]):
            assert [each["id"] for each in rows(c, path + sector, who, "items")] == [given[name]["id"]], (name, who)
        other = sectors["beta" if name == "alpha" else "alpha"]
        assert rows(c, path + other, c.people[name], "items") == []  # nobody else's
        status, _, page = c.request("GET", "/items?value=of-a-sector.example&sector=" + sector, c.tokens["analyst"], headers={"Accept": "text/html"})
        assert status == 200 and page.decode().count("data-row") == 1
    assert rows(c, path + "wat", c.tokens["analyst"], "items") == []


def test_zz_end():
    wrong = [line for line in centre().said().splitlines() if '"level":"error"' in line]
    assert centre().stop() == 0 and not wrong, wrong


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
