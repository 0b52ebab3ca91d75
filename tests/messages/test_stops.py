import pytest

pytest.importorskip("invenio_db")

from flask import g  # noqa: E402
from invenio_db import db  # noqa: E402
from memory import described, refused  # noqa: E402
from sqlalchemy import event  # noqa: E402
from sqlalchemy.inspection import inspect  # noqa: E402

from secureb2share_ext import stops  # noqa: E402
from secureb2share_ext.errors import Frozen, SourceSuspended, WritesStopped  # noqa: E402
from secureb2share_ext.messages import bulk  # noqa: E402


@pytest.fixture(autouse=True)
def _as_in_a_new_request():
    g.pop("secureb2share_stops", None)


def stop(what, reason=None):
    assert stops.begin(what, reason) is True
    db.session.commit()


@pytest.mark.parametrize(
    "what, status, code",
    [("source:tsd", 403, "source-suspended"), ("incident", 503, "frozen"), ("source:x", 201, None)],
)
def test_a_run_stops_in_the_middle(catalogue, monkeypatch, what, status, code):
    monkeypatch.setattr(bulk, "CHUNK", 2)

    def lines():
        for number in range(6):
            yield catalogue.line("register", "run/%d" % number, dataset=described())
            # when the fifth line is read, the first four are committed
            if number == 3:
                stop(what)

    answers = catalogue.bulk(lines())
    assert [one["status"] for one in answers] == [201] * 2 + [status] * 4
    assert {one["problem"]["code"] for one in answers if "problem" in one} == ({code} if code else set())
    assert len(catalogue.rows()["secureb2share_dataset"]) == (2 if code else 6)


def test_a_run_asks_once_and_not_for_each_line(catalogue, monkeypatch):
    monkeypatch.setattr(stops, "KEPT", 3600)
    g.pop("secureb2share_stops", None)
    seen = []

    def see(connection, cursor, statement, *more):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", see)
    try:
        catalogue.bulk([catalogue.line("register", "many/%d" % n, dataset=described()) for n in range(120)])
    finally:
        event.remove(db.engine, "before_cursor_execute", see)
    assert len([one for one in seen if "secureb2share_stop" in one]) == 1


def test_what_was_read_holds_for_a_moment_alone(catalogue, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(stops.time, "monotonic", lambda: now[0])
    g.pop("secureb2share_stops", None)
    stops.must_not_be_suspended("tsd")
    # as another process does it
    db.session.add(stops.StopRow(what="source:tsd", since=stops.utcnow()))
    db.session.commit()
    now[0] += stops.KEPT + 0.01
    with refused(catalogue, "source-suspended"):
        stops.must_not_be_suspended("tsd")
    stops.must_not_be_suspended("csc")


def test_a_stop_is_begun_and_ended_once(catalogue):
    stop("source:tsd", "Why.")
    since = stops.suspended()["tsd"].since
    assert stops.begin("source:tsd", "Another.") is False
    assert stops.suspended() == {"tsd": stops.Stop("Why.", since)} and stops.incident() is None
    with pytest.raises(SourceSuspended):
        stops.must_not_be_suspended("tsd")
    assert [stops.end("source:tsd"), stops.end("source:tsd")] == [True, False]
    db.session.commit()
    stops.must_not_be_suspended("tsd")


def models():
    """{table: model} of ours."""
    found = [mapper.class_ for mapper in inspect(stops.StopRow).registry.mappers]
    return {one.__tablename__: one for one in found if one.__tablename__.startswith("secureb2share_")}


def test_two_who_begin_a_stop_at_once_have_begun_it(catalogue, monkeypatch):
    stop("incident", "First.")
    monkeypatch.setattr(stops, "every", dict)  # as it was a moment ago
    assert stops.begin("incident", "Second.") is False
    monkeypatch.undo()
    db.session.commit()
    assert stops.incident().reason == "First."


def test_every_table_is_written_by_flows_or_by_operators():
    operators = "binding event former index instance key lock observed pause registration stop sweep".split()
    # whoever ends an incident signs in first
    of_sign_in = "grant link sign_in token".split()
    assert set(models()) == stops.WRITTEN | {"secureb2share_" + name for name in operators + of_sign_in}


@pytest.mark.parametrize("table", sorted(stops.WRITTEN))
@pytest.mark.parametrize("why", [Frozen, WritesStopped])
def test_whoever_writes_a_row_passes_one_place(catalogue, monkeypatch, table, why):
    def stopped():
        raise WritesStopped()

    if why is Frozen:
        stop("incident")
    else:
        monkeypatch.setattr(catalogue.extension.lock, "must_be_complete", stopped)
    db.session.add(models()[table]())
    with pytest.raises(why) as raised:
        db.session.flush()
    db.session.rollback()
    assert why is Frozen or "lock acknowledge" in raised.value.detail


def test_rows_are_changed_and_deleted_behind_the_same_place(catalogue):
    catalogue.send("register", "a", dataset=described())
    stop("incident")
    row = catalogue.row("a")
    row.reason = "Mine."
    with pytest.raises(Frozen):
        db.session.flush()
    db.session.rollback()
    db.session.delete(catalogue.row("a"))
    with pytest.raises(Frozen):
        db.session.flush()
    db.session.rollback()
    with refused(catalogue, "frozen"):
        catalogue.send("state", "a", state="suspended", reason="Mine.")
    # what an operator needs in an incident is written
    assert stops.end("incident")
    db.session.commit()
