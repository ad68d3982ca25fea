"""What members' devices fetch, read by what the test knows of each format: for the tests beside this file."""
import base64
import csv
import io
import ipaddress
import re
import socket
import struct
import time

FORMATS = ("plain", "csv", "hosts", "rpz", "suricata")


def basic(token):
    return {"Authorization": "Basic " + base64.b64encode(b"any name:" + token.encode()).decode()}


def fetch(centre, token, form, headers=None, **query):
    """(status, headers, text) as a device gets it, by HTTP Basic."""
    path = "/v1/lists/" + form + ("?" if query else "") + "&".join(f"{name}={value}" for name, value in query.items())
    for _ in range(30):
        status, answered, data = centre.request("GET", path, headers=dict(basic(token), **(headers or {})))
        if status != 429:
            break
        time.sleep(float(answered["Retry-After"]))
    return status, answered, data.decode()


def rpz_address(owner):
    """The network that an owner of a response policy zone stands for."""
    length, *parts = owner.removesuffix(".rpz-ip").split(".")
    if len(parts) == 4 and "zz" not in parts:
        return ipaddress.ip_network(".".join(reversed(parts)) + "/" + length)
    words = ":".join("" if part == "zz" else part for part in reversed(parts))
    words = ":" + words if words.startswith(":") else words
    words = words + ":" if words.endswith(":") else words
    return ipaddress.ip_network(("::" if words == ":" else words) + "/" + length)


def rule_value(rule):
    """What a rule of Suricata looks for, from what it compares and not from its words."""
    address = re.search(r"<> \[(\S+)\] any", rule)
    if address:
        return address.group(1)
    parts = [re.sub(r"\|(\w\w)\|", lambda byte: chr(int(byte.group(1), 16)), part) for part in re.findall(r'content:"([^"]*)"', rule)]
    return "http://" + "".join(parts) if "http.uri" in rule else parts[0].removeprefix(".")


def values(form, text):
    """Whatever the device would act upon: addresses, networks, names, URLs."""
    lines = [line for line in text.splitlines() if line]
    if form == "plain":
        return lines
    if form == "csv":
        return [row["value"] for row in csv.DictReader(io.StringIO(text))]
    if form == "hosts":
        return [line.split()[1] for line in lines if not line.startswith("#")]
    if form == "rpz":
        owners = [line.split()[0] for line in lines if re.search(r" CNAME \.$", line)]
        return [str(rpz_address(owner)) if owner.endswith(".rpz-ip") else owner.removeprefix("*.") for owner in owners]
    return [rule_value(line) for line in lines]


def everything(centre, token, action="block"):
    """{format: values} of all formats."""
    told = {}
    for form in FORMATS:
        status, _, text = fetch(centre, token, form, action=action)
        assert status == 200, (form, status, text)
        told[form] = values(form, text)
    return told


def ask(port, name, process):
    """The code that the resolver answers with, once it listens."""
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0\0\1\0\1"
    for _ in range(300):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(1)
            s.sendto(struct.pack(">6H", 77, 0x0100, 1, 0, 0, 0) + question, ("127.0.0.1", port))
            try:
                return s.recv(512)[3] & 15
            except OSError:
                assert process.poll() is None, "unbound ended"
                time.sleep(0.1)
    raise AssertionError("unbound does not answer")
