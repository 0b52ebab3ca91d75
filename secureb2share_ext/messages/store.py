"""Accepted messages and their answers: the only SQL that touches their table."""

import json

from invenio_db import db

from .models import AcceptedMessage


def answered(source, message_id):
    """The row of an accepted message, or None."""
    return db.session.query(AcceptedMessage).filter_by(source=source, message_id=message_id).one_or_none()


def known(pairs):
    """Those of the pairs (source, message id) that were accepted, as set."""
    found = set()
    for source in {source for source, _ in pairs}:
        wanted = [message_id for other, message_id in pairs if other == source]
        query = db.session.query(AcceptedMessage.message_id).filter_by(source=source)
        found.update((source, one) for (one,) in query.filter(AcceptedMessage.message_id.in_(wanted)))
    return found


def keep_answer(message, status, answer):
    """Remember the answer (dict) of an accepted message, in the transaction of its effect; flushed."""
    add_answer(message, status, answer)
    db.session.flush()


def add_answer(message, status, answer):
    """The same, to be flushed by the caller."""
    db.session.add(
        AcceptedMessage(
            source=message.source,
            message_id=message.id,
            digest=message.digest,
            status=status,
            answer=json.dumps(answer),
        )
    )
