"""The delivery of events to their targets.

A sweep claims a batch for each target, commits, sends the batches side by side outside any transaction, and records
exactly one outcome for each event. A worker that is killed between two of these steps leaves leases that run out, and
the same bytes are sent again under the same id.
"""

import collections
import contextlib
import datetime
import time
from concurrent import futures
from typing import Any, Dict, List, Optional

from flask import current_app
from invenio_db import db

from .. import instance, stops
from ..compat import utcnow
from ..errors import MarkNotWritten, Restored
from . import claims, leaving, pauses, steps
from .lane import POLL, Lane
from .models import Pause

# seconds that one sweep goes on claiming, if beat does not start the next one earlier: sweeps that wait for a worker
# would keep it from the host's own tasks
LONGEST = 60
GRACE = 5  # seconds that a worker which has to leave waits for answers
STOPPED = datetime.timedelta(minutes=10)  # with no sweep for so long, a worker may have been killed at any step


def sweep(extension: Any) -> Dict[str, int]:
    """Send the events that are due; returns {outcome name: count}.

    extension: with targets ({name: target}), keyring and mark. A copy of an instance, and a database that came back
    from a backup, send nothing: every target is held. In an incident nothing is sent either.
    """
    one = Sweep(extension)
    is_copy = bool(instance.doubts(extension))
    if is_copy or stops.is_frozen():
        current_app.logger.error("secureb2share.held reason=%s", "instance" if is_copy else "incident")
        steps.end(utcnow())
        return {}
    try:
        try:
            with leaving.noticed(one.stop) as is_leaving:
                one.run(is_leaving)
        except Restored as error:
            steps.restored(extension.targets, extension.mark, utcnow(), str(error))
            current_app.logger.error("secureb2share.database-restored targets=%s", ",".join(sorted(extension.targets)))
    except MarkNotWritten:
        current_app.logger.error("secureb2share.held reason=mark")
    steps.end(utcnow())
    return dict(one.counts)


class Sweep:
    """One run over all targets."""

    def __init__(self, extension: Any) -> None:
        self.extension = extension
        self.counts: Dict[str, int] = collections.Counter()
        self.lanes = [Lane(name, extension, self.counts) for name in sorted(extension.targets)]

    def run(self, is_leaving: Any) -> None:
        """Claim, send and settle until nothing is due or the time is over; raises Restored and MarkNotWritten."""
        size = sum(len(lane.channels) for lane in self.lanes)
        has_sent, is_frozen, failed = False, False, None
        self.bound_waits(steps.begin(self.extension.mark))
        try:
            with _pool(size) as pool:
                end = time.monotonic() + min(LONGEST, current_app.config["SECUREB2SHARE_SWEEP_INTERVAL"])
                while True:
                    if not failed and not is_frozen and not is_leaving():
                        try:
                            is_frozen = self.is_frozen()
                            if not is_frozen and time.monotonic() < end:
                                self.start(pool)
                        except Exception as error:
                            # what is on its way for the others is settled first, or it would be sent again
                            failed = error
                            db.session.rollback()
                            self.stop()
                    running = [lane for lane in self.lanes if lane.batch]
                    if not running:
                        break
                    has_sent = True
                    self.wait(running, is_leaving)
                if failed:
                    raise failed
                if has_sent:
                    steps.rest(self.extension.mark)
        finally:
            self.stop()
            db.session.rollback()
            for lane in self.lanes:
                lane.close()

    def is_frozen(self) -> bool:
        """Whether an incident began meanwhile, which ends the sending; the database is asked once a second."""
        is_frozen = stops.is_frozen()
        # while it waits for answers, a sweep has no transaction open
        db.session.rollback()
        if is_frozen:
            current_app.logger.error("secureb2share.held reason=incident")
            self.stop()
        return is_frozen

    def stop(self) -> None:
        """Begin to send no further event."""
        for lane in self.lanes:
            lane.stop()

    def bound_waits(self, ended: Optional[datetime.datetime]) -> None:
        """Shorten waits that nobody asked for: the clock ran ahead when they were written.

        ended: when the last sweep ended, naive UTC, or None.
        """
        now = utcnow()
        went_back = ended is not None and ended > now + steps.AHEAD
        if went_back:
            current_app.logger.warning("secureb2share.clock-went-back")
        longest = datetime.timedelta() if went_back else claims.LONGEST_WAIT
        if self.lanes and (ended is None or went_back or ended < now - STOPPED):
            claims.bound_waits([lane.name for lane in self.lanes], now, longest)
            pauses.bound(now, longest)
            db.session.commit()
        if went_back:
            steps.end(now, went_back=True)

    def start(self, pool: futures.ThreadPoolExecutor) -> None:
        """Claim a batch for each target that has none on its way, and begin to send it."""
        ready = [lane for lane in self.lanes if lane.is_ready()]
        paused = self.paused() if ready else {}
        for lane in ready:
            lane.claim(paused.get(lane.name), pool)

    def paused(self) -> Dict[str, Pause]:
        """{target: models.Pause} of the targets that are paused or held."""
        found = {row.target: row for row in pauses.every()}
        for row in found.values():
            # another worker may end the pause before it is looked at
            db.session.expunge(row)
        db.session.rollback()
        return found

    def wait(self, running: List[Lane], is_leaving: Any) -> None:
        """Settle each batch that has come to its end."""
        batches = [lane.batch for lane in running if lane.batch]
        threads = [thread for batch in batches for thread in batch.threads]
        futures.wait(threads, timeout=POLL, return_when=futures.FIRST_COMPLETED)
        if is_leaving():
            self.stop()
            futures.wait(threads, timeout=GRACE)
        for lane, batch in zip(running, batches):
            if is_leaving() or not batch.threads:
                lane.settle()


@contextlib.contextmanager
def _pool(size):
    pool = futures.ThreadPoolExecutor(max_workers=max(size, 1))
    try:
        yield pool
    finally:
        # an attempt ends by itself, see targets/connection.py
        pool.shutdown(wait=False)
