#!/usr/bin/env python3
"""The data of every release that was ever tagged opens under this version and holds what it held. Prints TAP."""
import hashlib
import json
import os
import pwd
import sqlite3
import struct
import subprocess
import sys
import tarfile
import tempfile

from release import FOLDER, Lasting, contents_of, crc32c
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
        found = contents_of(centre, facts)
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


def raise_version(path, magic, at, form, size):
    """Makes the last block of this magic one of a later version, with the checksum that belongs to it; its header has `size` bytes."""
    with open(path, "r+b") as file:
        content = bytearray(file.read())
        start = content.rindex(magic)
        struct.pack_into(form, content, start + at, 7)
        struct.pack_into("<I", content, start + size - 4, crc32c(content[start:start + size - 4]))
        file.seek(0)
        file.write(content)


def state_of(folder):
    """Every file but SQLite's own two beside the database, which come and go."""
    found = {}
    for place, _, files in os.walk(folder):
        for name in files:
            if not name.endswith(("-wal", "-shm")):
                with open(os.path.join(place, name), "rb") as file:
                    found[os.path.join(place, name)] = hashlib.sha256(file.read()).hexdigest()
    return found


def newest(centre, ending):
    folder = os.path.join(centre.folder, "state", "history")
    return os.path.join(folder, sorted(name for name in os.listdir(folder) if name.endswith(ending))[-1])


def refuse(change):
    """A centre on data that `change` made newer ends with words, and leaves the data as it was."""
    centre = unpacked("0.1.0")
    change(centre)
    before = state_of(os.path.join(centre.folder, "state"))
    done = subprocess.run(centre.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 2 and "newer version" in done.stderr, (done.returncode, done.stderr[-800:])
    assert state_of(os.path.join(centre.folder, "state")) == before


def test_a_state_store_of_a_later_version_is_refused():
    def change(centre):
        database = sqlite3.connect(os.path.join(centre.folder, "state", "noroshi.db"))
        database.execute("PRAGMA user_version = 9999")
        database.close()
    refuse(change)


def test_history_of_a_later_version_is_refused_and_not_cut_off():
    refuse(lambda centre: raise_version(newest(centre, ".alerts"), b"NRSHALRT", 8, "<I", 32))
    refuse(lambda centre: raise_version(newest(centre, ".alerts"), b"NFRM", 4, "<H", 112))


def test_verdicts_of_a_later_version_are_refused_and_not_cut_off():
    refuse(lambda centre: raise_version(newest(centre, ".verdicts"), b"NVRD", 4, "<I", 28))


def test_a_checkpoint_of_another_version_is_made_anew_from_history():
    with open(os.path.join(FOLDER, "0.1.0", "facts.json")) as file:
        facts = json.load(file)
    centre = unpacked("0.1.0")
    folder = os.path.join(centre.folder, "state")
    for name in os.listdir(folder):
        if name.endswith(".checkpoint"):
            path = os.path.join(folder, name)
            with open(path, "r+b") as file:
                content = bytearray(file.read())
                struct.pack_into("<I", content, 4, 7)
                struct.pack_into("<I", content, len(content) - 4, crc32c(content[:-4]))
                file.seek(0)
                file.write(content)
    hits = hits_of(folder)
    centre.start()
    try:
        assert "everything is judged again from the beginning of history" in centre.said(), centre.said()
        found = contents_of(centre, facts)
        for kind, held in facts["contents"].items():
            if kind == "alerts":
                held, found[kind] = ([a[:3] for a in each] for each in (held, found[kind]))
            assert found[kind] == held, (kind, found[kind][:3], held[:3])
    finally:
        centre.end()
    assert hits_of(folder) == hits, (hits_of(folder), hits)


def hits_of(folder):
    database = sqlite3.connect(os.path.join(folder, "noroshi.db"))
    rows = database.execute("SELECT id, hits FROM decision ORDER BY id").fetchall()
    database.close()
    return rows


def test_configuration_of_a_later_version_is_refused():
    for text, words in (("version = 2; center = { };", "newer version"), ("version = 1; center = { };", ""), ("center = { };", ""),
                        ("version = 0; center = { };", "version"), ('version = "1"; center = { };', "version")):
        path = os.path.join(tempfile.mkdtemp(prefix="noroshi-test-"), "noroshi.conf")
        with open(path, "w") as file:
            file.write(text)
        done = subprocess.run([center.NOROSHI, "config", "check", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert done.returncode == (1 if words else 0) and words in done.stderr, (text, done)


if __name__ == "__main__":
    sys.exit(center.main(sys.modules[__name__]))
