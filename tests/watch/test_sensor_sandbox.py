#!/usr/bin/env python3
"""The running sensor can open no file and no connection: a debugger makes it try, on a capture file and, in a namespace of its own, in every
thread of live capture; so can the process that reads a list for it. The one that opens for it can open, and make no connection. Skipped where
there is no gdb."""
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import live  # noqa: E402

NOROSHI = sys.argv[1]
SKIPPED, PATIENCE = 77, 150
CAPTURE = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
PACKET = struct.pack("<IIII", 1_700_000_000, 0, 28, 28) + struct.pack(">BBHHHBBHII", 0x45, 0, 28, 0, 0, 64, 17, 0, 1, 2) + struct.pack(">HHHH", 1, 2, 8, 0)
OPENING = 1 << 1 | 1 << 2 | 1 << 6 | 1 << 7 | 1 << 13  # DAC_OVERRIDE, DAC_READ_SEARCH, SETGID, SETUID, NET_RAW
CALLS = {  # what the debugger makes it call; the last must work, so that we know that calls do
    "open": '(int)open("/etc/passwd", 0)',
    "open for writing": '(int)open("/tmp/noroshi-sandbox", 0102, 0600)',
    "socket": "(int)socket(2, 1, 0)",
    "socket for datagrams": "(int)socket(10, 2, 0)",
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


def threads_of(pid):
    return sorted(int(name) for name in os.listdir(f"/proc/{pid}/task"))


def ask_debugger(pid):
    """[{name: (result, errno)}] of each thread"""
    words, threads = ["gdb", "-nx", "-batch", "-p", str(pid), "-ex", "handle SIGSTOP nostop noprint nopass"], len(threads_of(pid))
    for thread in range(1, threads + 1):
        words += ["-ex", f"thread {thread}"]
        for call in CALLS.values():
            words += ["-ex", f"print {call}", "-ex", "print *(int *)__errno_location()"]
    run = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False, env={**os.environ, "DEBUGINFOD_URLS": ""})
    numbers = [int(number) for number in re.findall(r"^\$\d+ = (-?\d+)$", run.stdout, re.M)]
    if len(numbers) != 2 * len(CALLS) * threads:
        print(f"the debugger said: {run.stdout} {run.stderr}")
        return []
    pairs = list(zip(numbers[::2], numbers[1::2]))
    return [dict(zip(CALLS, pairs[at:at + len(CALLS)])) for at in range(0, len(pairs), len(CALLS))]


def check_process(pid, thread_count, may=()):
    """What is wrong with it. `may`: what it is there for, and must be able to; it keeps some rights for that."""
    wrong = [f"{len(threads_of(pid))} threads, not {thread_count}"] if len(threads_of(pid)) != thread_count else []
    for thread in threads_of(pid):
        about = status(f"{pid}/task/{thread}")
        if about.get("Seccomp", "0").strip() != "2":
            wrong.append(f"thread {thread} has no seccomp filter")
        if may:
            if int(about["CapEff"], 16) & ~OPENING or int(about["CapPrm"], 16) & ~OPENING or about["NoNewPrivs"].strip() != "1":
                wrong.append(f"thread {thread} has more rights than it needs: {about['CapEff']}, {about['CapPrm']}")
        elif int(about["CapEff"], 16) or int(about["CapPrm"], 16) or "0" in about["Uid"].split():
            wrong.append(f"thread {thread} has rights: {about['CapEff']}, {about['Uid']}")
    answers = ask_debugger(pid)
    for number, found in enumerate(answers, 1):
        print(f"thread {number}: " + ", ".join(f"{name} {result} errno {why}" for name, (result, why) in found.items()))
        if found.pop("getpid")[0] != pid:
            wrong.append("the debugger's calls do not work")
        wrong += [f"thread {number}: {name} gave {result}, errno {why}" for name, (result, why) in found.items() if ((result, why) != (-1, 1)) != (name in may)]
    return wrong if answers else [*wrong, "the debugger could not ask"]


def check_file():
    with subprocess.Popen([NOROSHI, "sensor", "-r", "-", "--eve", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdin.write(CAPTURE + PACKET)
        child.stdin.flush()
        wrong = [] if wait_for_sandbox(child.pid) else ["no seccomp filter"]
        wrong += check_process(child.pid, 1)
        out, _ = child.communicate(timeout=PATIENCE)
        if child.returncode != 0 or b'"event_type":"flow"' not in out:
            wrong.append(f"it did not go on: {child.returncode}")
    return wrong


def children_of(pid):
    return [int(one) for thread in threads_of(pid) for one in Path(f"/proc/{pid}/task/{thread}/children").read_text(encoding="ascii").split()]


def stopped_loader(opener, seconds):
    """The process that reads a list, as soon as it has a filter of its own beside the opener's; stopped."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for pid in children_of(opener):
            try:
                os.kill(pid, signal.SIGSTOP)
                if status(pid).get("Seccomp_filters", "0").strip() == "2":
                    return pid
                os.kill(pid, signal.SIGCONT)
            except (OSError, ValueError):
                pass  # it has ended
        time.sleep(0.002)
    return None


def check_helpers(sensor, folder):
    """Who opens, and who reads a list of indicators that changed."""
    (opener,) = children_of(sensor.child.pid)
    print("the opener:")
    wrong = [f"the opener: {words}" for words in check_process(opener, 1, ("open", "open for writing"))]
    Path("/tmp/noroshi-sandbox").unlink(missing_ok=True)
    loader, tries = None, 0
    while not loader and tries < 10:  # on a busy machine it may have read the list before we looked
        tries += 1
        with open(folder / "new", "w", encoding="ascii") as file:
            file.write("domain,marked.example.jp\n")
            file.writelines(f"domain,d{number}.example.net\n" for number in range(300000))
        os.rename(folder / "new", folder / "indicators")
        sensor.hup()
        loader = stopped_loader(opener, PATIENCE / 10)
    if not loader:
        return [*wrong, "the loader was not met"]
    print("the loader:")
    wrong += [f"the loader: {words}" for words in check_process(loader, 1)]
    os.kill(loader, signal.SIGCONT)
    live.wait_for(lambda: loader not in children_of(opener), "the end of the loader")
    return wrong


def check_live():
    """The main thread, the one that writes records, the one that takes large lists, and two workers; afterwards they go on."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "indicators").write_text("domain,marked.example.jp\n")
        sensor = live.Sensor(NOROSHI, folder, "-i", "pair0", "--workers", "2", "--eve", folder / "eve.json", "--indicators", folder / "indicators")
        wrong = check_process(sensor.child.pid, 5) + check_helpers(sensor, folder)
        (folder / "one.pcap").write_bytes(live.pcap([live.ethernet(0x0800, live.ipv4((198, 19, 1, 1), (198, 19, 1, 2), 17, live.udp(9000, 53, live.dns("marked.example.jp"))))]))
        subprocess.run(live.peer("tcpreplay", "-q", "-i", "pair1", folder / "one.pcap"), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sensor.wait_until(lambda now: now["alerts"] > 0, "an alert after the debugger")
        sensor.stop()
    return wrong


def main():
    if not shutil.which("gdb"):
        return SKIPPED
    if len(sys.argv) > 2:
        wrong = check_live()
    else:
        wrong = check_file()
        if os.geteuid() == 0 and shutil.which("tcpreplay"):
            again = subprocess.run([live.NETNS, "--seconds", "900", sys.executable, __file__, NOROSHI, "live"], check=False)
            wrong += [] if again.returncode == 0 else [f"live capture: status {again.returncode}"]
    for words in wrong:
        print(words)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
