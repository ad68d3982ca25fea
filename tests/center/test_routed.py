"""A sensor that watches many organisations (W07): each alert reaches exactly the institutions whose addresses it concerns, whatever
happens on its way."""
import sys
import time

from center import Centre, eve, main, wait_for

DAY = 86400


def stamp(second):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))


def carrier(**options):
    """An operator whose sensor routes, two universities with spaces of their own, and one with none."""
    centre = Centre(("carrier", "aoba", "kaede", "sumire"), **options)
    administrator, now = centre.tokens["administrator"], time.time()

    def space(organisation, prefix, begin=now - 30 * DAY, end=None):
        body = {"prefix": prefix, "from": stamp(begin)}
        if end:
            body["to"] = stamp(end)
        status, answer = centre.json("POST", "/v1/organisations/%d/space" % organisation, administrator, body)
        assert status == 201, answer

    space(2, "198.51.100.0/24")
    space(3, "198.51.100.128/25")  # of the larger one's
    space(2, "2001:db8:a::/48")
    space(3, "2001:db8:b::/48")
    space(2, "203.0.113.0/24", end=now - DAY)  # moved yesterday
    space(3, "203.0.113.0/24", begin=now - DAY)
    space(2, "192.0.2.0/28")
    space(3, "192.0.2.0/28")  # both say that it is theirs
    assert centre.json("PATCH", "/v1/sensors/1", centre.tokens["analyst"], {"routes": True})[0] == 403
    status, answer = centre.json("PATCH", "/v1/sensors/1", administrator, {"routes": True})
    assert status == 200 and answer["routes"], answer
    return centre


CASES = (  # name, source, target, seconds ago, who must see it
    ("to-aoba", "100.64.0.1", "198.51.100.9", 60, {"aoba"}),
    ("to-kaede-inside", "9.9.9.9", "198.51.100.200", 60, {"kaede"}),
    ("v6-aoba", "2001:db8:ffff::1", "2001:db8:a:1::7", 60, {"aoba"}),
    ("v6-kaede-out", "2001:db8:b:2::7", "2001:db8:ffff::1", 60, {"kaede"}),
    ("between", "198.51.100.9", "198.51.100.200", 60, {"aoba", "kaede"}),
    ("v6-between", "2001:db8:a::1", "2001:db8:b::1", 60, {"aoba", "kaede"}),
    ("within-aoba", "198.51.100.9", "198.51.100.10", 60, {"aoba"}),
    ("moved-before", "9.9.9.9", "203.0.113.5", 2 * DAY, {"aoba"}),
    ("moved-after", "9.9.9.9", "203.0.113.5", 60, {"kaede"}),
    ("disputed", "9.9.9.9", "192.0.2.3", 60, {"carrier"}),
    ("private", "10.0.0.1", "10.0.0.2", 60, {"carrier"}),
    ("nobodys", "9.9.9.9", "8.8.8.8", 60, {"carrier"}),
)


def lines(now):
    return [eve(number, now - ago, name, source, target) for number, (name, source, target, ago, _) in enumerate(CASES, 1)]


def seen(centre, name):
    """What a member finds of the cases, and how often."""
    found = []
    after = ""
    while True:
        status, answer = centre.json("GET", "/v1/alerts?limit=200" + ("&after=" + after if after else ""), centre.tokens["member-" + name])
        assert status == 200, answer
        found += [alert["signature"] for alert in answer["alerts"]]
        after = answer["next"]
        if not after:
            return sorted(found)


def check(centre):
    for name in ("carrier", "aoba", "kaede", "sumire"):
        wanted = sorted(case[0] for case in CASES if name in case[4])
        found = seen(centre, name)
        assert found == wanted, (name, found, wanted)


def test_each_alert_reaches_exactly_whom_it_concerns():
    with carrier() as centre:
        now = time.time()
        status, _, answer = centre.post(centre.tokens["carrier"], lines(now), batch="one")
        assert status == 200 and answer["alerts"] == len(CASES) and not answer["repeated"], answer
        check(centre)
        # An alert at another's is not there, by whatever way a member asks.
        other = centre.json("GET", "/v1/alerts?limit=1&contains=to-kaede-inside", centre.tokens["analyst"])[1]["alerts"][0]
        assert other["organisation"] == 3, other
        assert centre.json("GET", "/v1/alerts/" + other["position"], centre.tokens["member-aoba"])[0] == 404
        assert centre.json("GET", "/v1/alerts/" + other["position"], centre.tokens["member-kaede"])[0] == 200
        # Sent again, it is the same; and a sensor that does not route keeps what is its organisation's.
        status, _, answer = centre.post(centre.tokens["carrier"], lines(now), batch="one")
        assert status == 200 and answer["repeated"], answer
        check(centre)
        centre.post(centre.tokens["sumire"], [eve(99, now, "its own", "9.9.9.9", "198.51.100.9")])
        assert seen(centre, "sumire") == ["its own"]


def test_who_has_no_sensor_of_its_own_is_covered_by_the_operators():
    with carrier() as centre:
        centre.post(centre.tokens["carrier"], lines(time.time()), batch="one")
        watched = centre.json("GET", "/v1/alerts", centre.tokens["member-aoba"])[1]["watched"]
        assert watched["sensors"] == 2, watched  # its own, which says nothing, and the operator's
        assert "sensor-carrier" not in str(watched), watched
        # Without addresses of its own nothing of the operator's is its.
        assert centre.json("GET", "/v1/alerts", centre.tokens["member-sumire"])[1]["watched"]["sensors"] == 1


def test_a_batch_that_was_cut_off_loses_and_doubles_nothing():
    with carrier() as centre:
        now = time.time()
        batches = [[eve(i * 100 + n, now - 60, "b%d-%s" % (i, case[0]), case[1], case[2]) for n, case in enumerate(CASES)
                    if case[3] == 60] for i in range(40)]
        for i, batch in enumerate(batches):
            if i in (10, 25):
                centre.kill("keeper")
            wait_for(lambda: centre.post(centre.tokens["carrier"], batch, batch="b%d" % i)[0] == 200, 30, "batch %d is taken" % i)
        for batch, i in zip(batches, range(40)):
            assert centre.post(centre.tokens["carrier"], batch, batch="b%d" % i)[2]["repeated"]
        for name in ("carrier", "aoba", "kaede", "sumire"):
            wanted = sorted("b%d-%s" % (i, case[0]) for i in range(40) for case in CASES if name in case[4] and case[3] == 60)
            assert seen(centre, name) == wanted, name


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
