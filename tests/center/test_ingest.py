"""POST /v1/alerts against a real centre: formats, compression, repeated batches, tokens, quotas, hostile bodies."""
import gzip
import random
import subprocess
import sys
import threading
import time

from center import Centre, eve, main, wait_for

CENTRE = None


def centre():
    global CENTRE
    if CENTRE is None:
        CENTRE = Centre(("alpha", "beta"), config='center = { quota = 500.0; quota_burst = "20 s"; '
                        'batch_body = "4 MiB"; batch_unpacked = "8 MiB"; };')
    return CENTRE


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def ndjson(count, first=0):
    return "".join(eve(first + i) + "\n" for i in range(count)).encode()


def stored(name):
    """How many alerts the centre counted for a sensor."""
    number = [each["sensor"] for each in centre().facts["organisations"] if each["name"] == name][0]
    status, sensor = centre().json("GET", "/v1/sensors/%d" % number, centre().tokens["administrator"])
    assert status == 200, (status, sensor)
    return sensor["alerts"]


def test_a_batch_is_answered_with_what_was_stored():
    status, _, answer = centre().post(centre().tokens["alpha"], ndjson(7), batch="plain")
    assert status == 200, answer
    assert (answer["lines"], answer["alerts"], answer["durable"], answer["repeated"]) == (7, 7, True, False), answer
    assert answer["batch"] == "plain"


def test_a_repeated_batch_gets_the_same_answer_and_stores_nothing():
    body = ndjson(20, 100)
    first = centre().post(centre().tokens["alpha"], body, batch="again")[2]
    wait_for(lambda: stored("alpha") >= 27, what="the sensor's count")
    before = stored("alpha")
    second = centre().post(centre().tokens["alpha"], body, batch="again")[2]
    # Other content under the same id is the same batch.
    third = centre().post(centre().tokens["alpha"], ndjson(3), batch="again")[2]
    assert second == dict(first, repeated=True), (first, second)
    assert (third["alerts"], third["repeated"]) == (20, True), third
    centre().post(centre().tokens["alpha"], ndjson(1), batch="one more")
    wait_for(lambda: stored("alpha") == before + 1, what="one more alert and no other")


def test_the_same_id_of_another_sensor_is_another_batch():
    answer = centre().post(centre().tokens["beta"], ndjson(2), batch="again")[2]
    assert (answer["alerts"], answer["repeated"]) == (2, False), answer


def test_gzip_and_zstd_are_read_by_header_and_by_content():
    plain = ndjson(11)
    for name, packed in (("gzip", gzip.compress(plain)), ("zstd", zstd(plain))):
        for headers in ({"Content-Encoding": name}, {}):
            status, _, answer = centre().post(centre().tokens["alpha"], packed, batch="%s%d" % (name, len(headers)),
                                              headers=dict(headers))
            assert (status, answer.get("alerts")) == (200, 11), (name, headers, answer)


def test_lines_of_a_file_keep_their_offsets():
    epoch = "0123456789abcdef0123456789abcdef"
    body = ndjson(4)
    one = centre().post(centre().tokens["alpha"], body, epoch=epoch, offset=0)[2]
    again = centre().post(centre().tokens["alpha"], body, epoch=epoch, offset=0)[2]
    more = centre().post(centre().tokens["alpha"], ndjson(3), epoch=epoch, offset=len(body))[2]
    assert (one["repeated"], again["repeated"], more["repeated"]) == (False, True, False), (one, again, more)
    assert (one["alerts"], again["alerts"], more["alerts"]) == (4, 4, 3)


def test_a_preamble_is_read_and_not_counted():
    header = b"time,signature,host,address\n"
    rows = b"".join(b"2026-11-01T00:00:%02dZ,Odd login,web1,192.0.2.%d\n" % (i, i) for i in range(5))
    epoch = "aa" * 16
    status, _, answer = centre().post(centre().tokens["alpha"], header + rows, epoch=epoch, offset=len(header),
                                      preamble=len(header), format="csv")
    assert (status, answer.get("lines"), answer.get("alerts"), answer.get("skipped")) == (200, 5, 5, 0), answer


def test_a_sensor_shows_how_far_its_clock_is_off():
    number = [each["sensor"] for each in centre().facts["organisations"] if each["name"] == "beta"][0]
    late = [eve(i, second=time.time() - 7200) for i in range(3)]
    assert centre().post(centre().tokens["beta"], late, batch="late")[0] == 200
    wait_for(lambda: centre().json("GET", "/v1/sensors/%d" % number, centre().tokens["administrator"])[1]["clock_error"] < -60)


def test_malformed_lines_are_counted_and_the_rest_is_stored():
    body = ndjson(3) + b"{broken\n" + b"\xff\xfe\n" + ndjson(2)
    status, _, answer = centre().post(centre().tokens["alpha"], body, batch="malformed", format="eve")
    assert (status, answer["alerts"], answer["malformed"]) == (200, 5, 2), answer
    assert [each["line"] for each in answer["problems"]] == [4, 5], answer
    assert all(each["words"] for each in answer["problems"])


def test_garbage_is_one_clear_error():
    body = bytes(random.Random(1).randrange(256) for _ in range(5000))
    status, _, answer = centre().post(centre().tokens["alpha"], body, batch="garbage")
    assert status == 400 and answer["detail"], (status, answer)


def test_a_truncated_gzip_gives_what_stands_before_the_break():
    packed = gzip.compress(ndjson(3000))
    status, _, answer = centre().post(centre().tokens["alpha"], packed[:len(packed) // 2], batch="cut", format="eve")
    assert status == 200 and 0 < answer["alerts"] < 3000 and answer["malformed"] >= 1, (status, answer)
    assert answer["problems"], answer


def test_a_decompression_bomb_is_refused():
    line = ndjson(1)
    status, _, answer = centre().post(centre().tokens["alpha"], gzip.compress(line * (12 * 2**20 // len(line))),
                                      batch="bomb")
    assert status == 413, (status, answer)


def test_a_body_beyond_the_limit_is_refused():
    try:
        status = centre().post(centre().tokens["beta"], b"x" * (5 * 2**20), batch="large")[0]
    except (ConnectionError, BrokenPipeError):
        return  # refused and closed while we were still sending
    assert status == 413, status


def test_wrong_tokens_and_wrong_queries_are_refused():
    assert centre().post("nrs_" + "0" * 40, ndjson(1))[0] == 401
    assert centre().request("POST", "/v1/alerts", None, ndjson(1), {"Content-Type": "application/x-ndjson"})[0] == 401
    assert centre().post(centre().tokens["analyst"], ndjson(1))[0] == 403
    assert centre().post(centre().tokens["administrator"], ndjson(1))[0] == 403
    for query in (dict(epoch="00" * 16), dict(offset=3), dict(epoch="zz" * 16, offset=0), dict(format="nonsense"),
                  dict(batch="a", epoch="00" * 16, offset=0), dict(batch="b" * 129)):
        status, _, answer = centre().post(centre().tokens["alpha"], ndjson(1), **query)
        assert status == 400 and answer["detail"], (query, status, answer)


def test_an_inactive_organisation_may_not_send():
    token = centre().tokens["administrator"]
    number = [each["number"] for each in centre().facts["organisations"] if each["name"] == "beta"][0]
    status, answer = centre().json("PATCH", "/v1/organisations/%d" % number, token, {"active": False})
    assert status == 200, answer
    assert centre().post(centre().tokens["beta"], ndjson(1))[0] == 403
    status, answer = centre().json("PATCH", "/v1/organisations/%d" % number, token, {"active": True})
    assert status == 200 and centre().post(centre().tokens["beta"], ndjson(1))[0] == 200


def test_beyond_its_quota_an_organisation_waits_and_others_do_not():
    refused = None
    for i in range(40):
        status, headers, answer = centre().post(centre().tokens["beta"], ndjson(1000), batch="flood%d" % i)
        if status == 429:
            refused = (headers, answer)
            break
        assert status == 200, answer
    assert refused, "40,000 alerts at once were not refused"
    assert int(refused[0]["Retry-After"]) >= 1 and "quota" in refused[1]["detail"], refused
    assert centre().post(centre().tokens["alpha"], ndjson(10), batch="other")[0] == 200


def test_many_clients_at_once_lose_and_double_nothing():
    centre().json("PATCH", "/v1/organisations/1", centre().tokens["administrator"], {"quota": 1000000})
    wait_for(lambda: centre().post(centre().tokens["alpha"], ndjson(1), batch="probe")[0] == 200)
    _, sensor = centre().json("POST", "/v1/organisations/1/sensors", centre().tokens["administrator"], {"name": "many"})
    token = centre().json("POST", "/v1/sensors/%d/token" % sensor["number"], centre().tokens["administrator"], {})[1]["token"]

    def counted():
        return centre().json("GET", "/v1/sensors/%d" % sensor["number"], centre().tokens["administrator"])[1]["alerts"]
    problems = []

    def client(which):
        for i in range(10):
            status, _, answer = centre().post(token, ndjson(50), batch="c%d-%d" % (which, i))
            if status != 200 or answer["alerts"] != 50 or answer["repeated"]:
                problems.append((status, answer))

    threads = [threading.Thread(target=client, args=(i,)) for i in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not problems, problems[:3]
    wait_for(lambda: counted() >= 4000, what="4,000 alerts to be counted")
    time.sleep(2.5)  # sensors are counted about once a second
    assert counted() == 4000, counted()


if __name__ == "__main__":
    try:
        status = main(sys.modules[__name__])
    finally:
        if CENTRE:
            CENTRE.stop()
    sys.exit(status)
