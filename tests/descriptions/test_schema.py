import copy
import json
import re
from pathlib import Path

from jsonschema import Draft4Validator
from tables import for_each

from secureb2share_ext import characters
from secureb2share_ext.dataset import identifier_fault
from secureb2share_ext.descriptions import duo, schema

EXAMPLES = [
    (path.stem, json.loads(path.read_text(encoding="utf-8")))
    for path in sorted((Path(__file__).resolve().parents[2] / "docs" / "examples").glob("*.json"))
]
GONE = object()  # a change that takes the member away
CANARY = "Kari-Nordmann-41018012345"  # in values that must come back in no message
HEX = "0123456789abcdef" * 4

REQUIRED = "is required"
UNKNOWN = "is not a known field"
EMPTY = "is empty"
TWICE = "must not have an entry twice"
PATTERN = "must be "
CHOICE = "must be one of"
NO_COUNTRY = "is no country of ISO 3166-1"
NOT_A_DAY = "is not a day of the calendar"
NOT_EMBARGOED = "is only for datasets whose access_right is embargoed"
ART6 = "is required for personal data (GDPR Art. 6)"
ART9 = "is required for special categories of personal data (GDPR Art. 9)"
LABELS_ONLY = "this source describes files by label only"
NO_CONTROLS = "must have no control characters"


def plain():
    return {
        "core": {
            "titles": [{"lang": "nb", "text": "Lønn og arbeid"}],
            "descriptions": [{"lang": "nb", "text": "Svar på et spørreskjema."}],
            "creators": [{"name": "Et institutt"}],
            "publisher": "Et institutt",
            "publication_year": 2024,
            "contacts": [{"name": "Datatilgang", "url": "https://example.org/access"}],
        },
        "sensitive": {
            "access_right": "controlled",
            "access_conditions": [{"lang": "en", "text": "After approval."}],
            "access_mode": ["secure-environment-only"],
            "access_eligibility": ["any"],
            "controller_name": "Et institutt",
            "controller_country": "NO",
            "legal_basis_art6": ["A6-1-e"],
            "special_categories": [],
            "deidentification": "pseudonymised",
            "storage_service": "A secure service",
            "storage_organisation": "A university",
            "storage_country": "NO",
        },
        "files": [{"label": "Questionnaires"}, {"label": "Code book"}],
        "version": {"label": "1"},
    }


def full():
    dataset = plain()
    dataset["core"].update(
        creators=[{"name": "Et institutt", "orcid": "0000-0002-1825-0097", "affiliation": "Et departement"}],
        keywords=["work"],
        languages=["nb"],
        contacts=[{"name": "Datatilgang", "email": "access@example.org", "url": "https://example.org/access"}],
    )
    dataset["sensitive"].update(
        access_eligibility=["affiliated:Et universitet"],
        controller_ror="https://ror.org/046nvst19",
        hdab_name="Helsedataservice",
        hdab_contact="https://helsedata.no/",
        legal_basis_art9=["A9-2-j"],
        special_categories=["Health"],
        health_categories=["RQSH"],
        health_themes=["MENTAL_HEALTH"],
        has_structured_data=True,
        provenance=[{"lang": "en", "text": "Collected by the institute."}],
        access_protocol_url="https://example.org/protocol",
        expected_decision_days=30,
        fees=[{"lang": "en", "text": "None."}],
        joint_controllers=["Et sykehus"],
        processor="Et universitet",
        dpo_contact="dpo@example.org",
        applicable_legislation=["http://data.europa.eu/eli/reg/2016/679/oj"],
        ethics_approval_body="En komité",
        ethics_approval_reference="2024/1",
        consent_type="broad",
        duo_codes=["DUO:00000%02d" % number for number in (7, 12, 22, 24, 25, 27, 28)],
        duo_diseases=["MONDO:0005147", "HP:0001250", "ICD10:E10.5", "ORPHA:558"],
        duo_topics=["Sleep"],
        duo_countries=["NO"],
        duo_until="2027-06-30",
        duo_months=36,
        duo_projects=["Sleep and work"],
        duo_institutions=["Et universitet"],
        purposes_allowed=["ScientificResearch"],
        sensitivity_level="uio-red",
        participants_band="1000-9999",
        min_age=18,
        max_age=90,
        population_coverage=[{"lang": "en", "text": "Everybody who works."}],
        spatial=["NO"],
        temporal_start="2004",
        temporal_end="2010-12-31",
        records_band=">=1000000",
        columns=[
            {"table": "night", "name": "hours", "title": "Hours", "description": "Of sleep.", "datatype": "decimal"}
        ],
        coding_systems=["ICD-10"],
        coding_systems_other=["NOMESCO"],
        code_values=["ICD-10:G47"],
        standards=["OMOP-CDM"],
        standards_other=["A local model"],
        formats=["text/csv", "CSV"],
        terms_url="https://example.org/terms",
        controller_type="university",
        controller_contact="https://example.org/about",
        personal_data=["Age"],
        participants_rounded=4800,
        records_rounded=1200000,
        sexes=["female", "male"],
        analysis_units=["Individual"],
        sampling=["Probability"],
        collection_modes=["Interview"],
        materials=["DNA"],
        regions=["NO07", "NO-55"],
        periodicity="ANNUAL",
        health_activities=["COHORT"],
        size_band="<1MB",
        retention_review="2030-01-01",
        retention_until="2035-01-01",
        retention_basis=[{"lang": "en", "text": "The permit."}],
    )
    dataset["version"]["replaces"] = "p11/sleep-1"
    entry = {"label": "Questionnaires", "media_type": "text/csv", "size_band": "<1MB"}
    dataset["files"] = [dict(entry, name="q1.csv", size=1024, checksum="sha256:" + HEX)]
    return dataset


def steps(field):
    return [int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", field)]


def changed(dataset, changes):
    dataset = copy.deepcopy(dataset)
    for field, value in changes.items():
        way = steps(field)
        node = dataset
        for step in way[:-1]:
            node = node[step]
        if value is GONE:
            del node[way[-1]]
        else:
            node[way[-1]] = value
    return dataset


def full_faults(changes):
    return schema.description_faults(changed(full(), changes), "full")


def plain_faults(changes):
    return schema.description_faults(changed(plain(), changes))


def test_of_a_list_that_is_too_long_no_entry_is_looked_at():
    assert plain_faults({"core.keywords": [5] * 51}) == [("core.keywords", "must have at most 50 entries")]


def check(found, expected):
    found, expected = sorted(found), sorted(expected)
    assert [field for field, _ in found] == [field for field, _ in expected]
    for (_, message), (_, part) in zip(found, expected):
        assert part in message


def one(field, value, message):
    return "%s=%.40r" % (field, value), {field: value}, [(field, message)]


def fields(node, path=""):
    if isinstance(node, dict):
        for name, value in node.items():
            yield from fields(value, path + "." + name if path else name)
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from fields(value, "%s[%d]" % (path, number))
    if path:
        yield path


def nodes(node, path="dataset"):
    yield path, node
    for name, value in node.get("properties", {}).items():
        yield from nodes(value, path + "." + name)
    if "items" in node:
        yield from nodes(node["items"], path + "[]")


def nodes_of(*types):
    return for_each([(path, node) for path, node in nodes(schema.SCHEMA) if node.get("type") in types])


NAMED = {
    "moba", "hunt", "tromso-study", "norwegian-prescription-database", "moli-sani", "finngen", "janus-serum-bank",
    "norlag",
}  # fmt: skip


def test_there_are_sixteen_examples_of_three_sources():
    found = dict(EXAMPLES)
    assert len(found) == 16 and NAMED < set(found)
    assert sorted(example["source"] for example in found.values()) == ["cineca"] * 2 + ["csc"] * 5 + ["tsd"] * 9
    rights = [example["dataset"]["sensitive"]["access_right"] for example in found.values()]
    assert sorted(rights) == ["controlled"] * 14 + ["embargoed", "metadata-only"]
    assert {name for name, example in found.items() if "example.org" in json.dumps(example)} == set(found) - NAMED


@for_each(EXAMPLES)
def test_example_is_valid(name, example):
    assert set(example) == {"source", "identifier", "tenant", "dataset"}
    assert set(example["dataset"]) == {"core", "sensitive", "files", "version"}
    assert identifier_fault(example["identifier"]) is None
    assert schema.description_faults(example["dataset"]) == []


@for_each(EXAMPLES)
def test_example_is_small_and_names_no_person(name, example):
    text = json.dumps(example["dataset"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert len(text.encode("utf-8")) < 16000
    assert "orcid" not in text and "given_name" not in text
    # role addresses of invented institutions only
    assert {host.split('"')[0] for host in text.split("@")[1:]} <= {"example.org"}


@for_each(EXAMPLES, ["titles", "descriptions", "access_conditions", "provenance"])
def test_example_speaks_english_and_a_national_language(name, example, field):
    dataset = example["dataset"]
    texts = dataset["core"].get(field) or dataset["sensitive"].get(field)
    assert len(texts) == 2 and texts[1]["lang"] == "en"
    assert texts[0]["lang"] in ("nb", "fi", "it")


def columns(sensitive):
    return [row.get("table") for row in sensitive.get("columns", [])]


KINDS = {
    "janus-serum-bank": lambda core, said: (
        said["materials"] and said["sexes"] and len(core["contacts"]) > 1 and "BIOBANK_COLLECTION" in str(said)
    ),
    "norlag": lambda core, said: said["collection_modes"] and said["sampling"] and said["analysis_units"],
    "kidney-register": lambda core, said: len(set(columns(said))) == 12 and None not in columns(said),
    "emigrants-autopsies": lambda core, said: (
        said["controller_country"] == "US" and said["legal_basis_exemption"] == "deceased" and "hdab_name" not in said
    ),
    "union-survey-1987": lambda core, said: (
        {said["controller_name"], said["deidentification"], said["legal_basis_exemption"]} == {"not-stated"}
        and said["access_mode"] == said["access_eligibility"] == said["sexes"] == ["not-stated"]
    ),
    "sleep-wearables": lambda core, said: (
        core["funders"] and core["contributors"] and core["related"] and set(said["duo_codes"]) <= set(duo.MODIFIERS)
    ),
}


@for_each(sorted(KINDS))
def test_example_shows_what_it_is_for(name):
    dataset = dict(EXAMPLES)[name]["dataset"]
    assert KINDS[name](dataset["core"], dataset["sensitive"])


def test_example_identifiers_have_varied_shapes():
    identifiers = [example["identifier"] for _, example in EXAMPLES]
    assert len(set(identifiers)) == len(identifiers)
    assert {"/", ".", ":"} <= set("".join(identifiers))


OPTIONAL = sorted(
    set(schema.SCHEMA["properties"]["sensitive"]["properties"])
    - set(schema.SCHEMA["properties"]["sensitive"]["required"])
)


def test_the_full_description_has_every_field_but_the_embargo():
    assert set(OPTIONAL) - set(full()["sensitive"]) == {"embargo_until", "hdab_status", "legal_basis_exemption"}


def test_bases_of_the_tables_are_valid():
    assert schema.description_faults(plain()) == []
    assert schema.description_faults(full(), "full") == []


@for_each(
    [
        "core",
        "core.titles",
        "core.titles[0].lang",
        "core.titles[0].text",
        "core.descriptions",
        "core.descriptions[0].lang",
        "core.descriptions[0].text",
        "core.creators",
        "core.creators[0].name",
        "core.publisher",
        "core.publication_year",
        "core.contacts",
        "core.contacts[0].name",
        "sensitive",
        "sensitive.access_right",
        "sensitive.access_conditions",
        "sensitive.access_conditions[0].lang",
        "sensitive.access_conditions[0].text",
        "sensitive.access_mode",
        "sensitive.access_eligibility",
        "sensitive.controller_name",
        "sensitive.special_categories",
        "sensitive.deidentification",
        "sensitive.storage_service",
        "sensitive.storage_organisation",
        "sensitive.provenance[0].lang",
        "sensitive.provenance[0].text",
        "files[0].label",
    ],
)
def test_missing_field_is_named(field):
    assert full_faults({field: GONE}) == [(field, REQUIRED)]


@for_each(
    [
        "core.creators[0].orcid",
        "core.creators[0].affiliation",
        "core.keywords",
        "core.languages",
        "sensitive.controller_country",
        "sensitive.storage_country",
        "core.contacts[0].email",
        "core.contacts[0].url",
        "sensitive.controller_ror",
        "sensitive.health_themes",
        "sensitive.access_protocol_url",
        "sensitive.expected_decision_days",
        "sensitive.fees",
        "sensitive.joint_controllers",
        "sensitive.processor",
        "sensitive.dpo_contact",
        "sensitive.applicable_legislation",
        "sensitive.ethics_approval_reference",
        "sensitive.consent_type",
        "sensitive.purposes_allowed",
        "sensitive.sensitivity_level",
        "sensitive.participants_band",
        "sensitive.min_age",
        "sensitive.max_age",
        "sensitive.population_coverage",
        "sensitive.spatial",
        "sensitive.temporal_start",
        "sensitive.temporal_end",
        "sensitive.records_band",
        "sensitive.columns",
        "sensitive.coding_systems",
        "sensitive.coding_systems_other",
        "sensitive.formats",
        "sensitive.size_band",
        "sensitive.retention_review",
        "sensitive.retention_until",
        "sensitive.retention_basis",
        "files",
        "files[0].media_type",
        "files[0].size_band",
        "files[0].name",
        "files[0].size",
        "files[0].checksum",
        "version",
        "version.label",
        "version.replaces",
    ],
)
def test_optional_field_may_be_missing(field):
    assert full_faults({field: GONE}) == []


@for_each(
    [
        "note",
        "identifier",
        "core.note",
        "core.doi",
        "core.titles[0].note",
        "core.descriptions[0].note",
        "core.creators[0].email",
        "core.contacts[0].phone",
        "sensitive.note",
        "sensitive.dpia",
        "sensitive.access_request_url",
        "sensitive.storage_inside_eea",
        "sensitive.Access_Right",
        "sensitive.access_conditions[0].note",
        "sensitive.provenance[0].note",
        "files[0].path",
        "files[0].url",
        "version.note",
    ],
    [CANARY, None, [], {"name": CANARY}],
)
def test_unknown_field_is_refused_at_every_level(field, value):
    assert full_faults({field: value}) == [(field, UNKNOWN)]


def test_long_unknown_name_is_cut():
    assert full_faults({"core." + "x" * 5000: 1}) == [("core." + "x" * 57 + "...", UNKNOWN)]


@for_each([None, [], "dataset", 7, True])
def test_body_must_be_an_object(body):
    assert schema.description_faults(body) == [("(body)", "must be of type object")]


def test_empty_body_lacks_both_parts():
    assert schema.description_faults({}) == [("core", REQUIRED), ("sensitive", REQUIRED)]


@for_each(
    [
        one("core", [], "must be of type object"),
        one("core.titles", "Lønn", "must be of type array"),
        one("core.titles", {"lang": "nb", "text": "Lønn"}, "must be of type array"),
        one("core.titles[0]", "Lønn", "must be of type object"),
        one("core.titles[0].text", ["Lønn"], "must be of type string"),
        one("core.creators[0]", "Et institutt", "must be of type object"),
        one("core.publisher", None, "must be of type string"),
        one("core.publisher", {"name": "Et institutt"}, "must be of type string"),
        one("core.publication_year", "2024", "must be of type integer"),
        one("core.publication_year", True, "must be of type integer"),
        one("core.publication_year", 2024.5, "must be of type integer"),
        one("core.keywords", "work", "must be of type array"),
        one("core.keywords[0]", 7, "must be of type string"),
        one("core.contacts", "access@example.org", "must be of type array"),
        one("core.contacts", [], "must have at least 1 entries"),
        one("sensitive", None, "must be of type object"),
        one("sensitive.controller_ror", ["https://ror.org/046nvst19"], "must be of type string"),
        one("sensitive.access_mode", "file-api", "must be of type array"),
        one("sensitive.has_structured_data", "yes", "must be of type boolean"),
        one("sensitive.has_structured_data", 1, "must be of type boolean"),
        one("sensitive.storage_country", 47, "must be of type string"),
        one("files", {"label": "Questionnaires"}, "must be of type array"),
        one("files[0]", "Questionnaires", "must be of type object"),
        one("files[0].size", "1024", "must be of type integer"),
        one("files[0].size", False, "must be of type integer"),
        one("version", "1", "must be of type object"),
        one("version.label", 1, "must be of type string"),
    ]
)
def test_wrong_type_is_told(what, changes, expected):
    check(full_faults(changes), expected)


@for_each([None, 1, ["controlled"], {}])
def test_choice_of_a_wrong_type_is_told_twice(value):
    field = "sensitive.access_right"
    check(full_faults({field: value}), [(field, "must be of type string"), (field, CHOICE)])


TEXTS = {
    "core.titles[0].text": 500,
    "core.descriptions[0].text": 20000,
    "core.creators[0].name": 300,
    "core.creators[0].affiliation": 300,
    "core.publisher": 300,
    "core.keywords[0]": 100,
    "core.contacts[0].name": 300,
    "sensitive.access_conditions[0].text": 5000,
    "sensitive.controller_name": 300,
    "sensitive.hdab_name": 300,
    "sensitive.storage_service": 300,
    "sensitive.storage_organisation": 300,
    "sensitive.provenance[0].text": 5000,
    "files[0].label": 300,
    "sensitive.fees[0].text": 2000,
    "sensitive.joint_controllers[0]": 300,
    "sensitive.processor": 300,
    "sensitive.ethics_approval_body": 300,
    "sensitive.ethics_approval_reference": 100,
    "sensitive.duo_topics[0]": 300,
    "sensitive.duo_projects[0]": 300,
    "sensitive.duo_institutions[0]": 300,
    "sensitive.population_coverage[0].text": 2000,
    "sensitive.columns[0].name": 200,
    "sensitive.columns[0].description": 1000,
    "sensitive.coding_systems_other[0]": 100,
    "sensitive.retention_basis[0].text": 2000,
    "files[0].name": 255,
    "version.label": 100,
}


@for_each(sorted(TEXTS), [" ", "\t\n ", "\u00a0", "\u3000"])
def test_blank_text_is_empty(field, blank):
    assert full_faults({field: blank}) == [(field, EMPTY)]


@for_each(sorted(TEXTS))
def test_empty_text_is_empty(field):
    found = full_faults({field: ""})
    assert (field, EMPTY) in found
    assert {name for name, _ in found} == {field}


LONG = [(field, "", "e", most) for field, most in sorted(TEXTS.items())] + [
    ("core.titles[0].lang", "nb-abcdefgh-abcdefgh-abcdefgh-", "a", 35),
    ("core.languages[0]", "nb-abcdefgh-abcdefgh-abcdefgh-", "a", 35),
    ("core.contacts[0].email", "access@example.", "a", 254),
    ("core.contacts[0].url", "https://example.org/", "a", 2000),
    ("sensitive.hdab_contact", "https://example.org/", "a", 2000),
    ("sensitive.access_eligibility[0]", "affiliated:", "a", 300),
    ("sensitive.access_protocol_url", "https://example.org/", "a", 2000),
    ("sensitive.dpo_contact", "https://example.org/", "a", 2000),
    ("sensitive.applicable_legislation[0]", "https://example.org/eli/", "a", 500),
    ("sensitive.formats[0]", "text/", "a", 127),
    ("files[0].media_type", "text/", "a", 127),
    ("version.replaces", "p11 ", "a", 255),
]


@for_each(LONG)
def test_text_may_be_so_long_and_no_longer(field, start, letter, most):
    # in words, where the text may have words: a longer run without a space is refused for itself
    rest = letter * (most - len(start)) if set("@/") & set(start) else (letter * 9 + " ") * most
    longest = (start + rest)[: most - 1] + letter
    assert full_faults({field: longest}) == []
    found = full_faults({field: longest + letter})
    expected = (field, "must have at most %d characters" % most)
    if start.startswith("https://") and most == 2000:
        # an address that is too long is a long run of letters too
        assert expected in found and {name for name, _ in found} == {field}
    else:
        assert found == [expected]


LISTS = [
    ("core.titles", 20, lambda n: {"lang": "nb", "text": "Tittel %d" % n}),
    ("core.descriptions", 20, lambda n: {"lang": "nb", "text": "Tekst %d" % n}),
    ("core.creators", 1000, lambda n: {"name": "Institutt %d" % n}),
    ("core.keywords", 50, lambda n: "word %d" % n),
    ("core.languages", 20, lambda n: "nb-a%d" % n),
    ("sensitive.access_conditions", 20, lambda n: {"lang": "nb", "text": "Vilkår %d" % n}),
    ("sensitive.access_eligibility", 20, lambda n: "affiliated:Institutt %d" % n),
    ("sensitive.provenance", 20, lambda n: {"lang": "nb", "text": "Kilde %d" % n}),
    ("sensitive.fees", 20, lambda n: {"lang": "nb", "text": "Pris %d" % n}),
    ("sensitive.joint_controllers", 50, lambda n: "Institutt %d" % n),
    ("sensitive.applicable_legislation", 20, lambda n: "https://example.org/eli/%d" % n),
    ("sensitive.duo_diseases", 50, lambda n: "MONDO:%07d" % n),
    ("sensitive.duo_topics", 20, lambda n: "Topic %d" % n),
    ("sensitive.duo_projects", 20, lambda n: "Project %d" % n),
    ("sensitive.duo_institutions", 50, lambda n: "Institutt %d" % n),
    ("sensitive.columns", 2000, lambda n: {"name": "v%d" % n}),
    ("sensitive.coding_systems_other", 50, lambda n: "System %d" % n),
    ("sensitive.formats", 50, lambda n: "text/x-%d" % n),
    ("files", 1000, lambda n: {"label": "Fil %d" % n}),
]


@for_each(LISTS)
def test_list_may_have_so_many_entries_and_no_more(field, most, entry):
    entries = [entry(number) for number in range(most + 1)]
    assert full_faults({field: entries[:most]}) == []
    assert full_faults({field: entries}) == [(field, "must have at most %d entries" % most)]


@for_each(
    [
        "core.titles",
        "core.descriptions",
        "core.creators",
        "sensitive.access_conditions",
        "sensitive.access_mode",
        "sensitive.access_eligibility",
    ],
)
def test_list_needs_an_entry(field):
    assert full_faults({field: []}) == [(field, "must have at least 1 entries")]


@for_each(["core.keywords", "core.languages", "sensitive.health_themes", "files"])
def test_list_may_be_empty(field):
    assert full_faults({field: []}) == []


@for_each(
    [
        "core.titles",
        "core.descriptions",
        "core.creators",
        "core.keywords",
        "core.languages",
        "sensitive.access_conditions",
        "sensitive.access_mode",
        "sensitive.access_eligibility",
        "sensitive.legal_basis_art6",
        "sensitive.legal_basis_art9",
        "sensitive.special_categories",
        "sensitive.health_categories",
        "sensitive.health_themes",
        "sensitive.provenance",
    ],
)
def test_entry_may_not_stand_twice(field):
    part, name = field.split(".")
    assert full_faults({field: full()[part][name] * 2}) == [(field, TWICE)]


@for_each(
    [
        one("core.publication_year", 1899, "must be at least 1900"),
        one("core.publication_year", 2201, "must be at most 2200"),
        one("core.publication_year", 10**400, "must be at most 2200"),
        one("files[0].size", -1, "must be at least 0"),
        one("files[0].size", 2**53, "must be at most 9007199254740991"),
        one("sensitive.access_right", "open", "must be one of controlled, metadata-only, embargoed"),
        one("sensitive.access_right", "", CHOICE),
        one("sensitive.access_right", "Controlled", CHOICE),
        one("sensitive.access_mode[0]", "by e-mail", CHOICE),
        one("sensitive.legal_basis_art6[0]", "A9-2-a", CHOICE),
        one("sensitive.legal_basis_art9[0]", "A6-1-a", CHOICE),
        one("sensitive.special_categories[0]", "Salary", CHOICE),
        one("sensitive.deidentification", "anonymized", CHOICE),
        one("sensitive.health_categories[0]", "ABCD", CHOICE),
        one("sensitive.health_themes[0]", "mental_health", CHOICE),
        one("files[0].size_band", "12 GB", CHOICE),
        one("core.titles[0].lang", "Norsk", PATTERN),
        one("core.titles[0].lang", "nb_NO", PATTERN),
        one("core.titles[0].lang", "", PATTERN),
        one("core.languages[0]", "n", PATTERN),
        one("core.languages[0]", "x", PATTERN),
        one("core.languages[0]", "nb-a", PATTERN),
        one("core.languages[0]", "nb-x", PATTERN),
        one("core.languages[0]", "nb-abcdefghi", PATTERN),
        one("core.creators[0].orcid", "0000000218250097", PATTERN),
        one("core.creators[0].orcid", "https://orcid.org/0000-0002-1825-0097", PATTERN),
        one("core.contacts[0].email", "access", PATTERN),
        one("core.contacts[0].email", "access@localhost", PATTERN),
        one("core.contacts[0].email", "Access <access@example.org>", PATTERN),
        one("core.contacts[0].email", "a@example.org,b@example.org", PATTERN),
        one("sensitive.access_eligibility[0]", "everybody", PATTERN),
        one("sensitive.access_eligibility[0]", "national-eid:no", PATTERN),
        one("sensitive.access_eligibility[0]", "national-eid:", PATTERN),
        one("sensitive.access_eligibility[0]", "affiliated:", PATTERN),
        one("sensitive.access_eligibility[0]", "affiliated:  ", PATTERN),
        one("sensitive.controller_ror", "046nvst19", PATTERN),
        one("sensitive.controller_ror", "http://ror.org/046nvst19", PATTERN),
        one("sensitive.controller_country", "no", PATTERN),
        one("sensitive.controller_country", "NOR", PATTERN),
        one("sensitive.storage_country", "Norge", PATTERN),
        one("sensitive.expected_decision_days", 0, "must be at least 1"),
        one("sensitive.expected_decision_days", 1001, "must be at most 1000"),
        one("sensitive.duo_months", 0, "must be at least 1"),
        one("sensitive.min_age", -1, "must be at least 0"),
        one("sensitive.max_age", 91, "must be at most 90"),
        one("sensitive.participants_band", "7", CHOICE),
        one("sensitive.records_band", "1234", CHOICE),
        one("sensitive.size_band", "12 GB", CHOICE),
        one("sensitive.consent_type", "yes", CHOICE),
        one("sensitive.sensitivity_level", "red", CHOICE),
        one("sensitive.purposes_allowed[0]", "Profit", CHOICE),
        one("sensitive.duo_countries[0]", "Norge", PATTERN),
        one("sensitive.spatial[0]", "no", PATTERN),
        one("sensitive.spatial[0]", "UK", NO_COUNTRY),
        one("sensitive.duo_diseases[0]", "ICD:E10", PATTERN),
        one("sensitive.duo_until", "2027-06", PATTERN),
        one("sensitive.retention_until", "2035", PATTERN),
        one("sensitive.temporal_start", "04", PATTERN),
        one("sensitive.temporal_end", "2010-13", PATTERN),
        one("sensitive.formats[0]", "csv", PATTERN),
        one("sensitive.applicable_legislation[0]", "GDPR", PATTERN),
        one("sensitive.applicable_legislation[0]", "http://example.org/gdpr", PATTERN),
        one("sensitive.dpo_contact", "Personvernombudet", PATTERN),
        one("sensitive.dpo_contact", "dpo@localhost", PATTERN),
        one("files[0].media_type", "csv", PATTERN),
        one("files[0].media_type", "Text/CSV", PATTERN),
        one("files[0].checksum", "md5:" + HEX[:32], PATTERN),
        one("files[0].checksum", "sha256:" + HEX.upper(), PATTERN),
        one("files[0].checksum", HEX, PATTERN),
    ]
)
def test_value_outside_the_rule_is_told(what, changes, expected):
    check(full_faults(changes), expected)


@for_each(
    [
        "und",  # undetermined
        "sl-rozaj-biske-1994",
        "de-u-co-phonebk",
        "en-t-jp-m0-bgn",
        "nb-x-a-dialect",
        "de-a-value-b-more-x-mine",
        "x-whatever-1",
    ],
    ["core.titles[0].lang", "core.languages[0]", "sensitive.provenance[0].lang"],
)
def test_a_language_may_have_extensions_and_private_use(tag, field):
    # RFC 5646, 2.1
    assert full_faults({field: tag}) == []


ADDRESSES = ["core.contacts[0].url"] + [
    "sensitive." + n for n in ("hdab_contact", "access_protocol_url", "dpo_contact")
]


@for_each(
    ADDRESSES,
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://example.org/",
        "data:text/html,x",
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "mailto:access@example.org",
        "//example.org/",
        "example.org",
        "/access",
        "https:",
        "https://",
        " https://example.org/",
        "https://example.org/ access",
        "https://example.org/\naccess",
        'https://example.org/"onclick=',
        "https://example.org/<script>",
        "https://example.org/{pid}",
        "",
    ],
)
def test_only_https_addresses_are_taken(field, url):
    check(full_faults({field: url}), [(field, PATTERN)])


@for_each(
    [
        ("core.titles[0].lang", "nb"),
        ("core.descriptions[0].lang", "nb"),
        ("core.languages[0]", "nb"),
        ("core.creators[0].orcid", "0000-0002-1825-0097"),
        ("core.contacts[0].email", "access@example.org"),
        ("core.contacts[0].url", "https://example.org/access"),
        ("sensitive.access_eligibility[0]", "any"),
        ("sensitive.access_eligibility[0]", "national-eid:NO"),
        ("sensitive.access_eligibility[0]", "affiliated:Et universitet"),
        ("sensitive.controller_ror", "https://ror.org/046nvst19"),
        ("sensitive.controller_country", "NO"),
        ("sensitive.hdab_contact", "https://helsedata.no/"),
        ("sensitive.storage_country", "NO"),
        ("sensitive.access_protocol_url", "https://example.org/protocol"),
        ("sensitive.dpo_contact", "dpo@example.org"),
        ("sensitive.applicable_legislation[0]", "http://data.europa.eu/eli/reg/2016/679/oj"),
        ("sensitive.applicable_legislation[0]", "https://example.org/a/eli/1"),
        ("sensitive.applicable_legislation[0]", "https://lovdata.no/dokument/NL/lov/2014-06-20-43#KAPITTEL_2"),
        ("sensitive.applicable_legislation[0]", "urn:lex:it:stato:decreto.legislativo:2003-06-30;196#art110"),
        ("sensitive.formats[0]", "FASTQ"),
        ("sensitive.regions[0]", "UKI"),
        ("sensitive.duo_diseases[0]", "ICD10:E10"),
        ("sensitive.duo_diseases[0]", "MONDO:0005147"),
        ("sensitive.duo_countries[0]", "FI"),
        ("sensitive.duo_until", "2027-06-30"),
        ("sensitive.spatial[0]", "FI"),
        ("sensitive.temporal_start", "2004-01-31"),
        ("sensitive.temporal_end", "2010-12"),
        ("sensitive.retention_until", "2035-01-01"),
        ("files[0].media_type", "text/csv"),
        ("files[0].checksum", "sha256:" + HEX),
    ],
)
def test_formal_value_has_no_newline_after_it(field, value):
    assert full_faults({field: value}) == []
    assert [name for name, _ in full_faults({field: value + "\n"})] == [field]


@for_each(
    [
        ("embargoed", {"sensitive.access_right": "embargoed", "sensitive.embargo_until": "2031-01-01"}, []),
        ("leap day", {"sensitive.access_right": "embargoed", "sensitive.embargo_until": "2028-02-29"}, []),
        (
            "embargo without date",
            {"sensitive.access_right": "embargoed"},
            [("sensitive.embargo_until", "is required when access_right is embargoed")],
        ),
        (
            "date without embargo",
            {"sensitive.embargo_until": "2031-01-01"},
            [("sensitive.embargo_until", NOT_EMBARGOED)],
        ),
        (
            "date of metadata only",
            {"sensitive.access_right": "metadata-only", "sensitive.embargo_until": "2031-01-01"},
            [("sensitive.embargo_until", NOT_EMBARGOED)],
        ),
        (
            "31 February without embargo",
            {"sensitive.embargo_until": "2031-02-31"},
            [("sensitive.embargo_until", NOT_A_DAY), ("sensitive.embargo_until", NOT_EMBARGOED)],
        ),
        ("metadata only", {"sensitive.access_right": "metadata-only"}, []),
    ]
    + [
        (
            "embargo until " + day,
            {"sensitive.access_right": "embargoed", "sensitive.embargo_until": day},
            [("sensitive.embargo_until", message)],
        )
        for day, message in [
            ("2031-02-31", NOT_A_DAY),
            ("2031-02-29", NOT_A_DAY),
            ("2031-04-31", NOT_A_DAY),
            ("0000-01-01", NOT_A_DAY),
            ("2031-13-01", PATTERN),
            ("2031-00-01", PATTERN),
            ("2031-01-32", PATTERN),
            ("2031-1-1", PATTERN),
            ("01.01.2031", PATTERN),
            ("2031-01-01T00:00:00Z", PATTERN),
            ("", PATTERN),
        ]
    ]
)
def test_embargo(what, changes, expected):
    check(plain_faults(changes), expected)


@for_each(
    [
        ("none", {"sensitive.legal_basis_art6": GONE}, [("sensitive.legal_basis_art6", ART6)]),
        ("empty", {"sensitive.legal_basis_art6": []}, [("sensitive.legal_basis_art6", ART6)]),
        (
            "special category",
            {"sensitive.special_categories": ["EthnicOrigin"]},
            [("sensitive.legal_basis_art9", ART9)],
        ),
        (
            "special category, Art. 9 empty",
            {"sensitive.special_categories": ["TradeUnionMembership"], "sensitive.legal_basis_art9": []},
            [("sensitive.legal_basis_art9", ART9)],
        ),
        (
            "special category with Art. 9",
            {"sensitive.special_categories": ["EthnicOrigin"], "sensitive.legal_basis_art9": ["A9-2-j"]},
            [],
        ),
        (
            "special category, neither",
            {"sensitive.special_categories": ["SexualHistory"], "sensitive.legal_basis_art6": GONE},
            [("sensitive.legal_basis_art6", ART6), ("sensitive.legal_basis_art9", ART9)],
        ),
        ("criminal alone", {"sensitive.special_categories": ["Criminal"]}, []),
        ("convictions alone", {"sensitive.special_categories": ["Criminal", "CriminalConviction"]}, []),
        (
            "criminal needs Art. 6",
            {"sensitive.special_categories": ["Criminal"], "sensitive.legal_basis_art6": GONE},
            [("sensitive.legal_basis_art6", ART6)],
        ),
        (
            "criminal and another",
            {"sensitive.special_categories": ["Criminal", "PoliticalOpinion"]},
            [("sensitive.legal_basis_art9", ART9)],
        ),
    ]
    + [
        ("none, " + what, {"sensitive.legal_basis_art6": GONE, "sensitive.deidentification": what}, expected)
        for what, expected in [
            ("identified", [("sensitive.legal_basis_art6", ART6)]),
            ("pseudonymised", [("sensitive.legal_basis_art6", ART6)]),
            ("contextually-anonymised", [("sensitive.legal_basis_art6", ART6)]),
            ("anonymised", []),
            ("aggregated", []),
            ("synthetic", []),
        ]
    ]
    + [
        (
            "special category, " + what,
            {
                "sensitive.special_categories": ["EthnicOrigin"],
                "sensitive.legal_basis_art6": GONE,
                "sensitive.deidentification": what,
            },
            [],
        )
        for what in ("anonymised", "aggregated", "synthetic")
    ]
)
def test_legal_bases(what, changes, expected):
    check(plain_faults(changes), expected)


@for_each(["Race", "Biometric", "Sexual", "ReligiousBelief", "Criminal"])
def test_other_categories_are_not_health(term):
    changes = {"sensitive.special_categories": [term], "sensitive.legal_basis_art9": ["A9-2-j"]}
    assert plain_faults(changes) == []


def test_unstructured_health_data_are_said_to_be():
    assert full_faults({"sensitive.has_structured_data": False}) == []


@for_each(
    [
        ("url", {}, []),
        ("email", {"core.contacts[0]": {"name": "Datatilgang", "email": "access@example.org"}}, []),
        ("neither", {"core.contacts[0].url": GONE}, []),
    ]
)
def test_contact(what, changes, expected):
    check(plain_faults(changes), expected)


DETAILS = [("name", CANARY + ".csv"), ("size", 1024), ("size", 0), ("checksum", "sha256:" + HEX)]


@for_each(DETAILS, ["files[0].", "files[1]."])
def test_file_details_only_where_the_source_describes_files_in_full(name, value, entry):
    dataset = changed(plain(), {entry + name: value})
    check(schema.description_faults(dataset), [(entry + name, LABELS_ONLY)])
    check(schema.description_faults(dataset, "labels"), [(entry + name, LABELS_ONLY)])
    assert schema.description_faults(dataset, "full") == []


def test_file_details_are_told_for_every_entry():
    details = {"label": "L", "name": "n.csv", "size": 1, "checksum": "sha256:" + HEX}
    found = plain_faults({"files": [details, {"label": "M"}, details]})
    names = ("name", "size", "checksum")
    check(found, [("files[%d].%s" % (number, name), LABELS_ONLY) for number in (0, 2) for name in names])


def test_faults_of_the_schema_come_at_once():
    found = full_faults(
        {
            "note": 1,
            "core.note": 1,
            "core.titles[0].note": 1,
            "core.titles[0].lang": "norsk bokmål",
            "core.descriptions": [],
            "core.creators": GONE,
            "core.publisher": "  ",
            "core.publication_year": "2024",
            "core.contacts[0].url": "http://example.org/",
            "core.keywords": ["a", "a"],
            "sensitive.access_right": "open",
            "sensitive.controller_name": GONE,
            "sensitive.storage_country": "Norge",
            "files[0].label": GONE,
            "files[0].path": "x",
            "version.label": "x" * 101,
        }
    )
    check(
        found,
        [
            ("note", UNKNOWN),
            ("core.note", UNKNOWN),
            ("core.titles[0].note", UNKNOWN),
            ("core.titles[0].lang", PATTERN),
            ("core.descriptions", "must have at least 1 entries"),
            ("core.creators", REQUIRED),
            ("core.publisher", EMPTY),
            ("core.publication_year", "must be of type integer"),
            ("core.contacts[0].url", PATTERN),
            ("core.keywords", TWICE),
            ("sensitive.access_right", CHOICE),
            ("sensitive.controller_name", REQUIRED),
            ("sensitive.storage_country", PATTERN),
            ("files[0].label", REQUIRED),
            ("files[0].path", UNKNOWN),
            ("version.label", "must have at most 100 characters"),
        ],
    )


def test_faults_of_the_rules_come_at_once():
    found = plain_faults(
        {
            "core.contacts[0].url": GONE,
            "sensitive.embargo_until": "2031-02-31",
            "sensitive.legal_basis_art6": GONE,
            "sensitive.special_categories": ["Genetic"],
            "files[1].name": "q1.csv",
        }
    )
    check(
        found,
        [
            ("sensitive.embargo_until", NOT_A_DAY),
            ("sensitive.embargo_until", NOT_EMBARGOED),
            ("sensitive.legal_basis_art6", ART6),
            ("sensitive.legal_basis_art9", ART9),
            ("files[1].name", LABELS_ONLY),
        ],
    )


def test_faults_of_schema_and_rules_come_at_once():
    changes = {"core.publisher": GONE, "sensitive.legal_basis_art6": GONE, "files[0].name": "q1.csv"}
    expected = [
        ("core.publisher", REQUIRED),
        ("sensitive.legal_basis_art6", ART6),
        ("files[0].name", LABELS_ONLY),
    ]
    check(plain_faults(changes), expected)


@for_each(sorted(set(fields(full())) | {"sensitive.embargo_until"}))
def test_no_fault_repeats_a_value(field):
    for value in (CANARY, CANARY * 1000, [CANARY], [CANARY, CANARY], [{"text": CANARY}] * 1001):
        assert CANARY not in repr(full_faults({field: value}))
    for value in ({"x": CANARY}, {"x": {"y": [CANARY]}}):
        found = full_faults({field: value})
        assert found and CANARY not in repr(found)


CONTROLS = list("\x00\x01\x08\x0b\x0c\x1b\x1f\x7f\x85\x9f\u2028\u2029\ud800\udfff\ufffe\uffff")


@for_each(sorted(TEXTS) + ["sensitive.access_eligibility[0]"], CONTROLS)
def test_text_has_no_control_characters(field, character):
    text = "affiliated:A%sB" % character
    assert full_faults({field: text}) == [(field, NO_CONTROLS)]


@for_each(ADDRESSES, CONTROLS)
def test_address_has_no_control_characters(field, character):
    found = full_faults({field: "https://example.org/a%sb" % character})
    assert (field, NO_CONTROLS) in found
    assert {name for name, _ in found} == {field}


@for_each(
    [
        "core.titles[0].text",
        "core.descriptions[0].text",
        "sensitive.access_conditions[0].text",
        "files[0].label",
    ],
    [
        "First line\nsecond line\n",
        "First line\r\nsecond line",
        "Column\tcolumn",
        "Blåbærsyltetøy, Näyte, è, ŋ, Łódź",
        "Ελληνικά, українська, 日本語, العربية",
        "a\u00a0b \u2013 \u201cc\u201d \u2026",
        "\U0001f52c",
        "<b>bold</b> & 'quotes'",
    ],
)
def test_other_characters_are_taken(field, text):
    assert full_faults({field: text}) == []


def test_schema_is_a_draft_04_schema():
    assert schema.SCHEMA["$schema"] == "http://json-schema.org/draft-04/schema#"
    Draft4Validator.check_schema(schema.SCHEMA)


KEYWORDS = {
    "object": {"type", "title", "description", "properties", "required", "additionalProperties"},
    "array": {"type", "title", "description", "items", "minItems", "maxItems", "uniqueItems"},
    "string": {"type", "title", "description", "enum", "pattern", "minLength", "maxLength", "x-labels"},
    "integer": {"type", "title", "description", "minimum", "maximum"},
    "boolean": {"type", "title", "description"},
}


@nodes_of("object", "array", "string", "integer", "boolean", "number", "null", None)
def test_schema_says_the_type_and_uses_only_keywords_that_have_words(path, node):
    assert set(node) - {"$schema"} <= KEYWORDS[node["type"]]


@nodes_of("object")
def test_schema_is_closed(path, node):
    assert node["additionalProperties"] is False
    assert node["properties"]
    assert set(node.get("required", [])) <= set(node["properties"])


@nodes_of("array")
def test_schema_bounds_every_list(path, node):
    # columns: a register of twelve tables has many, and each is a flat row of short texts
    assert 0 < node["maxItems"] <= (2000 if path.endswith(".columns") else 1000)
    assert node["items"]["type"] in ("object", "string")


@nodes_of("string")
def test_schema_bounds_every_text(path, node):
    pattern = node.get("pattern", "")
    fixed = re.match(r"\^.*\$", pattern) and not re.search(r"[*+]|\{\d+,\}", pattern)
    assert node.get("enum") or 0 < node.get("maxLength", 0) <= 20000 or fixed


@nodes_of("string")
def test_schema_lets_no_text_be_blank(path, node):
    if "enum" not in node:
        assert not re.search(node["pattern"], "") and not re.search(node["pattern"], " \n")


@nodes_of("integer")
def test_schema_bounds_every_number(path, node):
    assert node["minimum"] < node["maximum"] < 2**53


@for_each(sorted(schema.SCHEMA["properties"]["sensitive"]["properties"]))
def test_sensitive_is_flat(name):
    node = schema.SCHEMA["properties"]["sensitive"]["properties"][name]
    if node["type"] == "array" and node["items"]["type"] == "object":
        names = set(node["items"]["properties"])
        if name == "columns":
            assert names == {"table", "name", "title", "description", "datatype"}
            assert node["items"]["required"] == ["name"]
        else:
            assert names == set(node["items"]["required"]) == {"lang", "text"}
        assert all(member["type"] == "string" for member in node["items"]["properties"].values())
    elif node["type"] == "array":
        assert node["items"]["type"] == "string"
    else:
        assert node["type"] in ("string", "boolean", "integer")


@for_each(["core", "sensitive"])
def test_every_property_explains_itself(part):
    for name, node in schema.SCHEMA["properties"][part]["properties"].items():
        assert node.get("title", "").strip() and node.get("description", "").strip(), name
        assert not node["title"].endswith(".") and node["description"][-1] in "./", name


PROSE = [name for name in sorted(TEXTS) if name.endswith(".text") and not name.startswith("core.titles")]


@for_each(sorted(TEXTS) + ["sensitive.access_eligibility[0]"], ["\u200b", "\u202e", "\u2066", "\ufeff", "\U000e0041"])
def test_no_text_has_invisible_characters(field, character):
    assert full_faults({field: "affiliated:A%sB" % character}) == [(field, characters.HIDDEN)]


@for_each(sorted(TEXTS), ["می\u200cخواهم", "\U0001f469\u200d\U0001f52c"])
def test_the_joiners_that_a_script_needs_stand_in_prose_alone(field, text):
    assert full_faults({field: text}) == ([] if field in PROSE else [(field, characters.HIDDEN)])
