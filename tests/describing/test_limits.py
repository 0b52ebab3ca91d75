import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from strategies import DESCRIPTIONS, MANY
from test_form import CONTROLS, TEXTS

from secureb2share_ext.describing import faults, fields, limits, values
from secureb2share_ext.descriptions import schema

FILE = base64.b64encode(random.Random(3).getrandbits(8 * 75000).to_bytes(75000, "big")).decode("ascii")
LINES = [FILE[start : start + 76] for start in range(0, len(FILE), 76)]
WAYS = {
    "base64": [FILE],
    "base64 in lines": ["\n".join(LINES)],
    "base64 in many values": LINES,
    "words": ["word " * 25000],
    "an address": ["https://example.org/" + FILE],
}
# more faults than are told at once, before those of most fields; a draft may have each of them
FAULTY = [("core.creators.%d.orcid" % number, "1") for number in range(2, 100)]


def leaves(value, node=schema.SCHEMA):
    """(text, its node of the schema) of every text."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, node["properties"][name])
    elif isinstance(value, list):
        for entry in value:
            yield from leaves(entry, node["items"])
    elif isinstance(value, str):
        yield value, node


def check_stored(description):
    """What is stored is no longer than the schema lets it be, by another program's reading of the schema."""
    too_much = [error for error in Draft4Validator(schema.SCHEMA).iter_errors(description)]
    assert not {error.validator for error in too_much} & {"maxLength", "maxItems"}
    for text, node in leaves(description):
        assert len(text) <= node.get("maxLength", 100), (len(text), node)
        assert schema.content_faults(text) == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("beside", [[], FAULTY], ids=["alone", "beside many faults"])
def test_no_control_takes_a_file(way, beside):
    assert limits.not_stored(values.from_values(values.submitted(beside))) == []
    refused = set()
    for control in CONTROLS:
        stored = values.from_values(values.submitted([(control, text) for text in WAYS[way]] + beside))
        found = limits.not_stored(stored)
        if not found:
            check_stored(stored)
            continue
        field = fields.place(control)[0].name
        assert [path for path, _ in found if path.startswith(field)] == [path for path, _ in found]
        assert [name for name in faults.faults_by_field(found) if name.startswith(field)]
        refused.add(field)
    if len(WAYS[way]) == 1:
        assert refused == set(fields.FIELDS)


LONG = st.sampled_from(["a" * 101, "b c" * 200, "d\n" * 300, "x" * 300, "é " * 3000, "a\x01", "word\n" * 40])


@MANY
@given(st.lists(st.tuples(st.sampled_from(CONTROLS), TEXTS | LONG), max_size=60))
def test_no_draft_stores_a_text_longer_than_its_field_may_have(pairs):
    stored = values.from_values(values.submitted(pairs))
    if limits.not_stored(stored) == []:
        check_stored(stored)


@MANY
@given(DESCRIPTIONS)
def test_whatever_may_be_published_may_be_kept(description):
    assert set(limits.not_stored(description)) <= set(schema.description_faults(description, "full"))


def test_every_code_and_form_of_the_schema_is_short_enough_for_a_draft():
    nodes = [node for field in fields.FIELDS.values() for node in [field.schema] + [one.schema for one in field.inner]]
    for node in nodes + [node["items"] for node in nodes if "items" in node]:
        assert all(len(code) <= limits.LONGEST for code in node.get("enum", ()))
        assert node["type"] != "array" or node["maxItems"] <= fields.LARGEST
        if node["type"] == "string" and "enum" not in node and "maxLength" not in node:
            assert "*" not in node["pattern"] and "+" not in node["pattern"], node
