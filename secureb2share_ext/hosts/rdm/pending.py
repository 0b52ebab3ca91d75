"""When is the event of what a user does written? In the transaction, once RDM has written the record's last revision.

RDM commits a record behind its components, and which revision that makes is its own affair.
"""

from invenio_db import db
from sqlalchemy import event

from ...datasets import publication

KEY = "secureb2share_pending"  # in the session's own dict


def install():
    """Listen to commits, once a process."""
    if not event.contains(db.session, "before_commit", _act_all):
        event.listen(db.session, "before_commit", _act_all)
        event.listen(db.session, "after_rollback", _forget)


def announce(host, row, record):
    """Have the publication or change of a row's record announced right before the open transaction is committed."""

    def act():
        # gone where a savepoint was rolled back
        if row in db.session:
            publication.published(host, row, record)

    before_commit(act)


def before_commit(act):
    """Have act() called right before the open transaction is committed."""
    db.session.info.setdefault(KEY, []).append(act)


def _act_all(session):
    if session.in_nested_transaction():
        return
    for act in session.info.pop(KEY, ()):
        act()


def _forget(session):
    session.info.pop(KEY, None)
