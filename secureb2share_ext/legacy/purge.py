"""How are the files of a legacy record deleted, once the secure side has confirmed them?

The rows go in one transaction, which notes whose bytes are still to be erased; then the bytes. A run that ended in
between is repeated, and erases the rest.
"""

import json

from flask import current_app
from invenio_db import db

from ..compat import utcnow
from ..errors import NotAccepted
from . import export, manifest, store


def purge(holder, communities, pid):
    """Delete the files of a PID; "purged". Commits twice. communities: {source: name}. Raises a Problem."""
    holder.check()
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
            "The files of %s are not those that were confirmed any more: mend them from what was exported, or export"
            " them into another folder and have that confirmed." % row.pid,
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
