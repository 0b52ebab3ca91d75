import copy
import datetime
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from strategies import DESCRIPTIONS, MANY

from secureb2share_ext.dataset import Dataset
from secureb2share_ext.exports.published import Published
from secureb2share_ext.hosts.b2share2 import root_members

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "docs" / "examples").glob("*.json"))
# what the writer of eudatextended and that of DataCite read without asking (b2share/modules/records/serializers)
NEEDED = {
    "contributors": ("contributor_name", "contributor_type"),
    "alternate_identifiers": ("alternate_identifier", "alternate_identifier_type"),
    "related_identifiers": ("related_identifier", "related_identifier_type", "relation_type"),
    "funding_references": ("funder_name", "scheme_uri", "award_uri"),
    "spatial_coverages": ("place",),
    "dates": ("date", "date_type"),
    "descriptions": ("description", "description_type"),
}


def shown(description):
    dataset = Dataset("tsd", "p1", description, pid="a" * 32)
    return Published(dataset, "https://example.org/records/1", "https://example.org/a/1", datetime.date(2026, 11, 27))


def wearables():
    path = next(path for path in EXAMPLES if path.stem == "sleep-wearables")
    return json.loads(path.read_text(encoding="utf-8"))["dataset"]


@settings(MANY, max_examples=30)
@given(DESCRIPTIONS)
def test_each_entry_has_what_the_hosts_writers_read(description):
    # a record that is published has the day
    if description["sensitive"]["access_right"] == "embargoed":
        description["sensitive"].setdefault("embargo_until", "2999-01-01")
    before = copy.deepcopy(description)
    made = root_members.of({}, shown(description))
    assert description == before and set(made) <= set(NEEDED) | {"temporal_coverages"}
    for name, needed in NEEDED.items():
        for entry in made.get(name, []):
            assert all(isinstance(entry.get(member), str) for member in needed), (name, entry)


@pytest.mark.parametrize(
    "member, entry",
    [
        (
            "contributors",
            {
                "contributor_name": "Tutkimusaineistopalvelu",
                "contributor_type": "DataCurator",
                "affiliations": [{"affiliation_name": "Esimerkkiyliopisto"}],
            },
        ),
        (
            "alternate_identifiers",
            {"alternate_identifier": "UNI-2021", "alternate_identifier_type": "Project register"},
        ),
        (
            "related_identifiers",
            {
                "related_identifier": "10.5555/12345678",
                "related_identifier_type": "DOI",
                "relation_type": "IsDescribedBy",
                "resource_type_general": "DataPaper",
            },
        ),
        (
            "funding_references",
            {"funder_name": "Esimerkkirahasto", "scheme_uri": "https://ror.org", "award_uri": ""},
        ),
        ("dates", {"date": "2021-09/2023-05", "date_type": "Collected"}),
    ],
)
def test_a_member_stands_where_the_host_reads_it(member, entry):
    assert entry in root_members.of({}, shown(wearables()))[member]


def test_what_an_editor_entered_comes_first_and_nothing_twice():
    theirs = [
        {"funder_name": "Theirs"},
        {"funder_name": "Esimerkkirahasto", "scheme_uri": "https://ror.org", "award_uri": ""},
    ]
    metadata = {"funding_references": list(theirs), "temporal_coverages": {"spans": ["then"]}}
    made = root_members.of(metadata, shown(wearables()))
    assert made["funding_references"][:2] == theirs and made["funding_references"].count(theirs[1]) == 1
    assert "temporal_coverages" not in made and metadata["funding_references"] == theirs


@pytest.mark.parametrize(
    "start, end, expected",
    [
        ("2004", "2010", {"ranges": [{"start_date": "2004", "end_date": "2010"}]}),
        ("2004", None, {"spans": ["2004/.."]}),
        (None, "2010", {"spans": ["../2010"]}),
        (None, None, None),
    ],
)
def test_a_period_without_an_end_is_no_range(start, end, expected):
    description = wearables()
    for name, value in (("temporal_start", start), ("temporal_end", end)):
        description["sensitive"].pop(name, None)
        if value:
            description["sensitive"][name] = value
    assert root_members.of({}, shown(description)).get("temporal_coverages") == expected
