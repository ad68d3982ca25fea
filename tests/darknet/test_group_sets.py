#!/usr/bin/env python3
"""The indicator set of a group that a telescope found, with a real centre: once it is released to a community it is in force at the sensors of
the members and on the lists of their devices, and nowhere else; what is taken back leaves them. Prints TAP."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../intel"))
from lists import fetch, values  # noqa: E402
from taxii import main, wait_for  # noqa: E402
from test_loop_items import World  # noqa: E402
from test_counts import Telescope, group_line  # noqa: E402


def sources(first, count):
    return ["20.1.%d.%d" % (i >> 8, i & 255) for i in range(first, first + count)]


def found(world, count):
    """The finding with so many sources."""
    def look():
        rows = world.done("GET", "/v1/darknet/findings?what=group&limit=200", None, world.tokens["analyst"])["findings"]
        return [each for each in rows if each["finding"]["sources"] == count]
    return wait_for(look, 20, "a group of %d" % count)[0]


def make(world, finding, **more):
    return world.done("POST", "/v1/darknet/findings/%s/indicators" % finding["id"], {"noticed": finding["occurred"], "tlp": "GREEN", **more}, world.tokens["analyst"])


def release(world, item):
    return world.done("POST", "/v1/items/%s/releases" % item, {"community": "water", "tlp": "GREEN"}, world.tokens["analyst"])


def has_all(feed, wanted, action):
    wait_for(lambda: {value for value, what in feed.values().items() if what == action} >= wanted, 60, "%d values as %s" % (len(wanted), action))


def test_a_groups_set_reaches_the_members_sensors_and_lists_when_it_is_released_and_leaves_them():
    with World("loop = { rate = 100000; };\n") as world:
        world.join("water", "beta", "member")
        world.done("PATCH", "/v1/sensors/%d" % world.numbers["alpha"], {"telescope": True})
        devices = {name: world.done("POST", "/v1/organisations/%d/devices" % world.numbers[name], {"name": "edge"}, world.people[name])["token"] for name in world.numbers}
        group, telescope = sources(0, 1000), Telescope(world, "alpha", "a")  # as many as a telescope tells
        assert telescope.send([group_line(group)])[0] == 200
        made = make(world, found(world, 1000), action="alert")
        assert made["named"] == 1000, made
        # Nothing travels by itself.
        world.settled()
        assert all(not set(group) & set(feed.values()) for feed in world.feeds.values())
        release(world, made["item"])
        for name in ("alpha", "beta"):
            has_all(world.feeds[name], set(group), "alert")
            wait_for(lambda: set(group) <= set(values("plain", fetch(world, devices[name], "plain", action="alert")[2])), 60, "the list of " + name)  # noqa: B023
        assert not set(group) & set(values("plain", fetch(world, devices["beta"], "plain")[2])), "nobody asked to block"
        # It grew: what was released stays until somebody releases the new version.
        grown = group[:900] + sources(1000, 100)
        assert telescope.send([group_line(grown, sources=2000)])[0] == 200
        assert make(world, found(world, 2000), action="alert")["item"] == made["item"]
        release(world, made["item"])
        has_all(world.feeds["beta"], set(grown), "alert")
        wait_for(lambda: not set(group[900:]) & set(world.feeds["beta"].values()), 60, "what is in it no longer to have left")
        world.done("PATCH", "/v1/items/" + made["item"], {"revoked": True}, world.tokens["analyst"])
        for name in ("alpha", "beta"):
            wait_for(lambda: not set(grown) & set(world.feeds[name].values()), 60, "what was taken back to have left " + name)  # noqa: B023
        assert not world.feeds["gamma"].values() and not fetch(world, devices["gamma"], "plain", action="observe")[2].strip()
        world.end()


def test_two_sources_make_a_groups_set_block():
    with World("loop = { rate = 100000; };\n") as world:
        world.join("water", "beta", "member")
        world.done("PATCH", "/v1/communities/1/rule", {"alone": "block"}, world.tokens["analyst"])
        world.done("PATCH", "/v1/sensors/%d" % world.numbers["alpha"], {"telescope": True})
        group = sources(0, 1)
        assert Telescope(world, "alpha", "a").send([group_line(group)])[0] == 200
        made = make(world, found(world, 1), action="block", confidence=100)
        release(world, made["item"])
        has_all(world.feeds["beta"], set(group), "alert")  # one source alone does not block
        status, answer = world.json("POST", "/v1/communities/1/indicators", world.people["alpha"], {"type": "address", "value": group[0], "action": "block"})
        assert status == 201, answer
        wait_for(lambda: {line["action"] for line in world.feeds["beta"].lines.values() if group[0] in str(line.get("values"))} == {"block"}, 60, "two to block")
        world.end()


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
