"""Checks records against Suricata's EVE schema: as much of JSON Schema as that schema uses, and no more (an unknown word in it
is an error, not something passed over)."""
import json
import re

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool}
KNOWN = {"type", "properties", "additionalProperties", "required", "items", "minItems", "minProperties", "$ref", "$defs", "enum", "const",
         "oneOf", "pattern", "description", "title", "suricata", "$comment", "$schema", "$id", "optional", "minimum", "maximum"}


class Schema:
    def __init__(self, path):
        self.root = json.loads(path.read_text(encoding="utf-8"))

    def problems(self, record):
        """Words on each thing that the schema forbids."""
        return list(self._check(record, self.root, "record"))

    def _has_type(self, value, name):
        if name == "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        if name == "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        return isinstance(value, TYPES[name])

    def _check(self, value, schema, where):
        if unknown := set(schema) - KNOWN:
            raise ValueError(f"{where}: the schema says {unknown}, which is not known here")
        if "$ref" in schema:
            yield from self._check(value, self.root["$defs"][schema["$ref"].removeprefix("#/$defs/")], where)
        if "type" in schema and not self._has_type(value, schema["type"]):
            yield f"{where}: {value!r} is no {schema['type']}"
            return
        if "enum" in schema and value not in schema["enum"] or "const" in schema and value != schema["const"]:
            yield f"{where}: {value!r} is not among what is allowed"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{where}: {value!r} does not look as it should"
        if "oneOf" in schema and sum(not list(self._check(value, one, where)) for one in schema["oneOf"]) != 1:
            yield f"{where}: {value!r} is not one of several"
        if isinstance(value, dict):
            yield from self._check_object(value, schema, where)
        elif isinstance(value, list):
            if len(value) < schema.get("minItems", 0):
                yield f"{where}: an empty array"
            for item in value:
                yield from self._check(item, schema.get("items", {}), f"{where}[]")

    def _check_object(self, value, schema, where):
        properties = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                yield f"{where}: no {name}"
        if len(value) < schema.get("minProperties", 0):
            yield f"{where}: an empty object"
        for name, member in value.items():
            if name in properties:
                yield from self._check(member, properties[name], f"{where}.{name}")
            elif schema.get("additionalProperties", True) is False:
                yield f"{where}.{name}: no such member"
