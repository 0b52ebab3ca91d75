"""The DOIs of records: DataCite is told what a record says now.

B2SHARE's own view tells it after a user's edit; what a source, a state or a new version changes is told by the sweep:
after the commit, durably, and at no request's cost. Only where DOIs are real: not with FAKE_DOI.
"""

import datetime
from typing import Any, Dict, Optional

from b2share.modules.records.minters import make_record_url
from b2share.modules.records.serializers import datacite_v44
from datacite import DataCiteMDSClient
from flask import current_app
from invenio_db import db
from invenio_pidstore.models import PersistentIdentifier
from invenio_pidstore.providers.datacite import DataCiteProvider

from ...datasets import store
from .. import index_queue, index_sweep
from . import records

BATCH = 20
TIMEOUT = 10  # seconds for each of DataCite's answers
LEASE = datetime.timedelta(seconds=600)
PLAN = (60, 300, 1800, 3600, 21600)  # seconds after the 1st, 2nd, ... failure of one record; then the last, for ever


def is_real(config: Dict[str, Any]) -> bool:
    """Whether DOIs are minted at DataCite, by B2SHARE's own keys."""
    return not (config.get("TESTING") or config.get("FAKE_DOI"))


def want(record: Any) -> None:
    """Note, in the open transaction, that DataCite has to hear of this record."""
    if is_real(current_app.config) and of(record):
        index_queue.want(record.id)


def sweep() -> Dict[str, int]:
    """Tell DataCite of what changed; {"described" and "refused": count of records}. Never raises."""
    return index_sweep.sweep(_tell_each, BATCH, done="described", lease=LEASE, plan=PLAN)


def _tell_each(uuids):
    for record_uuid in uuids:
        yield {record_uuid: _told(record_uuid)}


def _told(record_uuid):
    """None when DataCite has the record's metadata as they are, or there is nothing to tell; else the kind of error."""
    row = store.by_record(record_uuid)
    record = records.get(row) if row is not None else None
    if row is None or record is None:
        return None
    try:
        pid = PersistentIdentifier.get("doi", of(record))
        with records.canonical():
            _provider(pid).update(make_record_url(row.pid), datacite_v44.serialize(pid, record))
        db.session.commit()
    except Exception as error:
        db.session.rollback()
        current_app.logger.error("secureb2share.doi-refused pid=%s %s", row.pid, type(error).__name__)
        return type(error).__name__
    return None


def of(record: Any) -> Optional[str]:
    """The DOI of a record, or None."""
    return next((pid["value"] for pid in record.get("_pid") or [] if pid.get("type") == "DOI"), None)


def _provider(pid):
    keys = ("username", "password", "url")
    settings = {key: current_app.config.get("PIDSTORE_DATACITE_" + key.upper()) for key in keys}
    settings["prefix"] = current_app.config.get("PIDSTORE_DATACITE_DOI_PREFIX")
    test_mode = current_app.config.get("PIDSTORE_DATACITE_TESTMODE", False)
    return DataCiteProvider(pid, client=DataCiteMDSClient(test_mode=test_mode, timeout=TIMEOUT, **settings))
