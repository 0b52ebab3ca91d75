"""The answers of the catalogue about a dataset, to everybody and to its source."""

import json
from typing import Any, Dict, List

from ..datasets import applications, store
from ..datasets.models import DatasetRow
from ..datasets.outcome import Outcome
from ..outbox import store as outbox
from ..proxies import Host


def of_row(host: Host, row: DatasetRow) -> Dict[str, Any]:
    """The public answer, ready for JSON: state, PID, links and counts of applications, as on the record page."""
    return _said(host, row, _revision(host, row), applications.counts(row))


def of_outcome(host: Host, outcome: Outcome) -> Dict[str, Any]:
    """The answer to a message: the public answer, and the result of the message."""
    row, revision = outcome.row, outcome.revision
    # a new record has no applications, and what was just written is not read again
    counts = applications.none() if outcome.status == 201 else applications.counts(row)
    said = _said(host, row, _revision(host, row) if revision is None else revision, counts)
    return dict(said, result=outcome.result)


def _said(host, row, revision, counts):
    said = {
        "source": row.source,
        "identifier": row.identifier,
        "pid": row.pid,
        "state": row.state,
        "revision": revision,
        "digest": row.digest,
        "record_url": host.record_url(row) if row.pid else None,
        "access_url": host.access_url(row.pid) if row.pid else None,
        "requests": counts,
    }
    output = ("reason", "state_at", "successor", "replaced_by")
    said.update((name, getattr(row, name)) for name in output if getattr(row, name))
    return said


def for_source(host: Host, row: DatasetRow) -> Dict[str, Any]:
    """The answer to the source: the public one, with its tenant, the held description and the state of each event."""
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
    said = dict(of_row(host, row), tenant=row.tenant, origin=row.origin, receipts=events)
    held = store.held(row.id)
    if held is not None:
        said["review"] = {"state": _review_state(held.reason), "digest": held.digest}
        if held.reason is not None:
            said["review"].update(reason=held.reason, decided_at=held.decided_at)
    return said


def lines(host: Host, rows: List[DatasetRow]) -> List[Dict[str, Any]]:
    """The entries of a page of a source's list, by which it compares its own state; two statements for all rows."""
    revisions, reasons = host.revisions(rows), store.held_reasons([row.id for row in rows])
    return [
        {
            "identifier": row.identifier,
            "pid": row.pid,
            "revision": revisions.get(row.record_uuid),
            "digest": row.digest,
            "state": row.state,
            "review": _review_state(reasons[row.id]) if row.id in reasons else None,
        }
        for row in rows
    ]


def _revision(host, row):
    return host.revisions([row]).get(row.record_uuid)


def _review_state(reason):
    return "held" if reason is None else "refused"
