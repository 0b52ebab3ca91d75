"""What the exports say of a dataset's time, places, contents and methods."""

import pytest
from samples import shown

from secureb2share_ext.exports import coverage, datacite, dcat, dublin_core, schema_org
from secureb2share_ext.pages import folds

SAID = {
    "temporal_start": "2004-05",
    "temporal_end": "2010",
    "spatial": ["NO", "XK"],
    "participants_band": "1000-9999",
    "records_band": "<10",
    "size_band": "1MB-1GB",
    "formats": ["text/csv"],
    "provenance": [{"lang": "nb", "text": "Et spørreskjema."}],
    "columns": [{"name": "age", "title": "Age", "description": "In years"}, {"name": "sex"}],
}


def seen(**changed):
    def change(description):
        for name in SAID:
            description["sensitive"].pop(name, None)
        description["files"] = [{"label": "a", "media_type": "text/plain"}]
        description["sensitive"].update(SAID, **changed)

    return shown(change=change)


def test_a_doi_beside_the_pid_is_said():
    named = seen()._replace(doi="10.5555/beside")
    assert datacite.document(named)["doi"] == "10.5555/beside"
    assert "https://doi.org/10.5555/beside" in schema_org.document(named)["identifier"]
    assert "10.5555/beside" in dcat.as_turtle(named)
    assert "doi" not in datacite.document(seen()) and "doi.org/10.5555/beside" not in str(schema_org.document(seen()))


def test_each_format_says_it_in_its_place():
    web, cite, core = schema_org.document(seen()), datacite.document(seen()), dublin_core.document(seen())
    assert web["temporalCoverage"] == "2004-05/2010" and "2004-05/2010" in core["coverage"]
    assert {"date": "2004-05/2010", "dateType": "Collected"} in cite["dates"]
    assert [place["identifier"] for place in web["spatialCoverage"]] == ["NO", "XK"]
    assert [place["name"] for place in web["spatialCoverage"]] == core["coverage"][1:] == ["Norway", "Kosovo"]
    assert cite["geoLocations"] == [{"geoLocationPlace": "Norway"}, {"geoLocationPlace": "Kosovo"}]
    sizes = ["1000-9999 participants", "<10 records", "1MB-1GB"]
    assert web["size"] == cite["sizes"] == sizes and core["formats"] == ["text/csv", "text/plain"] + sizes
    assert cite["formats"] == ["text/csv", "text/plain"]
    assert web["measurementTechnique"] == ["Et spørreskjema."]
    assert {"description": "Et spørreskjema.", "descriptionType": "Methods", "lang": "nb"} in cite["descriptions"]
    assert web["variableMeasured"] == [
        {"@type": "PropertyValue", "name": "age", "description": "Age: In years"},
        {"@type": "PropertyValue", "name": "sex"},
    ]
    assert web["includedInDataCatalog"]["url"] == "https://catalogue.example.org/"


@pytest.mark.parametrize(
    "start, end, told",
    [("2004", None, "2004/.."), (None, "2010", "../2010"), ("2004", "2010", "2004/2010"), (None, None, None)],
)
def test_a_time_may_be_open(start, end, told):
    said = {name: day for name, day in (("temporal_start", start), ("temporal_end", end)) if day}
    assert coverage.period(said) == told


@pytest.mark.parametrize("title", ["A", "A title that is longer than what is short in a search engine"])
@pytest.mark.parametrize("size", [1, 2, 49, 50, 5000, 5001, 20000])
def test_a_description_has_a_length_that_search_engines_take(size, title):
    text = ("word " * 4000)[: size - 1] + "x"
    core = {"descriptions": [{"lang": "en", "text": text}], "titles": [{"lang": "en", "text": title}]}
    given = shown(change=lambda one: one["core"].update(core, creators=[{"name": "N"}], publisher="P"))
    (said,) = schema_org.document(given)["description"]
    assert 50 <= len(said["@value"]) <= 5000 and text[:40] in said["@value"]
    assert (said["@value"] == text) == (50 <= size <= 5000)


def test_what_is_not_said_is_not_exported():
    def change(description):
        for name in SAID:
            description["sensitive"].pop(name, None)
        description["files"] = []

    bare = shown(change=change)
    web = schema_org.document(bare)
    assert not {"temporalCoverage", "spatialCoverage", "variableMeasured", "measurementTechnique", "size"} & set(web)
    assert not {"geoLocations", "sizes", "formats"} & set(datacite.document(bare))
    assert dublin_core.document(bare)["coverage"] == dublin_core.document(bare)["formats"] == []


@pytest.mark.parametrize(
    "scheme, identifier, address",
    [
        ("DOI", '10.5072/a b"<c>#d', "https://doi.org/10.5072/a%20b%22%3Cc%3E%23d"),
        ("DOI", "10.1002/(SICI)1097;2-C", "https://doi.org/10.1002/(SICI)1097;2-C"),
        ("arXiv", "https://arxiv.org/abs/1 2", "https://arxiv.org/abs/1%202"),
        ("PMID", "12345", "https://pubmed.ncbi.nlm.nih.gov/12345"),
        ("URL", "https://example.org/?a=%20#b", "https://example.org/?a=%20#b"),
        ("URN", "urn:nbn:fi:lb 1", "urn:nbn:fi:lb%201"),
        ("ISBN", "978-0", None),
    ],
)
def test_a_related_resource_has_one_address_on_its_page_and_in_every_export(scheme, identifier, address):
    one = {"relation": "Cites", "scheme": scheme, "identifier": identifier}
    seen = shown(change=lambda description: description["core"].update(related=[one]))
    assert coverage.address(identifier, scheme) == address
    (work,) = schema_org.document(seen)["citation"]
    assert work.get("url") == address
    rows = [text for fold in folds.folds(seen, "en", ()) for _, texts in fold.rows for text in texts]
    (row,) = [row for row in rows if row.text == identifier]
    # a reader's browser opens nothing but pages of the web
    assert row.url == (address if (address or "").startswith("https:") else "")
