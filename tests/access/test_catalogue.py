"""The catalogue as DCAT: its pages, what stands on them, and what it asks the database."""

import re
import uuid

import pytest

pytest.importorskip("invenio_records_rest")

from hosts.test_statements import during  # noqa: E402
from instance import example, running  # noqa: E402
from invenio_db import db  # noqa: E402

from secureb2share_ext.access import catalogue  # noqa: E402
from secureb2share_ext.datasets import store  # noqa: E402

FIRST = "/secureb2share/catalogue.ttl"


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    with running("sqlite", tmp_path_factory.mktemp("instance")) as found:
        yield found


def register(instance, count):
    return [instance.source.register("catalogue/" + uuid.uuid4().hex, example()) for _ in range(count)]


def following(text):
    found = re.search("hydra:next <[^>]*(/secureb2share/[^>]*)>", text)
    return found.group(1) if found else None


def pages(instance):
    path, texts = FIRST, []
    while path:
        answer = instance.call("GET", path)
        assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/turtle; charset=utf-8"
        texts.append(answer.text)
        path = following(answer.text)
    return texts


def test_pages_hold_every_dataset_once_and_withdrawn_ones_as_deleted(instance, monkeypatch):
    monkeypatch.setattr(catalogue, "SIZE", 2)
    said = register(instance, 5)
    gone = said[1]["identifier"]
    instance.source.set_state(gone, "withdrawn", "Consent was taken back.")
    texts = pages(instance)
    assert len(texts) >= 3 and all(text.count("a dcat:CatalogRecord") <= 2 for text in texts)
    whole = "".join(texts)
    for one in said:
        assert whole.count("<%s#record>\n    a " % one["record_url"]) == 1
        is_gone = one is said[1]
        assert ("<%s>\n    a dcat:Resource" % one["record_url"] in whole) == is_gone
        assert ("<%s>\n    a dcat:Dataset" % one["record_url"] in whole) != is_gone
    with instance.app.app_context():
        row = store.find("tsd", gone)
        row.state_at = "2000" + row.state_at[4:]
        db.session.commit()
    assert said[1]["record_url"] not in "".join(pages(instance))


def test_a_page_is_read_with_as_many_statements_as_a_short_one(instance, monkeypatch):
    register(instance, 6)
    counts = []
    for size in (1, 6):
        monkeypatch.setattr(catalogue, "SIZE", size)
        instance.call("GET", FIRST)
        counts.append(len(during(lambda: instance.call("GET", FIRST))))
    assert counts[0] == counts[1] <= 5, counts


def test_the_answer_may_be_kept_and_a_wrong_page_is_none(instance):
    answer = instance.call("GET", "/secureb2share/catalogue.jsonld")
    assert answer.json()["@graph"] and answer.headers["Content-Type"].startswith("application/ld+json")
    assert answer.headers["Cache-Control"] == "public, max-age=60" and answer.headers["ETag"]
    for after in ("x", "-1", "99999999999", "٣"):
        assert instance.call("GET", FIRST + "?after=" + after).status_code == 404
    assert "dcat:CatalogRecord" not in instance.call("GET", FIRST + "?after=999999999").text


def test_a_record_is_served_as_turtle_and_its_page_says_where(instance):
    (said,) = register(instance, 1)
    page = instance.call("GET", "/secureb2share/access/" + said["pid"])
    (address,) = re.findall('<([^>]*)>; rel="describedby"; type="text/turtle"', page.headers["Link"])
    cited = instance.call("GET", address[address.index("/secureb2share/") :])
    served = instance.call("GET", "/api/records/" + said["pid"], headers={"Accept": "text/turtle"})
    for answer in (cited, served):
        assert answer.headers["Content-Type"].startswith("text/turtle")
        assert "<%s>\n    a dcat:Dataset" % said["record_url"] in answer.text and "dct:modified" in answer.text
    assert cited.text == served.text
