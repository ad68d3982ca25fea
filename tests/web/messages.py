#!/usr/bin/env python3
"""Every sentence that people read has its Japanese: pages, letters, codes, verdicts, reasons, tactics. TAP."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])


def read_catalogue(path):
    entries, key, value, target = {}, None, None, None
    for line in path.read_text(encoding="utf-8").splitlines() + ["msgid \"\""]:
        found = re.match(r'(msgid|msgstr)?\s*"(.*)"$', line)
        if not found:
            continue
        text = found.group(2).replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
        if found.group(1) == "msgid":
            if key:
                entries[key] = value
            key, value, target = text, "", "key"
        elif found.group(1) == "msgstr":
            value, target = text, "value"
        elif target == "key":
            key += text
        else:
            value += text
    return entries


STRING = r'"(?:[^"\\]|\\.)*"'


def literal(text):
    return "".join(part[1:-1] for part in re.findall(STRING, text)).replace('\\"', '"')


def messages():
    for path in sorted((root / "web").glob("pa*/*.html")):
        for found in re.finditer(r'\{\{_ "((?:[^"\\]|\\.)*)"', path.read_text(encoding="utf-8")):
            yield path, found.group(1)
    for path in sorted((root / "src").glob("**/*.c")):
        text = path.read_text(encoding="utf-8")
        for found in re.finditer(r"\bN_\(\s*((?:%s\s*)+)\)" % STRING, text):
            yield path, literal(found.group(1))
    for name in ("reason.c", "alert.c"):
        path = root / "src/model" / name
        for found in re.finditer(r'\{\s*(?:N_\()?"[a-zA-Z0-9-]+",\s*((?:N_\()?(?:%s\s*)+\)?)\s*\}' % STRING, path.read_text(encoding="utf-8")):
            text = literal(found.group(1))
            if re.match(r"[A-Z{]", text):
                yield path, text


    for name in ("webattack_injection.c", "webattack_known.c"):
        path = root / "src/watch" / name
        row = r'\b(?:P|S|INFERENCE|FILE_OF_SYSTEM|TOOL|LOOKS_FOR|SHELL)\(\s*\d+,(?:\s*(?:ATTACK_\w+|\d+),)*\s*(%s)' % STRING
        for found in re.finditer(row, path.read_text(encoding="utf-8")):
            yield path, literal(found.group(1))


japanese = read_catalogue(root / "po/ja.po")
wanted = {}
for path, text in messages():
    wanted.setdefault(text, path)
missing = [text for text in wanted if not japanese.get(text)]
broken = [
    text for text in wanted
    if japanese.get(text) and sorted(re.findall(r"\{\d\}", text)) != sorted(re.findall(r"\{\d\}", japanese[text]))
]
print("1..3")
for number, (problem, title) in enumerate(
    [
        (missing, "every message has its Japanese"),
        (broken, "every translation keeps its parameters"),
        ([] if len(wanted) > 200 else ["only %d messages were found" % len(wanted)], "the messages were found"),
    ],
    1,
):
    for text in problem:
        print("# %s: %s" % (wanted.get(text, ""), text))
    print("%sok %d - %s" % ("not " if problem else "", number, title))
sys.exit(1 if missing or broken or len(wanted) <= 200 else 0)
