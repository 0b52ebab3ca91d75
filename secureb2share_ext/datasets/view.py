"""The view of a dataset: its row and its record, as events, links and exports see them."""

import datetime
from typing import Any, Collection, Dict, List, Mapping, NamedTuple

from ..dataset import Dataset
from ..exports import tombstone
from ..exports.published import Published, RelatedDataset
from ..outbox import registrations
from ..outbox import store as outbox
from ..proxies import Host, current
from . import store
from .models import DatasetRow


def dataset_of(host: Host, row: DatasetRow, record: Any) -> Dataset:
    """The Dataset of a row and its record."""
    revision, updated = host.revision(record)
    return dataset_from(row, host.from_record(record), revision, updated)


def dataset_from(row: DatasetRow, description: Dict[str, Any], revision: int = 0, updated: int = 0) -> Dataset:
    """The Dataset of a row with a description that was read elsewhere, such as a search index."""
    return Dataset(
        source=row.source,
        identifier=row.identifier,
        description=description,
        pid=row.pid,
        revision=revision,
        updated=updated,
        state=row.state,
        reason=row.reason,
        state_at=row.state_at,
        successor=row.successor,
        replaced_by=row.replaced_by,
    )


class Entry(NamedTuple):
    """A dataset's row, with what is shown of it beside its record."""

    row: DatasetRow
    relatives: Dict[str, DatasetRow]  # identifier -> row of the datasets that name it or that it names
    told: Dict[str, bool]  # target -> whether it acknowledged; empty unless its source opens by that
    # of its source's targets that register, those where it can be applied for -> digest of its id there
    open_at: Mapping[str, str] = {}


def look_up(host: Host, pids: Collection[str] = (), uuids: Collection[Any] = ()) -> List[Entry]:
    """[Entry] of the datasets with these PIDs or records, by one statement.

    One more is made where a source opens its datasets when they are acknowledged, one where a target of it registers.
    """
    found = store.with_relatives(pids, uuids)
    waiting = [row.id for row, _ in found if _opens_when_told(host.sources.get(row.source))]
    told = outbox.acknowledged(waiting)
    registered = registrations.open_at([row.id for row, _ in found if _registers(host.sources.get(row.source))])
    return [Entry(row, relatives, told.get(row.id, {}), registered.get(row.id, {})) for row, relatives in found]


def shown(host: Host, found: Entry, dataset: Dataset, today: datetime.date) -> Published:
    """The exports.published.Published of a published Dataset that was looked up; today: datetime.date, UTC."""
    row = found.row
    source = host.sources.get(row.source)
    demanded: Mapping[str, Any] = {}
    if row.state == "withdrawn":
        # the one place where it is reduced: no page and no export sees more
        demanded = tombstone.demanded(dataset)
        dataset = tombstone.of(dataset, source is None or source.withdrawn_title)

    def related(identifier):
        other = found.relatives.get(identifier) if identifier else None
        if other is None and identifier:
            # a description may name a dataset that was taken over from it since
            other = store.find(row.source, identifier)
        if other is None or other.pid is None:
            return None
        return RelatedDataset(other.identifier, other.pid, host.record_url(other))

    return Published(
        dataset=dataset,
        record_url=host.record_url(row),
        access_url=host.access_url(row.pid),
        today=today,
        describe_files=source.describe_files if source is not None else "labels",
        replaces=related(dataset.replaces),
        replaced_by=related(row.replaced_by),
        successor=related(row.successor),
        is_open=source is not None and _is_open(host, source, found),
        demanded=demanded,
    )


def told(host: Host, dataset: Dataset) -> Dataset:
    """The Dataset as events tell it: of a withdrawn one what its tombstone says."""
    source = host.sources.get(dataset.source)
    if dataset.state != "withdrawn" or not dataset.is_whole:
        return dataset
    left = tombstone.of(dataset, source is None or source.withdrawn_title)
    return left._replace(description=dict(left.description, core={k: v for k, v in left.core.items() if v}))


def state_in_words(row: DatasetRow) -> str:
    """The state of a dataset, as its record says it to readers."""
    by = " by %s" % row.successor if row.successor else ""
    since = "" if row.state == "active" else " since %s: %s" % ((row.state_at or "")[:10], row.reason)
    newer = " (replaced by %s)" % row.replaced_by if row.replaced_by else ""
    return row.state + newer + by + since


def _is_open(host, source, found):
    """Whether access links lead to the form as soon as right and state allow it."""
    # a target that registers has made the place to which the link leads only when it says so
    if _registers(source):
        row, asked = found.row, getattr(current().providers[source.access], "resid_digest", None)
        if asked is None:
            # the start refuses this unless the mode is off: the links ask another kind of form
            return False
        # the link asks for the id of today, which an item of a former one does not have
        digest = asked(row.identifier, row.pid, row.source, host.record_url(row))
        if any(found.open_at.get(target) != digest for target in source.registers):
            return False
    if not _opens_when_told(source):
        return True
    told = [known for target, known in found.told.items() if target in source.targets]
    # what a source registered itself, it knows without being told
    return all(told) if told else found.row.origin == "source"


def _registers(source):
    return source.registers if source is not None else ()


def _opens_when_told(source):
    return source is not None and source.opens == "acknowledged"
