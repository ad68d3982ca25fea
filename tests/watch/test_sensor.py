#!/usr/bin/env python3
"""`noroshi sensor` on capture files made here: its records, and what it says of files that are broken, cut or missing."""
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

NOROSHI = sys.argv[1]
SCHEMA = Path(__file__).resolve().parents[3] / "shared" / "data" / "eve-schema.json"
results = []


def check(name, good, why=""):
    results.append(bool(good))
    print(f"{'ok' if good else 'not ok'} {len(results)} - {name}", flush=True)
    if not good:
        print(f"# {why}", flush=True)


def ipv4(payload, protocol, source=1, destination=2):
    return struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0, 0x0A000000 + source, 0x0A000000 + destination) + payload


def udp(payload, source, destination):
    return struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload


def tcp(flags, sequence, acknowledgement, payload=b"", source=40000, destination=80):
    return struct.pack(">HHIIBBHHH", source, destination, sequence, acknowledgement, 0x50, flags, 65535, 0, 0) + payload


def capture(packets, begin=1_700_000_000):
    out = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for i, packet in enumerate(packets):
        out += struct.pack("<IIII", begin + i, 250000, len(packet), len(packet)) + packet
    return out


REQUEST = b"GET /a HTTP/1.1\r\nHost: www.example.jp\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
QUERY = bytes.fromhex("1234010000010000000000000377777707657861" "6d706c65026a700000010001")
EXCHANGE = [
    ipv4(tcp(0x02, 99, 0), 6),
    ipv4(tcp(0x12, 499, 100, b"", 80, 40000), 6, 2, 1),
    ipv4(tcp(0x18, 100, 500, REQUEST), 6),
    ipv4(tcp(0x18, 500, 100 + len(REQUEST), ANSWER, 80, 40000), 6, 2, 1),
    ipv4(tcp(0x11, 100 + len(REQUEST), 500 + len(ANSWER)), 6),
    ipv4(tcp(0x11, 500 + len(ANSWER), 101 + len(REQUEST), b"", 80, 40000), 6, 2, 1),
    ipv4(udp(QUERY, 5300, 53), 17),
    ipv4(b"abc", 6),  # no header of TCP
]


def sensor(*arguments, stdin=b""):
    return subprocess.run([NOROSHI, "sensor", *arguments], input=stdin, capture_output=True, timeout=60, check=False)


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def fits_schema(found):
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
    except ImportError:
        return "skipped"
    if not SCHEMA.exists():
        return "skipped"
    validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))
    return [error.message for record in found for error in validator.iter_errors(record)]


def test_records(folder):
    path = folder / "exchange.pcap"
    path.write_bytes(capture(EXCHANGE))
    run = sensor("-r", str(path), "--eve", "-", "--name", "gate")
    found = records(run.stdout)
    kinds = sorted(record["event_type"] for record in found)
    check("exit code 0", run.returncode == 0, run.stderr)
    check("kinds of records", kinds == ["anomaly", "dns", "flow", "flow", "http", "stats"], kinds)
    flow = next(record for record in found if record["event_type"] == "flow" and record["proto"] == "TCP")
    counted = [flow["flow"][name] for name in ("pkts_toserver", "pkts_toclient", "bytes_toserver", "bytes_toclient", "age")]
    check("flow is counted by side", counted == [3, 3, 120 + len(REQUEST), 120 + len(ANSWER), 5], counted)
    check("flow is closed http", (flow["app_proto"], flow["flow"]["state"], flow["tcp"]["tcp_flags"]) == ("http", "closed", "1b"), flow)
    check("names where it comes from", flow["host"] == "gate" and flow["pcap_filename"] == str(path), flow)
    check("Community ID", flow["community_id"].startswith("1:"), flow)
    anomaly = next(record for record in found if record["event_type"] == "anomaly")
    check("anomaly", anomaly["anomaly"] == {"type": "decode", "event": "decoder.tcp.pkt_too_small"} and anomaly["pcap_cnt"] == 8, anomaly)
    stats = found[-1]["stats"]
    check("stats", (stats["decoder"]["pkts"], stats["decoder"]["invalid"], stats["flow"]["total"]) == (8, 1, 2), stats)
    wrong = fits_schema(found)
    check("the schema of EVE" + (" # SKIP no schema" if wrong == "skipped" else ""), wrong == "skipped" or not wrong, wrong)
    flows = records(sensor("-r", str(path), "--eve", "-", "--flows").stdout)
    check("--flows looks at no content", sorted(record["event_type"] for record in flows) == ["anomaly", "flow", "flow", "stats"])
    piped = sensor("-r", "-", "--json", stdin=path.read_bytes())
    check("standard input, counters as JSON", json.loads(piped.stdout)["flows"] == 2, piped.stdout)


def test_several_files(folder):
    for i, part in enumerate((EXCHANGE[:3], EXCHANGE[3:])):
        (folder / f"part{i}.pcap").write_bytes(capture(part, 1_700_000_000 + 3 * i))
    eve = folder / "eve.json"
    run = sensor("-r", str(folder / "part0.pcap"), str(folder / "part1.pcap"), "--eve", str(eve))
    kinds = sorted(record["event_type"] for record in records(eve.read_bytes()))
    check("a flow goes on in the next file", kinds == ["anomaly", "dns", "flow", "flow", "http", "stats"], kinds)
    check("counters are shown", run.stdout == b"8 packets, 2 flows, 5 records, 0 alerts; 1 malformed, 0 not IP\n", run.stdout)


def test_broken_files(folder):
    whole = capture(EXCHANGE)
    (folder / "cut.pcap").write_bytes(whole[:-1])
    run = sensor("-r", str(folder / "cut.pcap"), "--json")
    said = json.loads(run.stdout)
    check("a cut file is read to its last whole packet", (run.returncode, said["packets"], said["truncated"]) == (0, 7, 1), run.stdout)
    (folder / "bad.pcap").write_bytes(whole[:24 + 16 + 40] + b"\xff" * 40)
    (folder / "good.pcap").write_bytes(whole)
    run = sensor("-r", str(folder / "bad.pcap"), str(folder / "good.pcap"), "--json")
    said = json.loads(run.stdout)
    check("a bad file is told with its place, and the next one read",
          run.returncode == 2 and said["packets"] == 9 and b"bad.pcap: at byte 80: " in run.stderr and run.stderr.count(b"\n") == 1, run.stderr)
    run = sensor("-r", str(folder / "none.pcap"))
    check("a missing file", run.returncode == 2 and b"none.pcap: cannot be opened: No such file" in run.stderr, run.stderr)
    run = sensor()
    check("no file", run.returncode == 2 and b"-r should name" in run.stderr, run.stderr)
    run = sensor("-r", str(folder / "good.pcap"), "--eve", str(folder))
    check("records that cannot be written", run.returncode == 2 and run.stderr.count(b"\n") == 1, run.stderr)


def main():
    with tempfile.TemporaryDirectory(prefix="noroshi-sensor.") as folder:
        test_records(Path(folder))
        test_several_files(Path(folder))
        test_broken_files(Path(folder))
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
