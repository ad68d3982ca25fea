"""The table of docs/fuzzing.md, from fuzz/spent.json and fuzz/reached.json."""
from targets import ROOT, ROUTE, program_of

PAGE = ROOT / "docs" / "fuzzing.md"
BEGIN, END = "<!-- table: ./fuzz-all --record -->\n", "<!-- end of the table -->\n"


def reached_words(rows):
    lines, reached = sum(row[1] for row in rows), sum(row[2] for row in rows)
    return f"{100 * reached // lines} % of {lines}" if lines else "–"


def files_words(rows):
    """Each file with its share; a program over many files is told as one."""
    if len(rows) > 12:
        return f"{len(rows)} files: ./fuzz-all --coverage lists them"
    return ", ".join(f"{row[0]} {100 * row[2] // max(1, row[1])} %" for row in rows)


def write(targets, book, reached):
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    rows = ["| target | minutes | runs | edges | lines reached | of which files |", "|---|--:|--:|--:|--:|---|"]
    for target in targets:
        program = program_of(target)
        measured = reached.get(program, [])
        last = max((per[target] for per in book.kept.values() if target in per), key=lambda spent: spent["coverage"], default=None)
        runs = sum(per[target]["runs"] for per in book.kept.values() if target in per)
        minutes, edges = book.in_all(target), last["coverage"] if last else 0
        share = "" if program == ROUTE else f"{reached_words(measured)} | {files_words(measured)}"
        rows.append(f"| {target} | {minutes:.1f} | {runs:,} | {edges:,} | {share or ' | '} |")
    PAGE.write_text(before + BEGIN + "\n".join(rows) + "\n" + END + after)
