"""What telescopes see of addresses that are no member's goes to the contact of their network, once: a real centre, a real mail server."""
import csv
import email
import email.policy
import io
import os
import subprocess
import sys
import tempfile
import time

from owners import appeared, telescopes, wait_for
from center import main

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../reach"))
from post import Post  # noqa: E402

CONTACT = {"name": "Example ISP", "prefixes": ["192.0.2.0/24", "2001:db8:77::/48"], "mail": "abuse@isp.example", "language": "en",
           "every": "hourly", "signed_for_by": "A. Person"}


def make(centre, **other):
    status, answer = centre.json("POST", "/v1/darknet/contacts", centre.tokens["administrator"], dict(CONTACT, **other))
    assert status == 201, answer
    return answer["contact"]["id"]


def read(centre, contact):
    status, answer = centre.json("GET", "/v1/darknet/contacts/" + contact, centre.tokens["administrator"])
    assert status == 200, answer
    return answer


def files(post, mail="abuse@isp.example"):
    """Of each mail: the message and its rows. One whose receipt was lost with a killed keeper comes once more under its Message-ID."""
    found, seen = [], set()
    for each in post.mails.get(mail, []):
        message = email.message_from_bytes(each, policy=email.policy.default)
        if message["Message-ID"] in seen:
            continue
        seen.add(message["Message-ID"])
        part, = message.iter_attachments()
        assert not message.defects and part.get_content_type() == "text/csv" and part.get_filename().endswith(".csv"), each
        found.append((message, list(csv.DictReader(io.StringIO(part.get_content())))))
    return found


def settings(post, **owners):
    return post.config() + "owners = { %s };" % " ".join("%s = %s;" % each for each in owners.items())


def test_the_contact_has_the_rows_once_also_over_a_killed_keeper():
    with Post() as post, telescopes(config=settings(post, digest='"3 s"', batch_rows=5)) as centre:
        contact = make(centre)
        hole = make(centre, name="hole", prefixes=["192.0.2.200/32"], mail="hole@isp.example", language="ja")
        make(centre, name="asleep", prefixes=["192.0.2.201"], mail="asleep@isp.example", active=False)
        lines = [appeared("192.0.2.%d" % i, worm="mirai", tool="-evil") for i in range(1, 8)]
        lines += [appeared("2001:db8:77:1::9"), appeared("192.0.2.200"), appeared("192.0.2.202", research=True), appeared("8.8.8.8"),
                  appeared("198.51.100.7")]
        assert centre.post(centre.tokens["hill"], lines, batch="one")[0] == 200
        centre.kill("keeper")
        wait_for(lambda: len(files(post)) == 2 and len(files(post, "hole@isp.example")) == 1, 60, "the mails")
        centre.kill("keeper")
        wait_for(lambda: centre.json("GET", "/v1/darknet/contacts", centre.tokens["administrator"])[0] == 200, 30, "the keeper")
        wait_for(lambda: all(each["state"] == "sent" for each in read(centre, contact)["batches"]), 60, "the receipts")
        rows = [row for _, some in files(post) for row in some]
        assert sorted(row["address"] for row in rows) == ["192.0.2.%d" % i for i in range(1, 8)] + ["2001:db8:77:1::"], rows
        assert [len(some) for _, some in files(post)] in ([5, 3], [3, 5]), rows
        first = [row for row in rows if row["address"] == "192.0.2.1"][0]
        assert first["packets"] == "1" and first["telescopes"] == "1" and first["ports"] == "23/tcp", first
        assert first["kind"] == "worm" and first["worm"] == "mirai" and first["tool"] == "'-evil", first
        message, some = files(post, "hole@isp.example")[0]
        assert [row["address"] for row in some] == ["192.0.2.200"] and "ダークネット" in message["Subject"], message["Subject"]
        text = "".join(part.get_content() for whole, _ in files(post) for part in whole.walk() if not part.is_multipart())
        assert "hill" not in text and "lake" not in text, text
        assert set(post.mails) <= {"abuse@isp.example", "hole@isp.example", "csirt@aoba.example"}, post.mails.keys()  # aoba is a member

        # What comes within the hour waits, and can be seen.
        assert centre.post(centre.tokens["hill"], [appeared("192.0.2.9")], batch="three")[0] == 200
        wait_for(lambda: [row["address"] for row in read(centre, contact)["waiting"]] == ["192.0.2.9"], 30, "it waits")
        known = read(centre, contact)
        assert known["contact"]["due"] > known["contact"]["told"] and len(known["batches"]) == 2, known
        assert all("250" in each["answer"] and each["tries"] == 1 for each in known["batches"]), known["batches"]
        status, _ = centre.json("DELETE", "/v1/darknet/contacts/" + hole, centre.tokens["administrator"])
        assert status == 204 and centre.json("GET", "/v1/darknet/contacts/" + hole, centre.tokens["administrator"])[0] == 404
        time.sleep(4)  # longer than what is gathered before a first mail
        assert len(files(post)) == 2, files(post)

        log = centre.json("GET", "/v1/log?limit=200", centre.tokens["auditor"])[1]
        done = [each["what"] for each in log[[key for key in log if isinstance(log[key], list)][0]]]
        assert done.count("network.new") == 3 and done.count("network.batch") == 3 and done.count("network.remove") == 1, done


def test_a_mail_server_that_refuses_is_told_of():
    with Post({"abuse@isp.example": "550 5.1.1 no such mailbox"}) as post, telescopes(config=settings(post, digest='"0 s"')) as centre:
        contact = make(centre)
        assert centre.post(centre.tokens["hill"], [appeared("192.0.2.1")], batch="one")[0] == 200
        wait_for(lambda: [each["state"] for each in read(centre, contact)["batches"]] == ["failed"], 60, "the answer")
        assert "no such mailbox" in read(centre, contact)["batches"][0]["answer"] and not post.mails


def test_without_mail_it_waits_and_only_administrators_see_it():
    with telescopes(config='owners = { digest = "0 s"; sightings_most = 2; };') as centre:
        contact = make(centre)
        assert centre.post(centre.tokens["hill"], [appeared("192.0.2.%d" % i) for i in range(1, 9)], batch="one")[0] == 200
        wait_for(lambda: read(centre, contact)["waiting_all"] == 2, 30, "as many as may wait")
        again = [appeared("192.0.2.1", port="2323/tcp", packets=4)]
        assert centre.post(centre.tokens["lake"], again, batch="two")[0] == 200
        wait_for(lambda: read(centre, contact)["waiting"][0]["packets"] == 5, 30, "both telescopes' lines")
        first = read(centre, contact)["waiting"][0]
        assert first["address"] == "192.0.2.1" and first["telescopes"] == 2 and first["ports"] == ["23/tcp", "2323/tcp"], first
        assert read(centre, contact)["batches"] == [] and read(centre, contact)["waiting_all"] == 2
        for name in ("analyst", "auditor", "member-aoba", "member-hill"):
            for method, path in (("GET", ""), ("POST", ""), ("GET", "/" + contact), ("PATCH", "/" + contact), ("DELETE", "/" + contact)):
                body = CONTACT if method in ("POST", "PATCH") else None
                status, answer = centre.json(method, "/v1/darknet/contacts" + path, centre.tokens[name], body)
                assert status == 403 and "192.0.2" not in str(answer), (name, method, answer)
        administrator = centre.tokens["administrator"]
        for wrong in ({"mail": "no address"}, {"mail": "a@b\nBcc: c@d"}, {"prefixes": ["192.0.2.0/33"]}, {"prefixes": []}, {"signed_for_by": ""},
                      {"every": "never"}):
            status, answer = centre.json("POST", "/v1/darknet/contacts", administrator, dict(CONTACT, **dict({"name": "other"}, **wrong)))
            assert status == 400, (wrong, status, answer)
        assert centre.json("POST", "/v1/darknet/contacts", administrator, CONTACT)[0] == 409
        status, answer = centre.json("PATCH", "/v1/darknet/contacts/" + contact, administrator, {"active": False}, headers={"If-Match": '"1"'})
        assert status == 200 and not answer["contact"]["active"] and answer["contact"]["prefixes"] == CONTACT["prefixes"], answer
        status, _ = centre.json("PATCH", "/v1/darknet/contacts/" + contact, administrator, {"active": True}, headers={"If-Match": '"1"'})
        assert status == 412, status


def counted(centre, name):
    status, _, text = centre.request("GET", "/metrics", centre.tokens["administrator"])
    assert status == 200
    return sum(float(line.split()[-1]) for line in text.decode().splitlines() if line.startswith(name + "_total"))


def test_what_no_prefix_holds_goes_to_the_autonomous_system():
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        known = os.path.join(folder, "location.db")
        subprocess.run([os.environ["NOROSHI_LOCATION_WRITER"], known, "20.0.0.0/8=64500", "20.9.0.0/16=64501", "2001:db8:99::/48=64500"], check=True)
        with Post() as post, telescopes(config=settings(post, digest='"0 s"', locations='"%s"' % known)) as centre:
            by_number = make(centre, prefixes=[], autonomous_systems=["AS64500", "64511"])
            by_prefix = make(centre, name="inside", prefixes=["20.1.0.0/16"], autonomous_systems=["AS64502"], mail="inside@isp.example")
            asked = read(centre, by_number)["contact"]
            assert asked["autonomous_systems"] == ["AS64500", "AS64511"] and asked["prefixes"] == [], asked
            lines = [appeared(each) for each in ("20.2.3.4", "20.1.3.4", "20.9.3.4", "2001:db8:99:1::5", "30.0.0.1")]
            assert centre.post(centre.tokens["hill"], lines + [appeared("30.0.0.2", research=True), appeared("198.51.100.7")], batch="one")[0] == 200
            wait_for(lambda: files(post) and files(post, "inside@isp.example"), 60, "the mails")
            assert [row["address"] for _, some in files(post) for row in some] == ["20.2.3.4", "2001:db8:99:1::"], files(post)
            assert [row["address"] for _, some in files(post, "inside@isp.example") for row in some] == ["20.1.3.4"]
            # 20.9.3.4 is of another system, nobody knows 30.0.0.1; a research scanner and a member's address are not counted
            wait_for(lambda: counted(centre, "noroshi_darknet_without_contact") == 2, 30, "the count")
            status, answer = centre.json("GET", "/v1/darknet/contacts", centre.tokens["administrator"])
            assert status == 200 and len(answer["contacts"]) == 2 and not answer["systems_unknown"] and answer["systems_known"], answer
            status, answer = centre.json("PATCH", "/v1/darknet/contacts/" + by_prefix, centre.tokens["administrator"], {"prefixes": []})
            assert status == 200 and answer["contact"]["autonomous_systems"] == ["AS64502"] and answer["contact"]["prefixes"] == [], answer
            status, answer = centre.json("PATCH", "/v1/darknet/contacts/" + by_prefix, centre.tokens["administrator"], {"autonomous_systems": []})
            assert status == 400 and "at least one" in answer["detail"], answer


HEADER = "name,prefixes,autonomous_systems,mail,language,every,signed_for_by,active\n"


def test_many_contacts_at_once_and_the_bad_lines_are_told():
    with telescopes(config='owners = { locations = "/nowhere"; };') as centre:
        administrator = centre.tokens["administrator"]

        def load(text, expect=200, who="administrator"):
            status, answer = centre.json("POST", "/v1/darknet/contacts/import", centre.tokens[who], {"contacts": text})
            assert status == expect, (status, answer)
            return answer

        lines = ["isp-%d,20.%d.0.0/16,AS%d,abuse@isp-%d.example,en,daily,A. Person,yes" % (i, i, 64500 + i, i) for i in range(1, 251)]
        wrong = {3: "isp-x,20.0.0.0/33,,a@b.example,en,daily,A,yes", 5: "isp-y,,,a@b.example,en,daily,A,yes", 7: "isp-z,,ASQ,a@b.example,en,daily,A,yes",
                 9: "isp-w,,64500,nobody,en,daily,A,yes", 11: '"isp-v,,64500,a@b.example', 13: "a,b,c,d,e,f,g,h,i", 15: ",,64500,a@b.example,en,daily,A,yes"}
        for line in sorted(wrong):
            lines.insert(line - 2, wrong[line])
        answer = load("\ufeff" + HEADER + "\r\n".join(lines) + "\n")
        assert (answer["added"], answer["changed"], answer["unchanged"], answer["refused_all"]) == (250, 0, 0, len(wrong)), answer
        assert [each["line"] for each in answer["refused"]] == sorted(wrong), answer["refused"]
        words = {each["line"]: each["why"] for each in answer["refused"]}
        for line, begins in ((3, "prefixes: "), (5, "prefixes, autonomous_systems: "), (7, "autonomous_systems: "), (9, "mail: "), (15, "name: ")):
            assert words[line].startswith(begins), words
        # Once more with one change: the others are as they were, and a column that is not there stays.
        answer = load(HEADER + "\n".join(lines).replace("abuse@isp-7.example", "security@isp-7.example"))
        assert (answer["added"], answer["changed"], answer["unchanged"]) == (0, 1, 249), answer
        answer = load("name,mail\nisp-8,security@isp-8.example\nisp-new,security@isp-new.example\n")
        assert (answer["added"], answer["changed"], answer["refused_all"]) == (0, 1, 1), answer
        found, after = [], ""
        while True:
            status, page = centre.json("GET", "/v1/darknet/contacts?limit=100" + after, administrator)
            assert status == 200 and len(page["contacts"]) <= 100, page
            found += page["contacts"]
            if not page["next"]:
                break
            after = "&after=" + page["next"]
        assert len({each["name"] for each in found}) == len(found) == 250 and page["systems_unknown"] and not page["mail_configured"], page
        eighth, = [each for each in found if each["name"] == "isp-8"]
        assert eighth["mail"] == "security@isp-8.example" and eighth["autonomous_systems"] == ["AS64508"] and eighth["version"] == 2, eighth
        for text in ("", "nothing,here\n", "mail\na@b.example\n", '"name\n'):
            load(text, 400)
        load(HEADER, 403, "analyst")
        log = centre.json("GET", "/v1/log?limit=400", centre.tokens["auditor"])[1]
        done = [each["what"] for each in log[[key for key in log if isinstance(log[key], list)][0]]]
        assert done.count("network.new") == 250 and done.count("network.change") == 2, (done.count("network.new"), done.count("network.change"))


def test_the_pages_do_what_the_routes_do():
    with Post({"abuse@isp.example": "550 5.1.1 no such mailbox"}) as post, telescopes(config=settings(post, digest='"0 s"')) as centre:
        cookie = centre.sign_in("administrator")

        def page(path, who=None):
            status, _, text = centre.request("GET", path, headers={"Cookie": who or cookie, "Accept": "text/html", "Accept-Language": "en"})
            return status, text.decode()

        status, text = page("/darknet/contacts")
        assert status == 200 and "There is no contact yet" in text, text
        contact = make(centre)
        assert centre.post(centre.tokens["hill"], [appeared("192.0.2.1")], batch="one")[0] == 200
        wait_for(lambda: "no such mailbox" in page("/darknet/contacts")[1], 60, "what could not be sent")
        status, text = page("/darknet/contacts/" + contact)
        assert status == 200 and "Not sent" in text and "192.0.2.0/24 2001:db8:77::/48" in text, text
        for who in ("analyst", "auditor", "member-aoba"):
            assert page("/darknet/contacts", centre.sign_in(who))[0] == 403, who


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
