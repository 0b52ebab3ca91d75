"""The outbox of a copied database: what the original would send is discarded, and every target is held.

What the original has registered (in a REMS) is not the copy's: its links stay closed until it registers itself.
"""

import datetime
from typing import Iterable

from invenio_db import db

from . import pauses, registrations, steps, store
from .models import SweepRow

OF_THE_ORIGINAL = "this database is a copy; the original sends the event"
HELD = "this database is a copy; look at the target's address, then resume"


def sever(targets: Iterable[str], now: datetime.datetime) -> int:
    """Discard every event that is not settled, hold the targets (names), begin the mark anew; the number discarded.

    The caller commits.
    """
    count = store.discard_all(now, OF_THE_ORIGINAL)
    for target in sorted(targets):
        pauses.hold(target, HELD, now)
    registrations.forget_all()
    # the folder of the mark is new and empty
    db.session.query(SweepRow).filter_by(name=steps.SWEEP).update({"mark": 0}, synchronize_session=False)
    return count
