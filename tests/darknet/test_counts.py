"""Counts of telescopes at a real centre: each line once, whoever is killed when; views as of `noroshi darknet report`; who sees whose."""
import csv
import io
import json
import os
import random
import re
import signal
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../center"))
from center import Centre, form_headers, form_token, main, wait_for  # noqa: E402

JAPAN = 9 * 3600
CONFIG = 'telescope: { save_every = "0.2 s"; %s };\n'
DAY = 86400
UNKNOWN = "00000000-0000-4000-8000-000000000000"
# Yesterday's noon in Japan: nothing that is counted here lies about a midnight.
NOON = (int(time.time()) + JAPAN) // DAY * DAY - JAPAN - DAY // 2


def stamp(second):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second)) + ".000000+0000"


def day(second):
    return time.strftime("%Y-%m-%d", time.gmtime(second + JAPAN))


def counts(begin, rows, span=10, addresses=256, dropped=0, more=None):
    packets = sum(row[5] for row in rows)
    about = {"what": "counts", "from": stamp(begin), "awake": float(span), "addresses": addresses, "frames": packets, "packets": packets,
             "bytes": 60 * packets, "dropped": dropped, "chunk": 1, "chunks": 1, "rows": rows}
    about.update(more or {})
    return json.dumps({"timestamp": stamp(begin + span), "event_type": "darknet", "darknet": about})


def epoch(name):
    return "%032x" % (sum(ord(c) << 8 * i for i, c in enumerate(name)) % (1 << 128))


class Telescope:
    """A file of lines, shipped as the agent ships it: by the file's identity and the byte offset."""

    def __init__(self, centre, organisation, name):
        self.centre, self.token, self.epoch, self.offset = centre, centre.tokens[organisation], epoch(name), 0

    def send(self, lines):
        body = "".join(line + "\n" for line in lines).encode()
        answer = self.centre.post(self.token, body, records="true", epoch=self.epoch, offset=self.offset)
        if answer[0] == 200:
            self.offset += len(body)
        return answer


def views(centre, who="analyst", expect=200, **query):
    query.setdefault("period", day(NOON))
    status, answer = centre.json("GET", "/v1/darknet/views?" + "&".join("%s=%s" % each for each in query.items()), centre.tokens[who])
    assert status == expect, (status, answer)
    return answer


def ranking(answer, view="ports", order="ranking"):
    return {row["item"]: row["packets"] for row in answer["views"][view][order]}


def counted(centre, packets, who="analyst", **query):
    wait_for(lambda: views(centre, who, **query)["views"]["all"]["packets"] == packets or time.sleep(0.3), 30, "%d packets to be counted" % packets)


def configured(more="", then=""):
    """Four organisations, each with a telescope; one more whose sensor is none."""
    centre = Centre(("alpha", "beta", "gamma", "delta", "other"), config=CONFIG % more + then)
    for number in (1, 2, 3, 4):
        status, answer = centre.json("PATCH", "/v1/sensors/%d" % number, centre.tokens["administrator"], {"telescope": True})
        assert status == 200, answer
    return centre


def test_counts_add_up_and_are_ranked_as_the_report_ranks_them():
    with configured() as centre:
        alpha, beta = Telescope(centre, "alpha", "a"), Telescope(centre, "beta", "b")
        status, _, answer = alpha.send([counts(NOON, [["23/tcp", "probe", "", "JP", 0, 830], ["443/tcp", "backscatter", "", "DE", 0, 12]]),
                                        counts(NOON + 10, [["23/tcp", "probe", "", "JP", 0, 170], ["8.0/icmp", "probe", "icmp", "US", 1, 5]])])
        assert status == 200 and answer["records"] == 2 and answer["malformed"] == 0, answer
        beta.send([counts(NOON - DAY, [["445/tcp", "probe", "smb1", "VN", 0, 40]]),  # the day that is waited for comes last
                   counts(NOON, [["23/tcp", "probe", "", "CN", 0, 7], ["0/ip-47", "other", "", "", 0, 3]], addresses=512)])
        counted(centre, 830 + 170 + 5 + 7 + 3)
        answer = views(centre)
        assert ranking(answer) == {"23/tcp": 1007, "8.0/icmp": 5, "0/gre": 3}, answer
        assert ranking(answer, "ports-japan") == {"23/tcp": 1000} and ranking(answer, "backscatter-ports") == {"443/tcp": 12}, answer
        assert ranking(answer, order="decrease") == {"445/tcp": 0} and answer["telescopes"] == 2 and answer["telescopes_before"] == 1
        # 20 s of 256 addresses and 10 s of 512, in days.
        assert abs(answer["period"]["address_days"] - (20 * 256 + 10 * 512) / DAY) < 1e-9, answer["period"]
        assert abs(answer["views"]["all"]["value"] - 1015 / ((20 * 256 + 10 * 512) / DAY)) < 0.01, answer["views"]["all"]
        assert ranking(views(centre, research="false")) == {"23/tcp": 1007, "0/gre": 3}
        status, headers, text = centre.request("GET", "/v1/darknet/views?format=csv&period=" + day(NOON), centre.tokens["analyst"])
        assert status == 200 and headers["Content-Type"].startswith("text/csv") and b"ports,23/tcp,1,,1007,0," in text, text
        # A line that comes again is the line that was here.
        alpha.offset = 0
        assert alpha.send([counts(NOON, [["23/tcp", "probe", "", "JP", 0, 830], ["443/tcp", "backscatter", "", "DE", 0, 12]])])[2]["repeated"]
        time.sleep(1)
        assert ranking(views(centre))["23/tcp"] == 1007
        status, answer = centre.json("GET", "/v1/darknet/telescopes", centre.tokens["analyst"])
        assert status == 200 and [(each["addresses"], each["packets"]) for each in answer["telescopes"]] == [(256, 1017), (512, 50)], answer
        status, answer = centre.json("GET", "/v1/darknet/hours?days=5", centre.tokens["analyst"])
        assert sorted(each["packets"] for each in answer["hours"]) == [40, 1027], answer


def test_a_line_that_is_wrong_is_counted_and_nothing_of_it():
    with configured() as centre:
        alpha = Telescope(centre, "alpha", "a")
        good = [["23/tcp", "probe", "", "JP", 0, 1]]
        wrong = [counts(NOON, good + [["23/tcp", "probe", "", "Japan", 0, 5]]), counts(NOON, [["99999/tcp", "probe", "", "", 0, 1]]),
                 counts(NOON, good, more={"awake": -1}), counts(NOON, good, more={"from": stamp(NOON - 7200)}), counts(NOON, good, more={"packets": -4}),
                 counts(NOON, [["23/tcp", "probe", "", "", 0, 0]]), counts(NOON, good, more={"rows": [["23/tcp", "probe", "", "", 0]]}),
                 counts(NOON, good, addresses=1 << 33)]
        assert alpha.send(wrong + [counts(NOON, good)])[0] == 200
        Telescope(centre, "other", "o").send([counts(NOON, good)] * 3)  # a sensor that is no telescope
        counted(centre, 1)
        wanted = ['noroshi_darknet_counts_total{result="%s"} %d\n' % each for each in (("refused", len(wrong)), ("of no telescope", 3))]

        def told():
            metrics = centre.request("GET", "/metrics", centre.tokens["administrator"])[2].decode()
            return all(each in metrics for each in wanted) or time.sleep(0.3)
        wait_for(told, what="the counts: %s" % wanted)


def test_years_that_come_at_once_do_not_stay_in_memory():
    """180 days of a line each hour: more tables than may be held; the store has them, and memory the newest."""
    with configured() as centre:
        alpha = Telescope(centre, "alpha", "years")
        for month in range(6):
            lines = [counts(NOON - DAY * (180 - 30 * month) + 3600 * hour, [["23/tcp", "probe", "", "JP", 0, 1]]) for hour in range(30 * 24)]
            assert alpha.send(lines)[2]["records"] == len(lines)
        name = "noroshi_darknet_tables "

        def held():
            metrics = centre.request("GET", "/metrics", centre.tokens["administrator"])[2].decode()
            found = [float(line[len(name):]) for line in metrics.splitlines() if line.startswith(name)]
            return found and "noroshi_darknet_counts_total{result=\"counted\"} 4320\n" in metrics and found[0] <= 4096 or time.sleep(0.3)
        wait_for(held, 60, "memory has room again")
        counted(centre, 4320, period=day(NOON - 180 * DAY) + ".." + day(NOON))


def test_a_member_sees_its_own_and_a_sum_that_tells_of_nobody():
    with configured() as centre:
        for organisation, packets in (("alpha", 100), ("beta", 20), ("gamma", 3)):
            Telescope(centre, organisation, organisation).send([counts(NOON, [["23/tcp", "probe", "", "JP", 0, packets]])])
        counted(centre, 123)
        counted(centre, 100, "member-alpha", of="own")
        # Two others: their sum less than three telescopes' is not shown.
        answer = views(centre, "member-alpha")
        assert answer["telescopes"] == 0 and answer["days_left_out"] == 1 and answer["views"]["all"]["packets"] == 0, answer
        status, answer = centre.json("GET", "/v1/darknet/hours?days=3", centre.tokens["member-alpha"])
        assert status == 200 and answer["hours"] == [], answer
        # Nor what a third counted that did not listen.
        Telescope(centre, "delta", "asleep").send([counts(NOON, [["80/tcp", "probe", "", "JP", 0, 1]], more={"awake": 0.0})])
        counted(centre, 124)
        assert views(centre, "member-alpha")["telescopes"] == 0
        assert centre.json("GET", "/v1/darknet/hours?days=3", centre.tokens["member-alpha"])[1]["hours"] == []
        Telescope(centre, "delta", "delta").send([counts(NOON, [["80/tcp", "probe", "", "JP", 0, 3999]])])
        counted(centre, 4123)
        answer = views(centre, "member-alpha")
        assert answer["views"]["all"]["packets"] == 4123 and answer["telescopes"] == 4 and answer["days_left_out"] == 0, answer
        # Another's telescope is nothing that there is.
        listed = centre.json("GET", "/v1/darknet/telescopes", centre.tokens["analyst"])[1]["telescopes"]
        other = [each for each in listed if each["packets"] == 20][0]
        assert views(centre, "member-alpha", sensor=other["sensor"])["views"]["all"]["packets"] == 0
        assert views(centre, "member-alpha", organisation=other["organisation"])["views"]["all"]["packets"] == 0
        assert [each["packets"] for each in centre.json("GET", "/v1/darknet/telescopes", centre.tokens["member-alpha"])[1]["telescopes"]] == [100]
        # Beside the whole.
        status, answer = centre.json("GET", "/v1/darknet/comparison?period=" + day(NOON), centre.tokens["member-alpha"])
        ports = {row["item"]: row for row in [each for each in answer["views"] if each["view"] == "ports"][0]["rows"]}
        assert status == 200 and ports["23/tcp"]["own_packets"] == 100 and ports["23/tcp"]["whole_packets"] == 123, answer
        assert ports["80/tcp"]["own_packets"] == 0 and ports["80/tcp"]["whole_packets"] == 4000, answer
        assert abs(ports["23/tcp"]["ratio"] - 100 / (123 / 4)) < 0.01, ports
        page = centre.request("GET", "/darknet/comparison?period=" + day(NOON), headers={"Cookie": centre.sign_in("member-alpha"), "Accept": "text/html", "Accept-Language": "en"})
        assert page[0] == 200 and b"23/tcp" in page[2] and b"Japan (JP)" in page[2] and b'<td class="number">%.2f</td>' % ports["23/tcp"]["ratio"] in page[2], page[2]
        assert b"sensor-" not in page[2], page[2]
        # The page says the same, and of the telescopes its own alone.
        page = centre.request("GET", "/darknet?period=" + day(NOON), headers={"Cookie": centre.sign_in("member-alpha"), "Accept": "text/html", "Accept-Language": "en"})
        assert page[0] == 200 and b"Telescopes: 4. Packets without backscatter: 4,123." in page[2] and b"sensor-alpha" in page[2] and b"sensor-beta" not in page[2], page[2]
        for who, path in (("administrator", "/v1/darknet/views"), ("auditor", "/v1/darknet/telescopes"), ("administrator", "/v1/darknet/hours")):
            assert centre.json("GET", path, centre.tokens[who])[0] == 403, (who, path)


def test_findings_are_listed_for_whom_they_are():
    with configured() as centre:
        alpha = Telescope(centre, "alpha", "a")
        alert = {"action": "allowed", "gid": 4603, "signature_id": 5, "rev": 1, "signature": "Darknet: group", "category": "Coordinated scan", "severity": 2}
        group = {"what": "group", "number": 1, "sources": 12, "packets": 40, "open": True, "ports": ["23/tcp", "2323/tcp"]}
        scan = {"what": "scan", "kind": "single", "tool": "zmap", "ports": ["80/tcp"], "packets": 7}
        lines = [{"timestamp": stamp(NOON), "event_type": "alert", "alert": alert, "darknet": group},
                 {"timestamp": stamp(NOON), "event_type": "darknet", "src_ip": "8.8.8.8", "darknet": scan}]
        status, _, answer = alpha.send([json.dumps(line, separators=(",", ":")) for line in lines])  # as telescopes write them
        assert status == 200 and answer["alerts"] == 1 and answer["records"] == 1, answer
        for who, found in (("analyst", 1), ("member-alpha", 1), ("member-beta", 0)):
            for what, key, value in (("group", "sources", 12), ("scan", "tool", "zmap"), ("change", None, None), ("victim", None, None)):
                status, answer = centre.json("GET", "/v1/darknet/findings?what=" + what, centre.tokens[who])
                assert status == 200 and len(answer["findings"]) == (found if key else 0), (who, what, answer)
                if key and found:
                    assert answer["findings"][0]["finding"][key] == value, answer
        page = centre.request("GET", "/darknet/findings", headers={"Cookie": centre.sign_in("analyst"), "Accept": "text/html", "Accept-Language": "en"})
        assert page[0] == 200 and b"23/tcp 2323/tcp" in page[2], page[2]


def show(centre, path, language="en"):
    status, _, page = centre.request("GET", path, headers={"Cookie": centre.sign_in("analyst"), "Accept": "text/html", "Accept-Language": language})
    assert status == 200, (path, status, page)
    return re.sub(r"\s+", " ", page.decode())


def test_findings_go_on_from_page_to_page_and_are_found_by_address():
    with configured() as centre:
        alpha, beta = Telescope(centre, "alpha", "a"), Telescope(centre, "beta", "b")
        alert = {"action": "allowed", "signature": "Darknet: change", "category": "x", "severity": 2}

        def change(number, **more):
            about = {"what": "change", "change": "rise", "over": "hour", "new": True, "port": "%d/tcp" % number, "country": "KR", "noticed": stamp(NOON + number),
                     "from": stamp(NOON), "to": stamp(NOON + 3600), "observed": 60.5, "expected": 2.26, **more}
            return {"timestamp": stamp(NOON + number), "event_type": "alert", "alert": alert, "darknet": about}

        def scan(number, **more):
            about = {"what": "scan", "kind": "single", "sources": ["8.8.8.%d" % number], "tool": "zmap", "ports": ["80/tcp"], "first": stamp(NOON), "last": stamp(NOON + 60),
                     "packets": 1234, "targets": 128, "coverage": 0.5, "rate": 4321.5, "rate_low": 4000.5, "rate_high": 4700.5, "worm": False, "research": None, **more}
            return {"timestamp": stamp(NOON + number), "event_type": "darknet", "src_ip": "8.8.8.%d" % number, "darknet": about}

        def source(number):  # of an address that nobody here holds: most of what telescopes tell
            about = {"what": "source", "kind": "probe", "port": "23/tcp", "first": stamp(NOON), "packets": 1, "targets": 1, "addresses": 256}
            return {"timestamp": stamp(NOON + number), "event_type": "alert", "src_ip": "8.8.9.%d" % number, "dest_port": 23, "proto": "TCP", "alert": alert, "darknet": about}

        for number in range(7):
            for telescope in (alpha, beta):
                lines = [change(number), scan(number), source(number)]
                assert telescope.send([json.dumps(line, separators=(",", ":")) for line in lines])[0] == 200
        for what, key in (("change", "port"), ("scan", "sources")):
            found, after = [], ""
            for asked in range(20):
                status, answer = centre.json("GET", "/v1/darknet/findings?limit=3&what=%s%s" % (what, after and "&after=" + after), centre.tokens["analyst"])
                assert status == 200 and len(answer["findings"]) <= 3 and answer["more"] == bool(answer["next"]), answer
                found += [(each["organisation"], str(each["finding"][key])) for each in answer["findings"]]
                after = answer["next"]
                if not after:
                    break
            assert len(found) == 14 == len(set(found)), (what, found)
        # A cursor is of its own list and account.
        cursor = centre.json("GET", "/v1/darknet/findings?limit=3&what=change", centre.tokens["analyst"])[1]["next"]
        for who, what in (("analyst", "scan"), ("member-alpha", "change")):
            assert centre.json("GET", "/v1/darknet/findings?limit=3&what=%s&after=%s" % (what, cursor), centre.tokens[who])[0] == 400, (who, what)
        status, answer = centre.json("GET", "/v1/darknet/findings?what=scan&address=8.8.8.4", centre.tokens["analyst"])
        assert status == 200 and [each["source"] for each in answer["findings"]] == ["8.8.8.4"] * 2, answer
        # The page says what changed, by how much, and goes on.
        page = show(centre, "/darknet/findings?what=change&limit=3")
        assert "increase" not in page and page.count("60.5 (2.3)") == 3 and page.count("not seen before") == 3 and "Older ones" in page, page
        address = re.search(r'href="(\?what=change[^"]*after=[^"]*)"', page).group(1).replace("&amp;", "&")
        page = show(centre, "/darknet/findings" + address)
        assert page.count("60.5 (2.3)") == 11 and "Older ones" not in page, page
        assert "South Korea (KR)" in page and "韓国 (KR)" in show(centre, "/darknet/findings?what=change", "ja"), page
        page = show(centre, "/darknet/findings?what=scan&address=8.8.8.4")
        assert page.count("4,321.5<br>(4,000.5 – 4,700.5)") == 2 and page.count(">50.00<") == 2, page


def findings_csv(centre, who, **query):
    """Titles, and rows by title."""
    while True:
        path = "/v1/darknet/findings?" + urllib.parse.urlencode({**query, "format": "csv"})
        status, headers, text = centre.request("GET", path, centre.tokens[who])
        if status != 429:  # else the account used its share of the centre's time
            break
        time.sleep(float(headers["Retry-After"]))
    assert status == 200 and headers["Content-Type"].startswith("text/csv"), (status, headers, text[:300])
    lines = list(csv.reader(io.StringIO(text.decode(), newline="")))
    assert text.endswith(b"\r\n") and all(len(line) == len(lines[0]) for line in lines), text[:300]
    return [dict(zip(lines[0], line)) for line in lines[1:]]


def test_findings_are_csv_too():
    """Every row of what was asked for, of however many frames; nothing that a spreadsheet would calculate."""
    with configured() as centre:
        alpha, beta = Telescope(centre, "alpha", "a"), Telescope(centre, "beta", "b")
        alert = {"action": "allowed", "signature": "Darknet: change", "category": "x", "severity": 2}

        def line(event, second, **about):
            more = {"alert": alert} if event == "alert" else {}
            return json.dumps({"timestamp": stamp(second), "event_type": event, **({"src_ip": about.pop("src")} if "src" in about else {}), **more, "darknet": about},
                              separators=(",", ":"))

        def scan(number, **more):
            about = {"what": "scan", "kind": "single", "src": "2001:db8:%x::1" % number, "sources": ["2001:db8:%x::1" % number], "tool": "zmap", "ports": ["80/tcp", "443/tcp"],
                     "first": stamp(NOON), "last": stamp(NOON + 60), "packets": 1000 + number, "targets": 128, "coverage": 0.123456789, "rate": 4321.5, "rate_low": 4000.5,
                     "rate_high": 4700.5, "worm": False, "research": None, "padding": "x" * 400}
            return line("darknet", NOON - number, **{**about, **more})

        many = 6000  # with what pads them some 4 MiB: a slice reads one
        for at in range(0, many, 500):
            assert alpha.send([scan(number) for number in reversed(range(at, at + 500))])[0] == 200
        assert beta.send([scan(7, tool='=HYPERLINK("http://x","y")', research={"confidence": "high", "evidence": "list"}, ports=[], rate=None, kind="@group")])[0] == 200
        rows = findings_csv(centre, "analyst", what="scan")
        assert len(rows) == many + 1 and len({(row["organisation"], row["source"]) for row in rows}) == many + 1, len(rows)
        own = findings_csv(centre, "member-alpha", what="scan", limit=3)
        assert sorted(int(row["packets"]) for row in own) == list(range(1000, 1000 + many)) and len({row["organisation"] for row in own}) == 1
        last = [row for row in own if row["source"] == "2001:db8:7::1"][0]
        assert (last["ports"], last["sources"], last["coverage"], last["rate"], last["rate_low"], last["worm"], last["research"], last["id"]) == (
            "80/tcp 443/tcp", "2001:db8:7::1", "0.123456789", "4321.5", "4000.5", "no", "", ""), last
        assert last["occurred"].startswith(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(NOON - 7))), last
        odd, = findings_csv(centre, "member-beta", what="scan")
        assert (odd["tool"], odd["research"], odd["kind"], odd["ports"], odd["rate"]) == ("\'=HYPERLINK(\"http://x\",\"y\")", "high", "'@group", "", ""), odd
        # What is asked for holds, as it does for pages of the list.
        found = findings_csv(centre, "analyst", what="scan", address="2001:db8:7::/48")
        assert [row["source"] for row in found] == ["2001:db8:7::1"] * 2, found
        utc = "%Y-%m-%dT%H:%M:%SZ"
        between = {"from": time.strftime(utc, time.gmtime(NOON - 19)), "to": time.strftime(utc, time.gmtime(NOON - 9))}
        assert sorted(int(row["packets"]) for row in findings_csv(centre, "member-alpha", what="scan", **between)) == list(range(1010, 1020))

        # The other sorts have columns of their own.
        assert alpha.send([group_line(["20.0.0.1", "20.0.0.2"], common={"port": "23/tcp", "network": 64500}),
                           line("alert", NOON, what="change", change="rise", over="hour", new=True, country="KR", **{"from": stamp(NOON), "to": stamp(NOON + 3600)},
                                observed=60.5, expected=2.26, surprise=30, threshold=20),
                           line("darknet", NOON, what="victim", src="8.8.8.8", victim="8.8.8.8", vectors=["syn", "udp"], reflector="dns", ports=["53/udp"], packets=9, rate=7)])[0] == 200
        group, = findings_csv(centre, "analyst")
        assert (group["open"], group["sources"], group["addresses"], group["common_port"], group["common_network"], group["tool"], group["expected"]) == (
            "yes", "2", "20.0.0.1 20.0.0.2", "23/tcp", "64500", "mirai", "0.5"), group
        assert group["id"] == centre.json("GET", "/v1/darknet/findings", centre.tokens["analyst"])[1]["findings"][0]["id"], group
        change, = findings_csv(centre, "analyst", what="change")
        assert (change["country"], change["port"], change["new"], change["observed"], change["to"]) == ("KR", "", "yes", "60.5", stamp(NOON + 3600)), change
        victim, = findings_csv(centre, "analyst", what="victim")
        assert (victim["victim"], victim["vectors"], victim["reflector"], victim["packets"], victim["rate"]) == ("8.8.8.8", "syn udp", "dns", "9", "7"), victim
        assert findings_csv(centre, "member-beta") == [] and findings_csv(centre, "member-beta", what="victim") == []
        assert centre.request("GET", "/v1/darknet/findings?format=csv", centre.tokens["auditor"])[0] == 403
        # By the page's button; its days are those of its language.
        page = show(centre, "/darknet/findings?what=victim")
        assert re.search('<button class="button" name="format" value="csv">', page), page
        for language, zone in (("ja", JAPAN), ("en", 0)):
            date = time.strftime("%Y-%m-%d", time.gmtime(NOON + zone))
            cookie = centre.sign_in("analyst")
            for first, last, count in ((date, date, 2), ("2019-01-01", "2020-01-01", 1)):
                status, _, text = centre.request("GET", "/darknet/findings?what=victim&address=&from=%s&to=%s&format=csv" % (first, last),
                                                 headers={"Cookie": cookie, "Accept": "text/html", "Accept-Language": language})
                assert status == 200 and text.count(b"\r\n") == count, (language, first, text)


def group_line(addresses, number=1, sources=None, first=NOON, **more):
    about = {"what": "group", "kind": "group", "number": number, "sources": sources or len(addresses), "packets": 40, "open": True, "noticed": stamp(first),
             "first": stamp(first - 600), "last": stamp(first), "ports": ["23/tcp", "2323/tcp"], "tool": "mirai", "observed": 12.0, "expected": 0.5,
             "surprise": 40.0, "threshold": 20.0, "addresses": addresses, **more}
    alert = {"action": "allowed", "gid": 4603, "signature_id": 5, "rev": 1, "signature": "Darknet: group", "category": "Coordinated scan", "severity": 2}
    return json.dumps({"timestamp": stamp(first), "event_type": "alert", "alert": alert, "darknet": about}, separators=(",", ":"))


def known_lists(folder):
    os.makedirs(os.path.join(folder, "known"))
    with open(os.path.join(folder, "known", "list.json"), "w") as file:
        json.dump({"name": "Known", "description": "x", "version": 1, "type": "cidr", "matching_attributes": ["ip-src"], "list": ["30.0.0.0/24"]}, file)
    os.chmod(folder, 0o755)
    return folder


def test_a_group_becomes_one_indicator_set():
    with tempfile.TemporaryDirectory() as folder, configured(then='loop = { warninglists = "%s"; };' % known_lists(folder)) as centre:
        analyst, administrator = centre.tokens["analyst"], centre.tokens["administrator"]
        status, answer = centre.json("POST", "/v1/organisations/2/space", administrator, {"prefix": "20.0.5.0/24", "from": "2020-01-01T00:00:00Z"})
        assert status == 201, answer
        telescope, nobody = Telescope(centre, "alpha", "a"), Telescope(centre, "other", "o")
        sources = ["20.0.0.1", "20.0.0.2", "2400:db8:7:1::9", "2400:db8:7:1::a", "10.0.0.1", "20.0.5.7", "30.0.0.3"]
        assert telescope.send([group_line(sources), group_line(["20.0.5.7", "30.0.0.3"], number=2), group_line(["20.1.1.1"], number=1, first=NOON + 60)])[0] == 200
        assert nobody.send([group_line(["20.0.0.9"])])[0] == 200

        def groups():
            status, answer = centre.json("GET", "/v1/darknet/findings?what=group&limit=200", analyst)
            assert status == 200, answer
            return answer["findings"]

        def make(finding, who=analyst, expect=201, **more):
            status, answer = centre.json("POST", "/v1/darknet/findings/%s/indicators" % finding["id"], who, {"noticed": finding["occurred"], **more})
            assert status == expect, (status, answer)
            return answer

        found = groups()
        assert len({each["id"] for each in found}) == 4, found
        first, = [each for each in found if each["finding"]["sources"] == len(sources)]
        for who in ("administrator", "auditor", "member-alpha", "member-beta", "alpha"):
            make(first, centre.tokens[who], 403)
        make({**first, "occurred": "2020-01-01T00:00:00Z"}, expect=404)
        make({**first, "id": "00000000-0000-4000-8000-000000000000"}, expect=404)
        for wrong in ({"days": 0}, {"days": 366}, {"confidence": 101}, {"tlp": "PINK"}, {"action": "shoot"}):
            make(first, expect=400, **wrong)
        # Of nothing but members' own and known addresses there is no set; nor of what no telescope wrote.
        assert "1 are members' own, 1 on warning lists" in make([each for each in found if each["finding"]["number"] == 2][0], expect=409)["detail"]
        assert "no telescope" in make([each for each in found if each["organisation"] == 5][0], expect=409)["detail"]

        made = make(first, tlp="GREEN", days=3, confidence=80, action="block")
        assert made["made"] and made["sources"] == 7 and made["left_out"] == {"members": 1, "listed": 1, "reserved": 1} and made["named"] == 3, made
        item = centre.json("GET", "/v1/items/" + made["item"], analyst)[1]
        thing = item["object"]
        assert thing["pattern"] == "[ipv4-addr:value = '20.0.0.1' OR ipv4-addr:value = '20.0.0.2' OR ipv6-addr:value = '2400:db8:7:1::/64']", thing
        assert item["tlp"] == "GREEN" and item["organisation"] == 0 and item["action"] == "block" and thing["confidence"] == 80, item
        begin, end = (time.mktime(time.strptime(thing[key][:19], "%Y-%m-%dT%H:%M:%S")) for key in ("valid_from", "valid_until"))
        assert end - begin == 3 * DAY and thing["external_references"][0]["external_id"] == first["id"] + "/7", thing
        assert "alpha" not in json.dumps(item) and "23/tcp" in thing["description"], item
        for value in ("20.0.0.2", "2400:db8:7:1::/64"):
            status, answer = centre.json("GET", "/v1/items?value=" + value, analyst)
            assert [each["id"] for each in answer["items"]] == [made["item"]], (value, answer)

        # Pressed twice it is one set; a line that says that the group has grown makes a new version of it, and an older one none.
        again = make(first, expect=200, tlp="RED")
        assert again["items"] == [made["item"]] and not again["made"], again
        assert telescope.send([group_line(sources + ["20.0.0.3"])])[0] == 200
        grown, = [each for each in groups() if each["finding"]["sources"] == 8]
        assert grown["id"] == first["id"], (grown, first)
        assert make(first, tlp="GREEN")["named"] == 4 and not make(grown, expect=200)["made"]
        versions = centre.json("GET", "/v1/items/%s/versions" % made["item"], analyst)[1]["versions"]
        assert len(versions) == 2 and versions[1]["object"]["created"] == thing["created"] and "20.0.0.3" in versions[1]["object"]["pattern"], versions
        # What somebody took back does not come back.
        status, answer = centre.json("PATCH", "/v1/items/" + made["item"], analyst, {"revoked": True})
        assert status == 200, answer
        assert telescope.send([group_line(sources + ["20.0.0.3", "20.0.0.4"])])[0] == 200
        assert "took" in make(first, expect=409)["detail"]

        # By the page, without scripts.
        cookie = centre.sign_in("analyst")
        path = "/darknet/findings/%s/indicators" % [each for each in found if each["finding"]["sources"] == 1 and each["organisation"] == 1][0]["id"]
        status, _, page = centre.request("GET", "/darknet/findings", headers={"Cookie": cookie, "Accept": "text/html", "Accept-Language": "ja"})
        assert status == 200 and path.encode() in page and "指標".encode() in page, page
        form = re.search(r'action="%s".*?name="form_token" value="(.*?)".*?name="noticed" value="(.*?)"' % path, page.decode(), re.S)
        body = urllib.parse.urlencode({"form_token": form.group(1), "noticed": form.group(2), "tlp": "AMBER", "days": "7", "confidence": "50", "action": "alert"})
        status, headers, _ = centre.request("POST", path, None, body.encode(), form_headers(cookie))
        assert status == 303 and re.match("/items/indicator--", headers["Location"]), (status, headers)
        member = centre.request("GET", "/darknet/findings", headers={"Cookie": centre.sign_in("member-alpha"), "Accept": "text/html"})
        assert member[0] == 200 and b"/indicators" not in member[2]

        log = centre.json("GET", "/v1/log?limit=400", centre.tokens["auditor"])[1]
        lines = [each for each in log[[key for key in log if isinstance(log[key], list)][0]] if each["what"] == "finding.indicators"]
        assert len(lines) == 3 and lines[-1]["object"] == first["id"] and "7 sources: 3 named; left out 1 of members" in lines[-1]["detail"], lines


def test_what_was_published_stays():
    with configured() as centre:
        telescopes = [Telescope(centre, each, each) for each in ("alpha", "beta", "gamma")]
        for telescope in telescopes[:2]:
            telescope.send([counts(NOON, [["23/tcp", "probe", "", "JP", 0, 100]])])
        counted(centre, 200)
        wish = {"title": "A day", "period": day(NOON)}
        status, answer = centre.json("POST", "/v1/darknet/publications", centre.tokens["analyst"], wish)
        assert status == 409, (status, answer)
        telescopes[2].send([counts(NOON, [["23/tcp", "probe", "", "JP", 0, 100]])])
        counted(centre, 300)
        assert centre.json("POST", "/v1/darknet/publications", centre.tokens["member-alpha"], wish)[0] == 403
        status, answer = centre.json("POST", "/v1/darknet/publications", centre.tokens["analyst"], wish)
        assert status == 201, answer
        name = answer["publication"]["id"]
        telescopes[0].send([counts(NOON + 20, [["23/tcp", "probe", "", "JP", 0, 1]])])
        counted(centre, 301)
        for who in ("analyst", "member-beta"):
            status, answer = centre.json("GET", "/v1/darknet/publications/" + name, centre.tokens[who])
            assert status == 200 and answer["figures"]["views"]["all"]["packets"] == 300 and answer["figures"]["known"], answer
            assert [each["title"] for each in centre.json("GET", "/v1/darknet/publications", centre.tokens[who])[1]["publications"]] == ["A day"]


def test_notes_stand_beside_figures_and_stay_in_what_was_published():
    with configured() as centre:
        for each in ("alpha", "beta", "gamma"):
            Telescope(centre, each, each).send([counts(NOON - 2 * DAY, [["23/tcp", "probe", "", "JP", 0, 20]]), counts(NOON - DAY, [["23/tcp", "probe", "", "JP", 0, 10]]),
                                                counts(NOON, [["23/tcp", "probe", "", "JP", 0, 60], ["80/tcp", "probe", "http", "TW", 0, 40]])])  # the day that is waited for comes last
        counted(centre, 300)
        answer = views(centre)
        assert answer["iot_ports"]["name"] and answer["iot_ports"]["date"], answer
        assert abs(answer["period"]["figures"]["iot_percent"] - 60) < 1e-9, answer["period"]  # 23/tcp is on the list, 80/tcp is not
        assert answer["period"]["notes"] == [] and answer["against"]["from"] == day(NOON - DAY)
        note = {"period": day(NOON - DAY), "ja": "観測網の <移設>", "en": "The sensors <moved>", "left_out": True}
        assert centre.json("POST", "/v1/darknet/notes", centre.tokens["member-alpha"], note)[0] == 403
        for wrong in ({"period": "last week"}, {"ja": "a\nb"}, {"en": ""}):
            assert centre.json("POST", "/v1/darknet/notes", centre.tokens["analyst"], dict(note, **wrong))[0] == 400, wrong
        status, answer = centre.json("POST", "/v1/darknet/notes", centre.tokens["analyst"], note)
        assert status == 201, answer
        away = answer["note"]["id"]
        status, answer = centre.json("POST", "/v1/darknet/notes", centre.tokens["analyst"], dict(note, period=day(NOON), en="A flood", ja="大量の通信", left_out=False))
        assert status == 201, answer
        flood = answer["note"]["id"]
        # What is left out is not what a day is compared with, unless that is asked for.
        answer = views(centre)
        assert answer["against"]["from"] == day(NOON - 2 * DAY) and [each["en"] for each in answer["period"]["notes"]] == ["A flood"], answer
        asked = views(centre, against=day(NOON - DAY))
        assert [(each["ja"], each["left_out"]) for each in asked["against"]["notes"]] == [("観測網の <移設>", True)], asked["against"]
        status, listed = centre.json("GET", "/v1/darknet/notes", centre.tokens["member-beta"])
        assert status == 200 and [each["id"] for each in listed["notes"]] == [away, flood] and "author_name" not in listed["notes"][0], listed
        assert views(centre)["period"]["notes"][0]["author"] != "-" and views(centre, "member-alpha")["period"]["notes"][0]["author"] == "-"  # who works at the centre
        pages = {language: centre.request("GET", "/darknet?period=%s&against=%s" % (day(NOON), day(NOON - DAY)),
                                          headers={"Cookie": centre.sign_in("analyst"), "Accept": "text/html", "Accept-Language": language})[2].decode() for language in ("ja", "en")}
        assert "大量の通信" in pages["ja"] and "観測網の &lt;移設&gt;" in pages["ja"] and "日本 (JP)" in pages["ja"] and "台湾 (TW)" in pages["ja"] and "HTTPリクエスト (http)" in pages["ja"], pages["ja"]
        assert "The sensors &lt;moved&gt;" in pages["en"] and "Japan (JP)" in pages["en"] and "Taiwan (TW)" in pages["en"] and "A flood" in pages["en"], pages["en"]
        status, answer = centre.json("POST", "/v1/darknet/publications", centre.tokens["analyst"], {"title": "A day", "period": day(NOON)})
        assert status == 201, answer
        published = answer["publication"]["id"]
        assert centre.json("DELETE", "/v1/darknet/notes/" + flood, centre.tokens["member-alpha"])[0] == 403
        assert centre.request("DELETE", "/v1/darknet/notes/" + flood, centre.tokens["analyst"])[0] == 204
        assert centre.request("DELETE", "/v1/darknet/notes/" + flood, centre.tokens["analyst"])[0] == 404
        assert views(centre)["period"]["notes"] == []
        figures = centre.json("GET", "/v1/darknet/publications/" + published, centre.tokens["member-beta"])[1]["figures"]
        assert [each["en"] for each in figures["period"]["notes"]] == ["A flood"] and figures["iot_ports"]["name"], figures["period"]


def test_notes_are_written_and_figures_published_by_forms():
    """Without scripts; by analysts alone, from their own page alone."""
    with configured() as centre:
        telescopes = [Telescope(centre, each, each) for each in ("alpha", "beta", "gamma")]
        for telescope in telescopes:
            telescope.send([counts(NOON, [["23/tcp", "probe", "", "JP", 0, 100], ["80/tcp", "probe", "", "US", 1, 10]])])
        counted(centre, 330)
        cookie, member = centre.sign_in("analyst"), centre.sign_in("member-alpha")

        def look(who, language="en", query=""):
            status, _, page = centre.request("GET", "/darknet?period=" + day(NOON) + query, headers={"Cookie": who, "Accept": "text/html", "Accept-Language": language})
            assert status == 200, (status, page)
            return page

        def press(path, who=cookie, token=None, **fields):
            form = {"form_token": token or form_token(look(who)), **fields}
            status, headers, page = centre.request("POST", path, None, urllib.parse.urlencode(form).encode(), form_headers(who))
            return status, headers.get("Location"), page

        def listed(what):
            return centre.json("GET", "/v1/darknet/" + what, centre.tokens["analyst"])[1][what]

        for form in (b'action="/darknet/notes"', b'action="/darknet/publications"'):
            assert form in look(cookie) and form in look(cookie, "ja") and form not in look(member), form
        note = {"period": day(NOON - DAY), "shown": day(NOON), "ja": "観測網の\r\n<移設>", "en": "  The sensors\r\n\r\n<moved> ", "left_out": "true"}
        published = {"period": day(NOON), "title": "A <day>", "top": "1", "research": "false", "against": day(NOON - 3 * DAY)}
        # Whose role does not have it, who is not signed in, whose form is another session's: nothing is written.
        for path, fields in (("/darknet/notes", note), ("/darknet/publications", published)):
            for who in ("member-alpha", "auditor", "administrator"):
                session = centre.sign_in(who)
                own = form_token(centre.request("GET", "/account", headers={"Cookie": session, "Accept": "text/html"})[2])
                assert press(path, session, own, **fields)[0] == 403, (path, who)
            assert press(path, token="0" * 64, **fields)[0] == 403, path
            assert press(path, token=form_token(look(member)), **fields)[0] == 403, path
            status, _, _ = centre.request("POST", path, None, urllib.parse.urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"})
            assert status in (303, 401, 403), (path, status)
        for wrong in ({"period": "last week"}, {"ja": " \r\n "}, {"en": "x" * 2001}):
            assert press("/darknet/notes", **{**note, **wrong})[0] == 400, wrong
        assert press("/darknet/publications", **{**published, "period": day(NOON - 9 * DAY)})[0] == 409
        assert listed("notes") == [] and listed("publications") == []
        # The same as by the routes for programs; words are on one line, and the page shows the period from which they came.
        status, place, _ = press("/darknet/notes", **note)
        assert (status, place) == (303, "/darknet?period=%s#h-notes" % day(NOON)), (status, place)
        kept, = listed("notes")
        assert (kept["period"], kept["ja"], kept["en"], kept["left_out"]) == (day(NOON - DAY), "観測網の <移設>", "The sensors <moved>", True), kept
        # Where the page goes is nothing that a form can choose.
        for shown in ("//nobody.example", "2022\t", "2022#x", "\u3042"):
            status, place, page = press("/darknet/notes/%s/remove" % UNKNOWN, shown=shown)
            assert status in (400, 404) and place is None, (shown, status, place)
        status, place, _ = press("/darknet/notes", **{**note, "shown": "//nobody.example", "left_out": "false"})
        assert (status, place) == (303, "/darknet#h-notes"), (status, place)
        for language, removing in (("en", "Remove the note on "), ("ja", "の注記を削除")):
            page = look(cookie, language).decode()
            assert page.count("The sensors &lt;moved&gt;") == 2 and page.count("観測網の &lt;移設&gt;") == 2 and page.count(removing) == 2, page
            assert "moved" not in look(member, language).decode()  # it is on another day than theirs
        status, place, _ = press("/darknet/publications", **published)
        assert (status, place) == (303, "/darknet?period=%s#h-published" % day(NOON)), (status, place)
        made, = listed("publications")
        figures = centre.json("GET", "/v1/darknet/publications/" + made["id"], centre.tokens["member-beta"])[1]["figures"]
        assert made["title"] == "A <day>" and figures["views"]["all"]["packets"] == 300 and len(figures["views"]["countries"]["ranking"]) == 1, figures["views"]["all"]
        assert figures["against"]["from"] == day(NOON - 3 * DAY), figures["against"]
        assert b"A &lt;day&gt;" in look(member)
        # The form publishes what the page shows: with its choice of scanners and of what is compared; of researchers alone there is nothing to publish.
        page = look(cookie, query="&research=false&against=" + day(NOON - 2 * DAY)).decode()
        form = page[page.index('action="/darknet/publications"'):]
        assert 'name="research" value="false"' in form and 'name="against" value="%s"' % day(NOON - 2 * DAY) in form and 'name="period" value="%s"' % day(NOON) in form, form
        assert b'action="/darknet/publications"' not in look(cookie, query="&research=alone")
        for each in listed("notes"):
            status, place, _ = press("/darknet/notes/%s/remove" % each["id"], member, form_token(centre.request("GET", "/account", headers={"Cookie": member, "Accept": "text/html"})[2]))
            assert status == 403, status
            status, place, _ = press("/darknet/notes/%s/remove" % each["id"], shown=day(NOON))
            assert (status, place) == (303, "/darknet?period=%s#h-notes" % day(NOON)), (status, place)
        assert listed("notes") == [] and press("/darknet/notes/%s/remove" % UNKNOWN)[0] == 404
        log = centre.json("GET", "/v1/log?limit=400", centre.tokens["auditor"])[1]
        told = [each["what"] for each in log[[key for key in log if isinstance(log[key], list)][0]]]
        assert (told.count("telescope.note"), told.count("telescope.note-removed"), told.count("telescope.publish")) == (2, 2, 1), told


def test_a_table_that_is_full_loses_ports_and_no_packet():
    with configured("rows = 1000;") as centre:
        alpha = Telescope(centre, "alpha", "a")
        alpha.send([counts(NOON, [["%d/tcp" % port, "probe", "", "JP", 0, 1] for port in range(1, 3001)])])
        counted(centre, 3000)
        answer = views(centre)
        assert answer["packets_without_port"] == 2000 and ranking(answer)["0/ip-0"] == 2000, answer


KILLS = int(os.environ.get("NOROSHI_KILLS", "6"))


def test_every_line_counts_once_when_the_keeper_is_killed():
    chance = random.Random(6)
    with configured() as centre:
        telescopes = [Telescope(centre, each, each) for each in ("alpha", "beta")]
        sent, ending, problems = {0: 0, 1: 0}, threading.Event(), []

        def run(index):
            number = 0
            while not ending.is_set():
                try:
                    status, _, answer = telescopes[index].send(
                        [counts(NOON + 10 * (number + i) % 3600, [["%d/tcp" % (1 + (number + i) % 50), "probe", "", "JP", 0, 3]]) for i in range(5)])
                except Exception:  # noqa: BLE001: a connection that broke: the same lines again, at the same place
                    time.sleep(0.05)
                    continue
                if status == 200:
                    number += 5
                    sent[index] = number
                elif status not in (429, 503):
                    problems.append((status, answer))
                    return
                time.sleep(0.01)
        threads = [threading.Thread(target=run, args=(index,)) for index in sent]
        for each in threads:
            each.start()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.1, 1.0))
            before = wait_for(lambda: centre.children().get("keeper"), what="a keeper")
            os.kill(before, signal.SIGKILL)
            wait_for(lambda: centre.children().get("keeper") not in (None, before), 60, "the keeper to be started again")
        wait_for(lambda: problems or min(sent.values()) > 0, what="both telescopes' lines to be taken")
        time.sleep(0.3)
        ending.set()
        for each in threads:
            each.join()
        assert not problems, problems[:3]
        assert min(sent.values()) > 0, sent

        def total():
            status, answer = centre.json("GET", "/v1/darknet/views?period=%s..%s" % (day(NOON - DAY), day(NOON + DAY)), centre.tokens["analyst"])
            return answer["views"]["all"]["packets"] if status == 200 else None
        wait_for(lambda: total() == 3 * sum(sent.values()) or time.sleep(0.3), 30, "%d packets, not %s" % (3 * sum(sent.values()), total()))
        time.sleep(1)
        assert total() == 3 * sum(sent.values()), (total(), sent)
        assert "are read again" in centre.said() or "were read again" in centre.said(), centre.said()[-2000:]


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
