"""What comes between a claim and its outcome: an operator, another worker, a disk that is full, an end too early."""

import collections
import datetime
import time
from concurrent import futures

import pytest
from invenio_db import db
from memory import catalogue, described, made  # noqa: F401 (fixtures)
from scripted import Scripted, sweep
from served import command
from sqlalchemy import text
from test_sweep import DOWN, clock, register, sweep_every, values

from secureb2share_ext import compat
from secureb2share_ext.errors import MarkNotWritten
from secureb2share_ext.outbox import delivery, lane, pauses, retry, sending
from secureb2share_ext.outbox.mark import HIGHEST, MOST
from secureb2share_ext.targets.answer import Answer


@pytest.fixture(autouse=True)
def no_targets(catalogue):  # noqa: F811
    # each test names the targets that it is about
    before = dict(catalogue.extension.targets)
    catalogue.extension.targets = {}
    yield
    catalogue.extension.targets = before


def let_wait():
    """Every event as it is after a failure while its target was down: planned for tomorrow."""
    db.session.execute(
        text("UPDATE secureb2share_event SET next_at = :t, attempts = 9, wakes = :w"),
        {"t": str(compat.utcnow() + datetime.timedelta(hours=20)), "w": True},
    )
    pauses.pause("tsd", "status 503", compat.utcnow() - datetime.timedelta(seconds=1), 5)
    db.session.commit()


@pytest.mark.parametrize("passed", [0, 20])
def test_what_waits_is_due_although_the_first_sweep_ends_early(catalogue, monkeypatch, passed):  # noqa: F811
    register(catalogue, 60)
    let_wait()
    target = Scripted()
    monkeypatch.setattr(delivery, "LONGEST", 0.3)
    target.answer = lambda event: time.sleep(0.4) if len(target.tries) == 1 else None
    sweep(catalogue, tsd=target)
    assert len(target.tries) == 1 and pauses.every() == []
    monkeypatch.undo()
    with clock(minutes=passed):
        sweep(catalogue, tsd=target)
    assert [state for (state,) in values(catalogue, "state")].count("acknowledged") == 60


@pytest.mark.parametrize("interval, sent", [(0.01, 5), (5, 12)])
def test_a_sweep_goes_on_until_the_next_one_begins(catalogue, monkeypatch, interval, sent):  # noqa: F811
    monkeypatch.setattr(lane, "BATCH", 5)
    monkeypatch.setitem(catalogue.app.config, "SECUREB2SHARE_SWEEP_INTERVAL", interval)
    register(catalogue, 12)
    target = Scripted()
    target.answer = lambda event: time.sleep(0.01)
    assert sweep(catalogue, tsd=target) == {"delivered": sent}


class FullFrom:
    """A mark whose file cannot be written from the n-th time on."""

    def __init__(self, mark, number, error):
        self.mark, self.number, self.error, self.times = mark, number, error, 0

    def __getattr__(self, name):
        return getattr(self.mark, name)

    def write(self, seen):
        self.times += 1
        if self.times >= self.number:
            raise self.error
        self.mark.write(seen)


def test_a_disk_that_is_full_meanwhile_leaves_nothing_claimed(catalogue, monkeypatch):  # noqa: F811
    register(catalogue, 20)
    register(catalogue, 3, "few2")
    mark = FullFrom(catalogue.extension.mark, 2, MarkNotWritten("outbox.mark cannot be written"))
    monkeypatch.setattr(catalogue.extension, "mark", mark)
    slow = Scripted(lambda event: time.sleep(0.1))
    # the targets are asked by their names, and the second one cannot be claimed for
    sweep(catalogue, few2=slow, tsd=Scripted())
    assert len(slow.tries) >= 1
    sent, claimed = len(slow.tries), "state, lease_token IS NULL"
    assert values(catalogue, claimed, "few2").count(("acknowledged", 1)) == sent
    assert {free for _, free in values(catalogue, claimed, "few2") + values(catalogue, claimed)} == {1}


def test_a_thread_that_cannot_start_leaves_nothing_claimed(catalogue, monkeypatch):  # noqa: F811
    register(catalogue, 10)
    real, started = delivery.futures.ThreadPoolExecutor.submit, []

    def submit(self, *args):
        started.append(args)
        if len(started) == 2:
            raise RuntimeError("can't start new thread")
        return real(self, *args)

    monkeypatch.setattr(delivery.futures.ThreadPoolExecutor, "submit", submit)
    target = Scripted(lambda event: time.sleep(0.05), concurrency=2)
    with pytest.raises(RuntimeError):
        sweep(catalogue, tsd=target)
    assert len(target.tries) >= 1
    found = values(catalogue, "state, lease_token IS NULL")
    assert found.count(("acknowledged", 1)) == len(target.tries) and {free for _, free in found} == {1}


@pytest.mark.parametrize("answer", [Answer(500), Answer(422), DOWN, None])
def test_an_event_that_is_retried_while_it_is_sent_has_its_full_plan(catalogue, answer):  # noqa: F811
    register(catalogue, 1)
    db.session.execute(text("UPDATE secureb2share_event SET attempts = 9"))
    db.session.commit()
    target = Scripted(lambda event: answer)
    catalogue.extension.targets = {"tsd": target}
    one = lane.Lane("tsd", catalogue.extension, collections.Counter())
    with futures.ThreadPoolExecutor(1) as pool:
        one.claim(None, pool)
    # it is sent, and its outcome is not written yet
    assert len(target.tries) == 1
    assert command(catalogue.app, "deliveries", "retry", "--target", "tsd").exit_code == 0
    one.settle()
    found = values(catalogue, "state, attempts, lease_token IS NULL")
    assert found == ([("pending", 0, 1)] if answer else [("acknowledged", 10, 1)])
    target.answer = None
    command(catalogue.app, "deliveries", "retry", "--target", "tsd")
    sweep(catalogue, tsd=target)
    assert [state for (state,) in values(catalogue, "state")] == ["acknowledged"]


def test_two_clocks_cost_no_attempt(catalogue):  # noqa: F811
    register(catalogue, 1)
    target = Scripted(lambda event: Answer(503))
    # two servers, of which one is ahead by two minutes, for ten minutes
    for turn in range(60):
        with clock(seconds=10 * turn + 120 * (turn % 2)):
            sweep(catalogue, tsd=target)
    ((state, attempts),) = values(catalogue, "state, attempts")
    assert (state, attempts) != ("parked", 10) and attempts <= 4, (state, attempts, len(target.tries))


def let_try(failures):
    """The target is down, and may be tried now."""
    pauses.pause("tsd", "status 503", compat.utcnow() - datetime.timedelta(seconds=1), failures)
    db.session.commit()


def test_a_target_that_is_resumed_during_its_trial_rests_as_at_first(catalogue):  # noqa: F811
    register(catalogue, 2)
    let_try(failures=9)
    target = Scripted(lambda event: DOWN)
    catalogue.extension.targets = {"tsd": target}
    one = lane.Lane("tsd", catalogue.extension, collections.Counter())
    with futures.ThreadPoolExecutor(1) as pool:
        one.claim(pauses.of("tsd"), pool)
    assert len(target.tries) == 1
    assert command(catalogue.app, "deliveries", "resume").output == "Events are sent to tsd again.\n"
    one.settle()
    (pause,) = pauses.every()
    rest, failures = (pause.until - compat.utcnow()).total_seconds(), pause.failures
    db.session.rollback()
    assert rest <= retry.SHORTEST and failures == 1


def test_a_trial_that_a_worker_leaves_is_free(catalogue, monkeypatch):  # noqa: F811
    register(catalogue, 2)
    let_try(failures=2)
    start = sending.Batch.start

    def leave(self, pool, channels):
        # the worker is told to end before anything is sent
        self.stop()
        start(self, pool, channels)

    monkeypatch.setattr(sending.Batch, "start", leave)
    monkeypatch.setattr(delivery, "LONGEST", 0.01)
    target = Scripted()
    sweep(catalogue, tsd=target)
    assert target.tries == []
    monkeypatch.undo()
    assert sweep(catalogue, tsd=target) == {"delivered": 2}


def test_a_trial_during_which_the_time_of_its_event_comes_is_woken_later(catalogue):  # noqa: F811
    register(catalogue, 1)
    let_wait()
    db.session.execute(
        text("UPDATE secureb2share_event SET next_at = :t"),
        {"t": str(compat.utcnow() + datetime.timedelta(seconds=0.3))},
    )
    db.session.commit()
    target = Scripted(lambda event: time.sleep(0.6) or DOWN)
    sweep(catalogue, tsd=target)
    assert len(target.tries) == 1
    target.answer = None
    register(catalogue, 2)
    for minutes in (15, 16):
        with clock(minutes=minutes):
            sweep(catalogue, tsd=target)
    assert {state for (state,) in values(catalogue, "state")} == {"acknowledged"}


def test_a_target_that_comes_back_twice_wakes_twice(catalogue):  # noqa: F811
    register(catalogue, 30)
    let_wait()
    target = Scripted(lambda event: DOWN if len(target.tries) > 1 else None)
    sweep(catalogue, tsd=target)
    # it took one event, and is down again for five hours
    assert len(target.effects) == 1
    sweep_every(catalogue, 16, 5, tsd=target)
    target.answer = None
    for minutes in (16, 32):
        with clock(hours=5, minutes=minutes):
            sweep(catalogue, tsd=target)
    # the one that was tried while the target seemed to be back follows its plan
    assert [state for (state,) in values(catalogue, "state")].count("acknowledged") >= 29


def test_an_event_that_fails_alone_keeps_no_other_waiting_in_trials(catalogue):  # noqa: F811
    register(catalogue, 20)
    let_wait()
    poison = values(catalogue, "message_id")[0][0]
    target = Scripted(lambda event: DOWN if event.message_id == poison else None)
    for minutes in range(0, 60, 5):
        with clock(minutes=minutes):
            sweep(catalogue, tsd=target)
    assert [state for (state,) in values(catalogue, "state")].count("acknowledged") == 19
    # as a trial, and once because its target had come back
    assert target.tries.count(poison) <= 5


@pytest.mark.parametrize("status", [403, 404, 410])
def test_an_event_that_alone_pauses_its_target_keeps_no_other_waiting(catalogue, status):  # noqa: F811
    register(catalogue, 20)
    poison = values(catalogue, "message_id")[0][0]
    target = Scripted(lambda event: Answer(status) if event.message_id == poison else None)
    for minutes in (0, 16):
        with clock(minutes=minutes):
            sweep(catalogue, tsd=target)
    assert len(target.effects) == 19
    # what is new meanwhile waits for one trial
    register(catalogue, 30)
    with clock(minutes=32):
        sweep(catalogue, tsd=target)
    assert len(target.effects) == 29 and values(catalogue, "state, attempts")[0] == ("pending", 0)


@pytest.mark.parametrize("limits", [{"steps": MOST, "sure": MOST}, {"steps": MOST, "sure": MOST, "highest": HIGHEST}])
def test_a_huge_mark_holds_every_target_once(catalogue, limits):  # noqa: F811
    register(catalogue, 1)
    target, mark = Scripted(), catalogue.extension.mark
    sweep(catalogue, tsd=target)
    mark.write(mark.read()._replace(**limits))
    sweep(catalogue, tsd=target)
    assert [row.target for row in pauses.every()] == ["tsd"]
    for turn in range(3):
        command(catalogue.app, "deliveries", "resume")
        register(catalogue, 1, title="Turn %d" % turn)
        assert sweep(catalogue, tsd=target) == {"delivered": 1} and pauses.every() == []
    sequences = [sequence for _, sequence in target.effects]
    assert sequences == sorted(set(sequences))


def test_events_of_a_target_that_was_taken_away_are_listed_with_the_reason(catalogue):  # noqa: F811
    register(catalogue, 1)
    catalogue.extension.targets = {"tsd": Scripted()}
    assert "not configured" not in command(catalogue.app, "deliveries", "list").output
    catalogue.extension.targets = {}
    said = command(catalogue.app, "deliveries", "list").output
    assert said.startswith("target tsd is not configured: ") and said.count("\n") == 2
