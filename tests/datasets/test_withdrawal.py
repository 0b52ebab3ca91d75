import datetime
import json

import pytest

pytest.importorskip("invenio_db")

from invenio_db import db  # noqa: E402
from memory import described, kinds, refused, title_of  # noqa: E402

from secureb2share_ext.compat import utcnow  # noqa: E402
from secureb2share_ext.datasets import former, review, store, withdrawal  # noqa: E402
from secureb2share_ext.outbox import delivery, tasks  # noqa: E402

DAYS = 14
# what a source may have done before, in order
STEPS = {
    "active": [],
    "active again": [("suspended", {}), ("active", {})],
    "suspended": [("suspended", {"reason": "Consent under review."})],
    "superseded": [("superseded", {"successor": "next"})],
    "suspended, then superseded": [("suspended", {}), ("superseded", {"successor": "next"})],
}
ENDS = {
    "withdrawn": [("withdrawn", {})],
    "superseded": [("superseded", {"successor": "other"})],
    "superseded twice": [
        ("superseded", {"successor": "other"}),
        ("superseded", {"successor": "next", "reason": "No."}),
    ],
    "superseded and withdrawn": [("superseded", {"successor": "other"}), ("withdrawn", {})],
}


def send(catalogue, steps, source="tsd"):
    for state, given in steps:
        catalogue.send("state", "x", source, state=state, **dict({"reason": "Why."}, **given))


def undo(catalogue, source="tsd", now=None, days=DAYS):
    row = withdrawal.undo(catalogue.host, source, "x", "A key was stolen.", days, now or utcnow())
    db.session.commit()
    return row


def seen(catalogue, source="tsd"):
    """What a row and a record say of the state, without the reason and the time of the state active."""
    row = catalogue.row("x", source)
    held = store.held(row.id)
    said = {name: getattr(row, name) for name in ("state", "reason", "state_at", "successor", "former")}
    if row.state == "active":
        del said["reason"], said["state_at"]
    if held is not None:
        said["held"] = (held.description, held.digest, held.received, held.reason, held.decided_at)
    if row.pid is not None:
        stamp = catalogue.host.record(row)["secureb2share"]
        assert (stamp["state"], stamp.get("reason")) == (row.state, row.reason)
    return said


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("steps", STEPS)
def test_each_step_back_gives_the_state_before_it(catalogue, steps, ends):
    for identifier in ("x", "next", "other"):
        catalogue.send("register", identifier, dataset=described())
    send(catalogue, STEPS[steps])
    before = [seen(catalogue)]
    for step in ENDS[ends]:
        send(catalogue, [step])
        before.append(seen(catalogue))
    assert "x" in [row.identifier for row in store.ended(utcnow() - datetime.timedelta(days=DAYS), "tsd")]
    for number, expected in list(enumerate(before))[-2::-1]:
        undo(catalogue)
        assert seen(catalogue) == expected, number
        assert kinds(catalogue, "x")[-1][1] == ("changed" if expected["state"] == "active" else expected["state"])
    if before[0]["state"] == "active":
        assert catalogue.row("x").reason == "A key was stolen."
        with refused(catalogue, "state"):
            undo(catalogue)
    assert title_of(catalogue, "x") == "A"


@pytest.mark.parametrize("is_refused", [False, True])
@pytest.mark.parametrize("is_published", [False, True])
def test_what_waited_for_a_curator_waits_again(catalogue, is_published, is_refused):
    if is_published:
        catalogue.host.curate("csc", described(), "x")
    catalogue.send("register", "x", "csc", dataset=described("B"))
    if is_refused:
        review.refuse(catalogue.host, "csc", "x", "The contact is not reachable.")
        db.session.commit()
    before, events = seen(catalogue, "csc"), len(catalogue.events("x", "csc"))
    send(catalogue, [("withdrawn", {})], "csc")
    # nothing and nobody sees it meanwhile
    assert store.held(catalogue.row("x", "csc").id) is None and store.waiting() == 0 and "held" in before
    for title in "AB":
        with refused(catalogue, "withdrawn"):
            catalogue.send("register", "x", "csc", dataset=described(title))
    undo(catalogue, "csc")
    assert seen(catalogue, "csc") == before and store.waiting() == (not is_refused)
    if not is_published:
        assert len(catalogue.events("x", "csc")) == events
        # the identifier is its source's as before
        assert catalogue.send("register", "x", "csc", dataset=described("C"))[1]["result"] == "held"


def later(days, **more):
    return utcnow() + datetime.timedelta(days=days, **more)


def test_after_some_days_nothing_is_kept(catalogue):
    catalogue.send("register", "x", "csc", dataset=described("B"))
    send(catalogue, [("withdrawn", {})], "csc")
    withdrawal.forget(DAYS, later(DAYS, minutes=-1))
    assert json.loads(catalogue.row("x", "csc").former)[0]["held"]["description"]
    withdrawal.forget(DAYS, later(DAYS, minutes=1))
    assert catalogue.row("x", "csc").former is None
    assert '"B"' not in repr(catalogue.rows())
    for days, now in ((DAYS, later(DAYS, minutes=1)), (0, utcnow())):
        with refused(catalogue, "withdrawn"):
            undo(catalogue, "csc", now, days)


def test_each_sweep_forgets(catalogue, monkeypatch):
    catalogue.send("register", "x", "csc", dataset=described("B"))
    send(catalogue, [("withdrawn", {})], "csc")
    monkeypatch.setattr(catalogue.extension, "withdrawal_days", 0)
    monkeypatch.setattr(delivery, "sweep", lambda extension: {})
    monkeypatch.setattr(catalogue.extension.lock, "compare", lambda: None)
    tasks.sweep()
    assert catalogue.row("x", "csc").former is None


def test_what_is_kept_of_one_dataset_is_bounded(catalogue):
    for identifier in ("x", "next", "other"):
        catalogue.send("register", identifier, dataset=described())
    for number in range(20):
        send(catalogue, [("superseded", {"successor": ("next", "other")[number % 2], "reason": "No. %d" % number})])
    assert len(json.loads(catalogue.row("x").former)) == former.MOST
    for _ in range(former.MOST):
        undo(catalogue)
    assert catalogue.row("x").state == "active"
