"""Accepted messages, their answers, and how much a source sent in a day: the only SQL that touches their tables."""

import datetime
import json
from typing import Any, Collection, Dict, List, NamedTuple, Optional, Set, Tuple

from invenio_db import db

from .message import Message
from .models import AcceptedMessage, SentInDay

DID = {"transfer": "transferred", "decision": "decided", "receipt": "acknowledged"}


class Done(NamedTuple):
    """What one key of a source did: how many messages ended in which way, and from when to when (naive UTC)."""

    counts: Dict[str, int]
    first: datetime.datetime
    last: datetime.datetime


def answered(source: str, message_id: str) -> Optional[AcceptedMessage]:
    """The row of an accepted message, or None."""
    return db.session.query(AcceptedMessage).filter_by(source=source, message_id=message_id).one_or_none()


def known(pairs: Collection[Tuple[str, str]]) -> Set[Tuple[str, str]]:
    """Those of the pairs (source, message id) that were accepted, as set."""
    found: Set[Tuple[str, str]] = set()
    for source in {source for source, _ in pairs}:
        wanted = [message_id for other, message_id in pairs if other == source]
        query = db.session.query(AcceptedMessage.message_id).filter_by(source=source)
        found.update((source, message_id) for (message_id,) in query.filter(AcceptedMessage.message_id.in_(wanted)))
    return found


def keep_answer(message: Message, status: int, answer: Dict[str, Any], key: Optional[str]) -> None:
    """Remember the answer of an accepted message, in the transaction of its effect; flushed. key: as in the model."""
    add_answer(message, status, answer, key)
    db.session.flush()


def add_answer(message: Message, status: int, answer: Dict[str, Any], key: Optional[str]) -> None:
    """Add the answer of an accepted message to the open transaction; the caller flushes it. key: as in the model."""
    db.session.add(
        AcceptedMessage(
            source=message.source,
            message_id=message.id,
            action=message.action,
            digest=message.digest,
            status=status,
            answer=json.dumps(answer),
            key=key,
        )
    )


def accepted_since(source: str, moment: datetime.datetime, key: Optional[str] = None) -> List[AcceptedMessage]:
    """The messages of a source that were accepted since a moment (naive UTC), the oldest first; key: of this one."""
    query = db.session.query(AcceptedMessage).filter_by(source=source, **({} if key is None else {"key": key}))
    return query.filter(AcceptedMessage.accepted >= moment).order_by(AcceptedMessage.id).all()


def done_since(moment: datetime.datetime) -> Dict[Tuple[str, Optional[str]], Done]:
    """{(source, fingerprint of the key, None for a token): Done} of what was accepted since a moment (naive UTC)."""
    found: Dict[Tuple[str, Optional[str]], Done] = {}
    for row in db.session.query(AcceptedMessage).filter(AcceptedMessage.accepted >= moment):
        word = done_by(row)
        done = found.get((row.source, row.key)) or Done({}, row.accepted, row.accepted)
        done.counts[word] = done.counts.get(word, 0) + 1
        found[row.source, row.key] = Done(done.counts, min(done.first, row.accepted), max(done.last, row.accepted))
    return found


def done_by(row: AcceptedMessage) -> str:
    """What an accepted message did, in a word: "created", "suspended", "transferred"."""
    said = json.loads(row.answer)
    if row.action == "register" or said["result"] == "unchanged":
        return said["result"]
    return said["state"] if row.action == "state" else DID[row.action]


def add_sent(source: str, day: datetime.date, sent: Tuple[int, int], most: Tuple[Optional[int], Optional[int]]) -> bool:
    """Add (bytes, revisions) to what a source sent on a day, unless that is more than `most` of them (None: any).

    Returns whether it was done; it is not where the source has sent nothing yet. Until the transaction ends, others of
    the source wait here.
    """
    query = db.session.query(SentInDay).filter_by(source=source, day=day)
    changed = {}
    for column, number, limit in zip((SentInDay.size, SentInDay.revisions), sent, most):
        changed[column] = column + number
        if limit is not None:
            query = query.filter(column <= limit - number)
    return bool(query.update(changed, synchronize_session=False))


def sent_on(source: str, day: datetime.date) -> Optional[Tuple[int, int]]:
    """(bytes, revisions) that a source sent on a day, or None where it sent nothing."""
    query = db.session.query(SentInDay.size, SentInDay.revisions).filter_by(source=source, day=day)
    found = query.one_or_none()
    return None if found is None else (found[0], found[1])


def begin_day(source: str, day: datetime.date, sent: Tuple[int, int]) -> None:
    """Write the first (bytes, revisions) that a source sent on a day, and forget the days before it; flushed."""
    db.session.query(SentInDay).filter(SentInDay.source == source, SentInDay.day < day).delete(
        synchronize_session=False
    )
    db.session.add(SentInDay(source=source, day=day, size=sent[0], revisions=sent[1]))
    db.session.flush()
