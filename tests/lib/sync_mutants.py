#!/usr/bin/env python3
"""Leaves out what makes files durable, one place at a time, and shows that the power-cut tests notice each.

The places are found in the sources: every call that syncs, wherever it stands; and the table ORDERS has what is no call: a pragma, a take-back,
an order. The file of each mutant is compiled as the build does, the programs of tests/powercut are linked with it, and run until a kind, or the
test of a whole centre, fails. Prints TAP and a table.

usage: sync_mutants.py BUILD [--sample N] [--list] [WORDS…]     (WORDS: only the mutants whose line has one of them; NOROSHI_LONG=1: no sample)
"""
import argparse
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SYNCS = ["do_sync", "do_sync_folder", "do_sync_folder_of", "file_sync", "directory_sync", "directory_sync_of", "history_sync",
         "verdicts_flush", "set_flush"]
CALL = re.compile(r"(?<![\w>.])(" + "|".join(SYNCS) + r")\(")
ORDERS = [  # file, what stands there, what stands in its place, what that leaves out
    ("src/store/store.c", "PRAGMA synchronous = FULL;", "PRAGMA synchronous = NORMAL;", "a sync for each commit"),
    ("src/store/store.c", "PRAGMA synchronous = FULL;", "PRAGMA synchronous = OFF;", "every sync of SQLite's"),
    ("src/store/copy.c", "PRAGMA synchronous = FULL", "PRAGMA synchronous = OFF", "every sync of the copy"),
    ("src/base/file.c", "\t\tdo_remove(path); /* else", "\t\t/* else", "taking a name back whose folder could not be synced"),
    ("src/base/file.c", "		number = do_sync_folder_of(path);\n		return number && number != EACCES",
     "		return 0 && number != EACCES", "the sync of a folder that was there"),
    ("src/store/history.c", "if (cut_back(history, history->synced.size, &again) != OK)", "if (0)", "the take-back after a failed sync"),
    ("src/store/history.c", "history->needs_repair = cut_back(history, offset, &again) != OK;", "(void)again;",
     "the take-back after a failed write"),
    ("src/watch/loss.c", "\t\ttake_back(path, before);", "\t\t;", "the take-back of a line whose sync failed"),
    ("src/watch/loss.c", "error = file_truncate(*file, whole, failure);", "error = OK;", "cutting off half a line"),
]
FIRST = {"src/base/copy.c": "folder", "src/center/folder.c": "folder", "src/watch/loss.c": "losses", "src/store/history.c": "history",
         "src/store/store.c": "state", "src/store/copy.c": "copy", "src/store/verdicts.c": "keeper", "src/triage/checkpoint.c": "keeper"}
KINDS, WHOLE = "tests/powercut/test_powercut", "tests/powercut/noroshi_recording"
CENTRE = "src/center/batches.c"  # which no kind of kinds.c reaches: the test with whole processes does


class Mutant:
    def __init__(self, path, start, end, text, words):
        self.path, self.start, self.end, self.text, self.words = path, start, end, text, words

    def apply(self, content):
        return content[:self.start] + self.text + content[self.end:]


def line_of(content, at):
    return content.count("\n", 0, at) + 1


def closing(content, at):
    depth = 0
    for place in range(at, len(content)):
        depth += {"(": 1, ")": -1}.get(content[place], 0)
        if depth == 0:
            return place + 1
    raise ValueError("unbalanced parentheses")


def calls(path, content):
    for found in CALL.finditer(content):
        begin = content.rfind("\n", 0, found.start()) + 1
        before = content[begin:found.start()]
        if not before.startswith("\t") or "/*" in before or before.lstrip().startswith("*"):
            continue  # a definition, or words about it
        end = closing(content, found.end() - 1)
        yield Mutant(path, found.start(), end, "0", "%s:%d %s" % (path, line_of(content, begin), content[found.start():found.end() - 1]))


def mutants():
    made = []
    for path in sorted((ROOT / "src").rglob("*.c")):
        name = str(path.relative_to(ROOT))
        if name not in ("src/store/recording_vfs.c", "src/base/file_journal.c"):
            made += calls(name, path.read_text())
    for name, old, new, words in ORDERS:
        content = (ROOT / name).read_text()
        if content.count(old) != 1:
            raise SystemExit("sync_mutants: %s has %d × %r" % (name, content.count(old), old))
        at = content.index(old)
        made.append(Mutant(name, at, at + len(old), new, "%s:%d %s" % (name, line_of(content, at), words)))
    return made


class Workshop:
    """Programs of a build folder linked anew with one object of a mutant in the place of its own."""

    def __init__(self, build):
        self.build = Path(build).resolve()
        self.place = tempfile.TemporaryDirectory(prefix="noroshi-mutants-")
        self.folder = Path(self.place.name)
        shutil.copy2(self.build / "tests/powercut/source-folder", self.folder)
        self.kinds = subprocess.run([self.build / KINDS, "--list"], check=True, capture_output=True, text=True).stdout.split()
        self.commands = {program: self.ninja("-t", "commands", program).splitlines() for program in (KINDS, WHOLE)}

    def ninja(self, *words):
        return subprocess.run(["ninja", "-C", self.build, *words], check=True, capture_output=True, text=True).stdout

    def run(self, command, seconds=600, **more):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds, errors="replace", **more)
        self.said = done.stdout
        return done.returncode

    def do(self, words):
        """A command of the build's."""
        if self.run(words, cwd=self.build) != 0:
            raise SystemExit("sync_mutants: %s\n%s" % (" ".join(words), self.said[-3000:]))

    def compiled(self, program, mutant):
        """The build's objects of the mutant's source in this program, and what stands in their place: those that the program is linked with
        by name, or one that goes before the library that has it."""
        source = os.path.relpath(ROOT / mutant.path, self.build)
        link = shlex.split(self.commands[program][-1])
        found = [words for words in map(shlex.split, self.commands[program]) if words[-2:] == ["-c", source]]
        named = [words for words in found if words[words.index("-o") + 1] in link] or found
        if not named:
            raise SystemExit("sync_mutants: %s has no object of %s" % (program, mutant.path))
        changed = self.folder / "mutant.c"
        changed.write_text(mutant.apply((ROOT / mutant.path).read_text()))
        made = {}
        for number, words in enumerate(named):
            at, own = words.index("-o") + 1, str(self.folder / ("mutant%d.o" % number))
            made[words[at]] = own
            flags = [word for word in words[:at - 1] if word != "-MD"]
            self.do([*flags[:-4], "-w", "-Wno-error", "-o", own, "-c", str(changed)])
        return made

    def linked(self, program, mutant):
        made = self.compiled(program, mutant)
        words = [made.pop(word, word) for word in shlex.split(self.commands[program][-1])]
        at, target = words.index("-o") + 1, self.folder / Path(program).name
        self.do([*words[:at], str(target), *made.values(), *words[at + 1:]])
        return str(target)

    def passes(self):
        return all(self.run([self.build / KINDS, kind]) == 0 for kind in self.kinds)

    def centre_fails(self, program):
        code = self.run([sys.executable, ROOT / "tests/powercut/test_centre.py"],
                        env=dict(os.environ, NOROSHI=program, POWERCUT_CUT=str(self.build / "tests/powercut/powercut_cut")))
        reason = re.findall(r"^.*AssertionError.*", self.said, re.M)
        return "centre, " + reason[-1].strip() if code and reason else None

    def caught(self, mutant):
        """The kind that fails, with where; None when all pass."""
        if mutant.path == CENTRE:
            return self.centre_fails(self.linked(WHOLE, mutant))
        program = self.linked(KINDS, mutant)
        for kind in sorted(self.kinds, key=lambda kind: kind != FIRST.get(mutant.path)):
            if self.run([program, kind]) != 0:
                where = re.findall(r"^# at: (.*)", self.said, re.M)
                return where[-1] if where else kind
        return None


def main():
    options = argparse.ArgumentParser()
    options.add_argument("build")
    options.add_argument("--sample", type=int, default=0)
    options.add_argument("--list", action="store_true")
    options.add_argument("words", nargs="*")
    wishes = options.parse_args()
    chosen = [each for each in mutants() if any(word in each.words for word in wishes.words or [""])]
    sampled = wishes.sample and os.environ.get("NOROSHI_LONG") != "1"
    if sampled:
        chosen = random.Random(1).sample(chosen, min(wishes.sample, len(chosen)))
    if wishes.list:
        print("\n".join(each.words for each in chosen))
        return 0
    print("1..%d" % (len(chosen) + 1), flush=True)
    workshop, survived = Workshop(wishes.build), 0
    with workshop.place:
        plain = sampled or workshop.passes()  # beside a sample the kinds are tests of their own
        print("%s 1 - without a mutant everything passes%s" % (("ok", "") if plain else ("not ok", "\n" + workshop.said)), flush=True)
        for number, mutant in enumerate(chosen, 2):
            where = workshop.caught(mutant) if plain else None
            survived += where is None
            print("%s %d - left out: %-72s %s" % ("ok" if where else "not ok", number, mutant.words,
                                                 "caught by " + where if where else "SURVIVES"), flush=True)
    return 1 if survived or not plain else 0


if __name__ == "__main__":
    sys.exit(main())
