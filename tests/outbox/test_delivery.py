import datetime
import os
import signal
import uuid

import pytest
from instance import example, running
from invenio_db import db
from sqlalchemy import text

from secureb2share_ext.compat import utcnow
from secureb2share_ext.outbox import claims, delivery, steps
from secureb2share_ext.outbox.mark import Mark
from secureb2share_ext.proxies import current
from secureb2share_ext.targets import webhook

STEPS = (
    "before the claim's commit",
    "after the mark's file",
    "after the claim's commit",
    "before the sending",
    "after the sending",
    "before the outcome's commit",
    "after the outcome's commit",
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def instance(request, tmp_path_factory):
    if request.param == "postgresql" and not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"):
        pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
    with running(request.param, tmp_path_factory.mktemp("instance")) as found:
        found.receiver.jwks = found.source.keys
        yield found


@pytest.fixture(autouse=True)
def clean(instance):
    yield
    instance.receiver.answer = None
    with instance.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DELETE FROM secureb2share_pause"))
        connection.execute(
            text("UPDATE secureb2share_event SET state = 'discarded' WHERE state IN ('pending', 'parked')")
        )


def publish(instance):
    identifier = "delivery/" + uuid.uuid4().hex
    answer = instance.curate(example(), identifier)
    assert answer.status_code == 201
    return identifier, answer.json()["id"]


def edit(instance, pid, title):
    description = example()
    description["core"]["titles"][0]["text"] = title
    with instance.app.app_context():
        body = current().host.to_record(description)
    assert instance.call("PUT", "/api/records/" + pid, "curator", json=body).status_code == 200


def later(instance, seconds=7 * 86400):
    """Let time pass for every unfinished event and pause."""
    past = utcnow() - datetime.timedelta(seconds=1)
    with instance.app.app_context(), db.engine.begin() as connection:
        values = {"past": past}
        connection.execute(text("UPDATE secureb2share_event SET next_at = :past WHERE state = 'pending'"), values)
        connection.execute(
            text("UPDATE secureb2share_event SET lease_until = :past WHERE lease_until IS NOT NULL"), values
        )
        connection.execute(text("UPDATE secureb2share_pause SET until = :past"), values)


def states(instance, identifier):
    return [state for _, state, _ in instance.events(identifier)]


def in_child(instance, step):
    """Sweep in a process that is killed at the step."""
    child = os.fork()
    if child:
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        return

    def die(*args, **kwargs):
        os.kill(os.getpid(), signal.SIGKILL)

    def dying(function, after=True):
        def call(*args, **kwargs):
            if after:
                function(*args, **kwargs)
            die()

        return call

    with instance.app.app_context():
        # the parent's connections stay open; SQLAlchemy 1.1 knows no dispose(close=False)
        db.engine.pool = db.engine.pool.recreate()
        where, name, after = {
            "before the claim's commit": (claims, "claim", True),
            "after the mark's file": (Mark, "write", True),
            "after the claim's commit": (steps, "commit", True),
            "before the sending": (webhook.Channel, "send", False),
            "after the sending": (webhook.Channel, "send", True),
            "before the outcome's commit": (claims, "settle", True),
            "after the outcome's commit": (steps, "rest", False),
        }[step]
        setattr(where, name, dying(getattr(where, name), after))
        delivery.sweep(current())
    os._exit(0)


@pytest.mark.parametrize("step", STEPS)
def test_worker_killed_between_two_steps_ends_with_one_effect(instance, step):
    identifier, _ = publish(instance)
    in_child(instance, step)
    before = len(instance.receiver.requests)
    instance.sweep()
    if step in ("before the claim's commit", "after the mark's file"):
        # nothing of the dead worker is left in the database
        assert states(instance, identifier) == ["acknowledged"] and len(instance.receiver.requests) == before + 1
    elif step != "after the outcome's commit":
        # the dead worker's lease still holds
        assert states(instance, identifier) == ["pending"] and len(instance.receiver.requests) == before
    later(instance)
    instance.sweep()
    assert states(instance, identifier) == ["acknowledged"]
    assert len(instance.receiver.of(identifier)) == 1
    bodies = {body for headers, body in instance.receiver.requests if identifier.encode() in body}
    assert len(bodies) == 1


@pytest.mark.parametrize("takes_effect", [True, False])
def test_receiver_killed_before_it_answers(instance, takes_effect):
    identifier, _ = publish(instance)
    instance.receiver.answer = lambda number: None if takes_effect else 503
    instance.sweep()
    assert states(instance, identifier) == ["pending"]
    assert len(instance.receiver.of(identifier)) == (1 if takes_effect else 0)
    instance.receiver.answer = None
    later(instance)
    instance.sweep()
    assert states(instance, identifier) == ["acknowledged"] and len(instance.receiver.of(identifier)) == 1


def test_worker_that_lost_its_lease_changes_nothing(instance):
    identifier, _ = publish(instance)
    with instance.app.app_context():
        (slow,) = claims.claim("tsd-ingest", 10, utcnow())
        db.session.execute(text("UPDATE secureb2share_event SET lease_until = created WHERE state = 'pending'"))
        db.session.commit()
        (quick,) = claims.claim("tsd-ingest", 10, utcnow())
        assert slow.token != quick.token and slow[:7] == quick[:7]
        parked = claims.Settled(slow.id, "parked", 1, slow.next_at, False, "status 400")
        assert claims.settle([parked], slow.token) == set()
        claims.give_back([slow.id], slow.token)
        assert claims.claim("tsd-ingest", 10, utcnow()) == []
        assert claims.settle([parked], quick.token) == {quick.id}
        db.session.rollback()
    assert states(instance, identifier) == ["pending"]


def test_events_of_a_dataset_leave_in_order_and_one_at_a_time(instance):
    identifier, pid = publish(instance)
    edit(instance, pid, "Second")
    edit(instance, pid, "Third")
    instance.receiver.answer = lambda number: 503
    instance.sweep()
    assert instance.receiver.of(identifier) == []
    assert [attempts for _, attempts in attempts_of(instance, identifier)] == [1, 0, 0]
    instance.receiver.answer = None
    for _ in range(3):
        later(instance)
        instance.sweep()
    assert [event["data"]["sequence"] for event in instance.receiver.of(identifier)] == [1, 2, 3]


def attempts_of(instance, identifier):
    query = (
        "SELECT e.sequence, e.attempts FROM secureb2share_event e JOIN secureb2share_dataset d ON d.id = e.dataset_id"
        " WHERE d.identifier = :i ORDER BY e.sequence"
    )
    with instance.app.app_context(), db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), {"i": identifier})]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 302])
def test_error_of_the_target_pauses_it_and_burns_no_attempt(instance, status):
    first, _ = publish(instance)
    second, _ = publish(instance)
    instance.receiver.answer = lambda number: status
    before = len(instance.receiver.requests)
    instance.sweep()
    instance.sweep()
    assert len(instance.receiver.requests) == before + 1
    assert "target tsd-ingest is paused" in instance.run_cli("deliveries", "list").output
    later(instance)
    instance.sweep()
    # one probe, not one for each waiting event
    assert len(instance.receiver.requests) == before + 2
    assert [attempts for i in (first, second) for _, attempts in attempts_of(instance, i)] == [0, 0]
    instance.receiver.answer = None
    assert instance.run_cli("deliveries", "retry", "--target", "tsd-ingest").exit_code == 0
    instance.sweep()
    assert states(instance, first) + states(instance, second) == ["acknowledged"] * 2


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_error_of_a_message_parks_it_alone(instance, status):
    parked, pid = publish(instance)
    instance.receiver.answer = lambda number: status
    instance.sweep()
    instance.receiver.answer = None
    edit(instance, pid, "Second")
    instance.sweep()
    assert states(instance, parked) == ["parked", "acknowledged"]
    number = instance.run_cli("deliveries", "list", "--state", "parked").output.split()[0]
    assert instance.run_cli("deliveries", "retry", number).exit_code == 0
    instance.sweep()
    assert states(instance, parked) == ["acknowledged", "acknowledged"]


def test_discarded_event_is_not_sent(instance):
    identifier, _ = publish(instance)
    number = instance.run_cli("deliveries", "list").output.split()[0]
    assert instance.run_cli("deliveries", "discard", number, "--reason", "Sent by hand.").exit_code == 0
    instance.sweep()
    assert states(instance, identifier) == ["discarded"] and instance.receiver.of(identifier) == []
    assert instance.run_cli("deliveries", "discard", number, "--reason", "Again.").exit_code == 1


def test_receipt_is_kept_and_shown_to_the_source(instance):
    identifier, _ = publish(instance)
    assert instance.source.get(identifier)["receipts"][0]["state"] == "pending"
    instance.sweep()
    (receipt,) = instance.source.get(identifier)["receipts"]
    assert receipt["state"] == "acknowledged" and receipt["receipt"]["receipt_id"].startswith("receipt-")


def test_two_changes_in_one_transaction_are_one_event(instance):
    from invenio_records.api import Record

    from secureb2share_ext.datasets import store as datasets

    identifier, pid = publish(instance)
    with instance.app.app_context():
        record = Record.get_record(datasets.by_pid(pid).record_uuid)
        for title in ("Second", "Third"):
            record["titles"][0]["text"] = title
            with db.session.begin_nested():
                record.commit()
        db.session.commit()
        db.session.remove()
    events = instance.events(identifier)
    assert [sequence for sequence, _, _ in events] == [1, 2]
    assert events[1][2]["data"]["dataset"]["core"]["titles"][0]["text"] == "Third"


def test_change_undone_with_its_savepoint_leaves_no_event(instance):
    from invenio_records.api import Record

    from secureb2share_ext.datasets import store as datasets

    identifier, pid = publish(instance)
    with instance.app.app_context():
        record = Record.get_record(datasets.by_pid(pid).record_uuid)
        record["titles"][0]["text"] = "Undone"
        savepoint = db.session.begin_nested()
        record.commit()
        savepoint.rollback()
        db.session.commit()
        record = Record.get_record(record.id)
        record["titles"][0]["text"] = "Kept"
        record.commit()
        db.session.commit()
        db.session.remove()
    assert [(s, b["data"]["dataset"]["core"]["titles"][0]["text"]) for s, _, b in instance.events(identifier)][1:] == [
        (2, "Kept")
    ]
