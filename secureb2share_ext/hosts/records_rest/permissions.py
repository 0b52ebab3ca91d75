"""The permissions of curators.

They hold the action `secureb2share-curate`; a token needs the scope of that name too.

A site names these in RECORDS_REST_ENDPOINTS, for example
``"create_permission_factory_imp": "secureb2share_ext.hosts.records_rest.permissions:curator"``.
"""

from typing import Any

from invenio_access import Permission, superuser_access

from .. import tokens
from ..actions import curate, curate_scope, operate


class _WithScope:
    """A permission that a token holds only if it has our scope; a session login has no scopes to ask for."""

    def __init__(self, permission):
        self.permission = permission

    def can(self):
        scopes = tokens.scopes()
        return (scopes is None or curate_scope.id in scopes) and self.permission.can()


class _Everybody:
    def can(self):
        return True


def curator(record: Any = None) -> Any:
    """The permission to create and edit records."""
    return _WithScope(Permission(curate))


def operator() -> Any:
    """The permission to operate, which no token holds."""
    return Permission(operate)


def administrator(record: Any = None) -> Any:
    """The permission to delete records."""
    return _WithScope(Permission(superuser_access))


def everybody(record: Any = None) -> Any:
    """The permission to read, which everybody has: descriptions are public."""
    return _Everybody()
