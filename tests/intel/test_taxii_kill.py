"""What TAXII acknowledged is there, whatever is killed: objects whose status was complete, in their order, with their times; what was cut off
ends, and says so. And clients that do harm: bodies of 100 MB, ids that collide, slow readers. Prints TAP."""
import json
import os
import signal
import socket
import sys
import time
import urllib.parse

from taxii import MEDIA, ROOT, Exchange, indicator, main, wait_for

OBJECTS = ROOT + "collections/open/objects/"


def answered(centre, *rest, **more):
    """The answer, as soon as the centre has recovered."""
    def once():
        try:
            found = centre.taxii(*rest, **more)
        except (OSError, AssertionError):
            return None
        return found if found[0] != 503 else None
    return wait_for(once, 60, "the centre")


def test_what_was_complete_is_there_after_a_kill():
    with Exchange() as centre:
        centre.collection("open")
        who, known, dates = centre.people["alpha"], [], []
        for round_ in range(6):
            new = [indicator(name="%d-%d" % (round_, i)) for i in range(40)]
            assert centre.add("open", who, *new)["success_count"] == 40
            known += [each["id"] for each in new]
            victim = "keeper" if round_ % 2 == 0 else "front"
            pid = centre.children()[victim]
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: centre.children().get(victim) not in (None, pid), 60, victim)
            _, _, page = answered(centre, "GET", ROOT + "collections/open/manifest/", who)
            assert [each["id"] for each in page["objects"]] == known
            now = [each["date_added"] for each in page["objects"]]
            assert now[:len(dates)] == dates and now == sorted(set(now))
            dates = now


def test_what_is_cut_off_ends_and_says_so():
    with Exchange() as centre:
        centre.collection("open")
        who = centre.people["alpha"]
        body = json.dumps({"objects": [indicator() for _ in range(4000)]}).encode()
        ended = 0
        for victim in ("keeper", "front", "keeper"):
            parts = urllib.parse.urlsplit(centre.address)
            with socket.create_connection((parts.hostname, parts.port)) as client:
                client.sendall(("POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nAccept: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
                                % (OBJECTS, parts.netloc, who, MEDIA, MEDIA, len(body))).encode() + body)
                wait_for(lambda: "noroshi_import_seconds_count 0" not in centre.request("GET", "/metrics", centre.admin)[2].decode(), 30, "the first part")
                pid = centre.children()[victim]
                os.kill(pid, signal.SIGKILL)
            wait_for(lambda: centre.children().get(victim) not in (None, pid), 60, victim)
            ended += answered(centre, "GET", OBJECTS, who, limit=1)[0] == 200
        assert ended == 3
        # Sent once more it is whole, and nothing is there twice.
        ids = [each["id"] for each in json.loads(body)["objects"]]
        status, _, answer = answered(centre, "POST", OBJECTS, who, body=body)
        assert status == 202, answer
        wait_for(lambda: centre.taxii("GET", ROOT + "status/%s/" % answer["id"], who)[2]["status"] == "complete", 60, "the import")
        found, query = [], {}
        while True:
            _, _, page = centre.taxii("GET", ROOT + "collections/open/manifest/", who, **query)
            found += [each["id"] for each in page["objects"]]
            if not page.get("more"):
                break
            query = {"next": page["next"]}
        assert sorted(found) == sorted(ids)


def test_a_body_of_100_megabytes_and_a_slow_reader():
    with Exchange() as centre:
        centre.collection("open")
        who = centre.people["alpha"]
        blown = indicator(description="x" * (90 << 20))
        status, _, answer = centre.taxii("POST", OBJECTS, who, {"objects": [blown, indicator()]})
        assert status == 202 and (answer["success_count"], answer["failure_count"]) == (1, 1), answer
        centre.add("open", who, *(indicator(description="y" * 20000) for _ in range(200)))
        parts = urllib.parse.urlsplit(centre.address)
        readers = []
        for _ in range(60):  # each asks for 4 MB and reads nothing
            client = socket.create_connection((parts.hostname, parts.port))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(("GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nAccept: %s\r\n\r\n" % (OBJECTS, parts.netloc, who, MEDIA)).encode())
            readers.append(client)
        time.sleep(2)
        with open("/proc/%d/status" % centre.children()["front"], encoding="ascii") as file:
            resident = [int(line.split()[1]) >> 10 for line in file if line.startswith("VmRSS")][0]
        assert resident < 600, resident  # MiB; the server holds 256 of answers at most
        assert centre.request("GET", "/v1/health")[0] == 200
        for client in readers:
            client.close()
        assert answered(centre, "GET", OBJECTS, centre.people["beta"], limit=1)[0] == 200


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
