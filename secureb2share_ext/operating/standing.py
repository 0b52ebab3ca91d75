"""The standing of targets and datasets, as an operator reads it. Pure."""

import datetime
from typing import Any, Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

# the filters of the list of deliveries, and the states of events that each shows
FILTERS: Tuple[Tuple[str, Tuple[str, ...]], ...] = (
    ("open", ("pending", "parked")),
    ("pending", ("pending",)),
    ("parked", ("parked",)),
    ("delivered", ("delivered",)),
    ("acknowledged", ("acknowledged",)),
    ("discarded", ("discarded",)),
    ("observed", ("observed",)),
)
OPEN = ("open", "pending", "parked")  # the filters under which something is still to be done

Paused = Dict[str, Tuple[str, Any]]  # {target: (kind of outbox.orders, models.Pause)}


class Target(NamedTuple):
    """One target: how it stands, and what waits for it."""

    name: str
    standing: str  # of words.TARGETS
    address: str
    reason: str  # why it is not sent to, in the words of its last answer or of an operator
    since: Optional[datetime.datetime]  # naive UTC, of a pause or hold, or of the oldest event that was tried in vain
    until: Optional[datetime.datetime]  # when it is tried next; None: only when somebody says so, or nothing waits
    failed: int  # while it rests, attempts that failed one after the other; else events that were tried in vain
    waiting: int
    parked: int
    delivered: int  # without a receipt
    orders: Tuple[str, ...]  # what an operator can order for it


def targets(
    configured: Dict[str, str],
    paused: Paused,
    counts: Dict[Tuple[str, str], int],
    waits: Dict[str, Tuple[int, int, datetime.datetime, datetime.datetime]],
    now: datetime.datetime,
) -> List[Target]:
    """[Target] in the order of their names, those with events that are configured no more among them.

    configured: {target: URL}; counts: {(target, state of events): number}; waits: {target: (pending events, those that
    were tried before, when the oldest was written, next attempt)}; now: naive UTC, as every time here.
    """
    found = []
    for name in sorted(set(configured).union(paused, waits, (target for target, _ in counts))):
        waiting, tried, oldest, next_at = waits.get(name, (0, 0, None, None))
        parked, delivered = (counts.get((name, state), 0) for state in ("parked", "delivered"))
        kind, row = paused.get(name, ("", None))
        if row is not None:
            told = (row.reason, row.since, row.until, row.failures)
        else:
            told = ("", oldest if tried else None, next_at, tried)
            kind = "sends" if next_at is None else "due" if next_at <= now or not tried else "failing"
        standing = kind if name in configured else "unknown"
        orders = _orders(standing, waiting + parked)
        where = address(configured.get(name, ""))
        found.append(Target(name, standing, where, *told, waiting, parked, delivered, orders))
    return found


def _orders(standing, unfinished):
    if standing == "unknown":
        return ()
    if standing == "held":
        return ("resume",)
    # trying everything ends a pause too, so that one of the two is enough
    if unfinished:
        return "retry-target", "hold"
    return ("resume", "hold") if standing in ("paused", "resting") else ("hold",)


def address(url: str) -> str:
    """The scheme, host and path of a target's URL: a query, a user and a password may be secret."""
    parts = urlsplit(url)
    return "%s://%s%s" % (parts.scheme, parts.netloc.rpartition("@")[2], parts.path) if parts.netloc else ""


def unsettled(found: List[Target], told: List[str]) -> List[Target]:
    """Those of [Target] that take nothing, or not everything; told: names of which a finding speaks already."""
    return [one for one in found if one.standing in ("resting", "failing", "paused") and one.name not in told]


def next_try(state: str, next_at: datetime.datetime, pause: Any, now: datetime.datetime) -> str:
    """When an event is tried next, of words.NEXT; "planned" where that is at `next_at`.

    state: of words.STATES; pause: the models.Pause of its target, if any.
    """
    if state in ("parked", "sending"):
        return state
    if pause is not None and (pause.until is None or pause.until > now):
        return "held" if pause.until is None else "paused"
    return "due" if next_at <= now else "planned"


def of_dataset(row: Any, review: str) -> str:
    """The state of a dataset (models.DatasetRow), of words.DATASETS; review: "held", "refused" or ""."""
    if row.pid is None and row.state == "active" and review:
        return review
    return row.state
