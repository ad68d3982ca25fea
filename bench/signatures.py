"""1,000 signatures over packets of 1,400 bytes, beside Vectorscan alone with the same patterns over the same packets, in one run.

datagrams: each packet for itself. streams: packets of one TCP flow, whose last 512 bytes are looked at again with each next one.
The best of 5 rounds of each; the ratio is that of a plain hs_scan's time to ours.
"""
import json
import os
import sys

from measure import TOP, measure

SPEED = os.path.join(TOP, "build", "tests", "match", "speed_signatures")


def run(folder, quick):
    if not os.access(SPEED, os.X_OK):
        sys.exit("bench: build/tests/match/speed_signatures is not there: meson setup build -Dtests=enabled && ninja -C build")
    out, _, _, peak = measure([SPEED, "1000", "30" if quick else "300"])
    return {**json.loads(out), "peak_bytes": peak}
