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

# Where Wireshark reads on within protocols that are not dissected here: what it finds there is counted by itself
BEYOND = {"openvpn", "capwap", "mysql", "rdpudp", "socks", "imap"}
# how a server asks for another hello: the random number of its own (RFC 8446, 4.1.3)
RETRY = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
# The second reading, of captures where the records have more: content before ports, segments put in order, a response as soon as
# its head is there, a head as far as it came.
SECOND = {"tcp.try_heuristic_first": "TRUE", "tcp.reassemble_out_of_order": "TRUE", "http.desegment_body": "FALSE", "http.desegment_headers": "FALSE"}

FIELDS = """frame.protocols _ws.malformed ip.flags.mf dns.id dns.qry.name dns.a dns.aaaa dns.cname http.request.method http.host http.request.uri
http.response.code imf.subject ftp.request.command ftp.request.arg ssh.protocol tls.handshake.extensions_server_name
tls.handshake.ja3 tls.handshake.ja3s dtls.handshake.ja3 dtls.handshake.ja3s ssh.kex.hassh ssh.kex.hasshserver
tcp.stream udp.stream tcp.srcport tcp.flags tcp.len tls.handshake.random dtls.handshake.random_bytes gquic.tag.sni
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


SURE, DOUBTFUL, ELSEWHERE = range(3)


class Streams:
    """What the frames before say of a frame's stream."""

    def __init__(self):
        self.beyond, self.retried, self.secret, self.unfinished = set(), set(), set(), set()

    def judge(self, row):
        """{"": what the row's values are, or a protocol's: what those of it are}"""
        layers = set(row["frame.protocols"].split(":"))
        stream = ("tcp", row["tcp.stream"]) if row["tcp.stream"] else ("udp", row["udp.stream"])
        if layers & BEYOND - {"imap"} or {"imap", "imf"} <= layers:
            self.beyond.add(stream)
        if stream in self.beyond and stream[1]:
            return {"": ELSEWHERE}
        return {"": DOUBTFUL if self.is_doubtful(row, layers) else SURE, "ftp": self.judge_ftp(row, layers, stream),
                "tls ja3": self.judge_hello(row, stream)}

    def is_doubtful(self, row, layers):
        """What is quoted in an ICMP error, read of one fragment as if it were all, called malformed by Wireshark itself, or in a
        segment that no receiver takes: without ACK, which all have but the first (RFC 9293, 3.10.7.4)."""
        no_part = row["tcp.flags"] and not int(row["tcp.flags"].split(",")[0], 16) & 0x16
        return bool({"icmp", "icmpv6"} & layers or "Set" in row["ip.flags.mf"] or row["_ws.malformed"] or no_part)

    def judge_ftp(self, row, layers, stream):
        """A command ends with its line (RFC 959, 5.3): what has no end is none yet, and what follows belongs to it. What is clear
        text again behind TLS is not followed."""
        if "tls" in layers:
            self.secret.add(stream)
        side, text = (stream, row["tcp.srcport"]), " ".join(filter(None, (row["ftp.request.command"], row["ftp.request.arg"])))
        piece = side in self.unfinished
        if text:
            (self.unfinished.add if int(row["tcp.len"]) <= len(text) else self.unfinished.discard)(side)
        return DOUBTFUL if piece or side in self.unfinished or stream in self.secret else SURE

    def judge_hello(self, row, stream):
        """A handshake's fingerprints are those of its first ClientHello and its last ServerHello: not of the one that asks for
        another, and not of that other."""
        asks = RETRY in row["tls.handshake.random"] or (row["dtls.handshake.random_bytes"] or "none") in RETRY
        if asks:
            self.retried.add(stream)
        answers = stream in self.retried and (row["tls.handshake.ja3"] or row["dtls.handshake.ja3"])
        return DOUBTFUL if asks or answers else SURE


def ask_sharkd(captures, preferences=None):
    """capture → protocol → (values, doubtful values, values within what is not dissected here)"""
    shark, found = Sharkd(preferences), {}
    for capture in captures:
        values, streams = defaultdict(lambda: (Counter(), Counter(), Counter())), Streams()
        found[name_of(capture)] = values
        for row in shark.rows(capture, FIELDS):
            judged = streams.judge(row)
            for protocol, value in theirs(row):
                values[protocol][max([judged[""], *(what for name, what in judged.items() if name and protocol.startswith(name))])][value] += 1
            for name in parts(row["gquic.tag.sni"]): # Google's own handshake, whose name is TLS's in EVE
                values["tls sni"][SURE][name] += 1
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
    """(protocol → how many they have, (protocol, capture) → (missing, more), protocol → how many are not dissected here)"""
    totals, differ, elsewhere = Counter(), {}, Counter()
    for capture in sorted(their.keys() | our.keys()):
        left, right = their.get(capture, {}), our.get(capture, {})
        for protocol in sorted(left.keys() | right.keys()):
            sure, doubtful, beyond = left.get(protocol, (Counter(), Counter(), Counter()))
            found = right.get(protocol, Counter())
            if protocol in ONCE:
                sure, doubtful, found = Counter(set(sure)), Counter(set(doubtful)), Counter(set(found))
            totals[protocol] += sure.total()
            elsewhere[protocol] += beyond.total()
            missing, more = sure - found, found - sure - doubtful - beyond
            if missing or more:
                differ[protocol, capture] = missing, more
    return totals, differ, elsewhere


def read_again(captures, our, differ):
    """Takes off what Wireshark finds as well when it reads as SECOND says."""
    again = ask_sharkd([capture for capture in captures if any(more and name == name_of(capture) for (_, name), (_, more) in differ.items())], SECOND)
    explained = Counter()
    for (protocol, capture), (missing, more) in list(differ.items()):
        found = again.get(capture, {}).get(protocol)
        all_found = sum(found, Counter()) if found else Counter()
        if protocol in ONCE:
            all_found = Counter(set(all_found))
        left = more - (all_found & our[capture][protocol] if more else Counter())
        explained[protocol] += more.total() - left.total()
        differ[protocol, capture] = missing, left
        if not missing and not left:
            del differ[protocol, capture]
    return explained


def documented():
    """(protocol, capture) → (missing, more), as the document's rows have them."""
    row = re.compile(r"^\| ([a-z0-9 ]+) \| (\S+) \| (\d+) \| (\d+) \| \S.*\|$", re.M)
    return {(found[1], found[2]): (int(found[3]), int(found[4])) for found in row.finditer(DOCUMENT.read_text(encoding="utf-8"))}


def judge(totals, differ, elsewhere, explained, captures):
    failures, known = 0, {key: counted for key, counted in documented().items() if key[1] in captures}
    for protocol in sorted(totals):
        missing = sum(lost.total() for (name, _), (lost, _) in differ.items() if name == protocol)
        more = sum(extra.total() for (name, _), (_, extra) in differ.items() if name == protocol)
        share = 1 - missing / max(totals[protocol], 1)
        failed = totals[protocol] >= ENOUGH and share < SHARE
        failures += failed
        print(f"{'not ok' if failed else 'ok'} - {protocol}: {totals[protocol]} values, {missing} missing, {more} more ({100 * share:.2f} %);"
              f" {explained[protocol]} more as in Wireshark's second reading, {elsewhere[protocol]} within what is not dissected here")
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
    totals, differ, elsewhere = differences(their, our)
    explained = read_again(captures, our, differ)
    if "--table" in sys.argv:
        for (protocol, capture), (missing, more) in differ.items():
            print(f"| {protocol} | {capture} | {missing.total()} | {more.total()} |  |", dict(missing.most_common(3)), dict(more.most_common(3)))
    for problem in wrong[:20]:
        print(f"not ok - {problem}")
    print(f"{'not ok' if wrong else 'ok'} - records satisfy the schema of Suricata")
    return 1 if judge(totals, differ, elsewhere, explained, {name_of(capture) for capture in captures}) or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
