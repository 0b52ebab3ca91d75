"""The receipt by which the secure side says that it has the files of a legacy record.

It is an envelope (Standard Webhooks, signed with a key of the record's source) with the body {"action":
"legacy-receipt", "catalogue", "source", "identifier": "pid:<PID>", "issued", "manifest": SHA-256 hex of the manifest}.
The manifest names each file's own SHA-256, so that one digest stands for all bytes; a receipt that is sent again, or an
old one, has no other effect.
"""

from typing import Dict, Iterable, NamedTuple

from flask import current_app
from invenio_db import db

from ..client import TOLERANCE, from_utc
from ..compat import utcnow
from ..dataset import CATALOGUE_PREFIX
from ..descriptions import schema, strict_json
from ..errors import Invalid, NotAccepted, UnknownDataset
from ..messages import envelope, message, senders, sources
from . import store

ACTION = "legacy-receipt"
SHAPE = schema.Strict(
    {
        "type": "object",
        "properties": {
            "action": message.TEXT,
            "catalogue": message.TEXT,
            "source": message.TEXT,
            "identifier": {"type": "string", "pattern": "^%s." % CATALOGUE_PREFIX, "maxLength": 255},
            "issued": message.TEXT,
            "manifest": message.DIGEST,
        },
        "required": ["action", "catalogue", "source", "identifier", "issued", "manifest"],
        "additionalProperties": False,
    }
)


class Receipt(NamedTuple):
    """A receipt whose signature and form were checked."""

    id: str  # of the message
    source: str
    pid: str
    digest: str  # of the manifest


def read(all_sources: Dict[str, sources.Source], given: bytes, names: Iterable[str]) -> Receipt:
    """The Receipt in `given` (bytes, one envelope); raises Invalid, NotSigned, OtherCatalogue, UnknownDataset.

    all_sources: {name: Source}; names: as in message.read. A key that is limited to tenants signs for no legacy record:
    these have no tenant.
    """
    found = envelope.read(given, (ACTION,))
    source = all_sources.get(found.source)
    tolerance = source.file_age if source is not None else TOLERANCE
    sender = senders.authenticate(all_sources, found.source, found.headers, found.body, tolerance)
    said = strict_json.parse(found.body)
    message.must_be_ours(said, names)
    faults = schema.schema_faults(SHAPE, said)
    if not faults and _is_ahead(said["issued"]):
        faults.append(("issued", "is not a UTC time such as 2026-01-31T12:00:00Z, or lies in the future"))
    if faults:
        raise Invalid(faults)
    if not sender.may_touch(None):
        raise UnknownDataset()
    return Receipt(str(sender.message_id), found.source, found.identifier[len(CATALOGUE_PREFIX) :], said["manifest"])


def _is_ahead(issued):
    try:
        return from_utc(issued) > utcnow() + message.MAX_AHEAD
    except ValueError:
        return True


def confirm(receipt: Receipt) -> str:
    """Note that the secure side has the files of a Receipt, and commit; returns the new state. Raises a Problem."""
    row = store.lock(receipt.pid)
    if row is None or row.source != receipt.source:
        raise UnknownDataset("%s is no frozen legacy record of the source %s." % (receipt.pid, receipt.source))
    if row.digest is None:
        raise NotAccepted("%s was not exported yet." % receipt.pid, code="not-exported")
    if row.digest != receipt.digest:
        raise NotAccepted(
            "The receipt is for another manifest than the one of the last export of %s." % receipt.pid,
            code="manifest-differs",
        )
    if row.state == "exported":
        row.state, row.receipt_id, row.confirmed_at = "confirmed", receipt.id, utcnow()
        current_app.logger.info("secureb2share.legacy-confirmed pid=%s receipt=%s", row.pid, receipt.id)
    state = row.state
    db.session.commit()
    return state
