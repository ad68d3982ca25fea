"""What every benchmark needs: the program, a command measured on one core, median and spread, whether the machine is quiet."""
import os
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(TOP, "build", "noroshi")
PATIENCE = int(os.environ.get("NOROSHI_BENCH_PATIENCE", 60))  # seconds to wait for a quiet machine


def measure(command, discard=False):
    """(what it printed, wall seconds, CPU seconds, peak bytes) on one core; `discard`: what it prints goes to /dev/null"""
    with open(os.devnull, "w+b") if discard else tempfile.TemporaryFile() as out:
        core = {max(os.sched_getaffinity(0))}
        began = time.monotonic()
        child = subprocess.Popen(command, stdout=out, preexec_fn=lambda: os.sched_setaffinity(0, core))
        _, status, used = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in (0, 1):
            sys.exit(f"bench: {command[0]} {command[1]} ended with {child.returncode}")
        if not discard:
            out.seek(0)
        return out.read(), wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def spread(values):
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def busy_cores():
    """cores at work now, over half a second"""
    def ticks():
        with open("/proc/stat", encoding="ascii") as file:
            return [int(word) for word in file.readline().split()[1:]]
    before = ticks()
    time.sleep(0.5)
    passed = [after - first for first, after in zip(before, ticks())]
    return os.cpu_count() * (1 - (passed[3] + passed[4]) / max(1, sum(passed)))


def wait_until_quiet():
    """false when others still use more than a tenth of a core after PATIENCE"""
    until = time.monotonic() + PATIENCE
    while busy_cores() > 0.1:
        if time.monotonic() > until:
            return False
    return True


def compile_limit(name, folder):
    """a frozen program of bench/limits, built"""
    program = os.path.join(folder, name)
    subprocess.run(["cc", "-O2", "-o", program, os.path.join(TOP, "bench", "limits", name + ".c")], check=True)
    return program
