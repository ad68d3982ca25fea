#!/usr/bin/env python3
"""Who read an item: told to its owner and to analysts, by name only where members know each other and the reader may be named; of others a number, from
three on and as of midnight. Pages of TAXII cost a row, not one for each object. Prints TAP."""
import glob
import os
import signal
import sqlite3
import sys

from taxii import ROOT, Exchange, indicator, main, wait_for

CENTRE = None
READERS = ("delta", "epsilon", "zeta")


def centre():
    """alpha gives; beta reads in `water`; in `veiled`, which hides its members, beta and three more do; gamma is nowhere"""
    global CENTRE
    if CENTRE is None:
        CENTRE = c = Exchange()
        for name in READERS:
            c.numbers[name] = c.done("POST", "/v1/organisations", {"name": name, "title_en": "Title of " + name})["number"]
            c.people[name] = c.person(name + "-analyst", "member", organisation=c.numbers[name])
        c.community("veiled", dict({"alpha": "member", "beta": "reader"}, **{name: "reader" for name in READERS}), hidden=True)
        c.community("apart", {"alpha": "member", "beta": "reader"}, centre=False)
        for alias in ("water", "veiled", "apart"):
            c.collection(alias, community=alias)
    return CENTRE


def state(c):
    return sqlite3.connect(glob.glob(c.folder + "/**/noroshi.db", recursive=True)[0], timeout=30)


def kill_keeper(c):
    pid = c.children()["keeper"]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: c.children().get("keeper") not in (None, pid), 60, "the keeper")
    wait_for(lambda: c.taxii("GET", ROOT, c.people["alpha"])[0] == 200, 60, "the keeper")


def readers(c, item, who="alpha"):
    return c.done("GET", "/v1/items/%s/readers" % item["id"], token=c.people.get(who, c.tokens.get(who)))


def when_read(c, item, enough, who="alpha"):
    """reads are written about once a second"""
    return wait_for(lambda: (lambda told: told if enough(told) else None)(readers(c, item, who)), 60, "the reads")


def row(told, reader):
    return next((each for each in told["readers"] if each["reader"] == reader), {})


def test_pages_and_single_reads_are_told_to_the_owner_and_to_analysts():
    c = centre()
    alpha, beta, number = c.people["alpha"], c.people["beta"], c.numbers["beta"]
    first, second = indicator(), indicator()
    assert c.add("water", alpha, first, second)["success_count"] == 2
    assert readers(c, first) == {"readers": []}
    assert len(c.ids("water", beta)) == 2
    c.ids("water", alpha)  # its own: no reading
    release = c.done("GET", "/v1/items/%s/releases" % first["id"], token=alpha)["releases"][0]["release"]
    for _ in range(2):
        c.done("GET", "/v1/releases/" + release, token=beta)
    c.done("GET", "/v1/releases/" + release, token=alpha)
    status, _, _ = c.request("GET", "/shared/" + release, beta, headers={"Accept": "text/html"})
    assert status == 200
    c.taxii("GET", ROOT + "collections/water/objects/%s/" % second["id"], beta)
    told = when_read(c, first, lambda told: row(told, number).get("opened", {}).get("count") == 3)
    assert set(told) == {"readers"} and len(told["readers"]) == 1 and row(told, number)["delivered"]["count"] == 1, told
    assert row(told, number)["opened"]["first"] <= row(told, number)["opened"]["last"] and row(told, number)["delivered"]["first"].endswith("T00:00:00Z"), told
    told = when_read(c, second, lambda told: row(told, number).get("delivered", {}).get("count") == 2)
    assert "opened" not in row(told, number), told
    assert readers(c, second, "analyst") == told
    for who in ("beta", "gamma"):
        assert c.json("GET", "/v1/items/%s/readers" % first["id"], c.people[who])[0] == 404
    status, _, page = c.request("GET", "/items/" + first["id"], alpha, headers={"Accept": "text/html", "Accept-Language": "en"})
    assert status == 200 and "opened: 3" in page.decode() and "fetched by TAXII: 1" in page.decode(), page.decode()


def test_a_thousand_objects_are_one_row_that_a_kill_leaves():
    c = centre()
    alpha, beta, number = c.people["alpha"], c.people["beta"], c.numbers["beta"]
    many = [indicator() for _ in range(1000)]
    assert c.add("water", alpha, *many)["success_count"] == 1000
    with state(c) as database:
        before = database.execute("SELECT (SELECT count(*) FROM release_reading), (SELECT count(*) FROM collection_reading)").fetchone()
    page, fetched = c.objects("water", beta, limit=300), 0
    while page:
        fetched += len(page["objects"])
        page = c.objects("water", beta, limit=300, next=page["next"]) if page.get("more") else None
    assert fetched == 1002
    for item in (many[0], many[500], many[-1]):
        assert row(when_read(c, item, lambda told: told["readers"]), number)["delivered"]["count"] == 1
    with state(c) as database:
        after = database.execute("SELECT (SELECT count(*) FROM release_reading), (SELECT count(*) FROM collection_reading)").fetchone()
    assert after[0] == before[0] and after[1] - before[1] <= 2, (before, after)
    told = readers(c, many[700])
    kill_keeper(c)
    assert readers(c, many[700]) == told


def test_members_of_a_hidden_community_are_a_number_from_three_on_as_of_midnight():
    c = centre()
    alpha, item = c.people["alpha"], indicator()
    assert c.add("veiled", alpha, item)["success_count"] == 1
    for name in ("beta",) + READERS[:1]:
        assert len(c.ids("veiled", c.people[name])) == 1
    numbers = lambda told: {each["reader"] for each in told["readers"]}
    everyone = {c.numbers["beta"], c.numbers["delta"]}
    when_read(c, item, lambda told: numbers(told) == everyone, "analyst")
    assert readers(c, item) == {"readers": []}  # not even beta, whom alpha knows from another community

    def to_yesterday():
        with state(c) as database:
            database.execute("UPDATE collection_reading SET first = first - 86400000000000")
    to_yesterday()
    assert readers(c, item) == {"readers": []}  # two
    for name in READERS[1:]:
        assert len(c.ids("veiled", c.people[name])) == 1
    when_read(c, item, lambda told: len(numbers(told)) == 4, "analyst")
    assert readers(c, item) == {"readers": []}  # four, of whom two came today
    to_yesterday()
    assert readers(c, item) == {"readers": [], "others": 4}
    _, _, page = c.request("GET", "/items/" + item["id"], alpha, headers={"Accept": "text/html", "Accept-Language": "en"})
    assert "as of midnight (UTC): 4" in page.decode() and "Title of" not in page.decode().split("h-readers")[1].split("</section>")[0]


def test_who_may_not_be_named_is_not_and_what_the_centre_is_kept_out_of_stays_so():
    c = centre()
    alpha, beta, item = c.people["alpha"], c.people["beta"], indicator()
    assert c.add("water", alpha, item)["success_count"] == 1 and c.add("apart", alpha, item)["success_count"] == 1
    for alias in ("water", "apart"):
        assert c.ids(alias, beta, match_id=item["id"])
    both = when_read(c, item, lambda told: len(told["readers"]) == 2)
    assert {each["community"] for each in both["readers"]} == {c.communities["water"], c.communities["apart"]}, both
    assert {each["community"] for each in readers(c, item, "analyst")["readers"]} == {c.communities["water"]}
    c.done("PATCH", "/v1/naming", {"naming": "nowhere"}, token=beta)
    assert readers(c, item) == {"readers": []}


def test_hand_overs_are_counted_by_organisation_month_and_direction():
    c = centre()
    for name in ("giver", "taker"):
        c.numbers[name] = c.done("POST", "/v1/organisations", {"name": name, "title_en": "Title of " + name})["number"]
        c.people[name] = c.person(name + "-analyst", "member", organisation=c.numbers[name])
    for alias, centre_reads in (("seen", True), ("unseen", False)):
        c.community(alias, {"giver": "member", "taker": "reader"}, centre=centre_reads)
        c.collection(alias, community=alias)
    good = [indicator() for _ in range(3)]
    bad = indicator(object_marking_refs=["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"])  # TLP:RED
    malware = {"type": "malware", "spec_version": "2.1", "id": indicator()["id"].replace("indicator", "malware"), "created": "2026-01-01T00:00:00.000Z",
               "modified": "2026-01-01T00:00:00.000Z", "name": "m", "is_family": False}
    status = c.add("seen", c.people["giver"], malware, bad, *good)
    assert (status["success_count"], status["failure_count"]) == (4, 1), status
    assert c.add("unseen", c.people["giver"], indicator())["success_count"] == 1  # where the centre is kept out
    for alias in ("seen", "unseen"):
        c.ids(alias, c.people["taker"])
    release = c.done("GET", "/v1/items/%s/releases" % good[0]["id"], token=c.people["giver"])["releases"][0]["release"]
    c.done("GET", "/v1/releases/" + release, token=c.people["taker"])
    c.done("POST", "/v1/communities/%d/sightings" % c.communities["seen"], {"type": "domain", "value": "met.example", "count": 5}, token=c.people["giver"])
    none = dict.fromkeys(("given", "refused", "released", "indicators", "sighted", "delivered", "opened", "sent", "not_taken"), 0)
    wanted = {"giver": dict(none, given=4, refused=1, released=4, indicators=3, sighted=5), "taker": dict(none, delivered=4, opened=1)}

    def told(who, query=""):
        answer = c.done("GET", "/v1/handovers" + query, token=who)
        return {each["partner"]: {name: each[name] for name in none} for each in answer["handovers"]}, answer
    admin = c.tokens["administrator"]
    wait_for(lambda: told(admin)[0].get(c.numbers["taker"]) == wanted["taker"], 60, "what was fetched")
    for name in wanted:
        counts, answer = told(admin, "?organisation=%d" % c.numbers[name])
        assert counts == {c.numbers[name]: wanted[name]}, (name, counts)
        assert sum(each["given"] for each in answer["months"]) == wanted[name]["given"] and answer["months"][0]["month"].startswith("%d-" % answer["year"])
        assert told(c.people[name])[0] == counts  # a member: its own alone
        assert told(c.people[name], "?organisation=%d" % c.numbers["alpha"])[0] == {}
    assert told(admin, "?year=2001")[0] == {}
    for path in ("/v1/handovers", "/handovers"):
        status, headers, data = c.request("GET", path + "?format=csv&organisation=%d" % c.numbers["giver"], admin)
        lines = data.decode().split("\r\n")
        assert status == 200 and headers["Content-Type"].startswith("text/csv") and len(lines) == 3, lines
        assert lines[1].split(",")[1:] == [str(c.numbers["giver"]), "giver", "4", "1", "4", "3", "5", "0", "0", "0", "0"], lines
    status, _, page = c.request("GET", "/handovers", admin, headers={"Accept": "text/html", "Accept-Language": "en"})
    assert status == 200 and "Title of giver" in page.decode()
    status, _, page = c.request("GET", "/handovers", c.people["taker"], headers={"Accept": "text/html", "Accept-Language": "en"})
    assert status == 200 and "Title of taker" in page.decode() and "Title of giver" not in page.decode()
    kill_keeper(c)
    assert told(admin, "?organisation=%d" % c.numbers["giver"])[0] == {c.numbers["giver"]: wanted["giver"]}


def test_zz_end():
    wrong = [line for line in centre().said().splitlines() if '"level":"error"' in line and "signal" not in line]
    assert centre().stop() == 0 and not wrong, wrong


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
