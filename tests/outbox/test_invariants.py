"""The invariants of secureb2share_ext/outbox/__init__.py, held by any order of changes, sweeps, kills and clocks."""

import contextlib
import datetime
import os

import hypothesis
import pytest
from hypothesis import strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from invenio_db import db
from memory import described
from scripted import Scripted
from served import new_database
from sqlalchemy import text

from secureb2share_ext import compat
from secureb2share_ext.outbox import claims, delivery, lane, pauses, sending, steps, store
from secureb2share_ext.outbox.mark import Mark
from secureb2share_ext.targets.answer import Answer
from secureb2share_ext.testing.catalogue import Catalogue

ANSWERS = {
    "receipt": None,
    "accepted": Answer(202),
    "dropped": Answer(error="RemoteDisconnected"),
    "late": Answer(error="timeout"),
    "busy": Answer(429, retry_after="30"),
    "failing": Answer(500),
    "refusing": Answer(401),
    "parking": Answer(422),
}
POINTS = {
    "claim": (claims, "claim", True),
    "mark": (Mark, "write", True),
    "commit": (steps, "commit", True),
    "settle": (claims, "settle", True),
    "outcome": (steps, "rest", False),
    "end": (steps, "end", False),
}
LONG = 3 * 86400


class Killed(BaseException):
    """A worker's end, after which none of its code runs."""


class Outbox(RuleBasedStateMachine):
    """Three datasets, one target, and two workers, of which one stops at each step."""

    catalogue = None

    def __init__(self):
        super().__init__()
        self.catalogue.clear()
        self.target = Scripted()
        self.catalogue.extension.targets = dict(self.catalogue.extension.targets, tsd=self.target)
        self.ahead = datetime.timedelta()
        self.changes = 0
        self.held = []  # batches of the other worker: (events, when claimed, the answer once they are sent)
        self.parked = set()  # ids that may arrive late
        self.real = {module: module.utcnow for module in (delivery, lane, sending)}
        for module in self.real:
            module.utcnow = self.now

    def teardown(self):
        try:
            self.everything_arrives()
        finally:
            for module, function in self.real.items():
                module.utcnow = function
            db.session.rollback()

    def now(self):
        return compat.utcnow() + self.ahead

    @rule(dataset=strategies.integers(0, 2))
    def change(self, dataset):
        self.changes += 1
        self.catalogue.send("register", "d/%d" % dataset, dataset=described("Title %d" % self.changes))

    @rule(answer=strategies.sampled_from(sorted(ANSWERS)), takes=strategies.booleans())
    def sweep(self, answer, takes):
        said = ANSWERS[answer]

        def decide(event):
            if said is not None and takes and said.status is None:
                # the effect, and an answer that is lost
                self.target.take(event)
            return said

        self.target.answer = decide
        delivery.sweep(self.catalogue.extension)
        self.note_parked()

    @rule(point=strategies.sampled_from(sorted(POINTS)))
    def sweep_and_be_killed(self, point):
        self.target.answer = None
        where, name, after = POINTS[point]
        function = getattr(where, name)

        def die(*args, **kwargs):
            if after:
                function(*args, **kwargs)
            raise Killed

        setattr(where, name, die)
        try:
            with contextlib.suppress(Killed):
                delivery.sweep(self.catalogue.extension)
        finally:
            setattr(where, name, function)
            db.session.rollback()

    @rule(size=strategies.integers(1, 5))
    def another_worker_claims(self, size):
        events = claims.claim("tsd", size, self.now())
        if events:
            steps.commit(self.catalogue.extension.mark, max(event.sequence for event in events))
            self.held.append((events, self.now(), None))
        db.session.rollback()

    @rule(takes=strategies.booleans(), answer=strategies.sampled_from(sorted(ANSWERS)))
    def another_worker_sends(self, takes, answer):
        if not self.held or self.held[0][2] is not None:
            return
        events, claimed, _ = self.held[0]
        said = ANSWERS[answer] or Answer(202)
        if self.now() - claimed >= claims.LEASE:
            # its connections end before its lease, see targets/connection.py
            said = ANSWERS["late"]
        elif takes or said.status == 202:
            for event in events:
                self.target.take(event)
        self.held[0] = (events, claimed, said)

    @rule()
    def another_worker_ends(self):
        if not self.held:
            return
        events, _, said = self.held.pop(0)
        said = said or ANSWERS["late"]
        outcomes = []
        for event in events:
            outcome = sending.retry.decide(said, event.attempts, self.now(), 0)
            outcomes.append(sending.settled(sending.Sent(event, said, outcome, self.now(), (None, False))))
        claims.settle(outcomes, events[0].token)
        db.session.commit()
        self.note_parked()

    @rule(seconds=strategies.sampled_from([1, 10, 200, 1000, 8000, LONG]))
    def time_passes(self, seconds):
        self.ahead += datetime.timedelta(seconds=seconds)

    @rule()
    def the_clock_is_set_back(self):
        # leases of the other worker end later by the clock than they do
        self.held = []
        self.ahead -= datetime.timedelta(days=1)

    @rule()
    def operator_holds(self):
        pauses.hold("tsd", "They move house.", self.now())
        db.session.commit()

    @rule()
    def operator_resumes_and_retries(self):
        pauses.resume("tsd")
        store.retry_all(["tsd"])
        db.session.commit()

    def note_parked(self):
        self.parked |= {row[0] for row in self.rows("message_id", "state = 'parked'")}

    def rows(self, columns, condition="1 = 1"):
        query = "SELECT %s FROM secureb2share_event WHERE target = 'tsd' AND %s ORDER BY id" % (columns, condition)
        found = [tuple(row) for row in db.session.execute(text(query))]
        db.session.rollback()
        return found

    @invariant()
    def arrived_in_order(self):
        late = {body for name, body in self.target.bodies.items() if name in self.parked}
        late_effects = {(identifier, s) for body in late for identifier, s in [named(body)]}
        for dataset in range(3):
            name = "d/%d" % dataset
            found = [s for s in self.target.of(name) if (name, s) not in late_effects]
            assert found == sorted(found), (name, found)

    @invariant()
    def no_lease_without_a_token(self):
        assert self.rows("id", "(lease_token IS NULL) != (lease_until IS NULL) AND state = 'pending'") == []

    def everything_arrives(self):
        self.operator_resumes_and_retries()
        self.target.answer = None
        self.held = []
        for _ in range(self.changes + 3):
            self.ahead += datetime.timedelta(days=2)
            delivery.sweep(self.catalogue.extension)
        assert {row[0] for row in self.rows("state")} <= {"acknowledged", "delivered"}
        assert set(self.target.bodies) == {row[0] for row in self.rows("message_id")}
        self.arrived_in_order()


def named(body):
    data = sending.receipt.json.loads(body.decode())["data"]
    return data["identifier"], data["sequence"]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_any_order_of_steps_loses_and_doubles_nothing(database):
    if database == "postgresql" and not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"):
        pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
    with contextlib.ExitStack() as stack:
        settings = {}
        if database == "postgresql":
            settings["SQLALCHEMY_DATABASE_URI"] = stack.enter_context(new_database())
        Outbox.catalogue = stack.enter_context(Catalogue(**settings))
        profile = hypothesis.settings(
            max_examples=25 if database == "sqlite" else 10,
            stateful_step_count=25,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        run_state_machine_as_test(Outbox, settings=profile)
