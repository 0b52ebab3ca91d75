"""Acts that wait until the open transaction is about to be committed, such as writing the event of what a user did.

RDM commits a record after its components have run, so that a component does not know which revision that makes.
"""

from typing import Callable

from invenio_db import db
from invenio_rdm_records.records.api import RDMRecord
from sqlalchemy import event

from ....datasets import curation
from ....datasets.models import DatasetRow
from ...host import Host

ACTS = "secureb2share_pending"  # in the session's own dict: what is to be called
MARKS = "secureb2share_savepoints"  # {savepoint: how many acts there were when it began}


def install() -> None:
    """Listen to transactions, once a process."""
    if not event.contains(db.session, "before_commit", _act_all):
        event.listen(db.session, "before_commit", _act_all)
        event.listen(db.session, "after_transaction_create", _mark)
        event.listen(db.session, "after_soft_rollback", _forget)
        event.listen(db.session, "after_transaction_end", _unmark)


def announce(host: Host, row: DatasetRow, record: RDMRecord) -> None:
    """Have the publication or change of a row's record announced right before the open transaction is committed."""
    before_commit(lambda: curation.accept_edit(host, row, record))


def before_commit(act: Callable[[], None]) -> None:
    """Have act() called right before the open transaction is committed, unless this savepoint is rolled back."""
    db.session.info.setdefault(ACTS, []).append(act)


def _act_all(session):
    if session.in_nested_transaction():
        return
    for act in session.info.pop(ACTS, ()):
        act()


def _mark(session, transaction):
    if transaction.nested:
        session.info.setdefault(MARKS, {})[transaction] = len(session.info.get(ACTS, ()))


def _forget(session, transaction):
    # the host rolls savepoints back in the midst of its work; what came before them stays
    del session.info.get(ACTS, [])[session.info.get(MARKS, {}).get(transaction, 0) :]


def _unmark(session, transaction):
    # a savepoint ends before its rollback is told
    if transaction.parent is None:
        session.info.pop(MARKS, None)
