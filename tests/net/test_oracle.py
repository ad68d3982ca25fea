#!/usr/bin/env python3
"""test_oracle: what the dissectors see in the shared captures, against what Wireshark's see, an independent oracle.

For each protocol and capture the values that both found are compared as multisets. Every capture where they differ must be listed
in docs/sensor-oracle.md with how much is missing and how much is more, and why; what is listed there and does not differ is wrong
too. Where there are 500 values or more, at least 99 % must be the same. All records satisfy Suricata's schema.

usage: test_oracle.py RECORDS [CAPTURE…]    (tests/net/records.c; --table prints the document's tables as they should be)
"""
import json
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from eve_schema import Schema
from sharkd import Sharkd

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
DOCUMENT = ROOT / "docs" / "sensor-oracle.md"
SKIPPED = 77
ENOUGH, SHARE = 500, 0.99
JOBS = 2
# compared once a capture: a QUIC Initial and a flight of DTLS are sent again until they are answered
# names of SMB stand at each message that uses them
ONCE = {"tls sni", "tls ja3", "tls ja3s", "ssh hassh", "smb share", "smb file", "smb user", "smb host", "dcerpc interface"}

FIELDS = """frame.protocols _ws.malformed ip.flags.mf dns.id dns.qry.name dns.a dns.aaaa dns.cname http.request.method http.host http.request.uri
http.response.code imf.subject ftp.request.command ftp.request.arg ssh.protocol tls.handshake.extensions_server_name
tls.handshake.ja3 tls.handshake.ja3s dtls.handshake.ja3 dtls.handshake.ja3s ssh.kex.hassh ssh.kex.hasshserver
smb2.cmd smb2.flags.response smb2.nt_status smb2.tree smb2.filename ntlmssp.auth.username ntlmssp.auth.hostname dcerpc.cn_bind_to_uuid""".split()


# ── what Wireshark sees ─

def parts(text):
    return text.split(",") if text else []


def without_port(host):
    """The host as EVE has it: lower case, no port."""
    return re.sub(r":[0-9]+$", "", host.lower())


def their_dns(row):
    if not row["dns.id"]:
        return
    # "<Unknown extended label>", "<Name too long>" are words about a name
    yield from (("dns query", name) for name in parts(row["dns.qry.name"]) if not name.startswith("<") or name == "<Root>")
    if not {"mdns", "llmnr"} & set(row["frame.protocols"].split(":")): # whose records hold no addresses in EVE
        yield from (("dns answer", value) for field in ("dns.a", "dns.aaaa", "dns.cname") for value in parts(row[field])
                    if not value.startswith("<"))


def their_http(row):
    layers = row["frame.protocols"].split(":")
    if "http" not in layers or layers[layers.index("http") - 1] == "udp":
        return
    methods = parts(row["http.request.method"])
    # one request's URI may hold commas
    yield from (("http uri", uri) for uri in ([row["http.request.uri"]] if len(methods) == 1 else parts(row["http.request.uri"])))
    yield from (("http host", without_port(host)) for host in (parts(row["http.host"]) if methods else []))
    # an interim response (100) is no record
    yield from (("http status", code) for code in parts(row["http.response.code"]) if not code.startswith("1") or code == "101")


def their_others(row):
    if row["imf.subject"]:
        yield "smtp subject", row["imf.subject"]
    commands = parts(row["ftp.request.command"])
    arguments = [row["ftp.request.arg"]] if len(commands) == 1 else parts(row["ftp.request.arg"])
    for i, command in enumerate(commands):
        yield "ftp command", command.upper()
        if i < len(arguments) and arguments[i] and command.upper() != "PASS": # the password is no record
            yield "ftp argument", arguments[i].strip()
    yield from (("ssh banner", banner.split(" ")[0]) for banner in parts(row["ssh.protocol"])) # EVE has no comments of them
    yield from (("tls sni", name) for name in parts(row["tls.handshake.extensions_server_name"]))
    for field in ("tls.handshake.ja3", "dtls.handshake.ja3"):
        yield from (("tls ja3", value) for value in parts(row[field]))
        yield from (("tls ja3s", value) for value in parts(row[field + "s"]))
    yield from (("ssh hassh", value) for field in ("ssh.kex.hassh", "ssh.kex.hasshserver") for value in parts(row[field]))


# What EVE has a record of for each answer: reads and writes are added up, calls through a pipe are told as calls
SMB_ANSWERED = {"Negotiate Protocol": "NEGOTIATE_PROTOCOL", "Session Setup": "SESSION_SETUP", "Session Logoff": "SESSION_LOGOFF",
                "Tree Connect": "TREE_CONNECT", "Tree Disconnect": "TREE_DISCONNECT", "Create": "CREATE", "Close": "CLOSE",
                "GetInfo": "GET_INFO", "SetInfo": "SET_INFO"}


def their_smb(row):
    if "smb2" not in row["frame.protocols"].split(":"):
        return
    for name, field in (("share", "smb2.tree"), ("file", "smb2.filename"), ("user", "ntlmssp.auth.username"), ("host", "ntlmssp.auth.hostname")):
        yield from ((f"smb {name}", value) for value in parts(row[field]) if value != "NULL")
    yield from (("dcerpc interface", value) for value in parts(row["dcerpc.cn_bind_to_uuid"]))
    if "RESPONSE" in row["smb2.flags.response"]:
        yield from (("smb answer", f"{SMB_ANSWERED[command]} {status}") for command, status in zip(parts(row["smb2.cmd"]), parts(row["smb2.nt_status"]))
                    if command in SMB_ANSWERED)


def theirs(row):
    yield from their_dns(row)
    yield from their_smb(row)
    yield from their_http(row)
    yield from their_others(row)


def is_doubtful(row):
    """What is quoted in an ICMP error, read of one fragment as if it were all, or called malformed by Wireshark itself: it may be
    among ours, and need not."""
    layers = row["frame.protocols"].split(":")
    return bool({"icmp", "icmpv6"} & set(layers) or "Set" in row["ip.flags.mf"] or row["_ws.malformed"])


def ask_sharkd(captures):
    """capture → protocol → (values, doubtful values)"""
    shark, found = Sharkd(), {}
    for capture in captures:
        values = found[name_of(capture)] = defaultdict(lambda: (Counter(), Counter()))
        for row in shark.rows(capture, FIELDS):
            doubtful = is_doubtful(row)
            for protocol, value in theirs(row):
                values[protocol][doubtful][value] += 1
    shark.close()
    return found


# ── what the records say ─

def our_dns(record, event):
    message = record[event]
    yield from (("dns query", query["rrname"] or "<Root>") for query in message.get("queries", []))
    if event == "dns":
        for section in ("answers", "authorities", "additionals"):
            yield from (("dns answer", one["rdata"]) for one in message.get(section, []) if one["rrtype"] in ("A", "AAAA", "CNAME") and "rdata" in one)


def our_http(record):
    http = record["http"]
    if "http2" in http:
        return
    if "url" in http:
        yield "http uri", http["url"]
    if "hostname" in http:
        yield "http host", http["hostname"]
    if "status" in http:
        yield "http status", str(http["status"])


def our_ssh(record):
    for side in ("client", "server"):
        if banner := record["ssh"].get(side):
            yield "ssh banner", f"SSH-{banner.get('proto_version', '')}-{banner.get('software_version', '')}"
            if "hassh" in banner:
                yield "ssh hassh", banner["hassh"]["hash"]


def our_tls(handshake):
    if "sni" in handshake:
        yield "tls sni", handshake["sni"]
    for name in ("ja3", "ja3s"):
        if name in handshake:
            yield f"tls {name}", handshake[name]["hash"]


def our_smb(smb):
    command = smb["command"].removeprefix("SMB2_COMMAND_")
    if command in SMB_ANSWERED.values() and "status" in smb:
        yield "smb answer", f"{command} {smb['status']}"
    names = {"share": smb.get("share") or (smb.get("named_pipe")), "file": smb.get("filename") or smb.get("directory"),
             "user": smb.get("ntlmssp", {}).get("user"), "host": smb.get("ntlmssp", {}).get("host")}
    yield from ((f"smb {name}", value) for name, value in names.items() if value and value != "<share_root>")
    yield from (("dcerpc interface", interface["uuid"]) for interface in smb.get("dcerpc", {}).get("interfaces", []))


def ours(record):
    event = record["event_type"]
    if event in ("dns", "mdns", "llmnr"):
        yield from our_dns(record, event)
    elif event == "http":
        yield from our_http(record)
    elif event == "ssh":
        yield from our_ssh(record)
    elif event == "smtp" and "subject" in record.get("email", {}):
        yield "smtp subject", record["email"]["subject"]
    elif event in ("tls", "quic"):
        yield from our_tls(record[event])
    elif event == "smb":
        yield from our_smb(record["smb"])
    elif event == "ftp" and "command" in record["ftp"]:
        yield "ftp command", record["ftp"]["command"]
        if "command_data" in record["ftp"]:
            yield "ftp argument", record["ftp"]["command_data"]


def name_of(capture):
    return f"{Path(capture).parent.name}/{Path(capture).name}"


def read_records(program, captures):
    """(capture → protocol → values, what the schema forbids)"""
    schema, found, wrong = Schema(SHARED / "eve-schema.json"), {}, []
    done = subprocess.run([program, *captures], stdout=subprocess.PIPE, check=True)
    for line in done.stdout.splitlines():
        record = json.loads(line)
        capture = name_of(record["pcap_filename"])
        wrong += [f"{capture}: {problem}" for problem in schema.problems(record)]
        for protocol, value in ours(record):
            found.setdefault(capture, defaultdict(Counter))[protocol][value] += 1
    return found, wrong


# ── comparing ─

def differences(their, our):
    """(protocol → how many they have, (protocol, capture) → (missing, more))"""
    totals, differ = Counter(), {}
    for capture in sorted(their.keys() | our.keys()):
        left, right = their.get(capture, {}), our.get(capture, {})
        for protocol in sorted(left.keys() | right.keys()):
            sure, doubtful = left.get(protocol, (Counter(), Counter()))
            found = right.get(protocol, Counter())
            if protocol in ONCE:
                sure, doubtful, found = Counter(set(sure)), Counter(set(doubtful)), Counter(set(found))
            totals[protocol] += sure.total()
            missing, more = sure - found, found - sure - doubtful
            if missing or more:
                differ[protocol, capture] = missing, more
    return totals, differ


def documented():
    """(protocol, capture) → (missing, more), as the document's rows have them."""
    row = re.compile(r"^\| ([a-z0-9 ]+) \| (\S+) \| (\d+) \| (\d+) \| \S.*\|$", re.M)
    return {(found[1], found[2]): (int(found[3]), int(found[4])) for found in row.finditer(DOCUMENT.read_text(encoding="utf-8"))}


def judge(totals, differ, captures):
    failures, known = 0, {key: counted for key, counted in documented().items() if key[1] in captures}
    for protocol in sorted(totals):
        missing = sum(lost.total() for (name, _), (lost, _) in differ.items() if name == protocol)
        more = sum(extra.total() for (name, _), (_, extra) in differ.items() if name == protocol)
        share = 1 - missing / totals[protocol]
        failed = totals[protocol] >= ENOUGH and share < SHARE
        failures += failed
        print(f"{'not ok' if failed else 'ok'} - {protocol}: {totals[protocol]} values, {missing} missing, {more} more ({100 * share:.2f} %)")
    for key in sorted(known.keys() | differ.keys()):
        counted = tuple(values.total() for values in differ.get(key, (Counter(), Counter())))
        if counted != known.get(key, (0, 0)):
            failures += 1
            print(f"not ok - {key[0]} in {key[1]}: {counted[0]} missing, {counted[1]} more; the document says {known.get(key)}")
            for name, values in zip(("missing", "more"), differ.get(key, ())):
                print("#", name, [f"{value[:100]} × {count}" for value, count in values.most_common(8)])
    return failures


def main():
    words = [word for word in sys.argv[2:] if not word.startswith("--")]
    captures = sorted(str(path) for path in (SHARED / "pcaps").glob("*/*.*cap*") if not words or name_of(path) in words)
    if not captures or not shutil.which("sharkd"):
        print("no captures in ../shared, or no sharkd: skipped")
        return SKIPPED
    with ThreadPoolExecutor(JOBS + 1) as pool:
        asked = [pool.submit(ask_sharkd, captures[i::JOBS]) for i in range(JOBS)]
        our, wrong = read_records(sys.argv[1], captures)
        their = {capture: values for one in asked for capture, values in one.result().items()}
    totals, differ = differences(their, our)
    if "--table" in sys.argv:
        for (protocol, capture), (missing, more) in differ.items():
            print(f"| {protocol} | {capture} | {missing.total()} | {more.total()} |  |", dict(missing.most_common(3)), dict(more.most_common(3)))
    for problem in wrong[:20]:
        print(f"not ok - {problem}")
    print(f"{'not ok' if wrong else 'ok'} - records satisfy the schema of Suricata")
    return 1 if judge(totals, differ, {name_of(capture) for capture in captures}) or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
