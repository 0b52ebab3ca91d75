"""The changes of state with which a source suspends, reactivates, supersedes or withdraws a dataset."""

from typing import Optional

from ..dataset import state_fault
from ..errors import Invalid, NotAccepted, UnknownDataset
from ..proxies import Host, Message, Sender
from . import publication, store, versions
from .models import DatasetRow
from .outcome import Outcome


def change(host: Host, sender: Sender, row: Optional[DatasetRow], message: Message) -> Outcome:
    """The Outcome of a change of state, in the open transaction."""
    if row is None:
        raise UnknownDataset()
    message.must_follow(row.issued)
    state, reason, successor = _said(message)
    if is_unchanged(row, message):
        row.issued = message.issued
        return Outcome(200, row, "unchanged")
    fault = state_fault(row.state, state, successor, row.identifier)
    if fault:
        raise NotAccepted("The state %s %s." % (state, fault), code="state")
    row.issued = message.issued
    if row.pid is None:
        return _take_back(row, state, reason)
    record = publication.record_of(host, row)
    if successor:
        _check_successor(row, successor, sender)
    publication.set_state(row, state, reason, successor)
    dataset = publication.update(host, row, host.from_record(record), "source")
    return Outcome(200, row, "changed", dataset.revision)


def is_unchanged(row: DatasetRow, message: Message) -> bool:
    """Whether a change of state says what the row of its dataset has already."""
    return (row.state, row.reason, row.successor) == _said(message)


def _said(message):
    return message.members["state"], message.members["reason"], message.members.get("successor")


def _take_back(row, state, reason):
    if state != "withdrawn":
        raise NotAccepted(
            "This dataset waits for a curator's review; until then it can only be withdrawn.", code="held"
        )
    publication.set_state(row, state, reason)
    return Outcome(200, row, "changed")


def _check_successor(row, successor, sender):
    newer = store.find(row.source, successor)
    if newer is None or newer.pid is None or not sender.may_touch(newer.tenant):
        raise Invalid([("successor", versions.NOT_PUBLISHED)])
    if newer.state == "withdrawn":
        raise Invalid([("successor", "was withdrawn itself")])
    for _ in range(versions.CHAIN):
        if newer is None or newer.successor is None:
            return
        if newer.successor == row.identifier:
            raise Invalid([("successor", "was superseded by this dataset")])
        newer = store.find(row.source, newer.successor)
