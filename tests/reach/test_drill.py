"""A reach test of the size of 2022 (1,893 operators in 20 sector bodies of five ministries) at a real centre, through a real SMTP server:
proposed by one and started by another who both see how many it goes to, passed on from tier to tier as each acknowledges, with refused
and returned mails, silence, automatic and late answers and answers by others, all drawn from a seed. The table by tier and sector body
and the reasons must be what was drawn."""
import http.client
import json
import os
import random
import re
import subprocess
import sys
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../center")]
from center import NOROSHI, Centre, form_token, main, wait_for  # noqa: E402
import post  # noqa: E402

OPERATORS = int(os.environ.get("NOROSHI_REACH_OPERATORS", "1893"))
SEED = int(os.environ.get("NOROSHI_REACH_SEED", "4"))
MINISTRIES = {
    "金融庁": ["銀行", "証券", "生命保険", "損害保険", "資金決済"], "総務省": ["通信", "放送", "ケーブルテレビ", "政府・行政サービス"],
    "厚生労働省": ["医療", "水道"], "経済産業省": ["電力", "ガス", "化学", "クレジット", "石油"],
    "国土交通省": ["航空", "空港", "鉄道", "物流"]}
BODIES = [body for bodies in MINISTRIES.values() for body in bodies]
TIERS = ("所管省庁", "セプター", "事業者等")
# What befalls an operator, how often, and as what it must be told.
FATES = {"reply": (44, "reached"), "link": (36, "reached"), "silent": (6, "no-answer"), "automatic": (2, "no-answer"), "late": (3, "late"),
         "other-reply": (1, "answered-by-another"), "other-link": (1, "answered-by-another"), "refused": (2, "stale-contact"),
         "refused-policy": (1, "bounced"), "returned": (2, "stale-contact"), "returned-full": (1, "bounced"), "no-address": (1, "no-address")}
SILENT_BODY = "石油"  # its operators are never told


class Drawn:
    """Who there is, and what befalls whom."""

    def __init__(self):
        dice = random.Random(SEED)
        self.rows, self.fates, self.body_of = [], {}, {}
        for m, (ministry, bodies) in enumerate(MINISTRIES.items()):
            self.rows.append((ministry, TIERS[0], "", "m%d@ministry.example" % m))
            for body in bodies:
                self.rows.append((body, TIERS[1], ministry, "b%d@body.example" % BODIES.index(body)))
        for number in range(OPERATORS):
            body = BODIES[number] if number < len(BODIES) else dice.choice(BODIES)
            fate = dice.choices(list(FATES), [weight for weight, _ in FATES.values()])[0]
            name = "事業者%04d" % number
            self.rows.append((name, TIERS[2], body, "" if fate == "no-address" else "op%d@op%d.example" % (number, number)))
            self.fates[name], self.body_of[name] = fate, body

    def csv(self):
        return "name,tier,parent,contact,mail,language\n" + "".join(
            "%s,%s,%s,担当,%s,%s\n" % (name, tier, parent, mail, "en" if name.endswith("7") else "ja") for name, tier, parent, mail in self.rows)

    def mail(self, name):
        return [row[3] for row in self.rows if row[0] == name][0]

    def reason(self, name):
        fate = self.fates[name]
        return "not-passed-on" if self.body_of[name] == SILENT_BODY and fate != "no-address" else FATES[fate][1]

    def refused(self):
        words = {"refused": "550 5.1.1 no such mailbox", "refused-policy": "554 5.7.1 not from you"}
        return {row[3]: words[self.fates[row[0]]] for row in self.rows if self.fates.get(row[0]) in words}


class Drill:
    def __init__(self, centre, server, drawn):
        self.centre, self.server, self.drawn = centre, server, drawn
        self.first, self.inbox, self.visits = centre.tokens["analyst"], os.path.join(centre.folder, "maildir"), 0
        for folder in ("new", "cur", "tmp"):
            os.makedirs(os.path.join(self.inbox, folder))
        administrator = centre.tokens["administrator"]
        status, made = centre.json("POST", "/v1/accounts", administrator, {"name": "second", "role": "analyst", "new_password": "a long enough secret"})
        assert status == 201, made
        status, made = centre.json("POST", "/v1/accounts/%s/tokens" % made["id"], administrator, {"name": "test"})
        assert status == 201, made
        self.second = made["token"]

    def call(self, method, path, body=None, token=None, status=200):
        got, answer = self.centre.json(method, path, token or self.first, body)
        assert got == status, (method, path, got, answer)
        return answer

    def step(self, name, body=None, token=None, status=200):
        return self.call("POST", self.path + "/" + name, body or {}, token, status)

    def follow(self, mail, **fields):
        """The link in the mail: the page, then its button; each recipient from an address of its own, as in life."""
        self.visits += 1
        host, port = urllib.parse.urlsplit(self.centre.address).netloc.split(":")
        source = "127.%d.%d.%d" % (1 + self.visits // 60000, self.visits // 250 % 240, 1 + self.visits % 250)
        connection = http.client.HTTPConnection(host, int(port), timeout=60, source_address=(source, 0))
        path = "/d/" + post.secret(mail)
        connection.request("GET", path, headers={"Accept": "text/html"})
        answer = connection.getresponse()
        page, cookies = answer.read(), "; ".join(each.split(";", 1)[0] for each in answer.headers.get_all("Set-Cookie") or [])
        assert answer.status == 200, (answer.status, page[:500])
        body = urllib.parse.urlencode(dict(fields, form_token=form_token(page)))
        connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", "Cookie": cookies})
        answer = connection.getresponse()
        shown = answer.read()
        assert answer.status == 303 and answer.headers["Location"] == "/acknowledged", (answer.status, re.sub(r"<[^>]*>", " ", shown.decode())[-900:])
        connection.close()

    def take(self, number, mail):
        with open(os.path.join(self.inbox, "new", "%d.mx" % number), "wb") as file:
            file.write(mail)

    def read_inbox(self):
        done = subprocess.run([NOROSHI, "reach", "mail", "--server", self.centre.address, self.inbox], capture_output=True, text=True, timeout=600)
        assert done.returncode == 0 and not os.listdir(os.path.join(self.inbox, "new")), done

    def mails(self, addresses, what):
        """The newest mail of each, once all are there."""
        wait_for(lambda: all(each in self.server.mails for each in addresses) or time.sleep(0.2), 400, what)
        return {each: self.server.mails[each][-1] for each in addresses}

    def befall(self, fate, number, name, mail):
        address = self.drawn.mail(name)
        if fate == "link":
            self.follow(mail, name="担当 太郎", answer1="はい", answer2="3")
        elif fate == "other-link":
            self.follow(mail, name="別人", another="true")
        elif fate in ("reply", "other-reply"):
            self.take(number, post.answer(mail, address.upper() if fate == "reply" else "another@op.example"))
        elif fate == "automatic":
            self.take(number, post.answer(mail, address, automatic=True))
        elif fate in ("returned", "returned-full"):
            status = "5.1.1" if fate == "returned" else "5.2.2"
            self.take(number, post.bounce(mail, address, status, "no"))


def check_table(drill, drawn, shown):
    tiers = {each["tier"]: each for each in shown["tiers"]}
    assert list(tiers) == list(TIERS), list(tiers)
    assert (tiers[TIERS[0]]["addressed"], tiers[TIERS[0]]["reached"], tiers[TIERS[0]]["rate"]) == (5, 5, 100), tiers[TIERS[0]]
    assert (tiers[TIERS[1]]["addressed"], tiers[TIERS[1]]["reached"], tiers[TIERS[1]]["rate"]) == (20, 19, 95), tiers[TIERS[1]]
    assert tiers[TIERS[1]]["reasons"] == [{"code": "no-answer", "words": "No answer", "count": 1}], tiers[TIERS[1]]
    wanted = {}
    for name in drawn.fates:
        for place in (None, drawn.body_of[name]):
            wanted.setdefault(place, {}).setdefault(drawn.reason(name), []).append(name)
    found = {each["body"]: each for each in tiers[TIERS[2]]["bodies"]}
    found[None] = tiers[TIERS[2]]
    assert set(found) == set(wanted) and len(found) == 21
    for place, by_reason in wanted.items():
        addressed, reached = sum(map(len, by_reason.values())), len(by_reason.get("reached", []))
        row = found[place]
        assert (row["addressed"], row["reached"]) == (addressed, reached), (place, row, addressed, reached)
        assert abs(row["rate"] - 100 * reached / addressed) <= 0.051, (place, row)
        reasons = {each["code"]: each["count"] for each in row["reasons"]}
        assert reasons == {code: len(names) for code, names in by_reason.items() if code != "reached"}, (place, reasons)
    sheets = sum(1 for name, fate in drawn.fates.items() if fate == "link" and drawn.body_of[name] != SILENT_BODY)
    assert found[None]["checked"] == sheets + 0, (found[None]["checked"], sheets)
    assert found[None]["addressed"] == OPERATORS
    return found[None]


def test_a_reach_test_tells_whom_it_reached_by_tier_and_why_not_the_others():
    drawn = Drawn()
    with post.Post(drawn.refused()) as server, Centre(("alpha",), config=server.config()) as centre:
        drill = Drill(centre, server, drawn)
        loaded = drill.call("POST", "/v1/contacts", {"list": "ceptoar", "contacts": drawn.csv()})
        assert loaded["contacts"] == len(drawn.rows), loaded
        made = drill.call("POST", "/v1/dispatches", {
            "kind": "reach-test", "list": "ceptoar", "pass": "acknowledged", "subject_ja": "情報疎通機能の確認", "subject_en": "Reach test",
            "text_ja": "訓練です。", "text_en": "A drill.", "questions": "連絡網は最新ですか\n何分で気付きましたか", "minutes": 60 * 24}, status=201)
        drill.path = "/v1/dispatches/" + made["dispatch"]["id"]
        total = made["recipients_now"]
        assert total == len(drawn.rows), made
        # Two people, who both saw the number.
        drill.step("start", {"recipients": total}, status=409)
        drill.step("propose", {"recipients": total - 1}, status=409)
        drill.step("propose", {"recipients": total})
        drill.step("start", {"recipients": total}, status=409)
        drill.step("start", {"recipients": total - 1}, drill.second, status=409)
        assert not server.count, "nothing goes out before the second person started it"
        drill.step("start", {"recipients": total}, drill.second)
        # Tier by tier: nobody is told before the one above acknowledged.
        ministries = drill.mails([row[3] for row in drawn.rows if row[1] == TIERS[0]], "the ministries' mails")
        assert set(server.mails) == set(ministries), "only the first tier's turn has come"
        for mail in ministries.values():
            drill.follow(mail)
        bodies = {row[0]: row[3] for row in drawn.rows if row[1] == TIERS[1]}
        for name, mail in zip(bodies, drill.mails(bodies.values(), "the sector bodies' mails").values()):
            if name != SILENT_BODY:
                drill.follow(mail, answer1="はい")
        told = {row[0]: row[3] for row in drawn.rows if row[1] == TIERS[2] and row[3] and row[2] != SILENT_BODY and row[3] not in server.refused}
        mails = drill.mails(told.values(), "the operators' mails")
        assert not [name for name, body in drawn.body_of.items() if body == SILENT_BODY and drawn.mail(name) in server.mails]
        for number, (name, address) in enumerate(told.items()):
            drill.befall(drawn.fates[name], number, name, mails[address])
        drill.read_inbox()
        # Who is silent is reminded once, in the thread of the first mail.
        silent = [told[name] for name in told if drawn.fates[name] in ("silent", "automatic", "late")] + [bodies[SILENT_BODY]]
        assert drill.step("remind")["reminded"] == len(silent) and drill.step("remind")["reminded"] == 0
        wait_for(lambda: all(len(server.mails[each]) == 2 for each in silent) or time.sleep(0.2), 60, "the reminders")
        reminder = server.mails[silent[0]][1]
        assert post.header(reminder, "In-Reply-To") == post.header(server.mails[silent[0]][0], "Message-ID")
        reached = [told[name] for name in told if drawn.reason(name) == "reached"]
        assert all(len(server.mails[each]) == 1 for each in reached), "who answered is not reminded"
        # The deadline is over once its second is: every answer so far was in time, later ones are late.
        over = int(time.time()) + 1
        drill.step("deadline", {"until": stamp(over)})
        wait_for(lambda: time.time() > over or time.sleep(0.05), 60, "the end of the deadline's second")
        for name in told:
            if drawn.fates[name] == "late":
                drill.follow(server.mails[told[name]][-1])
        drill.step("close")
        shown = drill.call("GET", drill.path)
        operators = check_table(drill, drawn, shown)
        print("# %d recipients, %d mails; operators: %d of %d (%.1f %%); %s" % (total, server.count, operators["reached"], OPERATORS, operators["rate"], ", ".join(
            "%s %d" % (each["code"], each["count"]) for each in operators["reasons"])), flush=True)
        check_records(drill, drawn, operators)
        check_directory(drill, drawn)
        check_years(drill, operators)


def stamp(moment):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def check_records(drill, drawn, operators):
    """Each recipient's record; and the file that comes out of the centre gives the same table without one."""
    records = drill.call("GET", drill.path + "/records")["records"]
    found = {each["name"]: each for each in records}
    assert len(records) == len(drawn.rows)
    for name in drawn.fates:
        assert found[name]["reason"] == drawn.reason(name), (found[name], drawn.fates[name])
    some = [found[name] for name in drawn.fates if drawn.fates[name] == "link" and drawn.body_of[name] != SILENT_BODY][0]
    assert some["answers"] == ["はい", "3"] and some["by"] == "担当 太郎" and some["way"] == "link" and some["delivered"] and some["opened"], some
    status, headers, lines = drill.centre.request("GET", drill.path + "/records", drill.first, headers={"Accept": "text/csv"})
    path = os.path.join(drill.centre.folder, "records.csv")
    with open(path, "wb") as file:
        file.write(lines)
    assert status == 200 and headers["Content-Type"].startswith("text/csv")
    done = subprocess.run([NOROSHI, "reach", "--json", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    tier = json.loads(done.stdout)["tests"][0]["tiers"][2]
    assert (tier["addressed"], tier["reached"], tier["reasons"]) == (operators["addressed"], operators["reached"], operators["reasons"]), tier


def check_directory(drill, drawn):
    troubled = {each["name"]: each["trouble"] for each in drill.call("GET", "/v1/contacts?list=ceptoar&troubled=true")["contacts"]}
    wanted = {name: drawn.reason(name) for name in drawn.fates if drawn.reason(name) not in ("reached", "late", "not-passed-on")}
    wanted[SILENT_BODY] = "no-answer"
    assert troubled == wanted, set(troubled.items()) ^ set(wanted.items())
    # A line with a new address is no trouble any more.
    stale = [name for name, code in wanted.items() if code == "stale-contact"][0]
    drill.call("POST", "/v1/contacts", {"list": "ceptoar", "contacts": "name,tier,parent,mail\n%s,%s,%s,new@op.example\n" % (stale, TIERS[2], drawn.body_of[stale])})
    assert stale not in {each["name"] for each in drill.call("GET", "/v1/contacts?list=ceptoar&troubled=true")["contacts"]}


def check_years(drill, operators):
    past = {2018: 2005, 2019: 1958, 2020: 1995, 2021: 1924}
    lines = "year,tier,addressed,reached\n" + "".join("%d,%s,%d,%d\n" % (year, TIERS[2], count, count * 9 // 10) for year, count in past.items())
    years = drill.call("POST", "/v1/reach-years", {"years": lines})["years"]
    rows = [(each["year"], each["addressed"], each["reached"]) for each in years if each["tier"] == TIERS[2]]
    assert [row[1] for row in rows] == [2005, 1958, 1995, 1924, OPERATORS] and rows[-1][2] == operators["reached"], rows
    cookie = drill.centre.sign_in("analyst")
    for path, words in ((drill.path[3:], "損害保険"), ("/contacts", "事業者"), ("/reach-years", "1,995"), ("/dispatches", "Reach test")):
        status, _, page = drill.centre.request("GET", path, headers={"Cookie": cookie, "Accept": "text/html", "Accept-Language": "en"})
        assert status == 200 and words in page.decode(), (path, page[:300])


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
