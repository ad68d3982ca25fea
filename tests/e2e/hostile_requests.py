"""Hostile requests made from the route table: each route with wrong types, missing, doubled, unknown and huge fields, broken UTF-8
and JSON, strange ids, limits and cursors, wrong methods and media types, and headers that are not what they should be.

routes() reads the API document, requests() yields what to send, send() sends it as it stands, check_answer() looks at the form of the answer. A new route is attacked without a change here.
"""
import http.client
import itertools
import json
import re

NOBODY = "00000000-0000-4000-8000-000000000000"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
WRONG_TYPES = ({}, [], None, True, -1, 1.5, 10 ** 30, "\u0000", "x\u0000y", "\ud800", "a\nb", "x" * 40000, [["x"]], {"a": {"b": []}}, "")
PATH_TRICKS = ("%00", "..", "%2e%2e", "%2e%2e%2fetc", "a%0Ab", "%ff%fe", "%c0%af", "'", "%25s%25n", "{}", "-1", "0", "4294967296",
               "18446744073709551616", "9" * 400, NOBODY.upper() + "x", "{%s}" % NOBODY, "%E2%80%AE")
QUERY_TRICKS = ("%00", "%ff", "%", "%zz", "-1", "0", "501", "99999999999999999999", "1e3", "NaN", "a" * 5000, "%0d%0aSet-Cookie:%20x=y")
BODIES = (b"", b"{", b"[]", b"null", b"\"x\"", b"{\"a\":1}", b"{\"a\"", b"\xff\xfe{}", b"{}" * 2, b"[" * 5000, b"{\"a\":" * 200 + b"1" + b"}" * 200,
          b"{\"\\u0000\":1}", b"{'a':1}", b"{\"a\":1e999}", b"{\"__proto__\":{}}", b"\x00" * 100, b"<?xml version='1.0'?><!DOCTYPE x>")
MEDIA = ("text/plain", "application/xml", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "application/json, text/plain",
         "application/x-www-form-urlencoded", "*/*", "", "application/jsonx")
TAGS = ("\"", "\"x\"", "\"-1\"", "\"18446744073709551616\"", "1", "\"1\", \"2\"", "W/1", "\"" + "1" * 100 + "\"", "\"1\"\"")
KEYS = ("x" * 65, "two words", "ka\u0301".encode().decode("latin-1"), "x" * 5000)


class Route:
    def __init__(self, method, path, operation):
        self.method, self.path, self.name, self.action = method, path, operation["operationId"], operation.get("x-action")
        self.query = {each["name"]: each["schema"] for each in operation["parameters"] if each["in"] == "query"}
        self.needed_query = {each["name"] for each in operation["parameters"] if each["in"] == "query" and each["required"]}
        content = operation.get("requestBody", {}).get("content", {})
        self.stream = "application/x-ndjson" in content
        schema = content.get("application/json", {}).get("schema", {})
        self.fields, self.required = schema.get("properties", {}), schema.get("required", [])
        self.values = re.findall(r"{(\w+)}", path)
        self.types = {each["name"]: each["schema"] for each in operation["parameters"] if each["in"] == "path"}

    def target(self, **other):
        """The path with ids that fit and name nothing."""
        def value(found):
            name = found.group(1)
            return other.get(name) or (NOBODY if self.types[name].get("format") == "uuid" else "4000000")
        return re.sub(r"{(\w+)}", value, self.path)

    def body(self):
        """What fits every required field; None when there is no body."""
        if not self.fields and self.method == "GET":
            return None
        return {name: fitting(self.fields[name]) for name in self.required}


def fitting(schema):
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "array":
        return ["host"]
    if schema["type"] in ("integer", "number"):
        return schema.get("minimum", 1)
    if schema["type"] == "boolean":
        return True
    return NOBODY if schema.get("format") == "uuid" else "2027-01-01T00:00:00Z" if schema.get("format") == "date-time" else "x-fits"


def routes(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield Route(method.upper(), path, operation)


def takes(schema, value):
    """Whether the table's type could let this value in."""
    if isinstance(value, bool):
        return schema["type"] == "boolean"
    if isinstance(value, (int, float)):
        return schema["type"] in ("integer", "number")
    if isinstance(value, str):
        return schema["type"] == "string"
    return isinstance(value, list) and schema["type"] == "array"


def of_fields(route):
    fits = route.body()
    for name, schema in route.fields.items():
        for wrong in WRONG_TYPES:
            if wrong is None and name not in route.required:
                continue  # as if it were not there
            if not takes(schema, wrong) or (isinstance(wrong, str) and ("\u0000" in wrong or len(wrong) > 30000)):
                yield json.dumps(dict(fits, **{name: wrong})).encode()
        twice = json.dumps(dict(fits, **{name: fitting(schema)}))
        yield (twice[:-1] + ", " + json.dumps(name) + ": " + json.dumps(fitting(schema)) + "}").encode()
    for name in route.required:
        yield json.dumps({each: value for each, value in fits.items() if each != name}).encode()
    yield json.dumps(dict(fits, no_such_field=1)).encode()
    yield json.dumps(dict(fits, _hash="x", _matches=True)).encode()


def requests(route):
    """(method, target, body, headers, refused): `refused`: no answer below 400 will do."""
    kind = {"Content-Type": "application/json"}
    fits = route.body()
    body = None if fits is None else json.dumps(fits).encode()
    changes = route.method != "GET"
    if changes and not route.stream:
        for each in itertools.chain(of_fields(route), BODIES[1:] if route.fields else ()):
            yield route.method, route.target(), each, kind, True
        for media in MEDIA:
            yield route.method, route.target(), body or b"{}", {"Content-Type": media}, True
        yield route.method, route.target(), b"{\"x\":\"" + b"y" * (3 << 20) + b"\"}", kind, True
    if route.method == "GET":
        yield "GET", route.target(), b"{}", kind, True
    for name, trick in itertools.product(route.values, PATH_TRICKS):
        yield route.method, route.target(**{name: trick}), body, kind, changes or trick not in ("..", "%2e%2e")
    for name, schema in route.query.items():
        for trick in QUERY_TRICKS:
            strict = schema["type"] != "string" or "enum" in schema or "format" in schema or trick in ("%00", "%ff", "a" * 5000)
            if schema["type"] == "integer" and re.fullmatch(r"-?\d+", trick):
                strict = not schema.get("minimum", -1 << 63) <= int(trick) <= schema.get("maximum", (1 << 63) - 1)
            yield route.method, route.target() + "?%s=%s" % (name, trick), body, kind, strict and not route.stream
        yield route.method, route.target() + "?%s=1&%s=1" % (name, name), body, kind, not route.stream
    yield route.method, route.target() + "?no_such=1", body, kind, True
    yield route.method, route.target() + "/", body, kind, True
    if not changes:  # the library reads these as the path without them
        yield route.method, route.target().replace("/v1/", "/v1//"), body, kind, False
        yield route.method, route.target().replace("/v1/", "/v1/../v1/"), body, kind, False
    for tag in TAGS:
        yield route.method, route.target(), body, dict(kind, **{"If-Match": tag}), True
    for key in KEYS:
        yield route.method, route.target(), body, dict(kind, **{"Idempotency-Key": key}), True
    for method in METHODS:
        if method != route.method:
            yield method, route.target(), None, {}, False


def check_answer(what, status, headers, data):
    assert 200 <= status < 500, (what, status, data[:300])
    if status < 400 or status == 405 and not data:
        return
    assert headers["Content-Type"] == "application/problem+json", (what, status, headers.items(), data[:200])
    problem = json.loads(data)
    assert problem["status"] == status and problem["title"] and set(problem) <= {"type", "title", "status", "detail"}, (what, problem)
    assert int(headers["Content-Length"]) == len(data), what
    assert status != 405 or headers["Allow"], what
    assert status != 429 or int(headers["Retry-After"]) >= 1, what


BROKEN = "=.*%(0d|00|zz|$|&)"  # what the library itself takes for no query


def send_once(connection, method, target, token, body, headers):
    """As it stands: http.client would refuse to send some of it. None when the connection was closed without an answer."""
    try:
        lines = ["%s %s HTTP/1.1" % (method, target), "Host: " + connection.host + ":%d" % connection.port]
        lines += ["Authorization: Bearer " + token] + ["%s: %s" % each for each in headers.items()]
        lines += ["Content-Length: %d" % len(body or b"")] if body is not None or method in ("POST", "PUT", "PATCH") else []
        if connection.sock is None:
            connection.connect()
        connection.sock.sendall("\r\n".join(lines + ["", ""]).encode("latin-1") + (body or b""))
        answer = http.client.HTTPResponse(connection.sock, method=method)
        answer.begin()
        data = answer.read()
        if answer.will_close:
            connection.close()
        return answer.status, answer.headers, data
    except (ConnectionError, http.client.HTTPException, BrokenPipeError):
        connection.close()
        return None


def send(connection, *request):
    """Once more on a new connection, when the old one had been closed after the answer before."""
    return send_once(connection, *request) or send_once(connection, *request)
