#!/usr/bin/env python3
"""Views of long times, which a thread adds up at a real centre: the figures of random counts, held against sums by the words of
docs/darknet-views.md alone; who waits for what, and where it ends. Prints TAP."""
import random
import sys
import time

from test_counts import DAY, NOON, Telescope, configured, counts, day, main, ranking, views, wait_for


def random_rows(chance, count):
    ports = ["23/tcp", "2323/tcp", "445/tcp", "80/tcp", "1023/tcp", "1024/tcp", "53/udp", "123/udp", "8.0/icmp", "0/gre"]
    made = {}
    for _ in range(count):
        key = (chance.choice(ports) if chance.random() < 0.6 else "%d/tcp" % chance.randrange(5000, 5300), chance.choice(("probe", "probe", "other", "backscatter")),
               chance.choice(("", "", "smb1", "dns")), chance.choice(("JP", "US", "CN", "")), int(chance.random() < 0.2))
        made[key] = chance.randrange(1, 500)
    return [list(key) + [packets] for key, packets in made.items()]


def expected(rows, research="true"):
    """What the rows add up to, by the words of docs/darknet-views.md alone."""
    rows = [row for row in rows if research == "true" or (research == "alone") == bool(row[4])]
    access = [row for row in rows if row[1] != "backscatter"]
    back = [row for row in rows if row[1] == "backscatter"]
    surveyed = [row for row in access if not row[4]]

    def by(some, column):
        sums = {}
        for row in some:
            sums[row[column] or "-"] = sums.get(row[column] or "-", 0) + row[5]
        return sums

    number = lambda port: int(port[:-4]) if port.endswith(("/tcp", "/udp")) else None  # noqa: E731
    kinds = {"ports-well-known": [row for row in access if number(row[0]) is not None and number(row[0]) < 1024],
             "ports-other": [row for row in access if (number(row[0]) or 0) >= 1024], "ports-none": [row for row in access if number(row[0]) is None]}
    total = {name: sum(row[5] for row in some) for name, some in {"all": access, "backscatter": back, **kinds}.items()}
    ranked = {"ports": by(access, 0), "ports-japan": by([row for row in access if row[3] == "JP"], 0), "ports-without-research": by(surveyed, 0), "countries": by(access, 3),
              "methods": by([row for row in access if row[2]], 2), "method-countries": by([row for row in access if row[2]], 3),
              "backscatter-ports": by(back, 0), "backscatter-countries": by(back, 3)}
    return total, ranked


def assert_adds_up(answer, rows, research="true"):
    assert answer["research"] == {"true": "all", "false": "without"}.get(research, research), answer["research"]
    total, ranked = expected(rows, research)
    for name, packets in total.items():
        assert answer["views"][name]["packets"] == packets, (name, packets, answer["views"][name])
    for name, sums in ranked.items():
        assert ranking(answer, name) == sums, (name, sums, ranking(answer, name))


def test_long_views_are_the_sums_of_their_counts():
    """The same figures by a thread, a piece at a time, as at once."""
    chance = random.Random(7)
    with configured("view_at_once = 30; view_rows = 4000;") as centre:
        telescopes, sent = {name: Telescope(centre, name, name) for name in ("alpha", "beta", "gamma")}, {}
        for name, telescope in telescopes.items():
            for back in range(4):
                sent[name, back] = random_rows(chance, 200)
                assert telescope.send([counts(NOON - back * DAY, sent[name, back])])[0] == 200
        telescopes["alpha"].send([counts(NOON - 9 * DAY, [["23/tcp", "probe", "", "JP", 0, 5]])])
        everything = sum(row[5] for rows in sent.values() for row in rows) + 5
        seen = lambda: sum(each["packets"] for each in centre.json("GET", "/v1/darknet/telescopes", centre.tokens["analyst"])[1]["telescopes"])  # noqa: E731
        wait_for(lambda: seen() == everything or time.sleep(0.3), 30, "%d packets" % everything)
        days = {"period": "%s..%s" % (day(NOON - DAY), day(NOON)), "against": "%s..%s" % (day(NOON - 3 * DAY), day(NOON - 2 * DAY)), "top": 1000}
        rows = [row for (_, back), some in sent.items() if back < 2 for row in some]
        answer = views(centre, **days)
        assert answer["known"] and answer["telescopes"] == 3 and answer["period"]["tables"] == 6, answer["period"]
        assert_adds_up(answer, rows)
        before = expected([row for (_, back), some in sent.items() if back >= 2 for row in some])[0]
        assert {name: answer["views"][name]["packets_before"] for name in before} == before
        each_day = [sum(row[5] for (_, back), some in sent.items() if back == at for row in some if row[1] != "backscatter") for at in (1, 0)]
        assert [each["packets"] for each in answer["days"]] == each_day, answer["days"]
        # What was found is kept for a while: the same answer, and as CSV; another question is another view.
        assert views(centre, **days) == answer
        status, _, text = centre.request("GET", "/v1/darknet/views?format=csv&" + "&".join("%s=%s" % each for each in days.items()), centre.tokens["analyst"])
        assert status == 200 and b"all,all,1,1,%d,%d," % (answer["views"]["all"]["packets"], before["all"]) in text, text[:300]
        for research in ("false", "alone"):
            assert_adds_up(views(centre, research=research, **days), rows, research)
        assert_adds_up(views(centre, sensor=2, **days), [row for (name, back), some in sent.items() if name == "beta" and back < 2 for row in some])
        # Few counts are added up at once, and say nothing of when that was.
        short = views(centre, period=day(NOON - 9 * DAY))
        assert short["views"]["all"]["packets"] == 5 and "known" not in short, short
        # The same when they are added up at once, as CSV and on the page.
        some = [row for row in sent["gamma", 0] if row[4]][:20] + [row for row in sent["gamma", 0] if not row[4]][:8]
        telescopes["gamma"].send([counts(NOON - 9 * DAY, some)])
        all_of_it = lambda: views(centre, period=day(NOON - 9 * DAY), sensor=3)["views"]["all"]["packets"] == expected(some)[0]["all"] or time.sleep(0.3)  # noqa: E731
        wait_for(all_of_it, 30, "a few more")
        everything += sum(row[5] for row in some)
        cookie, alone = centre.sign_in("analyst"), expected(some, "alone")[0]["all"]
        for research in ("false", "alone"):
            assert_adds_up(views(centre, period=day(NOON - 9 * DAY), sensor=3, top=1000, research=research), some, research)
        asked = "?period=%s&sensor=3&research=alone" % day(NOON - 9 * DAY)
        status, _, text = centre.request("GET", "/v1/darknet/views%s&format=csv" % asked, centre.tokens["analyst"])
        assert status == 200 and b"all,all,1,,%d,0," % alone in text, text[:300]
        for language, words in (("en", "They alone count"), ("ja", "それだけを数える")):
            page = centre.request("GET", "/darknet" + asked, headers={"Cookie": cookie, "Accept": "text/html", "Accept-Language": language})[2].decode()
            assert '<option value="alone" selected>%s</option>' % words in page, page
        assert centre.json("GET", "/v1/darknet/views?research=some", centre.tokens["analyst"])[0] == 400
        # A member's own, beside a whole of which the days with too few others are left out.
        assert_adds_up(views(centre, "member-alpha", of="own", **days), [row for (name, back), some in sent.items() if name == "alpha" and back < 2 for row in some])
        hidden = views(centre, "member-alpha", **days)
        assert hidden["telescopes"] == 0 and hidden["days_left_out"] == 2 and hidden["views"]["all"]["packets"] == 0, hidden
        Telescope(centre, "delta", "delta").send([counts(NOON, [["80/tcp", "probe", "", "JP", 0, 1]])])
        wait_for(lambda: seen() == everything + 1 or time.sleep(0.3), 30, "one more")
        status, answer = centre.json("GET", "/v1/darknet/comparison?period=" + day(NOON), centre.tokens["member-alpha"])
        whole = {row["item"]: row["whole_packets"] for row in [each for each in answer["views"] if each["view"] == "ports"][0]["rows"]}
        today = expected([row for (_, back), some in sent.items() if back == 0 for row in some] + [["80/tcp", "probe", "", "JP", 0, 1]])[1]["ports"]
        assert status == 200 and answer["whole_telescopes"] == 4 and whole and all(today[item] == packets for item, packets in whole.items()), answer
        page = centre.request("GET", "/darknet?period=" + day(NOON), headers={"Cookie": centre.sign_in("analyst"), "Accept": "text/html", "Accept-Language": "en"})[2]
        assert ("Telescopes: 4. Packets without backscatter: %s." % format(sum(today.values()), ",")).encode() in page, page
        # What is published waits for nobody: it says how far it is, and is asked for again.
        wish = {"title": "Two days", "period": day(NOON), "against": day(NOON - DAY)}
        status, answer = centre.json("POST", "/v1/darknet/publications", centre.tokens["analyst"], wish)
        assert status == 429 and "are being added up" in answer["detail"], (status, answer)
        status, answer = wait_for(lambda: [made for made in [centre.json("POST", "/v1/darknet/publications", centre.tokens["analyst"], wish)] if made[0] != 429], 30, "it is there")[0]
        assert status == 201, answer
        figures = centre.json("GET", "/v1/darknet/publications/" + answer["publication"]["id"], centre.tokens["member-beta"])[1]["figures"]
        assert figures["views"]["all"]["packets"] == sum(today.values()), figures["views"]["all"]
        # And there is an end.
        telescopes["beta"].send([counts(NOON - 5 * DAY + i, [["%d/tcp" % (1 + i * 500 + j), "probe", "", "JP", 0, 1] for j in range(500)]) for i in range(7)])
        wait_for(lambda: seen() == everything + 3501 or time.sleep(0.3), 30, "many more")
        status, answer = centre.json("GET", "/v1/darknet/views?period=%s..%s" % (day(NOON - 9 * DAY), day(NOON)), centre.tokens["analyst"])
        assert status == 400 and "telescope.view_rows" in answer["detail"], (status, answer)


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
