#!/usr/bin/env python3
"""The web site that scanners attack in a namespace: pages, a search, a shop whose item page asks its database carelessly, a page
that shows files carelessly (within its own folder: nothing of the machine can be reached), a page that repeats a name carelessly,
uploads. It runs nothing that it is sent.

usage: weblog_site.py PORT FOLDER      (listens on 127.0.0.1)
"""
import html
import http.server
import os
import posixpath
import sqlite3
import sys
import threading
import urllib.parse

WORDS = ("server", "network", "garden", "history", "weather", "music", "travel", "cooking", "school", "library", "river", "mountain")
# What people look for who write programs, or who are called O'Brien: none of it is an attack.
SEARCHES = [
    "how to use select * from table where id = 1 in sql", "select the best option", "union select committee report", "drop table example",
    "o'reilly books", "d'angelo's \"greatest hits\"", "rock 'n' roll and blues", "c++ vs c#", "a && b || c", "x = y or z", "where 1 is not 2",
    "difference between inner join and union all", "order by date desc limit 10", "insert into a bag", "delete from list python",
    "<b> tag in html", "what does <script> do", "javascript: the good parts", "document.getElementById example", "alert box in javascript",
    "onclick vs addeventlistener", "how to read /etc/passwd", "what is /etc/hosts for", "../ in relative paths", "cat and dog food", "ls -l meaning",
    "ping command", "cd ..", "curl; wget; httpie", "r&b music", "at&t; verizon", "50% off", "100%", "time.sleep(5) python", "benchmark cpu",
    "having a good time", "sleep (disorder)", "php exec() function", "eval in python", "system(8) manual", "{{ mustache }} templates", "${HOME} variable",
    "jinja2 {% for %}", "base64 decode", "concat() and char()", "count(*) and length(x)", "a=b", "1+1=2", "5 > 3", "(live) [remastered] {2011}", "e-mail: a@b.example",
    "SELECT name FROM users", "UPDATE statement tutorial", "where's wally", "--help option", "# hashtag", "admin guide", "robots.txt", "index.php tutorial",
    "日本語 検索", "セキュリティ 対策", "O’Neil", "naïve café", "file:// urls", "http://www.example.org/", "https://example.org/?a=b&c=d", "C:\\Windows folder", "cmd.exe help",
    "'quoted'", "\"exact phrase\"", "it's; isn't", "tom & jerry | cartoons", "null pointer", "%20 in urls", "<3", ">_<", "like '%a%' in sql", "or", "and", "1 or 2 bedrooms",
]


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = ""
    lock = threading.Lock()
    database = sqlite3.connect(":memory:", check_same_thread=False)

    def log_message(self, *_):
        pass

    def answer(self, status, text, kind="text/html; charset=utf-8"):
        body = text.encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def page(self, title, body, status=200):
        links = "".join(f'<li><a href="{to}">{name}</a></li>' for to, name in (("/", "Home"), ("/searches", "Search"), ("/shop", "Shop"), ("/docs", "Documents")))
        self.answer(status, f"<!doctype html><title>{title}</title><link rel=stylesheet href=/style.css><ul>{links}</ul><h1>{title}</h1>{body}")

    def do_home(self, _):
        self.page("Home", "".join(f'<p><a href="/article/{i}">{WORDS[i % 12]} {WORDS[i * 7 % 12]}</a>' for i in range(120))
                  + '<p><a href="/hello?name=guest">hello</a><form action=/search><input name=q></form><form method=post action=/login><input name=user><input name=password></form>')

    def do_searches(self, _):
        self.page("Search", "".join(f'<p><a href="/search?{html.escape(urllib.parse.urlencode({"q": q, "page": 1}))}">{html.escape(q)}</a>' for q in SEARCHES))

    def do_search(self, query):
        words = query.get("q", [""])[0]
        with self.lock:
            rows = self.database.execute("select name from item where name like ?", (f"%{words}%",)).fetchall()
        self.page("Search", f"<p>{html.escape(words)}: {len(rows)} found" + "".join(f"<p>{name}" for name, in rows))

    def do_shop(self, _):
        self.page("Shop", "".join(f'<p><a href="/item?id={i}">item {i}</a>' for i in range(1, 41)))

    def do_item(self, query):
        try:
            with self.lock:
                rows = self.database.execute(f"select name, price from item where id = {query.get('id', ['0'])[0]}").fetchall()
        except sqlite3.Error as error:
            return self.page("Error", html.escape(str(error)), 500)
        return self.page("Item", "".join(f"<p>{html.escape(str(name))} costs {html.escape(str(price))}" for name, price in rows) or "<p>There is no such item.")

    def do_docs(self, _):
        self.page("Documents", "".join(f'<p><a href="/view?file=doc{i}.txt">document {i}</a>' for i in range(20)))

    def do_view(self, query):
        # climbs within this site's folder and not out of it
        name = posixpath.normpath(posixpath.join("/srv/documents", query.get("file", [""])[0]))
        try:
            with open(os.path.join(self.folder, name.lstrip("/")), encoding="utf-8") as file:
                self.answer(200, file.read(), "text/plain; charset=utf-8")
        except (OSError, ValueError):
            self.page("Not found", "<p>There is no such document.", 404)

    def do_hello(self, query):
        self.page("Hello", "<p>Hello, " + query.get("name", ["guest"])[0])

    def do_style(self, _):
        self.answer(200, "body { margin: 1em }", "text/css")

    def do_GET(self):  # noqa: N802 - the library's name
        parts = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(parts.query, keep_blank_values=True)
        pages = {"/": self.do_home, "/searches": self.do_searches, "/search": self.do_search, "/shop": self.do_shop, "/item": self.do_item,
                 "/docs": self.do_docs, "/view": self.do_view, "/hello": self.do_hello, "/style.css": self.do_style}
        if parts.path in pages:
            pages[parts.path](query)
        elif parts.path.startswith("/article/") and parts.path[9:].isdigit():
            number = int(parts.path[9:])
            self.page(f"Article {number}", f"<p>{' '.join(WORDS[number * k % 12] for k in range(1, 60 + number))}")
        elif parts.path.startswith("/uploads/") and parts.path[9:] in os.listdir(os.path.join(self.folder, "uploads")):
            self.answer(200, "this is what was uploaded", "text/plain")
        else:
            self.page("Not found", "<p>There is no such page.", 404)

    do_HEAD = do_GET  # noqa: N815

    def do_POST(self):  # noqa: N802
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/upload/"):
            with open(os.path.join(self.folder, "uploads", os.path.basename(self.path)), "wb") as file:
                file.write(data)
            self.page("Uploaded", "", 201)
        elif self.path == "/login":
            self.page("Wrong password", "", 200)
        else:
            self.page("Not found", "", 404)


def main():
    port, folder = int(sys.argv[1]), sys.argv[2]
    Site.folder = folder
    for name in ("uploads", "srv/documents", "etc"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    for i in range(20):
        with open(os.path.join(folder, f"srv/documents/doc{i}.txt"), "w", encoding="utf-8") as file:
            file.write(f"Document {i}.\n" + "Nothing of interest.\n" * i)
    with open(os.path.join(folder, "etc/passwd"), "w", encoding="utf-8") as file:
        file.write("".join(f"user{i}:x:{1000 + i}:{1000 + i}::/home/user{i}:/usr/sbin/nologin\n" for i in range(30)))
    Site.database.execute("create table item (id integer primary key, name text, price integer)")
    Site.database.executemany("insert into item values (?, ?, ?)", [(i, f"{WORDS[i % 12]} {i}", i * 100) for i in range(1, 41)])
    # a query that is told to work for long fails instead
    Site.database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1000000)
    Site.database.set_progress_handler(lambda: 1, 2000000)
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Site).serve_forever()


if __name__ == "__main__":
    main()
