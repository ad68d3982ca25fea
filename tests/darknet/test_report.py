#!/usr/bin/env python3
"""`noroshi darknet --tables` and `noroshi darknet report`: from captures to rankings, the same however often and in whatever pieces; what is published stays. TAP."""
import csv
import datetime
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
import day_tables  # noqa: E402
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


def test_a_leap_of_the_clock_makes_no_days(folder):
    keep(folder, write(folder, "a.pcap", frames(0, 10) + frames(30 * DAY, 10) + frames(430 * DAY, 10) + frames(431 * DAY, 10)))
    days = sorted(each.name for each in (folder / "tables" / "one").iterdir())
    assert len(days) == 33 and days[0] == "2023-11-15" and days[30] == "2023-12-15" and days[31:] == ["2025-01-18", "2025-01-19"], days
    assert ports(report(folder, "--period", "2023-11-15..2025-01-19")) == {"23/tcp": 40}


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
        assert [each.pop("sensor") for each in view["sensors"]] in (["whole"], ["killed"])
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
    assert "23/tcp" in words and "-50.0 %" in words and "Destination ports" in words and "\ntime zone of the days: UTC+09:00\n" in words, words
    japanese = run("report", "--tables", folder / "tables", "--period", "2023-11-16", "--language", "ja").stdout.decode()
    assert "宛先ポート" in japanese and "\n日付の時間帯: UTC+09:00\n" in japanese and "Destination" not in japanese, japanese
    rows = list(csv.DictReader(io.StringIO(run("report", "--tables", folder / "tables", "--period", "2023-11-16", "--csv").stdout.decode())))
    row = next(row for row in rows if row["view"] == "ports")
    assert (row["item"], row["packets"], row["packets_before"], row["change_percent"]) == ("23/tcp", "50", "100", "-50")
    # Numbers to compute with are not rounded, and say what they are.
    value = json.loads(run("report", "--tables", folder / "tables", "--period", "2023-11-16", "--json").stdout)["views"]["ports"]["ranking"][0]["value"]
    assert float(row["value"]) == value > 0 and round(value, 2) != value, row
    assert (row["unit"], row["from"], row["to"]) == ("packets/day/address", "2023-11-16", "2023-11-16"), row
    nothing = run("report", "--tables", folder / "tables", "--period", "1999")
    assert nothing.returncode == 1 and b"no table of 1999" in nothing.stderr and b"time zone" not in nothing.stdout, nothing
    # Tables of another zone are told apart from them; a zone that is west of UTC.
    keep(folder, write(folder, "b.pcap", frames(DAY, 50)), sensor="two", more=("--zone", "-03:30"))
    words = run("report", "--tables", folder / "tables", "--period", "2023-11-15..2023-11-16").stdout.decode()
    assert "\ntime zone of the days: UTC-03:30 – UTC+09:00\n" in words, words
    words = run("report", "--tables", folder / "tables", "--period", "2023-11-15..2023-11-16", "--sensor", "two").stdout.decode()
    assert "\ntime zone of the days: UTC-03:30\n" in words, words


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


def note(folder, period, *more):
    return run("note", "--tables", folder / "tables", "--period", period, "--text-ja", "停電のため少ない", "--text-en", "<b>Power</b> cut, \"so few\"", "--author", "A",
               *more)


def test_notes_stand_beside_the_figures_of_their_period_and_stay_with_what_was_published(folder):
    keep(folder, write(folder, "a.pcap", frames(0, 100)))
    done = run("report", "--tables", folder / "tables", "--period", "2023", "--publish", folder / "before.json")
    assert done.returncode == 0, done.stderr
    assert note(folder, "2023-11").returncode == 0
    view = report(folder, "--period", "2023")
    assert [(each["period"], each["ja"], each["author"], each["left_out"]) for each in view["period"]["notes"]] == [("2023-11", "停電のため少ない", "A", False)]
    assert view["against"]["notes"] == [] and report(folder, "--period", "2024")["against"]["notes"] == view["period"]["notes"]
    done = run("report", "--tables", folder / "tables", "--period", "2023", "--publish", folder / "after.json")
    assert done.returncode == 0, done.stderr
    assert note(folder, "2023", "--left-out").returncode == 0
    assert json.loads((folder / "before.json").read_text())["period"]["notes"] == []
    assert len(json.loads((folder / "after.json").read_text())["period"]["notes"]) == 1
    assert len(report(folder, "--period", "2023")["period"]["notes"]) == 2
    rows = list(csv.DictReader(io.StringIO(run("report", "--tables", folder / "tables", "--period", "2023", "--csv").stdout.decode())))
    assert all('"so few"' in row["notes"] and row["notes"].startswith("2023-11: ") and row["notes_before"] == "" for row in rows), rows
    words = run("report", "--tables", folder / "tables", "--period", "2023", "--language", "ja").stdout.decode()
    assert "停電のため少ない" in words, words
    done = run("note", "--tables", folder / "tables", "--period", "20x", "--text-ja", "a", "--text-en", "b", "--author", "c")
    assert done.returncode == 2 and b"period" in done.stderr, done.stderr
    listed = run("note", "--tables", folder / "tables").stdout.decode()
    assert listed.count("Power") == 2 and "left out of trends" in listed, listed


def test_nothing_is_compared_with_what_is_left_out_unless_it_is_asked_for(folder):
    keep(folder, write(folder, "a.pcap", frames(0, 10)))
    assert note(folder, "2022", "--left-out").returncode == 0
    assert report(folder, "--period", "2023")["against"]["from"] == "2021-01-01"
    assert report(folder, "--period", "2023", "--against", "2022")["against"]["from"] == "2022-01-01"
    assert report(folder, "--period", "2024")["against"]["from"] == "2023-01-01"


def test_of_notes_written_at_once_none_is_lost(folder):
    keep(folder, write(folder, "a.pcap", frames(0, 10)))
    said = 0
    for _ in range(4):
        children = [subprocess.Popen([NOROSHI, "darknet", "note", "--tables", str(folder / "tables"), "--period", "2023", "--text-ja", "a", "--text-en", "b",
                                      "--author", "c"], stderr=subprocess.DEVNULL) for _ in range(4)]
        said += [child.wait() for child in children].count(0)
    assert said >= 4 and len(report(folder, "--period", "2023")["period"]["notes"]) == said, said


def test_of_two_that_publish_at_once_one_does(folder):
    keep(folder, write(folder, "a.pcap", frames(0, 100)))
    for number in range(10):
        children = [subprocess.Popen([NOROSHI, "darknet", "report", "--tables", str(folder / "tables"), "--period", period, "--publish",
                                      str(folder / f"{number}.json")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for period in ("2023", "2023-11")]
        words = [child.communicate()[1] for child in children]
        codes = [child.returncode for child in children]
        assert sorted(codes) == [0, 2], (codes, words)
        winner = json.loads((folder / f"{number}.json").read_text())
        assert (winner["period"]["from"] == "2023-01-01") == (codes[0] == 0), codes


def test_figures_leave_researchers_out_of_the_ports_and_know_devices(folder):
    (folder / "ports").write_text("name: Sonar\ndate: 2023-01-01\n23/tcp telnet\n")
    keep(folder, write(folder, "a.pcap", frames(0, 60) + frames(10, 40, 80)))
    view = report(folder, "--period", "2023", "--iot", folder / "ports")
    figures = view["period"]["figures"]
    assert (figures["packets"], figures["addresses"], figures["iot_percent"], figures["research_percent"]) == (100, 256, 60, 0), figures
    assert abs(figures["seconds_for_each"] - 256 * 86400 / 100) < 1e-3 and view["iot_ports"] == {"name": "Sonar", "date": "2023-01-01"}
    assert view["against"]["figures"]["iot_percent"] is None
    (folder / "ports").write_text("name: Sonar\n23/tcp telnet\n")
    done = run("report", "--tables", folder / "tables", "--period", "2023", "--iot", folder / "ports")
    assert done.returncode == 2 and b"a list has" in done.stderr, done.stderr
    done = run("report", "--tables", folder / "tables", "--period", "2023", "--follow", "23")
    assert done.returncode == 2 and b"--follow" in done.stderr, done.stderr
    view = report(folder, "--period", "2023", "--follow", "80/tcp")
    assert "80/tcp" in view["series"] and "22/tcp" not in view["series"]
    assert sum(day["packets"] for day in view["series"]["80/tcp"]["days"]) == 40
    assert [port for port in view["port_months"]] == ["23/tcp", "80/tcp"]


def test_researchers_count_do_not_count_or_count_alone(folder):
    day_tables.write(folder / "tables", "one", datetime.date(2023, 3, 1), {
        ("probe", "", 6, 23, "JP", 0): 60, ("probe", "", 6, 23, "US", 1): 7, ("probe", "http", 6, 80, "US", 1): 5, ("backscatter", "", 6, 443, "DE", 0): 3})
    for options, name, found, back in (((), "all", {"23/tcp": 67, "80/tcp": 5}, 3), (("--without-research",), "without", {"23/tcp": 60}, 3),
                                       (("--research-alone",), "alone", {"23/tcp": 7, "80/tcp": 5}, 0)):
        view = report(folder, "--period", "2023-03-01", *options)
        assert view["research"] == name and ports(view) == found and view["views"]["backscatter"]["packets"] == back, view["views"]
        assert sum(day["packets"] for day in view["days"]) == sum(found.values()) and list(view["country_ports"]) == (["JP"] if name == "without" else ["US"] if name == "alone" else ["JP", "US"])
        done = run("report", "--tables", folder / "tables", "--period", "2023-03-01", "--csv", *options)
        assert ("all,all,1,,%d,0," % sum(found.values())).encode() in done.stdout, done.stdout
    done = run("report", "--tables", folder / "tables", "--period", "2023-03-01", "--page", folder / "page.html", "--language", "ja", "--research-alone")
    assert done.returncode == 0 and "調査目的のスキャナーだけを数えています。" in (folder / "page.html").read_text(), done.stderr
    assert run("report", "--tables", folder / "tables", "--period", "2023", "--without-research", "--research-alone").returncode == 2


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
