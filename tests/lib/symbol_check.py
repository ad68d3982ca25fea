#!/usr/bin/env python3
"""Fails when two object files of the libraries of src/ define one global name: of two static libraries the linker takes the first's
without a word, and a room calls what it never meant.

usage: symbol_check.py BUILD        (the build folder; needs nm of binutils)
"""
import collections
import subprocess
import sys
from pathlib import Path


def definitions(build):
    """{name: object files that define it}, of every library below build/src."""
    found = collections.defaultdict(set)
    for library in sorted((build / "src").rglob("*.a")):
        done = subprocess.run(["nm", "--print-file-name", "--defined-only", "--extern-only", library], capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            where, name = line.split()[0], line.split()[-1]
            found[name].add(where.rsplit(":", 1)[0])
    return found


def main():
    found = definitions(Path(sys.argv[1]))
    twice = {name: places for name, places in found.items() if len(places) > 1}
    for name, places in sorted(twice.items()):
        print(f"{name}: {' '.join(sorted(places))}")
    print(f"{len(found)} names, {len(twice)} defined twice")
    return 1 if twice or not found else 0


if __name__ == "__main__":
    sys.exit(main())
