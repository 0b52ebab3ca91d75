import json
from pathlib import Path

import pytest
from hypothesis import given
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
    "sensitive, expected",
    [
        (
            {"special_categories": ["not-stated", "Health"]},
            {"special_categories": "must hold nothing else beside not-stated"},
        ),
        ({"special_categories": ["not-stated"], "deidentification": "identified", "legal_basis_art6": ["A6-1-e"]}, {}),
    ],
)
def test_what_an_original_does_not_say_is_not_stated(sensitive, expected):
    assert told(**sensitive) == expected


@pytest.mark.parametrize(
    "replaces, expected",
    [
        ("p11/sleep-1", []),
        ("https://example.org/1", []),
        ("..", [("version.replaces", "must have more than dots and slashes")]),
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


@given(st.sampled_from(EXAMPLES), st.sampled_from(sorted(SENSITIVE)), JUNK)
def test_so_of_an_example_with_a_wrong_field(path, name, value):
    description = json.loads(path.read_text(encoding="utf-8"))["dataset"]
    description["sensitive"][name] = value
    for _, message in schema.description_faults(description):
        assert "CANARY" not in message and "2031-02-31" not in message


HEALTH = {"special_categories": ["Health"], "health_categories": ["RQSH"], "has_structured_data": True}
HEALTH.update(provenance=[{"lang": "en", "text": "Collected."}], deidentification="anonymised", controller_name="A")
BODY = {"hdab_name": "Helsedataservice", "hdab_contact": "https://helsedata.no/"}
NONE_YET = {"hdab_status": "not-designated"}
BY_LAW = "is required for health data of the EU and EEA (Regulation (EU) 2025/327)"
OVER = "is over: each country of the EU and EEA has a body by now, so name it"


@pytest.mark.parametrize(
    "country, said, before, after",
    [
        ("NO", {}, {}, {"hdab_name": BY_LAW, "hdab_contact": BY_LAW}),
        ("NO", BODY, {}, {}),
        ("NO", NONE_YET, {}, {"hdab_name": BY_LAW, "hdab_contact": BY_LAW, "hdab_status": OVER}),
        ("GB", {}, {}, {}),
        (None, BODY, {}, {"controller_country": BY_LAW}),
        (None, {"controller_name": "not-stated"}, {}, {}),
        ("CH", NONE_YET, {}, {}),
        ("US", BODY, {}, {}),
        ("FI", dict(BODY, **NONE_YET), *[{"hdab_status": "says that no body is designated, while one is named"}] * 2),
        ("AU", {"hdab_name": "A"}, *[{"hdab_contact": "is required with hdab_name"}] * 2),
    ],
)  # fmt: skip
def test_a_health_data_access_body_is_asked_for_from_a_day_on_where_there_is_one(country, said, before, after):
    description = {"core": {}, "sensitive": dict(HEALTH, **said)}
    if country:
        description["sensitive"]["controller_country"] = country
    for is_late, expected in ((False, before), (True, after)):
        found = {field[10:]: message for field, message in rules.faults(description, "labels", is_late)}
        if is_late and country == "FI":
            found.pop("hdab_status"), expected.pop("hdab_status", None)
        assert found == expected


@pytest.mark.parametrize(
    "term", [{"special_categories": [term]} for term in health.HEALTH] + [{"health_categories": ["RQSH"]}]
)
def test_health_data_need_more_by_law_and_are_advised_before(term):
    sensitive = dict(BODY, controller_country="NO", **term)
    needed = {"sensitive." + name for name in health.NEEDS if name not in term}
    assert {field for field, _ in rules.faults({"sensitive": sensitive}, "labels", True)} >= needed
    assert not {field for field, _ in rules.faults({"sensitive": sensitive}, "labels")} & needed
    assert {field for field, _ in health.advice({"sensitive": sensitive})} == needed


def test_the_country_of_a_controller_may_be_of_any_type():
    wrong = {"sensitive": dict(HEALTH, controller_country=["NO"])}
    assert rules.faults(wrong, "labels", True) == rules.faults(wrong, "labels")


def test_data_that_are_not_about_health_need_no_body():
    assert rules.faults({"sensitive": {"controller_country": "NO"}}, "labels", True) == []


def test_structured_health_data_without_columns_are_told_as_advice():
    for sensitive, lacks in (
        (HEALTH, True),
        (dict(HEALTH, columns=[{"name": "a"}]), False),
        (dict(HEALTH, has_structured_data=False), False),
        ({"has_structured_data": True}, False),
    ):
        assert bool(health.advice({"sensitive": sensitive})) == lacks
    assert health.advice(None) == []


TWO = "must be rounded to two significant digits, such as 48000"
IN_BAND = "must lie in participants_band"


@pytest.mark.parametrize(
    "number, band, expected",
    [
        (48000, "10000-99999", None), (100, None, None), (2100000000, ">=1000000", None), (99000, "10000-99999", None),
        (48100, "10000-99999", TWO), (101, None, TWO), (990, "1000-9999", IN_BAND), (100, "10-99", IN_BAND),
        (100, "<10", IN_BAND), (990000, ">=1000000", IN_BAND), ("48100", None, None), (100, "CANARY", None),
    ],
)  # fmt: skip
def test_a_rounded_number_has_two_digits_and_lies_in_its_band(number, band, expected):
    given = {"participants_rounded": number, **({"participants_band": band} if band else {})}
    assert told(**given) == ({"participants_rounded": expected} if expected else {})


@pytest.mark.parametrize(
    "sensitive, expected",
    [
        ({"controller_name": "A"}, {}),
        ({"controller_name": "not-stated"}, {}),
        ({"controller_name": "not-stated", "controller_country": "NO"},
         {"controller_country": "is only for datasets whose controller_name names a controller"}),
        ({"access_eligibility": ["any", "researcher-eea"]},
         {"access_eligibility": "must hold nothing else beside any"}),
        ({"access_mode": ["not-stated", "remote-query"]}, {"access_mode": "must hold nothing else beside not-stated"}),
        ({"access_mode": ["not-stated"], "sexes": ["not-stated"], "access_eligibility": ["any"]}, {}),
        ({"deidentification": "not-stated"}, {"legal_basis_art6": "is required for personal data (GDPR Art. 6)"}),
        ({"deidentification": "not-stated", "legal_basis_exemption": "not-stated"}, {}),
        ({"deidentification": "identified", "special_categories": ["Race"], "legal_basis_exemption": "deceased"}, {}),
        ({"legal_basis_exemption": "outside-gdpr", "legal_basis_art6": ["A6-1-e"]},
         {"legal_basis_exemption": "says why there is no legal basis, while one is named"}),
        ({"columns": [{"name": "a"}, {"name": "a", "table": "t"}, {"name": "a"}]},
         {"columns[2].name": "stands in this table already"}),
        ({"controller_contact": "kari.nordmann@example.org"}, {"controller_contact": OWN}),
    ],
    ids=lambda given: "-".join(given),
)  # fmt: skip
def test_what_is_not_stated_and_what_contradicts(sensitive, expected):
    assert told(**sensitive) == expected


def test_countries_are_those_of_the_standard():
    assert len(countries.CODES) == 249 and countries.EEA < countries.CODES and len(countries.EEA) == 30


def test_rules_speak_of_fields_and_terms_of_the_schema():
    named = set(health.NEEDS + health.BODY + dates.DAYS + dates.PERIODS) | set(duo.NEEDS.values())
    named |= set(countries.FIELDS + rules.OF_CONTROLLER + rules.BASES) | {n for pair in tables.COUNTS for n in pair}
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
