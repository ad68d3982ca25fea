"""Slices of fuzzing: who has had the least comes next. What is under way when it is stopped counts."""
import os
import re
import signal
import subprocess
import threading

from targets import ROOT, STATE, command, findings, grown, program_of, seed_folders

SLICE = 6  # seconds
TIMEOUT = 20  # seconds for one input
TIMED_OUT, INTERRUPTED = 70, 72  # how libFuzzer ends beyond that, and when it is told to stop
LIMITS = [f"-timeout={TIMEOUT}", "-rss_limit_mb=3000"]
STOP, RUNNING = threading.Event(), set()


def run(arguments, log):
    """Runs it with its messages in the file log; its end and the seconds of a processor it took, which a busy machine does not change."""
    with open(log, "wb") as messages:
        process = subprocess.Popen(["nice", "-n", "19", *map(str, arguments)], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=messages)
    RUNNING.add(process.pid)
    if STOP.is_set():
        process.send_signal(signal.SIGINT)
    _, status, used = os.wait4(process.pid, 0)
    RUNNING.discard(process.pid)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_utime + used.ru_stime


def stop(*_):
    """Ends the slices under way; what they did counts."""
    STOP.set()
    for pid in list(RUNNING):
        os.kill(pid, signal.SIGINT)


def recheck(target):
    """Findings of before that the code now survives, within TIMEOUT seconds of a processor, become part of the corpus."""
    for path in findings(target):
        status, used = run([*command(target), "-rss_limit_mb=3000", path], os.devnull)
        if status == 0 and used < TIMEOUT:
            grown(target).mkdir(parents=True, exist_ok=True)
            os.replace(path, grown(target) / path.name)
            print(f"{target}: {path.name} is no finding", flush=True)


def numbers(lines, used):
    spent = {"minutes": used / 60, "runs": 0, "coverage": 0, "features": 0}
    for line in lines:
        seen = re.search(r"cov: (\d+) ft: (\d+)", line)
        runs = re.search(r"stat::number_of_executed_units: (\d+)", line)
        if seen:
            spent["coverage"], spent["features"] = int(seen[1]), int(seen[2])
        if runs:
            spent["runs"] = int(runs[1])
    return spent


def run_slice(target, seconds):
    """What was spent, and whether there is no finding."""
    found, log = STATE / "findings" / target, STATE / "logs" / target
    for folder in (grown(target), found, log.parent):
        folder.mkdir(parents=True, exist_ok=True)
    arguments = [
        *command(target), f"-max_total_time={seconds}", *LIMITS, "-print_final_stats=1", "-report_slow_units=20",
        f"-artifact_prefix={found}/", grown(target)]
    words = ROOT / "fuzz" / f"{program_of(target)}.dict"
    arguments += seed_folders(target)
    arguments += [f"-dict={words}"] if words.exists() else []
    status, used = run(arguments, log)
    lines = log.read_text(errors="replace").splitlines()
    spent = numbers(lines, used)
    if status in (0, INTERRUPTED):
        return spent, True
    recheck(target)
    if status == TIMED_OUT and not findings(target):  # the machine was busy, not the target
        return spent, True
    print(f"{target}: FINDING, see {found.relative_to(ROOT)}", flush=True)
    print("\n".join("  " + line for line in lines[-40:] if re.search(r"ERROR|SUMMARY|runtime error|^    #[0-7] ", line)), flush=True)
    if not findings(target):  # it ended badly without leaving an input
        (found / f"status-{status}").write_text("\n".join(lines[-40:]))
    return spent, False


def work(waiting, ledger, commit, minutes, lock):
    while True:
        with lock:
            if not waiting or STOP.is_set():
                return
            target = min(waiting, key=lambda each: (ledger.of(commit, each)["minutes"], ledger.in_all(each)))
            waiting.remove(target)
            left = round((minutes - ledger.of(commit, target)["minutes"]) * 60)
        if left < 1:
            continue
        spent, good = run_slice(target, min(SLICE, left))
        with lock:
            ledger.spend(commit, target, spent)
            if good:
                waiting.append(target)


def fuzz(targets, ledger, commit, minutes, jobs):
    for target in targets:
        recheck(target)
    waiting = [target for target in targets if not findings(target)]
    lock = threading.Lock()
    workers = [threading.Thread(target=work, args=(waiting, ledger, commit, minutes, lock)) for _ in range(jobs)]
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if STOP.is_set():
        print("\nstopped; the next run goes on from here")
