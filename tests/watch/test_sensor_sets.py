#!/usr/bin/env python3
"""Sets replaced while traffic flows: indicators and rules A and B, whose markers are disjoint and come in pairs, take turns every tenth of a
second. No packet is dropped, every message is met by a whole set, and by one only; a bad file changes nothing."""
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from live import PATIENCE, Sensor, dns, enter_namespace, ethernet, ipv4, pcap, peer, records, udp, wait_for  # noqa: E402

NOROSHI = sys.argv[1]
TURNS = 800 if os.environ.get("NOROSHI_LONG") else 100
results = []


def check(name, good, why=""):
    results.append(bool(good))
    print(f"{'ok' if good else 'not ok'} {len(results)} - {name}", flush=True)
    if not good:
        print(f"# {str(why)[:2000]}", flush=True)


# Of a response with this name and this address each set meets the name twice, the address twice, and the name by two rules.
NAME, ADDRESS = "marked.example.jp", "198.19.77.77"
SETS = {"A": (101, 102), "B": (201, 202)}
FILLING = "".join(f"domain,other{i}.example,alert,9\n" for i in range(20000))  # so that a set is not made in no time


def lists(which):
    first, second = SETS[which]
    indicators = "".join(f"domain,{NAME},alert,{number}\naddress,{ADDRESS},alert,{number}\n" for number in (first, second))
    rules = "".join(f'alert dns any any -> any any (msg:"{which}{number}"; dns.query; content:"marked"; sid:{number}; rev:1;)\n' for number in (first, second))
    return indicators + FILLING, rules


def put(path, text):
    """As whoever changes a list should: renamed over it."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.rename(path)


def frames(count):
    address = bytes(map(int, ADDRESS.split(".")))
    for i in range(count):
        client, server, port = (198, 19, 1 + i % 100, 1), (198, 19, 1 + i % 100, 2), 10000 + i % 50000
        yield ethernet(0x0800, ipv4(client, server, 17, udp(port, 53, dns(NAME, i & 0xFFFF))))
        yield ethernet(0x0800, ipv4(server, client, 17, udp(53, port, dns(NAME, i & 0xFFFF, [(1, address)]))))


def markers(record):
    """(where, numbers) of one alert."""
    alert = record["alert"]
    if alert["gid"] == 1:
        return "rule", (alert["signature_id"],)
    return alert["metadata"]["indicator_type"][0], tuple(sorted(int(number) for number in alert["metadata"]["indicator_id"]))


def judge(found):
    """{message: {where: numbers}}, and the messages that were not met by whole sets."""
    messages, wrong = defaultdict(lambda: defaultdict(list)), []
    for record in found:
        if record["event_type"] == "alert":
            where, numbers = markers(record)
            # a response and its query are two messages of one flow: told apart by their time
            messages[record["flow_id"], record["timestamp"]][where].extend(numbers)
    pairs = [list(pair) for pair in SETS.values()]
    for message, met in messages.items():
        # indicators and rules are two sets, each replaced when its file is: within each all numbers are of one
        of_indicators = sorted(set(met.get("domain", []) + met.get("address", [])))
        of_rules = sorted(met.get("rule", []))
        if any(these and these not in pairs for these in (of_indicators, of_rules)) or not of_indicators:
            wrong.append((message, {where: numbers for where, numbers in met.items()}))
    return messages, wrong


def replace_while_flowing(folder, sensor, count):
    """Until so many sets were in force, while the frames come again and again."""
    path, turns = folder / "marked.pcap", 0
    path.write_bytes(pcap(frames(count)))
    player = subprocess.Popen(peer("tcpreplay", "-q", "-i", "pair1", "--pps", 2000, "--loop", 0, path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 4 * PATIENCE  # a slow machine takes fewer sets, and is given more time
        while sensor.counts()["sets_taken"] < TURNS and time.monotonic() < until:
            indicators, rules = lists("AB"[turns % 2])
            put(folder / "indicators", indicators)
            put(folder / "rules", rules)
            turns += 1
            time.sleep(0.1)
        wait_for(lambda: sensor.counts()["packets"] >= count, "as many packets")
    finally:
        player.terminate()
        player.wait(timeout=PATIENCE)


def test_replacing(folder):
    indicators, rules = lists("A")
    put(folder / "indicators", indicators)
    put(folder / "rules", rules)
    sensor = Sensor(NOROSHI, folder, "-i", "pair0", "--workers", 2, "--eve", folder / "eve.json", "--indicators", folder / "indicators", "--signatures", folder / "rules", "--look-every", "20 ms")
    replace_while_flowing(folder, sensor, 5000)
    before, longest = sensor.counts(), max(one["longest_away_ns"] for one in sensor.reports())
    test_bad_files(folder, sensor)
    # the kernel sends some of its own, the last of which may stay unseen in the ring: its counts are compared before the end
    sensor.wait_until(lambda now: now["kernel_packets"] == now["packets"], "that the kernel counts as the sensor does")
    last = sensor.stop()
    messages, wrong = judge(records(folder / "eve.json"))
    seen = {number for met in messages.values() for numbers in met.values() for number in numbers}
    print(f"# {last['packets']} packets, {len(messages)} messages met, {before['sets_taken']} sets taken; a worker was away from its rings for {longest / 1e6:.1f} ms at most")
    check("no packet was dropped while sets were replaced", last["kernel_drops"] == 0, last)
    check("every message was met by one whole set", not wrong and len(messages) > 2000, wrong[:3] or len(messages))
    check("both sets were in force", seen == {number for pair in SETS.values() for number in pair}, seen)
    check("no record was lost", last["records_dropped"] == 0, last)


def send(folder):
    path = folder / "one.pcap"
    path.write_bytes(pcap(list(frames(1))))
    subprocess.run(peer("tcpreplay", "-q", "-i", "pair1", path), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def alerts_after(folder, sensor):
    before = sensor.counts()
    send(folder)
    return sensor.wait_until(lambda now: now["packets"] >= before["packets"] + 2, "two packets")["alerts"] - before["alerts"]


def test_bad_files(folder, sensor):
    """Each leaves what was there in force, and one line in the log."""
    bad = {"indicators": "<html>\n<head>502 Bad Gateway</head>\n", "rules": "this is no rule\nnor is this\n"}
    for name, text in bad.items():
        refused = sensor.counts()["sets_refused"]
        put(folder / name, text)
        now = sensor.wait_until(lambda now, least=refused: now["sets_refused"] > least, "it is refused")
        said = wait_for(lambda path=f"/{name}": [line for line in sensor.log().splitlines() if "stays as it was" in line and path in line], "the line in the log")
        check(f"a bad file of {name} is refused with one clear line", len(said) == 1 and now["sets_refused"] == refused + 1, said)
    (folder / "indicators").unlink()
    sensor.hup()
    sensor.wait_until(lambda now: now["sets_refused"] >= 4, "a file that is gone, and the bad rules once more")
    check("what was there is still in force", wait_for(lambda: alerts_after(folder, sensor) > 0, "alerts"))


def test_start(folder):
    (folder / "indicators").write_text("<html>\n")
    run = subprocess.run([NOROSHI, "sensor", "-i", "pair0", "--indicators", folder / "indicators"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    check("a sensor does not begin with a bad file", run.returncode == 2 and "none of its lines is an indicator" in run.stderr, run.stderr)


def main():
    if os.geteuid() != 0 or not shutil.which("tcpreplay"):
        print("1..0 # SKIP root and tcpreplay are needed")
        return 0
    enter_namespace(1200)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        test_replacing(folder)
        test_start(folder)
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
