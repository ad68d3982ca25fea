#!/usr/bin/env python3
"""The first run: a centre on loopback, four organisations' alerts through the agent, and what came out.

usage: sample/tour.py [--once]      (./run calls it; build/noroshi must be there)

Uses the programs that a centre and its members would use: `noroshi center --ephemeral`, `noroshi agent --once`, and the API.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(TOP, "build", "noroshi")
REAL = os.path.join(TOP, "..", "shared", "data", "ait-ads")
REAL_NAMES = ("fox", "russellmitchell", "santos", "wardbeck")
NOTICES = 3  # events that are confirmed and of which a notice is sent; one at least is left to the reader
TITLES = {  # of the sample's organisations, which do not exist
    "aoba-city": ("青葉市", "Aoba City", "local government"),
    "kaede-hospital": ("楓病院", "Kaede Hospital", "health care"),
    "minato-water": ("湊水道局", "Minato Waterworks", "water"),
    "tsubaki-university": ("椿大学", "Tsubaki University", "education"),
}
SHOWN = 5
REASONS = 4
PATIENCE = 180  # seconds


class Problem(Exception):
    """What a person should read."""


def say(words):
    print(f"run: {words}", flush=True)


def sources(folder):
    """[(organisation, path)], and where they are from"""
    real = [(name, os.path.join(REAL, f"{name}.csv.gz")) for name in REAL_NAMES]
    if all(os.path.isfile(path) for _, path in real):
        return real, "real alerts (AIT Alert Data Set)"
    subprocess.run([sys.executable, os.path.join(TOP, "sample", "make.py"), folder], check=True, stdout=subprocess.DEVNULL)
    return [(name.split(".")[0], os.path.join(folder, name)) for name in sorted(os.listdir(folder))], "the project's sample"


class Centre:
    """`noroshi center --ephemeral` with these organisations; stopped by stop(), whatever happens."""

    def __init__(self, organisations, folder):
        self.log = open(os.path.join(folder, "center.log"), "w", encoding="utf-8")
        command = [PROGRAM, "center", "--ephemeral", "--listen", "127.0.0.1:0"]
        for name in organisations:
            command += ["--organisation", name]
        environment = dict(os.environ, TMPDIR=folder)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, env=environment, text=True,
                                        start_new_session=True)
        self.facts = self._facts()
        self.address = self.facts["address"]
        self.analyst = self._token("analyst")
        for organisation in self.facts["organisations"]:
            if organisation["name"] in TITLES:
                japanese, english, sector = TITLES[organisation["name"]]
                self.call("PATCH", f"/v1/organisations/{organisation['number']}",
                          {"title_ja": japanese, "title_en": english, "sector": sector}, self._token("administrator"))

    def _token(self, role):
        return next(each["token"] for each in self.facts["accounts"] if each["role"] == role)

    def _facts(self):
        line = []
        reader = threading.Thread(target=lambda: line.append(self.process.stdout.readline()), daemon=True)
        reader.start()
        reader.join(60)
        if not line or not line[0].startswith("{"):
            self.stop()
            with open(self.log.name, encoding="utf-8") as log:
                raise Problem("the centre did not start:\n" + log.read()[-2000:])
        return json.loads(line[0])

    def call(self, method, path, body=None, token=None):
        request = urllib.request.Request(self.address + path, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        request.add_header("Authorization", f"Bearer {token or self.analyst}")
        request.add_header("Accept-Language", "en")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as problem:
            raise Problem(f"{method} {path}: {problem.code} {problem.read().decode(errors='replace')[:300]}") from None

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()
        return self.process.returncode


def feed(centre, files, folder):
    tokens = {each["name"]: each["token"] for each in centre.facts["organisations"]}
    for name, path in files:
        token = os.path.join(folder, f"{name}.token")
        with open(os.open(token, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as to:
            to.write(tokens[name] + "\n")
        began = time.monotonic()
        agent = subprocess.run(
            [PROGRAM, "agent", "--once", "--json", "--server", centre.address, "--token-file", token,
             "--state", os.path.join(folder, f"agent-{name}"), path], capture_output=True, text=True, timeout=600, check=False)
        if agent.returncode != 0:
            raise Problem(f"the agent of {name} ended with {agent.returncode}:\n{agent.stdout}{agent.stderr[-1500:]}")
        counts = json.loads(agent.stdout)
        say(f"{name}: {counts['lines']} lines shipped, {counts['alerts']} alerts, in {time.monotonic() - began:.1f} s")


def wait_for_triage(centre):
    """Until every alert has a verdict, or nothing has moved for a while (some stay provisional)."""
    end, last, quiet = time.monotonic() + PATIENCE, None, 0
    while time.monotonic() < end:
        total = centre.call("GET", "/v1/funnel")["total"]
        if total["alerts"] and not total.get("pending"):
            return total
        quiet = quiet + 1 if total == last else 0
        if quiet >= 20 and total["alerts"]:
            return total
        last = total
        time.sleep(0.5)
    return last


def all_events(centre):
    """Every event, best rank first."""
    events, after = [], ""
    while True:
        answer = centre.call("GET", f"/v1/events?limit=100{after and '&after=' + urllib.parse.quote(after)}")
        events += answer["events"]
        if not answer.get("next"):
            return events
        after = answer["next"]


def second(when):
    """2026-03-02T00:00:00.123Z without the decimals"""
    return f"{when[:19]}Z" if when else "?"


def show_funnel(total, events):
    print(f"\nThe funnel\n  {total['alerts']:>10} alerts")
    for verdict in total.get("verdicts", []):
        if verdict["count"]:
            print(f"  {verdict['count']:>10}   {verdict['code']}")
    if total.get("pending"):
        print(f"  {total['pending']:>10}   not judged yet: the newest minutes of the data")
    print(f"  {events:>10} events that need confirmation")


def show_events(events):
    print("\nThe top events")
    for place, event in enumerate(events, 1):
        title = event.get("title") or ", ".join(t["name"] for t in event.get("tactics", [])) or event["id"]
        print(f"{place:>3}. {event.get('organisation_title', event['organisation'])}: {title}")
        print(f"     rank {event.get('rank', '?')}, {event.get('alerts', '?')} alerts, "
              f"{second(event.get('first'))} to {second(event.get('last'))}")
        for reason in event.get("reasons", [])[:REASONS]:
            print(f"     - {reason.get('words', reason.get('code'))}")


def send_notices(centre, events):
    """The analyst's part: confirm the first events, and tell their organisations."""
    chosen = events[:max(1, min(NOTICES, len(events) - 1))]
    for event in chosen:
        centre.call("POST", f"/v1/events/{event['id']}/confirm", {"reason": "first run: shown as confirmed"})
        centre.call("POST", f"/v1/events/{event['id']}/notices", {"then": "send"})
    print(f"\nNotices (of the first {len(chosen)} of these events, confirmed and sent to the members' inboxes)")
    for notice in centre.call("GET", "/v1/notices")["notices"]:
        who = notice.get("organisation_title") or notice.get("organisation_name") or notice.get("organisation")
        print(f"  {notice.get('number', '')}  {notice.get('tlp')}  to {who}: {notice.get('subject')}  "
              f"[{notice.get('state')}, due {second(notice.get('deadline'))}]")


def show_door(centre):
    print(f"\nOpen {centre.address}/ and sign in as one of these, with the password {centre.facts.get('password')}")
    for account in centre.facts.get("accounts", []):
        print(f"  {account['name']:<32} {account.get('role', '')}")


def tour(once, folder):
    os.makedirs(os.path.join(folder, "sample"))
    files, origin = sources(os.path.join(folder, "sample"))
    say("starting a centre on loopback")
    centre = Centre([name for name, _ in files], folder)
    try:
        say(f"feeding {origin}")
        feed(centre, files, folder)
        say("waiting for triage")
        total = wait_for_triage(centre)
        events = all_events(centre)
        show_funnel(total, len(events))
        show_events(events[:SHOWN])
        send_notices(centre, events)
        show_door(centre)
        sys.stdout.flush()
        if not once:
            print("\nThe centre runs until you press Ctrl-C.", flush=True)
            centre.process.wait()
            raise Problem(f"the centre ended by itself with {centre.process.returncode}")
    except KeyboardInterrupt:
        print()
    finally:
        status = centre.stop()
    if status != 0:
        raise Problem(f"the centre ended with {status}")
    say("the centre is stopped; nothing of it is left")


def main():
    if sys.argv[1:] not in ([], ["--once"]):
        print(__doc__, end="")
        return 0 if sys.argv[1:] in (["--help"], ["-h"]) else 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end in order, as with Ctrl-C
    state = os.path.join(TOP, ".state")
    os.makedirs(state, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="run.", dir=state)
    try:
        tour("--once" in sys.argv, folder)
    except Problem as problem:
        print(f"run: {problem}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
