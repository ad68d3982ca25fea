"""What hostile givers send: cycles, patterns of megabytes, expressions that explode, identifiers that collide, times that are none, texts that
are no JSON, clients that read or send a byte a second, very many connections. To a running centre, and to the verbs on files. There are
limits, an error for each, and what is good beside it is there afterwards. Prints TAP."""
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

from taxii import MEDIA, ROOT, Exchange, indicator, main, wait_for

OBJECTS = ROOT + "collections/open/objects/"
NOROSHI = os.environ["NOROSHI"]
CENTRE = None


def centre():
    global CENTRE
    if CENTRE is None:
        CENTRE = Exchange()
        CENTRE.collection("open")
        CENTRE.alpha, CENTRE.beta = CENTRE.people["alpha"], CENTRE.people["beta"]
    return CENTRE


def push(body):
    """(status, answer) of a body as it is, when it is complete."""
    status, _, answer = centre().taxii("POST", OBJECTS, centre().alpha, body=body)
    if status == 202 and answer["status"] != "complete":
        path = ROOT + "status/%s/" % answer["id"]
        wait_for(lambda: centre().taxii("GET", path, centre().alpha)[2]["status"] == "complete", 60, "the import")
        answer = centre().taxii("GET", path, centre().alpha)[2]
    return status, answer


def fetched(identifier):
    """The versions of it that are there, whatever else is."""
    status, _, answer = centre().taxii("GET", OBJECTS + identifier + "/", centre().beta, **{"match_version": "all"})
    return answer.get("objects", []) if status == 200 else []


def refused_beside_good(text):
    """An object as text, between two good ones, is refused: alone, or, where the whole is no JSON for it, with all of them."""
    good = [indicator(), indicator()]
    body = ('{"objects":[%s,%s,%s]}' % (json.dumps(good[0]), text, json.dumps(good[1]))).encode() if isinstance(text, str) else \
        b'{"objects":[' + json.dumps(good[0]).encode() + b"," + text + b"," + json.dumps(good[1]).encode() + b"]}"
    status, answer = push(body)
    if status == 422:
        assert not any(fetched(each["id"]) for each in good), answer
        return answer["description"]
    assert status == 202, (status, answer)
    assert (answer["success_count"], answer["failure_count"]) == (2, 1), answer
    assert answer["failures"][0]["message"], answer
    assert [fetched(each["id"]) for each in good] == [[each] for each in good]
    return answer["failures"][0]["message"]


def as_text(made, **raw):
    """The object as JSON, with members that json.dumps would not write so."""
    return json.dumps(made)[:-1] + "".join(',"%s":%s' % each for each in raw.items()) + "}"


def relation(source, target):
    return {"type": "relationship", "spec_version": "2.1", "id": "relationship--%s" % uuid.uuid4(), "created": "2026-01-01T00:00:00.000Z",
            "modified": "2026-01-01T00:00:00.000Z", "relationship_type": "related-to", "source_ref": source, "target_ref": target}


def circle(count=50):
    """Indicators in a ring, each of which is also related to itself, and reports that hold each other and themselves."""
    ring = [indicator(pattern="[domain-name:value = 'ring%d.example']" % i) for i in range(count)]
    reports = ["report--%s" % uuid.uuid4() for _ in range(3)]
    held = [{"type": "report", "spec_version": "2.1", "id": each, "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "name": "circle",
             "published": "2026-01-01T00:00:00Z", "object_refs": reports + [ring[0]["id"]]} for each in reports]
    return ring + [relation(ring[i]["id"], ring[j % count]["id"]) for i in range(count) for j in (i, i + 1)] + held


def test_cycles_of_relations():
    objects = circle()
    status, answer = push(json.dumps({"objects": objects}).encode())
    assert (status, answer["success_count"]) == (202, len(objects)), answer
    for each in objects[:2] + objects[-3:]:
        status, found = centre().json("GET", "/v1/items/%s/relations" % each["id"], centre().alpha)
        assert status == 200, found
        assert fetched(each["id"]) == [each]


def test_patterns_of_megabytes():
    assert "8" in refused_beside_good(as_text(indicator(), pattern='"[domain-name:value = \'%s\']"' % ("x" * (90 << 20))))
    # within the limit of an object: taken, found by its first values, and no slower than the rest
    many = [indicator(pattern=" OR ".join("[domain-name:value = '%s%d.example']" % (name, i) for i in range(count))) for name, count in (("v", 5000), ("w", 100000))]
    deep = indicator(pattern="(" * 100000 + "[domain-name:value = 'deep.example']" + ")" * 100000)
    nots = indicator(pattern="[" + " AND ".join("domain-name:value NOT = 'n%d.example'" % i for i in range(50000)) + "]")
    began = time.monotonic()
    status, answer = push(json.dumps({"objects": [*many, deep, nots, indicator()]}).encode())
    assert status == 202 and answer["success_count"] == 5, answer
    assert time.monotonic() - began < 60
    assert [fetched(each["id"]) for each in (*many, deep, nots)] == [[each] for each in (*many, deep, nots)]
    # a pattern beyond the bounds of what is compared is kept, and leads to nothing
    counts = [len(centre().json("GET", "/v1/items?value=%s1.example" % name, centre().alpha)[1]["items"]) for name in ("v", "w")]
    assert counts == [1, 0], counts


def test_identifiers_that_collide():
    first = indicator(name="first")
    assert push(json.dumps({"objects": [first]}).encode())[1]["success_count"] == 1
    # the same version with another content: the first stays, whoever sends it
    for other in (dict(first, name="second"), dict(first, pattern="[ipv4-addr:value = '192.0.2.99']"), dict(first, revoked=True)):
        status, answer = push(json.dumps({"objects": [other]}).encode())
        assert status == 202, answer
        assert fetched(first["id"]) == [first], fetched(first["id"])
    # both in one body
    twins = [indicator(name="one")] * 2
    twins[1] = dict(twins[0], name="two")
    push(json.dumps({"objects": twins}).encode())
    assert fetched(twins[0]["id"]) == [twins[0]]
    # one that differs in how its time is written is the same version
    push(json.dumps({"objects": [dict(first, modified="2026-01-01T00:00:00Z", name="third")]}).encode())
    assert [each["name"] for each in fetched(first["id"])] == ["first"]
    # an older one than is there is kept, and not shown as the newest
    older = dict(first, modified="2020-01-01T00:00:00.000Z", name="older")
    push(json.dumps({"objects": [older]}).encode())
    assert sorted(each["name"] for each in fetched(first["id"])) == ["first", "older"]
    assert centre().taxii("GET", OBJECTS + first["id"] + "/", centre().beta)[2]["objects"] == [first]
    # another type under the same UUID, and the same UUID in capitals
    same = first["id"].split("--")[1]
    push(json.dumps({"objects": [dict(relation(first["id"], first["id"]), id="relationship--" + same)]}).encode())
    assert centre().taxii("GET", OBJECTS + first["id"] + "/", centre().beta)[2]["objects"] == [first]


def test_added_after_plays_with_clocks():
    centre().community("clocks", {"alpha": "member", "beta": "reader"})
    centre().collection("clock", "clocks")
    made = indicator()
    centre().add("clock", centre().alpha, *(indicator() for _ in range(5)))
    centre().add("clock", centre().alpha, made)
    every = {each["id"]: each["date_added"] for each in centre().taxii("GET", ROOT + "collections/clock/manifest/", centre().beta, limit=1000)[2]["objects"]}
    last = every[made["id"]]
    assert last == max(every.values())

    def after(moment):
        status, _, answer = centre().taxii("GET", ROOT + "collections/clock/manifest/", centre().beta, limit=1000, added_after=moment)
        return [each["id"] for each in answer.get("objects", [])] if status == 200 else status

    for early in ("1970-01-01T00:00:00Z", "1969-12-31T23:59:59.999999999999Z", "0001-01-01T00:00:00Z", "1900-02-28T00:00:00.5Z", "2016-12-31T23:59:60Z",
                  "2000-02-29T12:00:00.000000000000Z", "1677-09-21T00:12:43Z"):
        assert after(early) in (list(every), 400), (early, after(early))
    for late in ("9999-12-31T23:59:59.999999999999Z", "2262-04-11T23:47:16.854775807Z", "2262-04-11T23:47:16.854775808Z", "2100-01-01T00:00:00Z"):
        assert after(late) in ([], 400), (late, after(late))
    # the microsecond itself, less than one before, less than one behind
    assert after(last) == [] and after(last[:-1] + "999999Z") == [] and after(last[:-1] + "000000000001Z") == []
    before = last[:-1][:-6] + "%06dZ" % (int(last[-7:-1]) - 1) if int(last[-7:-1]) else last
    if before != last:
        assert after(before) == [made["id"]] and after(before[:-1] + "999999Z") == [made["id"]], (before, last)
    for nothing in ("", "now", "-1", "0", "1e9", "NaN", "2026", "2026-01-01", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:01Z",
                    "2026-01-01T00:00:61Z", "2023-02-29T00:00:00Z", "10000-01-01T00:00:00Z", "２０２６-01-01T00:00:00Z", "2026-01-01T00:00:00.Z",
                    "2026-01-01T00:00:00.%sZ" % ("1" * 4000), "2026-01-01 00:00:00Z"):
        assert after(nothing) == 400, (nothing, after(nothing))
    # what is not UTC is refused, or means the same moment
    for zone, shift in (("+09:00", "2026-01-01T09:00:00+09:00"), ("-00:00", "2026-01-01T00:00:00-00:00"), ("Z", "2026-01-01T00:00:00z")):
        assert after(shift) in (after("2026-01-01T00:00:00Z"), 400), zone
    # given back after all this, the pages are whole
    assert list(every) == after("2020-01-01T00:00:00Z")


def test_texts_that_are_no_good_json():
    # nesting
    assert refused_beside_good(as_text(indicator(), x_deep="[" * 100 + "]" * 100))
    nested = json.loads("[" * 50 + "]" * 50)
    fine = indicator(x_deep=nested)
    assert push(json.dumps({"objects": [fine]}).encode())[1]["success_count"] == 1 and fetched(fine["id"]) == [fine]
    for whole in (b"[" * 200000, b'{"objects":' * 200000, b'{"objects":[' + b"[" * 200000 + b"]" * 200000 + b"]}", b'{"objects":[{"a":' * 50000):
        status, answer = push(whole)
        assert status == 422 or (status == 202 and answer["success_count"] == 0), (whole[:20], status, answer)
    # keys twice, at the top and within
    assert refused_beside_good(as_text(indicator(), pattern="\"[ipv4-addr:value = '192.0.2.66']\""))
    assert refused_beside_good(as_text(indicator(), x_inner='{"a":1,"a":2}'))
    assert refused_beside_good(as_text(indicator(), **{"\\u0070attern": '"[x:y = 1]"'}))
    # no UTF-8; surrogates alone; overlong; what is beyond Unicode
    for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe3\x81", b"\\ud800", b"\\udc00\\ud800", b"\\ud83d x"):
        refused_beside_good(json.dumps(indicator(name="NAME")).encode().replace(b"NAME", bad))
    fine = indicator(name="\U0001f600\u202e\u0000 \ufeff")
    status, answer = push(json.dumps({"objects": [fine]}).encode())
    assert fetched(fine["id"]) == ([fine] if answer["success_count"] else []), answer
    # numbers as they were written
    for number in ("9007199254740993", "-9007199254740993", "18446744073709551616", "1" + "0" * 400, "1e400", "-0", "0.1000000000000000055511151231257827", "1E-999"):
        made = indicator()
        assert push(('{"objects":[%s]}' % as_text(made, x_number=number)).encode())[1]["success_count"] == 1, number
        raw = centre().request("GET", OBJECTS + made["id"] + "/", centre().beta, headers={"Accept": MEDIA})[2].decode()
        assert '"x_number":%s' % number in raw.replace(" ", ""), (number, raw[:300])
    for number in ("01", "+1", ".5", "1.", "0x10", "NaN", "Infinity", "1e"):
        refused_beside_good(as_text(indicator(), x_number=number))
    for wrong in ('"confidence":9007199254740993', '"confidence":1e400', '"confidence":-1', '"created":"2026-01-01"', '"valid_from":9', '"labels":[1]', '"object_marking_refs":["x"]'):
        name, value = wrong.split(":", 1)
        made = indicator()
        made.pop(name.strip('"'), None)
        refused_beside_good(as_text(made, **{name.strip('"'): value}))


def open_slow(text):
    parts = urllib.parse.urlsplit(centre().address)
    client = socket.create_connection((parts.hostname, parts.port), timeout=30)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.sendall(text.replace("\n", "\r\n").encode())
    return client


def resident(name):
    with open("/proc/%d/status" % centre().children()[name], encoding="ascii") as file:
        return [int(line.split()[1]) >> 10 for line in file if line.startswith("VmRSS")][0]


def head(method, path, token, more=""):
    parts = urllib.parse.urlsplit(centre().address)
    return "%s %s HTTP/1.1\nHost: %s\nAuthorization: Bearer %s\nAccept: %s\n%s\n" % (method, path, parts.netloc, token, MEDIA, more)


def test_clients_that_read_or_send_a_byte_at_a_time():
    push(json.dumps({"objects": [indicator(description="y" * 20000) for _ in range(100)]}).encode())
    before = resident("front"), resident("keeper")
    body = json.dumps({"objects": [indicator()]})
    slow = [open_slow(head("GET", OBJECTS, centre().beta)) for _ in range(40)]
    sending = [open_slow(head("POST", OBJECTS, centre().alpha, "Content-Type: %s\nContent-Length: %d\n" % (MEDIA, len(body)))) for _ in range(40)]
    headers = [open_slow("GET /v1/health HTTP/1.1\nX-Slow: ") for _ in range(40)]
    ends = time.monotonic() + 5
    place, longest = 0, 0.0
    while time.monotonic() < ends:
        for client in slow:
            client.recv(1)
        for client in sending + headers:
            try:
                client.sendall(body[place:place + 1].encode())
            except OSError:
                pass
        place += 1
        began = time.monotonic()
        made = indicator()
        assert push(json.dumps({"objects": [made]}).encode())[1]["success_count"] == 1
        assert fetched(made["id"]) == [made]
        longest = max(longest, time.monotonic() - began)
        time.sleep(0.3)
    assert longest < 20, longest
    grown = resident("front") - before[0], resident("keeper") - before[1]
    assert grown[0] < 300 and grown[1] < 100, grown
    for client in slow + sending + headers:
        client.close()
    # what was cut off is not half there, and nothing of it holds a place
    assert push(body.encode())[1]["success_count"] == 1


def test_thousands_of_connections():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = min(3000, (hard if hard != resource.RLIM_INFINITY else 4000) - 100)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, want + 100), hard))
    parts = urllib.parse.urlsplit(centre().address)
    held, refused = [], 0
    for _ in range(want):
        try:
            client = socket.create_connection((parts.hostname, parts.port), timeout=5)
            held.append(client)
        except OSError:
            refused += 1
    # those of one address are limited: another gets its answer
    own = socket.create_connection((parts.hostname, parts.port), timeout=30, source_address=("127.0.0.2", 0))
    own.sendall(b"GET /v1/health HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % parts.netloc.encode())
    assert own.recv(12) == b"HTTP/1.1 200", "no answer beside %d connections" % len(held)
    own.close()
    assert resident("front") < 800
    for client in held:
        client.close()
    made = indicator()
    wait_for(lambda: centre().request("GET", "/v1/health")[0] == 200, 30, "places")
    assert push(json.dumps({"objects": [made]}).encode())[1]["success_count"] == 1 and fetched(made["id"]) == [made]


# ── the verbs on files ─

def verb(*arguments, within=60):
    done = subprocess.run([NOROSHI, "intel", *arguments], capture_output=True, timeout=within, env={**os.environ, "LC_ALL": "C.UTF-8"},
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30)))
    assert done.returncode in (0, 1, 2), (arguments, done.returncode, done.stderr[-500:])
    return done


def test_verbs_on_files():
    names = ["a" * 40 + "!", "v1.example", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"]
    with tempfile.TemporaryDirectory() as folder:
        records = os.path.join(folder, "eve.json")
        with open(records, "w") as file:
            for second, name in enumerate(names * 20):
                file.write(json.dumps({"timestamp": "2026-02-01T00:00:%02d.000000+0000" % second, "event_type": "dns", "src_ip": "10.0.0.5", "src_port": 5353,
                                       "dest_ip": "10.0.0.1", "dest_port": 53, "proto": "UDP", "dns": {"type": "query", "id": 1, "rrname": name, "rrtype": "A"}}) + "\n")
        explode = ["(a+)+$", "(a|a)*c", "(a|aa)+$", "(.*a){25}$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(?R)", "(a" * 5000 + ")" * 5000, "a{65535}{65535}", "(?:(?:a{1,100}){1,100}){1,100}", "[", "\\"]
        texts = {
            "circle": json.dumps({"type": "bundle", "id": "bundle--%s" % uuid.uuid4(), "objects": circle(200)}),
            "regex": json.dumps({"type": "bundle", "id": "bundle--%s" % uuid.uuid4(),
                                 "objects": [indicator(pattern="[domain-name:value MATCHES %s]" % ("'" + each.replace("\\", "\\\\").replace("'", "\\'") + "'")) for each in explode]
                                 + [indicator(pattern="[domain-name:value = 'v1.example']")]}),
            "follow": json.dumps(indicator(pattern=" FOLLOWEDBY ".join(["[domain-name:value LIKE '%']"] * 200))) + json.dumps(indicator(pattern="[domain-name:value = 'v1.example']")),
            "repeats": json.dumps(indicator(pattern="([domain-name:value LIKE '%'] AND [domain-name:value LIKE '%a%']) REPEATS 1000000 TIMES")) + json.dumps(indicator(pattern="[domain-name:value = 'v1.example']")),
            "brackets": json.dumps(indicator(pattern="(" * 1000000 + "[a:b=1]" + ")" * 1000000)) + json.dumps(indicator(pattern="[domain-name:value = 'v1.example']")),
            "deep": "[" * 3000000 + "]" * 3000000,
            "misp": json.dumps({"Event": {"uuid": str(uuid.uuid4()), "info": "x", "Attribute": [{"uuid": str(uuid.uuid4()), "type": "domain", "value": "v1.example", "to_ids": True, "timestamp": "1"}]}})
                    .replace('"info": "x"', '"info": "x", "RelatedEvent": ' + '[{"Event":' * 10 + "{}" + "}]" * 10)
                    + json.dumps({"Event": {"uuid": str(uuid.uuid4()), "info": "deep", "x": []}}).replace("[]", "[" * 100000 + "]" * 100000),
        }
        for name, text in texts.items():
            path = os.path.join(folder, name)
            with open(path, "w") as file:
                file.write(text)
            began = time.monotonic()
            done = verb("check", "--json", path, records)
            found = [json.loads(line) for line in done.stdout.decode().splitlines()]
            if name in ("regex", "follow", "repeats", "brackets", "misp"):
                assert any(each.get("value") == "v1.example" for each in found), (name, done.stderr[-500:])
            for form in ("stix", "misp", "csv", "suricata", "rpz", "hosts", "plain"):
                verb("convert", "--quiet", "--to", form, path)
            assert time.monotonic() - began < 60, name


def test_zz_the_centre_is_as_it_was():
    children = centre().children()
    assert children == centre().pids, "a process was started anew: %s, %s" % (children, centre().pids)
    assert centre().stop() == 0


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
