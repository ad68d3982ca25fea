#!/usr/bin/env python3
"""The data of every release that was ever tagged opens under this version and holds what it held. Prints TAP."""
import json
import os
import pwd
import sqlite3
import subprocess
import sys
import tarfile

from release import FOLDER, Lasting, contents
import center  # noqa: E402  (release.py says where it is)


def unpacked(version):
    centre = Lasting()
    with tarfile.open(os.path.join(FOLDER, version, "state.tar.gz")) as archive:
        archive.extractall(centre.folder)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("nobody")
        for folder, _, files in os.walk(os.path.join(centre.folder, "state")):
            for name in [folder] + [os.path.join(folder, file) for file in files]:
                os.chown(name, owner.pw_uid, owner.pw_gid)
    return centre


def opens(version):
    with open(os.path.join(FOLDER, version, "facts.json")) as file:
        facts = json.load(file)
    centre = unpacked(version)
    centre.start()
    try:
        found = contents(centre, facts["analyst"], facts["auditor"])
        for kind, held in facts["contents"].items():
            # What was pending then may have been judged since; everything else stands.
            if kind == "alerts":
                held, found[kind] = ([a[:3] for a in each] for each in (held, found[kind]))
            assert found[kind] == held, (kind, found[kind][:3], held[:3])
        # The sensors of then still deliver, and a batch of then is still recognised.
        for token in facts["sensors"].values():
            status, _, answer = centre.post(token, [center.eve(1)], batch="all")
            assert status == 200 and answer["repeated"], answer
            status, _, answer = centre.post(token, [center.eve(2)], batch="after the upgrade")
            assert status == 200 and not answer["repeated"], answer
    finally:
        centre.end()


def test_the_data_of_every_release_opens_and_holds_what_it_held():
    versions = sorted(name for name in os.listdir(FOLDER) if os.path.isdir(os.path.join(FOLDER, name)) and name[0].isdigit())
    assert versions
    for version in versions:
        opens(version)
        print("# %s" % version, flush=True)


def test_data_of_a_later_version_is_refused_in_words():
    centre = unpacked("0.1.0")
    database = sqlite3.connect(os.path.join(centre.folder, "state", "noroshi.db"))
    database.execute("PRAGMA user_version = 9999")
    database.close()
    done = subprocess.run(centre.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode != 0 and "version" in done.stderr and "newer" in done.stderr, done.stderr[-500:]


if __name__ == "__main__":
    sys.exit(center.main(sys.modules[__name__]))
