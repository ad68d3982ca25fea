"""The fuzz targets: one for each fuzz_NAME.c, and one for each route of the route table (route-NAME, all of fuzz_route.c)."""
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".state" / "fuzz"
BUILD = ROOT / "build-fuzz"
ROUTE = "route"


def sources():
    return sorted(path.stem.removeprefix("fuzz_") for path in (ROOT / "fuzz").glob("fuzz_*.c"))


def program_of(target):
    return ROUTE if target.startswith(ROUTE + "-") else target


def programs(build):
    """Builds them all; raises OSError or CalledProcessError."""
    if not (build / "build.ninja").exists():
        environment = dict(os.environ, CC=os.environ.get("CC", "clang"), CXX=os.environ.get("CXX", "clang++"))
        subprocess.run(["meson", "setup", "-Dfuzzers=true", "-Db_lundef=false", str(build)], cwd=ROOT, env=environment, check=True)
    ninja(build, sources())


def ninja(build, names):
    """Also the Japanese texts, in which the routes answer."""
    subprocess.run(
        ["nice", "ninja", "-C", str(build), "po/ja/LC_MESSAGES/noroshi.mo"] + [f"fuzz/fuzz_{name}" for name in names], check=True, stdout=subprocess.DEVNULL)


def every(build=BUILD):
    """The names of all targets; the routes' come from the table that is compiled in."""
    names = [name for name in sources() if name != ROUTE]
    if ROUTE in sources():
        listed = subprocess.run([build / "fuzz" / f"fuzz_{ROUTE}", "--routes"], capture_output=True, text=True, check=True).stdout
        names += [f"{ROUTE}-{name}" for name in sorted(listed.split())]
    return names


def command(target, build=BUILD):
    program = [str(build / "fuzz" / f"fuzz_{program_of(target)}")]
    return program + ([f"--route={target.removeprefix(ROUTE + '-')}"] if program_of(target) == ROUTE else [])


def seeds(target):
    """Its folder of seeds: where minimised ones go to."""
    named = target.removeprefix(ROUTE + "-") if program_of(target) == ROUTE else ""
    return ROOT / "fuzz" / "corpus" / program_of(target) / named


def seed_folders(target):
    """Those that there are; every route has some in common with the others."""
    shared = [ROOT / "fuzz" / "corpus" / ROUTE / "any"] if program_of(target) == ROUTE else []
    return [folder for folder in [seeds(target), *shared] if folder.is_dir()]


def grown(target):
    return STATE / "corpus" / seeds(target).relative_to(ROOT / "fuzz" / "corpus")


def findings(target):
    folder = STATE / "findings" / target
    return sorted(path for path in folder.glob("*") if not path.name.startswith((".", "slow-unit"))) if folder.exists() else []


def commit():
    """The last commit that changed what is fuzzed: one that changes pages or corpora alone does not begin anew."""
    code = ["src", "meson.build", "fuzz/*.c", "fuzz/*.h"]
    head = subprocess.run(["git", "log", "-1", "--format=%H", "--", *code], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    changed = subprocess.run(["git", "status", "--porcelain", "--", *code], cwd=ROOT, capture_output=True, text=True).stdout
    return (head[:12] or "none") + ("+changes" if changed.strip() else "")


def parsed(program):
    """The files under src/ that its first comment names after "Sources:"."""
    text = (ROOT / "fuzz" / f"fuzz_{program}.c").read_text()
    named = re.search(r"Sources:(.*?)\*/", text, re.DOTALL)
    found = []
    for name in re.findall(r"[\w*/]+\.cc?\b", named[1] if named else ""):
        files = sorted((ROOT / "src").glob(name))
        if not files:
            raise SystemExit(f"fuzz_{program}.c: there is no src/{name}")
        found += files
    if not found:
        raise SystemExit(f"fuzz_{program}.c: its first comment should name what it tries: Sources: room/file.c")
    return found
