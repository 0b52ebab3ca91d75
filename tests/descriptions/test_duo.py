import pytest

from secureb2share_ext.descriptions import duo, schema

NRES, GRU, HMB, DS, POA = "DUO:0000004", "DUO:0000042", "DUO:0000006", "DUO:0000007", "DUO:0000011"
TOPICS = "DUO:0000012"
PERMISSION = (
    "must hold at most one permission (DUO:0000004, DUO:0000042, DUO:0000006, DUO:0000007, DUO:0000011);"
    " the other codes modify it"
)
NO_MODIFIERS = "DUO:0000004 (no restriction) has no modifiers"
ANCESTRY = "DUO:0000011 (ancestry research only) and DUO:0000044 (no ancestry research) exclude each other"
TWICE = "DUO:0000018 says what DUO:0000045 and DUO:0000046 say; leave these out"
COMMERCE = "cannot hold CommercialResearch, for duo_codes allow non-commercial use only"
# as REMS and the ontology's definitions have it
NEEDS = [
    ("DUO:0000007", "duo_diseases", ["MONDO:0005147"]),
    ("DUO:0000012", "duo_topics", ["Sleep"]),
    ("DUO:0000022", "duo_countries", ["NO"]),
    ("DUO:0000024", "duo_until", "2027-06-30"),
    ("DUO:0000025", "duo_months", 36),
    ("DUO:0000027", "duo_projects", ["Sleep and work"]),
    ("DUO:0000028", "duo_institutions", ["Et universitet"]),
]


def told(*codes, **fields):
    sensitive = dict(fields, duo_codes=list(codes))
    return [fault for rule in duo.RULES for fault in rule(sensitive)]


@pytest.mark.parametrize(
    "codes, expected",
    [
        ([], []),
        ([GRU], []),
        ([HMB, "DUO:0000021", "DUO:0000019"], []),
        ([HMB, "DUO:0000020", "DUO:0000026"], []),  # a contact and conditions are always there
        (["DUO:0000021"], []),
        ([GRU, HMB], [PERMISSION]),
        (["not a code"], []),
        ([NRES], []),
        ([NRES, "DUO:0000021"], [NO_MODIFIERS]),
        ([POA, "DUO:0000044"], [ANCESTRY]),
        ([GRU, "DUO:0000044"], []),
        ([GRU, "DUO:0000018", "DUO:0000046"], [TWICE]),
        ([GRU, "DUO:0000018", "DUO:0000045"], [TWICE]),
        ([GRU, "DUO:0000045", "DUO:0000046"], []),
        ([NRES, GRU, "DUO:0000021"], [PERMISSION, NO_MODIFIERS]),
    ],
)
def test_which_codes_go_together(codes, expected):
    assert told(*codes) == [("duo_codes", message) for message in expected]


def test_a_disease_without_a_code_is_said_in_words():
    words = ["Cardiovascular disease"]
    assert told(DS, duo_topics=words) == []
    assert told(DS, duo_topics=words, duo_diseases=["MONDO:0005147"]) == []
    # beside topics of research nobody could tell the diseases
    assert told(DS, TOPICS, duo_topics=words) == [("duo_diseases", "is required, for duo_codes hold %s" % DS)]
    assert told(GRU, duo_topics=words) == [("duo_topics", "is only for datasets whose duo_codes hold %s" % TOPICS)]


@pytest.mark.parametrize("code, field, value", NEEDS, ids=[need[1] for need in NEEDS])
def test_a_code_and_what_it_needs_stand_together(code, field, value):
    codes = [code] if code == DS else [GRU, code]
    assert told(*codes, **{field: value}) == []
    assert told(*codes) == [(field, "is required, for duo_codes hold %s" % code)]
    assert told(*codes, **{field: []}) == [(field, "is required, for duo_codes hold %s" % code)]
    assert told(GRU, **{field: value}) == [(field, "is only for datasets whose duo_codes hold %s" % code)]
    assert told(**{field: value}) == [(field, "is only for datasets whose duo_codes hold %s" % code)]


@pytest.mark.parametrize("code, refused", [("DUO:0000018", True), ("DUO:0000046", True), ("DUO:0000045", False)])
def test_no_commercial_research_where_use_is_non_commercial(code, refused):
    found = told(GRU, code, purposes_allowed=["ScientificResearch", "CommercialResearch"])
    assert found == ([("purposes_allowed", COMMERCE)] if refused else [])
    assert told(GRU, code, purposes_allowed=["ScientificResearch"]) == []


def test_permissions_and_modifiers_are_all_codes_of_the_schema():
    codes = schema.SCHEMA["properties"]["sensitive"]["properties"]["duo_codes"]["items"]["enum"]
    assert sorted(duo.PERMISSIONS + duo.MODIFIERS) == sorted(codes) and len(codes) == 23
    assert [(code, duo.NEEDS[code]) for code, _, _ in NEEDS] == [need[:2] for need in NEEDS] and len(duo.NEEDS) == 7
    # classes of the ontology, not values
    assert not {"DUO:0000001", "DUO:0000017"} & set(codes)
