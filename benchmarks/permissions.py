"""The permissions of both sides, with and without the package: Invenio's own."""

from invenio_access import Permission, superuser_access
from invenio_records_rest.utils import allow_all


def writer(record=None):
    """May create and edit: a superuser."""
    return Permission(superuser_access)


def everybody(record=None):
    """May read."""
    return allow_all(record)
