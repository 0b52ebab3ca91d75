"""How does a source suspend, reactivate, supersede or withdraw a dataset?"""

from ..dataset import state_fault
from ..errors import Invalid, NotAccepted, UnknownDataset
from . import publication, store, versions
from .outcome import Outcome


def change(host, sender, row, message):
    """The Outcome of a change of state, in the open transaction."""
    if row is None:
        raise UnknownDataset()
    message.must_follow(row.issued)
    state, reason, successor = (message.members.get(name) for name in ("state", "reason", "successor"))
    if (row.state, row.reason, row.successor) == (state, reason, successor):
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


def _take_back(row, state, reason):
    if state != "withdrawn":
        raise NotAccepted("This dataset waits for a curator; until then it can only be withdrawn.", code="held")
    publication.set_state(row, state, reason)
    return Outcome(200, row, "changed")


def _check_successor(row, successor, sender):
    found = store.find(row.source, successor)
    if found is None or found.pid is None or not sender.may_touch(found.tenant):
        raise Invalid([("successor", "is not a published dataset of this source")])
    if found.state == "withdrawn":
        raise Invalid([("successor", "was withdrawn itself")])
    for _ in range(versions.CHAIN):
        if found is None or found.successor is None:
            return
        if found.successor == row.identifier:
            raise Invalid([("successor", "was superseded by this dataset")])
        found = store.find(row.source, found.successor)
