import json
from pathlib import Path

import pytest

from secureb2share_ext.descriptions import schema
from secureb2share_ext.descriptions.search_document import FACETS
from secureb2share_ext.hosts.records_rest import mapping, search_mapping, search_member
from secureb2share_ext.pages import language

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "docs" / "examples").glob("*.json"))
DERIVED = search_mapping.mapping()["mappings"]
CODE = {"type": "keyword"}
PROSE = {"type": "text", "analyzer": "words"}
NAME = {"type": "text", "analyzer": "words", "fields": {"keyword": {"type": "keyword"}}}
NEVER = {"type": "object", "enabled": False}


def at(path):
    node = DERIVED
    for name in path.split("."):
        node = node["properties"][name]
    return node


def leaves(value, path=()):
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, path + (name,))
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member, path)
    else:
        yield ".".join(path)


def fields(node, path=()):
    if node["type"] == "array":
        yield from fields(node["items"], path)
    elif node["type"] == "object":
        for name, inner in node["properties"].items():
            yield from fields(inner, path + (name,))
    else:
        yield ".".join(path)


def test_the_stored_file_is_what_the_schema_says():
    assert Path(search_mapping.PATH).read_text(encoding="utf-8") == search_mapping.text()


def test_every_field_of_the_schema_and_no_other_is_mapped():
    wanted = {mapping.field(field) for field in fields(schema.SCHEMA)}
    own = "$schema _created _updated control_number _oai.id _oai.sets _oai.updated".split()
    stamp = "source identifier state reason state_at successor replaced_by".split()
    search = ["text", "days", "opens", *FACETS, *("title." + one for one in language.LANGUAGES)]
    mapped = set(_mapped(DERIVED))
    beside = {"secureb2share." + name for name in stamp} | {"_search." + name for name in search}
    assert mapped == wanted | set(own) | beside


def _mapped(node, path=()):
    for name, inner in node["properties"].items():
        if "properties" in inner:
            yield from _mapped(inner, path + (name,))
        else:
            yield ".".join(path + (name,))


@pytest.mark.parametrize(
    "path, expected",
    [
        ("titles.text", NAME),
        ("titles.lang", CODE),
        ("descriptions.text", PROSE),
        ("creators.name", NAME),
        ("keywords", NAME),
        ("publication_year", {"type": "integer"}),
        ("contacts.email", CODE),
        ("sensitive.access_right", CODE),
        ("sensitive.duo_codes", CODE),
        ("sensitive.duo_diseases", CODE),
        ("sensitive.controller_ror", CODE),
        ("sensitive.controller_name", NAME),
        ("sensitive.access_conditions.text", PROSE),
        ("sensitive.has_structured_data", {"type": "boolean"}),
        ("sensitive.min_age", {"type": "integer"}),
        ("sensitive.embargo_until", {"type": "date", "format": "strict_date", "ignore_malformed": True}),
        (
            "sensitive.temporal_start",
            {"type": "date", "format": "strict_date||strict_year_month||strict_year", "ignore_malformed": True},
        ),
        ("files.label", NAME),
        ("files.media_type", CODE),
        ("files.name", NEVER),
        ("files.size", NEVER),
        ("files.checksum", NEVER),
        ("version.replaces", NAME),
        ("secureb2share.identifier", CODE),
        ("secureb2share.state", CODE),
        ("control_number", CODE),
    ],
)
def test_how_a_field_is_searched(path, expected):
    assert at(path) == expected


def test_what_nobody_decided_on_is_kept_and_not_searched():
    assert DERIVED["dynamic"] is False
    assert DERIVED["date_detection"] is False and DERIVED["numeric_detection"] is False


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_value_of_an_example_has_its_place(path):
    record = mapping.to_record(json.loads(path.read_text(encoding="utf-8"))["dataset"])
    record["secureb2share"] = mapping.stamp("tsd", "a")
    record["_search"] = search_member.of(record)
    missing = [field for field in leaves(record) if not _has_type(field)]
    assert missing == []


def _has_type(field):
    return "type" in at(field)


def test_every_analyzer_is_there():
    analysis = search_mapping.mapping()["settings"]["analysis"]
    assert set(analysis["analyzer"]) == {"words"}
    assert set(analysis["analyzer"]["words"]["filter"]) - {"lowercase"} == set(analysis["filter"])
