import json
from pathlib import Path

import pytest

from secureb2share_ext.datasets import envelope, quick, schema

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "docs" / "examples").glob("*.json"))
DESCRIPTIONS = [json.loads(path.read_text(encoding="utf-8"))["dataset"] for path in EXAMPLES]
ODD = [None, True, False, -1, 0, 7, 1900, 2026, 10**18, 2026.0, 0.5, [], ["a"], ["en", "en"], [1], {}, {"x": 1}]
ODD += ["", " ", "a", "en", "en\n", "no language", "NO", "No", "x" * 101, "x" * 501, "x" * 20001, "\u2028", "0000-0"]
ODD += ["https://example.org/", "http://example.org/", "https://ror.org/x", "2026-02-30", "a@b", "dac@example.org"]
ODD += ["DUO:0000042", "DUO:1", "MONDO:0005148", "Health", "any", "affiliated:"]
ODD += [{"lang": "en", "text": "x"}, {"lang": "en", "text": ""}, {"name": "x"}]


def places(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in inner:
        yield from places(member, path + (name,))


def changes(description):
    for path in places(description):
        for odd in ODD if path else ():
            yield path, "replace", odd
        for how, odd in (("remove", None), ("repeat", None), ("add", "a"), ("add", {})) if path else ():
            yield path, how, odd


def changed(description, path, how, odd):
    whole = json.loads(json.dumps(description))
    parent = whole
    for name in path[:-1]:
        parent = parent[name]
    if how == "replace":
        parent[path[-1]] = odd
    elif how == "remove":
        del parent[path[-1]]
    elif isinstance(parent, list):
        parent.append(parent[path[-1]] if how == "repeat" else odd)
    else:
        parent["extra"] = odd
    return whole


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_examples_need_no_second_look(description):
    assert schema._VALIDATOR.accepts(description)


# the three that differ most
@pytest.mark.parametrize("name", ["genomics-diabetes", "child-welfare-inquiry", "occupational-exposure"])
def test_what_the_library_refuses_is_not_accepted(name):
    wrong, description = 0, json.loads((EXAMPLES[0].parent / (name + ".json")).read_text(encoding="utf-8"))["dataset"]
    for change in changes(description):
        whole = changed(description, *change)
        if schema._VALIDATOR.accepts(whole):
            assert not list(schema._VALIDATOR.iter_errors(whole)), change
        else:
            wrong += 1
    assert wrong > 1000


@pytest.mark.parametrize(
    "wrong", [None, [], 1, "x", {}, {"id": "m", "timestamp": True, "signature": "s", "body": "b"}]
)
def test_what_is_no_envelope_is_not_accepted(wrong):
    right = {"id": "m", "timestamp": 1, "signature": "s", "body": "b" * 10000}
    assert envelope.SHAPE.accepts(right) and not envelope.SHAPE.accepts(wrong)


@pytest.mark.parametrize(
    "part",
    [{"oneOf": []}, {"type": "string", "format": "uri"}, {"type": ["string"]}, {"type": "number"}, {"$ref": "#"}]
    + [{"type": "object", "properties": {"a": {}}}, {"type": "integer", "enum": [1]}, {}],
)
@pytest.mark.parametrize("value", ["x", 1, 1.0, {}, {"a": 1}, [], None])
def test_rules_that_it_does_not_know_are_left_to_the_library(part, value):
    assert not quick.compile(part, 1000)(value)
