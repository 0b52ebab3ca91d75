"""The deletion of a legacy record's files, once the secure side has confirmed them.

The rows are deleted in one transaction, which notes the bytes that are still to be erased; then the bytes are erased. A
run that ended in between is repeated, and erases the rest.
"""

import json
from typing import Dict

from flask import current_app
from invenio_db import db

from .. import stops
from ..compat import utcnow
from ..errors import NotAccepted
from . import export, manifest, store
from .holder import Holder


def purge(holder: Holder, communities: Dict[str, str], pid: str) -> str:
    """Delete the files of a PID; returns "purged". Commits twice. communities: {source: name}. Raises a Problem."""
    holder.check()
    # bytes that are erased do not come back with a rollback
    stops.must_be_writable()
    row = store.lock(pid)
    state = row.state if row is not None else "legacy"
    if state not in ("confirmed", "purging", "purged"):
        raise NotAccepted(
            "%s is %s: only what the secure side has confirmed is deleted." % (pid, state), code="not-confirmed"
        )
    if state == "confirmed":
        _drop(holder, communities, row)
    if row.state == "purging":
        _erase(holder, pid)
    former = next(iter(holder.formers(pid)), None)
    if former is not None:
        # again where a run ended before it
        holder.reindex(former)
    return "purged"


def _drop(holder, communities, row):
    buckets = export.buckets(holder, row)
    pairs = [(content, export.look(holder, content)) for content in holder.content(buckets)]
    if manifest.digest_of(manifest.build(row, communities[row.source], pairs)) != row.digest:
        raise NotAccepted(
            "The files of %s are not the confirmed ones any more: restore them from the export, or export them into"
            " another folder and have that export confirmed." % row.pid,
            code="changed",
        )
    places = holder.drop(row.pid, buckets)
    row.state, row.places = "purging", json.dumps(places)
    current_app.logger.info("secureb2share.legacy-dropped pid=%s to_erase=%d", row.pid, len(places))
    db.session.commit()


def _erase(holder, pid):
    row = store.lock(pid)
    for place in json.loads(row.places or "[]"):
        holder.erase(place)
    row.state, row.places, row.purged_at = "purged", None, utcnow()
    current_app.logger.info("secureb2share.legacy-purged pid=%s", pid)
    db.session.commit()
