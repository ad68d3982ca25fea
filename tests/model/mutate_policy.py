"""Negates every condition of src/model/policy*.c in turn, and changes every entry of its tables; says which tests notice.

    mutate_policy.py BUILD [--all]

BUILD is the build folder; what is linked are the tests as they stand there. A mutant that the tests of the model
(tests/model/test_policy*.c) let pass is tried on every route (tests/center/test_knowledge.c). With --all, or NOROSHI_LONG=1,
every mutant is tried on both, so that the table shows what each of them finds by itself. Prints the table and TAP; fails
when fewer than 95 of 100 are caught, or one survives that is not in EQUAL with its reason.

Conditions are mutated in the source: whole conditions and the operands of && and || negated, && and || exchanged, comparisons
turned and moved by one, ?: exchanged, case labels removed. Of the tables each reach is changed to each of the two others, and
each bit of the openings the other way. All mutants are in one build, and NOROSHI_MUTANT says which of them a run is (mutant
schemata, Untch and others 1993): each function has the body of each of its mutants beside its own.
"""
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
SOURCES = [os.path.join(TOP, "src/model", name) for name in ("policy.c", "policy_community.c", "policy_release.c")]
TESTS = ("tests/model/test_model_policy", "tests/center/test_center_knowledge")
LEAST = 0.95
BOUNDS = " -fsanitize=bounds -fsanitize-undefined-trap-on-error"  # what a mutant reads behind a table is no luck
CASES = "2000"  # requests of the second test for one mutant

# Mutants that behave as the original does, by their function and change, and why.
FALLS_THROUGH = "without its label the role goes on behind the switch, where the same is returned"
CIRCLE = "one step more than there are communities is taken only round a circle, and finds nothing new"
TWICE = "what is as good as what there is already changes nothing"
NOT_THERE = "what stands behind the end has the number of a community within it, or one that is not found"


def loop(condition, change):
    """The name of a mutant of a for that begins with `condition`."""
    return "for (size_t %s) {  ->  for (size_t %s) {" % (condition, change)


STEPS = loop("steps = 0; at && steps < snapshot->community_count; steps++", "steps = 0; at && steps <= snapshot->community_count; steps++")
STANDING = "standing %s best && leads_to(snapshot, membership->community, community, true)"
OPEN = "i = 0; i < snapshot->community_count && best %s STANDING_GIVES; i++"
EQUAL = {
    "subject_stands: case ROLE_NONE:  ->  ": FALLS_THROUGH,
    "subject_stands: case ROLE_COUNT:  ->  ": FALLS_THROUGH,
    "subject_stands: return false;  ->  return true;": "only ROLE_NONE and what is no role come there, and policy_scope() finds NO for "
                                                       "them in the table next",
    "reaches_community: case NONE:  ->  ": FALLS_THROUGH,
    "take_communities: return false;  ->  return true;": "without memory the scope reaches no community either way",
    "standing_of: case MEMBERSHIP_ROLES:  ->  ": FALLS_THROUGH,
    "policy_may_name: case NAMING_NOWHERE:  ->  ": FALLS_THROUGH,
    "policy_may_name: case NAMINGS:  ->  ": FALLS_THROUGH,
    "leads_to: " + STEPS: CIRCLE,
    "policy_knows_members: " + STEPS: CIRCLE,
    "had_between: " + STEPS: CIRCLE,
    "policy_standing: if (%s)  ->  if (%s)" % (STANDING % ">", STANDING % ">="): TWICE,
    "policy_standing: " + loop(OPEN % "<", OPEN % "<="): TWICE,
    "policy_knows_organisation: " + loop("i = 0; i < snapshot->community_count; i++", "i = 0; i <= snapshot->community_count; i++"): NOT_THERE,
    "check_tlp: if (wish->from && wish->from->tlp > least)  ->  if (wish->from && wish->from->tlp >= least)": TWICE,
    "later: return one > other ? one : other;  ->  return one >= other ? one : other;": TWICE,
    "sooner_end: return one < other ? one : other;  ->  return one <= other ? one : other;": TWICE,
}


class Mutant:
    def __init__(self, kind, place, what, environment, source=SOURCES[0], line=0):
        self.kind, self.place, self.what, self.environment, self.source, self.line = kind, place, what, environment, source, line
        self.caught = [None, None]

    def name(self):
        return "%s: %s" % (self.place, self.what)


# A mutant that goes round and round is caught when it has had ten times the processor's time that the tests need.
CHOOSE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
static unsigned condition_mutant;
__attribute__((constructor)) static void choose_mutant(void)
{
	setrlimit(RLIMIT_CPU, &(struct rlimit){ 5, 5 });
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	sscanf(getenv("NOROSHI_MUTANT"), "condition %u", &condition_mutant);
}
"""


# ── conditions ──

def matching(text, at):
    """The index of the parenthesis that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i
    raise ValueError("parentheses at %d" % at)


def top_level(text, start, end, tokens):
    """Where these tokens stand in text[start:end] outside of parentheses and brackets."""
    found, depth, i = [], 0, start
    while i < end:
        if text[i] in "([":
            depth += 1
        elif text[i] in ")]":
            depth -= 1
        elif depth == 0:
            token = next((t for t in tokens if text.startswith(t, i)), None)
            if token:
                found.append((i, token))
                i += len(token)
                continue
        i += 1
    return found


def trimmed(text, start, end):
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


TURNED = {"==": ["!="], "!=": ["=="], "<=": ["<", ">"], ">=": [">", "<"], "<": ["<=", ">="], ">": [">=", "<="]}


def inside(text, start, end, whole):
    """(start, end, replacement) for every mutation of the expression text[start:end]; `whole`: it is a condition."""
    start, end = trimmed(text, start, end)
    question = top_level(text, start, end, ["?"])
    if question:
        colon = top_level(text, question[0][0], end, [":"])[0][0]
        a, b = text[question[0][0] + 1:colon], text[colon + 1:end]
        yield question[0][0] + 1, end, "%s:%s" % (b, a)
        yield from inside(text, start, question[0][0], True)
        return
    for operator, other in (("||", "&&"), ("&&", "||")):
        places = top_level(text, start, end, [operator])
        if not places:
            continue
        yield start, end, "!(%s)" % text[start:end]
        edges = [start - 2] + [at for at, _ in places] + [end]
        for at, _ in places:
            yield at, at + 2, other
        for left, right in zip(edges, edges[1:]):
            yield from inside(text, left + 2, right, True)
        return
    compared = [each for each in top_level(text, start, end, ["<<", ">>", "->", "<=", ">=", "==", "!=", "<", ">"]) if each[1] in TURNED]
    if compared:
        at, operator = compared[0]
        for other in TURNED[operator]:
            yield at, at + len(operator), other
        return
    if text[start] == "!" and whole:
        yield start, start + 1, ""
        return
    if text[start] == "(" and matching(text, start) == end - 1:
        yield from inside(text, start + 1, end - 1, whole)
        return
    if whole:
        yield start, end, "!(%s)" % text[start:end]


def conditions(text):
    """(start, end, replacement) for every condition of the functions."""
    code = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)
    for found in re.finditer(r"\bif \(", code):
        yield from inside(text, found.end(), matching(code, found.end() - 1), True)
    for found in re.finditer(r"\bfor \(", code):
        first, second = top_level(code, found.end(), matching(code, found.end() - 1), [";"])
        yield from inside(text, first[0] + 1, second[0], True)
    for found in re.finditer(r"\breturn ([^;]*);|[\w>.\]] = ([^;{]*);", code):
        group = 1 if found.group(1) is not None else 2
        start, end = found.span(group)
        logical = top_level(code, start, end, ["?", "||", "&&", "==", "!=", "<=", ">=", "!"])
        call = re.fullmatch(r"\w+\(.*\)|true|false", text[start:end], flags=re.S)
        if logical:
            yield from inside(text, start, end, True)
        elif call and text[start:end] in ("true", "false"):
            yield start, end, "true" if text[start:end] == "false" else "false"
    for found in re.finditer(r"\n\tcase \w+:", code):
        yield found.start() + 1, found.end(), ""


def condition_mutants(source, number):
    """The mutants of a source, numbered from the one given, and the source that has all of them."""
    with open(source) as file:
        text = file.read()
    functions = max(text.find("struct scope {"), 0)
    seen, mutants, bodies = set(), [], {}
    for start, end, replacement in conditions(text):
        mutated = text[:start] + replacement + text[end:]
        if start < functions or mutated in seen:
            continue
        seen.add(mutated)
        line = text.count("\n", 0, start) + 1
        before = text[text.rfind("\n", 0, start) + 1:text.find("\n", end)].strip()
        after = mutated[mutated.rfind("\n", 0, start) + 1:mutated.find("\n", start + len(replacement))].strip()
        function = re.findall(r"^\w[^;={]*?(\w+)\(", text[:start], flags=re.M)[-1]
        first, last = text.rfind("\n{\n", 0, start) + 1, text.find("\n}\n", end) + 2
        bodies.setdefault(first, []).append((number + len(mutants), text[first:start] + replacement + text[end:last]))
        mutants.append(Mutant("conditions", function, "%s  ->  %s" % (" ".join(before.split()), " ".join(after.split())),
                              "condition %d" % (number + len(mutants)), source, line))
    for first in sorted(bodies, reverse=True):
        nothing = re.search(r"^(static )?void \w+\([^{]*\Z", text[:first], flags=re.M)
        cases = "".join("\tcase %d: %s%s" % (which, body, " return;\n" if nothing else "\n") for which, body in bodies[first])
        text = text[:first] + "{\n\tswitch (condition_mutant) {\n" + cases + "\t}\n" + text[first + 2:]
    return mutants, CHOOSE + text


# ── tables ──

CHANGE = r"""
__attribute__((constructor)) static void change_table(void)
{
	const char *mutant = getenv("NOROSHI_MUTANT");
	unsigned action, index, value;
	if (sscanf(mutant, "rule %u %u %u", &action, &index, &value) == 3)
		rules[action][index] = (uint8_t)value;
	else if (sscanf(mutant, "reads %u %u", &action, &index) == 2)
		openings[action].reads ^= 1u << index;
	else if (sscanf(mutant, "writes %u %u", &action, &index) == 2)
		openings[action].writes ^= 1u << index;
}
"""


def enum_names(header, prefix):
    return re.findall(r"^\t%s_(\w+)(?: = 0)?,?" % prefix, header, flags=re.M)[:-1]


def table_source(text):
    text = text.replace("static const uint8_t rules", "static uint8_t rules", 1)
    text = text.replace("static const struct opening {", "static struct opening {", 1)
    return text + CHANGE


def table_mutants(text, header):
    roles, actions, nouns = (enum_names(header, prefix) for prefix in ("ROLE", "ACTION", "NOUN"))
    reaches = ["NO", "OWN", "ALL"]
    rows = dict(re.findall(r"\[ACTION_(\w+)\] = \{ ((?:NO|OWN|ALL)[^}]*) \}", text))
    assert set(rows) == set(actions), set(actions) ^ set(rows)
    for a, action in enumerate(actions):
        for r, (role, reach) in enumerate(zip(roles, rows[action].split(", "))):
            for value in range(3):
                if reaches[value] != reach:
                    yield Mutant("rules", "rules", "%s of %s: %s -> %s" % (action, role, reach, reaches[value]), "rule %d %d %d" % (a, r, value))
        for side in ("reads", "writes"):
            for n, noun in enumerate(nouns):
                yield Mutant("openings", "openings", "%s %s %s: the other way" % (action, side, noun), "%s %d %d" % (side, a, n))


# ── building and running ──

class Workshop:
    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        self.compile_commands = {source: self.command("src/model/libmodel.a.p/%s.o" % os.path.basename(source),
                                                      "/%s.o" % re.escape(os.path.basename(source))) for source in SOURCES}
        self.links = [self.command(test, re.escape(test)) for test in TESTS]

    def command(self, target, output):
        said = subprocess.run(["ninja", "-C", self.build, "-t", "commands", target], capture_output=True, text=True, check=True).stdout
        return [line for line in said.splitlines() if re.search(r"-o \S*%s\b" % output, line)][-1]

    def run(self, command):
        done = subprocess.run(command, cwd=self.build, shell=True, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr[:2000])

    def compile(self, of, text):
        name = os.path.join(self.folder, os.path.basename(of))
        with open(name, "w") as file:
            file.write(text)
        command = re.sub(r"-o \S+", "-o %s.o" % name, self.compile_commands[of])
        command = re.sub(r"-c \S+", "-c " + name, command)
        self.run(re.sub(r"-M[QFD] ?\S*|-MD", "", command).replace("-Werror", "-w").replace("-O2", "-O1").replace(" -g ", " ") + BOUNDS)
        return name + ".o"

    def link(self, objects, which):
        program = os.path.join(self.folder, os.path.basename(TESTS[which]))
        self.run(re.sub(r"-o \S+", "-o %s %s" % (program, " ".join(objects)), self.links[which], count=1))
        return program

    def passes(self, program, mutant):
        """The first assertion that fails ends it."""
        environment = dict(os.environ, NOROSHI_CASES=CASES, NOROSHI_LONG="", NOROSHI_MUTANT=mutant, CMOCKA_TEST_ABORT="1")
        return subprocess.run([program], capture_output=True, cwd=self.build, env=environment).returncode == 0

    def place(self):
        """The tests find the pages and the words from the folder that the program lies in."""
        with open(os.path.join(self.build, "source-folder")) as file:
            content = file.read()
        with open(os.path.join(self.folder, "source-folder"), "w") as file:
            file.write(content)
        os.symlink(os.path.join(os.path.abspath(self.build), "po"), os.path.join(self.folder, "po"))


def try_mutant(shop, programs, mutant, everything):
    mutant.caught[0] = not shop.passes(programs[0], mutant.environment)
    if everything or not mutant.caught[0]:
        mutant.caught[1] = not shop.passes(programs[1], mutant.environment)


def report(mutants):
    kinds, survivors, reasons = {}, [], []
    for mutant in mutants:
        kind = kinds.setdefault(mutant.kind, [0, 0, 0, 0])
        kind[0] += 1
        kind[1] += bool(mutant.caught[0])
        kind[2] += bool(mutant.caught[1])
        kind[3] += bool(mutant.caught[0] or mutant.caught[1])
        if not (mutant.caught[0] or mutant.caught[1]):
            (reasons if mutant.name() in EQUAL else survivors).append(mutant)
    print("# %-12s %8s %10s %10s %8s" % ("", "mutants", "by model", "by routes", "caught"))
    for name, row in kinds.items():
        print("# %-12s %8d %10d %10d %8d" % (name, *row))
    for mutant in reasons:
        print("# the same as the original: %s\n#   because %s" % (mutant.name(), EQUAL[mutant.name()]))
    for mutant in survivors:
        print("# survives: %s:%d, %s" % (os.path.basename(mutant.source), mutant.line, mutant.name()))
    total, caught = (sum(row[i] for row in kinds.values()) for i in (0, 3))
    print("# %d of %d caught: %.1f %%; %d equal the original; %d survive" % (caught, total, 100 * caught / total, len(reasons), len(survivors)))
    return caught >= LEAST * total and not survivors


def main():
    build = sys.argv[1]
    everything = "--all" in sys.argv or bool(os.environ.get("NOROSHI_LONG"))
    with open(SOURCES[0]) as file:
        text = file.read()
    with open(SOURCES[0][:-1] + "h") as file:
        mutants = list(table_mutants(text, file.read()))
    with tempfile.TemporaryDirectory(prefix="noroshi-test-") as folder, ThreadPoolExecutor(2) as pool:
        shop = Workshop(build, folder)
        shop.place()
        print("1..2")
        objects, number = [], 1
        for source in SOURCES:
            found, made = condition_mutants(source, number)
            objects.append(shop.compile(source, table_source(made) if source == SOURCES[0] else made))
            mutants += found
            number += len(found)
        programs = [shop.link(objects, which) for which in range(2)]
        sound = all(shop.passes(program, "none") for program in programs)
        print("%s 1 - the tests pass on the original" % ("ok" if sound else "not ok"))
        for each in [pool.submit(try_mutant, shop, programs, each, everything) for each in mutants]:
            each.result()
        good = report(mutants)
    print("%s 2 - at least 95 of 100 mutants of the policy are caught" % ("ok" if good else "not ok"))
    return 0 if good and sound else 1


if __name__ == "__main__":
    sys.exit(main())
