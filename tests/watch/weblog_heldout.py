#!/usr/bin/env python3
"""How much of what other tools send `noroshi weblog` finds: tools and lists of attacks that nobody looked at while its patterns were written.
The site and the people who use it are those of weblog_attacks.py; the figures stand in docs/weblog.md. Nothing is asserted of the recall:
it is what a stranger's tool would meet. Needs wfuzz, gobuster, dirb and whatweb; a long run of weblog_attacks.py calls it.

usage: weblog_heldout.py NOROSHI     (prints TAP)
"""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import weblog_attacks as site
from weblog_attacks import AGENT, COMMAND, EXPLOIT, NETNS, PATH, SCANNER, SERVER, SQL, XSS

LISTS = "/usr/share/wfuzz/wordlist"
FUZZED = {  # who: the list of attacks, where they go
    "wfuzz sql": (f"{LISTS}/Injections/SQL.txt", "/item?id=FUZZ"),
    "wfuzz sql 2": (f"{LISTS}/vulns/sql_inj.txt", "/search?page=1&q=FUZZ"),
    "wfuzz xss": (f"{LISTS}/Injections/XSS.txt", "/hello?name=FUZZ"),
    "wfuzz files": (f"{LISTS}/Injections/Traversal.txt", "/view?file=FUZZ"),
    "wfuzz unix": (f"{LISTS}/vulns/dirTraversal-nix.txt", "/view?file=FUZZ"),
    "wfuzz windows": (f"{LISTS}/vulns/dirTraversal-win.txt", "/view?file=FUZZ"),
    "wfuzz all": (f"{LISTS}/Injections/All_attack.txt", "/search?q=FUZZ"),
    "wfuzz cgi": (f"{LISTS}/vulns/cgis.txt", "/FUZZ"),
}
TOOLS = ("gobuster", "dirb", "whatweb")
ATTACKERS = {who: (f"198.18.1.{101 + i}", {SQL, XSS, PATH, COMMAND, EXPLOIT, SCANNER}) for i, who in enumerate([*FUZZED, *TOOLS])}


def attack(folder):
    env = {**os.environ, "HOME": str(folder)}
    url = f"http://{SERVER}"
    for who, (words, place) in FUZZED.items():
        site.send_as(ATTACKERS[who][0])
        site.run("wfuzz", "-w", words, "-H", f"User-Agent: {AGENT}", "-t", "4", f"{url}{place}", limit=120, env=env)
    commands = {
        "gobuster": ["gobuster", "dir", "-q", "-u", url, "-w", f"{LISTS}/general/common.txt", "-a", AGENT, "-t", "4"],
        "dirb": ["dirb", url, f"{LISTS}/vulns/tests.txt", "-a", AGENT, "-S", "-r"],
        "whatweb": ["whatweb", "-a", "3", "-U", AGENT, url],
    }
    for who, command in commands.items():
        site.send_as(ATTACKERS[who][0])
        site.run(*command, limit=120, env=env, said=folder / f"{who}.out")


def outside(noroshi):
    tap = site.Tap()
    missing = [tool for tool in ("nginx", "wget", "curl", "wfuzz", *TOOLS) if not shutil.which(tool)]
    if missing:
        print(f"1..0 # SKIP {missing[0]} is not here")
        return 77
    with tempfile.TemporaryDirectory(prefix="noroshi-weblog-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        done = subprocess.run([str(NETNS), "--seconds", "1500", sys.executable, __file__, "--inside", name], check=False)
        if done.returncode == 77:
            print("1..0 # SKIP no namespaces here")
            return 77
        tap(done.returncode == 0, "the site was used and attacked", f"status {done.returncode}")
        lines = [(line.split(" ", 1)[0], line.split('"')[1]) for line in (folder / "access.log").read_text(errors="replace").splitlines()]
        done, found, _ = site.flagged_lines(noroshi, folder / "access.log", folder)
        tap(done.returncode == 1, "something was found", done.stderr)
        attackers, benign_lines, false = site.table(lines, found)
        tap(set(attackers) == set(ATTACKERS), "every tool reached the site", str(set(ATTACKERS) - set(attackers)))
        tap(sum(false.values()) <= benign_lines / 1000, "at most one false alarm in a thousand benign lines", f"{dict(false)} in {benign_lines}")
        if os.environ.get("NOROSHI_KEEP"):
            shutil.copytree(folder, os.environ["NOROSHI_KEEP"], dirs_exist_ok=True)
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    site.ATTACKERS, site.attack = ATTACKERS, attack
    if sys.argv[1] == "--inside":
        site.inside(Path(sys.argv[2]))
    else:
        sys.exit(outside(sys.argv[1]))
