"""How does a source suspend, reactivate, supersede or withdraw a dataset?"""

from ..dataset import state_fault
from ..errors import Invalid, NotAccepted, UnknownDataset
from . import publication, store, writing


def change(host, sender, row, message):
    """(status, row, result) of a change of state, in the open transaction."""
    if row is None:
        raise UnknownDataset()
    message.must_follow(row.issued)
    state, reason, successor = (message.members.get(name) for name in ("state", "reason", "successor"))
    if (row.state, row.reason, row.successor) == (state, reason, successor):
        row.issued = message.issued
        return 200, row, "unchanged"
    fault = state_fault(row.state, state, successor, row.identifier)
    if fault:
        raise NotAccepted("The state %s %s." % (state, fault), code="state")
    row.issued = message.issued
    if row.pid is None:
        return _take_back(row, state, reason)
    publication.check_record(host, row)
    if successor and not _is_published(store.find(row.source, successor), sender):
        raise Invalid([("successor", "is not a published dataset of this source")])
    description = host.from_record(host.record(row))
    publication.set_state(row, state, reason, successor)
    writing.update(host, row, description, "source")
    return 200, row, "changed"


def _take_back(row, state, reason):
    if state != "withdrawn":
        raise NotAccepted("This dataset waits for a curator; until then it can only be withdrawn.", code="held")
    publication.set_state(row, state, reason)
    return 200, row, "changed"


def _is_published(row, sender):
    return row is not None and row.pid is not None and sender.may_touch(row.tenant)
