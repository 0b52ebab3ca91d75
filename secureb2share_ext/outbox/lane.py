"""One target in one sweep: its connections, and the batch that is claimed for it."""

import datetime
import time
from concurrent import futures
from typing import Any, Dict, Optional

from flask import current_app
from invenio_db import db
from sqlalchemy.exc import SQLAlchemyError

from ..compat import utcnow
from ..errors import NoSigningKey
from . import claims, pauses, registrations, retry, sending, steps, suspects

BATCH = 200
POLL = 1  # seconds after which a target that had nothing is asked again while another is still busy


class Lane:
    """One target in one sweep."""

    def __init__(self, name: str, extension: Any, counts: Dict[str, int]) -> None:
        """extension: with targets, keyring and mark; counts: {outcome name: count}, which the lane adds to."""
        target = extension.targets[name]
        self.name, self.extension, self.counts = name, extension, counts
        # what registers keeps a journal, over connections of its own: its threads never see the session
        journal = (registrations.Journal(db.engine, name),) if target.registers else ()
        self.channels = [target.open(*journal) for _ in range(target.concurrency)]
        self.batch: Optional[sending.Batch] = None  # that is sent
        self._asked = 0.0  # when it had nothing to send
        self._trial: Optional[datetime.datetime] = None  # until when the batch is the one trial of a pause

    def is_ready(self) -> bool:
        """Whether a batch may be claimed."""
        return self.batch is None and time.monotonic() - self._asked >= POLL

    def claim(self, pause: Any, pool: futures.Executor) -> None:
        """Claim a batch, where something is due, and begin to send it; pause: its models.Pause, if any."""
        try:
            self.batch = self._claimed(pause)
        except SQLAlchemyError as error:
            # one target must not keep the others from being served
            db.session.rollback()
            current_app.logger.error("secureb2share.claim-failed target=%s %s", self.name, type(error).__name__)
        if self.batch is None:
            self._asked = time.monotonic()
        else:
            self.batch.start(pool, self.channels)

    def settle(self) -> None:
        """Write what became of the batch, which has come to its end; what was not sent is given back."""
        batch, self.batch = self.batch, None
        if batch is None:
            return
        sent, now = list(batch.sent), utcnow()
        for error in batch.errors():
            # what it had begun to send is free when its lease ends
            current_app.logger.error("secureb2share.sending-failed target=%s %s", self.name, type(error).__name__)
        try:
            settled = [sending.settled(one, self._trial is not None) for one in sent]
            suspected = {one.event.id: one.event.attempts for one in sent if suspects.is_one(one.answer, one.outcome)}
            if suspected:
                # with a full plan, as an operator gives it, the count begins anew
                before = claims.outcomes(number for number, attempts in suspected.items() if attempts)
                settled = suspects.counted(settled, {number: before.get(number, "") for number in suspected}, now)
            held = claims.settle(settled, batch.token)
            # also what an operator has given a full plan meanwhile
            claims.give_back(batch.unsent() | {one.event.id for one in sent} - held, batch.token)
            if suspected:
                self._park(suspects.to_look_at((one for one in settled if one.id in held), suspected))
            self._judge(batch, now)
            db.session.commit()
        except SQLAlchemyError as error:
            # the leases end, and what was sent is sent again; the other targets go on
            db.session.rollback()
            current_app.logger.error("secureb2share.settle-failed target=%s %s", self.name, type(error).__name__)
            return
        for one in sent:
            name = type(one.outcome).__name__.lower()
            self.counts[name if one.event.id in held else "lost"] += 1
            said = "secureb2share.delivery %s event=%s target=%s"
            current_app.logger.info(said, name, one.event.message_id, self.name)

    def stop(self) -> None:
        """Begin to send no further event."""
        if self.batch is not None:
            self.batch.stop()

    def close(self) -> None:
        """End the connections."""
        for channel in self.channels:
            channel.close()

    def _claimed(self, pause) -> Optional[sending.Batch]:
        """The Batch that is claimed, and committed, or None."""
        now = utcnow()
        if pause is not None and (pause.until is None or pause.until > now):
            return None
        self._trial = now + claims.LEASE if pause else None
        events = claims.claim(self.name, 1 if pause else BATCH, now, is_trial=pause is not None)
        if not events or (self._trial and not pauses.may_send(self.name, now, self._trial)):
            db.session.rollback()
            return None
        failures = pause.failures if pause else 0
        steps.commit(self.extension.mark, max(event.sequence for event in events))
        return sending.Batch(events, failures, self._sign())

    def _sign(self):
        """The function (message id, body) -> headers that signs with the key that is current now.

        Where there is no key, it raises NoSigningKey for each message, so that a target with a secret is still served.
        """
        try:
            return self.extension.keyring.signer()
        except NoSigningKey as error:
            return _refusing(error)
        finally:
            db.session.rollback()

    def _park(self, since):
        """Park the events of {id: since when they fail} that fail alone: others of their target passed meanwhile."""
        passed = claims.last_passed(self.name, min(since.values())) if since else None
        found = [number for number, moment in since.items() if passed is not None and moment <= passed]
        claims.park(found)
        for number in found:
            current_app.logger.error("secureb2share.parked-suspect event=%d target=%s", number, self.name)

    def _judge(self, batch, now):
        """Pause a target that takes nothing; of one that has come back, wake what waited for it."""
        down = batch.down()
        if down:
            fault = next((one.outcome for one in down if isinstance(one.outcome, retry.Pause)), None)
            if fault is not None:
                seconds, failures, reason = fault.seconds, 0, fault.reason
            else:
                # the longest time that one of its answers has named
                asked = max(retry.wish(one.answer.retry_after, now) for one in down)
                # where an operator has resumed the target meanwhile, the rests begin anew
                before = batch.failures if pauses.of(self.name) else 0
                seconds, failures = retry.rest(before, asked), before + 1
                reason = down[-1].outcome.reason
            pauses.pause(self.name, reason[:200], now + datetime.timedelta(seconds=seconds), failures)
        elif batch.sent and pauses.end_pause(self.name):
            # all in the transaction that ends the pause, as nothing else remembers it; no flood, because they come
            # behind what was never tried, and a batch ends with the first answer that says the target is down
            claims.wake(self.name, now)
        elif not batch.sent and self._trial is not None:
            pauses.give_back(self.name, self._trial, now)


def _refusing(error):
    def sign(message_id, body):
        raise error

    return sign
