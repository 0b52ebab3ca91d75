"""Who may curate? Users who hold the action `secureb2share-curate`; a token needs the scope of that name too.

A site names these in RECORDS_REST_ENDPOINTS, for example
``"create_permission_factory_imp": "secureb2share_ext.hosts.records_rest.permissions:curator"``.
"""

from flask import request
from invenio_access import Permission, action_factory, superuser_access
from invenio_oauth2server.models import Scope

curate = action_factory("secureb2share-curate")
curate_scope = Scope(
    "secureb2share:curate", group="secureb2share", help_text="Create and edit records of datasets", internal=False
)


class _WithScope:
    """A permission that a token holds only if it has our scope; a session login has no scopes to ask for."""

    def __init__(self, permission):
        self.permission = permission

    def can(self):
        token = getattr(request, "oauth", None)
        if token is not None and curate_scope.id not in token.access_token.scopes:
            return False
        return self.permission.can()


class _Everybody:
    def can(self):
        return True


def curator(record=None):
    """May create and edit records."""
    return _WithScope(Permission(curate))


def administrator(record=None):
    """May delete records."""
    return _WithScope(Permission(superuser_access))


def everybody(record=None):
    """May read: descriptions are public."""
    return _Everybody()
