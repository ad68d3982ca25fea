#!/usr/bin/env python3
"""`noroshi darknet --tables` and `noroshi darknet report`: from captures to rankings, the same however often and in whatever pieces; what is published stays. TAP."""
import csv
import io
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from test_darknet import pcap, tcp, udp  # noqa: E402

NOROSHI = os.environ["NOROSHI"]
NET = "198.51.100.0/24"
# BEGIN of the captures is 2023-11-14 22:13:20 UTC: the 15th in Japan.
DAY = 86400


def run(*arguments, **more):
    return subprocess.run([NOROSHI, "darknet", *map(str, arguments)], capture_output=True, timeout=60, env=dict(os.environ, LC_ALL="C", LANG="C"), **more)


def report(folder, *arguments):
    done = run("report", "--tables", folder / "tables", "--json", *arguments)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def frames(first, count, port=23, source="203.0.113.9"):
    return [(first + i / 10, tcp(source, f"198.51.100.{i % 250 + 1}", port)) for i in range(count)]


def write(folder, name, content):
    (folder / name).write_bytes(pcap(content))
    return folder / name


def keep(folder, *files, sensor="one", more=()):
    done = run("--net", NET, "--tables", folder / "tables", "--sensor", sensor, "--json", *more, *files)
    assert done.returncode in (0, 1), done.stderr
    return done


def ports(view):
    return {cell["item"]: cell["packets"] for cell in view["views"]["ports"]["ranking"]}


def test_captures_become_rankings_by_day(folder):
    keep(folder, write(folder, "a.pcap", frames(0, 100) + frames(100, 30, 445) + frames(DAY, 50) + frames(DAY + 100, 60, 22)))
    view = report(folder, "--period", "2023-11-16")
    assert ports(view) == {"22/tcp": 60, "23/tcp": 50}, view["views"]["ports"]
    assert view["against"]["from"] == view["against"]["to"] == "2023-11-15"
    first = view["views"]["ports"]["ranking"][0]
    assert (first["rank"], first["rank_before"], first["change_percent"]) == (1, None, None)
    assert view["period"]["address_days"] == 256 and abs(first["value"] - 60 / 256) < 1e-9
    assert abs(view["views"]["all"]["seconds_for_each"] - 86400 * 256 / 110) < 0.01
    assert [cell["item"] for cell in view["views"]["ports"]["decrease"]] == ["23/tcp", "445/tcp"]
    assert view["views"]["ports"]["decrease"][0]["change_percent"] == -50


def test_the_same_capture_twice_counts_once_and_two_parts_add_up(folder):
    one, two = frames(0, 100), frames(50, 40, 80)
    path = write(folder, "a.pcap", one)
    keep(folder, path)
    before = report(folder, "--period", "2023-11-15")
    keep(folder, path)
    again = report(folder, "--period", "2023-11-15")
    before.pop("known"), again.pop("known")
    assert before == again
    keep(folder, write(folder, "b.pcap", two))
    assert ports(report(folder, "--period", "2023-11-15")) == {"23/tcp": 100, "80/tcp": 40}


def test_killed_while_it_works_and_started_again_nothing_is_lost_or_doubled(folder):
    path = write(folder, "a.pcap", [frame for day in range(8) for frame in frames(day * DAY, 3000)])
    keep(folder, path, sensor="whole")
    for delay in (0.0, 0.002, 0.005, 0.01, 0.02, 0.04):
        child = subprocess.Popen([NOROSHI, "darknet", "--net", NET, "--tables", str(folder / "tables"), "--sensor", "killed", "--json", str(path)],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        child.send_signal(signal.SIGKILL)
        child.wait()
        view = report(folder, "--period", "2023-11", "--sensor", "killed") if (folder / "tables" / "killed").exists() else None
        assert view is None or view["views"]["all"]["packets"] <= 24000
    keep(folder, path, sensor="killed")
    views = [report(folder, "--period", "2023-11", "--sensor", sensor) for sensor in ("whole", "killed")]
    for view in views:
        view.pop("known")
        assert view["views"]["all"]["packets"] == 24000
    assert views[0] == views[1]


def test_what_is_published_stays_beside_what_is_known_later(folder):
    path = write(folder, "a.pcap", frames(0, 100))
    keep(folder, path)
    done = run("report", "--tables", folder / "tables", "--period", "2023-11", "--publish", folder / "published.json")
    assert done.returncode == 0, done.stderr
    frozen = (folder / "published.json").read_bytes()
    keep(folder, write(folder, "late.pcap", frames(500, 7)))
    assert ports(report(folder, "--period", "2023-11"))["23/tcp"] == 107
    done = run("report", "--tables", folder / "tables", "--period", "2023-11", "--publish", folder / "published.json")
    assert done.returncode == 2 and b"stays" in done.stderr, done
    assert (folder / "published.json").read_bytes() == frozen and ports(json.loads(frozen))["23/tcp"] == 100


def test_methods_countries_and_backscatter_have_views_of_their_own(folder):
    keep(folder, write(folder, "a.pcap", frames(0, 5) + [(10, udp("203.0.113.5", "198.51.100.1", 4000, 1900, b"M-SEARCH * HTTP/1.1\r\n\r\n"))] +
                       [(20 + i, tcp("203.0.113.7", f"198.51.100.{i + 1}", 50000, flags=0x12, source_port=443)) for i in range(9)]))
    views = report(folder, "--period", "2023")["views"]
    assert views["methods"]["ranking"][0]["item"] == "scan" and views["methods"]["packets"] == 1
    assert views["backscatter-ports"]["ranking"][0]["item"] == "443/tcp" and views["backscatter"]["value"] == 9
    assert sum(cell["packets"] for cell in views["countries"]["ranking"]) == 6
    assert views["all"]["packets"] == 6


def test_words_and_csv_say_the_same(folder):
    keep(folder, write(folder, "a.pcap", frames(0, 100) + frames(DAY, 50)))
    words = run("report", "--tables", folder / "tables", "--period", "2023-11-16").stdout.decode()
    assert "23/tcp" in words and "-50.0 %" in words and "Destination ports" in words
    japanese = run("report", "--tables", folder / "tables", "--period", "2023-11-16", "--language", "ja").stdout.decode()
    assert "宛先ポート" in japanese and "Destination" not in japanese, japanese
    rows = list(csv.DictReader(io.StringIO(run("report", "--tables", folder / "tables", "--period", "2023-11-16", "--csv").stdout.decode())))
    row = next(row for row in rows if row["view"] == "ports")
    assert (row["item"], row["packets"], row["packets_before"], row["change_percent"]) == ("23/tcp", "50", "100", "-50.0")


def test_periods_are_years_months_days_and_ranges(folder):
    keep(folder, write(folder, "a.pcap", frames(0, 3)))
    expected = {"2023": ("2023-01-01", "2023-12-31", "2022-01-01", "2022-12-31"), "2024-02": ("2024-02-01", "2024-02-29", "2024-01-01", "2024-01-31"),
                "2023-12": ("2023-12-01", "2023-12-31", "2023-11-01", "2023-11-30"),
                "2023-11-10..2023-11-16": ("2023-11-10", "2023-11-16", "2023-11-03", "2023-11-09")}
    for period, days in expected.items():
        view = report(folder, "--period", period)
        assert (view["period"]["from"], view["period"]["to"], view["against"]["from"], view["against"]["to"]) == days, (period, view["period"])
    for wrong in ("23", "2023-13", "2023-02-30", "2023-11-16..2023-11-15", "2023-11-1", "yesterday", "2023-11..2023-12", ""):
        assert run("report", "--tables", folder / "tables", "--period", wrong).returncode == 2, wrong


def test_bad_usage_and_damaged_tables_are_said(folder):
    path = write(folder, "a.pcap", frames(0, 3))
    assert run("--net", NET, "--tables", folder / "tables", path).returncode == 2  # whose?
    assert run("--net", NET, "--tables", folder / "tables", "--sensor", "../x", path).returncode == 2
    assert run("report", "--period", "2023").returncode == 2
    assert run("report", "--tables", folder / "none", "--period", "2023").returncode == 2
    keep(folder, path)
    assert run("report", "--tables", folder / "tables", "--period", "1999").returncode == 1
    table = next((folder / "tables" / "one" / "2023-11-15").glob("*.table"))
    table.write_bytes(table.read_bytes().replace(b",3\n", b",4\n", 1))
    done = run("report", "--tables", folder / "tables", "--period", "2023")
    assert done.returncode == 2 and table.name.encode() in done.stderr, done.stderr


def test_a_capture_that_cannot_be_read_to_its_end_leaves_no_table(folder):
    whole = pcap(frames(0, 10))
    (folder / "broken.pcap").write_bytes(whole + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 0xFFFFFFFF))
    done = run("--net", NET, "--tables", folder / "tables", "--sensor", "one", folder / "broken.pcap")
    assert done.returncode == 2, done
    assert not list((folder / "tables").rglob("*.table")) and b"not written" in done.stderr, done.stderr


def test_standard_input_is_a_part_only_with_a_name(folder):
    for name, count in (("one", 10), ("two", 20)):
        done = run("--net", NET, "--tables", folder / "tables", "--sensor", "one", "--part", name, "-", input=pcap(frames(0, count)))
        assert done.returncode in (0, 1), done.stderr
    assert ports(report(folder, "--period", "2023-11"))["23/tcp"] == 30
    done = run("--net", NET, "--tables", folder / "tables", "--sensor", "one", "-", input=pcap(frames(0, 5)))
    assert done.returncode == 2 and b"--part" in done.stderr, done.stderr
    assert ports(report(folder, "--period", "2023-11"))["23/tcp"] == 30


def main():
    tests = [(name, test) for name, test in sorted(globals().items()) if name.startswith("test_") and callable(test)]
    print(f"1..{len(tests)}")
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        folder = Path(tempfile.mkdtemp(prefix="noroshi-report-"))
        try:
            test(folder)
            print(f"ok {number} - {name[5:]}", flush=True)
        except Exception as error:  # said, and the others go on
            failed += 1
            print(f"not ok {number} - {name[5:]}\n# {type(error).__name__}: {str(error)[:2000]}", flush=True)
        finally:
            shutil.rmtree(folder)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
