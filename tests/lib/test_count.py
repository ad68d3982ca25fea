#!/usr/bin/env python3
"""tests/lib/count.py: what a run of tests comes to, by what programs print and how they end. Prints TAP."""
import sys

from count import count_program

CASES = [  # words, result as Meson has it, status, what the program printed, (passed, failed, skipped)
    ("all pass", "OK", 0, "1..2\nok 1 - a\nok 2 - b\n", (2, 0, 0)),
    ("one fails", "FAIL", 1, "1..2\nok 1 - a\nnot ok 2 - b\n", (1, 1, 0)),
    ("cmocka skips", "FAIL", 0, "1..2\nok 1 - a\nnot ok 2 # SKIP b\n", (1, 0, 1)),
    ("cmocka skips all", "FAIL", 0, "1..1\nnot ok 1 # SKIP b\n", (0, 0, 1)),
    ("one is skipped, one fails", "FAIL", 1, "1..2\nnot ok 1 # SKIP a\nnot ok 2 - b\n", (0, 1, 1)),
    ("a skip, and an early end", "FAIL", 0, "1..3\nok 1 - a\nnot ok 2 # SKIP b\n", (1, 1, 1)),
    ("a skip, and a leak at the end", "FAIL", 23, "1..2\nok 1 - a\nnot ok 2 # SKIP b\n", (1, 1, 1)),
    ("a crash", "FAIL", -11, "1..2\nok 1 - a\n", (1, 1, 0)),
    ("out of time", "TIMEOUT", -15, "1..2\nok 1 - a\n", (1, 1, 0)),
    ("all of it is skipped", "SKIP", 0, "1..0 # SKIP no root\n", (0, 0, 1)),
    ("no TAP", "OK", 0, "", (1, 0, 0)),
    ("no TAP, failed", "FAIL", 1, "", (0, 1, 0)),
    ("no TAP, skipped", "SKIP", 77, "", (0, 0, 1)),
]


def main():
    wrong = 0
    print(f"1..{len(CASES)}")
    for number, (words, result, status, printed, expected) in enumerate(CASES, 1):
        got = count_program({"name": words, "result": result, "returncode": status, "stdout": printed})
        fine = got[:3] == expected and (got[1] == len(got[3]))
        wrong += not fine
        print("ok" if fine else "not ok", number, "-", words, "" if fine else got)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
