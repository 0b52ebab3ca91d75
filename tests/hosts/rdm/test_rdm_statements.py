"""Counts of the statements on our tables, and of the classes made, by each path of RDM that is asked often.

They do not depend on the machine.
"""

import contextlib
import json

import pytest
import requests
from sqlalchemy import event
from sqlalchemy.engine import Engine

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from marshmallow.schema import SchemaMeta  # noqa: E402

from secureb2share_ext import stops  # noqa: E402
from secureb2share_ext.uploads import lock  # noqa: E402

HITS = 3  # of ours, and as many of others
OAI = "/oai2d?verb=ListRecords&metadataPrefix="
# statements of a new dataset that replaces none; one asks what an operator has stopped, as in other bounds here
# and one counts what the source has sent on this day
REGISTRATION = 16
OUR_TABLES, RECORDS = "FROM secureb2share_", "FROM rdm_records_metadata"


@pytest.fixture(scope="module", autouse=True)
def one_look_at_the_lock():
    """The look that a process takes once a minute falls into no count, nor does what a slow machine asks again."""
    kept = lock.INTERVAL, stops.KEPT
    lock.INTERVAL = stops.KEPT = 86400
    yield
    lock.INTERVAL, stops.KEPT = kept


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    with rdm_instance.running(tmp_path_factory.mktemp("instance")) as found:
        found.ours = [found.source.register("statements/%d" % n, cohort())["pid"] for n in range(HITS)]
        found.others = [other(found, n) for n in range(HITS)]
        found.index()
        yield found


def cohort():
    description = rdm_instance.example()
    description["core"]["titles"][0]["text"] = "Cohort"
    return description


def other(instance, number):
    """A record that is none of ours: in another community, and without our custom fields."""
    body = instance.metadata(rdm_instance.example())
    del body["custom_fields"]
    body["metadata"]["title"] = "Sealevel"
    pid = instance.draft(body).json()["id"]
    if number:
        assert instance.submit(pid, "open").status_code in (200, 202)
    else:
        assert instance.call("POST", "/api/records/%s/draft/actions/publish" % pid, "curator").status_code == 202
    return pid


@contextlib.contextmanager
def counting():
    """[statement] and [name of a class of schemas] that are made meanwhile, in every thread of this process."""
    statements, classes, new = [], [], SchemaMeta.__new__

    def counted(mcs, name, *args, **kwargs):
        classes.append(name)
        return new(mcs, name, *args, **kwargs)

    def note(connection, cursor, statement, *more):
        statements.append(" ".join(statement.split()))

    event.listen(Engine, "before_cursor_execute", note)
    SchemaMeta.__new__ = counted
    try:
        yield statements, classes
    finally:
        SchemaMeta.__new__ = new
        event.remove(Engine, "before_cursor_execute", note)


def asked(instance, path, accept="application/json"):
    """(answer, [statement], [class]) of a request; the first one of its kind fills what the host keeps."""
    for _ in range(2):
        with counting() as (statements, classes):
            answer = requests.get(instance.base_url + path, headers={"Accept": accept}, timeout=120)
        assert answer.status_code == 200, answer.text[:300]
    return answer, statements, classes


def registered(instance, identifier):
    """([statement], [class]) of the registration of a new dataset."""
    with counting() as (statements, classes):
        assert instance.source.register(identifier, cohort())["result"] == "created"
    return statements, classes


def of(statements, table):
    return [one for one in statements if table in one]


@pytest.mark.parametrize("word, count", [("Cohort", 1), ("Sealevel", 0)])
@pytest.mark.parametrize("accept", ["application/json", "application/vnd.inveniordm.v1+json", "application/ld+json"])
def test_search(instance, word, count, accept):
    answer, statements, classes = asked(instance, "/api/records?q=metadata.title:" + word, accept)
    assert len(json.loads(answer.text)["hits"]["hits"]) == HITS
    assert len(of(statements, OUR_TABLES)) == count, statements
    assert of(statements, RECORDS) == []
    assert "ListOf" not in classes


def test_search_of_both(instance):
    answer, statements, _ = asked(instance, "/api/records?q=")
    hits = answer.json()["hits"]["hits"]
    assert len(hits) == 2 * HITS
    assert len(of(statements, OUR_TABLES)) == 1
    assert sorted(hit["id"] for hit in hits if "right" in hit["access"]) == sorted(instance.ours)


@pytest.mark.parametrize("community, count", [("sensitive", 1), ("open", 0)])
def test_records_of_a_community(instance, community, count):
    path = "/api/communities/%s/records" % instance.communities[community]
    answer, statements, _ = asked(instance, path)
    assert answer.json()["hits"]["total"] and len(of(statements, OUR_TABLES)) == count


def test_versions(instance):
    for pids, count in ((instance.ours, 1), (instance.others, 0)):
        _, statements, _ = asked(instance, "/api/records/%s/versions" % pids[0])
        assert len(of(statements, OUR_TABLES)) == count


@pytest.mark.parametrize("path", ["/api/records/", "/records/"])
def test_one_record(instance, path):
    _, statements, _ = asked(instance, path + instance.ours[0])
    _, others, _ = asked(instance, path + instance.others[1])
    assert of(others, OUR_TABLES) == []
    assert len(of(statements, OUR_TABLES)) == 1 and len(of(statements, RECORDS)) == len(of(others, RECORDS))


@pytest.mark.parametrize("prefix", ["oai_dc", "oai_datacite", "marcxml"])
def test_oai_pages_ask_for_nothing_but_the_rows_of_ours(instance, prefix):
    answer, statements, _ = asked(instance, OAI + prefix)
    assert answer.text.count("</record>") >= 2 * HITS or answer.text.count("<metadata>") == 2 * HITS
    # whether there are any, which, with what, whether there are others, and which of the host's page are ours
    assert len(of(statements, OUR_TABLES)) == 5
    assert len(of(statements, RECORDS)) == 1


def test_registration(instance):
    registered(instance, "statements/first")
    statements, classes = registered(instance, "statements/second")
    assert len(of(statements, "secureb2share_")) <= REGISTRATION, of(statements, "secureb2share_")
    assert "ListOf" not in classes


def test_list_of_a_source(instance):
    found = []
    for number in range(2):
        with counting() as (statements, _):
            listed = instance.source.list()["datasets"]
        found.append((len(listed), len(statements)))
        registered(instance, "statements/list-%d" % number)
    (few, asked_first), (more, asked_then) = found
    assert few >= HITS and more == few + 1 and asked_first == asked_then <= 4, found


def test_access_link(instance):
    with counting() as (statements, _):
        answer = instance.call("GET", "/api/access/" + instance.ours[0], allow_redirects=False)
    assert answer.status_code == 302 and len(statements) <= 5, statements


def test_refused_upload(instance):
    with counting() as (statements, _):
        answer = instance.call("PUT", "/api/files/%s/new.txt" % instance.legacy[0], data=b"bytes")
    assert answer.status_code == 403 and statements == []


def test_idle_sweep(instance):
    while instance.sweep():
        pass
    with counting() as (statements, _):
        assert instance.sweep() == {}
    assert len(statements) <= 7, statements  # one for each of two targets


def test_mode_off_asks_nothing(instance):
    rdm_instance.start(instance, SECUREB2SHARE_MODE="off")
    try:
        for path in ("/api/records?q=", "/api/records/" + instance.ours[0], "/records/" + instance.ours[0]):
            _, statements, classes = asked(instance, path)
            assert of(statements, "secureb2share_") == [] and "ListOf" not in classes
    finally:
        rdm_instance.start(instance)
