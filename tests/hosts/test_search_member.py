"""The words of codes in every language, in the index document of invenio-records-rest."""

import json
from pathlib import Path

import pytest

from secureb2share_ext.descriptions.search_document import fold
from secureb2share_ext.hosts.records_rest import mapping, search_member

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def record(name):
    registration = json.loads((EXAMPLES / (name + ".json")).read_text(encoding="utf-8"))
    found = mapping.to_record(registration["dataset"])
    return dict(found, control_number="17", secureb2share=mapping.stamp("tsd", registration["identifier"]))


@pytest.mark.parametrize(
    "field, code, word",
    [
        ("sensitive.duo_codes", "DUO:0000042", "General research use"),
        ("sensitive.spatial", "NO", "Norvegia"),
        ("sensitive.duo_countries", "FI", "Suomi"),
        ("core.languages", "nb-NO", "norjan"),
        ("sensitive.access_eligibility", "national-eid:NO", "Norge"),
        ("files.size_band", "<1MB", "Less than 1 MB"),
    ],
)
def test_words_of_a_code(field, code, word):
    assert fold(word) in fold("\n".join(search_member.words(field, code)))


def test_text_of_an_owner_has_no_other_words():
    assert search_member.words("core.titles.text", "NO") == ()


def test_titles_are_those_that_readers_of_a_language_see():
    titles = [{"lang": "nb", "text": "Å telle"}, {"lang": "en", "text": "Counting"}]
    assert search_member.of(dict(record("moba"), titles=titles))["title"] == {
        "en": "counting", "nb": "a telle", "nn": "a telle", "fi": "counting", "sv": "counting", "it": "counting"
    }  # fmt: skip


@pytest.mark.parametrize("damaged", [{}, {"titles": 7}, {"titles": [{"text": "x"}]}, {"secureb2share": "x"}])
def test_damaged_record_has_a_member(damaged):
    assert search_member.of(damaged)["title"] == {}
