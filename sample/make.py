#!/usr/bin/env python3
"""Makes the project's own sample: three days of alerts of four organisations that do not exist.

usage: sample/make.py FOLDER

Writes one file for each organisation into FOLDER, the same lines on every machine:

  aoba-city.eve.json.gz         a city office, Suricata EVE JSON
  kaede-hospital.wazuh.json.gz  a hospital, Wazuh JSON
  minato-water.csv.gz           a water utility, CSV (time,sensor,signature,address,host)
  tsubaki-university.aminer.json.gz  a university, AMiner JSON

In them: background that recurs every day at its hour, scanners that never get in, one distributed SQL injection campaign that
failed everywhere (many sources, few hits each), and one intrusion in several steps that begins at the university and goes on
at the hospital. Addresses are those reserved for documentation (RFC 5737, RFC 3849). The lines have the shape of real alerts and
carry no working attack. It shows the program at work; it proves nothing about how well it triages.
"""
import gzip
import io
import json
import os
import random
import sys
from datetime import datetime, timezone

START = 1772409600  # 2026-03-02T00:00:00Z, a Monday
DAYS = 3
HOUR = 3600

ORGANISATIONS = {
    "aoba-city": {"v4": "192.0.2.", "v6": "2001:db8:a::", "hosts": ["gateway", "web", "mail", "files", "resident-db"]},
    "kaede-hospital": {"v4": "198.51.100.", "v6": "2001:db8:b::", "hosts": ["vpn", "web", "mail", "records-db", "imaging"]},
    "minato-water": {"v4": "198.51.100.1", "v6": "2001:db8:c::", "hosts": ["office-gw", "historian", "web", "jump"]},
    "tsubaki-university": {"v4": "203.0.113.", "v6": "2001:db8:d::", "hosts": ["portal", "mail", "library", "cluster", "storage"]},
}
INTRUDER = "203.0.113.201"
INTRUDER6 = "2001:db8:ffff:7::19"


class Alert:
    """One alert before it takes a detector's shape."""

    def __init__(self, time, host, signature, number, category, level, source="", url="", status=0, log="", user=""):
        self.time, self.host, self.signature, self.number, self.category = time, host, signature, number, category
        self.level, self.source, self.url, self.status, self.log, self.user = level, source, url, status, log, user


def host_address(organisation, host, v6=False):
    index = ORGANISATIONS[organisation]["hosts"].index(host) + 10
    return ORGANISATIONS[organisation]["v6" if v6 else "v4"] + str(index)


def background(organisation, dice):
    """What a healthy sensor says every day: updates, backups, monitoring, users who mistype."""
    hosts = ORGANISATIONS[organisation]["hosts"]
    routine = [
        (2, "policy: package update over HTTP", 1001, "Not Suspicious Traffic", 1, 14),
        (4, "backup: many files read by one account", 1002, "Policy", 2, 6),
        (8, "login: failed password for a known account", 1003, "Attempted User Privilege Gain", 2, 25),
        (9, "dns: query for a dynamic name service", 1004, "Potentially Bad Traffic", 2, 18),
        (12, "tls: certificate will expire soon", 1005, "Policy", 1, 8),
        (13, "http: unusual user agent of a monitoring probe", 1006, "Not Suspicious Traffic", 1, 30),
        (18, "mail: attachment type stripped by the gateway", 1007, "Policy", 2, 12),
        (23, "cron: new command line of a maintenance job", 1008, "Policy", 2, 7),
    ]
    for day in range(DAYS):
        for hour, signature, number, category, level, count in routine:
            host = hosts[number % len(hosts)]
            for _ in range(count + dice.randrange(3)):
                time = START + day * 24 * HOUR + hour * HOUR + dice.randrange(2 * HOUR)
                source = host_address(organisation, hosts[dice.randrange(len(hosts))], dice.random() < 0.3)
                yield Alert(time, host, signature, number, category, level, source, log=f"{host} {signature}")


def scanners(organisation, dice):
    """Strangers that knock on every door and get nowhere, over IPv4 and IPv6."""
    hosts = ORGANISATIONS[organisation]["hosts"]
    for day in range(DAYS):
        for scanner in range(6):
            source = f"203.0.113.{130 + scanner * 7}" if scanner % 2 else f"2001:db8:ffff:{scanner:x}::{day + 1}"
            begin = START + day * 24 * HOUR + dice.randrange(20 * HOUR)
            for knock in range(5 + dice.randrange(6)):
                host = hosts[knock % len(hosts)]
                yield Alert(begin + knock * dice.randrange(1, 40), host, "scan: connection to an unusual port", 2001,
                            "Attempted Information Leak", 2, source, log=f"{host} kernel: refused connection from {source}")


def injection_campaign(organisation, dice):
    """One campaign from many sources, each seen once to four times; every request is refused."""
    web = "portal" if organisation == "tsubaki-university" else "office-gw" if organisation == "minato-water" else "web"
    begin = START + 24 * HOUR + 10 * HOUR
    for bot in range(40):
        source = f"203.0.113.{140 + bot}" if bot % 4 else f"2001:db8:ffff:{0x100 + bot:x}::1"
        for _ in range(dice.randrange(1, 5)):
            time = begin + dice.randrange(3 * HOUR)
            yield Alert(time, web, "web: SQL injection attempt in a request parameter", 3001, "Web Application Attack", 3, source,
                        url=f"/search?id={dice.randrange(900)}%27--", status=403,
                        log=f'{source} - - "GET /search?id=...%27-- HTTP/1.1" 403 199')


def intrusion_university(dice):
    """First half: from a guessed password on the portal to the mail server."""
    begin = START + 2 * 24 * HOUR + 13 * HOUR + 420
    for knock in range(12):
        yield Alert(begin + knock * 3, "portal", "scan: connection to an unusual port", 2001, "Attempted Information Leak", 2,
                    INTRUDER, log=f"portal kernel: refused connection from {INTRUDER}")
    for attempt in range(60):
        yield Alert(begin + 600 + attempt * 2, "portal", "login: failed password for a known account", 1003,
                    "Attempted User Privilege Gain", 2, INTRUDER, user="y.sato",
                    log=f"portal sshd: Failed password for y.sato from {INTRUDER}")
    steps = [
        (760, "portal", "login: success after many failures from the same address", 4001, "Successful User Privilege Gain", 4),
        (900, "portal", "web: script file created below the upload folder", 4002, "Web Application Attack", 4),
        (960, "portal", "process: web server started a command interpreter", 4003, "Trojan Activity", 4),
        (1100, "portal", "process: web server started a command interpreter", 4003, "Trojan Activity", 4),
        (1500, "portal", "privilege: account added to the administrators", 4004, "Successful Administrator Privilege Gain", 4),
        (1720, "portal", "credentials: password file read by an unusual program", 4005, "Credential Theft", 4),
        (2300, "mail", "login: administrator signs in from a server for the first time", 4006, "Successful User Privilege Gain", 3),
        (2600, "mail", "mail: forwarding rule to an outside address created", 4007, "Exfiltration", 4),
    ]
    for offset, host, signature, number, category, level in steps:
        source = INTRUDER if host == "portal" else host_address("tsubaki-university", "portal")
        yield Alert(begin + offset + dice.randrange(20), host, signature, number, category, level, source, user="y.sato",
                    log=f"{host} audit: {signature}")


def intrusion_hospital(dice):
    """Second half, two hours later: the same intruder with a doctor's password, over IPv4 and IPv6."""
    begin = START + 2 * 24 * HOUR + 15 * HOUR + 1260
    steps = [
        (0, "vpn", "login: first sign-in from this network for the account", 5001, "authentication_success", 8, INTRUDER),
        (300, "vpn", "login: one account from two continents within an hour", 5002, "authentication_success", 10, INTRUDER6),
        (1200, "records-db", "process: database dump tool started by an interactive account", 5003, "collection", 12, INTRUDER6),
        (1290, "records-db", "log: the audit log was cleared", 5004, "defense_evasion", 13, INTRUDER6),
        (1900, "records-db", "dns: very long names to one domain, many in a minute", 5005, "exfiltration", 12, INTRUDER6),
        (1960, "records-db", "dns: very long names to one domain, many in a minute", 5005, "exfiltration", 12, INTRUDER6),
        (2100, "imaging", "login: account tried on many hosts in a minute", 5006, "lateral_movement", 10, INTRUDER6),
    ]
    for offset, host, signature, number, category, level, source in steps:
        yield Alert(begin + offset + dice.randrange(15), host, signature, number, category, level, source, user="dr.mori",
                    log=f"{host} audit: {signature} user=dr.mori from={source}")


def stamp(time, zone):
    return datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000") + zone


def as_eve(organisation, alert, dice):
    entry = {
        "timestamp": stamp(alert.time, "000+0000"), "flow_id": dice.randrange(1 << 48), "in_iface": "mirror0",
        "event_type": "alert", "src_ip": alert.source, "src_port": dice.randrange(1024, 65535),
        "dest_ip": host_address(organisation, alert.host, ":" in alert.source), "dest_port": 80 if alert.url else 443,
        "proto": "TCP", "host": f"{organisation}-sensor",
        "alert": {"action": "blocked" if alert.status == 403 else "allowed", "gid": 1, "signature_id": 9000000 + alert.number,
                  "rev": 1, "signature": alert.signature, "category": alert.category, "severity": max(1, 4 - alert.level)},
    }
    if alert.url:
        entry["app_proto"] = "http"
        entry["http"] = {"hostname": f"{alert.host}.{organisation}.example", "url": alert.url, "http_method": "GET",
                         "status": alert.status, "length": 199}
    return json.dumps(entry, separators=(",", ":"))


def as_wazuh(organisation, alert, dice):
    index = ORGANISATIONS[organisation]["hosts"].index(alert.host)
    data = {"srcip": alert.source}
    if alert.user:
        data["srcuser"] = alert.user
    if alert.url:
        data["url"], data["id"] = alert.url, str(alert.status)
    return json.dumps({
        "timestamp": stamp(alert.time, "+0000"),
        "rule": {"level": alert.level if alert.level > 4 else alert.level * 2 + 1, "description": alert.signature,
                 "id": str(100000 + alert.number), "firedtimes": 1, "mail": False, "groups": [alert.category.lower()]},
        "agent": {"id": f"{index + 1:03}", "name": alert.host, "ip": host_address(organisation, alert.host)},
        "manager": {"name": f"{organisation}-manager"}, "id": f"{alert.time}.{dice.randrange(10 ** 7)}",
        "full_log": alert.log, "decoder": {"name": "sample"}, "data": data, "location": "/var/log/sample.log",
    }, separators=(",", ":"))


def as_aminer(organisation, alert, dice):
    del dice
    return json.dumps({
        "AnalysisComponent": {"AnalysisComponentIdentifier": alert.number, "AnalysisComponentType": "NewMatchPathValueDetector",
                              "AnalysisComponentName": alert.signature, "Message": "New value(s) detected",
                              "PersistenceFileName": "sample", "TrainingMode": False, "AffectedLogAtomPaths": ["/model/sample"]},
        "LogData": {"RawLogData": [alert.log], "Timestamps": [float(alert.time)], "DetectionTimestamp": [float(alert.time)],
                    "LogLinesCount": 1, "LogResources": [f"/var/log/{alert.host}.log"]},
        "AMiner": {"ID": host_address(organisation, alert.host)},
    }, separators=(",", ":"))


def as_csv(organisation, alert, dice):
    del organisation, dice
    return f"{alert.time},Suricata,{alert.signature},{alert.source},{alert.host}"


FORMS = {
    "aoba-city": ("eve.json", as_eve, None),
    "kaede-hospital": ("wazuh.json", as_wazuh, None),
    "minato-water": ("csv", as_csv, "time,sensor,signature,address,host"),
    "tsubaki-university": ("aminer.json", as_aminer, None),
}


def alerts_of(organisation):
    dice = random.Random(f"noroshi sample {organisation}")
    alerts = list(background(organisation, dice)) + list(scanners(organisation, dice))
    alerts += injection_campaign(organisation, dice)
    if organisation == "tsubaki-university":
        alerts += intrusion_university(dice)
    if organisation == "kaede-hospital":
        alerts += intrusion_hospital(dice)
    alerts.sort(key=lambda alert: alert.time)
    return alerts, dice


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__, end="")
        return 0 if sys.argv[1:] in (["--help"], ["-h"]) else 2
    os.makedirs(sys.argv[1], exist_ok=True)
    for organisation, (ending, shape, header) in FORMS.items():
        alerts, dice = alerts_of(organisation)
        lines = ([header] if header else []) + [shape(organisation, alert, dice) for alert in alerts]
        content = io.BytesIO()
        with gzip.GzipFile(fileobj=content, mode="wb", mtime=0) as compressed:
            compressed.write(("\n".join(lines) + "\n").encode())
        path = os.path.join(sys.argv[1], f"{organisation}.{ending}.gz")
        with open(path, "wb") as to:
            to.write(content.getvalue())
        print(f"{path}: {len(alerts)} alerts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
