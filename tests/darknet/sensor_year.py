#!/usr/bin/env python3
"""sensor_year.py FIGURES OUT: how many packets of what a sensor of two addresses must see in two years so that the printed figures of FIGURES come out.

Each printed figure becomes a whole number of packets; what was not printed is filled up so that the printed ranks hold: with ports, countries and methods
whose numbers lie between those that were printed, and with a thousand small ones. OUT has a line for each kind, method, port and country: kind, method,
protocol, port, country, packets of 2021, packets of 2022. Nothing here knows how the figures are computed from packets.
"""
import csv
import sys

DAYS = [365 - 2 / 24, 365]  # of 2021, in which the sensor was away for two hours, and of 2022
ADDRESSES = 2  # with one no two whole numbers give what is printed of 0/TCP
PROTOCOLS = {"ICMP": 1, "TCP": 6, "UDP": 17}
CODES = [a + b for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]


def whole(count, percent, change, units):
    """Packets before and now, nearest to a figure, its change in % and its change, that are printed so."""
    before, now = units
    near = round(count * now)
    for packets in sorted(range(near - 8, near + 9), key=lambda number: abs(number - near)):
        value = packets / now
        past = round(((count - float(change)) if change else value / (1 + float(percent) / 100)) * before)
        printed = f"{value:.2f}", f"{100 * (value - past / before) / (past / before):+.1f}", f"{value - past / before:+.2f}"
        if printed == (f"{count:.2f}", percent, change or printed[2]):
            return [past, packets]
    raise ValueError((count, percent, change))


def read_figures(path):
    figures = {}
    with open(path, encoding="utf-8") as file:
        for view, by, item, _, _, count, percent, change in csv.reader(line for line in file if not line.startswith("#")):
            addresses = 1 if view == "backscatter" else ADDRESSES
            units = [days * addresses for days in DAYS]
            figures.setdefault((view, by), {})[item] = \
                whole(float(count), percent, change, units) if percent else [None, round(float(count) * units[1])]
    return figures


def per_day(before, now, addresses=ADDRESSES):
    return [round(before * DAYS[0] * addresses), round(now * DAYS[1] * addresses)]


def steps(most, least, count):
    """`count` numbers between two, both left out, growing smaller"""
    return [most - (most - least) * (i + 1) / (count + 1) for i in range(count)]


def ports_of_access(figures):
    ports = dict(figures["access", "port"])
    ports["8/ICMP"] = figures["method", "method"]["icmp"]  # now between the 11th and the 22nd, before between the 18th and the 49th
    ports["8291/TCP"], ports["2323/TCP"] = per_day(75, 100), per_day(60, 65)  # now 6th and 9th, before 8th and 9th
    before = steps(49.6, 36.2, 6) + steps(35.5, 9.1, 29)  # before 11th to 16th, 19th to 48th (one is ICMP)
    now = steps(56.5, 40, 6) + steps(35, 21.3, 3) + steps(21.1, 16.5, 7) + steps(16.4, 6, 19)  # now 13th to 21st, 23rd to 29th, and behind
    for i, (old, new) in enumerate(zip(before, now)):
        ports[f"{10000 + 7 * i}/{'TCP' if i % 3 else 'UDP'}"] = per_day(old, new)
    return ports


def countries_of_access(figures):
    countries = {item: list(counts) for item, counts in figures["access", "country"].items()}
    spare = [code for code in CODES if code not in countries and code != "PA"]
    countries["PA"] = per_day(12, 75)
    for code, old in zip(spare[:8], steps(110, 60, 8)):  # HK was 19th: so many were before it
        countries[code] = per_day(old, old * 0.9)
    for code, old in zip(spare[8:120], steps(35, 3, 112)):
        countries[code] = per_day(old, old * 0.95)
    return countries


def methods(figures):
    counts = dict(figures["method", "method"])
    counts["http"] = per_day(50, 28)  # before 4th
    for name, old in zip(["tls", "ssh", "telnet", "redis", "adb", "tds", "smb2", "dns"], steps(33, 6, 8)):  # before 6th to 13th
        counts[name] = per_day(old, min(old, 27) - 4 if name != "dns" else old)
    return counts


def countries_of_methods(figures, total):
    given = figures["method", "country"]
    countries = {"CN": [per_day(520, 0)[0], given["CN"][1]], "US": [per_day(205, 0)[0], given["US"][1]], "HK": given["HK"], "PA": given["PA"],
                 "RU": given["RU"]}
    spare = [code for code in CODES if code not in countries and code not in figures["access", "country"]]
    for code, old in zip(spare[:17], steps(11, 5.8, 17)):  # HK was 21st
        countries[code] = per_day(old, old * 0.5)
    for code, old in zip(spare[17:49], steps(5.6, 1.1, 32)):  # PA was 54th
        countries[code] = per_day(old, old * 0.3)
    spread(countries, spare[49:110], total, [1.0, 3.0])
    return countries


def spread(counts, names, total, most, addresses=ADDRESSES):
    """What is missing of the total goes to these, each below `most` a day."""
    for year in range(2):
        missing = total[year] - sum(value[year] for value in counts.values() if value is not None)
        each = missing // len(names)
        assert 0 <= each < most[year] * DAYS[year] * addresses, (year, missing, len(names), most)
        for i, name in enumerate(names):
            counts.setdefault(name, [0, 0])[year] += each + (i < missing % len(names))


def transport(one, other):
    """Pairs of both so that each has its count; in the order in which they stand."""
    left, right = [[name, count] for name, count in one if count], [[name, count] for name, count in other if count]
    assert sum(count for _, count in left) == sum(count for _, count in right)
    pairs = {}
    i = j = 0
    while i < len(left) and j < len(right):
        taken = min(left[i][1], right[j][1])
        pairs[left[i][0], right[j][0]] = pairs.get((left[i][0], right[j][0]), 0) + taken
        left[i][1] -= taken
        right[j][1] -= taken
        i += left[i][1] == 0
        j += right[j][1] == 0
    return pairs


def sums(counts):
    return [sum(value[year] for value in counts.values()) for year in range(2)]


def access(figures, cells):
    ports, countries, tried = ports_of_access(figures), countries_of_access(figures), methods(figures)
    total = [max(sums(ports)[year], sums(countries)[year]) for year in range(2)]
    small = [f"{20000 + i}/{'UDP' if i % 2 else 'TCP'}" for i in range(1600)]
    spread(ports, small, total, [9.0, 9.0])
    from_countries = countries_of_methods(figures, sums(tried))
    for year in range(2):
        # where each method knocks: its own port, or a share of the small ones
        place = []
        for name, count in tried.items():
            own = {"smb1": "445/TCP", "icmp": "8/ICMP", "dns": "53/UDP"}.get(name)
            pool = [own] if own else [port for port in small if port.endswith("UDP" if name == "scan" else "TCP")]
            rest = count[year]
            for port in pool:
                taken = min(rest, ports[port][year])
                if taken:
                    place.append(((name, port), taken))
                    ports[port][year] -= taken
                    rest -= taken
            assert rest == 0, (name, year, rest)
        pairs = transport(place, [(code, value[year]) for code, value in from_countries.items()])
        for ((name, port), code), count in pairs.items():
            cells.setdefault(("probe", name, port, code), [0, 0])[year] += count
            countries.setdefault(code, [0, 0])[year] -= count
            assert countries[code][year] >= 0, (code, year, countries[code])
        for (port, code), count in transport([(port, value[year]) for port, value in ports.items()],
                                             [(code, value[year]) for code, value in countries.items()]).items():
            cells.setdefault(("probe", "", port, code), [0, 0])[year] += count


def backscatter(figures, cells):
    ports = {item: list(counts) for item, counts in figures["backscatter", "port"].items()}
    countries = {item: list(counts) for item, counts in figures["backscatter", "country"].items()}
    for item, old in (("443/TCP", 2900), ("80/TCP", 1700), ("22/TCP", 180)):
        ports[item][0] = per_day(old, 0, 1)[0]
    for item, old in (("US", 2900), ("DE", 1300), ("CN", 1200), ("FR", 500)):
        countries[item][0] = per_day(old, 0, 1)[0]
    ports["25461/TCP"][0] = per_day(2.5, 0, 1)[0]  # 59th
    for i, old in enumerate(steps(150, 47, 8)):  # 53/TCP was 12th
        ports[f"{3000 + i}/TCP"] = per_day(old, old / 2, 1)
    for i, old in enumerate(steps(46, 2.6, 46)):
        ports[f"{3100 + i}/TCP"] = per_day(old, old / 2, 1)
    countries["RU"][0] = per_day(100, 0, 1)[0]  # 9th
    for code, old in zip(["NL", "JP", "KR", "PL"], steps(300, 101, 4)):
        countries[code] = per_day(old, old, 1)
    total = [max(sums(ports)[year], sums(countries)[year]) + 200 * 365 for year in range(2)]
    spread(ports, [f"{4000 + i}/TCP" for i in range(900)], total, [2.4, 2.4], 1)
    spread(countries, [code for code in CODES if code not in countries][:40], total, [99, 99], 1)
    for year in range(2):
        for (port, code), count in transport([(port, value[year]) for port, value in ports.items()],
                                             [(code, value[year]) for code, value in countries.items()]).items():
            cells.setdefault(("backscatter", "", port, code), [0, 0])[year] += count


def main():
    figures, cells = read_figures(sys.argv[1]), {}
    access(figures, cells)
    backscatter(figures, cells)
    with open(sys.argv[2], "w", encoding="ascii") as out:
        for (kind, method, port, code), (before, now) in sorted(cells.items()):
            number, protocol = port.split("/")
            out.write(f"{kind},{method},{PROTOCOLS[protocol]},{number},{code},{before},{now}\n")


main()
