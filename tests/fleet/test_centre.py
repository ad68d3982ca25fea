"""Sensors that stop, drop and drift, at a real centre with a real agent: noticed, told to their owner and to nobody else, and part of
what findings say of their coverage. Waits for conditions, never for a time."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../center"))
import center  # noqa: E402
from center import NOROSHI, Centre, Skip, eve, main  # noqa: E402

PYTHON = "/usr/bin/python3"  # Debian's, which has aiosmtpd
SMTP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lib/smtp_server.py")
QUICK = """center = {{ silence = "{silence}"; }};
fleet = {{ recover = "300 ms"; tell_every = "0"; drop_window = "300 ms"; clock_window = "300 ms"; drift = "20 s"; {fleet} }};
{more}
"""


def quick(silence, fleet="", more="", organisations=("alpha", "beta")):
    return Centre(organisations, config=QUICK.format(silence=silence, fleet=fleet, more=more))


def wait_for(condition, seconds, what):
    """Asks a few times a second: more than ten are too many for one account."""
    return center.wait_for(lambda: condition() or time.sleep(0.3), seconds, what)


class Agent:
    """A real agent that follows one file, and is stopped as a machine that hangs is."""

    def __init__(self, centre, token):
        self.folder = centre.folder
        self.file = os.path.join(self.folder, "eve.json")
        open(self.file, "w").close()
        with open(os.path.join(self.folder, "token"), "w") as file:
            file.write(token + "\n")
        os.chmod(os.path.join(self.folder, "token"), 0o600)
        config = os.path.join(self.folder, "agent.conf")
        with open(config, "w") as file:
            file.write('agent = { server = "%s"; token_file = "token"; state = "agent"; files = ( "%s" ); format = "eve";\n'
                       ' scan_every = "200 ms"; heartbeat = "400 ms"; retry_most = "1 s"; keep_records = true; };\n' % (centre.address, self.file))
        self.log = open(os.path.join(self.folder, "agent.log"), "wb")
        self.process = subprocess.Popen([NOROSHI, "agent", "--config", config], stdout=self.log, stderr=self.log)

    def write(self, *lines):
        with open(self.file, "a") as file:
            file.write("".join(line + "\n" for line in lines))

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        self.go_on()
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


def stats(packets, drops):
    return json.dumps({"timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000000+0000", time.gmtime()), "event_type": "stats",
                       "stats": {"uptime": 60, "capture": {"kernel_packets": packets, "kernel_drops": drops}}})


def sensors(centre, who="analyst"):
    status, answer = centre.json("GET", "/v1/fleet", centre.tokens[who], headers={"Accept-Language": "en"})
    assert status == 200, answer
    return {each["name"]: each for each in answer["sensors"]}, answer


def state(centre, name="sensor-alpha"):
    return sensors(centre)[0][name]["state"]


def seen(centre, wanted):
    """The sensor in this state, with the gaps that it has then: it may have others a moment later."""
    sensor = sensors(centre)[0]["sensor-alpha"]
    return sensor if sensor["state"] == wanted else None


def becomes(centre, wanted, name="sensor-alpha"):
    wait_for(lambda: state(centre, name) == wanted, 40, "%s is %s" % (name, wanted))


def bulletins(centre, who):
    status, answer = centre.json("GET", "/v1/bulletins", centre.tokens[who], headers={"Accept-Language": "en"})
    assert status == 200, answer
    return answer["bulletins"]


def event(centre, who="analyst"):
    status, answer = centre.json("GET", "/v1/events", centre.tokens[who])
    return answer["events"][0] if status == 200 and answer["events"] else None


def test_a_paused_agent_is_silent_and_told_and_recovers():
    with quick(silence="6 s") as centre:  # longer than a busy machine keeps an agent from saying that it is there
        agent = Agent(centre, centre.tokens["alpha"])
        try:
            becomes(centre, "ok")  # by its word alone: the file is empty
            agent.write(*[eve(n, signature="ET EXPLOIT shell uploaded", source="192.0.2.%d" % n) for n in range(1, 4)])
            wait_for(lambda: sensors(centre)[0]["sensor-alpha"]["alerts"] == 3, 20, "the agent delivers")
            agent.pause()
            becomes(centre, "silent")
            found, answer = sensors(centre)
            gap, = [each for each in found["sensor-alpha"]["gaps"] if each["kind"] == "silent" and each["open"]]
            assert gap["code"] == "no-record" and "silent" in gap["words"], gap
            assert 1 in [each["organisation"] for each in answer["without_sensor"]], answer["without_sensor"]
            assert answer["watched"]["share"] < 1 and answer["watched"]["sensors"] == 2, answer["watched"]
            # Its owner is told, and nobody else is.
            told = wait_for(lambda: bulletins(centre, "member-alpha"), 20, "a bulletin")
            assert "sensor-alpha" in told[0]["subject"] and "silent" in told[0]["text"] and told[0]["kind"] == "sensor", told
            assert not bulletins(centre, "member-beta")
            assert [each for each in sensors(centre, "member-beta")[0]] == ["sensor-beta"]
            status, lines = centre.json("GET", "/v1/log", centre.tokens["auditor"])
            assert [each for each in lines["lines"] if each["what"] == "sensor.silent"], lines["lines"][:5]
            # A finding of this time says so, and a search that finds nothing.
            centre.post(centre.tokens["beta"], [eve(9)])
            status, nothing = centre.json("GET", "/v1/alerts?contains=nothing-like-it&organisation=1", centre.tokens["analyst"],
                                          headers={"Accept-Language": "en"})
            assert nothing["alerts"] == [] and nothing["watched"]["whole"] == 0, nothing["watched"]
            agent.write(eve(4, signature="ET EXPLOIT shell uploaded"))
            agent.go_on()
            becomes(centre, "ok")
            closed = wait_for(lambda: [each for each in centre.json("GET", "/v1/gaps?sensor=1", centre.tokens["analyst"])[1]["gaps"]
                                       if each["number"] == gap["number"] and not each["open"]], 20, "the gap has ended")[0]
            assert closed["kind"] == "silent" and closed["to"] >= closed["from"], closed
            wait_for(lambda: not sensors(centre)[1]["without_sensor"] or
                     1 not in [each["organisation"] for each in sensors(centre)[1]["without_sensor"]], 20, "a sensor works again")
            again = wait_for(lambda: [each for each in bulletins(centre, "member-alpha") if "again" in each["subject"]], 20,
                             "a bulletin that it is over")
            assert "sensor-alpha" in again[0]["text"]
            page = centre.request("GET", "/sensors", headers={"Cookie": centre.sign_in("analyst"), "Accept": "text/html"})
            assert page[0] == 200 and b"sensor-alpha" in page[2]

            def counted():
                """The metric, and the gaps of both sensors: the other may have become silent as well."""
                metrics = centre.request("GET", "/metrics", centre.tokens["administrator"])[2].decode()
                known = [each for number in (1, 2) for each in centre.json("GET", "/v1/gaps?sensor=%d" % number, centre.tokens["analyst"])[1]["gaps"]]
                return int(re.search(r'^noroshi_fleet_gaps_total{kind="silent"} (\d+)$', metrics, re.M).group(1)), sum(each["kind"] == "silent" for each in known)
            wait_for(lambda: (lambda metric, known: metric == known > 0)(*counted()), 20, "the metric counts the gaps")
        finally:
            agent.end()


def test_an_event_says_what_its_sensors_did_not_see():
    with quick(silence="1 s") as centre:
        token = centre.tokens["alpha"]
        begin = time.time() - 3000

        def step(number, signature, second):
            lines = [eve(number * 10 + n, second + n, signature, "192.0.2.66", "198.51.100.10") for n in range(3)]
            assert centre.post(token, lines)[0] == 200

        step(0, "ET EXPLOIT Apache log4j RCE Attempt (CVE-2021-44228)", begin)
        step(1, "ET WEB_SERVER Webshell Response Observed", begin + 240)
        becomes(centre, "silent")
        step(2, "ET MALWARE Cobalt Strike Beacon Command and Control Activity", time.time())
        found = wait_for(lambda: event(centre), 20, "an event")
        assert 0 <= found["coverage"] <= 1
        status, whole = centre.json("GET", "/v1/events/" + found["id"], centre.tokens["member-alpha"], headers={"Accept-Language": "en"})
        watched = whole["event"]["watched"]
        assert status == 200 and watched["sensors"] == 1 and watched["gaps"], watched
        kinds = {each["kind"]: each["words"] for each in watched["gaps"]}
        assert "silent" in kinds and "sensor-alpha" in kinds["silent"] and set(kinds) <= {"silent", "never", "no-sensor", "drifting"}, kinds
        japanese = centre.json("GET", "/v1/events/" + found["id"], centre.tokens["member-alpha"],
                               headers={"Accept-Language": "ja"})[1]["event"]["watched"]
        assert "観測" in japanese["words"] and all("センサー" in each["words"] for each in japanese["gaps"]), japanese
        # What the sensors did changes what is said of an event, and not the event.
        status, _ = centre.json("POST", "/v1/events/%s/confirm" % found["id"], centre.tokens["analyst"], {})
        assert status == 200
        status, made = centre.json("POST", "/v1/events/%s/notices" % found["id"], centre.tokens["analyst"], {"then": "send", "tlp": "GREEN"})
        assert status == 201, made
        notice = centre.json("GET", "/v1/notices/" + made["notice"]["id"], centre.tokens["member-alpha"], headers={"Accept-Language": "en"})[1]
        assert notice["watched"]["gaps"] and "How much was watched" in notice["text"] and "sensor-alpha" in notice["text"], notice["text"]


def test_planned_silence_is_nobodys_trouble():
    with quick(silence="1 s") as centre:
        token, administrator = centre.tokens["alpha"], centre.tokens["administrator"]
        centre.post(token, [eve(1)])
        plan = {"hours": 2, "reason": "new disks"}
        assert centre.json("POST", "/v1/sensors/1/maintenance", centre.tokens["member-alpha"], plan)[0] == 403
        assert centre.json("POST", "/v1/sensors/1/maintenance", administrator, {"hours": 2, "reason": " "})[0] == 400
        assert centre.json("POST", "/v1/sensors/99/maintenance", administrator, plan)[0] == 404
        status, planned = centre.json("POST", "/v1/sensors/1/maintenance", administrator, plan)
        assert status == 201 and planned["kind"] == "maintenance", planned
        centre.post(centre.tokens["beta"], [eve(1)])
        becomes(centre, "silent")
        becomes(centre, "silent", "sensor-beta")
        wait_for(lambda: bulletins(centre, "member-beta"), 20, "the other sensor's owner is told")
        assert not bulletins(centre, "member-alpha")
        shown = sensors(centre)[0]["sensor-alpha"]
        assert shown["maintenance"] and any("new disks" in each["words"] for each in shown["gaps"]), shown
        assert centre.json("POST", "/v1/maintenance/%d/end" % planned["number"], administrator)[0] == 200
        assert centre.json("POST", "/v1/maintenance/%d/end" % planned["number"], administrator)[0] == 409
        wait_for(lambda: bulletins(centre, "member-alpha"), 20, "its owner is told when the maintenance is over")


def test_drops_and_clocks_are_told_from_what_is_delivered():
    with quick(silence="10 min") as centre:
        token = centre.tokens["alpha"]
        counts = [0, 0]

        def deliver(drops, ahead=0):
            counts[0] += 10000
            counts[1] += drops
            status, _, answer = centre.post(token, [stats(*counts), eve(counts[0], second=time.time() + ahead)])
            assert status == 200 and answer["alerts"] == 1, answer

        def until(wanted, drops=0, ahead=0):
            """Its gaps then, and the seconds by which a line can seem older: it says whole ones, and is on its way for some."""
            began = time.monotonic()
            sensor = wait_for(lambda: deliver(drops, ahead) or seen(centre, wanted), 30, "the sensor is %s" % wanted)
            return sensor["gaps"], 2 + time.monotonic() - began

        deliver(0)
        becomes(centre, "ok")
        (gap,), _ = until("dropping", drops=1000)
        assert gap["lost"] >= 1000 and "%" in gap["words"], gap
        until("ok")
        (gap,), older = until("drifting", ahead=600)
        assert 600 - older < gap["clock_error"] < 601 and gap["code"] == "clock-ahead", (gap, older)
        until("ok")


def counts(packets, dropped=0, ahead=0):
    """A telescope's line of the last ten seconds, by a clock that is so far ahead (docs/formats/darknet-lines.md)."""
    def stamp(second):
        return time.strftime("%Y-%m-%dT%H:%M:%S.000000+0000", time.gmtime(second))
    end = time.time() + ahead
    return json.dumps({"timestamp": stamp(end), "event_type": "darknet",
                       "darknet": {"what": "counts", "from": stamp(end - 10), "awake": 10.0, "addresses": 256, "frames": packets, "packets": packets,
                                   "bytes": 60 * packets, "dropped": dropped, "chunk": 1, "chunks": 1,
                                   "rows": [["23/tcp", "probe", "", "", 0, packets]]}})


def test_a_telescope_that_drops_or_whose_clock_is_90_s_off_is_noticed_though_its_agents_is_right():
    with quick(silence="10 min") as centre:
        assert centre.json("PATCH", "/v1/sensors/1", centre.tokens["administrator"], {"telescope": True})[0] == 200
        agent = Agent(centre, centre.tokens["alpha"])
        try:
            def until(wanted, dropped=0, ahead=0):
                """Its gaps then, and the seconds by which a line can seem older: it says whole ones, and is on its way for some."""
                began = time.monotonic()
                sensor = wait_for(lambda: agent.write(counts(1000, dropped, ahead)) or seen(centre, wanted), 40, "the telescope is %s" % wanted)
                return [each for each in sensor["gaps"] if each["kind"] == "drifting"], 2 + time.monotonic() - began

            agent.write(counts(1000))
            becomes(centre, "ok")
            (gap,), older = until("drifting", ahead=90)
            assert 90 - older < gap["clock_error"] < 91 and gap["code"] == "clock-ahead", (gap, older)
            until("ok")
            (gap,), older = until("drifting", ahead=-90)
            assert -90 - older < gap["clock_error"] < -89 and gap["code"] == "clock-behind-or-late", (gap, older)
            until("ok")
            until("dropping", dropped=500)
            until("ok")
            wait_for(lambda: [each for each in bulletins(centre, "member-alpha") if "clock" in each["text"]], 20, "its owner is told")
        finally:
            agent.end()


def test_what_is_known_of_sensors_outlives_the_keeper_and_mail_holds_no_contents_above_green():
    if subprocess.run([PYTHON, "-c", "import aiosmtpd"], capture_output=True).returncode:
        raise Skip("aiosmtpd is not here")
    folder = tempfile.mkdtemp(prefix="noroshi-test-")
    server = subprocess.Popen([PYTHON, SMTP, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        more = 'notify = { smtp_server = "smtp://127.0.0.1:%d"; smtp_from = "centre@example.net"; smtp_starttls = "never"; };'
        with quick(silence="1 s", more=more % int(server.stdout.readline())) as centre:
            outlives(centre, folder)
    finally:
        server.stdin.close()
        server.wait(60)
        server.stdout.close()
        shutil.rmtree(folder)


def outlives(centre, mails):
    status, _ = centre.json("PATCH", "/v1/organisations/1", centre.tokens["administrator"],
                            {"contact1_name": "CSIRT", "contact1_mail": "csirt@example.org", "language": "en"})
    assert status == 200
    centre.post(centre.tokens["alpha"], [eve(1)])
    becomes(centre, "silent")
    before = [each["number"] for each in sensors(centre)[0]["sensor-alpha"]["gaps"]]
    wait_for(lambda: os.path.exists(mails + "/1.json"), 40, "a mail")
    wait_for(lambda: bulletins(centre, "member-alpha")[0]["mail"] == "done", 20, "the receipt of the mail")
    with open(mails + "/1.json") as file:
        text = json.dumps(json.load(file))
    assert "csirt@example.org" in text and "TLP:AMBER" in text and "/bulletins" in text, text
    assert "sensor-alpha" not in text and "silent" not in text, text
    os.kill(centre.children()["keeper"], signal.SIGKILL)
    wait_for(lambda: centre.json("GET", "/v1/fleet", centre.tokens["analyst"])[0] == 200, 30, "the keeper is back")
    becomes(centre, "silent")
    assert [each["number"] for each in sensors(centre)[0]["sensor-alpha"]["gaps"]] == before
    assert len(bulletins(centre, "member-alpha")) == 1
    centre.post(centre.tokens["alpha"], [eve(2)])
    becomes(centre, "ok")


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
