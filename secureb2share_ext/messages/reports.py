"""The reports of the secure side about a dataset: decisions on applications, and receipts of events."""

from typing import Optional

from ..client import canonical
from ..datasets import applications
from ..datasets.models import DatasetRow
from ..datasets.outcome import Outcome
from ..errors import Invalid, NotAccepted, UnknownDataset
from ..outbox import store as outbox
from ..proxies import Host
from .message import Message
from .sources import Sender


def note_decision(host: Host, sender: Sender, row: Optional[DatasetRow], message: Message) -> Outcome:
    """The Outcome of the state of one application, which is counted."""
    if row is None or row.pid is None:
        raise UnknownDataset()
    news = applications.note(row, message.members["application"], message.members["state"], message.issued)
    return Outcome(200, row, "changed" if news else "unchanged")


def note_receipt(host: Host, sender: Sender, row: Optional[DatasetRow], message: Message) -> Outcome:
    """The Outcome of the acknowledgement of an event, by a digest of the bytes that arrived."""
    if row is None:
        raise UnknownDataset()
    event_id, digest = message.members["event"], message.members["digest"]
    receipt = {"digest": digest, "dataset_id": row.identifier}
    if "receipt_id" in message.members:
        receipt["receipt_id"] = message.members["receipt_id"]
    registering = {target for source in host.sources.values() for target in source.registers}
    result = outbox.acknowledge(row.id, event_id, digest, canonical(receipt).decode("utf-8"), registering)
    if result is None:
        raise Invalid([("event", "is not an event of this dataset")])
    if result == "registers":
        raise NotAccepted(
            "This event registers the dataset at its target; the catalogue itself sees when that is done, and takes no"
            " receipt of it.",
            code="registers",
        )
    if result == "differs":
        raise NotAccepted("The digest is not that of the event's bytes, so other bytes arrived.", code="digest")
    return Outcome(200, row, result)
