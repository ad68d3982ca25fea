"""Over a real centre: every notice names its event and has a receipt state; statistics as JSON and CSV; campaigns are hidden."""
import csv
import io
import sys
import time

from center import Centre, eve, main, wait_for

CENTRE = None
STEPS = ("ET EXPLOIT Apache log4j RCE Attempt (CVE-2021-44228)", "ET WEB_SERVER Webshell Response Observed",
         "ET MALWARE Cobalt Strike Beacon Command and Control Activity")
RECEIPTS = {"none", "on-its-way", "mail-failed", "delivered", "acknowledged"}


def centre():
    """Two organisations that the same source attacked: an event of each, confirmed and told."""
    global CENTRE
    if CENTRE:
        return CENTRE
    CENTRE = Centre(("alpha", "beta"))
    now = time.time() - 3000
    for number, name in enumerate(("alpha", "beta")):
        lines = [eve(step * 10 + repeat, now + number * 60 + step * 240 + repeat * 20, signature, "192.0.2.66", "198.51.100.%d" % (10 + number))
                 for step, signature in enumerate(STEPS) for repeat in range(3)]
        status, _, answer = CENTRE.post(CENTRE.tokens[name], lines)
        assert status in (200, 202), (status, answer)
    wait_for(lambda: len({event["organisation"] for event in events()}) == 2, 60, "an event of each organisation")
    for index, event in enumerate(events()):
        assert CENTRE.json("POST", "/v1/events/%s/confirm" % event["id"], CENTRE.tokens["analyst"], {})[0] == 200
        body = {"then": "draft" if index else "send"}
        status, answer = CENTRE.json("POST", "/v1/events/%s/notices" % event["id"], CENTRE.tokens["analyst"], body)
        assert status == 201, (status, answer)
    return CENTRE


def events():
    return CENTRE.json("GET", "/v1/events", CENTRE.tokens["analyst"])[1]["events"]


def notices(who="analyst"):
    status, answer = centre().json("GET", "/v1/notices", centre().tokens[who])
    assert status == 200, (status, answer)
    return answer["notices"]


def test_every_notice_names_an_event_and_has_a_receipt_state():
    assert len(notices()) >= 2
    for notice in notices():
        status, answer = centre().json("GET", "/v1/events/" + notice["event"], centre().tokens["analyst"])
        assert status == 200 and answer["event"]["organisation"] == notice["organisation"], (status, notice)
        assert notice["receipt"] in RECEIPTS, notice
        assert (notice["receipt"] == "none") == (notice["state"] == "draft"), notice
        whole = centre().json("GET", "/v1/notices/" + notice["id"], centre().tokens["analyst"])[1]["notice"]
        assert whole["receipt"] == notice["receipt"], whole


def test_there_is_no_notice_without_an_event():
    for missing in ("00000000-0000-4000-8000-000000000000", "nothing"):
        status, _ = centre().json("POST", "/v1/events/%s/notices" % missing, centre().tokens["analyst"], {})
        assert status in (400, 404), status
    status, _ = centre().json("POST", "/v1/notices", centre().tokens["analyst"], {})
    assert status == 405, status


def test_statistics_count_what_was_sent_as_json_and_as_csv():
    path = "/v1/statistics"
    status, answer = centre().json("GET", path, centre().tokens["auditor"])
    assert status == 200, answer
    sent = [notice for notice in notices() if notice["state"] != "draft"]
    assert answer["total"]["notices"] == len(sent) == 1, answer["total"]
    assert answer["total"]["confirmed"] == len(events()), answer["total"]
    for headers, query in (({"Accept": "text/csv"}, ""), ({}, "?format=csv")):
        status, answered, data = centre().request("GET", path + query, centre().tokens["analyst"], headers=headers)
        assert status == 200 and answered["Content-Type"].startswith("text/csv"), (status, answered.items())
        rows = list(csv.DictReader(io.StringIO(data.decode())))
        assert rows[0]["level"] == "total" and rows[0]["notices"] == "1", rows[0]
        for row in rows[1:]:
            assert row["period"].startswith("FY"), row
    status, _ = centre().json("GET", path + "?by=week", centre().tokens["analyst"])
    assert status == 400, status


def test_a_campaign_is_an_analyst_s_and_does_not_exist_for_others():
    campaign = wait_for(lambda: centre().json("GET", "/v1/campaigns", centre().tokens["analyst"])[1]["campaigns"], 30, "a campaign")[0]
    assert campaign["organisations"] == 2, campaign
    own = "/v1/campaigns/" + campaign["id"]
    none = "/v1/campaigns/00000000-0000-4000-8000-000000000000"
    status, answer = centre().json("GET", own, centre().tokens["analyst"])
    assert status == 200 and len(answer["parts"]) == 2, (status, answer)
    assert any(each["name"] == "192.0.2.66" for each in answer["shared"]["addresses"]), answer["shared"]
    assert answer["steps"] and answer["steps"][0]["seen"][0]["exact"], answer["steps"]
    missing = centre().json("GET", none, centre().tokens["analyst"])
    assert missing[0] == 404, missing
    session = {"Cookie": centre().sign_in("member-alpha")}
    for who in ({"token": centre().tokens["administrator"]}, {"token": centre().tokens["auditor"]}, {"headers": session}):
        for path in (own, none):
            assert centre().json("GET", path, **who) == missing, (who, path)
    body = {"text": "One actor.", "seen": 0}
    status, _ = centre().json("POST", own + "/analysis", centre().tokens["administrator"], body)
    assert status == 404, status
    assert centre().json("POST", own + "/analysis", centre().tokens["analyst"], body)[0] == 201
    assert centre().json("POST", own + "/analysis", centre().tokens["analyst"], body)[0] == 409


if __name__ == "__main__":
    try:
        code = main(sys.modules[__name__])
    finally:
        if CENTRE:
            CENTRE.stop()
    sys.exit(code)
