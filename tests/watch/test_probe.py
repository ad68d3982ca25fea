#!/usr/bin/env python3
"""`noroshi probe` against real web servers on loopback that become slow, fail, and show another page; its approval and its list of
networks; its records replayed; its alerts read by `noroshi convert`.

usage: test_probe.py NOROSHI      (prints TAP)
"""
import http.server
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import traceback

NOROSHI = sys.argv[1]
OURS = "<html><title>Harbour</title><p>Ships arrive every day from many countries, and our office answers questions about berths.</p></html>"
THEIRS = "<html><title>gone</title><p>Somebody else was here tonight and greets all friends of the night, wherever they may be.</p></html>"
USUAL_WAIT, SLOW_FACTOR, SLOW_LEAST = 0.3, 4.0, 0.7  # seconds, times, seconds
MOODS = {"harbour": {}, "city": {}, "power": {}, "rail": {}}


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802 - the library's name
        mood = MOODS[self.path.strip("/").split("?")[0]]
        time.sleep(mood.get("wait", USUAL_WAIT))
        body = (mood.get("page", OURS) + "<p>%d</p>" % time.time()).encode()
        self.send_response(mood.get("status", 200))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):  # clients that gave up
        pass


def config(folder, port, approved='approved_by = "the council"; approved_until = "2199-12-31";', more="", sites=tuple(MOODS)):
    path = os.path.join(folder, "probe.conf")
    with open(path, "w") as file:
        file.write('probe = { %s networks = [ "127.0.0.0/8" ]; interval = "1 s"; learn = 5; timeout = "80 s"; slow_factor = %.1f;'
                   ' slow_least = "%.0f ms"; %s };\nsites = (\n%s );\n' % (approved, SLOW_FACTOR, 1000 * SLOW_LEAST, more, ",\n".join(
                       '{ name = "%s"; organisation = "the %s"; sector = "%s"; url = "http://127.0.0.1:%d/%s"; }'
                       % (name, name, "transport" if name in ("harbour", "rail") else name, port, name) for name in sites)))
    return path


def run(*arguments, wanted):
    done = subprocess.run([NOROSHI, "probe"] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == wanted, (arguments, done)
    return done


class Probe:
    """A running one, whose signals are gathered."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([NOROSHI, "probe", "--json"] + list(arguments), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True)
        self.measured, self.times, self.signals = {}, {}, []
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            said = json.loads(line)
            if said["type"] == "signal":
                self.signals.append(said)
            else:
                self.measured[said["site"]] = self.measured.get(said["site"], 0) + 1
                self.times.setdefault(said["site"], []).append(said["total"])

    def wait(self, condition, what):
        end = time.monotonic() + 300
        while not condition():
            assert time.monotonic() < end and self.process.poll() is None, (what, self.measured, self.signals)
            time.sleep(0.1)

    def of(self, kind, site):
        return [each for each in self.signals if each["signal"] == kind and each["site"] == site]

    def end(self):
        self.process.terminate()
        code = self.process.wait(120)
        self.thread.join(60)
        return code


def slow_for(times):
    """Seconds that an answer must take to be slow for certain, by what was measured before (watch/availability.h): however busy the machine is,
    an answer is never sooner than its server gives it."""
    least = 2
    for slow in range(3):  # so many slow ones were kept when the next is judged
        logs = [math.log(each) for each in times] + [math.log(1000)] * slow
        usual = statistics.median(logs)
        deviation = 1.4826 * statistics.median(abs(each - usual) for each in logs)
        least = max(least, math.exp(usual + max(math.log(SLOW_FACTOR), 6 * deviation)), math.exp(usual) + SLOW_LEAST)
    return 1.5 * least


def test_sites_that_slow_down_fail_and_change(folder, port):
    records, alerts = folder + "/records", folder + "/alerts.csv"
    path = config(folder, port)
    probe = Probe("--config", path, "--records", records, "--alerts", alerts)
    try:
        probe.wait(lambda: all(probe.measured.get(name, 0) >= 8 for name in MOODS), "eight measurements of each")
        waits = {name: slow_for(probe.times[name]) for name in ("harbour", "city", "power")}
        for name, wait in waits.items():
            MOODS[name]["wait"] = wait
        probe.wait(lambda: all(probe.of("slow", name) for name in ("harbour", "city", "power")), "three slow sites")
        MOODS["city"]["status"] = 503
        MOODS["rail"]["page"] = THEIRS
        probe.wait(lambda: probe.of("down", "city") and probe.of("changed", "rail"), "an outage and another page")
        MOODS["city"].clear()
        probe.wait(lambda: probe.of("up", "city"), "the city to be back")
    finally:
        code = probe.end()
        for mood in MOODS.values():
            mood.clear()
    assert code == 0, code
    slow = [probe.of("slow", name)[0] for name in ("harbour", "city", "power")]
    assert len({each["disturbance"] for each in slow}) == 1, slow
    last = max(slow, key=lambda each: each["sites"])
    assert last["sites"] >= 3 and last["sectors"] == 3 and last["widespread"], last
    assert all(each["usual"] * SLOW_FACTOR < each["now"] >= waits[each["site"]] for each in slow), (slow, waits)
    assert probe.of("slow", "city")[0]["time"] < probe.of("down", "city")[0]["time"]
    assert "disturbance" not in probe.of("changed", "rail")[0]
    # What was measured, judged again, says the same.
    again = run("--config", path, "--json", "--replay", records, wanted=1)
    shape = [(each["signal"], each["site"], each["time"], each.get("disturbance")) for each in probe.signals]
    assert [(each["signal"], each["site"], each["time"], each.get("disturbance")) for each in map(json.loads, again.stdout.splitlines())] == shape
    # Triage's reader takes the alerts.
    done = subprocess.run([NOROSHI, "convert", alerts], stdout=subprocess.PIPE, text=True, timeout=60)
    read = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and len(read) == len(probe.signals), (done, read)
    down = [each for each in read if each["signature_id"].startswith("probe:down")]
    assert down and down[0]["host"] == "city" and down[0]["detector"] == "Noroshi probe" and down[0]["severity"] == "high", down
    up = [each for each in read if each["signature_id"].startswith("probe:up")]
    assert up and all(each["severity"] == "info" and "tactics" not in each for each in up), up
    assert all(each["tactics"] == ["TA0040"] for each in read if each not in up), read


def test_targets_of_an_announced_attack_are_measured_more_often(folder, port):
    def moment(offset):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset))
    announced = folder + "/announced"
    with open(announced, "w") as file:  # one by its organisation, one by its address; two whose time is another; one that nobody has
        file.write("# said on a board\nthe_city %s -\nhttp://127.0.0.1:%d/power %s %s\n" % (moment(-60), port + 1, moment(-7200), moment(-3600)))
        file.write("rail.example %s %s\nnobody.example %s -\nthe_rail tomorrow -\n" % (moment(0), moment(60), moment(0)))
    with open(config(folder, port, more='announced = "%s"; announced_interval = "1 s";' % announced)) as file:
        text = file.read()
    with open(folder + "/slow.conf", "w") as file:
        file.write(text.replace('interval = "1 s"; learn', 'interval = "10 min"; learn').replace('organisation = "the city"', 'organisation = "the_city"'))
    probe = Probe("--config", folder + "/slow.conf")
    try:
        probe.wait(lambda: probe.measured.get("city", 0) >= 6, "six measurements of the target")
        assert sum(count for name, count in probe.measured.items() if name != "city") <= len(MOODS) - 1, probe.measured
    finally:
        assert probe.end() == 0


def test_a_look_at_each_site_once(folder, port):
    done = run("--config", config(folder, port), "--once", wanted=0)
    assert all(name in done.stdout for name in MOODS) and done.stdout.count("answered") == len(MOODS), done
    MOODS["rail"]["status"] = 404
    try:
        done = run("--config", config(folder, port), "--once", wanted=1)
        assert "error" in done.stdout and done.stdout.count("answered") == len(MOODS) - 1, done
    finally:
        MOODS["rail"].clear()


def test_nothing_is_probed_without_approval_or_outside_the_networks(folder, port):
    assert "approved_by" in run("--config", config(folder, port, approved=""), "--once", wanted=2).stderr
    old = 'approved_by = "the council"; approved_until = "2020-01-31";'
    assert "approved_until is 2020-01-31" in run("--config", config(folder, port, approved=old), "--once", wanted=2).stderr
    path = config(folder, port)
    with open(path) as file:
        text = file.read()
    for networks in ("", '"198.18.0.0/15"'):
        with open(path, "w") as file:
            file.write(text.replace('"127.0.0.0/8"', networks))
        done = run("--config", path, "--once", wanted=1)
        assert done.stdout.count("no-answer") == len(MOODS) and "not allowed" in done.stdout, done


def test_mistakes_are_named(folder, port):
    assert "--config" in run("--once", wanted=2).stderr
    assert "no sites" in run("--config", config(folder, port, sites=()), "--once", wanted=2).stderr
    assert 'did you mean "interval"' in run("--config", config(folder, port, more='intervall = "1 s";'), "--once", wanted=2).stderr
    path, records = config(folder, port), folder + "/bad"
    with open(records, "wb") as file:
        file.write(b'{"time":"2026-01-01T00:00:00Z","type":"measurement","site":"rail","outcome":"answered","total":0.1}\n'
                   b'not JSON\n{"time":"yesterday"}\n{"time":"2026-01-01T00:00:00Z","outcome":"answered","site":"nobody"}\n'
                   b'{"time":"2026-01-01T00:00:00Z","outcome":"fine","site":"rail"}\n\xff\xfe\n' + b"x" * 100000 + b"\n")
    said = run("--config", path, "--replay", records, wanted=2).stderr
    for words in ("bad:2:", "bad:3: time", "bad:4: site", "bad:5: outcome", "bad:6:", "bad:7: the line is longer", "1 measurements", "6 lines left out"):
        assert words in said, (words, said)


def main():
    tests = [(name, each) for name, each in globals().items() if name.startswith("test_")]
    server, failed = Server(("127.0.0.1", 0), Site), 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("1..%d" % len(tests))
    for number, (name, test) in enumerate(tests, 1):
        with tempfile.TemporaryDirectory(prefix="noroshi-probe-") as folder:
            try:
                test(folder, server.server_port)
                print("ok %d - %s" % (number, name), flush=True)
            except Exception:  # noqa: BLE001 - told as TAP
                failed += 1
                print("not ok %d - %s\n# %s" % (number, name, traceback.format_exc().replace("\n", "\n# ")), flush=True)
    server.shutdown()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
