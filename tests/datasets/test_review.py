import pytest

pytest.importorskip("invenio_db")

from invenio_db import db  # noqa: E402
from memory import described, kinds, refused, title_of  # noqa: E402

from secureb2share_ext.client import canonical, digest  # noqa: E402
from secureb2share_ext.datasets import review, store  # noqa: E402
from secureb2share_ext.descriptions import schema  # noqa: E402
from secureb2share_ext.messages import answers  # noqa: E402
from secureb2share_ext.testing.host import RECORDS  # noqa: E402


def register(catalogue, title="A", **version):
    return catalogue.send("register", "x", "csc", dataset=described(title, **version))[1]["result"]


def release(catalogue, seen=None):
    row = review.release(catalogue.host, "csc", "x", seen)
    db.session.commit()
    return row


def refuse(catalogue, reason="Name the controller.", seen=None):
    row = review.refuse(catalogue.host, "csc", "x", reason, seen)
    db.session.commit()
    return row


def state_of(catalogue):
    """What the source reads of its description that waits."""
    return answers.for_source(catalogue.host, catalogue.row("x", "csc")).get("review", {}).get("state")


def withdraw(catalogue):
    return catalogue.send("state", "x", "csc", state="withdrawn", reason="Why.")[1]


def test_held_description_is_in_one_table(catalogue):
    register(catalogue, "a canary")
    holding = [name for name, rows in catalogue.rows().items() if "a canary" in repr(rows)]
    assert holding == ["secureb2share_held"] and catalogue.rows()["testing_record"] == []
    row = catalogue.row("x", "csc")
    assert (row.pid, row.digest, catalogue.events("x", "csc")) == (None, None, [])


# h: a title is held; R: released; N: refused; W: withdrawn by its source; D: deleted by an administrator
@pytest.mark.parametrize(
    "acts, state, title, told",
    [
        ("hA R", None, "A", ["published"]),
        ("hA hB R", None, "B", ["published"]),
        ("hA N", "refused", None, ["refused"]),
        ("hA N hB", "held", None, ["refused"]),
        ("hA N hB R", None, "B", ["refused", "published"]),
        ("hA N hB N hC R", None, "C", ["refused", "refused", "published"]),
        ("hA R hB", "held", "A", ["published"]),
        ("hA R hB hA", None, "A", ["published"]),
        ("hA R hB R", None, "B", ["published", "changed"]),
        ("hA R hB N", "refused", "A", ["published", "refused"]),
        ("hA R hB N hA", None, "A", ["published", "refused"]),
        ("hA W", None, None, []),
        ("hA N W", None, None, ["refused"]),
        ("hA R hB W", None, "A", ["published", "withdrawn"]),
        ("hA R hB D", None, None, ["published", "withdrawn"]),
    ],
)
def test_ways_through_the_review(catalogue, acts, state, title, told):
    for act in acts.split():
        if act.startswith("h"):
            register(catalogue, act[1:])
        elif act == "D":
            catalogue.host.delete(catalogue.row("x", "csc").pid)
            db.session.commit()
        else:
            {"R": release, "N": refuse, "W": withdraw}[act](catalogue)
    row = catalogue.row("x", "csc")
    record = catalogue.host.record(row) if row.pid else None
    assert state_of(catalogue) == state and bool(store.held(row.id)) == bool(state)
    assert (title_of(catalogue, "x", "csc") if record else None) == title
    assert kinds(catalogue, "x", "csc") == list(enumerate(told, 1))


@pytest.mark.parametrize("acts, code", [("", "unknown-dataset"), ("hA W", "unknown-dataset"), ("hA N", "refused")])
def test_nothing_to_decide(catalogue, acts, code):
    for act in acts.split():
        {"hA": register, "W": withdraw, "N": refuse}[act](catalogue)
    for decide in (release, refuse):
        with refused(catalogue, code):
            decide(catalogue)


def test_refused_description_is_refused_again(catalogue):
    register(catalogue)
    refuse(catalogue, "Name the controller. <b> æ")
    with refused(catalogue, "refused"):
        register(catalogue)
    (event,) = catalogue.events("x", "csc")
    said = {"source": "csc", "identifier": "x", "pid": None, "reason": "Name the controller. <b> æ"}
    assert event["data"] == dict(said, digest=digest(canonical(described())), sequence=1, revision=None)


@pytest.mark.parametrize("reason", ["", " ", "a\x00b", "x" * 1001])
def test_refusal_needs_a_reason(catalogue, reason):
    register(catalogue)
    with refused(catalogue, "invalid", "reason"):
        refuse(catalogue, reason)


def test_decision_is_about_what_the_curator_read(catalogue):
    register(catalogue)
    seen = store.held(catalogue.row("x", "csc").id).digest
    register(catalogue, "B")
    for decide in (release, refuse):
        with refused(catalogue, "changed"):
            decide(catalogue, seen=seen)
    assert release(catalogue, digest(canonical(described("B")))).pid


@pytest.mark.parametrize("state", ["active", "suspended", "superseded"])
def test_held_dataset_can_only_be_withdrawn(catalogue, state):
    register(catalogue)
    given = {"successor": "next"} if state == "superseded" else {}
    with refused(catalogue, "held"):
        catalogue.send("state", "x", "csc", state=state, reason="Why.", **given)
    answer = withdraw(catalogue)
    assert (answer["state"], answer["pid"], answer["result"]) == ("withdrawn", None, "changed")
    with refused(catalogue, "withdrawn"):
        register(catalogue, "B")


def test_curators_record_stays_theirs_until_the_release(catalogue):
    pid = catalogue.host.curate("csc", described("the curator's"), "x").pid
    db.session.commit()
    assert register(catalogue) == "held"
    catalogue.host.edit(pid, described("edited"))
    db.session.commit()
    assert release(catalogue).pid == pid
    assert (catalogue.row("x", "csc").origin, title_of(catalogue, "x", "csc")) == ("source", "A")


def test_release_takes_what_the_schema_takes_now(catalogue, monkeypatch):
    register(catalogue)
    monkeypatch.setattr(schema, "description_faults", lambda *args: [("core.titles", "is too short by now")])
    with refused(catalogue, "invalid", "core.titles"):
        release(catalogue)


def test_released_record_that_was_deleted(catalogue):
    register(catalogue)
    row = release(catalogue)
    register(catalogue, "B")
    db.session.execute(RECORDS.delete().where(RECORDS.c.uuid == row.record_uuid))
    db.session.commit()
    with refused(catalogue, "withdrawn"):
        release(catalogue)


def test_source_without_settings(catalogue, monkeypatch):
    register(catalogue)
    monkeypatch.delitem(catalogue.host.sources, "csc")
    with refused(catalogue, "no-source"):
        release(catalogue)
    # the refusal of what nobody can publish is possible, and told to nobody
    refuse(catalogue)
    assert catalogue.events("x", "csc") == []


def test_applications_are_for_what_is_published(catalogue):
    register(catalogue)
    with refused(catalogue, "unknown-dataset"):
        catalogue.send("decision", "x", "csc", application="a", state="submitted")
    release(catalogue)
    _, answer = catalogue.send("decision", "x", "csc", application="a", state="submitted")
    assert answer["requests"]["open"] == 1
