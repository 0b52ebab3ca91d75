import copy
import json
import re

import jsonschema
import pytest

from secureb2share_ext.descriptions.schema import SCHEMA
from secureb2share_ext.errors import SecureB2ShareError
from secureb2share_ext.hosts.b2share2 import block

OURS = block.schema()
PROPERTIES = OURS["properties"]
SENSITIVE = SCHEMA["properties"]["sensitive"]["properties"]
BESIDE = {
    "access_request_url", "dataset_state", "dataset_identifier", "title_languages", "description_languages",
    "contact_name", "contact_url", "more_contacts", "files", "version_replaces",
}  # fmt: skip
THEIRS = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "title": "Field stations",
    "description": "Where samples were taken.",
    "type": "object",
    "properties": {
        "station": {"title": "Station", "description": "Its name.", "type": "string"},
        "is_coastal": {"title": "Coastal", "description": "Whether by the sea.", "type": "boolean"},
    },
    "required": ["is_coastal"],
    "additionalProperties": False,
    "b2share": {"presentation": {"major": ["station"]}},
}


def nodes(schema):
    # every schema in a schema
    yield schema
    for inner in list(schema.get("properties", {}).values()) + ([schema["items"]] if "items" in schema else []):
        for node in nodes(inner):
            yield node


def test_it_has_every_field_of_a_description_and_no_other():
    assert set(PROPERTIES) == set(SENSITIVE) | BESIDE | set(block.MORE)
    assert set(block.MORE + block.ROOT) == set(SCHEMA["properties"]["core"]["properties"])
    assert "formats" in OURS["b2share"]["presentation"]["minor"]  # else the web interface hides one of this name
    shown = OURS["b2share"]["presentation"]
    assert sorted(shown["major"] + shown["minor"]) == sorted(PROPERTIES)
    assert set(OURS["required"]) <= set(shown["major"]) and shown["major"][0] == "access_request_url"
    assert not [name for name in OURS["required"] if PROPERTIES[name]["type"] == "boolean"]
    assert set(OURS["required"]) == set(SCHEMA["properties"]["sensitive"]["required"]) | {"contact_name"}


# what b2share/modules/schemas/validate.py allows
TOP = {"$schema", "title", "description", "type", "properties", "required", "additionalProperties", "b2share"}
TYPES = {"boolean", "integer", "number", "string", "array"}


def test_b2share_takes_it():
    assert set(OURS) == TOP and OURS["type"] == "object" and OURS["additionalProperties"] is False
    jsonschema.Draft4Validator.check_schema(OURS)
    for name, property in PROPERTIES.items():
        assert {"title", "description", "type"} <= set(property) and property["type"] in TYPES, name
        assert property.get("format", "uri") == "uri"
        assert (property["type"] == "array") == ("items" in property)
        items = property.get("items", {"type": "string"})
        assert items["type"] in TYPES - {"array"} | {"object"}
        for enum in [node["enum"] for node in (property, items) if "enum" in node]:
            assert enum and all(isinstance(code, str) for code in enum) and len(set(enum)) == len(enum)
    for node in nodes(OURS):
        assert "x-labels" not in node
        if node.get("type") == "object":
            assert node["additionalProperties"] is False and set(node["required"]) <= set(node["properties"])
            assert all(inner["title"] and inner["description"] for inner in node["properties"].values())


def test_b2share_itself_takes_it():
    validate = pytest.importorskip("b2share.modules.schemas.validate", reason="B2SHARE is not installed here")
    validate.validate_metadata_schema(OURS)
    validate.validate_metadata_schema(block.extended(THEIRS))
    with pytest.raises(jsonschema.ValidationError):
        validate.validate_metadata_schema(dict(OURS, additionalProperties=True))


def test_a_text_that_was_taken_away_again_can_be_left_empty_where_it_may_be_missing():
    for name, property in PROPERTIES.items():
        if property["type"] == "string":
            is_optional = name not in OURS["required"]
            assert jsonschema.Draft4Validator(property).is_valid("") == is_optional, name
    validator = jsonschema.Draft4Validator(PROPERTIES["embargo_until"])
    assert validator.is_valid("2027-01-31") and not validator.is_valid("soon") and not validator.is_valid(" ")
    files = jsonschema.Draft4Validator(PROPERTIES["files"])
    assert files.is_valid([{"label": "x", "size_band": "", "media_type": ""}]) and not files.is_valid([{"label": ""}])


def test_none_stands_where_a_required_list_may_be_empty():
    with_none = [name for name, each in PROPERTIES.items() if "none" in each.get("items", {}).get("enum", [])]
    assert with_none == ["special_categories"] and PROPERTIES["special_categories"]["minItems"] == 1


@pytest.mark.parametrize(
    "name, words",
    [
        ("access_right", "metadata-only: Access cannot be requested"),
        ("duo_codes", "DUO:0000007: "),
        ("has_structured_data", "switch it on and off again"),
        ("access_request_url", "the catalogue writes itself"),
        ("dataset_state", "the catalogue writes itself"),
        ("embargo_until", "such as 2027-01-31"),
        ("storage_country", "such as NO"),
        ("title_languages", "in the order of the titles"),
    ],
)
def test_an_editor_is_told_what_to_enter(name, words):
    assert words in PROPERTIES[name]["description"]
    assert "set by the catalogue" in PROPERTIES["access_request_url"]["title"]


def test_what_is_told_of_one_value_reads_on_behind_the_words_of_the_web_interface():
    for node in nodes(OURS):
        for inner in node.get("properties", {}).values():
            if inner["type"] != "array":
                assert re.match("(The |An? |“)", inner["description"]), inner


@pytest.mark.parametrize(
    "field, message",
    [
        ("legal_basis_art6", "is wrong (see “Legal basis, GDPR Art. 6”)"),
        ("files[0].label", "is wrong (see “Files”, under “Show more details”)"),
        ("publisher", "is wrong (see “Publisher”, under “Show more details”)"),
        ("creators[0].creator_name", "is wrong"),
    ],
)
def test_an_editor_is_told_where_the_form_has_a_fault(field, message):
    fault = {"field": field, "message": "is wrong"}
    assert block.explained(fault) == {"field": field, "message": message}
    assert fault["message"] == "is wrong"


def test_it_is_ours():
    assert block.is_ours(OURS) and block.is_ours(json.loads(json.dumps(OURS)))
    assert not block.is_ours({}) and not block.is_ours(THEIRS)
    assert not block.is_ours(dict(OURS, required=OURS["required"][1:]))
    changed = copy.deepcopy(OURS)
    changed["properties"]["fees"]["maxItems"] = 1
    assert not block.is_ours(changed)
    assert block.extended(changed)["properties"] == PROPERTIES  # our mark says that it was ours


def test_it_stands_beside_a_communitys_own():
    given = copy.deepcopy(THEIRS)
    made = block.extended(THEIRS)
    assert THEIRS == given and block.is_ours(made)
    assert set(made["properties"]) == set(PROPERTIES) | {"station", "is_coastal"}
    assert made["title"] == "Field stations" and made["required"] == ["is_coastal"] + OURS["required"]
    assert made["b2share"]["presentation"]["major"][:2] == ["station", "access_request_url"]
    assert block.extended(made) == made and block.extended(OURS) == OURS
    bare = {name: THEIRS[name] for name in ("$schema", "title", "description", "type", "properties")}
    assert block.is_ours(block.extended(bare))


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"fees": {"title": "Fees", "description": "x", "type": "integer"}}, 'a property "fees" of its own'),
        ({"station": {"title": "x", "description": "x", "type": "string"}}, 'requires the property "station"'),
    ],
)
def test_what_cannot_stand_beside_it_is_named(changes, words):
    theirs = dict(THEIRS, properties=dict(THEIRS["properties"], **changes), required=["station"])
    with pytest.raises(SecureB2ShareError, match=re.escape(words)):
        block.extended(theirs)


def test_what_an_older_version_added_is_replaced_and_kept_where_records_may_hold_it():
    older = block.extended(THEIRS)
    older["properties"]["fees"] = dict(older["properties"]["fees"], description="Older words.")
    older["properties"]["gone"] = {"title": "Gone", "description": "x", "type": "string"}
    older["required"].append("gone")
    older["b2share"]["plugins"]["secureb2share"]["properties"].append("gone")
    made = block.extended(older)
    assert block.is_ours(made) and "gone" in made["properties"] and "gone" not in made["required"]
    # but one of theirs, that a newer version of ours has as well, is theirs
    older["b2share"]["plugins"]["secureb2share"]["properties"].remove("fees")
    with pytest.raises(SecureB2ShareError, match='"fees"'):
        block.extended(older)
