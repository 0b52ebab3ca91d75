"""What does the catalogue say of a dataset, to everybody and to its source?"""

import json

from ..access import decisions
from ..outbox import store as outbox


def of_row(host, row):
    """What the record page says too: state, PID, links, counts of applications. JSON-ready dict."""
    record = host.record(row)
    said = {
        "source": row.source,
        "identifier": row.identifier,
        "pid": row.pid,
        "state": row.state,
        "revision": host.revision(record)[0] if record is not None else None,
        "digest": row.digest,
        "record_url": host.record_url(row),
        "access_url": host.access_url(row.pid),
        "requests": decisions.counts(row),
    }
    said.update((name, getattr(row, name)) for name in ("reason", "state_at", "successor") if getattr(row, name))
    return said


def for_source(host, row):
    """The same with what only the source learns: its tenant, and what became of each event."""
    events = [
        {
            "id": e.message_id,
            "target": e.target,
            "sequence": e.sequence,
            "state": e.state,
            "receipt": json.loads(e.receipt or "null"),
        }
        for e in outbox.of_dataset(row.id)
    ]
    return dict(of_row(host, row), tenant=row.tenant, origin=row.origin, receipts=events)


def line(host, row):
    """One entry of a source's list, by which it compares its own state."""
    record = host.record(row)
    return {
        "identifier": row.identifier,
        "pid": row.pid,
        "revision": host.revision(record)[0] if record is not None else None,
        "digest": row.digest,
        "state": row.state,
    }
