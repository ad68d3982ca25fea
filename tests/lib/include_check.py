#!/usr/bin/env python3
"""Reads every #include under src/ and fails on one that goes the wrong way.

    cmd > center > capabilities > formats match store bus http mail > model > net > base

An include may skip rooms and never goes up. Capabilities never include each other; formats, match, store, bus, http and mail
do not include each other either. Some libraries are named in one room only. A folder of src/ that is not in the picture
is a capability. A room with folders of its own (FLOORS) has its own picture: a file includes its folder's files and those of
folders before it.

usage: include_check.py [SRC]       (default: src/ beside tests/)
"""
import re
import sys
from pathlib import Path

LEVELS = {"base": 0, "net": 1, "model": 2, "formats": 3, "match": 3, "store": 3, "bus": 3, "http": 3, "mail": 3, "center": 5, "cmd": 6}
CAPABILITY = 4
FLOORS = {"darknet": ["packet", "trend", "event", "day", "report", "view", "verb", "center"]}
ONE_ROOM = {"simdjson.h": "base", "libwebsockets.h": "http"}
INCLUDE = re.compile(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def level(room):
    return LEVELS.get(room, CAPABILITY)


def floor(room, parts):
    """How far up in its room a file is: the files of the room itself are above its folders."""
    floors = FLOORS.get(room, [])
    return floors.index(parts[1]) if len(parts) > 2 and parts[1] in floors else len(floors)


def problem(path, quoted, angled, source, rooms):
    """Words on what is wrong with one include in the file of `path` (its parts below src/), or None."""
    room = path[0]
    if angled:
        owner = ONE_ROOM.get(angled)
        if owner and owner != room:
            return f"<{angled}> is named in {owner}/ only"
        if (source / angled).is_file():  # <net/if.h> is the system's
            return f"our own header <{angled}> is included with quotes"
        return None
    target = quoted.split("/")[0]
    if "/" not in quoted or target not in rooms:
        return f'"{quoted}" names no room of src/; write "room/file.h"'
    if target == room and floor(room, quoted.split("/")) > floor(room, path):
        return f'"{quoted}" goes up: {"/".join(path[:-1])}/ may not know it'
    if target == room or level(target) < level(room):
        return None
    if level(target) > level(room):
        return f'"{quoted}" goes up: {room}/ may not know {target}/'
    if level(room) == CAPABILITY:
        return f'"{quoted}": one capability includes another; take the noun from the store or the bus'
    return f'"{quoted}": {room}/ and {target}/ are siblings that do not know each other'


def check(source):
    """(number of includes read, list of "file:line: words")."""
    rooms = {path.name for path in source.iterdir() if path.is_dir()}
    count, wrong = 0, []
    for path in sorted(source.rglob("*")):
        if path.suffix not in (".c", ".h", ".cc") or not path.is_file():
            continue
        parts = path.relative_to(source).parts
        if len(parts) < 2:
            wrong.append(f"{path}:1: a source file belongs into a room")
            continue
        if len(parts) > 2 and parts[0] in FLOORS and parts[1] not in FLOORS[parts[0]]:
            wrong.append(f"{path}:1: {parts[1]}/ is no folder of {parts[0]}/ that FLOORS knows")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            count += 1
            words = problem(parts, found[1], found[2], source, rooms)
            if words:
                wrong.append(f"{path}:{number}: {words}")
    return count, wrong


def main():
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "src"
    if not source.is_dir():
        print(f"include_check: {source} is no folder", file=sys.stderr)
        return 2
    count, wrong = check(source)
    for line in wrong:
        print(line)
    print(f"{count} includes, {len(wrong)} go the wrong way")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main())
