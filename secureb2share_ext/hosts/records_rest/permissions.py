"""The permissions of curators, and of tokens that register.

Curators hold the action `secureb2share-curate`; a token needs the scope of that name too. A token registers for a
source with the scope `secureb2share:register`, if its user holds the action `secureb2share-register` for that source.

A site names these in RECORDS_REST_ENDPOINTS, for example
``"create_permission_factory_imp": "secureb2share_ext.hosts.records_rest.permissions:curator"``.
"""

from typing import Any, Iterable, Optional, Set

from flask import request
from invenio_access import Permission, superuser_access

from ..actions import curate, curate_scope, register, register_scope


class _WithScope:
    """A permission that a token holds only if it has our scope; a session login has no scopes to ask for."""

    def __init__(self, permission):
        self.permission = permission

    def can(self):
        scopes = _scopes()
        if scopes is not None and curate_scope.id not in scopes:
            return False
        return self.permission.can()


class _Everybody:
    def can(self):
        return True


def curator(record: Any = None) -> Any:
    """The permission to create and edit records."""
    return _WithScope(Permission(curate))


def administrator(record: Any = None) -> Any:
    """The permission to delete records."""
    return _WithScope(Permission(superuser_access))


def everybody(record: Any = None) -> Any:
    """The permission to read, which everybody has: descriptions are public."""
    return _Everybody()


def registered_by_token(names: Iterable[str]) -> Optional[Set[str]]:
    """Those of the sources' names for which the current request's token may register; None without such a token."""
    scopes = _scopes()
    if scopes is None or register_scope.id not in scopes:
        return None
    return {name for name in names if Permission(register(name)).can()}


def _scopes():
    token = getattr(request, "oauth", None)
    return None if token is None else token.access_token.scopes
