"""Machines at a real centre: enrolment, what their certificates open and what not, revocation, and what a thief can do."""
import hashlib
import json
import os
import signal
import ssl
import stat
import subprocess
import sys
import threading
import time

from center import NOROSHI, eve, main, wait_for
from machines import Machine, MachineCentre, enrolled, openssl, routes, subject_of
from test_lasting import key_pair

CENTRE = None
REFUSED = (ssl.SSLError, OSError)  # what a client sees of a handshake that the far side ended (TLS 1.3: at the first read)
OPEN = {("POST", "/v1/alerts"), ("GET", "/v1/health"), ("GET", "/v1/machine"), ("POST", "/v1/machine/certificate"),
        ("POST", "/v1/machine/enrolment"), ("GET", "/v1/sensor/capture-policy"), ("GET", "/v1/sensor/indicators")}
STRANGERS = ("/", "/sign-in", "/acknowledged", "/v1/health")  # pages that are for everybody


def centre():
    global CENTRE
    if CENTRE is None:
        CENTRE = MachineCentre()
    return CENTRE


def test_a_machine_enrols_once_and_delivers_as_its_sensor():
    token = centre().enrolment()["token"]
    machine = Machine(centre())
    status, answer = machine.enrol(token)
    assert status == 201, answer
    machine.save(answer)
    told = subject_of(machine.certificate)
    assert "O = alpha, CN = edge-alpha" in told and "CA:FALSE" in told and "TLS Web Client Authentication" in told, told
    assert "Digital Signature" in told and "Sign" not in told.replace("Digital Signature", ""), told
    # The same key and token again, as after a crash before it was saved: the same certificate.
    again = machine.enrol(token)
    assert again[0] == 201 and again[1]["certificate"] == answer["certificate"], again
    thief = Machine(centre())
    status, refused = thief.enrol(token)
    assert status == 403 and "used" in refused["detail"], refused
    assert machine.deliver([eve(1)], batch="one")[0] == 200
    status, told = machine.ask("GET", "/v1/machine")
    assert (status, told["sensor"], told["organisation_name"]) == (200, centre().sensors["alpha"], "alpha"), told
    wait_for(lambda: len(centre().stored("alpha")) == 1, 20, "the alert")
    assert centre().stored("beta") == []
    listed = centre().certificates()
    assert listed["certificates"][0]["state"] == "good" and listed["enrolments"][0]["state"] == "used", listed
    assert listed["enrolments"][0]["by"] == "first", listed
    lines = centre().log_lines()
    what = {(line["what"], line["outcome"]) for line in lines}
    assert ("enrolment-create", "done") in what and ("machine-enrol", "done") in what and ("machine-enrol", "denied") in what, what
    assert token not in centre().said() and token not in str(lines)


def test_of_many_racing_for_a_token_one_gets_a_certificate():
    token = centre().enrolment()["token"]
    racers, got = [Machine(centre()) for _ in range(8)], []
    barrier = threading.Barrier(len(racers))

    def race(machine):
        request = machine.request()
        barrier.wait()
        got.append(machine.enrol(token, request)[0])

    threads = [threading.Thread(target=race, args=(each,)) for each in racers]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(got) == [201] + [403] * 7, got


def test_tokens_end():
    token = centre().enrolment(valid=60)
    centre().database("UPDATE enrolment SET expires = 1 WHERE hex(id) = ?", token["id"].replace("-", "").upper())
    assert Machine(centre()).enrol(token["token"])[0] == 403
    other = centre().enrolment()
    centre().done(204, "DELETE", "/v1/enrolments/" + other["id"])
    assert Machine(centre()).enrol(other["token"])[0] == 403
    assert Machine(centre()).enrol("nre_" + "0" * 40)[0] == 403
    # What somebody had before the token ended is not given out again afterwards.
    late = centre().enrolment()
    machine = Machine(centre())
    assert machine.enrol(late["token"])[0] == 201
    centre().database("UPDATE enrolment SET expires = 1 WHERE hex(id) = ?", late["id"].replace("-", "").upper())
    assert machine.enrol(late["token"])[0] == 403
    # A sensor's bearer token and an account's are no enrolment.
    assert Machine(centre()).enrol(centre().admin)[0] == 403


def test_requests_that_ask_for_more_are_refused_and_use_nothing_up():
    token = centre().enrolment()["token"]
    machine = Machine(centre())
    for request, words in ((machine.request(subject="/CN=edge-beta"), "name"),
                           (machine.request("-addext", "basicConstraints=critical,CA:TRUE"), "extensions"),
                           (machine.request("-addext", "subjectAltName=DNS:beta"), "extensions"),
                           (openssl("req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", "/dev/null", "-subj", "/").decode(), "P-256"),
                           ("-----BEGIN CERTIFICATE REQUEST-----\n" + "A" * 5000 + "\n-----END CERTIFICATE REQUEST-----\n", "2048"),
                           ("x", "CERTIFICATE REQUEST")):
        status, answer = machine.enrol(token, request)
        assert status == 400 and words in answer["detail"], (status, answer)
    assert machine.enrol(token, "A" * 100000)[0] == 413
    assert machine.enrol(token)[0] == 201


def test_a_machine_reaches_nothing_but_its_own_few_routes():
    machine = enrolled(centre())
    reached = set()
    for method, path in routes(centre()):
        target = path.replace("{number}", str(centre().sensors["alpha"])).replace("{", "").replace("}", "")
        target += "?since=x" if path == "/v1/sensor/indicators" else ""  # else a feed, which does not end
        status, _ = machine.ask(method, target, b"{}" if method != "GET" else None, headers={"Content-Type": "application/json"})
        if status != 404:
            reached.add((method, path))
        # At the door of people the same certificate changes nothing: it is not even asked for.
        asked = []
        for certificate in (machine.certificate, None):
            client = Machine.__new__(Machine)
            client.centre, client.key, client.certificate = centre(), machine.key, certificate
            asked.append(client.ask(method, target, b"{}" if method != "GET" else None, client.connection(centre().port),
                                    {"Content-Type": "application/json", "Accept": "application/json"}))
        assert asked[0][0] == asked[1][0] and asked[0][0] in (303, 400, 401, 403, 404, 406, 413, 415) or path in STRANGERS, (path, asked)
    assert reached == OPEN, reached ^ OPEN
    for path in ("/v1/openapi.json", "/web/icon.svg", "/language", "/", "/metrics"):
        assert machine.ask("GET", path)[0] == 404, path
    # A person's token or cookie opens nothing there either.
    status, answer = machine.ask("GET", "/v1/machine", headers={"Authorization": "Bearer " + centre().admin})
    assert status == 401 and "tokens are not taken" in answer["detail"], answer


def test_the_bytes_of_a_certificate_are_no_token():
    machine = enrolled(centre())
    der = ssl.PEM_cert_to_DER_cert(open(machine.certificate).read())
    for secret in (hashlib.sha256(der).hexdigest(), der.hex(), machine.serial):
        assert centre().post(secret, [eve(1)])[0] == 401
    raw = machine.connection(centre().port)
    raw.putrequest("POST", "/v1/alerts")
    raw.putheader("Authorization", b"Bearer " + der.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b""))
    raw.putheader("Content-Length", "0")
    raw.endheaders()
    try:
        assert raw.getresponse().status in (400, 401)
    except REFUSED + (Exception,) as gone:
        assert "disconnect" in str(gone).lower() or "reset" in str(gone).lower() or "closed" in str(gone).lower(), gone


def test_what_a_stolen_sensor_says_is_its_own_wherever_it_points():
    mine, other = enrolled(centre(), "alpha"), enrolled(centre(), "beta")
    line = eve(77)
    place = {"epoch": "ab" * 16, "offset": 0}
    before = len(centre().stored("beta"))
    assert mine.deliver([line], **place)[0] == 200
    wait_for(lambda: any(each for each in centre().stored("alpha")), 20, "the alert")
    # The other organisation's sensor is not kept from the same place of its own file, nor has it anything yet.
    assert len(centre().stored("beta")) == before
    status, answer = other.deliver([line], **place)
    assert status == 200 and not answer["repeated"], answer
    wait_for(lambda: len(centre().stored("beta")) == before + 1, 20, "the other's alert")
    # Names in the query or the body that claim to be another are refused or mean nothing.
    assert mine.ask("POST", "/v1/alerts?sensor=%d" % centre().sensors["beta"], line + "\n")[0] == 400
    assert mine.ask("POST", "/v1/alerts?organisation=%d" % centre().organisations["beta"], line + "\n")[0] == 400
    assert len(centre().stored("beta")) == before + 1


def test_revoked_is_revoked_with_the_next_request_and_in_the_middle_of_one():
    machine = enrolled(centre())
    kept = machine.connection()
    assert machine.deliver([eve(1)], kept)[0] == 200
    # A batch whose headers were let in and whose body comes slowly.
    body = (eve(4001, signature="ET revoked midway") + "\n").encode() * 20
    slow = machine.connection()
    slow.putrequest("POST", "/v1/alerts?batch=slow")
    slow.putheader("Content-Length", str(len(body)))
    slow.putheader("Content-Type", "application/x-ndjson")
    slow.endheaders()
    slow.send(body[:1000])
    assert machine.deliver([eve(2)], kept)[0] == 200
    centre().revoke(machine.serial)
    status, answer = machine.deliver([eve(3)], kept)  # the same connection still
    assert status == 401 and "revoked" in answer["detail"], (status, answer)
    slow.send(body[1000:])
    answer = slow.getresponse()
    assert answer.status == 403, (answer.status, answer.read())
    assert machine.ask("POST", "/v1/machine/certificate", {"request": machine.request()}, kept)[0] == 401
    assert machine.ask("GET", "/v1/machine", None, kept)[0] == 401
    assert not [each for each in centre().stored("alpha") if "midway" in str(each)]
    listed = [each for each in centre().certificates()["certificates"] if each["serial"] == machine.serial][0]
    assert listed["state"] == "revoked" and listed["revoked_by"] == "first", listed
    assert any(line["what"] == "certificate-revoke" and line["outcome"] == "done" for line in centre().log_lines())


def test_of_its_time_and_of_this_authority():
    machine = enrolled(centre())
    serial = machine.serial.replace("-", "").upper()
    now = int(time.time() * 1e9)
    for change, words in (("not_after = %d" % (now - 1), "expired"), ("not_before = %d" % (now + 3600 * 10**9), "not valid yet")):
        centre().database("UPDATE certificate SET %s WHERE hex(serial) = ?" % change, serial)
        status, answer = machine.deliver([eve(1)])
        assert status == 401 and words in answer["detail"], (status, answer)
        assert machine.ask("POST", "/v1/machine/certificate", {"request": Machine(centre()).request()})[0] == 401
        centre().database("UPDATE certificate SET not_after = ?, not_before = ? WHERE hex(serial) = ?",
                          now + 10**15, now - 10**15, serial)
        assert machine.deliver([eve(1)])[0] == 200
    # One that this centre signed and does not know any longer: a database of before.
    centre().database("PRAGMA foreign_keys = OFF")
    centre().database("UPDATE certificate SET digest = randomblob(32) WHERE hex(serial) = ?", serial)
    status, answer = machine.deliver([eve(1)])
    assert status == 401 and "not known" in answer["detail"], answer
    # Others' certificates with the same names end in the handshake: self-signed, and of an authority that calls itself ours.
    names = ["-subj", "/O=alpha/CN=edge-alpha"]
    thief = Machine(centre())
    thief.certificate = thief.folder + "/self.pem"
    openssl("req", "-x509", "-new", "-key", thief.key, "-days", "2", *names, "-out", thief.certificate)
    issuer = openssl("x509", "-in", machine.certificate, "-noout", "-issuer", "-nameopt", "RFC2253").decode().strip()
    fake = thief.folder + "/authority"
    common = issuer.split("CN=")[1].split(",")[0]
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", fake + ".key", "-days", "2",
            "-subj", "/O=Noroshi/CN=" + common, "-out", fake + ".pem")
    with open(fake + ".csr", "w") as file:
        file.write(openssl("req", "-new", "-key", thief.key, *names).decode())
    openssl("x509", "-req", "-in", fake + ".csr", "-CA", fake + ".pem", "-CAkey", fake + ".key", "-CAcreateserial", "-days", "2",
            "-out", thief.folder + "/other.pem")
    for path in ("/self.pem", "/other.pem"):
        thief.certificate = thief.folder + path
        try:
            status = thief.deliver([eve(1)])[0]
        except REFUSED:
            continue
        raise AssertionError((path, status))


def test_a_sensor_or_an_organisation_that_ends_ends_its_machines():
    sensor = centre().done(201, "POST", "/v1/organisations/%d/sensors" % centre().organisations["alpha"], {"name": "short"})
    token = centre().done(201, "POST", "/v1/sensors/%d/enrolments" % sensor["number"], {})["token"]
    waiting = centre().done(201, "POST", "/v1/sensors/%d/enrolments" % sensor["number"], {})["token"]
    machine = Machine(centre())
    machine.save(machine.enrol(token)[1])
    kept = machine.connection()
    path = "/v1/organisations/%d" % centre().organisations["alpha"]
    assert machine.deliver([eve(1)], kept)[0] == 200
    centre().done(200, "PATCH", path, {"active": False})
    assert machine.deliver([eve(1)], kept)[0] == 403
    assert machine.ask("POST", "/v1/machine/certificate", {"request": Machine(centre()).request()}, kept)[0] == 403
    assert Machine(centre()).enrol(waiting)[0] == 403
    centre().done(200, "PATCH", path, {"active": True})
    assert machine.deliver([eve(1)], kept)[0] == 200
    centre().done(204, "DELETE", "/v1/sensors/%d" % sensor["number"])
    assert machine.deliver([eve(1)], kept)[0] == 401
    assert Machine(centre()).enrol(waiting)[0] == 403


def test_renewal_ends_the_old_one_after_a_while_and_is_repeated_alike():
    machine, next_one = enrolled(centre()), Machine(centre())
    status, answer = machine.ask("POST", "/v1/machine/certificate", {"request": machine.request()})
    assert status == 400 and "new key" in answer["detail"], answer
    request = next_one.request()
    status, answer = machine.ask("POST", "/v1/machine/certificate", {"request": request})
    assert status == 201, answer
    assert machine.ask("POST", "/v1/machine/certificate", {"request": request})[1]["certificate"] == answer["certificate"]
    next_one.save(answer)
    assert machine.deliver([eve(1)])[0] == 200 and next_one.deliver([eve(2)])[0] == 200

    def superseded():
        return [each for each in centre().certificates()["certificates"] if each["serial"] == machine.serial][0].get("superseded")

    wait_for(superseded, 20, "the old one to be superseded")
    assert machine.deliver([eve(3)])[0] == 200  # what is under way ends with what it began
    centre().database("UPDATE certificate SET superseded = superseded - 301000000000 WHERE superseded > 0")
    status, answer = machine.deliver([eve(4)])
    assert status == 401 and "took this one's place" in answer["detail"], answer
    assert next_one.deliver([eve(5)])[0] == 200


def test_certificates_of_one_sensor_are_bounded():
    sensor = centre().done(201, "POST", "/v1/organisations/%d/sensors" % centre().organisations["beta"], {"name": "greedy"})
    token = centre().done(201, "POST", "/v1/sensors/%d/enrolments" % sensor["number"], {})["token"]
    machine = Machine(centre())
    machine.save(machine.enrol(token)[1])
    got = [machine.ask("POST", "/v1/machine/certificate", {"request": Machine(centre()).request()})[0] for _ in range(16)]
    assert got == [201] * 15 + [429], got


def test_a_member_enrols_the_sensors_of_its_own_organisation():
    token = centre().enrolment("alpha", token=centre().members["alpha"])["token"]
    machine = Machine(centre())
    status, answer = machine.enrol(token)
    assert status == 201, answer
    beta = centre().sensors["beta"]
    assert centre().json("POST", "/v1/sensors/%d/enrolments" % beta, centre().members["alpha"], {})[0] == 404
    assert centre().json("GET", "/v1/sensors/%d/certificates" % beta, centre().members["alpha"])[0] == 404
    assert centre().json("DELETE", "/v1/certificates/" + answer["id"], centre().members["alpha"])[0] == 403
    for who in (centre().analyst, centre().auditor):
        assert centre().json("POST", "/v1/sensors/%d/enrolments" % beta, who, {})[0] == 403
    seen = centre().done(200, "GET", "/v1/sensors/%d/certificates" % centre().sensors["alpha"], token=centre().members["alpha"])
    assert "by" not in str(seen["enrolments"][0]), seen["enrolments"][0]


def test_the_command_line_enrols_lists_and_revokes_while_the_centre_runs():
    def machines(*arguments):
        return subprocess.run([NOROSHI, "machines", *arguments, "--config", centre().config], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60)
    done = machines("enrol", "by-hand", "--organisation", "beta")
    assert done.returncode == 1 and "--create" in done.stderr, done
    done = machines("enrol", "by-hand", "--organisation", "beta", "--create", "--valid", "2 h")
    assert done.returncode == 0, done
    made = json.loads(done.stdout)
    machine = Machine(centre())
    status, answer = machine.enrol(made["token"])
    assert status == 201 and answer["sensor_name"] == "by-hand", answer
    machine.save(answer)
    kept = machine.connection()
    assert machine.deliver([eve(1)], kept)[0] == 200
    listed = [json.loads(line) for line in machines("list", "by-hand", "--organisation", "beta").stdout.splitlines()]
    assert [each["serial"] for each in listed] == [machine.serial] and listed[0]["state"] == "good", listed
    done = machines("revoke", "--sensor", "by-hand", "--organisation", "beta")
    assert done.returncode == 0 and done.stdout.startswith("1 "), done
    assert machine.deliver([eve(2)], kept)[0] == 401
    assert machines("revoke", machine.serial).returncode == 0
    # the list for those who cannot ask, as openssl reads it
    with open(os.path.join(centre().folder, "authority-alone.pem"), "wb") as file:
        file.write(subprocess.run(["openssl", "x509", "-in", os.path.join(centre().folder, "state", "authority.pem")], stdout=subprocess.PIPE, check=True).stdout)
    done = machines("revoked", "--valid", "7 d")
    assert done.returncode == 0, done
    seen = subprocess.run(["openssl", "crl", "-noout", "-text", "-CAfile", file.name], input=done.stdout, capture_output=True, text=True)
    assert "verify OK" in seen.stderr and machine.serial.replace("-", "").upper() in seen.stdout, (seen, machine.serial)
    assert machines("revoke", "00000000-0000-4000-8000-000000000001").returncode == 1
    for arguments in (["enrol"], ["enrol", "by-hand"], ["what"], ["revoke"], ["enrol", "x", "--organisation", "beta", "--valid", "1"],
                      ["enrol", "x", "--organisation", "beta", "--create", "--valid", "90 d"], ["revoke", "x"]):
        assert machines(*arguments).returncode == 2, arguments
    what = {(line["what"], line["who"]) for line in centre().log_lines()}
    assert ("enrolment-create", "command line") in what and ("certificate-revoke", "command line") in what, what


def test_a_backup_with_secrets_has_the_authoritys_key_and_one_without_does_not():
    with open(centre().folder + "/state/authority.pem") as file:
        key = file.read()
    for name, secrets in (("with", ["--secrets"]), ("without", [])):
        backup = "%s/state/backup-%s" % (centre().folder, name)
        for command in (["backup", "--config", centre().config, *secrets, backup],
                        ["restore", backup, "%s/restored-%s" % (centre().folder, name)]):
            done = subprocess.run([NOROSHI, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
            assert done.returncode == 0, done
        restored = "%s/restored-%s/authority.pem" % (centre().folder, name)
        assert os.path.exists(restored) == bool(secrets)
        found = subprocess.run(["grep", "-rlF", key.splitlines()[1], backup], stdout=subprocess.PIPE, text=True).stdout.split()
        assert found == ([backup + "/secrets/authority.pem"] if secrets else []), found
    with open(centre().folder + "/restored-with/authority.pem") as file:
        assert file.read() == key
    assert stat.S_IMODE(os.stat(centre().folder + "/restored-with/authority.pem").st_mode) == 0o600


def test_the_authority_is_the_keepers_alone_and_outlives_its_key():
    path = centre().folder + "/state/authority.pem"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert "CA:TRUE, pathlen:0" in subject_of(path)
    machine = enrolled(centre())
    first = open(path).read()
    centre().end()
    os.remove(path)
    centre().start()
    assert open(path).read() != first and stat.S_IMODE(os.stat(path).st_mode) == 0o600
    # The machine goes on, and renews under the new one.
    wait_for(lambda: machine.deliver([eve(1)])[0] == 200, 20, "the old certificate")
    later = Machine(centre())
    later.save(machine.ask("POST", "/v1/machine/certificate", {"request": later.request()})[1])
    issuers = [openssl("x509", "-in", each.certificate, "-noout", "-issuer") for each in (machine, later)]
    assert issuers[0] != issuers[1] and later.deliver([eve(2)])[0] == 200
    # A key that others could read is not used.
    centre().end()
    os.chmod(path, 0o644)
    done = subprocess.run([NOROSHI, "center", "--config", centre().config], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=60)
    assert done.returncode != 0 and "0600" in done.stderr, done
    os.chmod(path, 0o600)
    centre().start()
    assert later.deliver([eve(3)])[0] == 200


def test_another_server_certificate_is_shown_at_both_doors_after_a_reload():
    machine = enrolled(centre())
    kept = machine.connection()
    assert machine.deliver([eve(1)], kept)[0] == 200
    key_pair(centre().folder)
    before = centre().said().count("configuration reloaded")
    centre().process.send_signal(signal.SIGHUP)
    wait_for(lambda: centre().said().count("configuration reloaded") > before, 20, "the reload")
    with open(centre().authority) as file:
        newer = ssl.PEM_cert_to_DER_cert(file.read())
    centre().context.load_verify_locations(centre().authority)
    for port in (centre().port, centre().machines_port):
        wait_for(lambda: ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port))) == newer, 20, "the new one")
    # Who is connected goes on; who comes is still asked for a certificate.
    assert machine.deliver([eve(2)], kept)[0] == 200 and machine.deliver([eve(3)])[0] == 200
    assert Machine(centre()).ask("GET", "/v1/machine")[0] == 401


if __name__ == "__main__":
    code = main(sys.modules[__name__])
    if CENTRE:
        CENTRE.stop()
    sys.exit(code)
