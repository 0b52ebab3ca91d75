"""Is a value surely right by its schema? Asked first, because the library takes ten times as long to say so.

It may say no to what is right, never yes to what is wrong: after a no, the library finds the faults.
"""

import json
import re

ANNOTATIONS = {"$schema", "id", "title", "description", "default", "x-labels"}
OBJECT = {"properties", "required", "additionalProperties"}
ARRAY = {"items", "minItems", "maxItems", "uniqueItems"}
STRING = {"minLength", "maxLength", "pattern"}
INTEGER = {"minimum", "maximum"}


def compile(schema, longest):
    """A function value -> bool for a draft-04 schema (dict).

    longest: characters of a text that has a pattern and no maxLength.
    """
    kind = schema.get("type", "string" if "enum" in schema else None)
    maker = _MAKERS.get(kind if isinstance(kind, str) else None)
    known = ANNOTATIONS | {"type", "enum"} | (maker[1] if maker else set())
    if maker is None or set(schema) - known or ("enum" in schema and kind != "string"):
        # a rule that is not known here is left to the library
        return _never
    return maker[0](schema, longest)


def _never(value):
    return False


def _object(schema, longest):
    parts = {name: compile(part, longest) for name, part in schema.get("properties", {}).items()}
    required, is_closed = set(schema.get("required", ())), schema.get("additionalProperties", True) is False
    if not is_closed and "properties" in schema:
        return _never

    def accepts(value):
        if type(value) is not dict or not required <= value.keys():
            return False
        if not is_closed:
            return True
        for name, member in value.items():
            part = parts.get(name)
            if part is None or not part(member):
                return False
        return True

    return accepts


def _array(schema, longest):
    accepts_entry = compile(schema.get("items", {}), longest)
    least, most = schema.get("minItems", 0), schema.get("maxItems", 0)
    is_set = schema.get("uniqueItems", False)

    def accepts(value):
        if type(value) is not list or not least <= len(value) <= most:
            return False
        if is_set and len({json.dumps(entry, sort_keys=True) for entry in value}) < len(value):
            return False
        return all(map(accepts_entry, value))

    return accepts


def _string(schema, longest):
    # an expression may need long for a long text
    unbounded = longest if "pattern" in schema else float("inf")
    least, most = schema.get("minLength", 0), schema.get("maxLength", unbounded)
    search = re.compile(re.sub(r"\$$", r"\\Z", schema.get("pattern", ""))).search
    choices = frozenset(schema["enum"]) if "enum" in schema else None

    def accepts(value):
        if type(value) is not str or not least <= len(value) <= most:
            return False
        return (choices is None or value in choices) and search(value) is not None

    return accepts


def _integer(schema, longest):
    least, most = schema.get("minimum", float("-inf")), schema.get("maximum", float("inf"))
    return lambda value: type(value) is int and least <= value <= most


def _boolean(schema, longest):
    return lambda value: type(value) is bool


_MAKERS = {
    "object": (_object, OBJECT),
    "array": (_array, ARRAY),
    "string": (_string, STRING),
    "integer": (_integer, INTEGER),
    "boolean": (_boolean, set()),
}
