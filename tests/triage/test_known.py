#!/usr/bin/env python3
"""Warning lists in a running centre: what a known scanner causes is noise that names its reason, and stays findable. Prints TAP."""
import json
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "center"))
import center  # noqa: E402

SCANNER, STRANGER = "192.0.2.77", "198.51.100.200"


def lists_folder(folder):
    with open(os.path.join(folder, "scanner.json"), "w") as file:
        json.dump({"name": "Censys IP Ranges Used for Scanning", "version": 1, "type": "cidr", "description": "test",
                   "matching_attributes": ["ip-src"], "list": [SCANNER + "/32"]}, file)


def test_a_known_scanner_is_noise_beside_an_event_of_somebody_else():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        lists_folder(folder)
        config = 'center = { state = "FOLDER/state"; listen = "127.0.0.1:0"; };\ntriage = { warning_lists = "%s"; };\n' % folder
        with center.Centre(config=config) as centre:
            now = time.time()
            attacks = [center.eve(0, now - 60, "ET EXPLOIT overflow attempt", SCANNER),
                       center.eve(1, now - 60, "ET TROJAN CnC Checkin", STRANGER)]
            scans = [center.eve(10 + n, now - 50, "ET SCAN ssh", SCANNER) for n in range(5)]
            later = [center.eve(100 + n, now + 590, "ET INFO nothing", STRANGER) for n in range(4)]
            for number, batch in enumerate([attacks + scans, later]):
                status, _, answer = centre.post(centre.tokens["alpha"], batch, batch="b%d" % number)
                assert status == 200 and answer["malformed"] == 0, answer

            def judged():
                _, page = centre.json("GET", "/v1/alerts?verdict=known-source", centre.tokens["analyst"])
                return page["alerts"]
            found = center.wait_for(lambda: len(judged()) >= 5 and judged(), what="the scanner's alerts to be judged")
            assert {alert["source"] for alert in found} == {SCANNER}, found
            status, events = centre.json("GET", "/v1/events", centre.tokens["analyst"])
            assert status == 200 and len(events["events"]) == 1, events
            assert all(name["name"] != SCANNER for event in events["events"] for name in event["sources"]["listed"]), events


if __name__ == "__main__":
    sys.exit(center.main(sys.modules[__name__]))
