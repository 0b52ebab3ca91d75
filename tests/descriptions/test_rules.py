import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secureb2share_ext.descriptions import countries, dates, duo, health, rules, schema, tables

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "docs" / "examples").glob("*.json"))
SENSITIVE = schema.SCHEMA["properties"]["sensitive"]["properties"]
NOT_A_DAY = "is not a day of the calendar"
OWN = "looks like a person's own address: give the address of a role or office, or a web page"
NOBODY = "says that nobody consented, while a legal basis is consent (GDPR Art. 4(11))"
WITH_REFERENCE = "is required with ethics_approval_reference"


def told(**sensitive):
    return {
        field[len("sensitive.") :]: message for field, message in rules.faults({"core": {}, "sensitive": sensitive})
    }


@pytest.mark.parametrize(
    "sensitive, expected",
    [
        ({"min_age": 18, "max_age": 17}, {"min_age": "must not be more than max_age"}),
        ({"min_age": 18, "max_age": 18}, {}),
        ({"min_age": 18}, {}),
        ({"min_age": "18", "max_age": 17}, {}),
        ({"min_age": True, "max_age": 0}, {}),
        ({"temporal_start": "2011", "temporal_end": "2010"}, {"temporal_start": "must not be later than temporal_end"}),
        ({"temporal_start": "2010-03", "temporal_end": "2010"}, {}),
        ({"temporal_start": "2010", "temporal_end": "2010-01-01"}, {}),
        (
            {"temporal_start": "2010-03", "temporal_end": "2010-02-28"},
            {"temporal_start": "must not be later than temporal_end"},
        ),
        ({"temporal_start": "2010-02-30"}, {"temporal_start": NOT_A_DAY}),
        ({"temporal_end": "0000"}, {"temporal_end": NOT_A_DAY}),
        ({"temporal_end": "2010-13"}, {}),  # the schema's business
        ({"retention_until": "2030-02-29"}, {"retention_until": NOT_A_DAY}),
        ({"retention_review": "2030-06-31"}, {"retention_review": NOT_A_DAY}),
        (
            {"retention_review": "2036-01-01", "retention_until": "2035-12-31"},
            {"retention_review": "must not be later than retention_until"},
        ),
        ({"retention_review": "2035-12-31", "retention_until": "2035-12-31"}, {}),
        (
            {"access_right": "embargoed", "embargo_until": "2036-01-01", "retention_until": "2035-12-31"},
            {"embargo_until": "must not be later than retention_until"},
        ),
        ({"ethics_approval_reference": "2024/1"}, {"ethics_approval_body": WITH_REFERENCE}),
        ({"ethics_approval_body": "REK"}, {}),
        ({"consent_type": "waived", "legal_basis_art6": ["A6-1-a"]}, {"consent_type": NOBODY}),
        ({"consent_type": "not-applicable", "legal_basis_art9": ["A9-2-a"]}, {"consent_type": NOBODY}),
        ({"consent_type": "opt-out", "legal_basis_art6": ["A6-1-a-explicit-consent"]}, {"consent_type": NOBODY}),
        ({"consent_type": "opt-out", "legal_basis_art6": ["A6-1-e"]}, {}),
        ({"consent_type": "broad", "legal_basis_art6": ["A6-1-a"], "legal_basis_art9": ["A9-2-a"]}, {}),
        ({"dpo_contact": "kari.nordmann@example.org"}, {"dpo_contact": OWN}),
        ({"dpo_contact": "https://example.org/ask?to=office@gmail.com"}, {}),
        ({"dpo_contact": "personvernombud@example.org"}, {}),
    ],
)
def test_each_rule_tells_its_fault_and_no_other(sensitive, expected):
    assert told(**sensitive) == expected


@pytest.mark.parametrize(
    "address, is_own",
    [
        ("kari.nordmann@example.org", True),
        ("Kari.Nordmann@example.org", True),
        ("k.nordmann@example.org", True),
        ("kari.anne.nordmann-hansen@example.org", True),
        ("sleepstudy@gmail.com", True),
        ("access@example.org", False),
        ("knordmann@example.org", False),  # no test can tell it from an office's name
        ("data.access@example.org", False),
        ("moba.tilgang@example.org", False),
        ("tietosuoja.vastaava@example.org", False),
        ("dac.moba@example.org", False),
        ("ega.2024@example.org", False),
        ("hunt_data@medisin.example.org", False),
    ],
)
def test_an_address_that_looks_like_a_persons_own(address, is_own):
    contact = {"name": "Datatilgang", "email": address}
    expected = [("core.contact.email", OWN)] if is_own else []
    assert rules.faults({"core": {"contact": contact}}) == expected


@pytest.mark.parametrize(
    "replaces, expected",
    [
        ("p11/sleep-1", []),
        ("p11//sleep", [("version.replaces", "must not begin or end with a slash, nor have two in a row")]),
        ("a/state", [("version.replaces", "must not end in the segment 'state', which is a route")]),
        (7, []),
    ],
)
def test_what_is_replaced_has_the_form_of_an_identifier(replaces, expected):
    assert rules.faults({"version": {"replaces": replaces}}) == expected


JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.just("CANARY"), st.just("2031-02-31")),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["x", "text"]), inner)),
    max_leaves=4,
)
SOME = st.dictionaries(st.sampled_from(sorted(SENSITIVE)), JUNK, max_size=6)


@given(JUNK | st.fixed_dictionaries({"sensitive": SOME | JUNK, "core": JUNK, "files": JUNK, "version": JUNK}))
def test_the_rules_read_anything_and_repeat_no_value(description):
    for field, message in rules.faults(description):
        assert "CANARY" not in message and "2031-02-31" not in message
        assert field.split(".")[0].split("[")[0] in ("core", "sensitive", "files", "version")


# the first use makes the validator
@settings(deadline=None)
@given(st.sampled_from(EXAMPLES), st.sampled_from(sorted(SENSITIVE)), JUNK)
def test_so_of_an_example_with_a_wrong_field(path, name, value):
    description = json.loads(path.read_text(encoding="utf-8"))["dataset"]
    description["sensitive"][name] = value
    for _, message in schema.description_faults(description):
        assert "CANARY" not in message and "2031-02-31" not in message


def test_rules_speak_of_fields_and_terms_of_the_schema():
    named = set(health.NEEDS + health.BODY + dates.DAYS + dates.PERIODS) | set(duo.NEEDS.values())
    assert named | {name for pair in dates.IN_ORDER for name in pair} <= set(SENSITIVE)
    assert set(health.HEALTH + rules.NOT_ART9) <= set(SENSITIVE["special_categories"]["items"]["enum"])
    assert set(rules.NOT_PERSONAL) <= set(SENSITIVE["deidentification"]["enum"])
    assert set(rules.NO_CONSENT) < set(SENSITIVE["consent_type"]["enum"])
    bases = SENSITIVE["legal_basis_art6"]["items"]["enum"] + SENSITIVE["legal_basis_art9"]["items"]["enum"]
    assert set(rules.CONSENT) <= set(bases)
    assert set(rules.DETAILS) < set(schema.SCHEMA["properties"]["files"]["items"]["properties"])


def test_every_date_of_the_schema_is_known_to_the_rules():
    dated = {name for name, node in SENSITIVE.items() if node.get("pattern", "").startswith("^[0-9]{4}")}
    assert dated == set(dates.DAYS + dates.PERIODS)


@pytest.mark.parametrize("rule", rules.RULES + duo.RULES + (rules.file_details,), ids=lambda rule: rule.__name__)
def test_every_rule_explains_itself(rule):
    assert len(rule.__doc__) > 40 and rule.__doc__.strip().endswith(".")
