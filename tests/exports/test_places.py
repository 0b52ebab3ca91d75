"""The table of places: every field of the schema, in every export, stands where the table says and nowhere else."""

import copy
import json
import re
from pathlib import Path

import pytest
from places import DEMANDED, EXPORTS, NOWHERE, at, leaves, markdown, rows
from samples import RECORD_URL, shown

from secureb2share_ext.descriptions.schema import SCHEMA, description_faults
from secureb2share_ext.exports import citation, datacite, dcat, dublin_core, linkset, schema_org
from secureb2share_ext.exports.graph import Iri, name

ENGLISH = [{"lang": "en", "text": "Base, which is a text of more than fifty letters, as long ones are"}]
BASE = {
    "core": {
        "titles": ENGLISH,
        "descriptions": ENGLISH,
        "creators": [{"name": "Base"}],
        "publisher": "Base",
        "publication_year": 2020,
        "contacts": [{"name": "Base", "url": "https://example.org/base"}],
    },
    "sensitive": {
        "access_right": "controlled",
        "access_conditions": ENGLISH,
        "access_mode": ["secure-environment-only"],
        "access_eligibility": ["any"],
        "controller_name": "Base",
        "controller_country": "NO",
        "special_categories": ["Health"],
        "legal_basis_art6": ["A6-1-e"],
        "legal_basis_art9": ["A9-2-j"],
        "health_categories": ["EHRS"],
        "has_structured_data": True,
        "provenance": ENGLISH,
        "deidentification": "pseudonymised",
        "storage_service": "Base",
        "storage_organisation": "Base",
        "storage_country": "NO",
    },
    "files": [],
    "version": {},
}
# what a row has beside the planted member
ROWS = {
    "core.creators": {"name": "Base"},
    "core.contributors": {"role": "Other", "name": "Base"},
    "core.funders": {"name": "Base"},
    "core.contacts": {"name": "Base", "url": "https://example.org/base"},
    "core.alternate_identifiers": {"scheme": "Base", "value": "Base"},
    "core.related": {"relation": "Cites", "identifier": "10.5555/base", "scheme": "DOI"},
    "sensitive.columns": {"name": "base"},
    "files": {"label": "Base"},
}
# what stands with the field, by our rules or those of a format
BESIDE = {
    "core.creators.given_name": {"core": {"creators": [{"name": "B", "kind": "person", "family_name": "B"}]}},
    "core.creators.family_name": {"core": {"creators": [{"name": "B", "kind": "person"}]}},
    "core.creators.affiliation": {"core": {"creators": [{"name": "B", "kind": "person"}]}},
    "core.creators.affiliation_ror": {"core": {"creators": [{"name": "B", "kind": "person", "affiliation": "B"}]}},
    "core.contributors.affiliation": {"core": {"contributors": [{"role": "Other", "name": "B", "kind": "person"}]}},
    "core.contributors.affiliation_ror": {
        "core": {"contributors": [{"role": "Other", "name": "B", "kind": "person", "affiliation": "B"}]}
    },
    "sensitive.embargo_until": {"sensitive": {"access_right": "embargoed"}},
    "sensitive.controller_type": {"sensitive": {"controller_contact": "https://example.org/base"}},
    "sensitive.controller_name": {"sensitive": {"controller_contact": "https://example.org/base"}},
    "sensitive.hdab_contact": {"sensitive": {"hdab_name": "Base"}},
}


def planted(field=None, value=None):
    description = copy.deepcopy(BASE)
    if field:
        for part, beside in BESIDE.get(field, {}).items():
            description[part].update(copy.deepcopy(beside))
        *place, member = field.split(".")
        holder = description[place[0]]
        if ".".join(place) in ROWS:
            holder = description if len(place) == 1 else holder
            row = dict(ROWS[".".join(place)], **(holder.get(place[-1]) or [{}])[0])
            holder[place[-1]] = [dict(row, **{member: value})]
        else:
            holder[member] = value
    return description


def documents(description):
    seen = shown(change=lambda given: (given.clear(), given.update(copy.deepcopy(description))))
    fields = (re.match(r"  (\w+) = \{(.*)\},?$", line) for line in citation.bibtex(seen).splitlines())
    tags = (line.partition("  - ") for line in citation.ris(seen).splitlines())
    pages = linkset.document(seen, {"text/turtle": RECORD_URL + "?format=ttl"})["linkset"]
    ris = {}
    for tag, _, text in tags:
        ris.setdefault(tag, []).append(text)
    return {
        "schema.org": schema_org.document(seen),
        "DataCite": datacite.document(seen),
        "Dublin Core": dublin_core.document(seen),
        "DCAT": dcat.document(seen),
        "linkset": {key: [one for page in pages for one in page.get(key, [])] for page in pages for key in page},
        "BibTeX": {found.group(1): found.group(2) for found in fields if found},
        "RIS": ris,
        "CSL JSON": citation.csl(seen),
    }


def in_graph(graph, place):
    start, _, path = place.rpartition("record:")
    found = [Iri(RECORD_URL + "#record" if place.startswith("record:") else RECORD_URL)]
    for step in (path if place.startswith("record:") else place).split("/"):
        found = [value for one in found for value in graph.get(one[0], {}).get(name(step), [])]
    return [one[0] for one in found]


def read(export, document, place):
    return in_graph(document, place) if export == "DCAT" else at(document, place)


def everything(export, document):
    if export != "DCAT":
        return leaves(document)
    return list(document) + [value[0] for said in document.values() for values in said.values() for value in values]


def has(found, texts):
    return any(text in one for one in found for text in texts)


def members(field, node):
    items = node.get("items", {}).get("properties", {})
    return [field] if not items or set(items) == {"lang", "text"} else ["%s.%s" % (field, one) for one in items]


def test_what_is_not_stated_is_no_name_and_no_category():
    description = planted()
    for field in ("controller_name", "storage_service", "storage_organisation", "deidentification"):
        description["sensitive"][field] = "not-stated"
    for field in ("access_mode", "access_eligibility", "special_categories", "sexes"):
        description["sensitive"][field] = ["not-stated"]
    for export, document in documents(description).items():
        assert not has(map(str, everything(export, document)), ["not-stated"]), export


def test_no_field_of_the_schema_is_missing_in_the_table():
    parts = SCHEMA["properties"]
    fields = [
        one
        for part in ("core", "sensitive", "version")
        for field, node in parts[part]["properties"].items()
        for one in members("%s.%s" % (part, field), node)
    ]
    fields += ["files." + one for one in parts["files"]["items"]["properties"]]
    listed = [row[0] for row in rows()]
    assert sorted(fields) == sorted(listed)


def test_what_our_schema_demands_is_said_to_be():
    parts = SCHEMA["properties"]
    required = ["%s.%s" % (part, field) for part in ("core", "sensitive") for field in parts[part]["required"]]
    ours = {field for field, who in DEMANDED.items() if who.endswith("us")}
    assert {".".join(field.split(".")[:2]) for field in ours} == set(required)
    assert set(DEMANDED) <= {row[0] for row in rows()}
    numbers = {int(one) for who in DEMANDED.values() for one in re.findall(r"B(\d+)", who)}
    # 15, the identifier, is the record's address
    assert numbers == set(range(1, 28)) - {15}


@pytest.mark.parametrize("export", EXPORTS)
def test_each_field_stands_in_its_place(export):
    before, wrong = documents(planted())[export], []
    for field, value, texts, places in rows():
        document, place = documents(planted(field, value))[export], places[export]
        if place and not has(read(export, document, place), texts):
            wrong.append("%s is not at %s" % (field, place))
        if place and has(read(export, before, place), texts):
            wrong.append("%s is at %s of a description without it" % (field, place))
        new = set(everything(export, document)) - set(everything(export, before))
        if not place and has(new, texts):
            wrong.append("%s stands somewhere" % field)
    assert wrong == []


def test_what_is_planted_has_the_form_of_its_field():
    form = re.compile("form|must (be one of|match)|is not (one|known)")
    faults = {field: description_faults(planted(field, value), "full") for field, value, _, _ in rows()}
    assert {field: found for field, found in faults.items() if any(form.search(why) for _, why in found)} == {}


def test_the_documentation_has_the_table():
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "exports.md"
    assert markdown() in page.read_text(encoding="utf-8"), "put in what python tests/exports/places.py writes"


def test_a_row_is_written_once():
    fields = [row[0] for row in rows()]
    assert len(fields) == len(set(fields)) and set(NOWHERE) <= set(fields)
    assert json.dumps(BASE).count("lanted") == 0
