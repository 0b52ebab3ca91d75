"""The transfer of a dataset to another tenant of its source, which keeps its PID and links."""

from typing import Any, Dict, Optional

from .. import characters
from ..descriptions import schema
from ..errors import Invalid, NotAccepted, UnknownDataset
from ..proxies import Host, Message, Sender
from . import publication, review
from .models import DatasetRow
from .outcome import Outcome


def move(host: Host, sender: Sender, row: Optional[DatasetRow], message: Message) -> Outcome:
    """The Outcome of a transfer, in the open transaction; the sender must speak for both tenants."""
    if row is None:
        raise UnknownDataset()
    sender.must_speak_for(message.tenant)
    message.must_follow(row.issued)
    result = give(host, row, message.members["tenant"], message.members.get("contact"), "source")
    row.issued = message.issued
    return Outcome(202 if result == "held" else 200, row, result)


def give(host: Host, row: DatasetRow, tenant: str, contact: Optional[Dict[str, Any]], by: str) -> str:
    """Write the new tenant, and the new role contact if there is one; returns "changed", "unchanged" or "held".

    The contact that a source on review gives waits for a curator, like every description. row: locked; contact:
    an entry of `core.contacts`, or None, which takes the place of all former contacts; by: as in publication.publish.
    """
    if row.pid is None or row.state == "withdrawn":
        raise NotAccepted("Only a published dataset that is not withdrawn can be transferred.", code="state")
    fault = schema.text_fault(tenant, 100)
    if fault is None and characters.hidden_in_name(tenant):
        fault = characters.HIDDEN
    if fault:
        raise Invalid([("tenant", fault)])
    result = "unchanged" if row.tenant == tenant else "changed"
    row.tenant = tenant
    if contact is None:
        return result
    _check_contact(contact)
    description = host.from_record(publication.record_of(host, row))
    if description["core"].get("contacts") == [contact]:
        return result
    if by == "source" and host.sources[row.source].release == "review":
        is_new = review.hold(row, review.with_contact(row, description, contact)) == "held"
        return "held" if is_new else result
    review.set_contact(row, contact)
    publication.update(host, row, dict(description, core=dict(description["core"], contacts=[contact])), by)
    return "changed"


def _check_contact(contact):
    """Raise Invalid when a value cannot be a role contact."""
    found = schema.description_faults({"core": {"contacts": [contact]}, "sensitive": {}})
    place = "core.contacts[0]"
    faults = [("contact" + field[len(place) :], message) for field, message in found if field.startswith(place)]
    if faults:
        raise Invalid(faults)
