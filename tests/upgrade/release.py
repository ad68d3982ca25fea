"""What a release leaves behind, and how to look into it: shared by make.py and test_upgrade.py."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "center"))
from center import NOROSHI, wait_for  # noqa: E402,F401
from test_lasting import Lasting  # noqa: E402

OBSERVED = "2026-11-01"  # the day of which the telescopes of a fixture tell
FOLDER = os.path.dirname(os.path.abspath(__file__))


def account(centre, name, role):
    """A new account's token."""
    done = subprocess.run([NOROSHI, "account", "add", name, "--role", role, "--config", centre.config, "--token"],
                          stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split("token: ")[1].strip()


def pages(centre, token, path, name):
    """Every item of a list."""
    found, after = [], ""
    while True:
        status, page = centre.json("GET", path + ("&" if "?" in path else "?") + "limit=100&after=" + after, token)
        assert status == 200, (path, status, page)
        found += page[name]
        after = page.get("next", "")
        if not after:
            return found


def collected(centre, member):
    """Every object of every collection that this member reads, with the time it was added: what TAXII gives."""
    accept, found = {"Accept": "application/taxii+json;version=2.1"}, []

    def walk(path):
        held, next_ = [], ""
        while True:
            page = json.loads(centre.request("GET", path + next_, member, None, accept)[2])
            held += page.get("objects", [])
            if not page.get("more"):
                return held
            next_ = "&next=" + page["next"]

    listed = json.loads(centre.request("GET", "/taxii2/exchange/collections/", member, None, accept)[2])
    for collection in listed.get("collections", []):
        objects, manifest = (walk("/taxii2/exchange/collections/%s/%s/?match[version]=all&limit=2" % (collection["id"], part)) for part in ("objects", "manifest"))
        found += [[collection["alias"], each["date_added"], each["version"], json.dumps(held, sort_keys=True)]
                  for held, each in zip(objects, manifest, strict=True)]
    return found


def exchanged(centre, analyst, member):
    """What came with the exchange and with records; releases before 0.3.0 have nothing of it."""
    return {
        "records": sorted([r["type"], r["occurred"], r.get("source", ""), r.get("target", ""), r["original"]] for r in pages(centre, analyst, "/v1/records", "records")),
        "communities": sorted([c["name"], c["kind"], c["purpose"]] for c in pages(centre, analyst, "/v1/communities", "communities")),
        "items": sorted([i["id"], i["type"], i["modified"], i["tlp"]] for i in pages(centre, analyst, "/v1/items", "items")),
        "naming": centre.json("GET", "/v1/naming", member)[1].get("naming"),
        "collected": collected(centre, member),
    }


def guarded(centre, administrator, analyst, member, device):
    """What came with lists for devices, servers elsewhere, and who gave what to whom; releases before 0.4.0 have nothing of it."""
    def got(path, token):
        status, answer = centre.json("GET", path, token)
        assert status == 200, (path, status, answer)
        return answer

    return {
        "devices": sorted([d["name"], d["organisation"]] for d in got("/v1/devices", administrator)["devices"]),
        "remotes": sorted([r["name"], r["kind"], r["url"], r["active"]] for r in got("/v1/remotes", administrator)["remotes"]),
        "releases": sorted([r["release"], r["object"], r["tlp"], r["decided"]] for r in pages(centre, member, "/v1/releases", "releases")),
        "contacts": sorted([c["name"], c["mail"]] for c in got("/v1/contacts", analyst)["contacts"]),
        "announcements": sorted([a["source"], a["by"]] for a in got("/v1/announcements", analyst)["announcements"]),
        "lists": {form: centre.request("GET", "/v1/lists/" + form, device)[2].decode() for form in ("plain", "hosts")},
    }


def observed(centre, administrator, analyst, member):
    """What telescopes brought: whose address appeared in them, what they counted and found, what was published, who else is told."""
    def got(path, token=analyst):
        status, answer = centre.json("GET", path, token)
        assert status == 200, (path, status, answer)
        return answer

    views = got("/v1/darknet/views?period=" + OBSERVED)
    publications = {each["title"]: got("/v1/darknet/publications/" + each["id"]) for each in got("/v1/darknet/publications")["publications"]}
    return {
        "appearances": sorted([a["address"], a["state"], a["note"]] for a in got("/v1/appearances", member)["appearances"]),
        "counted": [views["telescopes"], views["period"]["address_days"], views["views"]["all"]["packets"]],
        "published": sorted([title, p["figures"]["known"], p["figures"]["views"]["all"]["packets"]] for title, p in publications.items()),
        "findings": sorted(json.dumps(f["finding"], sort_keys=True) for what in ("group", "scan") for f in got("/v1/darknet/findings?what=" + what)["findings"]),
        "network_contacts": sorted([c["name"], c["prefixes"], c["mail"], c["every"], c["signed_for_by"]]
                                   for c in got("/v1/darknet/contacts", administrator)["contacts"]),
    }


def contents(centre, analyst, auditor, member=None, administrator=None, device=None, telescopes=None):
    """What a centre holds, as later versions must still give it."""
    alerts = pages(centre, analyst, "/v1/alerts", "alerts")
    events = pages(centre, analyst, "/v1/events", "events")
    status, log = centre.json("GET", "/v1/log/verify", auditor)
    assert status == 200 and log["intact"], log
    return {
        "alerts": sorted([a["organisation"], a["occurred"], a["signature"], a["verdict"], a.get("event", "")] for a in alerts),
        "events": sorted([e["id"], e["organisation"], e["first"], e["last"], e["alerts"], e["state"], e["title"],
                          e["state_reason"]] for e in events),
        "notices": sorted([n["number"], n["state"], n["tlp"], n["organisation"]]
                          for n in pages(centre, analyst, "/v1/notices", "notices")),
        "decisions": sorted([d["id"], d["signature"], d["reason"]] for d in pages(centre, analyst, "/v1/decisions", "decisions")),
        "organisations": sorted([o["number"], o["name"]] for o in pages(centre, analyst, "/v1/organisations", "organisations")),
        **(exchanged(centre, analyst, member) if member else {}),
        **(guarded(centre, administrator, analyst, member, device) if device else {}),
        **(observed(centre, administrator, analyst, member) if telescopes else {}),
    }


def contents_of(centre, facts):
    """The same, with the tokens that a release left behind."""
    return contents(centre, *(facts.get(name) for name in ("analyst", "auditor", "member", "administrator", "device", "telescopes")))


def crc32c(data):
    """CRC-32C (Castagnoli; RFC 3720 B.4), as every block of our files carries it."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff
