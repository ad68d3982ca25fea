"""Which lines of a parser its corpus reaches: a build with clang's source-based coverage gives every input once."""
import json
import os
import subprocess
from pathlib import Path

import ledger
from targets import ROOT, STATE, ninja, parsed, program_of

BUILD = ROOT / "build-coverage"
KEPT = ROOT / "fuzz" / "reached.json"
FLAGS = "-fprofile-instr-generate -fcoverage-mapping"


def build(programs):
    if not (BUILD / "build.ninja").exists():
        environment = dict(os.environ, CC="clang", CXX="clang++", LLVM_PROFILE_FILE=str(STATE / "setup.raw"))  # of meson's own checks
        subprocess.run(
            ["meson", "setup", "-Dtests=enabled", "-Db_lundef=false", f"-Dc_args={FLAGS}", f"-Dc_link_args={FLAGS}", f"-Dcpp_args={FLAGS}", f"-Dcpp_link_args={FLAGS}", str(BUILD)],
            cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    ninja(BUILD, programs)


def replay(program, profile):
    folders = [ROOT / "fuzz" / "corpus" / program, STATE / "corpus" / program]  # those of routes lie within
    folders = [str(folder) for folder in folders if folder.is_dir() and any(folder.iterdir())]
    binary = BUILD / "fuzz" / f"fuzz_{program}"
    raw = profile.with_suffix(".raw")
    subprocess.run(["nice", "-n", "19", str(binary), *folders], env=dict(os.environ, LLVM_PROFILE_FILE=str(raw)), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run(["llvm-profdata", "merge", "-sparse", str(raw), "-o", str(profile)], check=True)
    raw.unlink()
    return binary


def measure(program):
    """[(file, lines, lines reached, regions, regions reached, names of functions never called)]."""
    profile = STATE / "coverage" / f"{program}.profile"
    profile.parent.mkdir(parents=True, exist_ok=True)
    binary = replay(program, profile)
    files = {str(path) for path in parsed(program)}
    exported = subprocess.run(["llvm-cov", "export", str(binary), f"-instr-profile={profile}"], capture_output=True, check=True, text=True).stdout
    data = json.loads(exported)["data"][0]
    missed = {}
    for function in data["functions"]:
        if function["count"] == 0 and not function["name"].startswith("_Z"):  # C++ has several of each
            missed.setdefault(os.path.realpath(function["filenames"][0]), []).append(function["name"].rsplit(":", 1)[-1])
    rows = []
    for each in data["files"]:
        path, total = os.path.realpath(each["filename"]), each["summary"]
        if path not in files:
            continue
        rows.append((
            str(Path(path).relative_to(ROOT / "src")), total["lines"]["count"], total["lines"]["covered"],
            total["regions"]["count"], total["regions"]["covered"], sorted(missed.get(path, []))))
    return rows


def coverage(targets):
    """Measures the programs of these targets, prints what it finds as it comes, and keeps it in fuzz/reached.json."""
    programs = sorted({program_of(target) for target in targets})
    build(programs)
    found = ledger.read(KEPT)
    print(f"{'target':<16}{'file':<34}{'lines':>12}{'regions':>12}   functions never called")
    for program in programs:
        found[program] = measure(program)
        for file, lines, reached, regions, regions_reached, missed in found[program]:
            print(f"{program:<16}{file:<34}{reached:>5}/{lines:<5}{100 * reached // max(1, lines):>2}%{regions_reached:>6}/{regions:<5} {', '.join(missed)}", flush=True)
    ledger.write(KEPT, found)
