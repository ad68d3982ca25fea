"""Quotas and fairness between organisations in a real centre: who is refused, who goes on, what is said, and that nothing acknowledged is lost."""
import gzip
import json
import random
import re
import string
import sys
import threading
import time

from center import Centre, eve, main, wait_for

QUOTA, BURST = 300, 4  # alerts a second, seconds of it at once
LARGE = 100            # thousand alerts of a large batch


def ndjson(count, first=0):
    return "".join(eve(first + i) + "\n" for i in range(count)).encode()


def counter(centre, name):
    """One series of /metrics; 0 when it is not there."""
    text = centre.request("GET", "/metrics", centre.tokens["auditor"])[2].decode()
    found = re.search("^" + re.escape(name) + r" ([0-9.e+]+)$", text, re.M)
    return float(found.group(1)) if found else 0


def sensor_count(centre, name):
    number = [each["sensor"] for each in centre.facts["organisations"] if each["name"] == name][0]
    return centre.json("GET", "/v1/sensors/%d" % number, centre.tokens["administrator"])[1]["alerts"]


class Sender(threading.Thread):
    """Sends batches of one organisation until told to end; counts what was acknowledged and what was refused."""

    def __init__(self, centre, name, size, obeys):
        super().__init__(daemon=True)
        self.centre, self.name_, self.size, self.obeys = centre, name, size, obeys
        self.acknowledged, self.refused, self.problems, self.over = 0, [], [], False

    def run(self):
        number, body = 0, ndjson(self.size)
        while not self.over:
            status, headers, answer = self.centre.post(self.centre.tokens[self.name_], body,
                                                       batch="%s-%d" % (self.name, number))
            if status == 200:
                self.acknowledged += answer["alerts"]
                number += 1
            elif status in (429, 503) and int(headers.get("Retry-After", 0)) >= 1:
                self.refused.append(int(headers["Retry-After"]))
                time.sleep(self.refused[-1] if self.obeys else 0.01)
            else:
                self.problems.append((status, answer))

    def end(self):
        self.over = True
        self.join(150)
        assert not self.is_alive() and not self.problems, self.problems[:3]


def test_a_flood_is_held_to_its_quota_and_others_go_on():
    with Centre(("flood", "one", "two"), config='center = { quota = %d.0; quota_burst = "%d s"; };' % (QUOTA, BURST)) as centre:
        began = time.monotonic()
        floods = [Sender(centre, "flood", 100, False) for _ in range(6)]
        others = [Sender(centre, name, 10, True) for name in ("one", "two")]
        for each in others + floods:
            each.start()
        time.sleep(5)  # the others' own rate is far below the quota
        wait_for(lambda: all(each.acknowledged >= 50 for each in others) and sum(len(each.refused) for each in floods) > 10, what="others to go on")
        for each in floods + others:
            each.end()
        lasted = time.monotonic() - began
        taken = sum(each.acknowledged for each in floods)
        # Six batches may have been let in on the last of the quota, which are paid for later.
        assert QUOTA <= taken <= QUOTA * (BURST + lasted) + 6 * 100, (taken, lasted)
        assert counter(centre, 'noroshi_ingest_batches_total{result="over-quota"}') >= 10
        assert "batches of an organisation are refused" in centre.said()
        for name, senders in (("flood", floods), ("one", others[:1]), ("two", others[1:])):
            said = sum(each.acknowledged for each in senders)
            wait_for(lambda: sensor_count(centre, name) >= said, what="what was acknowledged of " + name)
            time.sleep(1.5)
            assert sensor_count(centre, name) == said, (name, said)


def test_the_quota_is_free_again_after_the_time_that_was_said():
    with Centre(("alpha",), config='center = { quota = 100.0; quota_burst = "2 s"; };') as centre:
        answers = [centre.post(centre.tokens["alpha"], ndjson(150, i), batch="b%d" % i) for i in range(4)]
        status, headers, answer = answers[-1]
        assert [each[0] for each in answers[:2]] == [200, 200] and status == 429, [each[0] for each in answers]
        assert answer["status"] == 429 and "quota" in answer["detail"], answer
        time.sleep(int(headers["Retry-After"]))
        assert centre.post(centre.tokens["alpha"], ndjson(150, 3), batch="b3")[0] == 200


def test_an_organisation_s_own_quota_counts_instead():
    with Centre(("alpha", "beta"), config='center = { quota = 100.0; quota_burst = "1 s"; };') as centre:
        number = [each for each in centre.json("GET", "/v1/organisations", centre.tokens["administrator"])[1]["organisations"]
                  if each["name"] == "alpha"][0]["number"]
        assert centre.json("PATCH", "/v1/organisations/%d" % number, centre.tokens["administrator"], {"quota": 100000})[0] == 200
        of = {name: [centre.post(centre.tokens[name], ndjson(200), batch="q%d" % i)[0] for i in range(5)] for name in ("alpha", "beta")}
        assert of["alpha"] == [200] * 5 and of["beta"].count(429) >= 3, of


def test_long_lines_count_as_several_alerts():
    """Bytes are held as well: 20 alerts of 50 KiB take the quota of 1,000."""
    with Centre(("alpha",), config='center = { quota = 100.0; quota_burst = "5 s"; };') as centre:
        line = json.loads(eve(1))
        line["payload_printable"] = "".join(random.Random(1).choices(string.ascii_letters, k=50000))
        body = (json.dumps(line) + "\n").encode() * 20
        first, second = (centre.post(centre.tokens["alpha"], body, batch=name) for name in ("a", "b"))
        assert (first[0], first[2]["alerts"], second[0]) == (200, 20, 429), (first, second)


def test_batches_that_come_together_share_the_quota():
    """What was let in and is not read yet counts: a hundred at once do not get in on the same tokens."""
    with Centre(("alpha",), config='center = { quota = 100.0; quota_burst = "10 s"; };') as centre:
        assert centre.post(centre.tokens["alpha"], ndjson(200), batch="first")[0] == 200  # now its bytes are known
        status, body = [], ndjson(200)
        threads = [threading.Thread(target=lambda i=i: status.append(centre.post(centre.tokens["alpha"], body, batch="t%d" % i)[0]))
                   for i in range(40)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert 3 <= status.count(200) <= 10 and status.count(200) + status.count(429) == 40, sorted(status)


def test_a_large_batch_holds_up_nobody():
    """While 100,000 alerts of one organisation are read and stored, others' small batches are answered again and again."""
    with Centre(("large", "small"), config="center = { quota = 10000000.0; };") as centre:
        body, answers = gzip.compress(ndjson(1000)) * LARGE, []
        large = threading.Thread(target=lambda: answers.append(centre.post(centre.tokens["large"], body, batch="large")))
        large.start()
        small = 0
        while large.is_alive():
            status = centre.post(centre.tokens["small"], ndjson(5), batch="s%d" % small)[0]
            assert status == 200, status
            small += 1
        large.join()
        assert answers[0][0] == 200 and answers[0][2]["alerts"] == 1000 * LARGE, answers
        assert small >= 5, small
        wait_for(lambda: sensor_count(centre, "large") == 1000 * LARGE, what="all of the large batch")
        wait_for(lambda: sensor_count(centre, "small") == 5 * small, what="all of the small ones")


def test_overload_puts_statistics_off_says_so_and_ends_by_itself():
    """With a limit of a tenth of a second some large batches at once are an overload."""
    with Centre(("one", "two", "three"), config='center = { quota = 10000000.0; overload = "0.1 s"; };') as centre:
        body, answers = gzip.compress(ndjson(1000)) * LARGE, []
        threads = [threading.Thread(target=lambda name=name, i=i: answers.append(
            centre.post(centre.tokens[name], body, batch="%s%d" % (name, i)))) for i in range(2) for name in ("one", "two", "three")]
        for each in threads:
            each.start()
        put_off, events = [], []
        while any(each.is_alive() for each in threads):
            put_off.append(centre.request("GET", "/v1/statistics", centre.tokens["analyst"])[:2])
            events.append(centre.request("GET", "/v1/events", centre.tokens["analyst"])[0])
            time.sleep(0.3)
        for each in threads:
            each.join()
        assert any(status == 503 and int(headers["Retry-After"]) >= 1 for status, headers in put_off), put_off
        assert set(events) == {200}, events
        taken = [answer for status, _, answer in answers if status == 200]
        assert len(taken) >= 3 and all(answer["alerts"] == 1000 * LARGE for answer in taken), [each[0] for each in answers]
        wait_for(lambda: "the overload is over" in centre.said().rpartition("\n")[0], what="the end of the overload")
        assert centre.request("GET", "/v1/statistics", centre.tokens["analyst"])[0] == 200
        assert counter(centre, 'noroshi_shed_total{what="requests"}') >= 1 and counter(centre, "noroshi_overload") == 0
        said = next(json.loads(line) for line in centre.said().split("\n")[:-1] if "the overload is over" in line)
        assert said["requests_put_off"] >= 1, said
        wait_for(lambda: sum(sensor_count(centre, name) for name in ("one", "two", "three")) == 1000 * LARGE * len(taken),
                 what="everything that was acknowledged")


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
