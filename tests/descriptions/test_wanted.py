"""What is told of a text that does not have the form of its field: words, never an expression or an exception."""

import json

import pytest

from secureb2share_ext import characters
from secureb2share_ext.descriptions import countries, schema, strict_json, wanted
from secureb2share_ext.errors import Invalid


def with_forms(node, name=""):
    # the names of the fields whose texts must have a form
    if isinstance(node, dict):
        if node.get("pattern", r"\S") != r"\S":
            yield name
        for key, inner in node.items():
            yield from with_forms(inner, name if key in ("items", "properties") else key)


@pytest.mark.parametrize("field", sorted(set(with_forms(schema.SCHEMA))))
def test_every_form_is_told_in_words(field):
    assert field in wanted.WANTED
    assert "^" not in wanted.form(field)


@pytest.mark.parametrize("code", sorted(wanted.SUCCESSORS))
def test_an_obsolete_code_is_named_with_its_successor(code):
    found = schema.description_faults({"core": {}, "sensitive": {"duo_codes": [code]}})
    assert [message for field, message in found if field == "sensitive.duo_codes[0]"] == [wanted.SUCCESSORS[code]]


def test_an_age_above_90_is_told_what_to_write():
    found = schema.description_faults({"core": {}, "sensitive": {"max_age": 104}})
    assert ("sensitive.max_age", "must be at most 90: write 90 for 90 and above") in found


@pytest.mark.parametrize(
    "sensitive, field, hint",
    [
        ({"controller_country": "UK"}, "controller_country", "write GB"),
        ({"storage_country": "XX"}, "storage_country", "write its code"),
        ({"spatial": ["NO", "EL"]}, "spatial[1]", "write GR"),
        ({"duo_countries": ["EU"]}, "duo_countries[0]", "name its countries"),
        ({"access_eligibility": ["national-eid:UK"]}, "access_eligibility[0]", "write GB"),
    ],
)
def test_a_country_that_iso_does_not_know(sensitive, field, hint):
    ((place, message),) = countries.country({"sensitive": sensitive})
    assert place == "sensitive." + field and message.startswith(countries.UNKNOWN) and hint in message


def test_the_countries_are_those_of_iso():
    assert len(countries.CODES) == 249
    assert not set(countries.INSTEAD) & countries.CODES
    given = {"spatial": sorted(countries.CODES), "access_eligibility": ["national-eid:NO", "affiliated:UK"]}
    assert not list(countries.country({"sensitive": given}))


@pytest.mark.parametrize(
    "body, why",
    [
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ("{}".encode("utf-16"), "UTF-8"),
        (b'{"a": "\xe5"}', "byte 8 belongs to no character"),
        (b'{"a": 1,\n "b" 2}', "line 2, column 6"),
        (b'{"a": 1, "a": 2}', "a member twice"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": "\\ud800"}', "half a character"),
        (b"1" * 2000, "too many digits"),
    ],
    ids=["bom", "utf-16", "latin-1", "syntax", "twice", "nan", "surrogate", "digits"],
)
def test_what_is_no_json_is_told_in_words(body, why):
    with pytest.raises(Invalid) as told:
        strict_json.parse(body)
    (fault,) = told.value.extra["errors"]
    assert fault["field"] == "(body)" and why in fault["message"]
    assert "Error" not in fault["message"]


def test_a_text_is_kept_composed():
    cafe = "cafe\u0301"
    assert characters.composed({"a": [cafe, 1, {"b": cafe}]}) == {"a": ["caf\u00e9", 1, {"b": "caf\u00e9"}]}
    assert json.dumps(characters.composed(None)) == "null"
