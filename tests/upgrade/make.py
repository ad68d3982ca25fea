#!/usr/bin/env python3
"""Leaves the data fixture of this release: tests/upgrade/VERSION/state.tar.gz (the state folder of a centre that did a bit of
everything) and facts.json (what it held). Run once when a release is tagged; test_upgrade.py opens every one of them for ever.

usage: make.py VERSION
"""
import gzip
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time

from release import FOLDER, Lasting, account, contents

SAMPLES = [("kaede-hospital", "kaede-hospital.wazuh.json.gz"), ("tsubaki-university", "tsubaki-university.aminer.json.gz")]


def feed(centre, administrator, folder):
    tokens = {}
    for name, file in SAMPLES:
        _, made = centre.json("POST", "/v1/organisations", administrator, {"name": name, "title_en": name, "sector": "first"})
        _, sensor = centre.json("POST", "/v1/organisations/%d/sensors" % made["number"], administrator, {"name": "gate"})
        _, secret = centre.json("POST", "/v1/sensors/%d/token" % sensor["number"], administrator, {})
        with gzip.open(os.path.join(folder, file)) as lines:
            status, _, answer = centre.post(secret["token"], lines.read(), batch="all")
        assert status == 200 and answer["alerts"], answer
        tokens[name] = secret["token"]
    return tokens


def decide(centre, analyst):
    """One event confirmed and notified, one dismissed with a standing decision."""
    events = centre.json("GET", "/v1/events", analyst)[1]["events"]
    assert len(events) == 2, events
    for path, fields in [("%s/confirm" % events[0]["id"], {"reason": "seen"}),
                         ("%s/notices" % events[0]["id"], {"then": "send"}),
                         ("%s/dismiss" % events[1]["id"], {"reason": "an exercise", "standing": True})]:
        status, answer = centre.json("POST", "/v1/events/" + path, analyst, fields)
        assert status in (200, 201), answer


def main(version):
    out = os.path.join(FOLDER, version)
    os.makedirs(out)
    centre = Lasting()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, os.path.join(FOLDER, "..", "..", "sample", "make.py"), folder], check=True,
                       stdout=subprocess.DEVNULL)
        administrator, analyst, auditor = (account(centre, role, role) for role in ("administrator", "analyst", "auditor"))
        centre.start()
        tokens = feed(centre, administrator, folder)
        time.sleep(3)
        decide(centre, analyst)
        time.sleep(7)  # a checkpoint is written
        facts = contents(centre, analyst, auditor)
        centre.end()
    with tarfile.open(os.path.join(out, "state.tar.gz"), "w:gz") as archive:
        archive.add(os.path.join(centre.folder, "state"), "state")
    with open(os.path.join(out, "facts.json"), "w") as file:
        json.dump({"analyst": analyst, "auditor": auditor, "sensors": tokens, "contents": facts}, file, indent=0, sort_keys=True)
        file.write("\n")


main(sys.argv[1])
