"""What a source may say of its ways of access, where it is configured which of them there are."""

import types

import pytest

pytest.importorskip("invenio_db")

from invenio_db import db  # noqa: E402
from memory import described, refused  # noqa: E402

from secureb2share_ext.datasets import review, ways  # noqa: E402
from secureb2share_ext.describing.faults import faults_by_field  # noqa: E402
from secureb2share_ext.errors import Invalid  # noqa: E402
from secureb2share_ext.testing.catalogue import Catalogue  # noqa: E402

API, INSIDE, PORTAL = "file-api", "secure-environment-only", "publication-portal"
WAYS = {INSIDE: "https://desktop.example.org/", API: "https://api.example.org/files"}
SOURCES = {"tsd": {}, "csc": {"ways": WAYS}, "held": {"ways": WAYS, "release": "review"}}
FIELD = "dataset.sensitive.access_mode[%d]"


@pytest.fixture(scope="module")
def made():
    with Catalogue(SOURCES) as found:
        yield found


def saying(*modes, title="A"):
    found = described(title)
    found["sensitive"]["access_mode"] = list(modes)
    return found


def without_ways(catalogue, source):
    """The source as it was before its ways were configured."""
    sources = dict(catalogue.host.sources)
    return dict(sources, **{source: sources[source]._replace(ways={})})


@pytest.mark.parametrize(
    "modes, wrong",
    [
        ((API,), ()),
        ((INSIDE, API), ()),
        (("not-stated",), ()),
        ((PORTAL,), (0,)),
        ((API, PORTAL, "remote-query"), (1, 2)),
    ],
    ids=range(5),
)
@pytest.mark.parametrize("source", ["csc", "held"])
def test_a_new_dataset_names_ways_that_its_source_has(catalogue, source, modes, wrong):
    if not wrong:
        assert catalogue.send("register", "x", source, dataset=saying(*modes))[0] in (201, 202)
        return
    with refused(catalogue, "invalid", *(FIELD % number for number in wrong)):
        catalogue.send("register", "x", source, dataset=saying(*modes))


def test_a_source_without_configured_ways_may_name_each(catalogue):
    assert catalogue.send("register", "x", "tsd", dataset=saying(API, PORTAL, "remote-query"))[0] == 201
    assert ways.findings(catalogue.host) == []


def test_what_is_published_stays_and_is_named(catalogue, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(catalogue.host, "sources", without_ways(catalogue, "csc"))
        catalogue.host.curate("csc", saying(PORTAL), "x")
        db.session.commit()
    catalogue.send("register", "good", "csc", dataset=saying(API))
    assert catalogue.send("register", "x", "csc", dataset=saying(PORTAL, title="B"))[1]["result"] == "adopted"
    (said,) = ways.findings(catalogue.host)
    assert "Of the source csc, 1 published datasets name a way" in said and said.endswith("The first is x.")
    with refused(catalogue, "invalid", FIELD % 1):
        catalogue.send("register", "x", "csc", dataset=saying(PORTAL, "remote-query"))
    assert catalogue.send("register", "x", "csc", dataset=saying(API))[1]["result"] == "changed"
    assert ways.findings(catalogue.host) == []


def test_a_curator_is_told_the_same(catalogue):
    with pytest.raises(Invalid) as raised:
        catalogue.host.curate("csc", saying(PORTAL), "y")
    assert [error["field"] for error in raised.value.extra["errors"]] == ["sensitive.access_mode[0]"]
    db.session.rollback()
    catalogue.host.curate("csc", saying(API), "y")


def test_a_release_obeys_the_ways_of_its_day(catalogue, monkeypatch):
    catalogue.send("register", "x", "held", dataset=saying(API))
    sources = catalogue.host.sources
    narrow = dict(sources, held=sources["held"]._replace(ways={INSIDE: WAYS[INSIDE]}))
    monkeypatch.setattr(catalogue.host, "sources", narrow)
    with pytest.raises(Invalid) as raised:
        review.release(catalogue.host, "held", "x")
    assert [error["field"] for error in raised.value.extra["errors"]] == ["sensitive.access_mode[0]"]
    db.session.rollback()
    monkeypatch.setattr(catalogue.host, "sources", sources)
    assert review.release(catalogue.host, "held", "x").pid


def test_many_registrations_at_once_obey_the_same(catalogue):
    lines = [catalogue.line("register", mode, "csc", dataset=saying(mode)) for mode in (API, PORTAL, INSIDE)]
    answers = catalogue.bulk(lines)
    assert [answer["status"] for answer in answers] == [201, 400, 201]
    assert answers[1]["problem"]["errors"][0]["field"] == FIELD % 0
    assert catalogue.row(PORTAL, "csc") is None


def test_the_form_says_it_beside_the_field():
    source = types.SimpleNamespace(ways=WAYS)
    (told,) = faults_by_field(ways.faults(source, saying(PORTAL, API)))["sensitive.access_mode"]
    assert told.text.startswith("The site that keeps the data does not have this way of access.")
