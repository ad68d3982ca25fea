#!/usr/bin/env python3
"""Makes communities at a centre, with their collections and members, of lines of JSON: sample/sector-bodies.jsonl, or what
`noroshi intel convert --to communities` made of MISP's sharing groups.

usage: communities.py URL FILE < ADMINISTRATOR-TOKEN

A line has what POST /v1/communities takes, and may have `members` (names of organisations) and `collections` (what POST
/v1/collections takes). What is there already stays as it is, and is said, as are organisations that the centre does not have.
Ends with 1 when something was said. SSL_CERT_FILE names the centre's authority, where it is one of its own.
"""
import json
import sys
import urllib.error
import urllib.request


class Centre:
    def __init__(self, url, token):
        self.url, self.token, self.said = url.rstrip("/"), token, 0

    def ask(self, method, path, body=None):
        """(status, JSON)."""
        request = urllib.request.Request(self.url + path, None if body is None else json.dumps(body).encode(), method=method,
                                         headers={"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            return refused.code, json.loads(refused.read() or b"null")

    def say(self, *words):
        self.said += 1
        print(*words, file=sys.stderr)

    def make(self, method, path, body, what):
        status, answer = self.ask(method, path, body)
        if status >= 300:
            self.say("%s: %s" % (what, (answer or {}).get("detail") or (answer or {}).get("title") or status))
        return status < 300

    def numbers(self, what):
        """Of organisations, or of communities, by name."""
        found, after = {}, ""
        while True:
            status, page = self.ask("GET", "/v1/%s?limit=500%s" % (what, after))
            if status != 200:
                sys.exit("the centre answers %d: is this an administrator's token?" % status)
            found.update({each["name"]: each["number"] for each in page[what]})
            if not page.get("next"):
                return found
            after = "&after=" + page["next"]

    def community(self, line, numbers):
        name, members, collections = line["name"], line.pop("members", []), line.pop("collections", [])
        made = self.make("POST", "/v1/communities", line, name)
        number = self.numbers("communities").get(name) if members else None
        for member in members:
            if number and member in numbers:
                self.make("PUT", "/v1/communities/%d/members/%d" % (number, numbers[member]), {"role": "member"}, "%s, %s" % (name, member))
            elif member not in numbers:
                self.say("%s: the centre has no organisation %s" % (name, member))
        for collection in collections:
            self.make("POST", "/v1/collections", dict(collection, community=name), "%s, %s" % (name, collection.get("alias")))
        return made


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    centre = Centre(sys.argv[1], sys.stdin.readline().strip())
    numbers, made = centre.numbers("organisations"), 0
    with open(sys.argv[2], encoding="utf-8") as file:
        for line in filter(str.strip, file):
            made += centre.community(json.loads(line), numbers)
    print("%d communities made" % made)
    return 1 if centre.said else 0


if __name__ == "__main__":
    sys.exit(main())
