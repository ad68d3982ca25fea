"""Who may do what at a real centre: start, sign-in, forms, roles, tokens, the log."""
import calendar
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

from center import NOROSHI, Centre, Skip, cookies_of, eve, form_headers, form_token, main, wait_for

CENTRE = None


def centre():
    global CENTRE
    if CENTRE is None:
        CENTRE = Centre(("alpha", "beta"))
    return CENTRE


def run(*arguments, text=""):
    return subprocess.run([NOROSHI, *arguments], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=60)


def with_config(content):
    folder = tempfile.mkdtemp(prefix="noroshi-test-")
    path = os.path.join(folder, "noroshi.conf")
    with open(path, "w") as file:
        file.write(content.replace("FOLDER", folder))
    return path


def test_no_start_beyond_loopback_without_a_key():
    path = with_config('center = { listen = "0.0.0.0:0"; state = "FOLDER/state"; user = "nobody"; };')
    done = run("center", "--config", path)
    assert done.returncode == 2 and "tls_key" in done.stderr, done
    done = run("center", "--ephemeral", "--listen", "[::]:0")
    assert done.returncode == 2 and "tls_key" in done.stderr, done


def test_an_unknown_option_names_the_nearest():
    path = with_config('center = { lisen = "127.0.0.1:0"; };')
    done = run("center", "--config", path)
    assert done.returncode == 2 and "listen" in done.stderr, done


def test_root_needs_a_user_to_become():
    if os.geteuid() != 0:
        raise Skip("not root")
    done = run("center", "--config", with_config('center = { listen = "127.0.0.1:0"; state = "FOLDER/state"; };'))
    assert done.returncode == 2 and "center.user" in done.stderr, done


def test_verbs_and_exit_codes():
    assert run("help").returncode == 0
    done = run("centre")
    assert done.returncode == 2 and "center" in done.stderr, done
    assert run("center").returncode == 2
    assert "--ephemeral" in run("center", "--help").stdout


def test_the_first_administrator_comes_from_the_command_line():
    path = with_config('center = { state = "FOLDER/state"; user = "%s"; };' % ("nobody" if os.geteuid() == 0 else ""))
    os.chmod(os.path.dirname(path), 0o777)
    done = run("account", "add", "first", "--role", "administrator", "--config", path, "--token")
    assert done.returncode == 0 and "token: nra_" in done.stdout, done
    done = run("account", "add", "first", "--role", "administrator", "--config", path)
    assert done.returncode == 2 and "already" in done.stderr, done
    done = run("account", "add", "second", "--role", "king", "--config", path)
    assert done.returncode == 2 and "--role" in done.stderr, done
    done = run("account", "add", "third", "--role", "auditor", "--config", path, "--password-stdin", text="short\n")
    assert done.returncode == 2 and "12" in done.stderr, done
    of_nobody = ("account", "add", "fourth", "--role", "member", "--organisation", "nobody", "--config", path)
    done = run(*of_nobody)
    assert done.returncode == 2 and 'there is no organisation "nobody"' in done.stderr, done
    # What is wrong with the store is not said to be wrong with the name.
    store = sqlite3.connect(os.path.join(os.path.dirname(path), "state", "noroshi.db"))
    store.execute("ALTER TABLE organisation RENAME TO elsewhere")
    store.close()
    done = run(*of_nobody)
    assert done.returncode != 0 and "no organisation" not in done.stderr and "no such table" in done.stderr, done


def test_signing_in_and_out():
    session = centre().sign_in("analyst")
    assert session, "the right password was refused"
    status, headers, _ = centre().request("GET", "/", headers={"Cookie": session})
    assert (status, headers["Location"]) == (303, "/queue")
    status, _, page = centre().request("GET", "/account", headers={"Cookie": session, "Accept": "text/html"})
    assert status == 200 and b"analyst" in page
    body = urllib.parse.urlencode({"form_token": form_token(page)}).encode()
    status, headers, _ = centre().request("POST", "/sign-out", body=body, headers=form_headers(session))
    assert (status, headers["Location"]) == (303, "/sign-in"), (status, headers.items())
    status, headers, _ = centre().request("GET", "/account", headers={"Cookie": session, "Accept": "text/html"})
    assert status == 303 and headers["Location"].startswith("/sign-in"), (status, headers.items())


def test_the_session_cookie_is_hidden_from_scripts_and_other_sites():
    _, headers, page = centre().request("GET", "/sign-in", headers={"Accept": "text/html"})
    body = urllib.parse.urlencode({"form_token": form_token(page), "name": "auditor", "password": centre().password})
    _, headers, _ = centre().request("POST", "/sign-in", body=body.encode(), headers=form_headers(cookies_of(headers)))
    cookie = [each for each in headers.get_all("Set-Cookie") if "form" not in each.split("=")[0]][0]
    assert "HttpOnly" in cookie and "SameSite=" in cookie, cookie


def test_a_form_without_its_token_changes_nothing():
    session = centre().sign_in("administrator")
    fields = {"name": "forged", "title_en": "Forged"}
    for token in ({}, {"form_token": "0" * 64}):
        body = urllib.parse.urlencode(dict(fields, **token)).encode()
        status, _, _ = centre().request("POST", "/organisations", body=body, headers=form_headers(session))
        assert status == 403, status
    _, answer = centre().json("GET", "/v1/organisations", centre().tokens["administrator"])
    assert "forged" not in [each["name"] for each in answer["organisations"]]
    status, _, page = centre().request("GET", "/organisations", headers={"Cookie": session, "Accept": "text/html"})
    assert status == 200
    body = urllib.parse.urlencode(dict(fields, name="genuine", form_token=form_token(page))).encode()
    status, headers, page = centre().request("POST", "/organisations", body=body, headers=form_headers(session))
    assert status == 303 and re.fullmatch("/organisations(/[0-9]+)?", headers["Location"]), (status, headers["Location"], page[:500])


def test_roles_are_kept_apart():
    tokens = centre().tokens
    expected = {
        "/v1/accounts": {"administrator": 200, "analyst": 403, "auditor": 403, "member-alpha": 403, "alpha": 403},
        "/v1/log": {"administrator": 403, "analyst": 403, "auditor": 200, "member-alpha": 403, "alpha": 403},
        "/v1/organisations": {"administrator": 200, "analyst": 200, "auditor": 200, "member-alpha": 200, "alpha": 403},
        "/v1/sensors": {"administrator": 200, "analyst": 200, "auditor": 403, "member-alpha": 200, "alpha": 403},
        "/metrics": {"administrator": 200, "auditor": 200, "member-alpha": 403, "alpha": 403},
    }
    for path, roles in expected.items():
        assert centre().request("GET", path)[0] == 401, path
        for name, status in roles.items():
            got = centre().request("GET", path, tokens[name])[0]
            assert got == status, (path, name, got, status)


def test_a_member_sees_only_its_own_organisation():
    token = centre().tokens["member-alpha"]
    _, answer = centre().json("GET", "/v1/organisations", token)
    assert [each["name"] for each in answer["organisations"]] == ["alpha"], answer
    numbers = {each["name"]: each["number"] for each in centre().facts["organisations"]}
    other = centre().request("GET", "/v1/organisations/%d" % numbers["beta"], token)
    none = centre().request("GET", "/v1/organisations/4000000", token)
    assert (other[0], other[2]) == (none[0], none[2]) and other[0] == 404, (other, none)


def test_an_administrator_makes_a_member_who_can_sign_in():
    token = centre().tokens["administrator"]
    status, made = centre().json("POST", "/v1/organisations", token, {"name": "gamma", "title_en": "Gamma", "language": "en"})
    assert status == 201, made
    status, sensor = centre().json("POST", "/v1/organisations/%d/sensors" % made["number"], token, {"name": "edge"})
    assert status == 201, sensor
    status, secret = centre().json("POST", "/v1/sensors/%d/token" % sensor["number"], token, {})
    assert status == 201 and secret["token"].startswith("nrs_"), secret
    assert centre().post(secret["token"], [eve(1)])[0] == 200
    password = "a long enough secret"
    status, account = centre().json("POST", "/v1/accounts", token, {"name": "gamma-csirt", "role": "member",
                                    "organisation": made["number"], "new_password": password})
    assert status == 201 and password not in str(account), account
    assert centre().sign_in("gamma-csirt", password)
    status, answer = centre().json("POST", "/v1/accounts", token, {"name": "weak", "role": "analyst", "new_password": "short"})
    assert status == 400 and "12" in answer["detail"], answer
    status, answer = centre().json("DELETE", "/v1/sensors/%d" % sensor["number"], token)
    assert status == 204, (status, answer)
    assert centre().post(secret["token"], [eve(2)])[0] == 401


def test_a_token_says_when_it_was_used_and_one_alone_is_revoked():
    token = centre().tokens["administrator"]
    status, account = centre().json("POST", "/v1/accounts", token, {"name": "robot", "role": "auditor"})
    assert status == 201, account
    made = [centre().json("POST", "/v1/accounts/%s/tokens" % account["id"], token, {"name": name})[1] for name in ("one", "two")]

    def listed(number):
        for each in centre().json("GET", "/v1/tokens?limit=500", token)[1]["tokens"]:
            if each["id"] == made[number]["id"]:
                return each
    assert "last_used" not in listed(0) and listed(0)["owner"] == "robot", listed(0)
    before = time.time()
    assert centre().json("GET", "/v1/funnel", made[0]["token"])[0] == 200
    after = time.time()
    used = wait_for(lambda: listed(0).get("last_used"), 10, "the use to be noted")
    assert int(before) <= calendar.timegm(time.strptime(used[:19], "%Y-%m-%dT%H:%M:%S")) <= after, (before, used, after)
    assert "last_used" not in listed(1)
    # Not written again for each use.
    centre().json("GET", "/v1/funnel", made[0]["token"])
    time.sleep(2)
    assert listed(0)["last_used"] == used
    # On the page: one is revoked, the other goes on.
    session = centre().sign_in("administrator")
    status, _, page = centre().request("GET", "/tokens?limit=500", headers={"Accept": "text/html", "Cookie": session, "Accept-Language": "en"})
    path = "/tokens/%s/revoke" % made[0]["id"]
    assert status == 200 and path.encode() in page and b"Last used" in page, page[:1500]
    headers = dict(form_headers(session), Origin=centre().address)
    form = ("form_token=" + form_token(page)).encode()
    status, answered, _ = centre().request("POST", path, body=form, headers=headers)
    assert status == 303 and answered["Location"] == "/tokens", (status, answered)
    assert centre().json("GET", "/v1/funnel", made[0]["token"])[0] == 401
    assert centre().json("GET", "/v1/funnel", made[1]["token"])[0] == 200
    assert listed(0)["revoked"] and not listed(1)["revoked"]
    # The account disabled takes its tokens along, until it is enabled again.
    for disabled, wanted in (("true", 401), ("false", 200)):
        status, answered, _ = centre().request("POST", "/accounts/" + account["id"], body=form + b"&disabled=" + disabled.encode(),
                                               headers=headers)
        assert status == 303 and answered["Location"] == "/accounts", (status, answered)
        assert centre().json("GET", "/v1/funnel", made[1]["token"])[0] == wanted, disabled
    analyst = centre().sign_in("analyst")
    assert centre().request("GET", "/tokens", headers={"Accept": "text/html", "Cookie": analyst})[0] == 403


def test_idempotency_and_versions():
    token = centre().tokens["administrator"]
    key = {"Idempotency-Key": "make-delta"}
    first = centre().json("POST", "/v1/organisations", token, {"name": "delta", "title_en": "Delta"}, key)
    again = centre().json("POST", "/v1/organisations", token, {"name": "delta", "title_en": "Delta"}, key)
    assert first == again and first[0] == 201, (first, again)
    other = centre().json("POST", "/v1/organisations", token, {"name": "delta", "title_en": "Another"}, key)
    assert other[0] == 422 and other[1]["status"] == 422 and "Idempotency-Key" in other[1]["detail"], other
    path = "/v1/organisations/%d" % first[1]["number"]
    status, headers, _ = centre().request("GET", path, token)
    tag = headers["ETag"]
    assert status == 200 and tag, headers.items()
    assert centre().json("PATCH", path, token, {"sector": "energy"}, {"If-Match": tag})[0] == 200
    assert centre().json("PATCH", path, token, {"sector": "water"}, {"If-Match": tag})[0] == 412


def test_a_change_whose_body_is_empty_is_answered():
    nothing = "/v1/events/00000000-0000-4000-8000-000000000000/confirm"
    assert centre().request("POST", nothing, centre().tokens["analyst"], b"", {"Content-Length": "0"})[0] == 404
    status, _, answer = centre().request("POST", "/v1/alerts?batch=empty", centre().tokens["alpha"], b"", {"Content-Length": "0"})
    assert status == 200, (status, answer)


def test_wrong_passwords_slow_the_next_try_down():
    answers = []
    while 429 not in answers and len(answers) < 20:  # each next wait is twice as long: some time longer than a busy machine needs for a try
        _, headers, page = centre().request("GET", "/sign-in", headers={"Accept": "text/html"})
        body = urllib.parse.urlencode({"form_token": form_token(page), "name": "nobody-here", "password": "a wrong password"})
        status, headers, _ = centre().request("POST", "/sign-in", body=body.encode(), headers=form_headers(cookies_of(headers)))
        answers.append(status)
    assert answers == [303] * (len(answers) - 1) + [429] and len(answers) > 5 and int(headers["Retry-After"]) >= 1, answers
    time.sleep(int(headers["Retry-After"]) + 2)


def test_a_changed_password_counts_from_then_on():
    wait_for(lambda: centre().sign_in("member-beta"), 30, "a sign-in")
    session = centre().sign_in("member-beta")
    _, _, page = centre().request("GET", "/account", headers={"Cookie": session, "Accept": "text/html"})
    fields = {"form_token": form_token(page), "password": centre().password, "new_password": "quite another secret"}
    status, headers, page = centre().request("POST", "/account/password", body=urllib.parse.urlencode(fields).encode(),
                                             headers=form_headers(session))
    assert status == 303 and "changed" in headers["Location"], (status, page[:300])
    assert centre().sign_in("member-beta", "quite another secret")
    assert centre().sign_in("member-beta") is None


def test_the_log_holds_who_did_what_and_its_chain_is_whole():
    token = centre().tokens["auditor"]
    _, answer = centre().json("GET", "/v1/log?limit=500", token)
    lines = answer["lines"]
    assert any(each["what"] == "organisation-create" and each["who"] == "administrator" and each["outcome"] == "done"
               for each in lines)
    assert any(each["outcome"] == "denied" and each["who"] == "member-alpha" for each in lines)
    assert any(each["what"] == "sign-in" and each["outcome"] == "denied" for each in lines)
    assert any(each["what"] == "organisation-list" and each["who"] == "analyst" for each in lines), "reads are logged"
    secrets = [centre().password] + list(centre().tokens.values())
    assert not any(secret in str(lines) for secret in secrets), "a secret is in the log"
    _, answer = centre().json("GET", "/v1/log/verify", token)
    assert answer["intact"] and answer["lines"] >= len(lines), answer


def test_a_bad_configuration_at_reload_keeps_the_old():
    with Centre((), config='center = { quota = 500.0; };') as other:
        with open(other.config, "w") as file:
            file.write("center = { quota = nonsense; };")
        other.process.send_signal(1)
        wait_for(lambda: "the old one stays" in other.said(), what="the refusal in the log")
        assert other.json("GET", "/v1/health")[0] == 200
        with open(other.config, "w") as file:
            file.write("center = { quota = 400.0; };")
        other.process.send_signal(1)
        wait_for(lambda: other.said().count("configuration reloaded") == 3, what="three reloads in the log")


if __name__ == "__main__":
    try:
        status = main(sys.modules[__name__])
    finally:
        if CENTRE:
            CENTRE.stop()
    sys.exit(status)
