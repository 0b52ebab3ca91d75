"""What does the catalogue itself write into a record of ours?"""

from ... import config
from ...dataset import CATALOGUE_PREFIX
from . import mapping


def write(row, record):
    """Write the access address, the state and the identifier into a record's custom fields."""
    identifier = None if row.identifier.startswith(CATALOGUE_PREFIX) else row.identifier
    address = config.current().host.access_url(row.pid)
    record.custom_fields = mapping.write(record.get("custom_fields", {}), address, in_words(row), identifier)


def in_words(row):
    """Where a dataset stands, as its record says it to readers."""
    by = " by %s" % row.successor if row.successor else ""
    since = "" if row.state == "active" else " since %s: %s" % ((row.state_at or "")[:10], row.reason)
    newer = " (replaced by %s)" % row.replaced_by if row.replaced_by else ""
    return row.state + newer + by + since
