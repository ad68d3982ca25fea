"""Records that are no alerts (flows, names, handshakes) at a real centre: kept where the sender asks for it, once, and beside the alerts."""
import json
import os
import signal
import sys
import time

from center import Centre, eve, main, wait_for

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


if __name__ == "__main__":
    try:
        status = main(sys.modules[__name__])
    finally:
        if CENTRE:
            CENTRE.stop()
    sys.exit(status)
