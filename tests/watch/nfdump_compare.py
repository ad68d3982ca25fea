#!/usr/bin/env python3
"""The sensor against nfpcapd and nfdump, independent meters of flows: same flows, packets and bytes on every capture.

usage: nfdump_compare.py NOROSHI FOLDER [--list]      (--list: every flow that differs)

nfdump counts each direction as a flow, and begins another after a FIN, an RST or a pause: both sides are added up by
addresses, ports and protocol before they are compared. A capture that differs must be in KNOWN with its reason (and the table of
docs/sensor.md); one that is there must differ. A sample of the captures; all with NOROSHI_LONG=1.
"""
import collections
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ICMP = 1, 58
SKIPPED, SAMPLE = 77, 25
KNOWN = {
    "tunnel": """bug-6402-01.pcap geneve-decoder.pcap vxlan-decoder-03.pcap vxlan-non-zero-reserved-fields.pcap dtls.pcap false_positives.pcapng
        gre.pcapng http_origin_different_than_host.pcap ipv6_in_gtp.pcap ja3_lots_of_cipher_suites_2_anon.pcap reasm_segv_anon.pcapng
        rtmp.pcap teredo.pcap tls_invalid_reads.pcap vxlan.pcap""",
    "link": """dcerpc-dcerpc-dce-stub-data-05.pcap dcerpc-dcerpc-dcepayload-16.pcap dcerpc-dcerpc-dcepayload-18.pcap decode-etag-02.pcap
        decode-sll2-01.pcap defrag-bug-6887-defrag-ipv6-tcp.pcap defrag-bug-6887-defrag-ppp-ipv6-tcp.pcap linktype-228.pcap
        pgsql-bug-6080-probe-test-01.pcap BGP_redist.pcap kerberos_fuzz.pcapng ossfuzz_seed_fake_traces_1.pcapng someip_sd_sample.pcap""",
    "extension header": "android.pcap ipv6-evasion-ipv6-malformed-fragments-12.pcap",
    "ports of SCTP": "sctp-keywords-prefilter.pcap sctp.cap",
    "fragments": "ip_fragmented_garbage.pcap",
    "length 0": "thrift.pcap",
    "malformed": "fuzz-2006-06-26-2594.pcap fuzz-2006-09-29-28586.pcap fuzz-2020-02-16-11740.pcap",
}


def number_of(protocol):
    return int(protocol) if protocol.isdigit() else socket.getprotobyname(protocol.lower())


def ours(noroshi, capture):
    """{(from, to, port, port, protocol): [packets, bytes]} of each direction, as the sensor counts."""
    run = subprocess.run([noroshi, "sensor", "-r", str(capture), "--flows", "--eve", "-"], capture_output=True, timeout=300, check=False)
    sums = collections.defaultdict(lambda: [0, 0])
    for line in run.stdout.splitlines():
        record = json.loads(line)
        if record["event_type"] != "flow":
            continue
        protocol = number_of(record["proto"])
        flow = record["flow"]
        ports = record.get("src_port", 0), record.get("dest_port", 0)
        for side, key in (("toserver", (record["src_ip"], record["dest_ip"], *ports, protocol)),
                          ("toclient", (record["dest_ip"], record["src_ip"], ports[1], ports[0], protocol))):
            if flow["pkts_" + side]:
                sums[key][0] += flow["pkts_" + side]
                sums[key][1] += flow["bytes_" + side]
    return sums


def theirs(capture):
    with tempfile.TemporaryDirectory(prefix="noroshi-nfdump.") as folder:
        subprocess.run(["nfpcapd", "-r", str(capture), "-w", folder, "-t", "86400"], capture_output=True, timeout=300, check=False)
        run = subprocess.run(["nfdump", "-R", folder, "-q", "-N", "-6", "-A", "srcip,dstip,srcport,dstport,proto",
                              "-o", "fmt:%sa|%da|%sp|%dp|%pr|%pkt|%byt"], capture_output=True, text=True, timeout=300, check=False)
    sums = collections.defaultdict(lambda: [0, 0])
    for line in run.stdout.splitlines():
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 7:
            continue
        protocol = number_of(parts[4])
        ports = (0, 0) if protocol in ICMP else (int(parts[2]), int(parts[3]))  # types are not always kept when added up
        key = parts[0].removeprefix("::ffff:"), parts[1].removeprefix("::ffff:"), *ports, protocol
        sums[key][0] += int(parts[5])
        sums[key][1] += int(parts[6])
    return sums


def total(sums):
    return len(sums), sum(packets for packets, _ in sums.values()), sum(size for _, size in sums.values())


def show(name, mine, other):
    print(f"{name}: ours {total(mine)}, nfdump {total(other)}")
    if "--list" in sys.argv:
        for key in sorted(set(mine) | set(other), key=str):
            if mine.get(key) != other.get(key):
                print(f"    {key}: ours {mine.get(key)}, nfdump {other.get(key)}")


def main():
    noroshi, folder = sys.argv[1], Path(sys.argv[2])
    if not shutil.which("nfpcapd") or not folder.exists():
        return SKIPPED
    captures = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else [folder]
    if len(captures) > SAMPLE and not os.environ.get("NOROSHI_LONG"):
        captures = captures[::SAMPLE]
    known = {name for names in KNOWN.values() for name in names.split()}
    same, wrong, sums = 0, 0, [[0, 0, 0], [0, 0, 0]]
    for capture in captures:
        mine, other = ours(noroshi, capture), theirs(capture)
        for side, counted in enumerate((mine, other)):
            for i, value in enumerate(total(counted)):
                sums[side][i] += value
        same += mine == other
        if mine != other:
            show(capture.name, mine, other)
        if (mine == other) == (capture.name in known):
            wrong += 1
            print(f"{capture.name}: {'is the same now' if mine == other else 'no reason is known'}")
    print(f"{same} of {len(captures)} captures are the same, {wrong} not as known; flows, packets, bytes: ours {sums[0]}, nfdump {sums[1]}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
