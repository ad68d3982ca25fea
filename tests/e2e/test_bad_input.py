"""Bad input through the three doors: `noroshi triage` on files, POST /v1/alerts, and `noroshi agent` shipping a file.

Each case is twenty good lines with something bad in their midst. Through every door there is one clear error with its place, it
is counted, the twenty are processed, memory stays bounded, and other organisations notice nothing.
"""
import gzip
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../center"))
from center import NOROSHI, Centre, eve, main  # noqa: E402

FOLDER = tempfile.TemporaryDirectory(prefix="noroshi-bad-")
MEBIBYTE = 1 << 20
GOOD = [eve(i).encode() for i in range(20)]
MIDDLE = sum(len(line) + 1 for line in GOOD[:10])  # the byte at which the bad line begins
CENTRE = None


def centre():
    global CENTRE
    if CENTRE is None:
        CENTRE = Centre(("alpha", "beta"), config="center = { quota = 100000.0; };")
    return CENTRE


def around(bad):
    return b"".join(line + b"\n" for line in GOOD[:10] + [bad] + GOOD[10:])


def file(name, content):
    path = os.path.join(FOLDER.name, name)
    with open(path, "wb") as to:
        to.write(content)
    return path


# A process inherits the peak memory of the one that started it: so a small one starts it and measures.
MEASURE = """
import os, sys
started = os.posix_spawnp("timeout", sys.argv[2:], os.environ)
_, status, usage = os.wait4(started, 0)
with open(sys.argv[1], "w") as to:
    print(os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024, file=to)
"""


def run(*arguments, seconds=300):
    """(exit code, standard output, standard error, peak memory in bytes)"""
    measured = os.path.join(FOLDER.name, "measured")
    done = subprocess.run([sys.executable, "-c", MEASURE, measured, "timeout", str(seconds), NOROSHI, *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    with open(measured) as file:
        status, memory = map(int, file.read().split())
    return status, done.stdout.decode(), done.stderr.decode(), memory


def triage(path):
    status, out, err, memory = run("triage", "--org", "alpha=" + path, "--org", "beta=" + file("good", b"\n".join(GOOD)),
                                   "--json", "--quiet")
    complaints = [line for line in err.splitlines() if line]
    both = json.loads(out)
    alpha, beta = both["organisations"]
    assert (beta["alerts"], beta["malformed"]) == (20, 0), beta
    assert all(line.startswith("noroshi triage: ") for line in complaints), err
    assert memory < 100 * MEBIBYTE, memory
    return status, alpha, complaints


def post(content, batch):
    before = peak()
    status, _, answer = centre().post(centre().tokens["alpha"], content, batch=batch)
    assert peak() - before < 64 * MEBIBYTE, (before, peak())
    other = centre().post(centre().tokens["beta"], b"\n".join(GOOD), batch=batch)[2]
    assert (other["alerts"], other["problems"]) == (20, []), other
    assert centre().children() == centre().pids, "a process died"
    return status, answer


def peak():
    """Peak memory of the front, which reads what strangers send."""
    with open("/proc/%d/status" % centre().pids["front"]) as status:
        return [int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")][0]


def ship(path, token="alpha"):
    """The agent on a file: (exit code, its counters, its complaints)."""
    state = tempfile.mkdtemp(dir=FOLDER.name)
    secret = file("token", (centre().tokens.get(token, token) + "\n").encode())
    os.chmod(secret, 0o600)
    status, out, err, memory = run("agent", "--once", "--json", "--server", centre().address, "--token-file", secret, "--state",
                                   state, path)
    said = [json.loads(line) for line in err.splitlines()]
    assert memory < 100 * MEBIBYTE, memory
    return status, json.loads(out), [each for each in said if each["level"] in ("warning", "error")]


def metric(name):
    text = centre().request("GET", "/metrics", centre().tokens["administrator"])[2].decode()
    return sum(float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))


def check_line(name, bad, expected, count, agent=True):
    """A bad line within good ones: `expected` words in the error, `count` is where it is counted."""
    taken = count != "malformed"
    content = around(bad)
    path = file(name, content)
    status, counts, complaints = triage(path)
    assert status == 1 and len(complaints) == 1, (status, complaints)
    assert path in complaints[0] and "line 11 (byte %d)" % MIDDLE in complaints[0] and expected in complaints[0], complaints
    assert (counts["alerts"], counts[count], counts["lines"]) == (20 + taken, 1, 21), counts
    metric_name = "noroshi_ingest_%s_total" % count
    before = metric(metric_name)
    status, answer = post(content, name)
    assert (status, answer["alerts"], answer[count], answer["lines"]) == (200, 20 + taken, 1, 21), (status, answer)
    assert [each["line"] for each in answer["problems"]] == [11] and expected in answer["problems"][0]["words"], answer
    assert metric(metric_name) == before + 1
    if not agent:
        return
    status, counters, complaints = ship(path)
    assert status == 1 and len(complaints) == 1, (status, complaints)
    assert complaints[0]["file"] == path and complaints[0]["first_at"] == MIDDLE and expected in complaints[0]["why"], complaints
    assert (counters["alerts"], counters["malformed" if not taken else "doubtful"], counters["lines"]) == (20 + taken, 1, 21)


def test_good_lines_alone_are_no_problem():
    path = file("plain", b"".join(line + b"\n" for line in GOOD))
    status, counts, complaints = triage(path)
    assert (status, complaints, counts["alerts"]) == (0, [], 20), (status, complaints, counts)
    status, counters, complaints = ship(path)
    assert (status, complaints, counters["alerts"]) == (0, [], 20), (status, complaints, counters)


def test_a_truncated_gzip():
    whole = b"".join(eve(i).encode() + b"\n" for i in range(3000))
    cut = gzip.compress(whole)[:20000]
    path = file("cut.gz", cut)
    status, counts, complaints = triage(path)
    assert status == 1 and len(complaints) == 1 and "cut.gz: the compressed data ends in the middle, at byte 20000" in complaints[0]
    assert (counts["broken"], counts["malformed"]) == (1, 0) and 2000 < counts["alerts"] < 3000, counts
    status, answer = post(cut, "cut")
    assert (status, answer["alerts"], answer["malformed"]) == (200, counts["alerts"], 1), (status, answer)
    assert len(answer["problems"]) == 1 and "at byte 20000" in answer["problems"][0]["words"], answer
    status, counters, complaints = ship(path)
    assert status == 1 and len(complaints) == 1 and "at byte 20000" in complaints[0]["why"], (status, complaints)
    assert (counters["alerts"], counters["malformed"], counters["broken_files"]) == (counts["alerts"], 0, 1), counters


def test_a_gzip_that_breaks_before_its_first_line():
    cut = gzip.compress(b"".join(line + b"\n" for line in GOOD))[:15]
    path = file("nothing.gz", cut)
    status, counts, complaints = triage(path)
    assert (status, counts["broken"], counts["alerts"], len(complaints)) == (1, 1, 0, 1) and "at byte 15" in complaints[0], complaints
    status, answer = post(cut, "nothing")
    assert status == 400 and "at byte 15" in answer["detail"], (status, answer)
    status, counters, complaints = ship(path)
    assert (status, counters["broken_files"], len(complaints)) == (1, 1, 1) and "at byte 15" in complaints[0]["why"], complaints


def test_binary_garbage_alone():
    content = bytes(random.Random(1).randrange(256) for _ in range(5000))
    path = file("garbage", content)
    status, counts, complaints = triage(path)
    assert status == 1 and len(complaints) == 1 and "garbage: line 1 (byte 0): the format is not known" in complaints[0], complaints
    assert (counts["broken"], counts["alerts"]) == (1, 0), counts
    refused = metric('noroshi_ingest_batches_total{result="refused"}')
    status, answer = post(content, "garbage")
    assert status == 400 and "the format is not known" in answer["detail"] and "eve" in answer["detail"], (status, answer)
    assert metric('noroshi_ingest_batches_total{result="refused"}') == refused + 1
    status, counters, complaints = ship(path)
    assert status == 1 and len(complaints) == 1 and "the format is not known" in complaints[0]["why"], complaints
    assert counters["refused_batches"] == 1 and counters["alerts"] == 0, counters


def test_binary_garbage_among_good_lines():
    content = bytes([0xfe] + [random.Random(i).choice([9, *range(11, 256)]) for i in range(300)])
    check_line("mixed", content, "UTF-8", "malformed")


def test_a_nul_byte():
    check_line("nul", GOOD[3][:100] + b"\0" + GOOD[3][100:], "NUL stands at byte 101", "malformed")


def test_a_line_of_100_mb():
    bad = b'{"timestamp":"' + b"x" * 100_000_000 + b'"}'
    path = file("long", around(bad))
    status, counts, complaints = triage(path)
    assert status == 1 and len(complaints) == 1 and "line 11 (byte %d): the line is longer than 1048576 bytes" % MIDDLE in complaints[0]
    assert (counts["alerts"], counts["malformed"], counts["lines"]) == (20, 1, 21), counts
    status, answer = post(gzip.compress(around(bad), 1), "long")
    assert (status, answer["alerts"], answer["malformed"]) == (200, 20, 1), (status, answer)
    assert [each["line"] for each in answer["problems"]] == [11] and "1048576" in answer["problems"][0]["words"], answer
    status, counters, complaints = ship(path)
    assert status == 1 and len(complaints) == 1 and complaints[0]["begins_at"] == MIDDLE, complaints
    assert (complaints[0]["file"], complaints[0]["limit"], counters["too_long"], counters["alerts"]) == (path, MEBIBYTE, 1, 20)


def test_a_body_of_100_mb_is_refused_before_it_is_read():
    status, _, answer = centre().post(centre().tokens["alpha"], b"", headers={"Content-Length": "100000000"})
    assert status == 413 and answer["detail"], (status, answer)


def test_invalid_utf8():
    check_line("utf8", GOOD[0].replace(b"ET SCAN", b"ET \xc3\x28"), "no valid UTF-8 at byte", "malformed")
    check_line("surrogate", GOOD[0].replace(b"ET SCAN", b"ET \\ud800 x"), "JSON, byte", "malformed")


def test_the_time_1970():
    check_line("1970", eve(77, second=0).encode(), "1970-01-01T00:00:00.000077Z is not plausible", "implausible_times")


def test_the_time_2100():
    check_line("2100", eve(77, second=4102444800).encode(), "2100-01-01T00:00:00.000077Z is not plausible", "implausible_times")


def test_times_that_are_none():
    check_line("year0", eve(5, second=0).replace("1970", "0000").encode(), "timestamp: ", "malformed")
    check_line("year99999", eve(5, second=0).replace("1970", "99999").encode(), "timestamp: ", "malformed")


def test_deep_json():
    check_line("deep", b'{"a":' * 100000 + b"1" + b"}" * 100000, "nested deeper than allowed", "malformed")
    check_line("deep2", GOOD[0][:-1] + b',"x":' + b"[" * 70 + b"]" * 70 + b"}", "nested deeper than allowed", "malformed")


def test_duplicate_keys():
    check_line("twice", GOOD[0][:-1] + b',"src_ip":"203.0.113.1"}', 'the key "src_ip" stands twice', "duplicate_keys")


def zstd(data, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, stdout=subprocess.PIPE, check=True).stdout


def test_bombs_of_gzip_and_zstd():
    """A gibibyte of one line, and one of short lines: read by pieces from files, refused in a request."""
    piece = b"x" * MEBIBYTE
    for name, command in (("bomb.gz", ["gzip", "-1"]), ("bomb.zst", ["zstd", "-q", "-1"])):
        path = os.path.join(FOLDER.name, name)
        with open(path, "wb") as to:
            packer = subprocess.Popen([*command, "-c"], stdin=subprocess.PIPE, stdout=to)
            packer.stdin.write(b"".join(line + b"\n" for line in GOOD))
            for _ in range(1024):
                packer.stdin.write(piece)
            packer.stdin.write(b"\n" + b"".join(line + b"\n" for line in GOOD))
            packer.stdin.close()
            assert packer.wait() == 0
        status, counts, complaints = triage(path)
        assert (status, counts["alerts"], counts["malformed"], len(complaints)) == (1, 40, 1, 1), (status, counts, complaints)
        with open(path, "rb") as packed:
            status, answer = post(packed.read(), name)
        assert status == 413 and "more comes out of it than the limit allows" in answer["detail"], (status, answer)
        status, counters, complaints = ship(path)
        assert (status, counters["alerts"], counters["too_long"], len(complaints)) == (1, 40, 1, 1), (counters, complaints)


def test_a_zstd_frame_with_a_huge_window_is_refused():
    noise = random.Random(3).randbytes(10 * MEBIBYTE).hex().encode()
    packed = zstd(noise, "--long=27", "-1")
    status, answer = post(packed, "window")
    assert status == 400 and "memory" in answer["detail"], (status, answer)


def test_names_that_never_come_twice_stay_in_bounded_memory():
    dice = random.Random(5)
    path = os.path.join(FOLDER.name, "names.csv")
    with open(path, "w") as to:
        to.write("time,sensor,signature,address,host\n")
        for i in range(300000):
            to.write("%d,suricata,sig-%x,%d.%d.%d.%d,host-%x\n" % (
                1775000000 + i // 20, dice.getrandbits(80), *(dice.randrange(1, 224) for _ in range(4)), dice.getrandbits(200)))
    status, out, err, memory = run("triage", "--org", "alpha=" + path, "--json", "--quiet", "--memory", "33554432")
    counts = json.loads(out)
    assert (status, counts["alerts"], err) == (0, 300000, ""), (status, counts, err)
    assert counts["memory_bytes"] <= 33554432 and counts["forgotten"] > 0, counts
    assert memory < 100 * MEBIBYTE, memory


def test_wrong_tokens():
    path = file("fine", b"".join(line + b"\n" for line in GOOD))
    for token in ("nrs_" + "0" * 64, "nra_" + "0" * 64, "x", "é"):
        status, _, answer = centre().post(token, b"\n".join(GOOD))
        assert status in (400, 401) and answer["detail"], (token, status, answer)
    status, counters, complaints = ship(path, "nrs_" + "0" * 64)
    assert status == 1 and len(complaints) == 1 and "401" in complaints[0]["why"], (status, complaints)
    assert counters["lines"] == 0 and counters["failures"] == 1, counters
    # people's tokens may not send alerts
    status, counters, complaints = ship(path, "analyst")
    assert status == 1 and len(complaints) == 1 and "403" in complaints[0]["why"], (status, complaints)
    # and what was not taken is taken later, with the right one
    status, counters, complaints = ship(path)
    assert (status, counters["alerts"], complaints) == (0, 20, []), (status, counters, complaints)


def test_unknown_organisations():
    for arguments in (("triage", "--org", "=" + file("fine", b"\n".join(GOOD))), ("triage", "--org", "alpha"), ("triage",)):
        status, _, err, _ = run(*arguments)
        assert status == 2 and "--org" in err and len(err.splitlines()) == 1, (arguments, status, err)
    status, _, err, _ = run("triage", "--org", "alpha=" + os.path.join(FOLDER.name, "not-there"), "--json")
    assert status == 2 and "not-there" in err and len(err.splitlines()) == 1, (status, err)
    status, _, answer = centre().post(centre().tokens["alpha"], b"\n".join(GOOD), organisation=77)
    assert status == 400 and "organisation" in answer["detail"], (status, answer)
    token = centre().tokens["administrator"]
    for method, path, body in (("GET", "/v1/organisations/4000000", None), ("PATCH", "/v1/organisations/4000000", {"active": False}),
                               ("POST", "/v1/organisations/4000000/sensors", {"name": "edge"})):
        status, answer = centre().json(method, path, token, body)
        assert status == 404 and answer["detail"], (path, status, answer)


def test_the_rest_of_the_centre_saw_nothing_of_it():
    status, _, answer = centre().post(centre().tokens["beta"], b"\n".join(GOOD), batch="last")
    assert (status, answer["alerts"]) == (200, 20), (status, answer)
    assert centre().children() == centre().pids
    assert peak() < 256 * MEBIBYTE, peak()


if __name__ == "__main__":
    try:
        status = main(sys.modules[__name__])
    finally:
        if CENTRE:
            CENTRE.stop()
        FOLDER.cleanup()
    sys.exit(status)
