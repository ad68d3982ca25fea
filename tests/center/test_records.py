"""Records that are no alerts (flows, names, handshakes) at a real centre: kept where the sender asks for it, once, and beside the alerts."""
import json
import os
import struct
import subprocess
import sys
import time

from center import NOROSHI, Centre, eve, main, wait_for

CENTRE = None


def centre():
    global CENTRE
    if CENTRE is None:
        CENTRE = Centre(("alpha", "beta"))
    return CENTRE


def stamp(second=None, micro=0):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second if second is not None else time.time())) + ".%06d+0000" % micro


def flow(number, second=None, source="192.0.2.7", target="198.51.100.9", community=None):
    event = {"timestamp": stamp(second, number), "flow_id": number, "event_type": "flow", "src_ip": source, "src_port": 40000,
             "dest_ip": target, "dest_port": 443, "proto": "TCP", "app_proto": "tls",
             "flow": {"pkts_toserver": 4, "pkts_toclient": 5, "bytes_toserver": 300, "bytes_toclient": 4000}}
    if community:
        event["community_id"] = community
    return json.dumps(event)


def dns(number, name, answer="203.0.113.5", second=None, source="192.0.2.7"):
    return json.dumps({"timestamp": stamp(second, number), "flow_id": number, "event_type": "dns", "src_ip": source, "src_port": 50000,
                       "dest_ip": "192.0.2.53", "dest_port": 53, "proto": "UDP",
                       "dns": {"version": 3, "type": "response", "id": 7, "queries": [{"rrname": name, "rrtype": "A"}],
                               "answers": [{"rrname": name, "rrtype": "A", "rdata": answer}]}})


def counts(answer):
    return tuple(answer[name] for name in ("lines", "alerts", "records", "skipped", "malformed"))


def counter(name, of=None):
    of = of or centre()
    text = of.request("GET", "/metrics", of.tokens["administrator"])[2].decode()
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name) and line[len(name)] in " {_")


def test_records_are_kept_where_the_sender_asks_for_them():
    body = [eve(1), flow(2), dns(3, "www.example.org"), '{"timestamp":"%s","event_type":"stats","stats":{}}' % stamp(), "{"]
    status, _, answer = centre().post(centre().tokens["alpha"], body, batch="asked", records="true")
    assert (status, counts(answer), answer["repeated"]) == (200, (5, 1, 2, 1, 1), False), answer
    status, _, answer = centre().post(centre().tokens["alpha"], body, batch="not asked")
    assert (status, counts(answer)) == (200, (5, 1, 0, 3, 1)), answer


def test_a_repeated_batch_is_answered_as_the_first_time():
    for name, body in (("only records", [flow(i) for i in range(30)]), ("both", [eve(1), flow(2), eve(3), flow(4)])):
        first = centre().post(centre().tokens["alpha"], body, batch=name, records="true")[2]
        second = centre().post(centre().tokens["alpha"], body, batch=name, records="true")[2]
        assert second == dict(first, repeated=True), (first, second)


def test_a_record_that_is_wrong_is_malformed_and_says_why():
    broken = [flow(1).replace("192.0.2.7", "192.0.2.777"), flow(2).replace(str(time.gmtime().tm_year), "year"), flow(3)]
    answer = centre().post(centre().tokens["alpha"], broken, batch="broken", records="true")[2]
    assert counts(answer) == (3, 0, 1, 0, 2), answer
    assert "src_ip" in answer["problems"][0]["words"] and "timestamp" in answer["problems"][1]["words"], answer


def test_the_capture_policy_holds_for_records():
    secret = json.loads(flow(5))
    secret.update(payload_printable="a secret letter", unknown_member="another secret")
    answer = centre().post(centre().tokens["beta"], [json.dumps(secret)], batch="secret", records="true")[2]
    assert (answer["records"], answer["dropped_fields"]) == (1, 2), answer


def get(path, who="analyst", of=None):
    of = of or centre()
    return of.json("GET", path, of.tokens[who])


def number(name):
    return [each["number"] for each in centre().facts["organisations"] if each["name"] == name][0]


def all_pages(path, who="analyst", of=None):
    """Every record of a list, page by page."""
    found, after = [], ""
    for _ in range(1000):
        status, page = get(path + ("&" if "?" in path else "?") + "after=" + after if after else path, who, of)
        assert status == 200, page
        found += page["records"]
        after = page["next"]
        if not after:
            return found
    raise AssertionError("the list does not end")


def test_records_are_found_by_what_they_are_about():
    now = time.time()
    body = [flow(1, now, "198.18.5.1", "198.18.6.1", "1:hunted="), flow(2, now, "2001:db8:5::1", "2001:db8:6::1"),
            dns(3, "www.Hunted.example", second=now, source="198.18.5.2"), dns(4, "nothunted.example", second=now, source="198.18.7.2")]
    assert centre().post(centre().tokens["alpha"], body, batch="hunt", records="true")[0] == 200
    for query, ids in (("address=198.18.5.0/24", [1, 3]), ("address=2001:db8:6::/48", [2]), ("domain=hunted.example", [3]),
                       ("community_id=1:hunted%3D", [1]), ("address=198.18.0.0/16&type=dns", [3, 4]), ("domain=203.0.113.5&address=198.18.7.2", [4]),
                       ("contains=NOTHUNTED", [4]), ("domain=hunted.example&sensor=4000000", []), ("domain=hunted.example&organisation=4000000", [])):
        status, answer = get("/v1/records?" + query)
        assert status == 200 and answer["next"] == "", answer
        assert sorted(json.loads(each["original"])["flow_id"] for each in answer["records"]) == ids, (query, answer["records"])
    found = get("/v1/records?domain=hunted.example")[1]["records"][0]
    assert (found["type"], found["names"], found["source"], found["target_port"]) == ("dns", ["www.Hunted.example", "203.0.113.5"], "198.18.5.2", 53), found
    day = time.strftime("%Y-%m-%d", time.gmtime(now + 86400))
    assert get("/v1/records?domain=hunted.example&from=" + day)[1]["records"] == []
    status, page = get("/v1/records?limit=2&organisation=%d" % number("alpha"))
    assert status == 200 and len(page["records"]) == 2 and page["next"], page
    everything = all_pages("/v1/records?limit=3&organisation=%d" % number("alpha"))
    ids = [each["id"] for each in everything]
    assert len(ids) == len(set(ids)) and len(ids) == len(all_pages("/v1/records?limit=500&organisation=%d" % number("alpha"))), ids


def test_the_records_around_an_alert_are_of_its_connection_or_between_its_hosts():
    now = time.time()
    alert = json.loads(eve(1, now, "ET TEST around", "198.18.20.1", "198.18.20.2"))
    alert["community_id"] = "1:around="
    body = [json.dumps(alert), flow(1, now, "198.18.20.1", "198.18.20.2"), flow(2, now, "198.18.20.2", "198.18.20.1"),
            flow(3, now, "198.18.20.1", "198.18.20.9"), flow(4, now - 3600, "198.18.20.1", "198.18.20.2"),
            flow(5, now, "198.18.99.1", "198.18.99.2", "1:around="), dns(6, "example.org", second=now, source="198.18.20.1")]
    centre().post(centre().tokens["beta"], body, batch="around", records="true")
    position = get("/v1/alerts?contains=ET+TEST+around")[1]["alerts"][0]["position"]
    for query, ids in (("", [1, 2, 5]), ("?minutes=120", [1, 2, 4, 5]), ("?type=dns", [])):
        status, answer = get("/v1/alerts/%s/records%s" % (position, query))
        assert status == 200, answer
        assert sorted(json.loads(each["original"])["flow_id"] for each in answer["records"]) == ids, (query, answer)
    for who in ("member-alpha", "administrator", "auditor"):
        nothing = [plain_of(centre().request("GET", "/v1/alerts/%s/records" % each, centre().tokens[who])) for each in (position, "4611686018427387904")]
        assert nothing[0] == nothing[1] and nothing[0][0] == 404, (who, nothing)
    assert get("/v1/alerts/%s/records" % position, "member-beta")[0] == 200


def plain_of(answer):
    return answer[0], answer[2]


def test_members_read_their_own_and_others_are_not_told_that_there_are_any():
    for name, other in (("alpha", "beta"), ("beta", "alpha")):
        found = all_pages("/v1/records?limit=100", "member-" + name)
        assert found and {each["organisation"] for each in found} == {number(name)}, found[:3]
        assert all_pages("/v1/records?organisation=%d" % number(other), "member-" + name) == []
        cursor = get("/v1/records?limit=1")[1]["next"]
        assert get("/v1/records?limit=1&after=" + cursor, "member-" + name)[0] == 400
    for who in ("auditor", "administrator"):
        assert get("/v1/records", who)[0] == 404
    assert centre().json("GET", "/v1/records", centre().tokens["alpha"])[0] == 404
    assert centre().json("GET", "/v1/records")[0] in (401, 404)


def test_the_page_shows_what_the_list_holds():
    session = centre().sign_in("analyst")
    for language in ("ja", "en"):
        status, _, page = centre().request("GET", "/records?domain=hunted.example", headers={
            "Cookie": session, "Accept": "text/html", "Accept-Language": language})
        assert status == 200 and b"www.Hunted.example" in page and b"nothunted" not in page, page[:500]


def test_triage_and_the_count_of_alerts_see_no_record():
    alerts = get("/v1/funnel")[1]["total"]
    assert alerts["records"] == len(all_pages("/v1/records?limit=500")), alerts
    assert all(each["signature"] != "flow" for each in get("/v1/alerts?limit=500")[1]["alerts"])


def test_what_was_acknowledged_outlives_kills_and_is_there_once():
    with Centre(("alpha",)) as own:
        sent = []
        for turn in range(8):
            body = [eve(turn * 10 + i) for i in range(3)] + [flow(turn * 100 + i) for i in range(20)]
            for attempt in range(200):
                if attempt == 0:
                    own.kill("keeper") if turn % 2 else None
                try:
                    status, _, answer = own.post(own.tokens["alpha"], body, batch="kill-%d" % turn, records="true")
                except OSError:
                    status = 0
                if status == 200:
                    break
                time.sleep(0.1)
            assert status == 200 and (answer["alerts"], answer["records"]) == (3, 20), answer
            sent += [turn * 100 + i for i in range(20)]
            again = own.post(own.tokens["alpha"], body, batch="kill-%d" % turn, records="true")
            assert again[0] != 200 or again[2]["repeated"], again
        wait_for(lambda: own.json("GET", "/v1/health")[0] == 200, what="the centre")
        found = sorted(json.loads(each["original"])["flow_id"] for each in all_pages("/v1/records?limit=500", of=own))
        assert found == sorted(sent), (len(found), len(sent))
        assert len(own.json("GET", "/v1/alerts?limit=500", own.tokens["analyst"])[1]["alerts"]) == 24


def run(*arguments):
    done = subprocess.run([NOROSHI, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 0, (arguments, done)


def token_file(of, name):
    path = os.path.join(of.folder, "token")
    with open(path, "w") as file:
        file.write(of.tokens[name] + "\n")
    os.chmod(path, 0o600)
    return path


def test_an_agent_ships_records_where_it_is_told_to():
    with Centre(("alpha",)) as own:
        shared = ["--server", own.address, "--token-file", token_file(own, "alpha"), "--once"]
        for turn, (words, kept) in enumerate((([], 0), (["--keep-records"], 50))):
            log = os.path.join(own.folder, "eve-%d.json" % turn)
            with open(log, "w") as file:
                for i in range(50):
                    file.write(flow(turn * 100 + i) + "\n" + (eve(turn * 100 + i) + "\n" if i % 10 == 0 else ""))
            run("agent", *shared, "--state", os.path.join(own.folder, "agent-%d" % turn), *words, log)
            assert len(all_pages("/v1/records?limit=500", of=own)) == kept
            assert len(own.json("GET", "/v1/alerts?limit=500", own.tokens["analyst"])[1]["alerts"]) == 5 * (turn + 1)


def dns_capture(path, name):
    """A capture of one query."""
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.split("."))
    dns_bytes = struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)
    udp = struct.pack(">HHHH", 50000, 53, 8 + len(dns_bytes), 0) + dns_bytes
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes([198, 18, 1, 1]), bytes([198, 18, 1, 53]))
    total = sum(struct.unpack(">10H", ip))
    total = (total & 0xffff) + (total >> 16)
    ip = ip[:10] + struct.pack(">H", ~((total & 0xffff) + (total >> 16)) & 0xffff) + ip[12:]
    frame = bytes(12) + b"\x08\0" + ip + udp
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        file.write(struct.pack("<IIII", int(time.time()) - 60, 0, len(frame), len(frame)) + frame)


def test_a_sensor_ships_what_it_sees():
    with Centre(("alpha",)) as own:
        dns_capture(os.path.join(own.folder, "one.pcap"), "www.seen.example")
        run("sensor", "-r", os.path.join(own.folder, "one.pcap"), "--center", own.address, "--token-file", token_file(own, "alpha"),
            "--records", os.path.join(own.folder, "sensor"), "--keep-records")
        assert {"dns", "flow"} <= {each["type"] for each in all_pages("/v1/records", of=own)}
        found = all_pages("/v1/records?domain=seen.example", of=own)
        assert found and all(each["type"] == "dns" and each["community_id"] for each in found), found


def test_a_telescope_ships_its_lines():
    with Centre(("alpha",)) as own:
        capture = os.path.join(own.folder, "one.pcap")
        dns_capture(capture, "www.seen.example")
        run("darknet", "-r", capture, "--net", "198.18.1.53/32", "--center", own.address, "--token-file", token_file(own, "alpha"), "--records", os.path.join(own.folder, "telescope"))
        found = all_pages("/v1/records", of=own)
        assert [each["type"] for each in found] == ["darknet"], found


if __name__ == "__main__":
    try:
        status = main(sys.modules[__name__])
    finally:
        if CENTRE:
            CENTRE.stop()
    sys.exit(status)
