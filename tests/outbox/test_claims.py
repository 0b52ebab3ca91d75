"""Claims on PostgreSQL: what they cost beside many settled events, and two workers at once."""

import contextlib
import datetime
import json
import os
import threading

import pytest
from invenio_db import db
from memory import described
from scripted import Scripted
from served import new_database
from sqlalchemy import event as listening
from sqlalchemy import text

from secureb2share_ext.compat import utcnow
from secureb2share_ext.maintenance import findings
from secureb2share_ext.outbox import claims, delivery, lane, store
from secureb2share_ext.testing.catalogue import Catalogue

pytestmark = pytest.mark.skipif(
    not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"),
    reason="no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set",
)
SETTLED = 20000
MANY = """
INSERT INTO secureb2share_event (target, dataset_id, sequence, kind, message_id, body, state, created, next_at,
    attempts, wakes, finished)
SELECT 'tsd', :dataset, :after + n, 'changed', md5(CAST(n AS text)), convert_to('{}', 'utf8'),
    CAST(:state AS varchar), now(), now(), 1, false, now()
FROM generate_series(1, :count) AS n
"""


@pytest.fixture(scope="module")
def catalogue():
    with new_database() as uri, Catalogue(SQLALCHEMY_DATABASE_URI=uri) as found:
        yield found


@pytest.fixture(autouse=True)
def clear(catalogue):
    catalogue.clear()
    db.session.execute(text("ANALYZE secureb2share_event"))
    db.session.commit()


def register(catalogue, count):
    for number in range(count):
        catalogue.send("register", "d/%d" % number, dataset=described("Title %d" % number))


def insert(catalogue, count, state, after=1000):
    row = catalogue.row("d/0")
    db.session.execute(text(MANY), {"dataset": row.id, "count": count, "state": state, "after": after})
    db.session.commit()


@contextlib.contextmanager
def counted():
    """[statement] and [commit] of the engine."""
    seen, commits = [], []

    def note(connection, cursor, statement, *args):
        seen.append(statement)

    listening.listen(db.engine, "before_cursor_execute", note)

    def note_commit(connection):
        commits.append(connection)

    listening.listen(db.engine, "commit", note_commit)
    try:
        yield seen, commits
    finally:
        listening.remove(db.engine, "before_cursor_execute", note)
        listening.remove(db.engine, "commit", note_commit)


def rows_read(statement, **values):
    """The number of rows that a statement reads, whether it keeps them or not."""
    plan = db.session.execute(text("EXPLAIN (ANALYZE, FORMAT JSON) " + statement), values).scalar()
    db.session.rollback()
    return plan_reads(plan)


def plan_reads(plan):
    """The number of rows in a plan of EXPLAIN ANALYZE, summed over its nodes."""

    def of(node):
        own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        return own * node["Actual Loops"] + sum(of(child) for child in node.get("Plans", ()))

    return of((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"])


@pytest.mark.parametrize("analyzed", ["when all were pending", "when none was"])
def test_a_claim_reads_none_of_the_settled_events(catalogue, analyzed):
    register(catalogue, 60)
    pending = "when all were pending" == analyzed
    insert(catalogue, SETTLED, "pending" if pending else "acknowledged")
    if not pending:
        db.session.execute(text("UPDATE secureb2share_event SET state = 'acknowledged'"))
    db.session.execute(text("ANALYZE secureb2share_event"))
    # the statistics are stale from here on
    db.session.execute(text("UPDATE secureb2share_event SET state = 'acknowledged' WHERE sequence > 1000"))
    db.session.execute(text("UPDATE secureb2share_event SET state = 'pending' WHERE sequence <= 1000"))
    db.session.commit()
    now = utcnow()
    values = {"target": "tsd", "now": now, "bound": now + 2 * claims.LEASE, "size": 50}
    values.update(lease_token="a", lease_until=now)
    claim = claims._CLAIM.format(choose=claims._CHOOSE.format(**claims._DUE))
    read = rows_read(claim, **values)
    # an index may still name rows that were pending before; VACUUM takes them out, and what is read of a row is counted
    assert read < 50 * 20, read
    assert len(claims.claim("tsd", 50, now)) == 50
    db.session.rollback()


def test_health_reads_a_bounded_number_of_events(catalogue):
    register(catalogue, 1)
    for number, state in enumerate(("acknowledged", "delivered", "discarded"), 1):
        insert(catalogue, SETTLED, state, after=number * 100000)
    db.session.execute(text("ANALYZE secureb2share_event"))
    found = store.figures()
    assert found["undelivered"][0] == 1 and found["parked"] == (0, None)
    assert found["unacknowledged"][0] == store.MOST == findings.COUNTED + 1 and found["unacknowledged"][1] is not None


@pytest.mark.parametrize("state", ["delivered", "acknowledged"])
@pytest.mark.parametrize("target", ["tsd", "another"])
def test_few_events_are_read_to_tell_whether_others_passed(catalogue, state, target):
    register(catalogue, 1)
    insert(catalogue, SETTLED, state)
    db.session.execute(text("UPDATE secureb2share_event SET target = :target"), {"target": target})
    db.session.execute(text("ANALYZE secureb2share_event"))
    db.session.commit()
    since = utcnow() - datetime.timedelta(days=1)
    asked = []

    def note(connection, cursor, statement, parameters, *args):
        asked.append((statement, parameters))

    listening.listen(db.engine, "before_cursor_execute", note)
    try:
        passed = claims.last_passed("tsd", since)
    finally:
        listening.remove(db.engine, "before_cursor_execute", note)
    assert (passed is not None) == (target == "tsd") and len(asked) == 2
    with db.engine.connect() as connection:
        plans = [connection.connection.cursor() for _ in asked]
        read = 0
        for cursor, (statement, parameters) in zip(plans, asked):
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, parameters)
            read += plan_reads(cursor.fetchone()[0])
    assert read < 8 * claims.MOST_PASSED, read


def test_statements_and_commits_of_a_drain(catalogue, monkeypatch):
    monkeypatch.setattr(lane, "BATCH", 50)
    register(catalogue, 150)
    catalogue.extension.targets = {"tsd": Scripted()}
    with counted() as (seen, commits):
        assert delivery.sweep(catalogue.extension) == {"delivered": 150}
    claimed = [one for one in seen if "SKIP LOCKED" in one]
    settled = [one for one in seen if "json_to_recordset" in one]
    # three batches, and one look that finds nothing
    assert (len(claimed), len(settled)) == (4, 3)
    assert len(seen) <= 9 * 3 + 14 and len(commits) <= 2 * 3 + 3, (len(seen), len(commits))


def test_two_workers_lose_no_claim_to_each_other(catalogue, monkeypatch):
    monkeypatch.setattr(lane, "BATCH", 50)
    register(catalogue, 120)
    target = Scripted(concurrency=4)
    catalogue.extension.targets = {"tsd": target}
    both, found = threading.Barrier(2, timeout=30), []
    real = claims.claim

    def claim(*args, **kwargs):
        rows = real(*args, **kwargs)
        if len(found) < 2:
            # each has its rows locked while the other chooses
            found.append(len(rows))
            both.wait()
        return rows

    def work():
        with catalogue.app.app_context():
            try:
                results.append(delivery.sweep(catalogue.extension))
            finally:
                db.session.remove()

    results = []
    claims.claim = claim
    try:
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        claims.claim = real
    assert found == [50, 50]
    assert sum(one.get("delivered", 0) for one in results) == 120 and all(set(one) <= {"delivered"} for one in results)
    assert len(target.tries) == len(set(target.tries)) == 120


def test_a_claim_waits_for_no_other(catalogue):
    register(catalogue, 10)
    first = claims.claim("tsd", 4, utcnow())
    rest = []

    def other():
        with catalogue.app.app_context():
            db.session.execute(text("SET lock_timeout = '2s'"))
            rest.extend(claims.claim("tsd", 50, utcnow()))
            db.session.rollback()
            db.session.remove()

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    db.session.rollback()
    assert len(first) == 4 and len(rest) == 6 and not {one.id for one in first} & {one.id for one in rest}


def test_a_failure_is_written_for_the_attempts_that_were_claimed(catalogue):
    register(catalogue, 3)
    now = utcnow()
    events = claims.claim("tsd", 10, now)
    db.session.commit()
    later = now + datetime.timedelta(hours=1)
    failed = [claims.Settled(event.id, "pending", 1, later, True, "status 500", before=0) for event in events]
    # an operator has retried the first one, which had failed before
    failed[0] = failed[0]._replace(before=3)
    sent = failed[2]._replace(state="delivered", before=None)
    assert claims.settle(failed[:2] + [sent], events[0].token) == {events[1].id, events[2].id}
    claims.give_back([events[0].id], events[0].token)
    db.session.commit()
    assert [event.id for event in claims.claim("tsd", 10, now)] == [events[0].id]
    db.session.rollback()
    # what waits because the target was down
    assert claims.wake("tsd", now) == 1 and claims.wake("tsd", now) == 0
    assert [event.is_early for event in claims.claim("tsd", 10, now)] == [False, True]
    db.session.rollback()
