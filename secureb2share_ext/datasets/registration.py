"""The registration of a dataset, from which a record follows, or a change of one.

It is idempotent on (source, identifier): new, changed, unchanged, or adopting a curator's record. Where the source is
on review, the description is held instead.
"""

from typing import Optional

from ..client import canonical, digest
from ..dataset import CATALOGUE_PREFIX, replaces_of
from ..errors import Invalid, NotAccepted, NotAllowed
from ..proxies import Host, Message, Sender
from . import curation, publication, review, store, versions, ways
from .models import DatasetRow
from .outcome import Outcome

REPLACES = "dataset.version.replaces"
DATASET = "dataset."  # before the names of a description's fields


def register(host: Host, sender: Sender, row: Optional[DatasetRow], message: Message) -> Outcome:
    """The Outcome of a registration, in the open transaction."""
    source, description = sender.source, message.members["dataset"]
    replaces = replaces_of(description)
    if row is None:
        check_new(sender, message)
        row = store.add(source.name, message.identifier, "source")
        row.tenant, row.issued = message.tenant, message.issued
        return _admit(host, source, row, description)
    _check_tenant(row, message)
    versions.check(source.name, message.identifier, replaces, REPLACES, sender)
    message.must_follow(row.issued)
    if row.state == "withdrawn":
        raise NotAccepted(
            "This dataset was withdrawn, which is final; register the data under a new identifier.", code="withdrawn"
        )
    row.issued = message.issued
    row.tenant = row.tenant or message.tenant
    if row.pid is None:
        ways.check(source, description, prefix=DATASET)
        return _admit(host, source, row, description)
    record = publication.record_of(host, row)
    revision, _ = host.revision(record)
    # the record itself is compared, for something may have changed it past this package
    published = host.from_record(record)
    is_same = digest(canonical(published)) == digest(canonical(description))
    ways.check(source, description, published, DATASET)
    if source.release == "review" and not is_same:
        # a curator's record stays theirs until the release
        return Outcome(202, row, review.hold(row, description), revision)
    was_curators = row.origin == "curator"
    row.origin = "source"
    review.drop(row)
    if not is_same:
        revision = publication.update(host, row, description, "source").revision
    return Outcome(200, row, "adopted" if was_curators else "unchanged" if is_same else "changed", revision)


def check_new(sender: Sender, message: Message) -> None:
    """Raise what a registration under a free identifier may be refused for, with nothing stored."""
    source = sender.source
    sender.must_speak_for(message.tenant)
    versions.check(source.name, message.identifier, replaces_of(message.members["dataset"]), REPLACES, sender)
    ways.check(source, message.members["dataset"], prefix=DATASET)
    if message.identifier.startswith(CATALOGUE_PREFIX):
        raise Invalid([("identifier", curation.CATALOGUES_OWN)])
    if source.quota is not None and store.count(source.name) >= source.quota:
        raise NotAllowed(
            "The source %s has registered %d datasets, which is its quota;"
            " ask the catalogue's operator for a higher one." % (source.name, source.quota),
            code="quota",
        )


def _admit(host, source, row, description):
    """Publish or hold a dataset that has no record yet."""
    if source.release == "review":
        return Outcome(202, row, review.hold(row, description))
    review.drop(row)
    return Outcome(201, row, "created", publication.publish(host, row, description, "source").revision)


def _check_tenant(row, message):
    if message.tenant and row.tenant and message.tenant != row.tenant:
        raise Invalid([("tenant", "is not the tenant of the registered dataset; a `transfer` message changes it")])
