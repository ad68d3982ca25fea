#!/usr/bin/env python3
"""Items of MISP at a real centre: events, attributes and objects go in and come out as they came; each property that the API changes is the only
one that differs, with the timestamp of what has it. A sharing group is kept whole."""
import copy
import json
import sys
import uuid

from taxii import Exchange, main

# What is asked for, and what the object says then.
OF_EVENT = {
    "name": ("another", {"info": "another"}),
    "published": ("2026-05-06T07:08:09Z", {"publish_timestamp": "1778051289"}),
}
OF_BOTH = {
    "first_seen": ("2026-03-04T05:06:07Z", {"first_seen": "2026-03-04T05:06:07.000Z"}),
    "last_seen": ("2027-03-04T05:06:07.5Z", {"last_seen": "2027-03-04T05:06:07.500Z"}),
    "revoked": (True, {"deleted": True}),
    "description": ("of\nlines ☃", None),
}
OF_ATTRIBUTE = {"pattern": ("198.51.100.7", {"value": "198.51.100.7"}), "misp_type": ("ip-src", {"type": "ip-src"})}
OF_OBJECT = {"name": ("another", {"name": "another"})}
KEPT = {"name": "x:unknown", "colour": "#00ff00", "exportable": True}


def tags(of, *names):
    return [KEPT] + [{"name": name} for name in names]


OF_TAGGED = {
    "tlp": ("RED", {"Tag": [KEPT, {"name": "x:other"}, {"name": "tlp:red"}]}),
    "pap": ("AMBER", {"Tag": [KEPT, {"name": "x:other"}, {"name": "tlp:green", "local": False}, {"name": "PAP:AMBER"}]}),
    "labels": (["x:unknown", "tlp:green", "x:new"], {"Tag": [KEPT, {"name": "tlp:green", "local": False}, {"name": "x:new"}]}),
}


def attribute(**more):
    return dict({"uuid": str(uuid.uuid4()), "type": "ip-dst", "category": "Network activity", "to_ids": True, "value": "192.0.2.1", "comment": "before",
                 "timestamp": "1700000000", "distribution": "5", "first_seen": "2026-01-01T00:00:00+00:00", "last_seen": "2026-01-02T00:00:00+00:00",
                 "deleted": False, "x_unknown": {"deep": [1, None, "☃"]}, "Tag": [KEPT, {"name": "x:other"}, {"name": "tlp:green", "local": False}]}, **more)


def event():
    thing = {"uuid": str(uuid.uuid4()), "name": "file", "meta-category": "file", "template_uuid": str(uuid.uuid4()), "description": "before",
             "timestamp": "1700000001", "deleted": False, "first_seen": "2026-01-01T00:00:00+00:00", "last_seen": "2026-01-02T00:00:00+00:00",
             "ObjectReference": [{"uuid": str(uuid.uuid4()), "relationship_type": "drops"}],
             "Attribute": [attribute(type="sha256", value="ab" * 32, object_relation="sha256"), attribute(type="filename", value="a.exe", to_ids=False)]}
    return {"uuid": str(uuid.uuid4()), "info": "before", "date": "2026-01-01", "threat_level_id": "2", "analysis": "1", "distribution": "1", "published": True,
            "timestamp": "1700000002", "publish_timestamp": "1700000003", "Orgc": {"name": "OURS", "uuid": str(uuid.uuid4())}, "x_unknown": [{"a": {}}],
            "Tag": [KEPT, {"name": "x:other"}, {"name": "tlp:green", "local": False}], "Galaxy": [{"name": "g", "GalaxyCluster": []}],
            "Attribute": [attribute()], "Object": [thing]}


def import_all(centre, body):
    status, _, answer = centre.request("POST", "/v1/items", centre.people["alpha"], json.dumps(body).encode())
    assert status == 202, (status, answer)
    return json.loads(answer)


def exported(centre, number):
    return centre.done("GET", "/v1/items/" + number, token=centre.people["alpha"])["object"]


def parts(made):
    """(what has a uuid of its own, its properties that may be changed)."""
    yield made, dict(OF_EVENT, **OF_TAGGED)
    yield made["Attribute"][0], dict(OF_ATTRIBUTE, **OF_BOTH, **OF_TAGGED)
    yield made["Object"][0], dict(OF_OBJECT, **OF_BOTH)
    yield made["Object"][0]["Attribute"][0], dict(OF_ATTRIBUTE, **OF_BOTH, **OF_TAGGED)


def test_each_property_of_misp():
    with Exchange() as centre:
        cases = 0
        for place, (_, properties) in enumerate(parts(event())):
            for field, (value, says) in properties.items():
                made = event()
                done = import_all(centre, {"Event": made})
                assert done["success_count"] == 5 and done["failure_count"] == 0, done
                assert exported(centre, made["uuid"]) == made, "as it came"
                part = [each for each, _ in parts(made)][place]
                says = says or {"comment" if "value" in part else "description": value}
                answer = centre.done("PATCH", "/v1/items/" + part["uuid"], {field: value}, centre.people["alpha"])["object"]
                expected = copy.deepcopy(made)
                changed = [each for each, _ in parts(expected)][place]
                assert int(answer["timestamp"]) > int(changed["timestamp"])
                changed.update(says, timestamp=answer["timestamp"])
                assert exported(centre, made["uuid"]) == expected, (field, exported(centre, made["uuid"]), expected)
                assert answer == changed, (field, answer, changed)
                cases += 1
        assert cases == 5 + 9 + 5 + 9, cases


def test_what_a_form_does_not_have_is_refused_and_nothing_changes():
    with Exchange() as centre:
        made = event()
        group = {"SharingGroup": {"uuid": str(uuid.uuid4()), "name": "circle", "releasability": "ours", "SharingGroupOrg": [{"Organisation": {"name": "A", "uuid": str(uuid.uuid4())}}]}}
        import_all(centre, {"response": [{"Event": made}]})
        assert import_all(centre, group)["success_count"] == 1
        for part, _ in parts(made):
            wrong = [{"confidence": 5}, {"valid_from": "2026-01-01T00:00:00Z"}, {"language": "ja"}, {"tlp": "PURPLE"}]
            wrong += [{"pattern": ""}, {"misp_type": ""}] if "value" in part else [{"pattern": "x"}, {"misp_type": "x"}]
            wrong += [{"published": "2026-01-01T00:00:00Z"}] if "info" not in part else [{"description": "x"}, {"revoked": True}]
            for fields in wrong:
                status, answer = centre.json("PATCH", "/v1/items/" + part["uuid"], centre.people["alpha"], fields)
                assert status == 400, (part["uuid"], fields, status, answer)
        assert centre.json("PATCH", "/v1/items/" + group["SharingGroup"]["uuid"], centre.people["alpha"], {"name": "x"})[0] == 400
        assert exported(centre, made["uuid"]) == made and exported(centre, group["SharingGroup"]["uuid"]) == group, exported(centre, group["SharingGroup"]["uuid"])
        for who, status in ((centre.people["beta"], 404), (centre.admin, 403), (None, 401)):
            assert centre.json("PATCH", "/v1/items/" + made["uuid"], who, {"name": "x"})[0] == status


def test_values_are_found_and_what_is_wrong_is_told():
    with Exchange() as centre:
        made = event()
        made["Attribute"].append(attribute(type="domain|ip", value="Evil.example|198.51.100.3"))
        made["Attribute"].append({"uuid": "no", "type": "x", "value": "y"})
        done = import_all(centre, {"Event": made})
        assert (done["success_count"], done["failure_count"]) == (6, 1), done
        for value in ("192.0.2.1", "evil.example", "198.51.100.3"):
            assert len(centre.done("GET", "/v1/items?value=" + value, token=centre.people["alpha"])["items"]) == 1, value
        centre.collection("drops")
        status, _, answer = centre.request("POST", "/v1/items?collection=drops", centre.people["alpha"], json.dumps({"Event": event()}).encode())
        assert status == 202 and json.loads(answer)["success_count"] == 0 and "STIX" in json.loads(answer)["failures"][0]["message"], answer
        assert centre.request("POST", "/v1/items", centre.people["alpha"], b'{"Event": {"info": ')[0] == 422
        assert centre.request("POST", "/v1/items", centre.people["alpha"], json.dumps({"Event": {"info": "x" * (9 << 20)}}).encode())[0] == 422
        status, _, answer = centre.request("POST", "/taxii2/exchange/collections/drops/objects/", centre.people["alpha"], json.dumps({"Event": event()}).encode(),
                                           {"Content-Type": "application/taxii+json;version=2.1", "Accept": "application/taxii+json;version=2.1"})
        assert status == 422, answer


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
