"""What a search knows of a description: the same for every engine."""

import copy
import json
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secureb2share_ext.descriptions import search_document

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"


def example(name):
    return json.loads((EXAMPLES / (name + ".json")).read_text(encoding="utf-8"))["dataset"]


def document(description, state="active", names=("ABC-1",)):
    return search_document.document(description, state, names, lambda field, code: ["%s is %s" % (field, code)])


@pytest.mark.parametrize(
    "text, folded",
    [
        ("Tromsø 1-7", "tromso 1 7"),
        ("DUO:0000042", "duo 0000042"),
        ("Straße, ÆRØ; Łódź", "strasse aero lodz"),
        ("file_api", "file api"),
        ("東京 cohort", "東 京 cohort"),
        (" \n ", ""),
        ("İstanbul", "istanbul"),
    ],
)
def test_fold(text, folded):
    assert search_document.fold(text) == folded


@given(st.text())
@hypothesis.example("\u2120")
def test_what_is_folded_stays_so(text):
    folded = search_document.fold(text)
    assert search_document.fold(folded) == folded


@pytest.mark.parametrize(
    "query, terms",
    [
        ("type 1 diabetes", ["type", "1", "diabetes"]),
        ('"General Research use" ICD-10', ["general research use", "icd 10"]),
        ("diabetes, DIABETES", ["diabetes"]),
        ("“blodtrykk og puls” høy", ["blodtrykk og puls", "hoy"]),
        ('"never closed', ["never", "closed"]),
        ('" - * OR', ["or"]),
    ],
)
def test_terms_of_a_query(query, terms):
    assert search_document.terms(query) == terms


def test_every_text_and_label_is_found_and_no_detail_of_a_file():
    description = example("genomics-diabetes")
    description["files"] = [{"label": "Exomes", "name": "individuals.vcf", "checksum": "sha256:abcd", "size": 123456}]
    text = document(description)["text"]
    for known in ("abc 1", "exomes", "sensitive duo codes is duo", "core publisher is", "files label is exomes"):
        assert known in text, known
    for never in ("individuals", "vcf", "abcd", "123456"):
        assert never not in text


def changed(**sensitive):
    description = copy.deepcopy(example("genomics-diabetes"))
    for name, value in sensitive.items():
        description["sensitive"].pop(name, None)
        if value is not None:
            description["sensitive"][name] = value
    description["core"]["publication_year"] = 2024
    return description


@pytest.mark.parametrize(
    "sensitive, facet, values",
    [
        ({"access_right": "embargoed", "embargo_until": "2031-01-01"}, "access", ["embargoed"]),
        (
            {"access_eligibility": ["national-eid:NO", "national-eid:SE", "affiliated:A"]},
            "who",
            ["affiliated:", "national-eid:"],
        ),
        ({"spatial": ["SE", "NO"]}, "country", ["NO", "SE"]),
        ({"spatial": None, "controller_country": "FI"}, "country", ["FI"]),
        ({"special_categories": ["Health"], "health_categories": ["EHRS"]}, "kind", ["EHRS", "Health"]),
        ({"temporal_start": "1974", "temporal_end": "1990-02"}, "years", ["1970", "1980", "1990"]),
        ({"temporal_start": "2019", "temporal_end": None}, "years", ["2010", "2020"]),
        ({"temporal_start": None, "temporal_end": "1999"}, "years", ["1990"]),
        ({"temporal_start": None, "temporal_end": None}, "years", []),
        ({"controller_name": 7}, "controller", []),
    ],
)
def test_values_of_a_facet(sensitive, facet, values):
    assert document(changed(**sensitive))[facet] == values


def test_state_of_a_dataset_that_is_not_active_stands_for_its_right():
    assert document(changed(), "suspended")["access"] == ["suspended"]


def test_day_of_an_embargo_decides_on_the_day():
    found = document(changed(access_right="embargoed", embargo_until="2031-01-01"))
    assert found["opens"] == "2031-01-01"
    assert not search_document.is_requestable("embargoed", found["opens"], "2030-12-31")
    assert search_document.is_requestable("embargoed", found["opens"], "2031-01-01")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    "core sensitive files spatial access_right titles lang temporal_start temporal_end".split()
                ),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_description_in_any_form_has_a_document(value):
    found = document({"core": value, "sensitive": value, "files": value})
    assert set(search_document.FACETS) | {"text"} <= set(found)
