#!/usr/bin/env python3
"""The power cut at a whole centre: real processes of the recording build take batches by POST; then its folder is made as after a cut at
sampled points, and a centre started on it has every batch that was acknowledged by then, takes all batches once more, and holds each alert
once, with a funnel that counts the same.

usage: test_centre.py      (prints TAP; NOROSHI: the recording build; POWERCUT_CUT: powercut_cut; NOROSHI_LONG=1: more cuts)
"""
import os
import pwd
import random
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../center"), os.path.join(HERE, "../e2e")]
from center import main  # noqa: E402
from full_disk import BATCH, Full, batch  # noqa: E402
from test_lasting import ROOT  # noqa: E402

BATCHES = 6
CUTS = 120 if os.environ.get("NOROSHI_LONG") == "1" else 10
OUTCOME, NOTHING, ALL, NAMES, SIZES, CONTENT, RANDOM = range(7)


def cut(*words):
    return subprocess.run([os.environ["POWERCUT_CUT"], *map(str, words)], check=True, stdout=subprocess.PIPE, text=True).stdout


class Recorded(Full):
    """Its journal stands beside its state folder, and has everything from the first account on."""

    def __init__(self):
        try:
            super().__init__(0)
        finally:
            os.environ.pop("NOROSHI_FILE_JOURNAL", None)  # what is started later is not recorded

    def administrator(self):
        self.journal = os.environ["NOROSHI_FILE_JOURNAL"] = self.folder + "/journal"
        open(self.journal, "w").close()
        os.chmod(self.journal, 0o666)  # the processes become another user
        return super().administrator()

    def power_cut(self, record, kind, seed):
        """The centre is ended already; its state folder becomes what the cut leaves."""
        shutil.rmtree(self.folder + "/state")
        os.mkdir(self.folder + "/state")
        cut(self.journal, os.path.realpath(self.folder + "/state"), self.folder + "/state", record, kind, seed)
        for folder, _, names in os.walk(self.folder + "/state"):
            for name in [folder] + [os.path.join(folder, each) for each in names]:
                if ROOT:
                    owner = pwd.getpwnam("nobody")
                    os.chown(name, owner.pw_uid, owner.pw_gid)


def test_what_was_acknowledged_by_post_survives_a_power_cut():
    centre, chance = Recorded(), random.Random(7)
    lines = {number: batch(number) for number in range(BATCHES)}
    try:
        for number in range(BATCHES):
            assert centre.send(number, lines[number])
        centre.end()
        words = [each.split(" ", 1) for each in cut(centre.journal).splitlines()]
        acknowledged = [int(record) for record, what in words if what == "acknowledged"]
        end = int(words[-1][0])
        assert len(acknowledged) == BATCHES, words
        # Right behind each acknowledgement the least may be there; elsewhere anything.
        points = [(record, NOTHING, 0) for record in acknowledged]
        points += [(chance.randrange(acknowledged[0], end), chance.choice([NOTHING, NAMES, SIZES, CONTENT, RANDOM]), i)
                   for i in range(CUTS - len(points))]
        for record, kind, seed in points:
            centre.power_cut(record, kind, seed)
            centre.start()
            centre.sent = {number: lines[number] for number in range(BATCHES) if acknowledged[number] <= record}
            known = len(centre.sent)
            found = centre.check()
            for number in range(BATCHES):
                status, _, answer = centre.post(centre.secret, lines[number], batch="d%d" % number)
                assert status == 200 and (answer["repeated"] or number >= known), (record, kind, number, answer)
                centre.sent[number] = lines[number]
            found = centre.check()
            assert len(found) == BATCHES * BATCH, (record, kind, len(found))
            centre.end()
    except Exception:
        print("\n".join("# " + each[:300] for each in centre.said().splitlines()[-20:]), flush=True)
        raise
    finally:
        centre.finish()


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
