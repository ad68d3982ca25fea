"""10 M indicators: loading the list and the compiled file, bytes of memory, and look-ups that hit and miss, one by one and 16 at once.

Beside them: what a load of a random cache line costs in a table as large, in the same run. A look-up that misses has to make one such load.
`parsing`: what making an address or a name of a question's text costs alone, which is in the look-up's figure too.
"""
import json
import os
import sys

from measure import TOP, measure

SPEED = os.path.join(TOP, "build", "tests", "match", "speed_indicators")


def run(folder, quick):
    if not os.access(SPEED, os.X_OK):
        sys.exit("bench: build/tests/match/speed_indicators is not there: meson setup build -Dtests=enabled && ninja -C build")
    out, _, _, peak = measure([SPEED, "1000000" if quick else "10000000", folder])
    return {**json.loads(out), "peak_bytes": peak}
