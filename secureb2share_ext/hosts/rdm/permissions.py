"""The rights to review and to register.

Reviewers hold the action `secureb2share-curate`, or are curators, managers or owners of a source's community. A token
registers for a source with the scope `secureb2share:register`, if its user holds the action `secureb2share-register`.
"""

from typing import Dict, Iterable, Optional, Set

from flask import g, request
from invenio_access import Permission
from invenio_communities.generators import CommunityRoleNeed

from ...messages.sources import Source
from ..actions import curate, register, register_scope
from . import communities

ROLES = ("owner", "manager", "curator")


def may_review(sources: Dict[str, Source]) -> bool:
    """Whether the user of the current request may release and refuse held registrations."""
    if Permission(curate).can():
        return True
    ids = filter(None, map(communities.id_of_source, sources.values()))
    needs = {CommunityRoleNeed(community, role) for community in ids for role in ROLES}
    return bool(needs & g.identity.provides)


def registered_by_token(names: Iterable[str]) -> Optional[Set[str]]:
    """Those of the sources' names for which the current request's token may register; None without such a token."""
    token = getattr(request, "oauth", None)
    if token is None or register_scope.id not in token.access_token.scopes:
        return None
    return {name for name in names if Permission(register(name)).can()}
