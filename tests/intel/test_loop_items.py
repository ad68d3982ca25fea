#!/usr/bin/env python3
"""Items in the loop, with a real centre: what is added to a collection over TAXII, or imported, is told to the sensors of the community's
members and of nobody else, as far as the release rule lets it; what is revoked, changed, deleted, over, or on ground that becomes a member's
leaves them."""
import datetime
import glob
import http.client
import ipaddress
import json
import os
import random
import sqlite3
import ssl
import tempfile
import threading
import time
import uuid

from lists import FORMATS, everything
from taxii import Exchange, indicator, main, wait_for

CONFIG = 'loop = { rate = 100; waiting = 20; };\n'


class Feed:
    """What a sensor is told: the newest line of each id."""

    def __init__(self, centre, token):
        self.centre, self.token, self.lines, self.ended, self.since, self.epoch = centre, token, {}, False, 0, ""
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        host, port = self.centre.address.split("//")[1].rsplit(":", 1)
        while not self.ended:
            connection = http.client.HTTPSConnection(host, int(port), timeout=5, context=ssl._create_unverified_context()) if "https" in self.centre.address else http.client.HTTPConnection(host, int(port), timeout=5)
            try:
                connection.request("GET", f"/v1/sensor/indicators?since={self.since}&epoch={self.epoch}", headers={"Authorization": "Bearer " + self.token})
                answer = connection.getresponse()
                assert answer.status == 200, answer.read()
                for line in iter(answer.readline, b""):
                    self.take(line)
                    if self.ended:
                        break
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.05)
            finally:
                connection.close()

    def take(self, line):
        if not line.strip():
            return
        line = json.loads(line)
        if "epoch" in line:
            if line["epoch"] != self.epoch:
                self.lines, self.epoch, self.since = {}, line["epoch"], 0
            return
        if line["number"] <= self.since:  # told while it was read
            return
        self.since = line["number"]
        self.lines[line["id"]] = line

    def values(self):
        """{value: action} of what is in force."""
        return {value: line["action"] for line in list(self.lines.values()) if "values" in line for _, value in line["values"]}

    def has(self, value, action="observe"):
        return wait_for(lambda: self.values().get(value) == action, 20, f"{value} to be in force as {action}: {self.values()}")

    def lacks(self, value):
        return wait_for(lambda: value not in self.values(), 20, f"{value} to have left")


class World(Exchange):
    def __init__(self, config=CONFIG):
        super().__init__(config=config)
        self.collection("drops")
        self.give = lambda *objects: self.add("drops", self.people["alpha"], *objects)
        self.feeds = {name: Feed(self, self.tokens[name]) for name in self.numbers}

    def end(self):
        for feed in self.feeds.values():
            feed.ended = True

    def __exit__(self, *more):
        self.end()
        return super().__exit__(*more)

    def settled(self):
        """Everything given before this is told: a marker has come to alpha's and beta's sensors."""
        name = "mark-%s.example" % uuid.uuid4().hex
        self.give(domain(name))
        for who in ("alpha", "beta"):
            self.feeds[who].has(name)


def domain(name, **more):
    return indicator(pattern=f"[domain-name:value = '{name}']", **more)


def test_what_is_added_over_taxii_reaches_the_sensors_of_the_members_and_nobody_else():
    with World() as world:
        world.give(domain("evil.example"), indicator(pattern="[ipv4-addr:value = '203.0.113.9' OR url:value = 'http://x.example/a']"),
                   indicator(pattern="[domain-name:value = 'a.example' AND domain-name:value = 'b.example']"),
                   indicator(pattern="rule x { condition: true }", pattern_type="yara"))
        for who in ("alpha", "beta"):
            world.feeds[who].has("evil.example")
            world.feeds[who].has("203.0.113.9")
        assert not set(world.feeds["beta"].values()) & {"a.example", "b.example"}
        assert world.feeds["gamma"].values() == {}
        world.end()


def test_a_new_version_a_revoked_one_and_a_deleted_one_leave():
    with World() as world:
        feed, first = world.feeds["beta"], domain("one.example")
        second, third = domain("two.example"), domain("three.example")
        world.give(first, second, third)
        feed.has("three.example")
        world.give(dict(first, modified="2026-01-02T00:00:00.000Z", pattern="[domain-name:value = 'other.example']"))
        feed.has("other.example")
        feed.lacks("one.example")
        world.give(dict(second, modified="2026-01-02T00:00:00.000Z", revoked=True))
        feed.lacks("two.example")
        world.give(second)  # the older version once more
        status, _, _ = world.taxii("DELETE", "/taxii2/exchange/collections/drops/objects/%s/" % third["id"], world.people["alpha"])
        assert status == 200, status
        feed.lacks("three.example")
        world.settled()
        assert "two.example" not in feed.values()
        world.end()


def test_versions_that_come_out_of_order_end_at_the_newest():
    with World() as world:
        one = domain("late.example")
        world.give(dict(one, modified="2026-02-01T00:00:00.000Z", revoked=True), one)
        world.settled()
        assert "late.example" not in world.feeds["beta"].values()
        world.end()


def test_the_owner_changes_and_removes_an_item():
    with World() as world:
        feed, one, two = world.feeds["beta"], domain("mine.example"), domain("gone.example")
        world.give(one, two)
        feed.has("mine.example")
        change = lambda each, **body: world.done("PATCH", "/v1/items/" + each["id"], body, world.people["alpha"])  # noqa: E731
        change(one, action="alert")
        feed.has("mine.example", "alert")
        change(one, action="block")  # nobody else vouches for it
        change(one, pattern="[domain-name:value = 'unreleased.example']")
        feed.lacks("mine.example")
        change(two, false_positive=True)
        feed.lacks("gone.example")
        change(two, false_positive=False)
        world.settled()
        assert not set(feed.values()) & {"unreleased.example"}, feed.values()
        three = domain("third.example")
        world.give(three)
        feed.has("third.example")
        assert world.json("DELETE", "/v1/items/" + three["id"], world.people["alpha"])[0] == 204
        feed.lacks("third.example")
        world.end()


def test_times_are_kept():
    with World() as world:
        now = datetime.datetime.now(datetime.timezone.utc)
        soon = lambda seconds: (now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"  # noqa: E731
        world.give(domain("short.example", valid_until=soon(16)), domain("coming.example", valid_from=soon(15)), domain("over.example", valid_until="2026-01-02T00:00:00Z"))
        world.feeds["beta"].has("short.example")
        assert not set(world.feeds["beta"].values()) & {"coming.example", "over.example"}
        world.feeds["beta"].has("coming.example")
        world.feeds["beta"].lacks("short.example")
        world.end()


def test_beyond_its_rate_a_source_waits_and_beyond_that_it_is_not_taken():
    with World() as world:
        world.give(*[domain(f"flood{i}.example") for i in range(150)])
        wait_for(lambda: len(world.feeds["beta"].values()) == 100, 20, "the first hundred")
        waiting = world.done("GET", "/v1/shared/waiting", None, world.tokens["analyst"])["waiting"]
        assert len(waiting) == 20 and all("rate" in each["reasons"] for each in waiting), waiting
        status, answer = world.json("POST", "/v1/shared/%d/release" % waiting[0]["id"], world.tokens["analyst"])
        assert status == 200 and answer["travels"], answer
        world.feeds["beta"].has(waiting[0]["values"][0][1])
        status, answer = world.json("POST", "/v1/communities/1/indicators", world.people["alpha"], {"type": "domain", "value": "more.example"})
        assert status in (202, 429, 503), (status, answer)
        world.end()


def test_ground_that_becomes_a_members_is_left_at_once():
    with World() as world:
        world.give(domain("www.harbour.example"), indicator(pattern="[ipv4-addr:value = '198.51.100.77']"), domain("elsewhere.example"))
        feed = world.feeds["alpha"]
        feed.has("www.harbour.example")
        feed.has("198.51.100.77")
        for space in ({"domain": "harbour.example"}, {"prefix": "198.51.100.0/24"}):
            world.done("POST", "/v1/organisations/%d/space" % world.numbers["gamma"], space)
        feed.lacks("www.harbour.example")
        feed.lacks("198.51.100.77")
        assert "elsewhere.example" in feed.values()
        waiting = world.done("GET", "/v1/shared/waiting", None, world.tokens["analyst"])["waiting"]
        assert sorted(each["values"][0][1] for each in waiting) == ["198.51.100.77", "www.harbour.example"], waiting
        world.end()


def test_what_an_analyst_withdrew_does_not_come_back_by_itself():
    with World() as world:
        one = domain("held.example")
        world.give(one)
        world.feeds["beta"].has("held.example")
        [number] = [each["id"] for each in world.feeds["beta"].lines.values() if each.get("values") == [["hostname", "held.example"]]]
        assert world.json("DELETE", f"/v1/shared/{number}", world.tokens["analyst"])[0] == 200
        world.feeds["beta"].lacks("held.example")
        world.give(dict(one, modified="2026-03-01T00:00:00.000Z"))
        world.settled()
        assert "held.example" not in world.feeds["beta"].values()
        [waiting] = world.done("GET", "/v1/shared/waiting", None, world.tokens["analyst"])["waiting"]
        assert waiting["reasons"] == ["withdrawn"], waiting
        world.end()


def test_the_switch_takes_everything_of_a_source_items_too():
    with World("loop = { rate = 100000; };\n") as world:
        world.give(*[domain(f"many{i}.example") for i in range(2500)])
        feed = world.feeds["beta"]
        wait_for(lambda: len(feed.values()) == 2500, 60, "all of them")
        late = [Feed(world, world.tokens["beta"])]  # a page that is made for the first
        wait_for(lambda: len(late[0].values()) == 2500, 60, "all of them again")
        assert world.json("DELETE", "/v1/shared/%d" % min(feed.lines), world.people["alpha"])[0] == 200
        late += [Feed(world, world.tokens["beta"]) for _ in range(3)]  # and kept for the others
        for each in late:
            wait_for(lambda: len(each.values()) == 2499, 60, "all but one")  # noqa: B023
            each.ended = True
        assert world.json("POST", "/v1/organisations/%d/shared/stop" % world.numbers["alpha"], world.tokens["analyst"])[0] == 200
        wait_for(lambda: not feed.values(), 60, "none of them")
        world.give(domain("again.example"))
        assert world.json("POST", "/v1/organisations/%d/shared/go" % world.numbers["alpha"], world.tokens["analyst"])[0] == 200
        world.settled()
        assert "again.example" not in feed.values()
        world.end()


def alert(number, kind, value, ids, action="alert", second=0):
    """As `noroshi sensor` writes it."""
    metadata = {"indicator_type": [kind], "indicator": [value], "indicator_action": [action], "field": ["dns.rrname"], "indicator_source": ["exchange"], "indicator_id": [str(each) for each in ids]}
    when = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=second)
    return json.dumps({"timestamp": when.strftime("%Y-%m-%dT%H:%M:%S.%f+0000"), "flow_id": number, "event_type": "alert", "src_ip": "198.51.100.9", "src_port": 1234, "dest_ip": "192.0.2.53", "dest_port": 53,
                       "proto": "UDP", "alert": {"action": "allowed", "gid": 1, "signature_id": 3, "rev": 1, "signature": f"NOROSHI indicator {kind} {value}", "category": "indicator", "severity": 2, "metadata": metadata}}, separators=(",", ":"))


def given(world, who, value, action="alert", status=201):
    made = world.json("POST", "/v1/communities/1/indicators", world.people[who], {"type": "domain", "value": value, "action": action})
    assert made[0] == status, made
    return made[1]


def test_what_sensors_meet_is_counted_and_its_organisation_is_told_once_and_nobody_else():
    with World() as world:
        one, observed = given(world, "alpha", "met.example")["id"], given(world, "alpha", "watched.example", "observe")["id"]
        lines = [alert(i, "domain", "met.example", [one]) for i in range(3)] + [alert(9, "domain", "watched.example", [observed], "observe")]
        lines += [alert(20, "domain", "other.example", [one]), alert(21, "domain", "met.example", [4711])]  # numbers that mean something else
        assert world.post(world.tokens["beta"], lines)[0] == 200
        assert world.post(world.tokens["gamma"], [alert(1, "domain", "met.example", [one])])[0] == 200  # no member
        seen = lambda who, number: world.done("GET", f"/v1/shared/{number}", None, who)["sightings"]  # noqa: E731
        wait_for(lambda: seen(world.people["beta"], one)["count"] == 3 and seen(world.people["beta"], observed)["count"] == 1, 20, "the sightings")
        met = seen(world.people["beta"], one)
        assert met["first"] <= met["last"] and "elsewhere" not in met, met
        assert seen(world.people["alpha"], one) == {"count": 0}, "one other is not told"
        assert seen(world.tokens["analyst"], one)["elsewhere"] == 1
        told = lambda who: [each["subject"] for each in world.done("GET", "/v1/bulletins", None, world.people[who])["bulletins"] if "met in your network" in each["subject"] or "met.example" in each["subject"]]  # noqa: E731
        wait_for(lambda: told("beta"), 20, "the bulletin")
        assert world.post(world.tokens["beta"], [alert(30, "domain", "met.example", [one])])[0] == 200
        wait_for(lambda: seen(world.people["beta"], one)["count"] == 4, 20, "one more")
        assert len(told("beta")) == 1 and not told("alpha") and not told("gamma"), told("beta")
        assert world.json("GET", f"/v1/shared/{one}", world.people["gamma"])[0] == 404
        world.end()


def test_a_first_sighting_makes_it_active_for_the_others():
    with World() as world:
        world.join("water", "beta", "member")
        status, answer = world.json("POST", "/v1/communities/1/sightings", world.people["beta"], {"type": "domain", "value": "seen.example", "count": 4})
        assert status == 201 and answer["action"] == "alert", answer
        world.feeds["alpha"].has("seen.example", "alert")
        assert world.done("GET", "/v1/shared/%d" % answer["id"], None, world.people["beta"])["sightings"]["count"] == 4
        one = domain("looked-for.example")
        world.give(one)
        world.feeds["alpha"].has("looked-for.example", "observe")
        sighting = {"type": "sighting", "spec_version": "2.1", "id": "sighting--%s" % uuid.uuid4(), "created": "2026-01-03T00:00:00.000Z", "modified": "2026-01-03T00:00:00.000Z",
                    "sighting_of_ref": one["id"], "count": 2}
        world.add("drops", world.people["beta"], sighting)
        world.feeds["alpha"].has("looked-for.example", "alert")
        world.add("drops", world.people["beta"], dict(sighting, modified="2026-01-04T00:00:00.000Z", revoked=True))
        wait_for(lambda: [line["action"] for line in world.feeds["alpha"].lines.values() if "looked-for.example" in str(line.get("values"))] == ["observe"], 20, "the sighting to leave")
        world.end()


def test_two_sources_block_what_one_alone_does_not_and_trust_is_the_communitys_word():
    with World() as world:
        world.join("water", "beta", "member")
        world.done("PATCH", "/v1/communities/1/rule", {"alone": "block"}, world.tokens["analyst"])
        assert world.json("PATCH", "/v1/communities/1/rule", world.people["alpha"], {"alone": "block"})[0] == 403
        assert world.json("GET", "/v1/communities/1/rule", world.people["gamma"])[0] == 404
        feed = world.feeds["alpha"]
        given(world, "alpha", "two.example", "block")
        feed.has("two.example", "alert")
        second = given(world, "beta", "two.example", "block")
        assert second["action"] == "block", second
        wait_for(lambda: {line["action"] for line in feed.lines.values() if "two.example" in str(line.get("values"))} == {"block"}, 20, "both block")
        assert world.json("DELETE", "/v1/shared/%d" % second["id"], world.people["beta"])[0] == 200
        feed.has("two.example", "alert")
        number = world.numbers["beta"]
        rule = world.done("PATCH", f"/v1/communities/1/rule/{number}", {"trust": 0}, world.tokens["analyst"])
        assert rule["sources"] == [{"member": number, "trust": 0, "rate": 100}], rule
        refused = given(world, "beta", "untrusted.example", "alert", 202)
        assert refused["reasons"] == ["trust"], refused
        world.join("water", "alpha", "steward")
        rule = world.done("PATCH", "/v1/communities/1/rule", {"alone": "observe", "rate": 7}, world.people["alpha"])
        assert rule["alone"] == "observe" and rule["rate"] == 7 and rule["least"] == 1, rule
        wait_for(lambda: set(feed.values().values()) <= {"observe"}, 20, "what stood to be lowered")
        world.end()


OWN, OWN_NAMES = [ipaddress.ip_network("203.0.113.0/24"), ipaddress.ip_network("2001:db8:aaaa::/48")], ["harbour.lg.jp", "mizu.example"]
LISTED, LISTED_NAMES = [ipaddress.ip_network("9.9.9.9/32"), ipaddress.ip_network("2620:fe::/48")], ["search.example"]


def warninglists(folder):
    os.chmod(folder, 0o755)
    for name, kind, about, entries in (("resolvers", "cidr", "ip-dst", [str(each) for each in LISTED]), ("visited", "hostname", "domain", LISTED_NAMES)):
        with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as file:
            json.dump({"name": name, "description": "", "version": 1, "type": kind, "matching_attributes": [about], "list": entries}, file)
    return folder


def is_ground(value):
    """By what the test knows of addresses and names, not by the program's words."""
    host = value.split("://")[-1].split("/")[0].split("@")[-1]
    host = host[1:].split("]")[0] if host.startswith("[") else host.rsplit(":", 1)[0] if host.count(":") == 1 else host
    try:
        network = ipaddress.ip_network(value if "/" in value and "://" not in value else host, strict=False)
    except ValueError:
        return any(host == each or host.endswith("." + each) or each.endswith("." + host) for each in OWN_NAMES + LISTED_NAMES)
    if network.version == 6 and network.prefixlen >= 96 and network.network_address.ipv4_mapped:
        network = ipaddress.ip_network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return any(network.version == each.version and network.overlaps(each) for each in OWN + LISTED)


def poison(dice):
    """(kind, value) as the poisoner writes it."""
    kind = dice.choice(("address", "domain", "url"))
    own = dice.random() < 0.5
    address = dice.choice((f"203.0.113.{dice.randrange(256)}", f"203.0.{dice.choice((112, 113))}.0/{dice.randrange(16, 32)}", f"2001:db8:aaaa:{dice.randrange(65536):x}::1", "9.9.9.9", "2620:fe::9",
                           f"::ffff:203.0.113.{dice.randrange(256)}")) if own else f"45.{dice.randrange(4)}.{dice.randrange(4)}.{dice.randrange(4)}"
    name = dice.choice(("", "www.", "a.b.")) + dice.choice(OWN_NAMES + LISTED_NAMES) if own else f"evil{dice.randrange(40)}.example"
    name = dice.choice((name, name.upper(), name.replace(".", "[.]"), name + "."))
    if kind == "url":
        host = name.rstrip(".") if dice.random() < 0.5 or "/" in address else f"[{address}]" if ":" in address else address
        return kind, dice.choice(("http://", "hxxps://", "http://user@")) + host + dice.choice(("/", "/a?b=c", ":8080/x"))
    return kind, address if kind == "address" else name


def test_a_poisoner_blocks_nothing_that_is_a_members_or_listed_or_over_his_rate_or_his_alone():
    with tempfile.TemporaryDirectory(prefix="noroshi-lists-") as lists, World('loop = { rate = 120; warninglists = "%s"; };\n' % warninglists(lists)) as world:
        world.join("water", "beta")
        world.done("PATCH", "/v1/communities/1/rule", {"alone": "block"}, world.tokens["analyst"])
        for place in [{"prefix": str(each)} for each in OWN] + [{"domain": each} for each in OWN_NAMES]:
            world.done("POST", "/v1/organisations/%d/space" % world.numbers["gamma"], place)
        seed = int(os.environ.get("NOROSHI_SEED", "1"))
        dice, gave = random.Random(seed), {"alpha": 0, "beta": 0}
        print(f"# NOROSHI_SEED={seed}")
        for turn in range(3000 if os.environ.get("NOROSHI_LONG") else 300):
            kind, value = poison(dice)
            who = "alpha" if dice.random() < 0.8 else "beta"  # somebody else, who says what he sees
            door = dice.randrange(3)
            if door < 2:
                status, answer = world.json("POST", "/v1/communities/1/" + ("indicators", "sightings")[door], world.people[who], {"type": kind, "value": value, "action": "block"})
                assert status in (201, 202, 400, 422, 429, 503), (status, answer)
                gave[who] += status == 201
            else:  # by TAXII, and then another action
                path = {"address": "ipv4-addr:value" if "." in value else "ipv6-addr:value", "domain": "domain-name:value", "url": "url:value"}[kind]
                item = indicator(pattern=f"[{path} = '{value}']")
                world.add("drops", world.people[who], item)
                world.json("PATCH", "/v1/items/" + item["id"], world.people[who], {"action": "block"})
        time.sleep(2.5)  # sweeps
        last = world.done("POST", "/v1/communities/1/indicators", {"type": "domain", "value": "end.example"}, world.tokens["analyst"])["id"]
        feed = world.feeds["beta"]
        wait_for(lambda: last in feed.lines, 20, "all that was given")
        standing = [line for line in feed.lines.values() if "values" in line]
        blocks = [value for line in standing if line["action"] == "block" for _, value in line["values"]]
        print(f"# {len(standing)} stand, {len(blocks)} block")
        assert not [value for value in blocks if is_ground(value)], [value for value in blocks if is_ground(value)]
        assert not [value for line in standing for _, value in line["values"] if is_ground(value)], "by itself nothing of a member's travels"
        by = {line["id"]: world.done("GET", "/v1/shared/%d" % line["id"], None, world.tokens["analyst"])["giver"] for line in standing}
        givers = {}
        for line in standing:
            givers.setdefault(json.dumps(line["values"]), set()).add(by[line["id"]])
        alone = [line for line in standing if line["action"] == "block" and len(givers[json.dumps(line["values"])]) < 2]
        assert not alone, alone
        assert blocks, "what two say and is in order is blocked"
        assert len([line for line in standing if by[line["id"]] == world.numbers["alpha"]]) <= 120
        # and whatever the members' devices fetch: every format, for every member
        devices = {name: world.done("POST", "/v1/organisations/%d/devices" % number, {"name": "edge"}, world.people[name])["token"]
                   for name, number in world.numbers.items()}
        for name, device in devices.items():
            for action in ("block", "alert", "observe"):
                told = everything(world, device, action)
                assert set(told) == set(FORMATS) and (name == "gamma" or told["csv"]), told
                assert name != "gamma" or not any(told.values()), "gamma is in no community"
                assert not [(form, value) for form, all_of in told.items() for value in all_of if is_ground(value)], (name, action)
            told = everything(world, device)
            for form, all_of in told.items():
                assert set(all_of) <= {as_listed(form, value) for value in blocks}, (name, form, set(all_of) - set(blocks))
            if name != "gamma":
                assert sorted(told["csv"]) == sorted(blocks) and set(told["plain"]) == set(blocks), told
        assert world.json("POST", "/v1/organisations/%d/shared/stop" % world.numbers["beta"], world.tokens["analyst"])[0] == 200
        wait_for(lambda: "block" not in feed.values().values(), 20, "no one is left who vouches")
        for name, device in devices.items():  # the switch: as fast as the feed
            assert not any(everything(world, device).values()), name
        world.end()


def as_listed(form, value):
    """A value as the list of this format has it."""
    if form == "rpz" and "://" not in value:
        try:
            return str(ipaddress.ip_network(value))
        except ValueError:
            return value
    return value


def away(world, feed):
    """A sensor that goes away: a function that brings it back where it stood."""
    feed.ended = True
    feed.thread.join(30)

    def back():
        again = Feed.__new__(Feed)
        again.centre, again.token, again.lines, again.ended, again.since, again.epoch = world, feed.token, dict(feed.lines), False, feed.since, feed.epoch
        again.thread = threading.Thread(target=again.follow, daemon=True)
        again.thread.start()
        return again
    return back


def rows(world):
    """Of the loop, in the store itself."""
    [path] = glob.glob(world.folder + "/**/noroshi.db", recursive=True)
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20) as store:
        return store.execute("SELECT count(*) FROM shared WHERE withdrawn = 1").fetchone()[0]


def test_who_was_away_while_what_was_withdrawn_went_for_good_has_nothing_of_it():
    with World('loop = { kept = "1 s"; };\n') as world:
        feed, stays = world.feeds["beta"], world.feeds["alpha"]
        gone, kept = [given(world, "alpha", f"gone{i}.example")["id"] for i in range(3)], given(world, "alpha", "stands.example")["id"]
        device = world.done("POST", "/v1/organisations/%d/devices" % world.numbers["beta"], {"name": "edge"}, world.people["beta"])["token"]
        feed.has("gone2.example", "alert")
        feed.has("stands.example", "alert")
        assert "gone0.example" in everything(world, device, "alert")["plain"]
        back, epoch = away(world, feed), stays.epoch
        held = given(world, "alpha", "held.example")["id"]
        assert world.json("DELETE", f"/v1/shared/{held}", world.tokens["analyst"])[0] == 200  # by another than its owner
        for number in gone:
            assert world.json("DELETE", f"/v1/shared/{number}", world.people["alpha"])[0] == 200
        given(world, "alpha", "later.example")
        stays.has("later.example", "alert")
        wait_for(lambda: rows(world) == 1, 30, "what was withdrawn to be gone for good")
        for number in gone:
            assert world.json("GET", f"/v1/shared/{number}", world.people["alpha"])[0] == 404
        again = back()
        again.has("later.example", "alert")
        again.lacks("gone0.example")
        assert again.epoch != feed.epoch and set(again.lines) == {kept, held, *[id_ for id_, line in again.lines.items() if "later.example" in str(line)]}, again.lines
        assert everything(world, device, "alert")["plain"] == ["stands.example", "later.example"]
        stood = away(world, stays)()  # who heard of all of it goes on where it stood
        given(world, "alpha", "last.example")
        stood.has("last.example", "alert")
        assert stood.epoch == epoch, (stood.epoch, epoch)
        lately = away(world, again)()  # and who began after it, too, though its numbers are below
        lately.has("last.example", "alert")
        assert lately.epoch == again.epoch
        for each in (again, stood, lately):
            each.ended = True
        world.end()


def test_who_looks_before_releasing_sees_what_a_warning_list_knows_and_nothing_of_whose_it_is():
    with tempfile.TemporaryDirectory(prefix="noroshi-lists-") as lists, World('loop = { rate = 120; warninglists = "%s"; };\n' % warninglists(lists)) as world:
        world.done("POST", "/v1/organisations/%d/space" % world.numbers["gamma"], {"domain": "mizu.example"})

        def look(pattern, action="alert", **more):
            item = indicator(pattern=pattern, **more)
            bundle = json.dumps({"type": "bundle", "id": "bundle--%s" % uuid.uuid4(), "objects": [item]}).encode()
            assert world.request("POST", "/v1/items", world.people["alpha"], bundle, {"Content-Type": "application/json"})[0] == 202
            world.done("PATCH", "/v1/items/" + item["id"], {"action": action}, world.people["alpha"])
            answer = world.done("GET", "/v1/items/%s/preview?community=water&tlp=GREEN" % item["id"], token=world.people["alpha"])
            return answer.get("sensors"), item["id"]

        said, _ = look("[domain-name:value = 'evil.example']")
        assert (said["travels"], said["action"], said["reasons"]) == (True, "alert", []), said
        said, _ = look("[domain-name:value = 'www.search.example']")
        assert [each["code"] for each in said["reasons"]] == ["warning-listed"] and said["reasons"][0]["words"], said
        said, _ = look("[domain-name:value = 'evil.example']", "block")
        assert (said["travels"], said["action"]) == (True, "alert") and "unconfirmed" in [each["code"] for each in said["reasons"]], said
        # whose a name is cannot be found out by looking; releasing it asks, and lets it wait
        said, own = look("[domain-name:value = 'www.mizu.example']")
        assert (said["travels"], said["reasons"]) == (True, []), said
        world.done("POST", "/v1/items/%s/releases" % own, {"community": "water", "tlp": "GREEN"}, world.people["alpha"])
        assert [each["reasons"] for each in world.done("GET", "/v1/shared/waiting", token=world.tokens["analyst"])["waiting"]] == [["members-own"]]
        # what says more than values, or is no indicator, says nothing to sensors
        assert look("[domain-name:value = 'a.example'] FOLLOWEDBY [domain-name:value = 'b.example']")[0] is None
        world.end()


if __name__ == "__main__":
    import sys
    main(sys.modules[__name__])
