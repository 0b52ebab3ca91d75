"""The delivery of events to their targets.

A sweep claims a batch for each target, commits, sends the batches side by side outside any transaction, and records
exactly one outcome for each event. While one batch of a target is sent, the next one is claimed already. A worker that
is killed between two of these steps leaves leases that run out, and the same bytes are sent again under the same id.
"""

import collections
import contextlib
import datetime
import time
from concurrent import futures
from typing import Any, Dict, List, Optional

from flask import current_app
from invenio_db import db
from sqlalchemy.exc import SQLAlchemyError

from .. import instance
from ..compat import utcnow
from ..errors import MarkNotWritten, NoSigningKey, Restored
from . import claims, leaving, pauses, retry, sending, steps

BATCH = 50
LONGEST = 60  # seconds that one sweep goes on claiming
POLL = 1  # seconds after which a target that had nothing is asked again while another is still busy
WAKES = 20  # events that each one wakes which arrives after its target has come back
GRACE = 5  # seconds that a worker which has to leave waits for answers
STOPPED = datetime.timedelta(minutes=10)  # with no sweep for so long, a worker may have been killed at any step


def sweep(extension: Any) -> Dict[str, int]:
    """Send the events that are due; returns {outcome name: count}.

    extension: with targets ({name: target}), keyring and mark. A copy of an instance, and a database that came back
    from a backup, send nothing: every target is held.
    """
    one = Sweep(extension)
    doubts = instance.doubts(extension)
    if doubts:
        current_app.logger.error("secureb2share.held reason=instance")
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


class Lane:
    """One target in one sweep: its connections, and the batches that are claimed."""

    def __init__(self, name: str, target: Any) -> None:
        self.name = name
        self.channels = [target.open() for _ in range(target.concurrency)]
        self.batches: List[sending.Batch] = []  # the one that is sent, and the next
        self.asked = 0.0  # when it had nothing to send
        self.is_waking = False  # whether it has come back, and events may still wait for that

    def takes(self, now: float) -> bool:
        """Whether a batch may be claimed: the first one, or one more while a whole one is sent."""
        if not self.batches:
            return now - self.asked >= POLL
        return len(self.batches) == 1 and self.batches[0].may_be_followed

    def next(self, pool: futures.Executor) -> None:
        """Begin to send the batch that comes first now."""
        if self.batches:
            self.batches[0].start(pool, self.channels)

    def close(self) -> None:
        for channel in self.channels:
            channel.close()


class Sweep:
    """One run over all targets."""

    def __init__(self, extension: Any) -> None:
        self.extension = extension
        self.lanes = [Lane(name, target) for name, target in sorted(extension.targets.items())]
        self.counts: Dict[str, int] = collections.Counter()

    def run(self, is_leaving: Any) -> None:
        """Claim, send and settle until nothing is due or the time is over; raises Restored and MarkNotWritten."""
        end = time.monotonic() + LONGEST
        size = sum(len(lane.channels) for lane in self.lanes)
        has_sent = False
        self.bound_waits(steps.begin(self.extension.mark))
        try:
            with _pool(size) as pool:
                while True:
                    if not is_leaving() and time.monotonic() < end:
                        self.start(pool)
                    running = [lane for lane in self.lanes if lane.batches]
                    if not running:
                        break
                    has_sent = True
                    self.wait(running, pool, is_leaving)
                if has_sent:
                    steps.rest(self.extension.mark)
        finally:
            self.stop()
            db.session.rollback()
            for lane in self.lanes:
                lane.close()

    def stop(self) -> None:
        """Begin to send no further event."""
        for lane in self.lanes:
            for batch in lane.batches:
                batch.stop()

    def bound_waits(self, ended):
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

    def start(self, pool):
        """Claim a batch for each target that takes one; the next one is claimed while the first is sent."""
        now = time.monotonic()
        ready = [lane for lane in self.lanes if lane.takes(now)]
        paused = self.paused() if ready else {}
        for lane in ready:
            batch = None
            try:
                batch = self.claim(lane, paused.get(lane.name))
            except SQLAlchemyError as error:
                # one target must not keep the others from being served
                db.session.rollback()
                current_app.logger.error("secureb2share.claim-failed target=%s %s", lane.name, type(error).__name__)
            if lane.batches:
                lane.batches[0].may_be_followed = False
            elif batch is None:
                lane.asked = now
            if batch is not None:
                lane.batches.append(batch)
                if len(lane.batches) == 1:
                    lane.next(pool)

    def paused(self):
        """{target: models.Pause} of the targets that are paused or held."""
        found = {row.target: row for row in pauses.every()}
        for row in found.values():
            # another worker may end the pause before it is looked at
            db.session.expunge(row)
        db.session.rollback()
        return found

    def claim(self, lane, pause) -> Optional[sending.Batch]:
        """The Batch that is claimed for a target, and committed, or None; pause: its models.Pause, if any."""
        now = utcnow()
        if pause is not None and (pause.until is None or pause.until > now):
            return None
        if pause is not None and lane.batches:
            return None
        events = claims.claim(lane.name, 1 if pause else BATCH, now, is_trial=pause is not None)
        if not events or (pause and not pauses.may_send(lane.name, now, now + claims.LEASE)):
            db.session.rollback()
            return None
        failures = pause.failures if pause else 0
        steps.commit(self.extension.mark, max(event.sequence for event in events))
        return sending.Batch(events, failures, self.sign(), may_be_followed=len(events) == BATCH)

    def sign(self):
        """The function (message id, body) -> headers that signs with the key that is current now.

        Where there is no key, it raises NoSigningKey for each message, so that a target with a secret is still served.
        """
        try:
            return self.extension.keyring.signer()
        except NoSigningKey as error:
            return _refusing(error)
        finally:
            db.session.rollback()

    def wait(self, running: List[Lane], pool: futures.Executor, is_leaving: Any) -> None:
        """Settle each batch that has come to its end; the next one of its target is sent meanwhile."""
        first = [lane.batches[0] for lane in running]
        threads = [thread for batch in first for thread in batch.threads]
        futures.wait(threads, timeout=POLL, return_when=futures.FIRST_COMPLETED)
        if is_leaving():
            self.stop()
            futures.wait(threads, timeout=GRACE)
        for lane, batch in zip(running, first):
            if is_leaving() or not batch.threads:
                lane.batches.remove(batch)
                ended = [batch]
                if lane.batches and (is_leaving() or batch.down() or lane.name in self.paused()):
                    ended += lane.batches
                    lane.batches = []
                lane.next(pool)
                for one in ended:
                    self.settle(lane, one)

    def settle(self, lane, batch):
        """Write what became of a batch; what was not sent is given back."""
        sent, now = list(batch.sent), utcnow()
        for error in batch.errors():
            # what it had begun to send is free when its lease ends
            current_app.logger.error("secureb2share.sending-failed target=%s %s", lane.name, type(error).__name__)
        try:
            held = claims.settle([sending.settled(one) for one in sent], batch.token)
            claims.give_back(batch.unsent(), batch.token)
            self.judge_target(lane, batch, now)
            db.session.commit()
        except SQLAlchemyError as error:
            # the leases end, and what was sent is sent again; the other targets go on
            db.session.rollback()
            current_app.logger.error("secureb2share.settle-failed target=%s %s", lane.name, type(error).__name__)
            return
        for one in sent:
            name = type(one.outcome).__name__.lower()
            self.counts[name if one.event.id in held else "lost"] += 1
            said = "secureb2share.delivery %s event=%s target=%s"
            current_app.logger.info(said, name, one.event.message_id, lane.name)

    def judge_target(self, lane, batch, now):
        """Pause a target that takes nothing; of one that has come back, wake what waited for it."""
        down = batch.down()
        if down:
            fault = next((one.outcome for one in down if isinstance(one.outcome, retry.Pause)), None)
            if fault is not None:
                seconds, failures, reason = fault.seconds, 0, fault.reason
            else:
                # the longest time that one of its answers has named
                asked = max(retry.wish(one.answer.retry_after, now) for one in down)
                seconds, failures = retry.rest(batch.failures, asked), batch.failures + 1
                reason = down[-1].outcome.reason
            pauses.pause(lane.name, reason[:200], now + datetime.timedelta(seconds=seconds), failures)
            lane.is_waking = False
            return
        if batch.sent and pauses.end_pause(lane.name):
            lane.is_waking = True
        if batch.sent and lane.is_waking:
            # in steps that grow: a target that has come back is not flooded
            delivered = sum(isinstance(one.outcome, retry.Delivered) for one in batch.sent)
            lane.is_waking = claims.wake(lane.name, WAKES * max(delivered, 1), now) > 0


@contextlib.contextmanager
def _pool(size):
    pool = futures.ThreadPoolExecutor(max_workers=max(size, 1))
    try:
        yield pool
    finally:
        # an attempt ends by itself, see targets/connection.py
        pool.shutdown(wait=False)


def _refusing(error):
    def sign(message_id, body):
        raise error

    return sign
