#!/usr/bin/env python3
"""The running sensor can open no file and no connection: a debugger makes it try. Skipped where there is no gdb."""
import os
import re
import shutil
import struct
import subprocess
import sys
import time

NOROSHI = sys.argv[1]
SKIPPED, PATIENCE = 77, 60
CAPTURE = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
PACKET = struct.pack("<IIII", 1_700_000_000, 0, 28, 28) + struct.pack(">BBHHHBBHII", 0x45, 0, 28, 0, 0, 64, 17, 0, 1, 2) + struct.pack(">HHHH", 1, 2, 8, 0)
CALLS = {  # what the debugger makes it call; the last must work, so that we know that calls do
    "open": '(int)open("/etc/passwd", 0)',
    "open for writing": '(int)open("/tmp/noroshi-sandbox", 0102, 0600)',
    "socket": "(int)socket(2, 1, 0)",
    "connect": "((int (*)(int, void *, unsigned))connect)(0, (void *)0, 0)",
    "execve": '(int)execve("/bin/true", 0, 0)',
    "getpid": "(int)getpid()",
}


def status(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def wait_for_sandbox(pid):
    until = time.monotonic() + PATIENCE
    while status(pid).get("Seccomp", "0").strip() != "2":
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def ask_debugger(pid):
    """{name: (result, errno)}"""
    words = ["gdb", "-nx", "-batch", "-p", str(pid)]
    for call in CALLS.values():
        words += ["-ex", f"print {call}", "-ex", "print *(int *)__errno_location()"]
    run = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "DEBUGINFOD_URLS": ""})
    numbers = [int(number) for number in re.findall(r"^\$\d+ = (-?\d+)$", run.stdout, re.M)]
    if len(numbers) != 2 * len(CALLS):
        print(f"the debugger said: {run.stdout} {run.stderr}")
        return None
    return {name: (numbers[2 * i], numbers[2 * i + 1]) for i, name in enumerate(CALLS)}


def main():
    if not shutil.which("gdb"):
        return SKIPPED
    with subprocess.Popen([NOROSHI, "sensor", "-r", "-", "--eve", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdin.write(CAPTURE + PACKET)
        child.stdin.flush()
        wrong = [] if wait_for_sandbox(child.pid) else ["no seccomp filter"]
        about = status(child.pid)
        if int(about["CapEff"], 16) or int(about["CapPrm"], 16) or "0" in about["Uid"].split():
            wrong.append(f"it has rights: {about['CapEff']}, {about['Uid']}")
        found = ask_debugger(child.pid)
        for name, (result, number) in (found or {}).items():
            print(f"{name}: {result}, errno {number}")
            if name == "getpid":
                wrong += [] if result == child.pid else ["the debugger's calls do not work"]
            elif (result, number) != (-1, 1):
                wrong.append(f"{name} gave {result}, errno {number}")
        out, _ = child.communicate(timeout=PATIENCE)
        if child.returncode != 0 or b'"event_type":"flow"' not in out:
            wrong.append(f"it did not go on: {child.returncode}")
    for words in wrong:
        print(words)
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main())
