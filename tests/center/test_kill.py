"""Processes of a real centre killed while alerts come in: nothing acknowledged is lost, none is doubled, and it says so."""
import json
import os
import random
import signal
import sys
import threading
import time

from center import PATIENCE, Centre, eve, main, wait_for

BATCH = 40
KILLS = int(os.environ.get("NOROSHI_KILLS", "4"))  # of each process; 50 for the long run


def body(client, number):
    return "".join(eve(client * 1000000 + number * BATCH + i) + "\n" for i in range(BATCH)).encode()


class Clients:
    """Send batches, each again until it is answered with 200, as every client must."""

    def __init__(self, centre, count):
        self.centre, self.acknowledged, self.tries, self.problems, self.ending = centre, {}, 0, [], False
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(count)]
        for each in self.threads:
            each.start()

    def run(self, client):
        token = self.centre.tokens[("alpha", "beta")[client % 2]]
        number = 0
        while not self.ending:
            name = "k%d-%d" % (client, number)
            self.tries += 1
            try:
                status, headers, answer = self.centre.post(token, body(client, number), batch=name)
            except OSError:
                time.sleep(0.05)
                continue
            except Exception as error:  # a connection that broke in the middle of an answer
                time.sleep(0.05)
                self.last = error
                continue
            if status == 200:
                if answer["alerts"] != BATCH:
                    self.problems.append(answer)
                self.acknowledged[name] = (client, number)
                number += 1
            elif status in (429, 503):
                time.sleep(0.05)
            else:
                self.problems.append((status, answer))
                return

    def stop(self):
        self.ending = True
        for each in self.threads:
            each.join()


def check_everything(centre, clients):
    assert not clients.problems, clients.problems[:3]
    for name, (client, number) in clients.acknowledged.items():
        token = centre.tokens[("alpha", "beta")[client % 2]]
        status, _, answer = centre.post(token, body(client, number), batch=name)
        assert status == 200 and answer["repeated"] and answer["alerts"] == BATCH, (name, status, answer)


def ids(centre):
    """The identity of every alert in history, page by page."""
    found, after = [], ""
    while True:
        status, headers, data = centre.request("GET", "/v1/alerts?limit=500" + ("&after=" + after if after else ""),
                                               centre.tokens["analyst"])
        if status == 429:
            time.sleep(int(headers["Retry-After"]))
            continue
        answer = json.loads(data)
        assert status == 200, answer
        found += [each["id"] for each in answer["alerts"]]
        after = answer.get("next")
        if not after:
            return found


def check_doubles(centre, clients):
    found = ids(centre)
    assert len(found) == len(set(found)), "%d alerts are there twice" % (len(found) - len(set(found)))
    known = len(clients.acknowledged) * BATCH
    # What was sent last may be stored without that its answer came through.
    assert known <= len(found) <= known + len(clients.threads) * BATCH, (known, len(found))


def kill(centre, name):
    before = centre.children().get(name)
    if not before:
        return
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: centre.children().get(name) not in (None, before), 60, name + " to be started again")


def healthy(centre):
    def ask():
        try:
            return centre.json("GET", "/v1/health")[0] == 200
        except OSError:
            return False
    wait_for(ask, 40, "the centre to be healthy")


def killed(names, seed):
    with Centre(("alpha", "beta")) as centre:
        clients = Clients(centre, 4)
        chance = random.Random(seed)
        try:
            for name in names:
                time.sleep(chance.uniform(0.1, 0.6))
                kill(centre, name)
                healthy(centre)
            wait_for(lambda: clients.problems or len(clients.acknowledged) > len(names), what="batches to be taken")
        finally:
            clients.stop()
        check_everything(centre, clients)
        check_doubles(centre, clients)
        said = centre.said()
        for name in set(names):
            assert '"process":"%s"' % name in said and "signal 9 (Killed)" in said and "started again in" in said, said


def test_front_killed_during_ingest():
    killed(["front"] * KILLS, 1)


def test_keeper_killed_during_ingest():
    killed(["keeper"] * KILLS, 2)


def test_courier_killed_during_ingest():
    killed(["courier"] * KILLS, 3)


def test_a_front_that_comes_back_has_the_same_address():
    with Centre(("alpha",)) as centre:
        kill(centre, "front")
        healthy(centre)
        assert centre.post(centre.tokens["alpha"], body(0, 0), batch="after")[0] == 200


def test_while_the_keeper_is_away_clients_are_told_to_come_again():
    with Centre(("alpha",)) as centre:
        pid = centre.children()["keeper"]
        os.kill(pid, signal.SIGKILL)
        seen = set()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            status, headers, _ = centre.post(centre.tokens["alpha"], body(0, 1), batch="meanwhile")
            seen.add(status)
            if status == 503:
                assert int(headers["Retry-After"]) >= 1
            if status == 200:
                break
        assert seen <= {200, 503} and 200 in seen, seen


def test_children_end_with_a_killed_supervisor():
    centre = Centre(("alpha",))
    try:
        children = list(centre.children().values())
        assert len(children) == 3, children
        centre.process.kill()
        centre.process.wait()
        wait_for(lambda: not any(os.path.exists("/proc/%d" % pid) for pid in children), 20, "the children to end")
    finally:
        centre.stop()


def test_a_stop_is_in_order_and_leaves_nothing():
    centre = Centre(("alpha",))
    centre.post(centre.tokens["alpha"], body(0, 0), batch="last")
    children = list(centre.children().values())
    centre.process.send_signal(signal.SIGTERM)
    assert centre.process.wait(PATIENCE) == 0
    assert "the keeper has closed store and history" in centre.said()
    assert not any(os.path.exists("/proc/%d" % pid) for pid in children)
    assert not [each for each in os.listdir(centre.folder) if each.startswith("noroshi.")], os.listdir(centre.folder)
    centre.stop()


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
