"""The permissions of both sides, with and without the package: Invenio's own."""

from invenio_access import Permission, superuser_access
from invenio_records_rest.utils import allow_all


def writer(record=None):
    """The permission to create and edit, which a superuser has."""
    return Permission(superuser_access)


def everybody(record=None):
    """The permission to read, which everybody has."""
    return allow_all(record)
