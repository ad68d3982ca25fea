#!/usr/bin/env python3
"""A relationship or a sighting is in a collection only for who sees the objects that it joins: by no resource, filter, header or page is it told that
there is another one. Ends from outside hide nothing, whoever gives an object of that id; ends that come later bring what waited for them, behind
what was read already. Prints TAP."""
import json
import random
import sys
import uuid

from taxii import ROOT, Exchange, indicator, main

CENTRE = None


def centre():
    """alpha gives to `water`, which beta reads, and to `inner`, which delta reads too; gamma has a circle of its own"""
    global CENTRE
    if CENTRE is None:
        CENTRE = c = Exchange()
        c.join("water", "gamma", "member")
        c.community("inner", {"alpha": "member", "gamma": "reader"})
        c.community("apart", {"gamma": "member"}, centre=False)
        for alias in ("water", "inner", "apart"):
            c.collection(alias, community=alias)
    return CENTRE


def relation(source, target, kind="relationship"):
    made = indicator(type=kind, id="%s--%s" % (kind, uuid.uuid4()))
    for name in ("pattern", "pattern_type", "valid_from"):
        del made[name]
    made.update({"sighting_of_ref": target} if kind == "sighting" else {"relationship_type": "indicates", "source_ref": source, "target_ref": target})
    return made


def give(c, alias, who, *objects):
    made = c.add(alias, who, *objects)
    assert made["success_count"] == len(objects), made


def last_added(c, alias, who):
    return c.taxii("GET", ROOT + "collections/%s/manifest/" % alias, who)[1]["X-TAXII-Date-Added-Last"]


def sees(c, alias, who, each):
    """whether the object is there, by every resource alike"""
    base = ROOT + "collections/%s/" % alias
    one, versions = ("objects/%s/" % each["id"], "objects/%s/versions/" % each["id"])
    answers = {each["id"] in c.ids(alias, who), each["id"] in c.ids(alias, who, match_id=each["id"]), each["id"] in c.ids(alias, who, match_version="all"),
               each["id"] in c.ids(alias, who, match_type=each["type"]), each["id"] in json.dumps(c.taxii("GET", base + "manifest/", who)[2]),
               c.taxii("GET", base + one, who)[0] == 200, c.taxii("GET", base + versions, who)[0] == 200,
               each["id"] in json.dumps(c.json("GET", "/v1/releases?limit=500", who)[1]),
               each["id"] in c.request("GET", "/v1/releases?limit=500&type=" + each["type"], who)[2].decode()}
    assert len(answers) == 1, (alias, each, answers)
    return answers.pop()


def test_a_relation_is_there_for_who_sees_both_its_ends():
    c = centre()
    alpha, beta, gamma = (c.people[name] for name in ("alpha", "beta", "gamma"))
    secret, known = indicator(), indicator()
    between, sighted = relation(known["id"], secret["id"]), relation(None, secret["id"], "sighting")
    give(c, "inner", alpha, secret)
    give(c, "water", alpha, known)
    before = last_added(c, "water", beta)
    give(c, "water", alpha, between, sighted)
    for hidden in (between, sighted):
        assert not sees(c, "water", beta, hidden) and sees(c, "water", gamma, hidden) and sees(c, "water", alpha, hidden)
        nothing = relation(known["id"], known["id"])["id"]
        told = [c.taxii("GET", ROOT + "collections/water/objects/%s/" % id, beta) for id in (hidden["id"], nothing)]
        assert told[0][0] == 404 and json.dumps(told[0][2]).replace(hidden["id"], "") == json.dumps(told[1][2]).replace(nothing, "")
    assert last_added(c, "water", beta) == before and "more" not in c.objects("water", beta, limit=1)
    assert c.objects("water", beta, added_after=before) == {}
    # Whoever stops reading the circle, or is no longer told of the end, no longer sees what it is joined to.
    c.done("DELETE", c.membership("inner", "gamma"))
    assert not sees(c, "water", gamma, between)
    c.join("inner", "gamma", "reader")
    assert sees(c, "water", gamma, between)
    assert c.taxii("DELETE", ROOT + "collections/inner/objects/%s/" % secret["id"], alpha)[0] == 200
    assert not sees(c, "water", gamma, between) and sees(c, "water", alpha, between)
    c.done("DELETE", "/v1/items/" + secret["id"], token=alpha)  # nor when there is no such object any more
    assert not sees(c, "water", gamma, between) and not sees(c, "water", beta, between)


def test_what_waited_for_its_end_comes_behind_what_was_read():
    c = centre()
    alpha, beta = c.people["alpha"], c.people["beta"]
    ends, known = [indicator() for _ in range(3)], indicator()
    give(c, "inner", alpha, *ends)
    give(c, "water", alpha, known, *[relation(known["id"], each["id"]) for each in ends])
    read = last_added(c, "water", beta)
    assert c.objects("water", beta, added_after=read) == {}
    for each in ends:
        c.done("POST", "/v1/items/%s/releases" % each["id"], {"community": "water", "tlp": "GREEN"}, token=alpha)
        came = c.objects("water", beta, added_after=read)["objects"]
        assert [one["id"] for one in came][0] == each["id"] and [one.get("target_ref") for one in came][1:] == [each["id"]], came
        read = last_added(c, "water", beta)
    # A new version of an end brings nothing once more.
    give(c, "water", alpha, dict(ends[0], modified="2026-02-02T00:00:00.000Z"))
    assert len(c.objects("water", beta, added_after=read)["objects"]) == 1


def test_ends_from_outside_hide_nothing_whoever_gives_them():
    c = centre()
    alpha, beta, gamma = (c.people[name] for name in ("alpha", "beta", "gamma"))
    known, catalogue = indicator(), ["attack-pattern--%s" % uuid.uuid4() for _ in range(2)]
    outside = indicator(type="attack-pattern", id=catalogue[1], name="x")
    give(c, "apart", gamma, outside)  # before
    both = [relation(known["id"], each) for each in catalogue]
    give(c, "water", alpha, *both, known)  # the relations first
    assert all(sees(c, "water", beta, each) for each in both)
    give(c, "apart", gamma, dict(outside, id=catalogue[0]))  # and after
    assert all(sees(c, "water", beta, each) for each in both)
    # But what alpha gives itself hides what alpha said of it before.
    own = indicator()
    early = relation(known["id"], own["id"])
    give(c, "water", alpha, early)
    assert sees(c, "water", beta, early)
    give(c, "inner", alpha, own)
    assert not sees(c, "water", beta, early) and sees(c, "water", gamma, early)


def test_pages_lose_and_repeat_nothing():
    c = centre()
    alpha, beta, dice = c.people["alpha"], c.people["beta"], random.Random(7)
    shown, hidden = [indicator() for _ in range(6)], [indicator() for _ in range(6)]
    give(c, "inner", alpha, *hidden)
    give(c, "water", alpha, *shown)
    many = [relation(dice.choice(shown)["id"], dice.choice(shown + hidden)["id"]) for _ in range(60)]
    give(c, "water", alpha, *many)
    secret = {each["id"] for each in hidden}
    want = c.ids("water", beta, match_type="indicator") + [each["id"] for each in many if each["target_ref"] not in secret]
    assert sum(each["target_ref"] in secret for each in many) > 10
    for size in (1, 7, 1000):
        got, query = [], {"limit": size, "match_type": "indicator,relationship"}
        while True:
            page = c.objects("water", beta, **query)
            assert page.get("objects"), "an empty page says that there is something"
            got += [each["id"] for each in page["objects"]]
            if not page.get("more"):
                break
            query["next"] = page["next"]
        ours = {each["id"] for each in many} | set(c.ids("water", beta, match_type="indicator"))
        assert [each for each in got if each in ours] == want, size


def test_zz_end():
    wrong = [line for line in centre().said().splitlines() if '"level":"error"' in line]
    assert centre().stop() == 0 and not wrong, wrong


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
