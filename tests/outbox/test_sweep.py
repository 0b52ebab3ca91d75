"""A sweep over several targets, on the host in memory: who waits for whom, and for how long."""

import contextlib
import datetime
import os
import signal
import threading
import time

import pytest
from invenio_db import db
from memory import catalogue, described, made  # noqa: F401 (fixtures)
from scripted import Scripted, sweep
from served import command
from sqlalchemy import event as listening
from sqlalchemy import text

from secureb2share_ext import compat, stops
from secureb2share_ext.errors import NoSigningKey
from secureb2share_ext.outbox import claims, delivery, lane, pauses, retry, sending
from secureb2share_ext.targets.answer import Answer

DOWN, BUSY = Answer(error="ConnectTimeout"), Answer(503)
MODULES = (delivery, lane, sending)


@pytest.fixture(autouse=True)
def three_targets(catalogue):  # noqa: F811
    # each test names the targets that it is about
    before = dict(catalogue.extension.targets)
    catalogue.extension.targets = {}
    yield
    catalogue.extension.targets = before


def register(catalogue, count, source="tsd", title="A"):  # noqa: F811
    for number in range(count):
        catalogue.send("register", "d/%d" % number, source, dataset=described("%s %d" % (title, number)))


def values(catalogue, columns, source="tsd"):  # noqa: F811
    query = "SELECT %s FROM secureb2share_event WHERE target = :t ORDER BY id" % columns
    found = [tuple(row) for row in db.session.execute(text(query), {"t": source})]
    db.session.rollback()
    return found


@contextlib.contextmanager
def clock(**ahead):
    """The outbox's clock runs ahead of the machine's by a timedelta(**ahead)."""
    real = {module: module.utcnow for module in MODULES}
    for module in MODULES:
        module.utcnow = lambda: compat.utcnow() + datetime.timedelta(**ahead)
    try:
        yield
    finally:
        for module, function in real.items():
            module.utcnow = function


def sweep_every(catalogue, minutes, hours, **targets):  # noqa: F811
    """Sweeps in this distance, for so many hours."""
    for passed in range(0, hours * 60, minutes):
        with clock(minutes=passed):
            sweep(catalogue, **targets)


def test_a_target_that_hangs_keeps_no_other_waiting(catalogue):  # noqa: F811
    register(catalogue, 60)
    register(catalogue, 60, "few2")
    is_free = threading.Event()
    hanging = Scripted(lambda event: is_free.wait(10) and DOWN)
    healthy = Scripted()
    healthy_done = []

    def watch():
        while len(healthy.effects) < 60:
            time.sleep(0.01)
        healthy_done.append(time.monotonic())
        is_free.set()

    threading.Thread(target=watch, daemon=True).start()
    began = time.monotonic()
    counts = sweep(catalogue, tsd=hanging, few2=healthy)
    assert counts == {"delivered": 60, "retry": 1} and len(hanging.tries) == 1
    assert healthy_done[0] - began < 5
    # what was claimed and not sent is free again, with all its attempts
    assert sorted(values(catalogue, "attempts, lease_token IS NULL")) == [(0, 1)] * 59 + [(1, 1)]


@pytest.mark.parametrize("answer", [DOWN, BUSY, Answer(429, retry_after="60")])
def test_a_target_that_is_down_is_tried_with_one_event_at_a_time(catalogue, answer):  # noqa: F811
    register(catalogue, 20)
    target = Scripted(lambda event: answer)
    tries = []
    # a second before, and at the end of, each rest of the target: 5, 10 and 20 seconds
    for seconds in (0, 4, 5.5, 15, 16.5, 36, 37.5):
        with clock(seconds=seconds if answer.retry_after == "" else 12 * seconds):
            sweep(catalogue, tsd=target)
        tries.append(len(target.tries))
    assert tries == [1, 1, 2, 2, 3, 3, 4] if answer.retry_after == "" else tries[:3] == [1, 1, 2]


def test_what_waits_is_due_when_its_target_answers_again(catalogue):  # noqa: F811
    register(catalogue, 30)
    target = Scripted(lambda event: DOWN)
    # a day's outage: many trials
    sweep_every(catalogue, 40, 24, tsd=target)
    # a change that waits behind what failed
    catalogue.send("register", "d/0", dataset=described("Changed"))
    assert max(attempts for (attempts,) in values(catalogue, "attempts")) >= 2
    target.answer = None
    with clock(days=1, minutes=40):
        sweep(catalogue, tsd=target)
    assert {state for (state,) in values(catalogue, "state")} == {"acknowledged"}
    assert target.of("d/0") == [1, 2]
    assert pauses.every() == []


def test_a_trial_before_its_time_costs_no_attempt(catalogue):  # noqa: F811
    register(catalogue, 1)
    target = Scripted(lambda event: DOWN)
    sweep_every(catalogue, 40, 4 * 24, tsd=target)
    # given up by the plan, 75 h 35 min 5 s and up to a tenth, and not by the trials
    assert values(catalogue, "state, attempts") == [("parked", len(retry.PLAN) + 1)]
    assert len(target.tries) > 2 * len(retry.PLAN)


@pytest.mark.parametrize("answer", [Answer(500), BUSY, DOWN])
def test_one_message_that_fails_among_others_keeps_its_plan(catalogue, answer):  # noqa: F811
    register(catalogue, 1)
    (poison,) = [row[0] for row in values(catalogue, "message_id")]
    target = Scripted(lambda event: answer if event.message_id == poison else None)
    for number in range(1, 40):
        # another change every 20 seconds, for 13 minutes
        catalogue.send("register", "other/%d" % number, dataset=described("Other"))
        with clock(seconds=20 * number):
            sweep(catalogue, tsd=target)
    # by the plan after 5 s and 5 min, and once more for each time that the target seemed to have come back
    tried = target.tries.count(poison)
    assert 3 <= tried <= 6, tried
    (state, attempts) = values(catalogue, "state, attempts")[0]
    assert (state, attempts) == ("pending", 3)
    assert len(target.effects) == 39


@pytest.mark.parametrize("first", [Answer(500), Answer(422)])
def test_a_first_answer_that_is_no_success_wakes_too(catalogue, first):  # noqa: F811
    register(catalogue, 20)
    target = Scripted(lambda event: DOWN)
    sweep_every(catalogue, 40, 20, tsd=target)
    tries = len(target.tries)
    target.answer = lambda event: first if len(target.tries) == tries + 1 else None
    for minutes in (0, 1, 16, 32):
        with clock(hours=20, minutes=minutes):
            sweep(catalogue, tsd=target)
    states = [state for (state,) in values(catalogue, "state")]
    assert states.count("acknowledged") >= 19, states


def test_resume_makes_due_what_waits(catalogue):  # noqa: F811
    register(catalogue, 5)
    target = Scripted(lambda event: DOWN)
    sweep_every(catalogue, 20, 5, tsd=target)
    assert command(catalogue.app, "deliveries", "resume").output == "Events are sent to tsd again.\n"
    target.answer = None
    sweep(catalogue, tsd=target)
    assert {state for (state,) in values(catalogue, "state")} == {"acknowledged"}


def test_a_clock_that_was_set_back_ends_no_pause_that_follows(catalogue):  # noqa: F811
    register(catalogue, 5)
    target = Scripted(lambda event: Answer(401))
    with clock(days=1):
        sweep(catalogue, tsd=target)
    sweep(catalogue, tsd=target)
    assert len(target.tries) == 2


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"whsk_AAAA\n"])
def test_a_damaged_key_costs_no_attempt(catalogue, content):  # noqa: F811
    register(catalogue, 3)
    (kid,) = [row.kid for row in catalogue.extension.keyring.list()]
    path = os.path.join(catalogue.folder, kid + ".key")
    with open(path, "rb") as file:
        kept = file.read()
    catalogue.extension.keyring._private.clear()
    with open(path, "wb") as file:
        file.write(content)

    class Signed(Scripted):
        def send(self, event, sign):
            try:
                sign(event.message_id, event.body)
            except NoSigningKey as error:
                return Answer(error=type(error).__name__)
            return super().send(event, sign)

    target = Signed()
    try:
        sweep(catalogue, tsd=target)
        (pause,) = pauses.every()
        assert (pause.reason, target.tries) == ("NoSigningKey", [])
        assert values(catalogue, "attempts, lease_token IS NULL") == [(0, 1)] * 3
    finally:
        with open(path, "wb") as file:
            file.write(kept)
    pauses.resume("tsd")
    db.session.commit()
    assert sweep(catalogue, tsd=target) == {"delivered": 3}


def test_a_target_that_is_held_meanwhile_gets_no_further_batch(catalogue, monkeypatch):  # noqa: F811
    monkeypatch.setattr(lane, "BATCH", 50)
    register(catalogue, 80)
    target = Scripted()

    def hold(event):
        if len(target.tries) == 50:
            # the sweep's main thread has the one connection of the database in memory
            time.sleep(0.3)
        return None

    target.answer = hold
    real, held = delivery.Sweep.paused, []

    def paused(self):
        found = real(self)
        if len(target.tries) >= 50 and not held:
            held.append(True)
            pauses.hold("tsd", "They move house.", compat.utcnow())
            db.session.commit()
            found = real(self)
        return found

    delivery.Sweep.paused = paused
    try:
        sweep(catalogue, tsd=target)
    finally:
        delivery.Sweep.paused = real
    assert len(target.tries) == 50
    assert values(catalogue, "state, lease_token IS NULL").count(("pending", 1)) == 30


def test_the_longest_time_that_was_asked_for_is_kept(catalogue):  # noqa: F811
    register(catalogue, 4)
    times = iter(("3", "90", "6", "6"))
    target = Scripted(lambda event: time.sleep(0.05) or Answer(503, retry_after=next(times)), concurrency=4)
    sweep(catalogue, tsd=target)
    (pause,) = pauses.every()
    rest = (pause.until - compat.utcnow()).total_seconds()
    db.session.rollback()
    assert len(target.tries) == 4 and 85 < rest < 91


def test_a_time_that_the_target_named_is_kept(catalogue):  # noqa: F811
    register(catalogue, 2)
    target = Scripted(lambda event: Answer(429, retry_after="7200"))
    sweep(catalogue, tsd=target)
    target.answer = None
    with clock(seconds=7100):
        sweep(catalogue, tsd=target)
    assert len(target.tries) == 1
    with clock(seconds=7210):
        sweep(catalogue, tsd=target)
    assert [state for (state,) in values(catalogue, "state")] == ["acknowledged"] * 2


def test_events_of_a_dataset_stay_in_order_over_many_connections(catalogue):  # noqa: F811
    for turn in range(5):
        register(catalogue, 12, title="Turn %d" % turn)
    target = Scripted(lambda event: time.sleep(0.002), concurrency=8)
    assert sweep(catalogue, tsd=target) == {"delivered": 60}
    for number in range(12):
        assert target.of("d/%d" % number) == [1, 2, 3, 4, 5]


def test_sigterm_gives_back_what_was_not_sent(catalogue):  # noqa: F811
    register(catalogue, 20)
    came = []

    def leave():
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, lambda *args: came.append(args))
    try:
        target = Scripted(lambda event: time.sleep(0.05) or (len(target.tries) == 3 and leave()) or None)
        sweep(catalogue, tsd=target)
    finally:
        signal.signal(signal.SIGTERM, before)
    # the signal has its own effect behind it
    assert len(came) == 1
    found = values(catalogue, "state, lease_token IS NULL")
    assert set(found) == {("acknowledged", 1), ("pending", 1)} and 3 <= found.count(("acknowledged", 1)) < 6


def test_a_clock_that_was_set_back_keeps_nothing_waiting(catalogue):  # noqa: F811
    register(catalogue, 3)
    target = Scripted(lambda event: Answer(500))
    with clock(days=1):
        sweep(catalogue, tsd=target)
        pauses.pause("tsd", "status 401", delivery.utcnow() + datetime.timedelta(minutes=15))
        db.session.commit()
    # leased by a worker that was killed before the clock was set back
    with clock(days=1):
        (leased, *_) = claims.claim("tsd", 1, delivery.utcnow() + datetime.timedelta(hours=1))
        db.session.commit()
    target.answer = None
    register(catalogue, 1, title="New")
    sweep(catalogue, tsd=target)
    assert {state for (state,) in values(catalogue, "state")} == {"acknowledged"}


def test_an_event_written_while_the_clock_was_ahead_is_due(catalogue):  # noqa: F811
    register(catalogue, 1)
    db.session.execute(text("UPDATE secureb2share_event SET created = :t"), {"t": "2099-01-01 00:00:00.000000"})
    db.session.commit()
    assert sweep(catalogue, tsd=Scripted()) == {"delivered": 1}


def test_statements_of_a_drain(catalogue):  # noqa: F811
    register(catalogue, 200)
    seen = {"statements": 0, "commits": 0}

    def count(name):
        def note(*args):
            seen[name] += 1

        return note

    statements, commits = count("statements"), count("commits")
    listening.listen(db.engine, "before_cursor_execute", statements)
    listening.listen(db.engine, "commit", commits)
    try:
        assert sweep(catalogue, tsd=Scripted()) == {"delivered": 200}
    finally:
        listening.remove(db.engine, "before_cursor_execute", statements)
        listening.remove(db.engine, "commit", commits)
    # SQLite settles row by row; PostgreSQL in one statement, see test_claims.py
    assert seen["statements"] < 2 * 200 and seen["commits"] < 0.1 * 200, seen


def test_a_freeze_holds_for_a_sweep_that_is_running(catalogue, monkeypatch):  # noqa: F811
    monkeypatch.setattr(delivery, "POLL", 0.05)
    monkeypatch.setattr(stops, "KEPT", 0.05)
    register(catalogue, 60)
    target = Scripted(lambda event: time.sleep(0.05))
    real, frozen = delivery.Sweep.wait, []

    def wait(self, *given):
        if len(target.tries) >= 5 and not frozen:
            # as another process does it
            frozen.append(len(target.tries))
            db.session.add(stops.StopRow(what=stops.INCIDENT, since=compat.utcnow()))
            db.session.commit()
        return real(self, *given)

    monkeypatch.setattr(delivery.Sweep, "wait", wait)
    sweep(catalogue, tsd=target)
    # POLL, KEPT, and what was on its way
    assert frozen and len(target.tries) - frozen[0] <= 15, (frozen, len(target.tries))
    target.answer = None
    assert set(values(catalogue, "state, lease_token IS NULL")) == {("acknowledged", 1), ("pending", 1)}
    assert sweep(catalogue, tsd=target) == {}
    stops.end(stops.INCIDENT)
    db.session.commit()
    sweep(catalogue, tsd=target)
    assert {state for (state,) in values(catalogue, "state")} == {"acknowledged"} and len(target.effects) == 60


def test_a_sweep_asks_for_a_freeze_once_a_second(catalogue):  # noqa: F811
    register(catalogue, 60)
    seen = []

    def see(connection, cursor, statement, *more):
        seen.append(statement)

    listening.listen(db.engine, "before_cursor_execute", see)
    began = time.monotonic()
    try:
        sweep(catalogue, tsd=Scripted(lambda event: time.sleep(0.02)))
    finally:
        listening.remove(db.engine, "before_cursor_execute", see)
    assert 1 <= len([one for one in seen if "secureb2share_stop" in one]) <= 2 + (time.monotonic() - began)
