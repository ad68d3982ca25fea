"""The OpenAPI document and the manual's reference page, against the route table and OpenAPI 3.1 itself.

`noroshi help openapi` is what GET /v1/openapi.json serves (tests/e2e/test_hostile.py walks that one).
"""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from center import NOROSHI, main  # noqa: E402

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
METHODS = {"get", "put", "post", "delete", "patch"}


def printed(topic):
    return subprocess.run([NOROSHI, "help", topic], capture_output=True, text=True, check=True, timeout=20).stdout


def document():
    return json.loads(printed("openapi"))


def operations():
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def check_schema(schema, where):
    assert schema["type"] in ("string", "integer", "number", "boolean", "array", "object"), where
    assert schema["type"] != "array" or "items" in schema, where
    assert set(schema) <= {"type", "format", "minimum", "maximum", "maxLength", "minLength", "maxItems", "items", "enum", "properties",
                           "required", "additionalProperties", "description"}, where
    assert schema.get("minimum", 0) <= schema.get("maximum", schema.get("minimum", 0)), where
    if "enum" in schema:
        assert schema["enum"] and len(set(schema["enum"])) == len(schema["enum"]), where
    for name, each in schema.get("properties", {}).items():
        check_schema(each, where + (name,))
    assert set(schema.get("required", ())) <= set(schema.get("properties", ())), where
    if "items" in schema:
        check_schema(schema["items"], where + ("items",))


def references(value):
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "$ref":
                yield each
            else:
                yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_the_document_has_what_openapi_asks_for():
    made = document()
    assert re.fullmatch(r"3\.1\.\d+", made["openapi"]) and made["info"]["title"] and made["info"]["version"]
    assert set(made) <= {"openapi", "info", "servers", "paths", "webhooks", "components", "security", "tags", "jsonSchemaDialect"}
    for reference in references(made):
        at = made
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]
    for requirement in made["security"]:
        assert set(requirement) <= set(made["components"]["securitySchemes"])
    assert made["components"]["responses"]["problem"]["content"]["application/problem+json"]["schema"]["properties"]["status"]


def test_every_operation_is_whole():
    names = set()
    for path, method, operation in operations():
        where = (method, path)
        assert path.startswith("/v1/") and method in METHODS, where
        assert operation["operationId"] not in names and operation["summary"], where
        names.add(operation["operationId"])
        parameters = [(each["in"], each["name"]) for each in operation["parameters"]]
        assert len(set(parameters)) == len(parameters), where
        assert sorted(name for place, name in parameters if place == "path") == sorted(re.findall(r"{(\w+)}", path)), where
        for each in operation["parameters"]:
            assert each["in"] in ("path", "query", "header") and each["description"], where + (each["name"],)
            assert each["in"] != "path" or each["required"] is True, where
            check_schema(each["schema"], where + (each["name"],))
        assert "200" in operation["responses"] and "default" in operation["responses"], where
        assert "requestBody" not in operation or method != "get", where
        for media in operation.get("requestBody", {}).get("content", {}).values():
            check_schema(media["schema"], where)
    assert len(names) > 40, len(names)


def test_the_reference_page_is_the_route_tables():
    with open(os.path.join(TOP, "docs/api-routes.md"), encoding="utf-8") as file:
        assert file.read() == printed("routes"), "stale: noroshi help routes > docs/api-routes.md"


def test_both_name_the_same_routes():
    listed = set(re.findall(r"^## ([A-Z]+) (/v1/\S+)$", printed("routes"), flags=re.M))
    assert listed == {(method.upper(), path) for path, method, _ in operations()}, listed


def test_every_route_that_the_manual_names_is_there():
    known = {path for path, _, _ in operations()} | {"/v1/openapi.json"}
    shapes = {re.sub(r"{\w+}", "{}", path) for path in known}
    for name in ("api.md", "api-notices.md", "manual.md", "operation.md", "formats/ingest.md"):
        with open(os.path.join(TOP, "docs", name), encoding="utf-8") as file:
            for path in re.findall(r"(?:GET|POST|PUT|PATCH|DELETE) (/v1/[\w/{}.-]*[\w}])", file.read()):
                shape = re.sub(r"{\w+}", "{}", path)
                assert shape in shapes or any(each.startswith(shape + "/") for each in shapes), (name, path)


if __name__ == "__main__":
    sys.exit(main(sys.modules[__name__]))
