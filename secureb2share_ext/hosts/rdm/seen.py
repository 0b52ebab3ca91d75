"""What is shown of a published record of ours today."""

from .. import published


def shown_of_pid(pid):
    """The Shown of the published record with this PID; None for one that is not ours, or damaged."""
    found = published.by_pid(pid)
    return None if found is None else published.shown(found)


def shown_of(row, record=None):
    """The same of a row; record: its record, where that was read already, also from the index."""
    return published.shown(published.by_pid(row.pid), record)
