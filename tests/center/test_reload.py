"""SIGHUP: what is read again, what is refused whole, what stays until the next start and is said."""
import hashlib
import http.client
import os
import signal
import ssl
import sys
import time

from center import eve, main, wait_for
from test_lasting import Lasting, key_pair

TLS = 'tls_key = "FOLDER/key.pem"; tls_certificate = "FOLDER/certificate.pem";'


def rewrite(centre, change):
    with open(centre.config) as file:
        text = file.read()
    with open(centre.config, "w") as file:
        file.write(change(text))


def reload(centre, words, count=1):
    """Sends SIGHUP and waits until the log says so."""
    before = centre.said().count(words)
    centre.process.send_signal(signal.SIGHUP)
    wait_for(lambda: centre.said().count(words) >= before + count, 20, words + ": " + centre.said()[-2000:])


def shown(centre):
    """The SHA-256 of the certificate that a new connection sees."""
    context = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection("127.0.0.1", centre.port, timeout=120, context=context)
    connection.connect()
    digest = hashlib.sha256(connection.sock.getpeercert(binary_form=True)).hexdigest()
    connection.close()
    return digest


def test_key_and_certificate_are_read_again_and_open_connections_go_on():
    centre = Lasting(TLS)
    key_pair(centre.folder)
    centre.context.load_verify_locations(centre.folder + "/certificate.pem")
    centre.start()
    try:
        first, kept = shown(centre), centre.connection()
        kept.request("GET", "/v1/health")
        assert kept.getresponse().read()
        # A key without its certificate is refused, and nothing changes.
        with open(centre.folder + "/certificate.pem") as file:
            certificate = file.read()
        key_pair(centre.folder)
        with open(centre.folder + "/certificate.pem") as file:
            newer = file.read()
        with open(centre.folder + "/certificate.pem", "w") as file:
            file.write(certificate)
        reload(centre, "configuration refused: the old one stays")
        assert "the key is not the one of the certificate" in centre.said()
        assert shown(centre) == first
        with open(centre.folder + "/certificate.pem", "w") as file:
            file.write("no certificate")
        reload(centre, "configuration refused: the old one stays")
        assert shown(centre) == first
        with open(centre.folder + "/certificate.pem", "w") as file:
            file.write(newer)
        reload(centre, "configuration reloaded", 3)
        second = shown(centre)
        assert second != first
        assert second == hashlib.sha256(ssl.PEM_cert_to_DER_cert(newer)).hexdigest()
        kept.request("GET", "/v1/health")  # the same connection still
        assert kept.getresponse().status == 200
        kept.close()
        # A front that is started again has the new ones as well.
        centre.kill("front")
        assert wait_for(lambda: again(centre), 20, "the front") == second
        with open(centre.folder + "/key.pem") as file:
            secret = file.read().splitlines()[1]
        assert secret not in centre.said()
    finally:
        centre.end()


def again(centre):
    try:
        return shown(centre)
    except OSError:
        return None


def test_a_bad_file_changes_nothing_and_a_good_one_takes_effect():
    centre = Lasting("quota = 1000.0;")
    token = centre.administrator()
    centre.start()
    try:
        number = centre.json("POST", "/v1/organisations", token, {"name": "alpha", "title_en": "Alpha"})[1]["number"]
        sensor = centre.json("POST", "/v1/organisations/%d/sensors" % number, token, {"name": "gate"})[1]["number"]
        secret = centre.json("POST", "/v1/sensors/%d/token" % sensor, token, {})[1]["token"]
        assert centre.request("GET", "/metrics")[0] == 401
        # The first half of the file is good: none of it may be taken.
        rewrite(centre, lambda text: text.replace("quota = 1000.0;", "metrics_loopback = true; qouta = 5.0;"))
        reload(centre, "configuration refused: the old one stays")
        assert 'did you mean \\"quota\\"?' in centre.said(), centre.said()[-1500:]
        assert centre.request("GET", "/metrics")[0] == 401
        rewrite(centre, lambda text: text.replace("qouta = 5.0;", "quota = 5.0; quota_burst = \"1 s\";"))
        reload(centre, "configuration reloaded", 3)
        assert centre.request("GET", "/metrics")[0] == 200
        statuses = [centre.post(secret, [eve(i * 10 + j) for j in range(10)], batch="b%d" % i)[0] for i in range(6)]
        assert 429 in statuses, statuses
    finally:
        centre.end()


def test_what_is_taken_at_the_start_stays_and_is_said():
    centre = Lasting()
    token = centre.administrator()
    centre.start()
    try:
        state = centre.folder + "/state"
        rewrite(centre, lambda text: text.replace(state, centre.folder + "/other").replace(
            "center = {", 'triage = { lateness = "3 h"; checkpoint = "2 s"; }; center = {'))
        for _ in range(20):
            reload(centre, "configuration reloaded", 3)
        said = centre.said()
        for option in ("center.state", "triage.lateness"):
            assert said.count('"option":"%s"' % option) == 20, (option, said[-3000:])
        assert '"option":"triage.checkpoint"' not in said and '"option":"center.listen"' not in said
        # The keeper still works on its folder, also with what it looks up anew.
        assert centre.json("POST", "/v1/organisations", token, {"name": "alpha", "title_en": "Alpha"})[0] == 201
        time.sleep(3)
        assert not os.path.exists(centre.folder + "/other")
        centre.post("nothing", [eve(1)])
        assert centre.json("GET", "/v1/organisations", token)[0] == 200
    finally:
        centre.end()


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
