"""Accepted messages and their answers: the only SQL that touches their table."""

import datetime
import json
from typing import Any, Collection, Dict, List, NamedTuple, Optional, Set, Tuple

from invenio_db import db

from .message import Message
from .models import AcceptedMessage


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
    query = db.session.query(
        AcceptedMessage.source, AcceptedMessage.key, AcceptedMessage.accepted, AcceptedMessage.answer
    )
    found: Dict[Tuple[str, Optional[str]], Done] = {}
    for source, key, accepted, answer in query.filter(AcceptedMessage.accepted >= moment):
        said = json.loads(answer)
        word = said["result"]
        if word == "changed" and said["state"] != "active":
            word = said["state"]
        done = found.get((source, key)) or Done({}, accepted, accepted)
        done.counts[word] = done.counts.get(word, 0) + 1
        found[source, key] = Done(done.counts, min(done.first, accepted), max(done.last, accepted))
    return found
