"""What is a row with its record, as events, links and exports see it?"""

from ..access.shown import Shown
from ..dataset import Dataset
from ..outbox import store as outbox
from . import versions


def dataset_of(host, row, record):
    """The Dataset that a row and its record are."""
    revision, updated = host.revision(record)
    return dataset_from(row, host.from_record(record), revision, updated)


def dataset_from(row, description, revision=0, updated=0):
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


def shown(host, row, dataset, today):
    """The access.shown.Shown of a published dataset; today: datetime.date, UTC."""
    source = host.sources.get(row.source)
    return Shown(
        dataset=dataset,
        record_url=host.record_url(row),
        access_url=host.access_url(row.pid),
        today=today,
        describe_files=source.describe_files if source is not None else "labels",
        replaces=versions.related(host, row.source, dataset.replaces),
        replaced_by=versions.related(host, row.source, row.replaced_by),
        successor=versions.related(host, row.source, row.successor),
        is_open=source is not None and is_open(source, row),
    )


def is_open(source, row):
    """Whether access links lead to the form as soon as right and state allow it; source: sources.Source."""
    if source.opens == "published":
        return True
    told = {target: known for target, known in outbox.acknowledged(row.id).items() if target in source.targets}
    # what a source registered itself, it knows without being told
    return all(told.values()) if told else row.origin == "source"
