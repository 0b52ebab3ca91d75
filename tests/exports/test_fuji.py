"""Every point of F-UJI's metrics but the five that need a file: each row of the table of fuji.py on a full example."""

import json
from pathlib import Path

import pytest

pytest.importorskip("lxml")
pytest.importorskip("datacite")
pytest.importorskip("dcxml")

import fuji  # noqa: E402
from dcat_samples import examples, of  # noqa: E402
from samples import RECORD_URL  # noqa: E402

from secureb2share_ext.exports import formats, linkset, schema_org  # noqa: E402

URLS = {form.mimetype: "%s?format=%s" % (RECORD_URL, form.name) for form in formats.FORMATS}
# a field, and the tests that find nothing without it
NEEDED = {
    "core.keywords": {"FsF-F2-01M-3"},
    "core.related": {"FsF-I3-01M-1"},
    "sensitive.columns": {"FsF-R1-01M-3"},
    "sensitive.formats": {"FsF-R1-01M-2"},
    "sensitive.size_band": {"FsF-R1-01M-2"},
    "sensitive.health_categories": {"FsF-R1.3-01M-1"},
}


def seen_of(description, pid="10.23728/abc"):
    shown = of(description)
    shown = shown._replace(dataset=shown.dataset._replace(pid=pid))
    documents = {form.mimetype: form.write(shown, URLS) for form in formats.FORMATS}
    header = fuji.links_of(linkset.page_header(shown, URLS))
    return fuji.Seen(RECORD_URL, header, schema_org.document(shown), documents)


def full():
    description = examples()["sleep-wearables"]
    description["files"] = []  # they say formats too
    for name in ("participants_band", "participants_rounded"):
        del description["sensitive"][name]  # sizes too
    description["sensitive"]["special_categories"] = ["Biometric"]  # health is said by its categories
    return description


def test_the_table_has_every_scored_test_and_its_points():
    rows = {test: (points, who) for test, points, who, _ in fuji.rows()}
    assert len(rows) == len(fuji.rows()) == 28 and sum(1 for points, _ in rows.values() if points) == 27
    assert set(fuji.CHECKS) == {test for test, (_, who) in rows.items() if who != fuji.NOBODY}
    missing = {test: points for test, (points, who) in rows.items() if who == fuji.NOBODY}
    assert missing == dict.fromkeys(
        ("FsF-F3-01M-2", "FsF-A1-02MD-2", "FsF-A1.1-01MD-2", "FsF-A1.2-01MD-2", "FsF-R1.3-02D-1"), 1.0
    )


def test_a_full_example_passes_all_but_those_five():
    assert fuji.failing(seen_of(full()), (fuji.US, fuji.SITE)) == []


def test_a_pid_of_the_catalogue_itself_is_not_persistent():
    assert fuji.failing(seen_of(full(), "7"), (fuji.US, fuji.SITE)) == ["FsF-F1-02MD-1", "FsF-F1-02MD-2"]


@pytest.mark.parametrize("field", NEEDED)
def test_what_a_description_lacks_is_missed(field):
    description, (part, name) = full(), field.split(".")
    del description[part][name]
    assert set(fuji.failing(seen_of(description), (fuji.US,))) == NEEDED[field]


@pytest.mark.parametrize("key", sorted(examples()))
def test_every_example_passes_what_it_has_something_for(key):
    description = examples()[key]
    lacking = set()
    for field, tests in NEEDED.items():
        part, name = field.split(".")
        lacking |= set() if name in description[part] else tests
    assert set(fuji.failing(seen_of(description), (fuji.US,))) <= lacking


def test_no_check_passes_on_nothing():
    empty = fuji.Seen("", [], {}, {})
    assert [test for test in fuji.CHECKS if fuji.passes(test, empty)] == []


@pytest.mark.parametrize("key", sorted(examples()))
def test_no_example_promises_a_file_or_an_open_licence_of_the_data(key):
    seen = seen_of(examples()[key])
    dataset = seen.xml(fuji.RDF_XML)[0]
    assert dataset.get("{%s}about" % fuji.RDF) == RECORD_URL and "item" not in [one[0] for one in seen.links]
    assert dataset.findall("{%s}license" % fuji.DCT) == [] and "license" not in seen.embedded
    texts = [seen.documents[kind] for kind in seen.documents] + [json.dumps(seen.embedded)]
    # DCAT's distribution is the way of access, and no file
    for word in ("contentUrl", "downloadURL", '"distribution"', '"item"'):
        assert [text for text in texts if word in text] == []


def test_the_documentation_has_the_table():
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "exports.md"
    assert fuji.markdown() in page.read_text(encoding="utf-8"), "put in what python tests/exports/fuji.py writes"
