import copy
import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DESCRIPTIONS, JSON, MANY

from secureb2share_ext.descriptions import schema
from secureb2share_ext.hosts.b2share2 import block, mapping

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "docs" / "examples").glob("*.json"))
BLOCK = "7a1d6f0e-0000-4000-8000-000000000000"
METADATA = st.dictionaries(
    st.sampled_from(
        ["titles", "descriptions", "creators", "publisher", "publication_date", "keywords", "languages", "version"]
        + ["contact_email", "community_specific", "resource_types", "open_access", "disciplines", "license"]
    ),
    JSON
    | st.lists(
        st.dictionaries(
            st.sampled_from(
                [
                    "title",
                    "description",
                    "creator_name",
                    "name_identifiers",
                    "affiliations",
                    "keyword",
                    "language_identifier",
                ]
            ),
            JSON,
            max_size=3,
        ),
        max_size=3,
    ),
    max_size=8,
)
HELD = st.dictionaries(st.sampled_from(sorted(block.schema()["properties"]) + ["station"]), JSON, max_size=8)


@st.composite
def records(draw):
    # what nobody checked before
    metadata = draw(METADATA)
    if draw(st.booleans()):
        metadata["community_specific"] = {BLOCK: draw(HELD | JSON), "other": draw(JSON)}
    return metadata


@MANY
@given(DESCRIPTIONS)
def test_a_record_holds_a_whole_description(description):
    assert schema.schema_faults(schema.Strict(schema.SCHEMA), description) == []
    before = copy.deepcopy(description)
    record = json.loads(json.dumps(mapping.to_record(description, BLOCK)))
    assert mapping.from_record(record, BLOCK) == before == description
    mapping.write(record, BLOCK, "https://catalogue.example.org/api/access/1", "active")
    record.update({"community": "x", "$schema": "x", "_deposit": {}, "publication_state": "draft", "disciplines": []})
    assert mapping.from_record(record, BLOCK) == before
    assert mapping.updated(record, before, BLOCK) == record


@MANY
@given(records(), DESCRIPTIONS)
def test_another_description_takes_its_place_and_the_rest_is_kept(metadata, description):
    before = copy.deepcopy(metadata)
    record = mapping.updated(metadata, description, BLOCK)
    assert metadata == before and mapping.from_record(record, BLOCK) == description
    assert record["open_access"] is False and record["resource_types"]
    for name in ("disciplines", "license"):
        assert record.get(name) == before.get(name)
    blocks = before.get("community_specific")
    if isinstance(blocks, dict):
        assert record["community_specific"].get("other") == blocks.get("other")
        held = blocks.get(BLOCK)
        for name in ("station", "dataset_state", "access_request_url", "dataset_identifier"):
            assert not isinstance(held, dict) or record["community_specific"][BLOCK].get(name) == held.get(name)


@MANY
@given(records() | JSON, st.just(BLOCK) | st.none())
def test_whatever_an_editor_enters_can_be_read(metadata, block_id):
    found = mapping.from_record(metadata, block_id)
    for name, _ in schema.description_faults(found):
        assert mapping.field(name)
    mapping.claimed(metadata, block_id)
    if isinstance(metadata, dict):
        mapping.write(metadata, block_id, "https://x", "active")
        assert mapping.from_record(metadata, block_id) == found


def test_a_record_is_what_b2share_has_members_for():
    description = json.loads((EXAMPLES[0].parent / "hunt.json").read_text(encoding="utf-8"))["dataset"]
    description["core"]["contacts"][0]["email"] = "data@example.org"
    description["core"]["creators"][0].update(kind="person", orcid="0000-0002-1825-0097")
    description["version"] = {"label": "4", "replaces": "hunt/hunt1-3"}
    record = mapping.to_record(description, BLOCK)
    held = record["community_specific"].pop(BLOCK)
    assert record.pop("community_specific") == {}
    texts = [text["text"] for text in description["core"]["descriptions"]]
    assert record.pop("descriptions") == [{"description": text, "description_type": "Abstract"} for text in texts]
    assert len(record.pop("keywords")) == 7
    assert record == {
        "titles": [
            {"title": "Helseundersøkelsen i Trøndelag (HUNT): HUNT1–HUNT4"},
            {"title": "The Trøndelag Health Study (HUNT): HUNT1–HUNT4"},
        ],
        "creators": [
            {
                "creator_name": "HUNT forskningssenter",
                "name_identifiers": [
                    {
                        "name_identifier": "0000-0002-1825-0097",
                        "scheme": "ORCID",
                        "scheme_uri": "https://orcid.org",
                    }
                ],
                "name_type": "Personal",
                "affiliations": [
                    {
                        "affiliation_name": "Norges teknisk-naturvitenskapelige universitet (NTNU)",
                        "affiliation_identifier": "https://ror.org/05xg72x27",
                        "scheme": "ROR",
                    }
                ],
            }
        ],
        "publisher": "Norges teknisk-naturvitenskapelige universitet",
        "publication_date": "2019-01-01",
        "languages": [
            {"language_name": "Norwegian Bokmål", "language_identifier": "nb"},
            {"language_name": "English", "language_identifier": "en"},
        ],
        "contact_email": "data@example.org",
        "resource_types": [{"resource_type_general": "Dataset"}],
        "version": "4",
        "open_access": False,
    }
    beside = {name: held[name] for name in held if name not in description["sensitive"]}
    beside.pop("files")
    assert beside == {
        "title_languages": ["nb", "en"],
        "description_languages": ["nb", "en"],
        "contact_name": "HUNT forskningssenter, NTNU",
        "contact_url": "https://www.ntnu.edu/hunt/data",
        "publisher_ror": "https://ror.org/05xg72x27",
        "publisher_type": "university",
        "version_replaces": "hunt/hunt1-3",
    }


def example():
    return json.loads(EXAMPLES[0].read_text(encoding="utf-8"))["dataset"]


SAME = [{"lang": "en", "text": "A"}, {"lang": "nb", "text": "B"}, {"lang": "sv", "text": "A"}]


@pytest.mark.parametrize(
    "titles, tags, languages, read",
    [
        (["A", "B"], ["en", "nb", "sv=1"], None, SAME),
        (["A"], ["en", "sv=1"], None, [SAME[0], SAME[2]]),
        (["A", "B"], ["en"], ["nb", "fi"], [SAME[0], {"lang": "nb", "text": "B"}]),
        (["A", "B"], None, ["Norwegian", "nb"], [{"lang": "nb", "text": "A"}, SAME[1]]),
        (["A"], None, None, [{"lang": "und", "text": "A"}]),
        (["A"], ["en", "nb"], None, [SAME[0], {"lang": "nb"}]),
        (["A"], ["en", "nb=2"], None, [SAME[0], {"lang": "nb"}]),
        (["A"], "en", None, [SAME[0]]),
        ([], ["en"], None, [{"lang": "en"}]),
    ],
)
def test_titles_and_their_languages(titles, tags, languages, read):
    metadata = {"titles": [{"title": text} for text in titles], "community_specific": {BLOCK: {}}}
    if tags is not None:
        metadata["community_specific"][BLOCK]["title_languages"] = tags
    if languages is not None:
        metadata["languages"] = [{"language_name": "x", "language_identifier": tag} for tag in languages]
    assert mapping.from_record(metadata, BLOCK)["core"]["titles"] == read


def test_a_text_in_two_languages_stands_once():
    description = example()
    description["core"].update(titles=SAME, descriptions=SAME[:1] + SAME[2:])
    record = mapping.to_record(description, BLOCK)
    held = record["community_specific"][BLOCK]
    assert record["titles"] == [{"title": "A"}, {"title": "B"}]
    assert (held["title_languages"], held["description_languages"]) == (["en", "nb", "sv=1"], ["en", "sv=1"])
    assert mapping.from_record(record, BLOCK) == description


def test_no_text_is_multiplied():
    metadata = {"titles": [{"title": "A" * 1000}], "community_specific": {BLOCK: {"title_languages": ["en=1"] * 9999}}}
    titles = mapping.from_record(metadata, BLOCK)["core"]["titles"]
    assert len(titles) == 22 and ("core.titles", "must have at most 20 entries") in schema.description_faults(
        mapping.from_record(metadata, BLOCK)
    )


CURATED = {
    "titles": [{"title": "A"}, {"title": "Another", "type": "Alternative Title"}],
    "descriptions": [{"description": "How", "description_type": "Methods"}],
    "creators": [
        {
            "creator_name": "Doe, J.", "given_name": "J.", "family_name": "Doe",
            "name_identifiers": [
                {"scheme": "ISNI", "name_identifier": "1"},
                {"scheme": "orcid", "name_identifier": "https://orcid.org/0000-0002-1825-0097"},
            ],
            "affiliations": [{"affiliation_name": "A", "scheme": "ROR"}, {"affiliation_name": "B"}],
        }
    ],
    "publisher": "P",
    "publication_date": "2023-05-17T22:00:00.000Z",
    "keywords": [{"keyword": "x", "scheme": "a"}, {"keyword": "x", "scheme": "b"}, {"keyword": "y"}],
    "languages": [{"language_name": "Norwegian Bokmål", "language_identifier": "nob"}],
    "contact_email": "",
    "version": "",
    "resource_types": [{"resource_type_general": "Collection"}],
    "open_access": False,
    "disciplines": [{"discipline_name": "x"}],
    "community_specific": {
        BLOCK: {
            "contact_name": "Office", "contact_url": "https://example.org", "access_right": "controlled",
            "processor": "", "consent_type": "", "special_categories": ["none"], "station": "theirs",
            "version_replaces": "", "files": [{"label": "Answers", "size_band": ""}],
            "access_request_url": "https://example.org/forged", "dataset_state": "forged",
            "dataset_identifier": "p11/d1",
        }
    },
}  # fmt: skip


def test_what_a_curator_entered_is_read():
    assert mapping.from_record(CURATED, BLOCK) == {
        "core": {
            "titles": [{"lang": "nob", "text": "A"}, {"lang": "nob", "text": "Another"}],
            "descriptions": [{"lang": "nob", "text": "How"}],
            "creators": [
                {
                    "name": "Doe, J.",
                    "given_name": "J.",
                    "family_name": "Doe",
                    "orcid": "0000-0002-1825-0097",
                    "affiliation": "A",
                }
            ],
            "publisher": "P",
            "publication_year": 2023,
            "keywords": ["x", "y"],
            "languages": ["nob"],
            "contacts": [{"name": "Office", "url": "https://example.org"}],
        },
        "sensitive": {"access_right": "controlled", "special_categories": []},
        "files": [{"label": "Answers"}],
        "version": {},
    }
    assert mapping.claimed(CURATED, BLOCK) == "p11/d1" and mapping.claimed({}, BLOCK) is None


def test_and_stays_as_it_was_entered_where_it_says_the_same():
    record = mapping.updated(CURATED, mapping.from_record(CURATED, BLOCK), BLOCK)
    changed = [name for name in CURATED if record.get(name) != CURATED[name]]
    assert sorted(changed) == ["community_specific", "contact_email"] and "contact_email" not in record
    held = record["community_specific"][BLOCK]
    assert held["title_languages"] == ["nob", "nob"] and held["station"] == "theirs"
    assert "processor" not in held and held["dataset_identifier"] == "p11/d1"


def test_the_catalogue_writes_two_members_into_a_new_block():
    model = copy.deepcopy(CURATED)
    record = dict(model)
    mapping.write(record, BLOCK, "https://catalogue.example.org/api/access/1", "active")
    assert model == CURATED  # the old one may still be that of the database
    held = record["community_specific"][BLOCK]
    assert [held[name] for name in mapping.OUTPUT] == ["https://catalogue.example.org/api/access/1", "active"]
    assert set(mapping.OUTPUT) == {"access_request_url", "dataset_state"}


@pytest.mark.parametrize(
    "name, shown",
    [
        ("core.titles", "titles"),
        ("core.titles[1].text", "titles[1].title"),
        ("core.titles[1].lang", "title_languages[1]"),
        ("core.descriptions[0].text", "descriptions[0].description"),
        ("core.descriptions[10].lang", "description_languages[10]"),
        ("core.creators[0].name", "creators[0].creator_name"),
        ("core.creators[0].orcid", "creators[0].name_identifiers"),
        ("core.creators[0].affiliation", "creators[0].affiliations"),
        ("core.publisher", "publisher"),
        ("core.publication_year", "publication_date"),
        ("core.keywords[2]", "keywords[2].keyword"),
        ("core.languages[2]", "languages[2].language_identifier"),
        ("core.contacts", "contact_email"),
        ("core.contacts[0]", "contact_email"),
        ("core.contacts[1].email", "more_contacts[0].email"),
        ("core.contacts[0].name", "contact_name"),
        ("core.contacts[0].email", "contact_email"),
        ("core.contacts[0].url", "contact_url"),
        ("core", "core"),
        ("sensitive.duo_codes[0]", "duo_codes[0]"),
        ("sensitive.fees[0].text", "fees[0].text"),
        ("files[1].name", "files[1].name"),
        ("version.label", "version"),
        ("version.replaces", "version_replaces"),
        ("secureb2share.identifier", "dataset_identifier"),
        ("(body)", "(body)"),
    ],
)
def test_a_field_as_an_editor_of_the_record_knows_it(name, shown):
    assert mapping.field(name) == shown


def test_an_empty_draft_has_faults_that_its_form_knows():
    form = set(block.schema()["properties"]) | set(mapping.to_record(example(), BLOCK))
    faults = schema.description_faults(mapping.from_record({"titles": [{"title": "A"}], "open_access": True}, BLOCK))
    fields = [mapping.field(name) for name, _ in faults]
    assert set(fields) <= form | {"contact_email"} and {"contact_name", "publisher", "access_right"} <= set(fields)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_block_accepts_what_is_made(path):
    description = json.loads(path.read_text(encoding="utf-8"))["dataset"]
    record = mapping.to_record(description, BLOCK)
    mapping.write(record, BLOCK, "https://catalogue.example.org/api/access/1", "active")
    assert mapping.from_record(record, BLOCK) == description
    check(block.schema(), record["community_specific"][BLOCK])


@MANY
@given(DESCRIPTIONS)
def test_b2share_accepts_whatever_is_made(description):
    record = mapping.to_record(description, BLOCK)
    check(block.schema(), record["community_specific"][BLOCK])
    for name in ("titles", "descriptions", "creators", "keywords", "languages"):
        texts = [json.dumps(entry, sort_keys=True) for entry in record.get(name, [])]
        assert len(set(texts)) == len(texts)


def check(json_schema, value):
    assert list(schema.Strict(json_schema).iter_errors(value)) == []


@MANY
@given(DESCRIPTIONS)
def test_b2share_itself_accepts_it(description):
    schemas = pytest.importorskip("b2share.modules.schemas", reason="B2SHARE is not installed here")
    path = Path(schemas.__file__).parent / "root_schemas" / "root_schema_v2.json"
    root = json.loads(path.read_text(encoding="utf-8"))["json_schema"]
    record = dict(mapping.to_record(description, BLOCK), community="x", publication_state="draft")
    root["properties"]["community_specific"] = {"type": "object", "properties": {BLOCK: block.schema()}}
    jsonschema.Draft4Validator(root).validate(record)


def test_what_an_editor_writes_is_read_and_kept_composed():
    description = json.loads(EXAMPLES[0].read_text())["dataset"]
    description["core"]["titles"][0]["text"] = "cafe\u0301"
    record = dict(mapping.to_record(description, BLOCK), _pid=["e\u0301"])
    assert mapping.from_record(record, BLOCK)["core"]["titles"][0]["text"] == "caf\u00e9"
    mapping.compose(record)
    assert record["titles"][0]["title"] == "caf\u00e9" and record["_pid"] == ["e\u0301"]
