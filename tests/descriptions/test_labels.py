import pytest

from secureb2share_ext.descriptions import labels, schema
from secureb2share_ext.exports.rights import RIGHTS


def coded(node, path=""):
    if "enum" in node:
        yield path, node
    for name, inner in node.get("properties", {}).items():
        yield from coded(inner, path + "." + name if path else name)
    if "items" in node:
        yield from coded(node["items"], path + "[0]")


CODED = dict(coded(schema.SCHEMA))


@pytest.mark.parametrize("field", sorted(CODED))
def test_every_code_has_a_label_of_its_own(field):
    node = CODED[field]
    assert list(node["x-labels"]) == node["enum"]
    assert len(set(node["x-labels"].values())) == len(node["enum"])
    for code in node["enum"]:
        said = labels.label(field, code)
        assert said == labels.label(field.replace("[0]", ""), code) == node["x-labels"][code]
        assert not said[0].islower() and not said.endswith("."), code


@pytest.mark.parametrize(
    "field, code, expected",
    [
        ("sensitive.duo_codes[3]", "DUO:0000042", "General research use (GRU)"),
        ("sensitive.duo_codes", "DUO:9999999", "DUO:9999999"),
        ("sensitive.access_eligibility", "any", "Anybody"),
        ("sensitive.access_eligibility", "national-eid:NO", "Holders of a national electronic identity: NO"),
        ("sensitive.access_eligibility[0]", "affiliated:A: b", "Affiliated with: A: b"),
        ("sensitive.applicable_legislation", "http://data.europa.eu/eli/reg/2016/679/oj",
         "General Data Protection Regulation (EU) 2016/679"),
        ("sensitive.applicable_legislation", "https://example.org/eli/1", "https://example.org/eli/1"),
        ("sensitive.participants_band", "<10", "Fewer than 10"),
        ("files[12].size_band", ">1TB", "More than 1 TB"),
        ("sensitive.min_age", 18, 18),
        ("sensitive.unknown", "x:y", "x:y"),
        ("nowhere[0].at.all", "x", "x"),
        ("", "x", "x"),
    ],
)  # fmt: skip
def test_a_code_in_words(field, code, expected):
    assert labels.label(field, code) == expected


@pytest.mark.parametrize(
    "field, expected",
    [
        ("sensitive.duo_codes", "Permitted use"),
        ("sensitive.duo_codes[0]", "Permitted use"),
        ("core.titles[0].text", "Titles"),
        ("core.contacts[0].email", "Contacts"),
        ("files", "Files"),
        ("files[0].label", "Label"),
        ("version.replaces", "Replaces"),
        ("core.unknown", "core.unknown"),
        ("(body)", "(body)"),
    ],
)
def test_a_field_in_words(field, expected):
    assert labels.title(field) == expected


@pytest.mark.parametrize(
    "field, value, expected",
    [
        ("sensitive.access_mode", ["file-api", "x"], ["Through a file interface, after approval", "x"]),
        ("sensitive.has_structured_data", True, ["Yes"]),
        ("sensitive.has_structured_data", False, ["No"]),
        ("sensitive.expected_decision_days", 30, ["30"]),
        ("sensitive.fees", [{"lang": "nb", "text": "Ingen"}, {"lang": "en", "text": "None"}], ["Ingen", "None"]),
        ("core.creators", [{"name": "Et institutt"}], ["Et institutt"]),
        ("sensitive.controller_name", "Et institutt", ["Et institutt"]),
    ],
)
def test_a_value_in_words(field, value, expected):
    assert labels.in_words(field, value) == expected


def test_access_rights_are_called_as_in_exports():
    for code in ("controlled", "metadata-only"):
        assert labels.label("sensitive.access_right", code) == RIGHTS[code].label
