"""What befalls members' web sites, at a real centre: the owner of a site that does not answer is told, trouble that many share is one
message to all that names sectors and no organisation, and whoever is named in an announced attack is told at once, of itself alone."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../center"))
import center  # noqa: E402
from center import Centre, main  # noqa: E402

NAMES = ("probers", "aoba", "kaede", "sumire", "ajisai")
SECTORS = ("centre", "local government", "local government", "finance", "finance")
HEADER = "time,detector,signature_id,signature,category,severity,tactics,host,object\n"


def wait_for(condition, seconds, what):
    return center.wait_for(lambda: condition() or time.sleep(0.3), seconds, what)


def members(config='outage = { prober = "probers"; };'):
    centre = Centre(NAMES, config=config)
    administrator = centre.tokens["administrator"]
    for number, (name, sector) in enumerate(zip(NAMES, SECTORS), 1):
        assert centre.json("PATCH", "/v1/organisations/%d" % number, administrator, {"sector": sector})[0] == 200
        status, answer = centre.json("POST", "/v1/organisations/%d/space" % number, administrator, {"domain": "%s.example" % name, "from": "2026-01-01T00:00:00Z"})
        assert status == 201, answer
    return centre


def found(kind, host, ago=5):
    """One alert as `noroshi probe --alerts` writes it."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - ago))
    words = {"slow": "Web site answers slowly", "down": "Web site does not answer",
             "up": "Web site answers as usual again"}[kind]
    return "%s,Noroshi probe,probe:%s,%s,availability,high,TA0040,\"%s\",\"https://%s/\"\n" % (stamp, kind, words, host, host)


def send(centre, sensor, *lines):
    status, _, answer = centre.post(centre.tokens[sensor], (HEADER + "".join(lines)).encode(), headers={"Content-Type": "text/csv"},
                                    format="csv")
    assert status == 200 and answer["alerts"] == len(lines), answer


def metrics(centre):
    return centre.request("GET", "/metrics", centre.tokens["administrator"])[2].decode()


def bulletins(centre, name, kind=None, language="en"):
    status, answer = centre.json("GET", "/v1/bulletins", centre.tokens["member-" + name], headers={"Accept-Language": language})
    assert status == 200, answer
    return [each for each in answer["bulletins"] if each["kind"] == kind or (kind is None and each["kind"] != "sensor")]


def test_trouble_of_many_is_one_message_with_sectors_and_without_names():
    with members() as centre:
        send(centre, "probers", found("slow", "www.aoba.example"), found("down", "www.sumire.example"))
        told = wait_for(lambda: bulletins(centre, "sumire", "outage"), 20, "the owner of the site that is down")
        assert "www.sumire.example" in told[0]["text"] and told[0]["tlp"] == "AMBER", told
        assert not bulletins(centre, "aoba"), "two are not many"
        send(centre, "probers", found("slow", "kaede.example"))
        for name in NAMES:
            shared = wait_for(lambda: bulletins(centre, name, "slow-down"), 20, "what is shared with " + name)
            assert len(shared) == 1 and shared[0]["tlp"] == "GREEN", shared
            text = shared[0]["subject"] + shared[0]["text"]
            assert "local government" in text and "finance" in text and "3 organisations" in text, text
            assert not [other for other in NAMES if other in text], text
        assert "組織" in bulletins(centre, "aoba", "slow-down", "ja")[0]["subject"]
        send(centre, "probers", found("down", "www.ajisai.example"), found("down", "www.sumire.example"))
        wait_for(lambda: bulletins(centre, "ajisai", "outage"), 20, "the next site that is down")
        assert len(bulletins(centre, "aoba", "slow-down")) == 1 and len(bulletins(centre, "sumire", "outage")) == 1
        wait_for(lambda: "noroshi_outage_alarms_total 2\n" in metrics(centre) and "noroshi_outage_shared_total 1\n" in metrics(centre), 20,
                 "the counters")


def test_who_was_told_of_an_outage_is_told_that_it_is_over():
    with members() as centre:
        send(centre, "probers", found("down", "www.aoba.example"), found("up", "www.kaede.example"))
        wait_for(lambda: bulletins(centre, "aoba", "outage"), 20, "the outage")
        # by whom it is not believed, and of another site of the same organisation: nothing
        send(centre, "sumire", found("up", "www.aoba.example", ago=3))
        send(centre, "probers", found("up", "mail.aoba.example", ago=3))
        send(centre, "probers", found("up", "www.aoba.example", ago=2), found("up", "www.aoba.example", ago=1))
        wait_for(lambda: len(bulletins(centre, "aoba", "outage")) > 1, 20, "its end")
        send(centre, "probers", found("down", "www.sumire.example"))
        wait_for(lambda: bulletins(centre, "sumire", "outage"), 20, "another one's")
        told = bulletins(centre, "aoba", "outage")
        assert len(told) == 2 and any("answers again" in each["subject"] and "www.aoba.example" in each["text"] for each in told), told
        assert any("復旧" in each["subject"] for each in bulletins(centre, "aoba", "outage", "ja"))
        assert not bulletins(centre, "kaede")
        wait_for(lambda: "noroshi_outage_troubles_total 2\n" in metrics(centre), 20, "what answers again is no trouble")


def test_a_sensor_is_believed_about_its_own_sites_alone():
    with members("") as centre:
        send(centre, "kaede", found("down", "www.aoba.example"), found("down", "www.sumire.example"), found("down", "www.ajisai.example"),
             found("down", "www.kaede.example"), found("down", "www.kaede.example", ago=7200))
        wait_for(lambda: bulletins(centre, "kaede", "outage"), 20, "its own site's alarm")
        assert not [name for name in NAMES if name != "kaede" and bulletins(centre, name)]
        wait_for(lambda: "noroshi_outage_not_believed_total 3\n" in metrics(centre), 20, "what was not believed is counted")


def test_who_is_named_in_an_announced_attack_is_told_at_once_and_of_itself_alone():
    with members() as centre:
        analyst = centre.tokens["analyst"]
        send(centre, "probers", found("slow", "www.aoba.example"), found("slow", "www.kaede.example"))
        body = {"source": "https://sns.example/posts/1", "by": "a group", "targets": "www.aoba.example\naoba.example, sumire nobody.example",
                "attack_from": time.strftime("%Y-%m-%dT%H:%M:%SZ")}
        for other in ("member-aoba", "administrator", "auditor"):
            assert centre.json("POST", "/v1/announcements", centre.tokens[other], body)[0] == 404
        status, made = centre.json("POST", "/v1/announcements", analyst, body)
        assert status == 201 and made["announcement"]["targets_known"] == 3, made
        assert [each.get("organisation") for each in made["announcement"]["targets"]] == [2, 2, 4, None], made
        for name, wanted in (("aoba", ["www.aoba.example", "aoba.example"]), ("sumire", ["sumire"])):
            told = bulletins(centre, name, "announcement")  # in the transaction of the entry: there is nothing to wait for
            assert len(told) == 1 and all(each in told[0]["text"] for each in wanted), told
            assert "sns.example" in told[0]["text"] and not [each for each in NAMES if each != name and each in told[0]["text"]], told
        assert not bulletins(centre, "kaede") and not bulletins(centre, "ajisai")
        # What the probes found of the targets is attached, and of nobody else.
        status, shown = centre.json("GET", "/v1/announcements/" + made["announcement"]["id"], analyst)
        results = [len(each["results"]) for each in shown["announcement"]["targets"]]
        assert status == 200 and results == [1, 1, 0, 0], shown
        assert centre.json("GET", "/v1/announcements/" + made["announcement"]["id"], centre.tokens["member-aoba"])[0] == 404
        cookie = centre.sign_in("analyst")
        for path in ("/announcements", "/announcements/" + made["announcement"]["id"]):
            status, _, page = centre.request("GET", path, headers={"Cookie": cookie, "Accept": "text/html"})
            assert status == 200 and b"sns.example" in page, page[:500]
        # A text to several may name none of them, and an announcement names somebody.
        for wrong in (dict(body, instructions="as with kaede"), dict(body, targets=" ,\n"), dict(body, attack_to="2020-01-01T00:00:00Z")):
            assert centre.json("POST", "/v1/announcements", analyst, wrong)[0] == 400
        assert len(bulletins(centre, "aoba", "announcement")) == 1
        # Each announcement is told, also the next one about the same.
        assert centre.json("POST", "/v1/announcements", analyst, dict(body, targets="aoba"))[0] == 201
        assert len(bulletins(centre, "aoba", "announcement")) == 2


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
