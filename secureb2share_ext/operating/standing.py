"""The standing of targets and datasets, as an operator reads it. Pure."""

import datetime
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

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


class Target(NamedTuple):
    """One target: how it stands, and what waits for it."""

    name: str
    standing: str  # of words.TARGETS
    reason: str  # why it is not sent to, in the words of its last answer or of an operator
    since: Optional[datetime.datetime]  # naive UTC, of a pause or hold
    until: Optional[datetime.datetime]  # when it is tried again
    waiting: int
    parked: int
    delivered: int  # without a receipt


def targets(
    configured: Iterable[str], paused: Dict[str, Tuple[str, Any]], counts: Dict[Tuple[str, str], int]
) -> List[Target]:
    """[Target] in the order of their names, those with events that are configured no more among them.

    paused: {target: (kind of outbox.orders, models.Pause)}; counts: {(target, state of events): number}.
    """
    known = set(configured)
    found = []
    for name in sorted(known.union(paused, (target for target, _ in counts))):
        kind, row = paused.get(name, ("sends" if name in known else "unknown", None))
        numbers = [counts.get((name, state), 0) for state in ("pending", "parked", "delivered")]
        told = (row.reason, row.since, row.until) if row is not None else ("", None, None)
        found.append(Target(name, kind if name in known else "unknown", *told, *numbers))
    return found


def of_dataset(row: Any, review: str) -> str:
    """The state of a dataset (models.DatasetRow), of words.DATASETS; review: "held", "refused" or ""."""
    if row.pid is None and row.state == "active" and review:
        return review
    return row.state
