import contextlib
import json

import pytest

pytest.importorskip("invenio_db")

import sqlalchemy  # noqa: E402
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from invenio_db import db  # noqa: E402
from memory import CONTACT, described, kinds, refused  # noqa: E402
from sqlalchemy.exc import IntegrityError, OperationalError  # noqa: E402
from sqlalchemy.orm.exc import StaleDataError  # noqa: E402

from secureb2share_ext.datasets import review, store  # noqa: E402
from secureb2share_ext.errors import Problem  # noqa: E402
from secureb2share_ext.messages import inbox  # noqa: E402
from secureb2share_ext.outbox import event  # noqa: E402
from secureb2share_ext.testing.host import MemoryHost  # noqa: E402

SUSPENDED = {"state": "suspended", "reason": "Why."}


def members(action, catalogue):
    if action == "receipt":
        (published,) = catalogue.rows()["secureb2share_event"]
        return {"event": published["message_id"], "digest": "0" * 64}
    return {
        "register": {"dataset": described("B")},
        "state": SUSPENDED,
        "transfer": {"tenant": "p12", "contact": CONTACT},
        "decision": {"application": "a", "state": "submitted"},
    }[action]


@pytest.mark.parametrize("action", ["register", "state", "transfer", "decision"])
def test_same_message_takes_effect_once(catalogue, action):
    catalogue.send("register", "x", dataset=described())
    message = catalogue.message(action, "x", **members(action, catalogue))
    first = inbox.carry_out(catalogue.host, catalogue.sender(), message)
    before = catalogue.rows()
    # also when the dataset went on meanwhile
    assert inbox.carry_out(catalogue.host, catalogue.sender(), message) == first
    assert catalogue.rows() == before
    catalogue.send("state", "x", state="withdrawn", reason="Why.")
    assert inbox.carry_out(catalogue.host, catalogue.sender(), message) == first


@pytest.mark.parametrize("is_at_the_limit", [False, True])
def test_the_limit_of_withdrawals_does_not_tell_what_others_have(catalogue, is_at_the_limit):
    for number in range(11):
        catalogue.send("register", str(number), dataset=described(), tenant="p11")
    for number in range(10 * is_at_the_limit):
        catalogue.send("state", str(number), state="withdrawn", reason="Why.")
    for identifier in ("10", "unknown"):
        with refused(catalogue, "unknown-dataset"):
            catalogue.send("state", identifier, tenants=("p22",), state="withdrawn", reason="Why.")


def test_same_id_with_another_body(catalogue):
    catalogue.send("register", "x", message_id="1", dataset=described())
    for action, identifier, said in (
        ("register", "x", {"dataset": described("B")}),
        ("register", "y", {"dataset": described()}),
        ("state", "x", SUSPENDED),
    ):
        with refused(catalogue, "message-reused"):
            catalogue.send(action, identifier, message_id="1", **said)
    # the ids of each source are its own
    assert catalogue.send("register", "x", "few", message_id="1", dataset=described())[1]["result"] == "created"


def test_refused_message_is_not_remembered(catalogue):
    message = catalogue.message("state", "x", **SUSPENDED)
    with refused(catalogue, "unknown-dataset"):
        inbox.carry_out(catalogue.host, catalogue.sender(), message)
    catalogue.send("register", "x", dataset=described(), issued="2026-01-01T00:00:00Z")
    assert inbox.carry_out(catalogue.host, catalogue.sender(), message)[0] == 200


@pytest.mark.parametrize("action", ["register", "state", "transfer", "decision", "receipt"])
@pytest.mark.parametrize("tenant", ["p12", None])
def test_dataset_of_another_tenant_is_unknown(catalogue, action, tenant):
    catalogue.send("register", "x", dataset=described(), **({"tenant": tenant} if tenant else {}))
    said = members(action, catalogue)
    message = catalogue.message(action, "x", **dict(said, tenant="p11") if action == "register" else said)
    with refused(catalogue, "unknown-dataset"):
        inbox.carry_out(catalogue.host, catalogue.sender(tenants=("p11",)), message)


def refusal(catalogue, sender, action, identifier, said, message_id):
    """(code, body, statements) of the Problem with which a message is refused."""
    message, statements = catalogue.message(action, identifier, message_id=message_id, **said), []

    def note(connection, cursor, statement, *others):
        statements.append(statement)

    sqlalchemy.event.listen(db.engine, "before_cursor_execute", note)
    try:
        with pytest.raises(Problem) as raised:
            inbox.carry_out(catalogue.host, sender, message)
    finally:
        sqlalchemy.event.remove(db.engine, "before_cursor_execute", note)
    return raised.value.code, json.dumps(raised.value.body()).replace(identifier, "x"), statements


@pytest.mark.parametrize("tenant", ["p12", None])
@pytest.mark.parametrize(
    "action, said, message_id",
    [
        ("register", {"tenant": "p12"}, None),
        ("register", {}, None),
        ("register", {"tenant": "p11", "dataset": described(replaces="nowhere")}, None),
        ("register", {"tenant": "p11", "dataset": described(replaces="taken")}, None),
        ("register", {"tenant": "p11"}, "1"),
        ("state", {}, "1"),
        ("state", {}, None),
        ("transfer", {}, None),
        ("decision", {}, None),
    ],
)
def test_a_wrong_tenant_learns_nothing_of_an_identifier(catalogue, tenant, action, said, message_id):
    catalogue.send("register", "taken", dataset=described(), **({"tenant": tenant} if tenant else {}))
    catalogue.send("register", "own", message_id="1", dataset=described("Own"), tenant="p11")
    said, sender = dict(members(action, catalogue), **said), catalogue.sender(tenants=("p11",))
    taken, free = (refusal(catalogue, sender, action, name, said, message_id) for name in ("taken", "zz-free"))
    assert taken == free and taken[0] in ("invalid", "message-reused", "unknown-dataset")


def test_a_full_source_learns_nothing_of_an_identifier(catalogue):
    for name in ("taken", "other"):
        catalogue.send("register", name, "few", dataset=described(), tenant="p12")
    sender = catalogue.sender("few", tenants=("p11",))
    for name in ("taken", "free"):
        with refused(catalogue, "quota"):
            message = catalogue.message("register", name, "few", dataset=described(), tenant="p11")
            inbox.carry_out(catalogue.host, sender, message)


def test_answer_that_was_another_tenants(catalogue):
    message = catalogue.message("register", "x", dataset=described(), tenant="p11")
    inbox.carry_out(catalogue.host, catalogue.sender(tenants=("p11",)), message)
    catalogue.send("transfer", "x", tenant="p12")
    with refused(catalogue, "unknown-dataset"):
        inbox.carry_out(catalogue.host, catalogue.sender(tenants=("p11",)), message)


def failing(error, times):
    """A `publish` of the host in memory that writes its record and fails so many times."""
    left, write = [times], MemoryHost.publish

    def publish(self, row, dataset):
        record = write(self, row, dataset)
        if left[0]:
            left[0] -= 1
            raise error
        return record

    return publish


RACES = [IntegrityError("", {}, Exception()), OperationalError("", {}, Exception()), StaleDataError()]


@pytest.mark.parametrize("error", RACES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("times", [1, 2, 3])
def test_race_is_tried_three_times(catalogue, monkeypatch, error, times):
    monkeypatch.setattr(MemoryHost, "publish", failing(error, times))
    before = catalogue.rows()
    if times < 3:
        assert catalogue.send("register", "x", dataset=described())[1]["result"] == "created"
        assert kinds(catalogue, "x") == [(1, "published")]
        assert [len(catalogue.rows()[name]) for name in ("testing_record", "secureb2share_message")] == [1, 1]
    else:
        with pytest.raises(type(error)):
            catalogue.send("register", "x", dataset=described())
        assert catalogue.rows() == before


def test_any_other_error_is_raised_at_once(catalogue, monkeypatch):
    monkeypatch.setattr(MemoryHost, "publish", failing(RuntimeError("the host"), 1))
    before = catalogue.rows()
    with pytest.raises(RuntimeError):
        catalogue.send("register", "x", dataset=described())
    assert catalogue.rows() == before


def test_applications_are_counted_and_nothing_else_kept(catalogue):
    catalogue.send("register", "x", dataset=described())
    said = [("app-1", "submitted", 1), ("app-2", "submitted", 2), ("app-1", "approved", 5), ("app-1", "submitted", 3)]
    results = [
        catalogue.send("decision", "x", application=one, state=state, issued="2026-01-01T00:00:0%dZ" % second)[1]
        for one, state, second in said
    ]
    assert [one["result"] for one in results] == ["changed"] * 3 + ["unchanged"]
    assert results[-1]["requests"] == {"open": 1, "approved": 1, "denied": 0, "closed": 0}
    assert "app-" not in repr(catalogue.rows()["secureb2share_application"])


IDENTIFIERS, TITLES, STATES = ("a", "b", "c"), ("A", "B"), ("active", "suspended", "superseded", "withdrawn")
REPLACES = st.none() | st.sampled_from(IDENTIFIERS)
ACTS = st.one_of(
    st.tuples(st.just("register"), st.sampled_from(TITLES), REPLACES),
    st.tuples(st.just("register"), st.sampled_from(TITLES), REPLACES),
    st.tuples(st.just("state"), st.sampled_from(STATES), st.sampled_from(IDENTIFIERS)),
    st.tuples(st.just("transfer"), st.sampled_from(["p11", "p12"]), st.booleans()),
    st.tuples(st.just("curate"), st.sampled_from(TITLES), REPLACES),
    st.tuples(st.just("edit"), st.sampled_from(TITLES), REPLACES),
    st.tuples(st.sampled_from(["delete", "release", "refuse"]), st.none(), st.none()),
)
HISTORY = st.lists(st.tuples(st.sampled_from(["tsd", "csc"]), st.sampled_from(IDENTIFIERS), ACTS), max_size=12)


def act(catalogue, source, identifier, what, first, second):
    host, row = catalogue.host, store.find(source, identifier)
    if what in ("register", "curate", "edit"):
        description = described(first, **({"replaces": second} if second else {}))
    if what == "register":
        catalogue.send("register", identifier, source, dataset=description)
    elif what == "state":
        successor = {"successor": second} if first == "superseded" else {}
        catalogue.send("state", identifier, source, state=first, reason="Why.", **successor)
    elif what == "transfer":
        catalogue.send("transfer", identifier, source, tenant=first, **({"contact": CONTACT} if second else {}))
    elif what == "curate":
        host.curate(source, description, identifier)
    elif what == "release":
        review.release(host, source, identifier)
    elif what == "refuse":
        review.refuse(host, source, identifier, "Why.")
    elif row is not None and row.pid is not None and host.record(row) is not None:
        host.edit(row.pid, description) if what == "edit" else host.delete(row.pid)
    db.session.commit()


def check(catalogue, pids):
    """What holds after whatever was said; pids: {(source, identifier): PID} of before."""
    rows = {(row.source, row.identifier): row for row in db.session.query(store.DatasetRow)}
    for (source, identifier), row in rows.items():
        assert pids.setdefault((source, identifier), row.pid) in (None, row.pid), "a second PID"
        pids[source, identifier] = row.pid
        events = catalogue.events(identifier, source)
        assert [one["data"]["sequence"] for one in events] == list(range(1, row.sequence + 1))
        said = [one["data"] for one in events if not one["type"].endswith("refused.v1")]
        assert bool(said) == bool(row.pid)
        if said:
            last = {name: value for name, value in said[-1].items() if name not in ("sequence", "revision")}
            assert row.event_digest == event.fingerprint(last)
            assert (last["state"], last["replaced_by"]) == (row.state, row.replaced_by)
            # a tombstone says nothing of the description, not even its digest
            assert (last["digest"] == row.digest) == (row.state != "withdrawn") == ("delete" not in last)
        record = catalogue.host.record(row) if row.pid else None
        if record is not None:
            whole = catalogue.host.from_record(record)
            told = dict(last["dataset"]["core"])
            assert last["dataset"] == whole if row.state != "withdrawn" else told.items() <= whole["core"].items()
            assert record["secureb2share"] == catalogue.host.stamp(row)
        newer = rows.get((source, row.replaced_by))
        assert row.replaced_by is None or newer.pid is not None
    assert len(catalogue.rows()["testing_record"]) <= len([row for row in rows.values() if row.pid])


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(history=HISTORY)
def test_whatever_is_said_in_whatever_order(made, history):
    made.clear()
    pids = {}
    for source, identifier, (what, first, second) in history:
        with contextlib.suppress(Problem):
            act(made, source, identifier, what, first, second)
        db.session.rollback()
        check(made, pids)
