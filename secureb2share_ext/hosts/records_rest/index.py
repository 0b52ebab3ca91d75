"""How does a record of ours get into the search index, and out of it?

After the commit, durably: the transaction that changes a record notes it (wanted.py), and a sweep brings the index up
to date. A cluster that is down costs no request anything; it is paused and asked again, like a target of events.
"""

import datetime
import time

from flask import current_app
from invenio_db import db
from invenio_search import current_search_client
from invenio_search.engine import search

from ...compat import utcnow
from ...outbox import pauses
from .. import wanted
from . import document

CLUSTER = "(search index)"  # its name among the paused targets

BATCH = 500
LONGEST = 20  # seconds that one sweep goes on claiming
LEASE = datetime.timedelta(seconds=120)
PAUSE = datetime.timedelta(seconds=15)
PLAN = (10, 60, 300, 1800, 3600)  # seconds after the 1st, 2nd, ... refusal of one record; then the last, for ever
OF_RECORD = (400, 413)


class Unusable(Exception):
    """The cluster is there, but takes nothing now; the message says why."""


def sweep(host):
    """Bring the index up to date; {"indexed" and "refused": count of records}. Never raises."""
    counts, end, size = {}, time.monotonic() + LONGEST, BATCH
    try:
        while host.indexers and size == BATCH and time.monotonic() < end:
            size = _batch(host, counts)
    except Exception:
        db.session.rollback()
        current_app.logger.exception("secureb2share.index-failed")
    return counts


def _batch(host, counts):
    """Claim, commit, send outside any transaction, record the outcome; how many records were dealt with."""
    now = utcnow()
    is_up = pauses.may_send(CLUSTER, now, now + LEASE)
    db.session.commit()
    token, attempts = wanted.claim(now, now + LEASE, BATCH if is_up else 0)
    if not attempts:
        return 0
    actions, refused = document.actions(host, list(attempts))
    db.session.commit()
    try:
        refused.update(_send(actions))
    except Exception as error:
        # no record is to blame: they keep their attempts and are due when the cluster is asked again
        wanted.postpone(token, list(attempts), now)
        reason = str(error) if isinstance(error, Unusable) else type(error).__name__
        pauses.pause(CLUSTER, reason[:200], utcnow() + PAUSE)
        db.session.commit()
        current_app.logger.warning("secureb2share.index-paused %s", reason)
        return 0
    wanted.finish(token, [record_uuid for record_uuid in attempts if str(record_uuid) not in refused])
    for record_uuid, failed in attempts.items():
        if str(record_uuid) in refused:
            wait = datetime.timedelta(seconds=PLAN[min(failed, len(PLAN) - 1)])
            wanted.postpone(token, [record_uuid], utcnow() + wait, 1, refused[str(record_uuid)])
            current_app.logger.error("secureb2share.index-refused record=%s", record_uuid)
    pauses.resume(CLUSTER)
    db.session.commit()
    for name, number in (("indexed", len(attempts) - len(refused)), ("refused", len(refused))):
        counts[name] = counts.get(name, 0) + number
    return len(attempts)


def _send(actions):
    """{str(record_uuid): why the index refused it}; raises when the cluster cannot be used."""
    for name in sorted({action["_index"] for action in actions}):
        # a bulk request would make it, without its mapping
        if not current_search_client.indices.exists(index=name):
            raise Unusable("no index %s: run `invenio index init`" % name)
    seconds = current_app.config["INDEXER_BULK_REQUEST_TIMEOUT"]
    answers = search.helpers.streaming_bulk(
        current_search_client, actions, raise_on_error=False, request_timeout=seconds, chunk_size=BATCH
    )
    refused = {}
    for is_done, answer in answers:
        ((operation, said),) = answer.items()
        # 409: there is a newer copy; 404: there is none, as a deletion wants it
        if is_done or said["status"] == 409 or (operation == "delete" and said["status"] == 404):
            continue
        error = said.get("error")
        # the error's own words may repeat the record
        reason = "status %s %s" % (said["status"], error.get("type") if isinstance(error, dict) else "")
        if said["status"] not in OF_RECORD:
            raise Unusable(reason)
        refused[said["_id"]] = reason.strip()[:200]
    return refused
