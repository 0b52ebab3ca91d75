"""A clock that was set right while a sweep ran, so that this sweep ends by another clock than it began."""

import datetime

import pytest
from invenio_db import db
from memory import catalogue, described, made  # noqa: F401 (fixtures)
from sqlalchemy import text

from secureb2share_ext.compat import utcnow
from secureb2share_ext.outbox import delivery, pauses, steps
from secureb2share_ext.targets.answer import Answer

DAY = datetime.timedelta(days=1)


class Target:
    concurrency = 1
    registers = False
    last = None
    answer = Answer(500)

    def open(self):
        return self

    def send(self, event, sign):
        return self.answer

    def close(self):
        pass


@pytest.fixture
def target(catalogue, monkeypatch):  # noqa: F811
    found = Target()
    monkeypatch.setattr(catalogue.extension, "targets", {"tsd": found})
    return found


def test_a_sweep_that_ends_by_the_right_clock_hides_no_wait_of_the_wrong_one(catalogue, target):  # noqa: F811
    catalogue.send("register", "d/1", "tsd", dataset=described("A"))
    later = utcnow() + DAY
    # while the clock was ahead, a target was paused, an event failed, and a sweep ended
    pauses.pause("tsd", "status 401", later)
    db.session.execute(text("UPDATE secureb2share_event SET next_at = :t"), {"t": str(later)})
    steps.end(later)
    # by the right clock, a sweep ends that had begun before
    steps.end(utcnow())
    assert steps.finished() == later
    target.answer = Answer(200)
    assert delivery.sweep(catalogue.extension) == {"delivered": 1}
    assert steps.finished() <= utcnow() and pauses.every() == []
    db.session.rollback()
