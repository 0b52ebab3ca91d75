"""What a source sends in a day, counted, so that the sum of its messages has a limit too.

The counter is written at the end of a transaction, so that other messages of the source wait for it only while this one
is committed. A process that met the limit refuses what follows before anything is done for it.
"""

import datetime
from typing import Any, Dict, NamedTuple, Optional, Tuple

from ..compat import utcnow
from ..errors import QuotaOfDay
from ..proxies import current
from . import store
from .message import Message
from .sources import Source

# what makes less public, or only acknowledges, is counted and never refused: an incident must not wait for midnight
FREE_STATES = ("suspended", "withdrawn")
NO_REVISION = ("decision", "receipt")
REST = " This message goes beyond it, and nothing of it was stored; send it again after midnight (UTC)."
SAID = {
    "bytes_a_day": "The source %s may send %d bytes a day." + REST,
    "revisions_a_day": "The source %s may make %d revisions a day." + REST,
}


class Sent(NamedTuple):
    """What a source sent in a day, or a part of it."""

    size: int  # bytes of bodies
    revisions: int

    def __add__(self, other: Any) -> "Sent":
        return Sent(self.size + other.size, self.revisions + other.revisions)


def over(source: Source, sent: Sent) -> Optional[str]:
    """The name of the setting of the source by which this is too much for a day, or None. Pure."""
    for name, number in (("bytes_a_day", sent.size), ("revisions_a_day", sent.revisions)):
        most = getattr(source, name)
        if most is not None and number > most:
            return name
    return None


class Met:
    """What one process has seen of the counters that were full; they only grow, so that it holds for the day."""

    def __init__(self) -> None:
        self._seen: Dict[str, Tuple[datetime.date, Sent]] = {}  # by source

    def note(self, source: str, day: datetime.date, sent: Sent) -> None:
        """Note what a source has sent."""
        self._seen[source] = (day, sent)

    def check(self, source: Source, message: Message) -> None:
        """Raise QuotaOfDay where this message would be too much, if it changes something; no statement is made."""
        if self.may_be_full(source) and not is_free(message):
            sent = Sent(message.size, int(message.action not in NO_REVISION))
            _refuse_over(source, self._seen[source.name][1] + sent, utcnow())

    def may_be_full(self, source: Source) -> bool:
        """Whether a message of the source was refused today, so that each has to be looked at alone."""
        return source.name in self._seen and self._seen[source.name][0] == utcnow().date()


class Tally:
    """What the messages of one transaction are, by source, until `settle` writes it."""

    def __init__(self) -> None:
        self._sent: Dict[str, Tuple[Source, Sent, bool]] = {}

    def add(self, source: Source, message: Message, result: str) -> None:
        """Count a message that takes effect in this transaction; result: as in its answer."""
        if source.bytes_a_day is None and source.revisions_a_day is None:
            return
        is_revision = result != "unchanged" and message.action not in NO_REVISION
        _, sent, only_free = self._sent.get(source.name, (source, Sent(0, 0), True))
        sent += Sent(message.size, int(is_revision))
        self._sent[source.name] = (source, sent, only_free and is_free(message))

    def settle(self) -> None:
        """Write the counts, by one statement a source, just before the commit; raises QuotaOfDay."""
        now = utcnow()
        for name in sorted(self._sent):
            source, sent, only_free = self._sent[name]
            most = (None, None) if only_free else (source.bytes_a_day, source.revisions_a_day)
            if store.add_sent(name, now.date(), sent, most):
                continue
            before = store.sent_on(name, now.date())
            if not only_free:
                if before is not None:
                    current().quotas.note(name, now.date(), Sent(*before))
                _refuse_over(source, Sent(*(before or (0, 0))) + sent, now)
            # the first of the day; where another was faster, the message is tried again
            store.begin_day(name, now.date(), sent)
        self._sent = {}


def is_free(message: Message) -> bool:
    """Whether a message is counted and never refused. Pure."""
    return message.action == "receipt" or message.members.get("state") in FREE_STATES


def _refuse_over(source, sent, now):
    name = over(source, sent)
    if name is not None:
        midnight = datetime.datetime.combine(now.date(), datetime.time()) + datetime.timedelta(days=1)
        seconds = int((midnight - now).total_seconds()) + 1
        raise QuotaOfDay(seconds, SAID[name] % (source.name, getattr(source, name)))
