#!/usr/bin/env python3
"""The four labelled organisations through a running centre, in slices of one hour, gives the events that `noroshi triage` finds
in the files. Prints TAP; skipped where the shared data is absent."""
import gzip
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "center"))
import center  # noqa: E402

ROOT = os.environ.get("SOURCE_ROOT", os.getcwd())
DATA = os.path.join(os.environ.get("NOROSHI_SHARED", os.path.join(ROOT, "..", "shared")), "data", "ait-ads")
ORGANISATIONS = ["fox", "russellmitchell", "santos", "wardbeck"]
SLICE = 3600


def slices(org):
    """The file's lines hour by hour, each slice with the header."""
    with gzip.open(os.path.join(DATA, org + ".csv.gz"), "rt") as file:
        header = next(file)
        for hour, lines in itertools.groupby(file, lambda line: int(float(line.split(",", 1)[0])) // SLICE):
            yield hour, header + "".join(lines)


def post(centre, token, hour, text):
    body = gzip.compress(text.encode(), 1)
    while True:
        status, headers, answer = centre.post(token, body, batch="hour-%d" % hour, headers={
            "Content-Type": "text/csv", "Content-Encoding": "gzip"})
        if status != 429 and status != 503:
            break
        time.sleep(float(headers.get("Retry-After", 1)))
    assert status == 200 and answer["malformed"] == 0, (status, answer)
    return answer["alerts"]


def from_files(folder):
    options = [word for org in ORGANISATIONS for word in ("--org", "%s=%s/%s.csv.gz" % (org, DATA, org))]
    out = os.path.join(folder, "events.jsonl")
    subprocess.run([center.NOROSHI, "triage", *options, "--out", out, "--json"], check=True, stdout=subprocess.DEVNULL)
    with open(out) as lines:
        return [json.loads(line) for line in lines]


def all_events(centre):
    found, after = [], ""
    while True:
        status, page = centre.json("GET", "/v1/events?limit=100&after=" + after, centre.tokens["analyst"])
        assert status == 200, page
        found += page["events"]
        after = page.get("next", "")
        if not after:
            return found


def shape(event):
    """What an event is, without names that differ between a file and a batch."""
    return (event["organisation"], event["first"], event["last"], event["alerts"], event["context"], event["rank"],
            json.dumps(event["hosts"], sort_keys=True), json.dumps(event["signatures"], sort_keys=True), len(event["tactics"]))


def test_one_hour_slices_through_the_centre_give_the_events_of_the_files():
    with tempfile.TemporaryDirectory() as folder, center.Centre(organisations=ORGANISATIONS) as centre:
        # Hour by hour, the organisations in turn: their streams begin on different days and are interleaved by time.
        queue = sorted((hour, org, text) for org in ORGANISATIONS for hour, text in slices(org))
        sent = sum(post(centre, centre.tokens[org], hour, text) for hour, org, text in queue)
        print("# %d alerts in %d slices" % (sent, len(queue)), flush=True)
        wanted = sorted(shape(event) for event in from_files(folder))
        for _ in range(300):
            events = [event for event in all_events(centre)]
            if not any(event["provisional"] for event in events):
                break
            time.sleep(1)
        found = sorted(shape(event) for event in events)
        for one in wanted:
            print("# file:   %s" % (one[:6],))
        for one in found:
            print("# centre: %s" % (one[:6],))
        assert found == wanted
        status, funnel = centre.json("GET", "/v1/funnel", centre.tokens["auditor"])
        assert status == 200
        for _ in range(150):
            if funnel["total"]["alerts"] == sent:
                break
            time.sleep(1)
            status, funnel = centre.json("GET", "/v1/funnel", centre.tokens["auditor"])
        total = funnel["total"]
        print("# %s" % json.dumps(total))
        assert total["alerts"] == sent == total["noise"] + total["kept"] + total["pending"]
        assert total["events"] == len(wanted) and total["late"] == 0
        assert total["kept"] == sum(event["alerts"] for event in events)


if __name__ == "__main__":
    if not os.path.isdir(DATA):
        print("1..1\nok 1 - one-hour slices through the centre # SKIP the shared data is absent")
    else:
        sys.exit(center.main(sys.modules[__name__]))
