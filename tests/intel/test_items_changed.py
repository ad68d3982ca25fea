"""Every property that the API changes, of every kind of item in STIX 2.1 and 2.0: the export, compared as parsed JSON, differs in that property, in
`modified`, and in nothing else; unknown properties and whatever was not asked for stay. What is ours alone is in no export. Prints TAP."""
import copy
import json
import sys
import uuid

from taxii import Exchange, main

RED_2, GREEN_2 = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
RED_1 = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
OTHER = "marking-definition--11111111-1111-4111-8111-111111111111"
TIMES = {"created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-02T00:00:00.000Z"}
# What is asked for, and what the object says then; the value before is never the same.
COMMON = {
    "name": ("another", {"name": "another"}),
    "description": ("of\nlines ☃", {"description": "of\nlines ☃"}),
    "confidence": (0, {"confidence": 0}),
    "revoked": (True, {"revoked": True}),
    "labels": (["a", "b"], {"labels": ["a", "b"]}),
    "language": ("ja", {"lang": "ja"}),
}
OF_INDICATOR = {
    "pattern": ("[domain-name:value = 'x.example']", {"pattern": "[domain-name:value = 'x.example']"}),
    "valid_from": ("2026-03-04T05:06:07Z", {"valid_from": "2026-03-04T05:06:07.000Z"}),
    "valid_until": ("2027-03-04T05:06:07.5Z", {"valid_until": "2027-03-04T05:06:07.500Z"}),
}
# Nothing of these is in an object: what we do with it is ours.
OURS = {"action": "alert", "false_positive": True}


def of(kind):
    return "%s--%s" % (kind, uuid.uuid4())


def objects(spec):
    """One of each kind, full of what we know and of what we do not; and a bare one, which has nothing that can be left out."""
    more = {"spec_version": "2.1"} if spec == "2.1" else {}
    full = {"name": "before", "description": "before", "confidence": 50, "revoked": False, "labels": ["before"], "lang": "en",
            "created_by_ref": of("identity"), "object_marking_refs": [OTHER], "external_references": [{"source_name": "x", "url": "https://x.example/"}],
            "granular_markings": [{"marking_ref": OTHER, "selectors": ["name"]}], "x_unknown": {"deep": [1, 2.5, None, "☃", {"": []}]}, "x_number": 12345678901234567}
    kinds = {
        "indicator": {"pattern": "[ipv4-addr:value = '192.0.2.1']", "valid_from": "2026-01-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z",
                      "kill_chain_phases": [{"kill_chain_name": "a", "phase_name": "b"}]},
        "sighting": {"sighting_of_ref": of("indicator"), "count": 3, "first_seen": "2026-01-01T00:00:00Z", "last_seen": "2026-01-02T00:00:00Z",
                     "where_sighted_refs": [of("identity")]},
        "report": {"published": "2026-01-01T00:00:00.123456Z", "object_refs": [of("indicator")]},
        "relationship": {"relationship_type": "indicates", "source_ref": of("indicator"), "target_ref": of("malware")},
        "malware": {"is_family": False, "aliases": ["one"]},
        "x-ours": {"x_own": True},
    }
    if spec == "2.1":
        kinds["indicator"].update(pattern_type="stix", pattern_version="2.1")
        kinds["note"] = {"content": "words", "object_refs": [of("indicator")]}
    for kind, own in kinds.items():
        for base in (full, {}):
            yield dict({"type": kind, "id": of(kind)}, **more, **TIMES, **own, **base)


def exported(centre, item):
    return centre.done("GET", "/v1/items/" + item["id"], token=centre.people["alpha"])


def change(centre, item, fields):
    status, answer = centre.json("PATCH", "/v1/items/" + item["id"], centre.people["alpha"], fields)
    assert status == 200, (item, fields, status, answer)
    return answer


def changes_of(item):
    """(asked for, what the object says then) for each property; the marking stands behind the others that there are, in the words of its language."""
    for name, (value, says) in dict(COMMON, **(OF_INDICATOR if item["type"] == "indicator" else {})).items():
        yield {name: value}, says
    for code, marking in (("RED", RED_2 if "spec_version" in item else RED_1), ("GREEN", None)):
        if marking:
            yield {"tlp": code}, {"object_marking_refs": item.get("object_marking_refs", []) + [marking]}


def import_all(centre, items):
    status, _, answer = centre.request("POST", "/v1/items", centre.people["alpha"], json.dumps({"objects": items}).encode())
    assert status == 202 and json.loads(answer)["success_count"] == len(items), answer


def all_exported(centre):
    found, query = {}, ""
    while True:
        page = centre.done("GET", "/v1/items?limit=500" + query, token=centre.people["alpha"])
        found.update((each["object"]["id"], each["object"]) for each in page["items"])
        if not page.get("next"):
            return found
        query = "&after=" + page["next"]


def one_by_one(spec):
    with Exchange() as centre:
        cases = []
        for template in objects(spec):
            cases += [(dict(copy.deepcopy(template), id=of(template["type"])), fields, says) for fields, says in changes_of(template)]
        assert len(cases) == (104 if spec == "2.1" else 90), len(cases)
        import_all(centre, [item for item, _, _ in cases])
        before = all_exported(centre)
        assert before == {item["id"]: item for item, _, _ in cases}
        answered = {item["id"]: change(centre, item, fields)["object"] for item, fields, _ in cases}
        for item, fields, says in cases:
            after = answered[item["id"]]
            assert after["modified"] > item["modified"]
            assert after == dict(item, modified=after["modified"], **says), (fields, after, item)
        assert all_exported(centre) == answered


def test_each_property_of_stix_2_1():
    one_by_one("2.1")


def test_each_property_of_stix_2_0():
    one_by_one("2.0")


def test_what_is_ours_is_in_no_object():
    with Exchange() as centre:
        for spec in ("2.0", "2.1"):
            for item in objects(spec):
                import_all(centre, [item])
                for name, value in OURS.items():
                    answer = change(centre, item, {name: value})
                    assert answer[name] == value, (name, answer)
                    assert dict(answer["object"], modified=0) == dict(item, modified=0), (name, answer, item)


def test_what_an_item_cannot_have_is_refused_and_nothing_changes():
    with Exchange() as centre:
        for item in objects("2.1"):
            import_all(centre, [item])
            wrong = [{"confidence": 101}, {"tlp": "PURPLE"}, {"unknown": 1}]
            wrong += [{"pattern": "["}] if item["type"] == "indicator" else [{"pattern": "[a:b = 1]"}, {"valid_from": "2026-01-01T00:00:00Z"}]
            for fields in wrong:
                status = centre.json("PATCH", "/v1/items/" + item["id"], centre.people["alpha"], fields)[0]
                assert status == 400, (item["type"], fields, status)
            assert exported(centre, item)["object"] == item
            for who, status in ((centre.people["beta"], 404), (centre.admin, 403), (None, 401)):
                assert centre.json("PATCH", "/v1/items/" + item["id"], who, {"name": "x"})[0] == status


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
