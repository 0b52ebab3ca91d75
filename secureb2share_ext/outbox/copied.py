"""The outbox of a copied database: what the original would send is discarded, and every target is held."""

import datetime
from typing import Iterable

from invenio_db import db

from . import pauses, steps
from .models import Event, Sweep

OF_THE_ORIGINAL = "this database is a copy; the original sends the event"
HELD = "this database is a copy; look at the target's address, then resume"


def sever(targets: Iterable[str], now: datetime.datetime) -> int:
    """Discard every event that is not settled, hold the targets (names), begin the mark anew; the number discarded.

    The caller commits.
    """
    waiting = db.session.query(Event).filter(Event.state.in_(("pending", "parked", "delivered")))
    values = {"state": "discarded", "finished": now, "outcome": OF_THE_ORIGINAL}
    count = waiting.update(dict(values, lease_token=None, lease_until=None), synchronize_session=False)
    for target in sorted(targets):
        pauses.hold(target, HELD, now)
    # the folder of the mark is new and empty
    db.session.query(Sweep).filter_by(name=steps.SWEEP).update({"mark": 0}, synchronize_session=False)
    return count
