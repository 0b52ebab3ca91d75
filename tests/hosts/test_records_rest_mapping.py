import copy
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureb2share_ext.descriptions import schema
from secureb2share_ext.hosts.records_rest import mapping

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "docs" / "examples").glob("*.json"))
STAMP = mapping.stamp("tsd", "a")


def values_of(part):
    # of the types that the schema allows; its patterns do not matter here
    if "enum" in part:
        return st.sampled_from(part["enum"])
    if part["type"] == "object":
        properties = {name: values_of(member) for name, member in part["properties"].items()}
        needed = part.get("required", [])
        optional = {name: values for name, values in properties.items() if name not in needed}
        return st.fixed_dictionaries({name: properties[name] for name in needed}, optional=optional)
    if part["type"] == "array":
        return st.lists(values_of(part["items"]), min_size=part.get("minItems", 0), max_size=2)
    return {"string": st.text(max_size=10), "integer": st.integers(), "boolean": st.booleans()}[part["type"]]


@given(values_of(schema.SCHEMA))
def test_a_record_holds_a_whole_description(description):
    given_one = copy.deepcopy(description)
    record = mapping.to_record(description)
    assert mapping.from_record(record) == given_one == description
    # what the host and we add is no part of it
    record.update({"control_number": "x", "$schema": "x.json", "_files": [], "secureb2share": STAMP})
    assert mapping.from_record(record) == given_one


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_so_for_the_examples(path):
    description = json.loads(path.read_text(encoding="utf-8"))["dataset"]
    record = mapping.to_record(description)
    assert sorted(set(record) - set(description["core"])) == ["files", "sensitive", "version"]
    assert mapping.from_record(record) == description


def test_what_we_do_not_know_ends_in_core_where_the_schema_refuses_it():
    example = json.loads(EXAMPLES[0].read_text(encoding="utf-8"))["dataset"]
    record = dict(mapping.to_record(example), patient="x", open_access=True)
    faults = schema.description_faults(mapping.from_record(record))
    assert faults == [("core.open_access", "is not a known field"), ("core.patient", "is not a known field")]
    assert [mapping.field(field) for field, _ in faults] == ["open_access", "patient"]


def test_a_field_as_an_editor_of_the_record_knows_it():
    shown = [mapping.field(f) for f in ("core.titles[0].text", "core", "sensitive.core.x", "files[1].name")]
    assert shown == ["titles[0].text", "core", "sensitive.core.x", "files[1].name"]


def test_the_stamp_says_where_a_dataset_stands():
    assert STAMP == {"source": "tsd", "identifier": "a", "state": "active"}
    row = SimpleNamespace(state="withdrawn", reason="x", state_at="2026", successor=None, replaced_by="c")
    assert mapping.stamp("tsd", "a", row) == dict(
        STAMP, state="withdrawn", reason="x", state_at="2026", replaced_by="c"
    )
