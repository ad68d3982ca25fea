#!/usr/bin/env python3
"""Counts what `meson test` ran.

count.py --progress < OUTPUT OF meson test    passes on the line of each test program, and what failed programs printed
count.py TESTLOG.json …                       prints what failed and "N passed, N failed[, N skipped]"; status 1 on failures

Each TAP line of a program is one test; a program without TAP is one test. A program that crashes, stops early or runs out of
time counts as one failure more than the "not ok" lines it printed. "# SKIP" is a skip, whatever stands before it. A log that is missing or empty is a failure too.
"""
import json
import re
import sys

TAP = re.compile(r"^\s*(not ok|ok)\b\s*(\d+)?\s*(?:-\s*)?(.*)$")
PLAN = re.compile(r"^\s*1\.\.(\d+)(\s*#\s*skip\b.*)?", re.IGNORECASE)
PROGRAM = re.compile(r"^\s*\d+/\d+ ")


def progress():
    for line in sys.stdin:
        if PROGRAM.match(line):
            sys.stdout.write(line)
            sys.stdout.flush()


def count_program(entry):
    """(passed, failed, skipped, [words on each failure]) of one line of testlog.json"""
    passed = failed = skipped = 0
    words = []
    planned, seen = None, 0
    for line in (entry.get("stdout") or "").splitlines():
        plan = PLAN.match(line)
        if plan:
            planned = int(plan.group(1))
            if plan.group(2):
                skipped += 1
            continue
        tap = TAP.match(line)
        if not tap:
            continue
        seen += 1
        if re.search(r"#\s*skip", tap.group(3), re.IGNORECASE):
            skipped += 1
        elif tap.group(1) == "ok":
            passed += 1
        else:
            failed += 1
            words.append(f"{entry['name']}: {tap.group(3)}")
    result = entry.get("result")
    fine = result in ("OK", "EXPECTEDFAIL", "SKIP")
    # cmocka says "not ok … # SKIP", which Meson takes for a failure; the program itself says that nothing failed.
    fine = fine or (result == "FAIL" and entry.get("returncode") == 0 and skipped > 0 and failed == 0 and seen == planned)
    if seen == 0 and planned in (None, 0):  # no TAP: the program is the test
        if result == "SKIP" or skipped:
            return 0, 0, 1, []
        return (1, 0, 0, []) if fine else (0, 1, 0, [f"{entry['name']}: {result}, status {entry.get('returncode')}"])
    if not fine and failed == 0:
        failed += 1
        words.append(f"{entry['name']}: {result}, status {entry.get('returncode')}, after {seen} of {planned} tests")
    return passed, failed, skipped, words


def main():
    if sys.argv[1:] == ["--progress"]:
        return progress()
    total = [0, 0, 0]
    for path in sys.argv[1:]:
        programs = 0
        try:
            with open(path, encoding="utf-8", errors="replace") as log:
                for line in log:
                    entry = json.loads(line)
                    programs += 1
                    passed, failed, skipped, words = count_program(entry)
                    total = [total[0] + passed, total[1] + failed, total[2] + skipped]
                    for sentence in words:
                        print(f"FAILED {sentence}")
                    if words:
                        output = ((entry.get("stdout") or "") + (entry.get("stderr") or "")).splitlines()
                        for tail in [o for o in output if not re.match(r"^\s*ok\b", o)][-40:]:
                            print(f"    {tail}")
        except (OSError, ValueError) as problem:
            print(f"FAILED {path}: {problem}")
            total[1] += 1
            continue
        if programs == 0:
            print(f"FAILED {path}: no test ran")
            total[1] += 1
    print(f"{total[0]} passed, {total[1]} failed" + (f", {total[2]} skipped" if total[2] else ""))
    return 1 if total[1] else 0


if __name__ == "__main__":
    sys.exit(main())
