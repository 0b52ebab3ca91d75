"""The orders of an operator about deliveries, from the command line or from a page; the caller commits."""

import datetime
from typing import Iterable, List, NamedTuple, Optional, Tuple

from . import claims, pauses, store
from .models import Event, Pause

HELD, RESTING, PAUSED = "held", "resting", "paused"


class Retried(NamedTuple):
    """What a retry of everything for one target did."""

    target: str
    due: int  # events that are due now
    is_resumed: bool  # whether the target was paused or held before


def retry(target: str) -> Retried:
    """Make every event of a target due that is not delivered, with a full plan of attempts, and resume the target."""
    # the events first, as a sweep does: each locks what it changes
    count = store.retry_all([target])[target]
    return Retried(target, count, pauses.resume(target))


def retry_unless_held(target: str) -> Optional[Retried]:
    """As `retry`, but nothing is done, and None returned, where another operator holds the target."""
    row = pauses.of(target)
    if row is not None and kind(row) == HELD:
        return None
    count = store.retry_all([target])[target]
    # a hold that came meanwhile stays
    return Retried(target, count, pauses.end_pause(target))


def retry_every(targets: Iterable[str]) -> Tuple[List[Retried], List[str]]:
    """Retry everything for the targets (names) that are not held; ([Retried], names of the held ones)."""
    # a target that is held waits for its own decision
    held = {row.target for row in pauses.every() if row.until is None}
    free = sorted(set(targets) - held)
    counts = store.retry_all(free)
    return [Retried(name, counts[name], pauses.resume(name)) for name in free], sorted(held)


def hold(targets: Iterable[str], reason: str, now: datetime.datetime) -> List[str]:
    """Send nothing to these targets (names) until they are resumed; their names in order."""
    names = sorted(targets)
    for name in names:
        pauses.hold(name, reason[:200], now)
    return names


def resume(target: str, now: datetime.datetime) -> bool:
    """Send to a target again, and make due what waits because it was down; returns whether it was paused."""
    claims.wake(target, now)
    return pauses.resume(target)


def kind(pause: Pause) -> str:
    """HELD until an operator's word, RESTING for moments because it is down, or PAUSED until a trial succeeds."""
    if pause.failures:
        return RESTING
    return PAUSED if pause.until else HELD


def is_claimed(event: Event, now: datetime.datetime) -> bool:
    """Whether a worker has the event, or had it when it was killed."""
    return event.lease_until is not None and event.lease_until > now
