#!/usr/bin/env python3
"""docs_check: what the documentation names is there.

Every `path` of the repository that a Markdown file names in backticks, and every relative link, must exist: a promise whose
test was renamed or deleted is a promise without a test. Prints what is missing with file and line; status 1 when anything is.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = "bench|docs|fuzz|po|sample|src|tests|warninglists|web"
NAMED = re.compile(rf"`((?:\./)?(?:{FOLDERS})/[A-Za-z0-9_./-]*)(?:[ :][^`]*)?`")
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)(?:#[^)]*)?\)")


def missing(path, root=ROOT):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        for name in NAMED.findall(line):
            if not (root / name).exists():
                yield number, name
        for name in LINK.findall(line):
            if not (path.parent / name).exists():
                yield number, name


def main():
    pages = [ROOT / "README.md", ROOT / "README.ja.md", *sorted((ROOT / "docs").rglob("*.md"))]
    found = [(page, number, name) for page in pages for number, name in missing(page)]
    for page, number, name in found:
        print(f"{page.relative_to(ROOT)}:{number}: {name} is not there")
    print(f"{len(pages)} pages, {len(found)} names of nothing")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
