"""An event that fails alone, at a target that does not say who is at fault, is parked while others pass."""

import datetime

import pytest
from invenio_db import db
from memory import catalogue, described, made  # noqa: F401 (fixtures)
from scripted import Scripted
from test_sweep import clock, register, sweep, three_targets, values  # noqa: F401 (fixtures)

from secureb2share_ext.outbox import claims, delivery, store, suspects
from secureb2share_ext.outbox.models import Event
from secureb2share_ext.targets.answer import Answer

NOW = datetime.datetime(2026, 1, 31, 10)
TAKEN = Answer(201, meaning="delivered")
FAILS = Answer(500, meaning="suspect", reason="status 500")


def test_the_count_is_of_equal_answers_one_after_the_other():
    outcome = ""
    for number in range(1, 4):
        count = suspects.after(outcome, "status 500", NOW + datetime.timedelta(hours=number))
        outcome = str(count)
        assert (count.times, count.since) == (number, NOW + datetime.timedelta(hours=1))
    assert outcome == "status 500, 3 times since 2026-01-31T11:00:00Z" and suspects.read(outcome) == count
    assert suspects.after(outcome, "status 404", NOW) == suspects.Count("status 404", 1, NOW)
    for words in ("", "status 500", "status 500, 3 times since 2026-13-31T11:00:00Z", "x, -1 times since never"):
        assert suspects.after(words, "status 500", NOW) == suspects.Count("status 500", 1, NOW)
    long = suspects.after("", "x" * 300, NOW)
    assert len(str(long)) <= 200 and suspects.after(str(long), "x" * 300, NOW).times == 2


def add(catalogue, name):  # noqa: F811
    catalogue.send("register", name, dataset=described(name))


def state(catalogue):  # noqa: F811
    return values(catalogue, "state, attempts, outcome")[0]


def run(catalogue, answers, others, minutes=400):  # noqa: F811
    """Sweep once for each of `answers` to the first dataset, with another dataset before each sweep of `others`."""
    register(catalogue, 1)
    first = []

    def answer(event):
        first.append(event.message_id)
        return (answers.pop(0) if answers else FAILS) if event.message_id == first[0] else TAKEN

    target = Scripted(answer)
    for number in range(len(answers)):
        # a minute ahead: rows are written at the moment of the real clock, and a slow machine needs seconds
        with clock(minutes=minutes * number + 1):
            if number in others:
                add(catalogue, "other/%d" % number)
            sweep(catalogue, tsd=target)
    return first


@pytest.mark.parametrize(
    "answers, others, parked",
    [
        ([FAILS] * 4, [1], True),
        ([FAILS] * 4, [3], True),
        ([FAILS] * 3, [1, 2], False),
        ([FAILS] * 5, [], False),
        # what passed before it failed first says nothing
        ([FAILS] * 5, [0], False),
        ([FAILS, FAILS, Answer(502), FAILS, FAILS], [1, 4], False),
        ([FAILS, FAILS, Answer(502)] + [FAILS] * 4, [4], True),
        # of other kinds of targets nothing is counted
        ([Answer(500)] * 5, [1, 2, 3], False),
    ],
    ids=["one", "late", "few", "alone", "before", "other", "again", "plain"],
)
def test_it_is_parked_where_others_pass_and_only_there(catalogue, answers, others, parked):  # noqa: F811
    number = len(answers)
    run(catalogue, list(answers), others)
    found = state(catalogue)
    assert found[0] == ("parked" if parked else "pending"), found
    if parked:
        assert found[2].startswith("status 500, 4 times since ")
    elif answers[-1] is FAILS and answers[2] is FAILS:
        assert ", %d times since " % number in found[2]
    others_are = {one[0] for one in values(catalogue, "state")[1:]}
    assert others_are <= {"delivered"}


@pytest.mark.parametrize(
    "state_of_others, parked", [("delivered", True), ("acknowledged", False), ("discarded", False)]
)
def test_a_receipt_that_comes_late_does_not_show_that_others_pass(catalogue, state_of_others, parked):  # noqa: F811
    run(catalogue, [FAILS] * 3, [0])
    # as a receipt does, or an operator
    with clock(minutes=1100):
        moment = delivery.utcnow()
    rows = db.session.query(Event).filter(Event.state == "delivered")
    assert rows.update({"state": state_of_others, "finished": moment}) == 1
    db.session.commit()
    with clock(minutes=1200):
        sweep(catalogue, tsd=Scripted(lambda event: FAILS))
    assert state(catalogue)[0] == ("parked" if parked else "pending")


def test_no_statement_is_spent_on_targets_of_other_kinds(catalogue, monkeypatch):  # noqa: F811
    def never(*args):
        raise AssertionError("a bystander")

    monkeypatch.setattr(claims, "outcomes", never)
    monkeypatch.setattr(claims, "last_passed", never)
    monkeypatch.setattr(claims, "park", never)
    run(catalogue, [Answer(500)] * 5, [1, 2])
    assert state(catalogue)[0] == "pending"


def test_an_event_that_was_parked_can_be_sent_again(catalogue):  # noqa: F811
    run(catalogue, [FAILS] * 4, [1])
    assert store.retry_all(["tsd"]) == {"tsd": 1}
    db.session.commit()
    with clock(minutes=2000):
        assert sweep(catalogue, tsd=Scripted()) == {"delivered": 1}
    assert state(catalogue)[0] == "acknowledged"


def test_an_event_that_is_retried_has_a_full_plan_again(catalogue):  # noqa: F811
    first = run(catalogue, [FAILS] * 4, [1])
    assert state(catalogue)[0] == "parked"
    assert store.retry_all(["tsd"]) == {"tsd": 1}
    db.session.commit()
    target = Scripted(lambda event: FAILS if event.message_id == first[0] else TAKEN)
    for number in range(1, 5):
        with clock(minutes=2000 + 400 * number):
            if number == 2:
                add(catalogue, "another")
            sweep(catalogue, tsd=target)
        found = state(catalogue)
        assert found[:2] == ("pending" if number < 4 else "parked", number), found
        assert found[2].startswith("status 500, %d times since " % number)


def test_what_was_written_and_acknowledged_since_shows_that_others_pass(catalogue):  # noqa: F811
    first = run(catalogue, [FAILS] * 3, [])
    with clock(minutes=1100):
        add(catalogue, "another")
        # a receipt is the answer
        sweep(catalogue, tsd=Scripted(lambda event: FAILS if event.message_id == first[0] else None))
    assert [one[0] for one in values(catalogue, "state")] == ["pending", "acknowledged"]
    # a row is written at the moment of the real clock
    with clock(minutes=1100):
        moment = delivery.utcnow()
    assert db.session.query(Event).filter_by(state="acknowledged").update({"created": moment}) == 1
    db.session.commit()
    with clock(minutes=2000):
        sweep(catalogue, tsd=Scripted(lambda event: FAILS))
    assert state(catalogue)[0] == "parked"
