"""The suspects: events that may be at fault themselves where their target says that it is.

A kind of target whose status does not tell which of the two it is (targets.answer.SUSPECT) has its failures counted in
the words of the outcome, such as "status 500, 3 times since 2026-01-31T10:00:00Z". An event that gets the same answer
TIMES times, one after the other, while its target takes other events, is parked: it would fail for days.
No other kind of target costs a statement here.
"""

import datetime
import re
from typing import Any, Container, Dict, Iterable, List, NamedTuple, Optional

from . import retry

TIMES = 4  # by retry.PLAN, half an hour behind the first failure
FORM = "%s, %d times since %sZ"
_SAID = re.compile(r"(.*), ([0-9]{1,9}) times since ([0-9T:-]{19})Z\Z", flags=re.S)


class Count(NamedTuple):
    """The number of times that an event got the same answer, one after the other, and since when (naive UTC)."""

    reason: str
    times: int
    since: datetime.datetime

    def __str__(self) -> str:
        return FORM % (self.reason[:100], self.times, self.since.isoformat(timespec="seconds"))


def is_one(answer: Any, outcome: Any) -> bool:
    """Whether an answer leaves open who is at fault, and is to be tried again."""
    return answer.meaning == "suspect" and isinstance(outcome, retry.Retry)


def after(outcome: str, reason: str, now: datetime.datetime) -> Count:
    """The Count after one more answer of this reason; outcome: the words of the attempt before."""
    before = read(outcome)
    if before is None or before.reason != reason[:100]:
        return Count(reason[:100], 1, now)
    return Count(before.reason, before.times + 1, before.since)


def read(outcome: str) -> Optional[Count]:
    """The Count that stands in the words of an outcome, or None."""
    found = _SAID.match(outcome)
    if found is None:
        return None
    try:
        since = datetime.datetime.strptime(found.group(3), "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return None
    return Count(found.group(1), int(found.group(2)), since)


def counted(settled: Iterable[Any], before: Dict[int, str], now: datetime.datetime) -> List[Any]:
    """The claims.Settled with the count in the words of those that are suspected; before: {id: outcome} of these."""
    return [
        one._replace(outcome=str(after(before[one.id], one.outcome, now))) if one.id in before else one
        for one in settled
    ]


def to_look_at(settled: Iterable[Any], suspected: Container[int]) -> Dict[int, datetime.datetime]:
    """{id: moment behind its first failure} of those that failed often enough to be parked where others passed."""
    found = {one.id: read(one.outcome) for one in settled if one.id in suspected}
    # the words name whole seconds
    second = datetime.timedelta(seconds=1)
    return {
        number: count.since + second for number, count in found.items() if count is not None and count.times >= TIMES
    }
