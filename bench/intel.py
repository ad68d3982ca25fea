"""A centre with a collection of indicators: how fast they come in (TAXII envelopes of 5,000, one client), what they take, and how soon pages of
1,000 come out of it while 32 clients, each an account of its own over TLS, ask for five a second each: at the beginning of the collection and at its
end. Open loop: a page is asked for at its time whether or not the one before has come, and its time counts from when it was due. Then as many others
come out of one bundle, a file, by `noroshi intel import` into another collection.
"""
import http.client
import json
import multiprocessing
import os
import ssl
import subprocess
import threading
import time
import uuid

from loaded import LoadedCentre, need_disk, say
from measure import PROGRAM

MEDIA = "application/taxii+json;version=2.1"
OBJECTS = "/taxii2/exchange/collections/bench/objects/"
ENVELOPE, PAGE, CLIENTS, PAGES_A_SECOND = 5000, 1000, 32, 5


def indicator(number):
    return {"type": "indicator", "spec_version": "2.1", "id": f"indicator--{uuid.UUID(int=hash128(number), version=4)}", "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:00.000Z", "name": f"Indicator {number}", "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z",
            "pattern": f"[ipv4-addr:value = '{number >> 24 & 255}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}']",
            "indicator_types": ["malicious-activity"], "labels": ["bench"], "description": "An address of the bench, in a text of about the usual length."}


def hash128(number):
    """spread as random ids are, and the same each time"""
    return (number * 0x9E3779B97F4A7C15F39CC0605CEDC834 + 0x2545F4914F6CDD1D) % (1 << 128)


class Client:
    def __init__(self, port, certificate, token):
        self.context = ssl.create_default_context(cafile=certificate)
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=120, context=self.context)
        self.headers = {"Authorization": "Bearer " + token, "Accept": MEDIA, "Content-Type": MEDIA}

    def ask(self, method, path, body=None):
        self.connection.request(method, path, body=body, headers=self.headers)
        answer = self.connection.getresponse()
        data = answer.read()
        return answer.status, answer.headers, data


def set_up(centre):
    """(token of the importer, tokens of the readers)"""
    tokens = []
    communities = []
    for name in ("bench", "files"):
        communities.append(centre.ask("POST", "/v1/communities", {"name": name, "purpose": "bench", "content": "bench", "recipients": "bench"})["number"])
        centre.ask("POST", "/v1/collections", {"community": name, "title": name, "alias": name, "tlp": "GREEN"})
    for number, _ in centre.organisations([f"member-{i}" for i in range(CLIENTS + 1)]):
        for community in communities:
            centre.ask("PUT", f"/v1/communities/{community}/members/{number}", {"role": "member"})
        account = centre.ask("POST", "/v1/accounts", {"name": f"reader-{number}", "role": "member", "organisation": number, "title": "reader",
                                                      "mail": "reader@example.org"})["id"]
        tokens.append(centre.ask("POST", f"/v1/accounts/{account}/tokens", {"name": "bench"})["token"])
    return tokens


def bring_in(client, count):
    """seconds until the last one is durable"""
    spent, last = 0.0, None
    for first in range(0, count, ENVELOPE):
        body = json.dumps({"objects": [indicator(first + i) for i in range(min(ENVELOPE, count - first))]}).encode()
        began = time.monotonic()
        status, _, answer = client.ask("POST", OBJECTS, body)
        last = json.loads(answer)
        assert status == 202, answer
        while last["status"] != "complete":
            time.sleep(0.02)
            last = json.loads(client.ask("GET", f"/taxii2/exchange/status/{last['id']}/")[2])
        spent += time.monotonic() - began
        assert last["failure_count"] == 0, last
    return spent


def write_bundle(path, first, count):
    with open(path, "w", encoding="ascii") as file:
        file.write('{"type":"bundle","id":"bundle--%s","objects":[' % uuid.uuid4())
        for i in range(count):
            file.write(("," if i else "") + json.dumps(indicator(first + i)))
        file.write("]}")


def bring_in_file(centre, folder, token, first, count):
    """seconds until `noroshi intel import` says that all are in, and what it took itself"""
    bundle, secret = folder + "/bundle.json", folder + "/importer.token"
    write_bundle(bundle, first, count)
    with open(secret, "w", encoding="ascii") as file:
        file.write(token + "\n")
    began = time.monotonic()
    with subprocess.Popen([PROGRAM, "intel", "import", "--taxii", f"https://127.0.0.1:{centre.port}/taxii2/exchange/", "--token-file", secret, "--ca", centre.certificate,
                           "--collection", "files", "--quiet", "--json", bundle], stdout=subprocess.PIPE, text=True) as importer:
        said = json.loads(importer.stdout.read())
        _, status, used = os.wait4(importer.pid, 0)
        importer.returncode = os.waitstatus_to_exitcode(status)
    spent = time.monotonic() - began
    assert importer.returncode == 0 and said["taken"] == count and said["refused"] == 0, said
    size = os.path.getsize(bundle)
    os.unlink(bundle)
    return spent, {"bundle_MiB": size >> 20, "importer_memory_MiB": used.ru_maxrss // 1024,
                   "importer_cpu_us_an_indicator": round(1e6 * (used.ru_utime + used.ru_stime) / count, 1)}


def store_size(folder):
    return sum(os.path.getsize(f"{folder}/state/{name}") for name in os.listdir(folder + "/state") if name.startswith("noroshi.db"))


def coming_in(centre, folder, count, bring):
    """`bring` gives seconds and more to say"""
    before, size = centre.cpu(), store_size(folder)
    spent, more = bring()
    used = centre.cpu()
    return {"indicators": count, "indicators_a_second": round(count / spent),
            "cpu_us_an_indicator": {name: round(1e6 * (used[name] - before[name]) / count, 1) for name in used},
            "memory_MiB": {name: memory(pid) for name, pid in centre.children.items()},
            "store_bytes_an_indicator": round((store_size(folder) - size) / count), **more}


def read_pages(port, certificate, tokens, path, seconds, start, results):
    """of some of the clients: seconds from when each page was due until it was there"""
    times, refused = [], []

    def one(token, place):
        client = Client(port, certificate, token)
        for i in range(seconds * PAGES_A_SECOND):
            due = start + (i + place / CLIENTS) / PAGES_A_SECOND
            time.sleep(max(0.0, due - time.monotonic()))
            status, _, data = client.ask("GET", path)
            whole = status == 200 and len(data) > 100000
            times.append(time.monotonic() - due if whole else float("inf"))
            if not whole:
                refused.append(f"{status}, {len(data)} bytes, {time.monotonic() - start:.1f} s")

    threads = [threading.Thread(target=one, args=(token, place)) for place, token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put((times, refused))


def pages(centre, tokens, path, seconds):
    results, start, before = multiprocessing.Queue(), time.monotonic() + 1, centre.cpu()
    numbered = list(enumerate(tokens))
    children = [multiprocessing.Process(target=read_pages, args=(centre.port, centre.certificate, numbered[i::4], path, seconds, start, results))
                for i in range(4)]
    for child in children:
        child.start()
    parts = [results.get() for _ in children]
    times, refused = sorted(sum((part[0] for part in parts), [])), sum((part[1] for part in parts), [])
    for child in children:
        child.join()
    used = centre.cpu()
    at = lambda share: round(1000 * times[min(len(times) - 1, int(share * len(times)))], 1)
    return {"pages": len(times), "refused": len(refused), "refusals": refused[:3], "p50_ms": at(0.5), "p99_ms": at(0.99),
            "cpu_ms_a_page": {name: round(1000 * (used[name] - before[name]) / len(times), 2) for name in used}}


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return {line.split(":")[0]: int(line.split()[1]) // 1024 for line in file if line.startswith(("VmHWM", "VmRSS"))}


def run(folder, quick):
    count, seconds = (50_000, 5) if quick else (1_000_000, 30)
    need_disk(folder, 8 << 30)
    centre = LoadedCentre(folder)
    try:
        importer, *tokens = set_up(centre)  # one that brought a million in has asked more than a reader may in a minute
        client = Client(centre.port, centre.certificate, importer)
        say(f"{count:,} indicators come in")
        result = {"pushes": coming_in(centre, folder, count, lambda: (bring_in(client, count), {}))}
        path = OBJECTS + f"?limit={PAGE}"
        late = client.ask("GET", "/taxii2/exchange/collections/bench/manifest/?match%5Bid%5D=" + indicator(count - PAGE - 2)["id"])[1]
        late = late["X-TAXII-Date-Added-Last"]
        for name, where in (("beginning", path), ("end", path + "&added_after=" + late)):
            say(f"pages at the {name}")
            result[name] = pages(centre, tokens, where, seconds)
        say(f"{count:,} more come out of a file")
        result["file"] = coming_in(centre, folder, count, lambda: bring_in_file(centre, folder, importer, count, count))
    finally:
        centre.end()
    return result
