"""The event about a dataset, as its targets get it.

It is a CloudEvent 1.0.2 in structured JSON. It carries the whole public description, because a receiver inside a closed
network cannot fetch it; nothing in it changes between attempts.
"""

import uuid
from typing import Any, Dict, Optional, Tuple

from ..client import canonical, digest
from ..dataset import Dataset

PREFIX = "org.secureb2share.dataset."
# what a target deletes of its copy when a dataset is withdrawn: every part of the description
DELETE = ("core", "files", "sensitive", "version")
SCHEMA = "urn:secureb2share:schema:dataset-event:1.0.0"


def said(dataset: Dataset, record_url: str, access_url: str) -> Dict[str, Any]:
    """The `data` member without its sequence; two equal values need only one event.

    Of a withdrawn dataset, which the caller has reduced (view.told), it names what a target has to delete.
    """
    data: Dict[str, Any] = {
        "source": dataset.source,
        "identifier": dataset.identifier,
        "pid": dataset.pid,
        "state": dataset.state,
        "reason": dataset.reason,
        "successor": dataset.successor,
        "replaced_by": dataset.replaced_by,
        "record_url": record_url,
        "access_url": access_url,
        "digest": dataset.digest,
        "dataset": dataset.description,
    }
    if dataset.state == "withdrawn":
        data["delete"] = list(DELETE)
    return data


def refused(source: str, identifier: str, pid: Optional[str], held_digest: str, reason: str) -> Dict[str, Any]:
    """The `data` member that tells a source why a curator refused what it sent; nothing of the description is in it."""
    return {"source": source, "identifier": identifier, "pid": pid, "digest": held_digest, "reason": reason}


def kind(first: bool, state: str) -> str:
    """The last part of the event's type: published, changed, or the state that the dataset is in."""
    if first:
        return "published"
    return "changed" if state == "active" else state


def body(
    instance: str,
    catalogue: str,
    target: str,
    data: Dict[str, Any],
    kind: str,
    sequence: int,
    revision: Optional[int],
    time: str,
) -> Tuple[str, bytes]:
    """(message id, canonical bytes) of one event for one target.

    instance: id of the catalogue's instance, which no copy shares; catalogue: its base URL; data: from `said` or
    `refused`; sequence: higher than that of the dataset's last event; revision: of the record, None for a refusal;
    time: RFC 3339 UTC. The id is a UUIDv5 of what makes the event unique.
    """
    name = canonical([instance, catalogue, target, data["source"], data["identifier"], sequence])
    message_id = str(uuid.uuid5(uuid.NAMESPACE_URL, name.decode("utf-8")))
    event = {
        "specversion": "1.0",
        "id": message_id,
        "source": catalogue,
        "target": target,
        "type": PREFIX + kind + ".v1",
        "subject": data["pid"] or data["identifier"],
        "time": time,
        "datacontenttype": "application/json",
        "dataschema": SCHEMA,
        "sequence": "%010d" % sequence,
        "data": dict(data, sequence=sequence, revision=revision),
    }
    return message_id, canonical(event)


def fingerprint(data: Dict[str, Any]) -> str:
    """SHA-256 hex of the `data` of an event, to compare it with the last event."""
    return digest(canonical(data))
