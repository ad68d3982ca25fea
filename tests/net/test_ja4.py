"""JA4 of real captures against the fingerprints that another program recorded of them (../shared/data/ja4).

usage: test_ja4.py NOROSHI. Exit 77 where that data is not there. docs/sensor.md explains each difference.
"""
import collections
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = (ROOT / "../shared/data").resolve()
TABLE, CAPTURES = DATA / "ja4/by-capture.tsv", DATA / "pcaps/protocols"

# Rows of captures whose ClientHello no stream of ours holds, and why.
UNREACHED = {
    "heuristic_tcp_ack_payload.pcap": "two bytes of padding count as payload of the bare ACK before each hello",
}
NOTHING, SHA_OF_NOTHING = "000000000000", "e3b0c44298fc"


def fingerprints(noroshi, captures):
    """{capture: {JA4}}, of TLS, DTLS and QUIC."""
    found = collections.defaultdict(set)
    for capture in captures:
        run = subprocess.run([noroshi, "sensor", "-r", str(CAPTURES / capture), "--eve", "-"], capture_output=True, timeout=120, check=False)
        assert run.returncode == 0, (capture, run.stderr.decode())
        for line in run.stdout.splitlines():
            record = json.loads(line)
            for kind in ("tls", "quic"):
                if "ja4" in record.get(kind, {}):
                    found[capture].add(record[kind]["ja4"])
    return found


def differences(ours, theirs):
    """What the other program does in its own way, where the two are of one hello; None when they are not."""
    (head, ciphers, rest), (their_head, their_ciphers, their_rest) = ours.split("_"), theirs.split("_")
    named = set()
    if ciphers != their_ciphers or head[4:8] != their_head[4:8] or head[0] != their_head[0]:
        return None
    if rest != their_rest:
        if (rest, their_rest) != (NOTHING, SHA_OF_NOTHING):
            return None
        named.add("hash of no extensions")
    if head[1:3] != their_head[1:3]:
        if (head[0], head[1:3], their_head[1:3]) not in (("d", "d3", "d2"), ("d", "00", "s3")):
            return None
        named.add("version of DTLS")
    if head[3] != their_head[3]:
        named.add("name or none")
    if head[8:] != their_head[8:]:
        if head[8] != their_head[8]:
            return None
        named.add("last character of ALPN")
    return named


def main():
    noroshi = sys.argv[1]
    if not TABLE.is_file() or not CAPTURES.is_dir():
        print("skipped: no ../shared/data/ja4")
        return 77
    rows = [line.split("\t") for line in TABLE.read_text().splitlines()[1:]]
    found = fingerprints(noroshi, sorted({capture for capture, _ in rows}))
    counts, wrong = collections.Counter(), []
    for capture, theirs in rows:
        named = min((each for each in (differences(ours, theirs) for ours in found[capture]) if each is not None), key=len, default=None)
        if named is None and capture in UNREACHED:
            counts["unreached: " + UNREACHED[capture]] += 1
        elif named is None:
            wrong.append(f"{capture}: {theirs} is not among {sorted(found[capture])}")
        else:
            counts[", ".join(sorted(named)) or "the same"] += 1
    wrong += [f"{capture}: is reached now, take it off the list" for capture in UNREACHED
              if all(any(differences(ours, theirs) is not None for ours in found[capture]) for name, theirs in rows if name == capture)]
    print(f"{len(rows)} fingerprints of {len({capture for capture, _ in rows})} captures")
    for what, count in counts.most_common():
        print(f"{count:5} {what}")
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
