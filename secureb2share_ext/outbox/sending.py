"""The sending of a batch to one target, in threads of its own that never see the database."""

import collections
import datetime
import random
import time
from concurrent import futures
from typing import Any, Callable, Iterable, List, NamedTuple, Optional, Set, Tuple

from ..compat import utcnow
from . import receipt, retry
from .claims import Claimed, Settled
from .models import WOKEN

BATCH_TIME = 20  # seconds after which no further event of a batch is begun

Sign = Callable[[str, bytes], Any]  # (message id, body) -> headers


class Sent(NamedTuple):
    """An event, the answer to it, and the decision."""

    event: Claimed
    answer: Any  # targets.answer.Answer
    outcome: retry.Outcome
    at: datetime.datetime
    receipt: Tuple[Optional[str], bool]  # from receipt.read


class Batch:
    """The events of one claim, on their way to a target."""

    def __init__(self, events: List[Claimed], failures: int, sign: Sign) -> None:
        """failures: of trials of the target, one after the other, before this batch; sign: with the current key."""
        self.events = events
        self.token = events[0].token
        self.failures = failures
        self.sent: List[Sent] = []
        self._sign = sign
        self._waiting = collections.deque(events)
        self._is_over = False  # no lock, so that a signal may set it
        self._end = 0.0
        self._threads: List[Any] = []

    def start(self, pool: futures.Executor, channels: Iterable[Any]) -> None:
        """Send over these channels (targets.webhook.Channel) side by side."""
        self._end = time.monotonic() + BATCH_TIME
        for channel in channels:
            # one by one, so that those are known which run when no further thread can be started
            self._threads.append(pool.submit(self._send, channel))

    def stop(self) -> None:
        """Begin no further event; what is being sent goes on."""
        self._is_over = True

    @property
    def threads(self) -> List[Any]:
        """The futures that are not done."""
        return [thread for thread in self._threads if not thread.done()]

    def unsent(self) -> Set[int]:
        """Ids of the events that nobody began to send."""
        return {event.id for event in list(self._waiting)}

    def errors(self) -> List[BaseException]:
        """The errors that ended a thread."""
        return [error for error in (thread.exception() for thread in self._threads if thread.done()) if error]

    def down(self) -> List[Sent]:
        """What says that the target itself takes nothing now: answers of that kind, or failures and nothing else."""
        found = [one for one in self.sent if _is_down(one.outcome)]
        failed = [one for one in self.sent if getattr(one.outcome, "wakes", False)]
        return found or (failed if failed and len(failed) == len(self.sent) else [])

    def _send(self, channel):
        while not self._is_over and time.monotonic() < self._end:
            try:
                event = self._waiting.popleft()
            except IndexError:
                return
            before, channel.last = channel.last, event
            answer = channel.send(event, self._sign)
            kept = receipt.read(answer.body, event.body)
            if before is not None and not kept[1] and receipt.read(answer.body, before.body)[1]:
                # the answer to the event before it, given twice: this one's own comes over a new connection
                channel.close()
                answer = channel.send(event, self._sign)
                kept = receipt.read(answer.body, event.body)
            now = utcnow()
            # before its time it can fail as often as its target is down
            attempts = 0 if event.is_early else event.attempts
            outcome = retry.decide(answer, attempts, now, random.random())
            self.sent.append(Sent(event, answer, outcome, now, kept))
            if _is_down(outcome):
                # the others would only wait as long, or count an attempt for nothing
                self._is_over = True


def _is_down(outcome):
    return isinstance(outcome, retry.Pause) or getattr(outcome, "is_down", False)


def settled(sent: Sent, is_trial: bool = False) -> Settled:
    """The row of an event after an attempt; a failure is for the attempts that the event had when it was claimed.

    is_trial: whether the target was paused, so that a failure says little about the event.
    """
    found = _settled(sent, is_trial)
    return found if isinstance(sent.outcome, retry.Delivered) else found._replace(before=sent.event.attempts)


def _settled(sent, is_trial):
    event, outcome = sent.event, sent.outcome
    if isinstance(outcome, retry.Delivered):
        kept, acknowledged = sent.receipt
        state = "acknowledged" if acknowledged else "delivered"
        said = "status %d" % (sent.answer.status or 0)
        return Settled(event.id, state, event.attempts + 1, event.next_at, False, said, sent.at, kept)
    reason = outcome.reason[:200]
    if isinstance(outcome, retry.Pause):
        # the target is at fault, and the message keeps its attempts and its time; what is due goes behind what was
        # never tried, or one message that alone gets this answer would be the trial each time
        is_waiting = event.next_at > sent.at
        return Settled(event.id, "pending", event.attempts, event.next_at if is_waiting else WOKEN, is_waiting, reason)
    if isinstance(outcome, retry.Park):
        return Settled(event.id, "parked", event.attempts + 1, event.next_at, False, reason)
    if event.is_early and event.next_at != WOKEN:
        # a trial before its time, which may have come meanwhile: the plan stays as it was
        return Settled(event.id, "pending", event.attempts, event.next_at, True, reason)
    if event.is_early:
        # woken for nothing: it waits as after its last failure, and is not woken again before that but after a trial
        seconds = retry.wait(max(event.attempts - 1, 0), random.random())
        later = sent.at + datetime.timedelta(seconds=max(seconds, outcome.seconds))
        return Settled(event.id, "pending", event.attempts, later, is_trial and outcome.wakes, reason)
    next_at = sent.at + datetime.timedelta(seconds=outcome.seconds)
    return Settled(event.id, "pending", event.attempts + 1, next_at, outcome.wakes, reason)
