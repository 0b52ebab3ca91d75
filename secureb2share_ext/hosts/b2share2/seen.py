"""What is shown of a record of ours today, read from its metadata wherever they come from."""

from .. import published


def shown_of(row, metadata):
    """The Shown of a row with its record's metadata (dict), or None where the record is damaged."""
    return published.shown(published.by_pid(row.pid), metadata)
