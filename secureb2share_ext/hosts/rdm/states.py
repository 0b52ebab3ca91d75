"""What does the catalogue itself write into a record of ours?"""

from ...dataset import CATALOGUE_PREFIX
from ...datasets import showing
from ...proxies import current
from . import mapping


def write(row, record):
    """Write the access address, the state and the identifier into a record's custom fields."""
    identifier = None if row.identifier.startswith(CATALOGUE_PREFIX) else row.identifier
    address, state = current().host.access_url(row.pid), showing.state_in_words(row)
    record.custom_fields = mapping.write(record.get("custom_fields", {}), address, state, identifier)
