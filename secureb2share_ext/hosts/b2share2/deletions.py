"""Deletions on B2SHARE: a second factor is asked for before its view, which empties its search index before any signal.

What was taken from that index would be missing, and B2SHARE could delete the record no more, though nothing else had
changed.
"""

from typing import Any, Dict, Optional

from b2share.modules.deposit.permissions import DeleteDepositPermission
from b2share.modules.records.permissions import DeleteRecordPermission
from flask import request
from flask_login import current_user
from invenio_db import db
from invenio_pidstore.models import PersistentIdentifier
from invenio_records.models import RecordMetadata

from ...datasets import store
from ...proxies import active
from ...sign_in import gate
from . import communities

RECORD, DRAFT = "b2share_records_rest.b2rec_item", "b2share_deposit_rest.b2dep_item"


def before_view() -> None:
    """Raise NotStrong where somebody who may delete a record or draft of a source is not strong enough for it."""
    if request.method != "DELETE" or request.endpoint not in (RECORD, DRAFT):
        return
    extension = active() if current_user.is_authenticated else None
    if extension is None:
        return
    value = (request.view_args or {}).get("pid_value")
    pid: str = getattr(value, "value", value) or ""
    is_published = store.by_pid(pid) is not None
    if request.endpoint == RECORD:
        if is_published and DeleteRecordPermission(None).can():
            gate.must_be_strong("erase")
        return
    draft = _draft(pid)
    if draft is None or not DeleteDepositPermission(draft).can():
        return
    source = communities.source_of(extension.sources, draft)
    if is_published:
        gate.must_be_strong("erase")
    elif source is not None and source.name in extension.host.reviewed_sources():
        # what is submitted is for others to decide, and whoever submits need not be known to the provider
        gate.must_be_strong("curate")


def _draft(pid: str) -> Optional[Dict[str, Any]]:
    """The metadata of the draft with this PID, or of the deposit that stays behind a record; None for nothing."""
    query = db.session.query(RecordMetadata.json).join(
        PersistentIdentifier, PersistentIdentifier.object_uuid == RecordMetadata.id
    )
    found = query.filter(PersistentIdentifier.pid_value == pid, PersistentIdentifier.pid_type == "b2dep").first()
    return found[0] if found else None
