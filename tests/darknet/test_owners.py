"""Whose address appears in anyone's telescope is told, and nobody else: a real centre, lines as telescopes write them."""
import ipaddress
import json
import random
import re
import sys
import threading
import time
import urllib.parse

from owners import DAY, alerts, appeared, bulletins, telescopes, wait_for
from center import eve, form_headers, form_token, main


def sources(found):
    return sorted(alert["source"] for alert in found)


def test_who_held_the_address_at_that_time_has_the_alert():
    with telescopes() as centre:
        now = time.time()
        lines = [
            appeared("198.51.100.7", now),
            appeared("198.51.100.200", now),
            appeared("2001:db8:a:1::9", now),
            appeared("203.0.113.5", now - 2 * DAY),
            appeared("203.0.113.6", now),
            appeared("8.8.8.8", now),
            appeared("10.0.0.1", now),
        ]
        status, _, answer = centre.post(centre.tokens["hill"], lines, batch="one")
        assert status == 200 and answer["alerts"] == len(lines) and answer["malformed"] == 0, answer
        assert sources(alerts(centre, "member-aoba")) == ["198.51.100.7", "2001:db8:a:1::9", "203.0.113.5"]
        assert sources(alerts(centre, "member-kaede")) == ["198.51.100.200", "203.0.113.6"]
        assert sources(alerts(centre, "member-hill")) == ["10.0.0.1", "8.8.8.8"]
        assert alerts(centre, "member-lake") == []
        one = alerts(centre, "member-aoba", contains="198.51.100.7")[0]
        assert one["detector"] == "Noroshi darknet" and one["signature_id"] == "darknet:probe", one
        assert "hill" not in str(one), one  # whose telescope it was is nobody's business


def test_a_stranger_opens_no_event_and_says_why():
    with telescopes() as centre:
        centre.post(centre.tokens["hill"], [appeared("8.8.8.%d" % i, worm="mirai") for i in range(1, 200)])
        centre.post(centre.tokens["lake"], [appeared("198.51.100.7", worm="mirai", tool="mirai")])
        centre.post(centre.tokens["hill"], [appeared("198.51.100.7", worm="mirai", tool="mirai")])
        events = wait_for(lambda: centre.json("GET", "/v1/events", centre.tokens["analyst"])[1]["events"], 20, "an event")
        assert len(events) == 1, events  # two telescopes saw the one address
        assert centre.json("GET", "/v1/events", centre.tokens["member-hill"])[1]["events"] == []
        assert [e["id"] for e in centre.json("GET", "/v1/events", centre.tokens["member-aoba"])[1]["events"]] == [events[0]["id"]]


def test_who_is_no_telescope_is_not_believed():
    with telescopes() as centre:
        centre.post(centre.tokens["kaede"], [appeared("198.51.100.7"), eve(1, None, "its own")])
        assert alerts(centre, "member-aoba") == []
        assert len(alerts(centre, "member-kaede")) == 2


def test_who_is_no_telescope_hides_nothing():
    """A line that says of itself to be a telescope's or a decoy's goes the way of every other of its sensor, in whatever format."""
    with telescopes() as centre:
        exploit = json.loads(eve(1, None, "ET EXPLOIT remote code execution"))
        exploit["alert"]["severity"] = 1
        kinds = ({}, {"darknet": {"what": "source", "kind": "other", "port": "23/tcp", "packets": 1}}, {"decoy": {"what": "session"}})
        lines = [json.dumps(dict(exploit, src_ip="192.0.2.%d" % (20 + i), dest_ip="198.51.100.%d" % (200 + i), **kind)) for i, kind in enumerate(kinds)]
        cef = "CEF:0|Noroshi|darknet|1|darknet:misconfiguration|ET EXPLOIT remote code execution|10|src=192.0.2.30 dvchost=gate rt=%d" % (time.time() * 1000)
        for batch in (lines, [cef]):
            status, _, answer = centre.post(centre.tokens["kaede"], batch)
            assert status == 200 and answer["alerts"] == len(batch), answer
        wait_for(lambda: len(alerts(centre, "member-kaede", verdict="event")) == 4, 20, "each is an event")
        found = alerts(centre, "member-kaede")
        assert sorted(each["detector"] for each in found) == ["Noroshi darknet (no telescope)"] + ["Suricata"] * 3, found
        # The same lines of a telescope are its own: strangers appeared.
        assert centre.post(centre.tokens["hill"], lines[1:])[2]["alerts"] == 2
        assert sorted(each["signature_id"] for each in alerts(centre, "member-hill")) == ["darknet:misconfiguration", "darknet:probe"]


def appearances(centre, name):
    status, answer = centre.json("GET", "/v1/appearances?limit=500", centre.tokens[name])
    assert status == 200, answer
    return answer["appearances"]


def test_the_member_is_told_once_of_what_many_telescopes_saw_and_when_it_stops():
    with telescopes(config='owners = { digest = "1 s"; quiet = "6 s"; };') as centre:
        centre.post(centre.tokens["hill"], [appeared("198.51.100.7", worm="mirai", tool="mirai")])
        centre.post(centre.tokens["lake"], [appeared("198.51.100.7", worm="mirai", tool="mirai", port="2323/tcp", addresses=256)])
        told = wait_for(lambda: bulletins(centre, "aoba"), 20, "the owner is told")
        wait_for(lambda: appearances(centre, "member-aoba")[0]["telescopes"] == 2, 20, "both telescopes")
        assert len(told) == 1 and told[0]["tlp"] == "AMBER" and "198.51.100.7" in told[0]["subject"] + told[0]["text"], told
        one = appearances(centre, "member-aoba")
        assert len(one) == 1 and one[0]["kind"] == "worm" and one[0]["telescope_addresses"] == 65792, one
        assert sorted(one[0]["ports"]) == ["23/tcp", "2323/tcp"] and one[0]["packets"] == 2 and one[0]["worm"] == "mirai", one
        wait_for(lambda: len(bulletins(centre, "aoba")) == 2, 30, "the owner is told that it stopped")
        text = str(bulletins(centre, "aoba"))
        assert not [name for name in ("hill", "lake") if name in text], text
        assert "stopped" in appearances(centre, "member-aoba")[0]
        assert not bulletins(centre, "kaede") and not bulletins(centre, "hill") and not appearances(centre, "member-kaede")
        assert centre.json("GET", "/v1/appearances", centre.tokens["administrator"])[0] == 403
        assert len(appearances(centre, "analyst")) == 1
        japanese = centre.json("GET", "/v1/bulletins", centre.tokens["member-aoba"], headers={"Accept-Language": "ja"})[1]["bulletins"]
        assert any("ダークネット" in each["subject"] for each in japanese), japanese


def state_of(centre, name="member-aoba", **query):
    asked = "".join("&%s=%s" % each for each in query.items())
    status, answer = centre.json("GET", "/v1/appearances?limit=500" + asked, centre.tokens[name])
    assert status == 200, answer
    return [(each["address"], each["kind"], each["state"], each["reopened"]) for each in answer["appearances"]]


def test_what_goes_on_is_told_with_all_its_packets_and_they_are_counted_once():
    with telescopes() as centre:
        hour, now = 3600, time.time()
        began = {"hill": now - 5 * hour, "lake": now - 4 * hour}
        for each, since in began.items():
            assert centre.post(centre.tokens[each], [appeared("198.51.100.7", second=since)], batch="first")[0] == 200
        for passed in (1, 2, 3):
            for each, since in began.items():
                line = appeared("198.51.100.7", second=since + passed * hour, since=since, packets=1 + 100 * passed)
                assert centre.post(centre.tokens[each], [line], batch="after-%d" % passed)[0] == 200
        # where the keeper is killed between two lines of an event, what was told stands in the store
        wait_for(lambda: [each["packets"] for each in appearances(centre, "member-aoba")] == [602], what="both events")
        centre.kill("keeper")
        line = appeared("198.51.100.7", second=now, since=began["hill"], packets=501)
        wait_for(lambda: centre.post(centre.tokens["hill"], [line], batch="last")[0] == 200, what="the keeper again")
        wait_for(lambda: [each["packets"] for each in appearances(centre, "member-aoba")] == [802], what="the last line")


def test_what_was_cleaned_is_open_again_when_it_is_seen_again():
    with telescopes() as centre:
        member, now = centre.tokens["member-aoba"], time.time()

        def say(state, address="198.51.100.7", who="member-aoba", key=None, **body):
            return centre.json("POST", "/v1/appearances", centre.tokens[who], dict(body, address=address, state=state),
                               {"Idempotency-Key": key} if key else None)

        centre.post(centre.tokens["hill"], [appeared("198.51.100.8", now - 20), appeared("198.51.100.7", now - 10), appeared("198.51.100.200", now)])
        both = wait_for(lambda: len(state_of(centre)) == 2 and state_of(centre), 20, "the list")
        assert both == [("198.51.100.7", "probe", "open", False), ("198.51.100.8", "probe", "open", False)], both
        for _ in range(2):
            status, answer = say("cleaned", note="=a camera", key="once")
            assert status == 200 and answer["state"] == "cleaned", (status, answer)
        assert say("explained", "198.51.100.8")[0] == 200
        row = [each for each in appearances(centre, "analyst") if each["address"] == "198.51.100.7"][0]
        assert (row["state"], row["note"], row["by"]) == ("cleaned", "=a camera", "member-aoba") and "changed" in row, row
        assert state_of(centre, state="cleaned") == [("198.51.100.7", "probe", "cleaned", False)]
        # Whose it is not, who is nobody's member, and what is no address of the list.
        assert say("cleaned", who="member-kaede")[0] == 404 and say("cleaned", "198.51.100.9")[0] == 404
        assert say("cleaned", "198.51.100.200")[0] == 404 and say("cleaned", who="analyst")[0] == 403
        assert say("gone")[0] == 400 and say("cleaned", "x")[0] == 400
        # What was seen before it was cleaned, and comes late, changes nothing; what is seen later does.
        centre.post(centre.tokens["lake"], [appeared("198.51.100.7", now - 5, port="2323/tcp")])
        wait_for(lambda: [each for each in appearances(centre, "member-aoba") if each["packets"] == 2], 20, "the late line")
        assert state_of(centre, state="open") == []
        centre.post(centre.tokens["lake"], [appeared("198.51.100.7", time.time() + 1), appeared("198.51.100.8", time.time() + 1)])
        again = wait_for(lambda: state_of(centre, state="open"), 20, "it is open again")
        assert again == [("198.51.100.7", "probe", "open", True)], again
        wait_for(lambda: len([each for each in appearances(centre, "member-aoba") if each["packets"] >= 2]) == 2, 20, "both lines")
        assert state_of(centre, state="explained") == [("198.51.100.8", "probe", "explained", False)]  # it goes on, as was explained
        centre.post(centre.tokens["lake"], [appeared("198.51.100.8", time.time() + 1, worm="mirai")])
        wait_for(lambda: ("198.51.100.8", "worm", "open", True) in state_of(centre), 20, "of another kind")
        status, headers, csv = centre.request("GET", "/v1/appearances?format=csv", member)
        rows = csv.decode().split("\r\n")
        assert status == 200 and headers["Content-Type"].startswith("text/csv") and len(rows) == 5 and rows[-1] == "", rows
        assert len([row for row in rows if '"\'=a camera"' in row and '"198.51.100.7"' in row and ',"open","yes",' in row]) == 1, rows
        # The same by the page's form, in the reader's language.
        session = centre.sign_in("member-aoba")
        look = {"Cookie": session, "Accept": "text/html", "Accept-Language": "ja"}
        status, _, page = centre.request("GET", "/appearances?state=open&standing=", headers=look)
        assert status == 200 and "再び観測".encode() in page and b"a camera" in page and page.count(b"198.51.100.8") == 3, page
        body = urllib.parse.urlencode({"form_token": form_token(page), "address": "198.51.100.8", "state": "cleaned", "note": "<b>"})
        status, headers, _ = centre.request("POST", "/appearances", body=body.encode(), headers=form_headers([session]))
        assert (status, headers["Location"]) == (303, "/appearances"), (status, headers)
        assert "…".encode() not in page, "an ellipsis where there are no more ports"
        page = centre.request("GET", "/appearances?state=cleaned", headers=look)[2]
        assert b"&lt;b&gt;" in page and b"198.51.100.7" not in page, page
        # Pages of one row are the list.
        whole, found, after = state_of(centre), [], ""
        while after is not None:
            status, answer = centre.json("GET", "/v1/appearances?limit=1" + after, member)
            assert status == 200, answer
            found += [(each["address"], each["kind"], each["state"], each["reopened"]) for each in answer["appearances"]]
            after = "&after=" + answer["next"] if answer["next"] else None
        assert found == whole and len(found) == 3, (found, whole)


def test_the_csv_has_all_rows_while_others_come():
    """More than the 10,000 that it once ended at."""
    with telescopes(config='owners = { digest = "1 h"; };') as centre:
        wanted = [str(ipaddress.ip_address("2001:db8:a:%x::" % i)) for i in range(11000)]
        for at in range(0, len(wanted), 1000):
            assert centre.post(centre.tokens["hill"], [appeared(each + "9") for each in wanted[at:at + 1000]], batch="b%d" % at)[0] == 200

        def listed():
            while True:
                status, headers, text = centre.request("GET", "/v1/appearances?format=csv", centre.tokens["member-aoba"])
                if status != 429:  # else the member used its share of the centre's time
                    assert status == 200, (status, text)
                    return text.decode().split("\r\n")[1:-1]
                time.sleep(float(headers["Retry-After"]))

        wait_for(lambda: len(listed()) == len(wanted) or time.sleep(0.5), 120, "all of them")
        ending = threading.Event()

        def come():
            number = 0
            while not ending.is_set():
                centre.post(centre.tokens["lake"], [appeared(wanted[number * 37 % len(wanted)] + "9"), appeared("2001:db8:a:%x::9" % (20000 + number))], batch="c%d" % number)
                number += 1

        sending = threading.Thread(target=come)
        sending.start()
        try:
            for _ in range(3):
                found = [row.split('"')[1] for row in listed()]
                assert len(set(found)) == len(found) and [each for each in found if each in set(wanted)] == wanted, (len(found), found[:3])
        finally:
            ending.set()
            sending.join()
        whole = centre.request("GET", "/appearances?format=csv", headers={"Cookie": centre.sign_in("analyst"), "Accept": "text/html"})
        assert whole[0] == 200 and len(whole[2].split(b"\r\n")) > len(wanted) + 2, whole[2][:200]
        assert len(centre.request("GET", "/v1/appearances?format=csv", centre.tokens["member-kaede"])[2].split(b"\r\n")) == 2


def test_many_addresses_are_one_message():
    with telescopes(config='owners = { digest = "4 s"; };') as centre:
        centre.post(centre.tokens["hill"], [appeared("198.51.100.%d" % i) for i in range(1, 100)])
        wait_for(lambda: bulletins(centre, "aoba"), 20, "the owner is told")
        began = time.monotonic()
        for i in range(100, 127):
            centre.post(centre.tokens["lake"], [appeared("198.51.100.%d" % i)])
        lasted = time.monotonic() - began  # on a busy machine longer than one digest gathers
        wait_for(lambda: len([each for each in appearances(centre, "member-aoba") if "told" in each]) == 126, 60, "all are told")
        assert 2 <= len(bulletins(centre, "aoba")) <= 4 + lasted / 4, (lasted, bulletins(centre, "aoba"))


def test_a_keeper_that_is_killed_tells_each_address_once():
    """At random moments while lines come: every address is kept once with all its lines, and none is told of twice."""
    with telescopes(config='owners = { digest = "1 s"; };') as centre:
        dice = random.Random(97)
        for batch in range(12):
            lines = [appeared("198.51.100.%d" % (1 + batch * 10 + i)) for i in range(10)]
            name = ("hill", "lake")[batch % 2]
            if batch % 2:
                time.sleep(dice.random() * 1.5)
                centre.kill("keeper")
            wait_for(lambda: centre.post(centre.tokens[name], lines, batch="b%d" % batch)[0] == 200, 30, "batch %d is taken" % batch)
        centre.kill("keeper")
        wait_for(lambda: centre.json("GET", "/v1/appearances", centre.tokens["member-aoba"])[0] == 200, 30, "the keeper")
        wait_for(lambda: len([each for each in appearances(centre, "member-aoba") if "told" in each]) == 120, 60, "all are told")
        assert all(each["packets"] == 1 for each in appearances(centre, "member-aoba"))
        text = "".join(each["text"] for each in bulletins(centre, "aoba"))
        named = re.findall(r"  - (198\.51\.100\.\d+)\n", text)
        more = sum(int(each) for each in re.findall(r"And (\d+) more", text))
        assert len(named) == len(set(named)), sorted(named)
        assert len(named) + more == 120, (len(named), more)


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
