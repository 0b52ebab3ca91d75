"""The right to review.

Reviewers hold the action `secureb2share-curate`, or are curators, managers or owners of a source's community.
"""

from typing import Dict

from flask import g
from invenio_access import Permission
from invenio_communities.generators import CommunityRoleNeed

from ...messages.sources import Source
from ..actions import curate
from . import communities

ROLES = ("owner", "manager", "curator")


def may_review(sources: Dict[str, Source]) -> bool:
    """Whether the user of the current request may release and refuse held registrations."""
    if Permission(curate).can():
        return True
    ids = filter(None, map(communities.id_of_source, sources.values()))
    needs = {CommunityRoleNeed(community, role) for community in ids for role in ROLES}
    return bool(needs & g.identity.provides)
