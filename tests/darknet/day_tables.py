"""Day tables of a telescope, written as docs/formats/day-table.md says: for tests that need a year and not its packets.

usage: day_tables.py FOLDER      a year and a half of two sensors, with an outage; always the same
"""
import datetime
import random
import sys
from pathlib import Path

KINDS = ["probe", "backscatter", "other"]
METHODS = ["", "scan", "terminal-server", "smb1", "smb2", "icmp", "pptp", "http", "tls", "ssh", "telnet", "redis", "adb", "tds", "dns"]


def castagnoli():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = castagnoli()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def write(folder, sensor, date, rows, addresses=256, seconds=86400, part="first"):
    """`rows`: (kind, method, protocol, port, country, research) → packets"""
    rows = {key: packets for key, packets in rows.items() if packets}
    day = (date - datetime.date(1970, 1, 1)).days
    lines = [f'{{"day_table":1,"sensor":"{sensor}","part":"{part}","day":{day},"zone":32400,"addresses":{addresses},"seconds":{seconds}}}\n']
    order = sorted(rows.items(), key=lambda row: (KINDS.index(row[0][0]), row[0][5], METHODS.index(row[0][1]), row[0][2], row[0][3], row[0][4]))
    for (kind, method, protocol, port, country, research), packets in order:
        lines.append(f"{kind},{protocol},{port},{country},{method},{research},{packets}\n")
    data = "".join(lines).encode()
    place = Path(folder) / sensor / date.isoformat()
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{part}.table").write_bytes(data + f"end,{len(rows)},{sum(rows.values())},{crc32c(data):08x}\n".encode())


def day_of(chance, date, scale):
    """A day: a dozen ports from twelve countries, some with a method, a research scanner, victims."""
    ports = [(6, 23), (6, 6379), (6, 22), (6, 445), (6, 80), (17, 123), (6, 5555), (6, 8080), (17, 53), (6, 3389), (6, 1433), (1, 2048), (6, 2323)]
    countries = ["US", "CN", "RU", "GB", "JP", "KR", "HK", "BG", "SG", "IN", "NL", "DE", ""]
    methods = {445: "smb1", 3389: "terminal-server", 2048: "icmp", 53: "dns", 6379: "redis", 80: "http"}
    rows = {}
    growth = 1 + (date - datetime.date(2021, 7, 1)).days / 500
    for i, (protocol, port) in enumerate(ports):
        for j, country in enumerate(countries):
            packets = int(scale * growth ** (1 if i % 3 else -1) * (20 - i) * (15 - j) * chance.uniform(0.7, 1.3))
            rows["probe", methods.get(port, "") if j % 2 else "", protocol, port, country, 0] = packets
    for port in (443, 80, 22, 8443):
        rows["probe", "", 6, port, "US", 1] = int(scale * 400 * chance.uniform(0.9, 1.1))
    for i, port in enumerate((443, 80, 53, 22, 25461)):
        for country in countries[:6]:
            rows["backscatter", "", 6, port, country, 0] = int(scale * 900 * chance.paretovariate(2) / (i + 1))
    return rows


def main(folder):
    chance = random.Random(20221231)
    date = datetime.date(2021, 7, 1)
    while date <= datetime.date(2022, 12, 31):
        if not datetime.date(2022, 5, 3) <= date <= datetime.date(2022, 5, 5):
            half = date == datetime.date(2022, 9, 9)
            write(folder, "east", date, day_of(chance, date, 0.05 if half else 0.1), seconds=43200 if half else 86400)
        if date >= datetime.date(2022, 10, 1):
            write(folder, "west", date, day_of(chance, date, 0.05), addresses=64)
        date += datetime.timedelta(days=1)


if __name__ == "__main__":
    main(sys.argv[1])
