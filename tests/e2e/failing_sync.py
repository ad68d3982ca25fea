#!/usr/bin/env python3
"""A disk whose syncs fail under a real centre: what was not made durable is acknowledged to nobody, not even as a repetition, and triage
judges again what history had to be opened anew for.

usage: failing_sync.py      (prints TAP; NOROSHI_FAILING_SYNC: the library of failing_sync.c)
"""
import os
import socket
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../center"))
from center import main, wait_for  # noqa: E402
from full_disk import Full, batch  # noqa: E402


ROUNDS = 4


class Failing(Full):
    """On an ordinary folder, with the library preloaded."""

    def __init__(self):
        super().__init__(0)

    def start(self):
        self.fail, self.slow = self.folder + "/fail", self.folder + "/slow"
        own = {"LD_PRELOAD": os.environ["NOROSHI_FAILING_SYNC"], "NOROSHI_TEST_FAIL": self.fail, "NOROSHI_TEST_SLOW": self.slow}
        os.environ.update(own)
        try:
            super().start()
        finally:
            for name in own:
                del os.environ[name]


def half_post(centre, number, body):
    """A post of which half the body is on its way: it is admitted already."""
    to = socket.create_connection(("127.0.0.1", centre.port), 120)
    to.sendall(b"POST /v1/alerts?batch=d%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n"
               b"Content-Type: application/x-ndjson\r\nConnection: close\r\n\r\n" % (
                   number, centre.port, centre.secret.encode(), len(body)) + body[:len(body) // 2])
    return to


def together(centre, number, lines):
    """The same batch four times within one round of the keeper, whose sync fails; gives the statuses of the answers."""
    body = "".join(each + "\n" for each in lines).encode()
    others = [half_post(centre, number, body) for _ in range(4)]
    time.sleep(0.3)
    open(centre.slow, "w").close()
    plug = threading.Thread(target=centre.send, args=(1000 + number,))
    plug.start()  # while it is synced, slowly, the others gather
    time.sleep(0.2)
    open(centre.fail, "w").close()
    for each in others:
        each.sendall(body[len(body) // 2:])
    plug.join()
    statuses = [int(each.recv(65536).split(b" ", 2)[1]) for each in others]
    for each in others:
        each.close()
    os.unlink(centre.slow)
    os.unlink(centre.fail)
    return statuses


def test_a_failed_sync_is_acknowledged_to_nobody():
    centre = Failing()
    try:
        assert centre.send(0)
        for number in range(1, ROUNDS + 1):
            lines = batch(number)
            statuses = together(centre, number, lines)
            wait_for(lambda: centre.send(2000 + number), 30, "history to be open again")
            held = centre.held()[0]
            assert 200 not in statuses or held["%d-0" % number], "acknowledged, and lost: %s" % statuses
            assert set(statuses) <= {200, 503}, statuses
            wait_for(lambda: centre.send(number, lines), 30, "the batch to be taken")
        centre.check()
        said = centre.said()
        assert said.count("batches cannot be made durable") >= ROUNDS, said[-3000:]
        assert said.count("history is open again") >= ROUNDS, said[-3000:]
    except Exception:
        print("\n".join("# " + each[:300] for each in centre.said().splitlines()[-20:]), flush=True)
        raise
    finally:
        centre.finish()


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
