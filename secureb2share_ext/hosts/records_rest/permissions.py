"""The permissions of curators.

They hold the action `secureb2share-curate`, for every source or for one; a token needs the scope of that name too.
Where a second factor is asked, whoever may is told so by the 401 of RFC 9470 (NotStrong is raised); the pages ask for
it themselves, see pages/private.py.

A site names these in RECORDS_REST_ENDPOINTS, for example
``"create_permission_factory_imp": "secureb2share_ext.hosts.records_rest.permissions:curator"``.
"""

from typing import Any, Iterable, List

from invenio_access import ParameterizedActionNeed, Permission, superuser_access

from ...datasets import store
from ...proxies import active, current
from ...sign_in import gate
from .. import curators, tokens
from ..actions import curate, curate_scope, operate
from . import routes


def _has_scope():
    # a session login has no scopes to ask for
    scopes = tokens.scopes()
    return scopes is None or curate_scope.id in scopes


class _WithScope:
    """A permission that a token holds only if it has our scope, with a second factor where one is asked.

    action: of sign_in.rules.ACTIONS.
    """

    def __init__(self, permission, action):
        self.permission, self.action = permission, action

    def can(self):
        may = _has_scope() and self.permission.can()
        if may:
            # whoever may not would sign in again for nothing
            gate.must_be_strong(self.action)
        return may


class _Curator:
    """The right for the source of a record, or the one at whose endpoint it is made; elsewhere, for all sources."""

    def __init__(self, record):
        self.record = record

    def can(self):
        source = routes.source_of_request(current().sources)
        if source is None or active() is None:
            return Permission(curate).can()
        name, record_uuid = source.name, getattr(self.record, "id", None)
        if record_uuid is not None:
            # endpoints may share a type of PIDs, so that a record can be asked for at another source's
            row = store.by_record(record_uuid)
            if row is None:
                return Permission(curate).can()
            name = row.source
        # most hold the action for all sources, which the cache of invenio-access tells without a statement; what it
        # keeps of one source may be older than the end of such a right, and not than a denial for this source
        for_all = Permission(curate).can() and Permission(ParameterizedActionNeed(curate.value, name)).can()
        return for_all or bool(curators.curated([name]))


class _Everybody:
    def can(self):
        return True


def curator(record: Any = None) -> Any:
    """The permission to create and edit records."""
    return _WithScope(_Curator(record), "curate")


def curated_sources(names: Iterable[str]) -> List[str]:
    """Those of the sources' names for which the user of the current request may describe datasets."""
    return curators.curated(names) if _has_scope() else []


def reviewed_sources(names: Iterable[str]) -> List[str]:
    """Those of the sources' names for which the user of the current request may review."""
    return curators.reviewed(names) if _has_scope() else []


def operator() -> Any:
    """The permission to operate, which no token holds."""
    return Permission(operate)


def administrator(record: Any = None) -> Any:
    """The permission to delete records."""
    return _WithScope(Permission(superuser_access), "erase")


def everybody(record: Any = None) -> Any:
    """The permission to read, which everybody has: descriptions are public."""
    return _Everybody()
