#!/usr/bin/env python3
"""Fails on C sources that clang-format 14 would write otherwise (.clang-format says how); every other version writes a
little otherwise, so without version 14 the test is skipped (status 77).

usage: format_check.py [ROOT]       (default: the folder of the sources; to repair: clang-format -i FILE…)
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

FOLDERS = ["src", "tests", "fuzz", "bench"]
SKIPPED = 77


def formatter():
    """The command of version 14, or None."""
    for name in ["clang-format-14", "clang-format"]:
        if shutil.which(name):
            words = subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout
            if re.search(r"version 14\.", words):
                return name
    return None


def sources(root):
    found = (path for folder in FOLDERS for path in (root / folder).rglob("*") if path.suffix in (".c", ".h", ".cc"))
    return sorted(path for path in found if "node_modules" not in path.parts)


def check(command, root):
    """(number of files read, what clang-format says)."""
    files = sources(root)
    if not files:
        return 0, f"no C sources below {root}\n"
    return len(files), subprocess.run([command, "--dry-run", "-Werror", *files], capture_output=True, text=True).stderr


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    command = formatter()
    if not command:
        print("clang-format 14 is not here")
        return SKIPPED
    count, words = check(command, root)
    print(words, end="")
    print(f"{count} files read")
    return 1 if words else 0


if __name__ == "__main__":
    sys.exit(main())
