#!/usr/bin/env python3
"""Lists for members' devices at a real centre: who gets them and how, that they hold exactly what the sensors are told, that asking again is
cheap, and that a real unbound loads the zone and real Suricata the rules, where they are installed."""
import email.utils
import json
import os
import shutil
import subprocess
import tempfile
import time

from lists import FORMATS, ask, basic, everything, fetch, values
from taxii import free_port, indicator, main, wait_for
from test_loop_items import World, given

RULE = {"alone": "block"}


class Lists(World):
    def __init__(self, config="loop = { rate = 100000; };\n"):
        super().__init__(config)
        self.join("water", "beta", "member")
        self.done("PATCH", "/v1/communities/1/rule", RULE, self.tokens["analyst"])
        self.devices = {name: self.device(name) for name in self.numbers}

    def device(self, name):
        made = self.done("POST", "/v1/organisations/%d/devices" % self.numbers[name], {"name": "edge of " + name}, self.people[name])
        return made["token"]

    def offer(self, who, kind, value, action="block"):
        status, answer = self.json("POST", "/v1/communities/1/indicators", self.people[who], {"type": kind, "value": value, "action": action})
        assert status == 201, answer
        return answer["id"]

    def both(self, kind, value, action="block"):
        return [self.offer(who, kind, value, action) for who in ("alpha", "beta")]


def has(world, who, value, form="plain", **query):
    status, _, text = fetch(world, world.devices[who], form, **query)
    assert status == 200, (status, text)
    return value in values(form, text)


def test_a_device_reads_its_lists_and_nothing_else():
    with Lists() as world:
        token = world.devices["alpha"]
        world.both("domain", "evil.example")
        assert fetch(world, token, "plain")[2] == "evil.example\n"
        status, _, data = world.request("GET", "/v1/lists/plain", token)  # as a bearer token too
        assert (status, data) == (200, b"evil.example\n")
        assert world.request("GET", "/v1/lists/plain", world.people["alpha"])[0] == 200  # and its people look
        for other in ("/v1/alerts", "/v1/events", "/v1/items", "/v1/sensor/indicators", "/v1/devices", "/v1/communities", "/taxii2", "/v1/sensor/capture-policy"):
            assert world.request("GET", other, token)[0] in (403, 404), other
            assert world.request("GET", other, headers=basic(token))[0] in (401, 403, 404), other
        assert world.post(token, ["{}"])[0] == 403
        for wrong in (world.tokens["alpha"], world.tokens["analyst"], world.tokens["administrator"]):
            assert fetch(world, wrong, "plain")[0] == 403
        status, headers, text = fetch(world, "nrd_" + "0" * 40, "plain")
        assert status == 401 and "Basic" in str(headers.get_all("WWW-Authenticate")), (status, text)
        assert world.request("GET", "/v1/lists/plain", headers={"Authorization": "Basic !"})[0] == 401
        assert world.request("GET", "/v1/lists/xml", token)[0] == 400 and fetch(world, token, "plain", action="x")[0] == 400
        assert fetch(world, world.devices["gamma"], "plain")[2] == ""  # in no community
        assert fetch(world, world.devices["gamma"], "plain", community=1)[0] == 404
        assert token not in world.said()
        world.end()


def test_tokens_are_made_by_the_organisations_people_show_their_use_and_end():
    with Lists() as world:
        listed = lambda who: world.done("GET", "/v1/devices", None, who)["devices"]  # noqa: E731
        assert [each["name"] for each in listed(world.people["alpha"])] == ["edge of alpha"] and "by" not in listed(world.people["alpha"])[0]
        assert len(listed(world.tokens["administrator"])) == 3 and listed(world.tokens["administrator"])[0]["by"]
        assert "digest" not in json.dumps(listed(world.tokens["administrator"])) and world.devices["alpha"] not in json.dumps(listed(world.people["alpha"]))
        path = "/v1/organisations/%d/devices" % world.numbers["alpha"]
        assert world.json("POST", path, world.people["beta"], {"name": "x"})[0] == 404 and world.json("POST", path, world.tokens["analyst"], {"name": "x"})[0] == 403
        assert "last_used" not in listed(world.people["alpha"])[0]
        assert fetch(world, world.devices["alpha"], "plain")[0] == 200
        wait_for(lambda: "last_used" in listed(world.people["alpha"])[0], 20, "the last use")
        number = listed(world.people["alpha"])[0]["id"]
        assert world.json("DELETE", "/v1/devices/" + number, world.people["beta"])[0] == 404
        assert world.json("DELETE", "/v1/devices/" + number, world.people["alpha"])[0] == 204
        assert fetch(world, world.devices["alpha"], "plain")[0] == 401 and fetch(world, world.devices["beta"], "plain")[0] == 200
        assert listed(world.people["alpha"])[0]["revoked"]
        world.end()


def test_the_page_says_where_the_lists_are():
    with Lists() as world:
        cookies = world.sign_in("member-alpha")
        from center import cookies_of, form_headers, form_token  # noqa: F401
        status, _, page = world.request("GET", "/devices", headers={"Cookie": cookies} if isinstance(cookies, str) else form_headers(cookies))
        assert status == 200 and b"/v1/lists/rpz" in page and "edge of alpha".encode() in page and b"edge of beta" not in page, page
        world.end()


def test_a_list_is_what_the_sensors_hold():
    with Lists() as world:
        world.both("domain", "evil.example")
        world.both("hostname", "www.bad.example")
        world.both("address", "198.51.100.9")
        world.both("url", "http://evil.example/a")
        world.offer("alpha", "domain", "alone.example")  # travels as an alert
        world.offer("alpha", "sha256", "ab" * 32, "observe")
        held = world.feeds["beta"]
        wait_for(lambda: "ab" * 32 in held.values(), 20, "all of them: %s" % held.lines)
        for action, least in (("block", ("block",)), ("alert", ("block", "alert")), ("observe", ("block", "alert", "observe"))):
            _, _, text = fetch(world, world.devices["beta"], "csv", action=action)
            rows = [line.split(",") for line in text.splitlines()[1:]]
            expected = sorted((kind, value, line["action"]) for line in held.lines.values() if "values" in line and line["action"] in least for kind, value in line["values"])
            assert sorted((row[0], row[1].strip('"'), row[2]) for row in rows) == expected, (action, text, expected)
        told = everything(world, world.devices["beta"])
        assert told["plain"].count("evil.example") == 1  # once, though two gave it
        assert told["hosts"] == ["evil.example", "evil.example", "www.bad.example", "www.bad.example"]  # of both families
        assert sorted(set(told["rpz"])) == ["198.51.100.9/32", "evil.example", "www.bad.example"]
        assert set(values("plain", fetch(world, world.devices["beta"], "plain", kind="name")[2])) == {"evil.example", "www.bad.example"}
        assert fetch(world, world.devices["beta"], "plain", kind="url")[2] == "http://evil.example/a\n"
        rules = fetch(world, world.devices["beta"], "suricata")[2].splitlines()
        sids = [line.split("sid:")[1].split(";")[0] for line in rules]
        assert all(line.startswith("drop ") for line in rules) and len(set(sids)) == len(sids), rules
        again = fetch(world, world.devices["beta"], "suricata", action="alert")[2].splitlines()
        assert all(line.startswith("alert ") for line in again) and set(sids) <= {line.split("sid:")[1].split(";")[0] for line in again}, again
        world.end()


def test_what_ends_or_is_withdrawn_is_gone_and_a_table_says_when_each_ends():
    """What the rows W12 and N01 of the catalogue ask for: a list of malicious servers, and one of URLs, with the end of each."""
    with Lists() as world:
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 20))  # time for what is looked at before
        for who in ("alpha", "beta"):
            status, _ = world.json("POST", "/v1/communities/1/indicators", world.people[who], {"type": "url", "value": "http://phish.example/login", "action": "block", "until": until})
            assert status == 201
        ids = world.both("address", "198.51.100.66")
        assert until[:19] in fetch(world, world.devices["alpha"], "csv", kind="url")[2]
        assert has(world, "beta", "http://phish.example/login") and has(world, "beta", "198.51.100.66")
        assert world.json("DELETE", "/v1/shared/%d" % ids[0], world.people["alpha"])[0] == 200  # one of two: the next answer has it no more
        wait_for(lambda: not has(world, "beta", "198.51.100.66"), 5, "what one alone blocks to be an alert")
        assert has(world, "beta", "198.51.100.66", action="alert")
        assert world.json("DELETE", "/v1/shared/%d" % ids[1], world.people["beta"])[0] == 200
        assert not has(world, "beta", "198.51.100.66", action="observe")
        wait_for(lambda: not has(world, "beta", "http://phish.example/login", action="observe"), 20, "its end")
        world.end()


def test_asking_again_is_cheap():
    with Lists() as world:
        world.both("domain", "one.example")
        token = world.devices["alpha"]
        for form in FORMATS:
            status, headers, text = fetch(world, token, form)
            assert status == 200 and headers["ETag"] and headers["Last-Modified"], (form, status, str(headers), text)
            assert abs(email.utils.parsedate_to_datetime(headers["Last-Modified"]).timestamp() - time.time()) < 60
            for condition in ({"If-None-Match": headers["ETag"]}, {"If-Modified-Since": headers["Last-Modified"]}):
                status, again, text = fetch(world, token, form, condition)
                assert status == 304 and not text and again["ETag"] == headers["ETag"], (form, condition, status)
            assert fetch(world, token, form, {"If-None-Match": '"1"', "If-Modified-Since": headers["Last-Modified"]})[0] == 200
            assert fetch(world, token, form, {"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"})[0] == 200
        world.offer("alpha", "domain", "only-alerts.example")  # no block: the list is the same
        assert fetch(world, token, "plain", {"If-None-Match": fetch(world, token, "plain")[1]["ETag"]})[0] == 304
        tag, zone = fetch(world, token, "plain")[1], fetch(world, token, "rpz")[2]
        world.both("domain", "two.example")
        status, headers, text = fetch(world, token, "plain", {"If-None-Match": tag["ETag"], "If-Modified-Since": tag["Last-Modified"]})
        assert status == 200 and text == "one.example\ntwo.example\n", text
        parsed = email.utils.parsedate_to_datetime
        assert parsed(headers["Last-Modified"]) > parsed(tag["Last-Modified"])
        serial = lambda words: int(words.split("hostmaster.localhost. ")[1].split()[0])  # noqa: E731
        assert serial(fetch(world, token, "rpz")[2]) > serial(zone)
        os.kill(world.pids["keeper"], 9)  # after a start it is the same list
        wait_for(lambda: quiet(lambda: fetch(world, token, "plain")[0] == 200), 30, "the keeper")
        assert fetch(world, token, "plain", {"If-None-Match": headers["ETag"]})[0] == 304
        world.end()


def quiet(attempt):
    try:
        return attempt()
    except OSError:
        return False


def test_many_come_in_turns_and_the_switch_empties_the_lists_as_fast_as_the_feed():
    with Lists() as world:
        for who in ("alpha", "beta"):
            number = world.add("drops", world.people[who], *[indicator(pattern=f"[domain-name:value = 'many{i}.example']") for i in range(6000)])
            assert number["success_count"] == 6000, number
        held = world.feeds["alpha"]
        wait_for(lambda: len(held.values()) == 6000, 60, "all of them")
        token = world.devices["alpha"]
        assert len(values("plain", fetch(world, token, "plain", action="observe")[2])) == 6000
        assert len(values("suricata", fetch(world, token, "suricata", action="observe")[2])) == 18000
        for name in ("alpha", "beta"):
            assert world.json("POST", "/v1/organisations/%d/shared/stop" % world.numbers[name], world.tokens["analyst"])[0] == 200
        wait_for(lambda: not held.values(), 60, "none of them in the feed")
        held.lines.clear()
        assert everything(world, token, "observe") == {form: [] for form in FORMATS}
        world.end()


UNBOUND = """server:
 directory: "{folder}"
 username: ""
 chroot: ""
 pidfile: ""
 use-syslog: no
 interface: 127.0.0.1@{port}
 do-daemonize: no
 module-config: "respip validator iterator"
 log-local-actions: no
rpz:
 name: rpz.noroshi
 zonefile: "{folder}/zone"
remote-control:
 control-enable: no
"""


def test_unbound_blocks_what_the_zone_says():
    if not shutil.which("unbound"):
        print("# unbound is not installed")
        return
    with Lists() as world, tempfile.TemporaryDirectory(prefix="noroshi-zone-") as folder:
        ids = world.both("domain", "evil.test")
        world.both("address", "198.51.100.9")
        with open(os.path.join(folder, "zone"), "w", encoding="ascii") as file:
            file.write(fetch(world, world.devices["alpha"], "rpz")[2])
        port = free_port()
        with open(os.path.join(folder, "conf"), "w", encoding="ascii") as file:
            file.write(UNBOUND.format(folder=folder, port=port))
        with open(os.path.join(folder, "said"), "w+", encoding="utf-8") as said:
            process = subprocess.Popen(["unbound", "-c", os.path.join(folder, "conf")], stderr=said)
            try:  # of test. nobody could be asked: NXDOMAIN is the zone's word
                assert [ask(port, name, process) for name in ("evil.test", "www.evil.test")] == [3, 3]
            finally:
                process.kill()
                process.wait()
                said.seek(0)
                print("".join("# " + line for line in said), end="")
        for number, who in zip(ids, ("alpha", "beta")):
            assert world.json("DELETE", "/v1/shared/%d" % number, world.people[who])[0] == 200
        assert "evil" not in fetch(world, world.devices["alpha"], "rpz")[2]
        world.end()


def test_suricata_takes_the_rules():
    if not shutil.which("suricata"):
        print("# suricata is not installed")
        return
    with Lists() as world, tempfile.TemporaryDirectory(prefix="noroshi-rules-") as folder:
        for kind, value in (("domain", "evil.example"), ("address", "198.51.100.0/25"), ("url", "http://bad.example/x"), ("ja3", "ab" * 16)):
            world.offer("alpha", kind, value, "alert")
        for action in ("block", "alert"):
            path = os.path.join(folder, action)
            with open(path, "w", encoding="ascii") as file:
                file.write(fetch(world, world.devices["alpha"], "suricata", action=action)[2])
            done = subprocess.run(["suricata", "-T", "-S", path, "-l", folder], capture_output=True, timeout=120)
            assert done.returncode == 0, done
        world.end()


if __name__ == "__main__":
    import sys
    main(sys.modules[__name__])
