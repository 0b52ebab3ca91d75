import json
import re
from pathlib import Path

import pytest

from secureb2share_ext.descriptions import schema
from secureb2share_ext.messages import envelope, message

pytest.importorskip("fastjsonschema", reason="fastjsonschema is not installed")

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "docs" / "examples").glob("*.json"))
DESCRIPTIONS = [json.loads(path.read_text(encoding="utf-8"))["dataset"] for path in EXAMPLES]
DEEP = json.loads("[" * schema.MAX_DEPTH + "]" * schema.MAX_DEPTH)
ODD = [None, True, False, -1, 0, 7, 1900, 2026, 10**18, 10**999, 2026.0, 0.5, float("inf"), float("nan"), [], ["a"]]
ODD += [["en", "en"], [1], [[]], [{}], {}, {"x": 1}, DEEP, {"text": DEEP}, {"lang": "en", "text": "\ud800"}]
ODD += ["", " ", "a", "en", "en\n", "no language", "NO", "No", "x" * 101, "x" * 501, "x" * 20001, "\u2028", "\ud800"]
ODD += ["https://example.org/", "http://example.org/", "https://ror.org/x", "2026-02-30", "a@b", "dac@example.org"]
ODD += ["DUO:0000042", "DUO:1", "MONDO:0005148", "Health", "any", "affiliated:", "text/x$y", "text/x\\Zy", "text/$"]
ODD += [{"lang": "en", "text": "x"}, {"lang": "en", "text": ""}, {"name": "x"}]


def agree(validator, value):
    """Whether a value is right; fails where the two libraries differ."""
    is_right = next(validator.iter_errors(value), None) is None
    assert validator.accepts(value) == is_right, (validator.schema.get("title"), repr(value)[:200])
    return is_right


def places(node, values):
    """(part of the schema, what stands in its place in any of the values), of all parts."""
    yield node, values
    for name, inner in node.get("properties", {}).items():
        yield from places(inner, [value[name] for value in values if name in value])
    if "items" in node:
        yield from places(node["items"], [entry for value in values for entry in value])


def changes(value):
    """Values that differ from one that is right in a single thing each."""
    if isinstance(value, str):
        yield from (value + end for end in ("\n", "$", "\u2028", "\ud800", " ", "-" + value))
        yield from ("\n" + value, value[:-1], value.swapcase(), value * 300)
    elif isinstance(value, list):
        yield from (value + [odd] for odd in (None, True, 1, "a", {}, []))
        yield from (value[1:], value + value[:1], value * 300)
        # an object is the same in another order
        yield value + [dict(reversed(list(entry.items()))) for entry in value[:1] if isinstance(entry, dict)]
    elif isinstance(value, dict):
        yield from ({name: value[name] for name in value if name != gone} for gone in value)
        yield from (dict(value, **{name: None}) for name in list(value) + ["extra"])


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_examples_need_no_second_look(description):
    assert agree(schema._VALIDATOR, description)


def test_both_libraries_accept_the_same_in_every_place_of_the_schema():
    right = wrong = 0
    for node, values in places(schema.SCHEMA, DESCRIPTIONS):
        validator = schema.Strict(node)
        known = {json.dumps(value, sort_keys=True): value for value in values}
        some = [known[text] for text in sorted(known, key=len)[:2]]
        for value in ODD + some + [odd for one in some for odd in changes(one)]:
            if agree(validator, value):
                right += 1
            else:
                wrong += 1
    assert right > 1000 and wrong > 5000


# one small example, whole: every value in it is changed
def test_no_description_is_accepted_that_has_a_fault():
    whole = min(DESCRIPTIONS, key=lambda description: len(json.dumps(description)))
    accepted, tried = [], 0

    def replace(value):
        nonlocal tried
        for name, member in list(value.items() if isinstance(value, dict) else enumerate(value)):
            for value[name] in list(changes(member)):
                tried += 1
                if schema._VALIDATOR.accepts(whole):
                    accepted.append((name, value[name]))
                    assert not list(schema._VALIDATOR.iter_errors(whole)), accepted[-1]
            value[name] = member
            if isinstance(member, (dict, list)):
                replace(member)

    replace(whole)
    assert 100 < len(accepted) < tried - 200


@pytest.mark.parametrize("timestamp", [1, -1, 10**999, 1.0, True, "1", None, float("nan"), [1], {}])
def test_an_integer_is_no_number_with_a_point_and_no_boolean(timestamp):
    value = {"id": "m", "timestamp": timestamp, "signature": "s", "body": "b" * 10000}
    assert agree(envelope.SHAPE, value) == (type(timestamp) is int)


@pytest.mark.parametrize("action", message.ACTIONS)
def test_messages_are_accepted_by_both_libraries_or_by_none(action):
    validator = message._VALIDATORS[action]
    right = {
        "action": action, "catalogue": "https://catalogue.example.org", "source": "tsd", "identifier": "p11/a",
        "issued": "2026-01-31T12:00:00Z", "id": "m",
        "register": {"tenant": "p11", "dataset": {}}, "state": {"state": "withdrawn", "reason": "x", "successor": "b"},
        "decision": {"application": "a", "state": "denied"}, "receipt": {"event": "0" * 36, "digest": "0" * 64},
        "transfer": {"tenant": "p12", "contact": {"name": "Office", "email": "access@example.org"}},
        "erase": {"reason": "x"}, "attest": {"digest": "0" * 64},
    }  # fmt: skip
    own = {name: right.pop(name) for name in message.ACTIONS}
    right.update(own[action])
    assert agree(validator, right)
    wrong = list(changes(right)) + ODD
    wrong += [dict(right, **{name: odd}) for name in right for odd in ODD + list(changes(right[name]))]
    assert [agree(validator, value) for value in wrong].count(False) > 300


def test_without_the_library_nothing_is_accepted_unseen_and_the_faults_are_the_same(monkeypatch):
    wrong = dict(DESCRIPTIONS[0], files=[{"label": "\n"}])
    faults = schema.description_faults(wrong)
    monkeypatch.setattr(schema, "fastjsonschema", None)
    assert not schema._VALIDATOR.accepts(DESCRIPTIONS[0])
    assert schema.description_faults(DESCRIPTIONS[0]) == []
    assert schema.description_faults(wrong) == faults == [("files[0].label", "is empty")]


def test_what_is_accepted_is_left_as_it_is():
    before = json.dumps(DESCRIPTIONS)
    assert all(map(schema._VALIDATOR.accepts, DESCRIPTIONS)) and json.dumps(DESCRIPTIONS) == before


# a pattern without a bound of its own is bounded by what it says
@pytest.mark.parametrize("validator", [schema._VALIDATOR, envelope.SHAPE] + list(message._VALIDATORS.values()))
def test_no_pattern_repeats_without_a_limit(validator):
    for node, _ in places(validator.schema, []):
        if "pattern" in node and "maxLength" not in node:
            assert node["pattern"][0] == "^" and node["pattern"][-1] == "$"
            assert not re.search(r"[*+]|\{\d+,\}", node["pattern"]), node["pattern"]
