"""How do RDM's search index and DataCite come to know what this package wrote?

After the commit, durably: the transaction that writes a record notes it (wanted.py), and a sweep does what RDM's own
unit of work would have done. A cluster that is down costs no request anything; it is paused and asked again.
"""

import datetime
import time

from flask import current_app
from invenio_db import db
from invenio_rdm_records.proxies import current_rdm_records_service as service
from invenio_rdm_records.services.pids.tasks import register_or_update_pid
from invenio_search.engine import search
from sqlalchemy.exc import NoResultFound

from ...compat import utcnow
from ...datasets import store
from ...outbox import pauses
from .. import wanted

CLUSTER = "(search index)"  # its name among the paused targets
LEFT = ("withdrawn",)  # states of datasets that search does not find

BATCH = 50
LONGEST = 20  # seconds that one sweep goes on claiming
LEASE = datetime.timedelta(seconds=120)
PAUSE = datetime.timedelta(seconds=15)
PLAN = (10, 60, 300, 1800, 3600)  # seconds after the 1st, 2nd, ... refusal of one record; then the last, for ever
OF_RECORD = (400, 413)


def sweep():
    """Bring index and DOIs up to date; {"indexed" and "refused": count of records}. Never raises."""
    counts, end, size = {}, time.monotonic() + LONGEST, BATCH
    try:
        while size == BATCH and time.monotonic() < end:
            size = _batch(counts)
    except Exception:
        db.session.rollback()
        current_app.logger.exception("secureb2share.index-failed")
    return counts


def _batch(counts):
    """Claim, commit, send outside any transaction, record the outcome; how many records were dealt with."""
    now = utcnow()
    is_up = pauses.may_send(CLUSTER, now, now + LEASE)
    db.session.commit()
    token, attempts = wanted.claim(now, now + LEASE, BATCH if is_up else 0)
    left = list(attempts)
    while left:
        refused = None
        try:
            _bring(left[0])
            db.session.commit()
        except search.RequestError as error:
            db.session.rollback()
            if error.status_code not in OF_RECORD:
                return _pause(token, left, error)
            # the error's own words may repeat the record
            refused = "status %s" % error.status_code
        except Exception as error:
            db.session.rollback()
            return _pause(token, left, error)
        record_uuid = left.pop(0)
        if refused is None:
            wanted.finish(token, [record_uuid])
        else:
            wait = datetime.timedelta(seconds=PLAN[min(attempts[record_uuid], len(PLAN) - 1)])
            wanted.postpone(token, [record_uuid], utcnow() + wait, 1, refused)
            current_app.logger.error("secureb2share.index-refused record=%s", record_uuid)
        name = "indexed" if refused is None else "refused"
        counts[name] = counts.get(name, 0) + 1
    if attempts:
        pauses.resume(CLUSTER)
        db.session.commit()
    return len(attempts)


def _pause(token, left, error):
    # no record is to blame: they keep their attempts and are due when the cluster is asked again
    reason = type(error).__name__
    wanted.postpone(token, left, utcnow())
    pauses.pause(CLUSTER, reason[:200], utcnow() + PAUSE)
    db.session.commit()
    current_app.logger.warning("secureb2share.index-paused %s", reason)
    return 0


def _bring(record_uuid):
    try:
        record = service.record_cls.get_record(record_uuid)
    except NoResultFound:
        return
    siblings = list(service.record_cls.get_records_by_parent(record.parent, with_deleted=False))
    left = {row.record_uuid for row in store.by_records([one.id for one in siblings]) if row.state in LEFT}
    for one in siblings:
        # which version is the latest changes in all of them
        if one.id in left:
            _missing_is_fine(service.indexer.delete, one)
        else:
            _missing_is_fine(service.indexer.index, one)
    _without_draft(record)
    for scheme, pids, is_parent in (
        (s, r.pids, p) for r, p in ((record, False), (record.parent, True)) for s in r.pids
    ):
        if pids[scheme].get("provider"):
            register_or_update_pid.delay(record["id"], scheme, parent=is_parent)


def before_deletion(record):
    """Index a record that RDM is about to take out of its index: it fails where no sweep has put it there yet."""
    _missing_is_fine(service.indexer.index, record)


def _without_draft(record):
    """Take the draft that was published out of the index of drafts."""
    try:
        draft = service.draft_cls.get_record(record.id, with_deleted=True)
    except NoResultFound:
        return
    if draft.is_deleted:
        _missing_is_fine(service.draft_indexer.delete, draft)


def _missing_is_fine(act, record):
    try:
        act(record)
    except (search.NotFoundError, search.ConflictError):
        # there is none, as a deletion wants it, or a newer copy
        pass
