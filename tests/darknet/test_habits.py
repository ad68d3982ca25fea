#!/usr/bin/env python3
"""`noroshi darknet` over two weeks: who behaves as research scanners do is labelled so, by the tools' own packets (zmap, masscan, nmap in a
namespace, a visit for each day) and by packets made here; short input claims nothing; the label changes nothing else. TAP.

usage: test_habits.py NETNS_RUN [--inside FOLDER]
"""
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import test_darknet as made  # noqa: E402
import test_scanners as tools  # noqa: E402

NOROSHI = os.environ["NOROSHI"]
NET = "198.19.0.0/16"
DAY = 86400
VISITS = 9
# What each does on its days: the tools as they are.
DAILY = {
    "198.18.0.11": ("zmap", "zmap -q -i pair0 -G GATEWAY -S SOURCE -p PORT -w NET -b NONE -n 7000 -r 20000 -c 0 -o NONE"),
    "198.18.0.12": ("masscan", "masscan -e pair0 --router-mac GATEWAY --source-ip SOURCE -p PORT0-PORT9 198.19.64.0/25 --rate 4000 --wait 0"),
    "198.18.0.13": ("nmap", "nmap -n -Pn -sS -e pair0 -S SOURCE -p 22 --max-retries 0 --min-rate 2000 198.19.32.0/24"),
}
SELDOM = ("198.18.9.14", "zmap -q -i pair0 -G GATEWAY -S SOURCE -p PORT -w NET -b NONE -n 7000 -r 20000 -c 0 -o NONE")
SELDOM_ON = (0, 1, 5)


# ── inside ──
def inside(folder):
    for source in [*DAILY, SELDOM[0]]:
        subprocess.run(["ip", "address", "add", f"{source}/32", "dev", "pair0"], check=True)
    subprocess.run(["ip", "route", "add", NET, "via", "198.18.0.2", "dev", "pair0"], check=True)
    subprocess.run(tools.peer("ip", "route", "add", "blackhole", NET), check=True)
    shown = json.loads(subprocess.run(tools.peer("ip", "-j", "link", "show", "pair1"), check=True, capture_output=True).stdout)
    gateway = shown[0]["address"]
    subprocess.run(["ip", "neighbour", "replace", "198.18.0.2", "lladdr", gateway, "dev", "pair0"], check=True)
    (folder / "net").write_text(NET + "\n")
    (folder / "none").write_text("")
    for visit in range(VISITS):
        arrived = tools.record(tools.peer(), folder / f"visit{visit}.pcap")
        runs = [(source, command) for source, (_, command) in DAILY.items()] + ([SELDOM] if visit in SELDOM_ON else [])
        children = []
        for source, command in runs:
            words = command.replace("GATEWAY", gateway).replace("SOURCE", source).replace("NONE", str(folder / "none")).replace("-w NET", f"-w {folder / 'net'}").replace("PORT", str(800 + visit))
            children.append(subprocess.Popen(["timeout", "60", *words.split()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        with tools.stirring():
            for child in children:
                child.wait()
        tools.stop(arrived, folder / f"visit{visit}.pcap")
    return 0


# ── outside ──
def run(*arguments):
    done = subprocess.run([NOROSHI, "darknet", "--json", *map(str, arguments)], capture_output=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr.decode()
    return json.loads(done.stdout)


def days_later(path, to, days):
    """The same packets, as many days later."""
    data = bytearray(path.read_bytes())
    at = 24
    while at + 16 <= len(data):
        second, _, size, _ = struct.unpack_from("<IIII", data, at)
        struct.pack_into("<I", data, at, second + days * DAY)
        at += 16 + size
    to.write_bytes(data)


def last_of(found, source):
    return [scan for scan in found["scans"] if scan["sources"] == [source]][-1]


def test_tools_that_come_each_day_are_labelled(folder, netns_run):
    done = subprocess.run([netns_run, "--seconds", "600", sys.executable, __file__, netns_run, "--inside", str(folder)], capture_output=True, text=True, timeout=660)
    assert done.returncode == 0, done.stderr[-1500:]
    files = []
    for visit in range(VISITS):
        files.append(folder / f"day{visit}.pcap")
        days_later(folder / f"visit{visit}.pcap", files[-1], visit)
    found = run("-r", *files, "--net", NET)
    for source, (name, _) in DAILY.items():
        scan = last_of(found, source)
        print(f"# {name}: {len([one for one in found['scans'] if one['sources'] == [source]])} scans, the last {scan['research']}")
        assert scan["kind"] == "single"
        assert (scan["research"] or {}).get("confidence") == (None if name == "nmap" else "medium"), scan
    assert last_of(found, SELDOM[0])["research"] is None
    assert all(scan["research"] is None for scan in found["scans"] if scan["last"] < last_of(found, "198.18.0.11")["first"][:10] and scan["first"] < found["totals"]["first"][:10] + "Z")
    first = run("-r", files[0], "--net", NET)
    assert len(first["scans"]) == 4 and all(scan["research"] is None for scan in first["scans"])
    totals = found["totals"]
    assert totals["research"]["sources"] == 0 and 0 < totals["like_research"]["sources"] < totals["scans"]["sources"]


def visits(source, days, ports=8, each=5, begin=0, **more):
    """Each day the next ports, each at some addresses, from noon on."""
    frames = []
    for day in range(days):
        for port in range(ports):
            frames += [
                ((begin + day) * DAY + port * 600 + i * 7, made.tcp(source, f"198.51.{100 + i}.{(port * 17 + day) % 256}", 2000 + day * ports + port, **more)) for i in range(each)
            ]
    return frames


ZMAP = {"window": 65535, "identification": 54321, "hops": 240}


def test_evidence_is_listed_and_a_history_goes_on(folder):
    days = 12
    frames = visits("192.0.2.1", days, **ZMAP) + visits("192.0.2.2", days) + visits("192.0.2.3", days, **ZMAP)
    (folder / "lists").mkdir()
    about = {"name": "Censys IP Ranges Used for Scanning", "description": "x", "version": 1, "matching_attributes": ["ip-src"], "type": "cidr", "list": ["192.0.2.3/32"]}
    (folder / "lists" / "scanners.json").write_text(json.dumps(about))
    files = []
    for day in range(days):
        files.append(folder / f"{day}.pcap")
        files[-1].write_bytes(made.pcap(sorted(frame for frame in frames if day * DAY <= frame[0] < (day + 1) * DAY)))
    arguments = ("--net", "198.51.0.0/16", "--warninglists", folder / "lists")
    whole = run("-r", *files, *arguments)
    by_day = [run("-r", path, *arguments, "--history", folder / "history") for path in files]
    for source, confidence, evidence in (("192.0.2.1", "medium", ["behaviour"]), ("192.0.2.2", "low", ["behaviour"]), ("192.0.2.3", "high", ["list", "behaviour"])):
        of_all = last_of(whole, source)["research"]
        for research in (of_all, last_of(by_day[-1], source)["research"]):
            assert research["confidence"] == confidence and research["evidence"] == evidence, (source, research)
        behaviour = of_all["behaviour"]
        assert behaviour["days"] >= 7 and behaviour["span"] >= 7 and behaviour["ports"] > 20 and behaviour["scatter"] < 0.2 and behaviour["tool"] == (source != "192.0.2.2"), behaviour
        for early in by_day[:6]:  # too early to say
            research = last_of(early, source)["research"]
            assert (research or {}).get("evidence", []) == (["list"] if source == "192.0.2.3" else []), research
    assert last_of(whole, "192.0.2.3")["kind"] == "research" and last_of(whole, "192.0.2.1")["kind"] == "single"
    assert run("-r", *files, *arguments, "--no-changes")["totals"]["like_research"]["sources"] == 0


def test_who_imitates_gains_the_label_and_nothing_else(folder):
    """The same attack by a source with the habit and by one without: what is told of it differs in the label alone."""
    days = 12
    frames = visits("192.0.2.1", days, **ZMAP)
    for source in ("192.0.2.1", "192.0.2.9"):  # then a worm's packets and a scan of one port
        frames += [(days * DAY + 20000 + i * 3, made.tcp(source, f"198.51.7.{i}", 23, window=5000)) for i in range(60)]
    path, lines = folder / "in.pcap", folder / "lines.jsonl"
    path.write_bytes(made.pcap(sorted(frames)))
    found = run("-r", path, "--net", "198.51.0.0/16", "--timeout", "1 h", "--lines", lines)
    habit, other = last_of(found, "192.0.2.1"), last_of(found, "192.0.2.9")
    assert habit.pop("research")["evidence"] == ["behaviour"] and other.pop("research") is None
    assert habit.pop("sources") != other.pop("sources") and habit == other
    read = [json.loads(line) for line in lines.read_text().splitlines()]
    told = {line["src_ip"]: line for line in read if line["darknet"].get("what") == "source" and line["darknet"]["port"] == "23/tcp"}
    one, two = told["192.0.2.1"], told["192.0.2.9"]
    assert one["alert"] == two["alert"] and one["darknet"].pop("behaves") == "research" and one["darknet"] == two["darknet"]
    assert one["darknet"]["research"] is False and all(row[4] == 0 for line in read if line["darknet"]["what"] == "counts" for row in line["darknet"]["rows"])
    (folder / "told.jsonl").write_text("".join(json.dumps(line) + "\n" for line in (one, two)))
    done = subprocess.run([NOROSHI, "convert", folder / "told.jsonl"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    alerts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [alert["signature_id"] for alert in alerts] == ["darknet:probe"] * 2 and alerts[0]["severity"] == alerts[1]["severity"], alerts


def main():
    if "--inside" in sys.argv:
        return inside(Path(sys.argv[sys.argv.index("--inside") + 1]))
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [tool for tool in ("zmap", "masscan", "nmap", "tcpdump") if not shutil.which(tool)]
    tests, failed = [(name, value) for name, value in globals().items() if name.startswith("test_") and callable(value)], 0
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        real = "tools" in name
        if real and missing:
            print(f"ok {number} - {name} # SKIP", *missing, "missing")
            continue
        with tempfile.TemporaryDirectory(prefix="noroshi-habits-") as folder:
            try:
                test(Path(folder), sys.argv[1]) if real else test(Path(folder))
                print(f"ok {number} - {name}", flush=True)
            except Exception as error:  # each is said, and the others are tried
                failed += 1
                print(f"not ok {number} - {name}: {type(error).__name__}: {str(error)[:1500]}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
