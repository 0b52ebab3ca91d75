"""Freezing a legacy record, which puts its files out of everybody's reach, and thawing it."""

import json

from flask import current_app
from invenio_db import db
from sqlalchemy.exc import IntegrityError

from ..errors import NotAccepted, UnknownDataset
from . import store
from .holder import Holder

THAWABLE = ("frozen", "exported", "confirmed")


def freeze(holder: Holder, pid: str) -> str:
    """Close the files of a PID and commit; returns "frozen", or the state that the PID has already."""
    holder.check()
    row, former = store.lock(pid), _former(holder, pid)
    if row is None:
        if former is None:
            raise UnknownDataset("%s is no legacy record of a configured source." % pid)
        if not former.files:
            raise NotAccepted("%s has no files, so there is nothing to move out." % pid, code="no-files")
        try:
            row = store.add(former, holder.close(former))
        except IntegrityError:
            raise NotAccepted("%s is being frozen by somebody else." % pid)
        current_app.logger.info("secureb2share.legacy-frozen pid=%s files=%d", pid, former.files)
    state = row.state
    db.session.commit()
    if former is not None:
        # after the commit, and again where a run ended between the two
        holder.reindex(former)
    return state


def thaw(holder: Holder, pid: str) -> str:
    """Give the files of a PID back to whoever could read them before, and commit; returns "legacy"."""
    holder.check()
    row, former = store.lock(pid), _former(holder, pid)
    if row is None or row.state not in THAWABLE:
        state = "legacy" if row is None else row.state
        raise NotAccepted("%s is %s, and not frozen." % (pid, state), code="not-frozen")
    holder.reopen(json.loads(row.closed))
    store.remove(row)
    current_app.logger.info("secureb2share.legacy-thawed pid=%s", pid)
    db.session.commit()
    if former is not None:
        holder.reindex(former)
    return "legacy"


def _former(holder, pid):
    return next(iter(holder.formers(pid)), None)
