"""The rights to review and to operate.

Curators hold the action `secureb2share-curate`, for every source or for one, or are curators, managers or owners of a
source's community, and then curate for that source. They review too, and so do the holders of `secureb2share-review`.
Operators hold the action `secureb2share-operate`, or may administrate the instance.
"""

from typing import Dict, List

from flask import g
from invenio_access import Permission
from invenio_administration.permissions import administration_access_action
from invenio_communities.generators import CommunityRoleNeed

from ...messages.sources import Source
from ..actions import operate
from ..curators import curated, reviewed
from . import communities

ROLES = ("owner", "manager", "curator")


def curated_sources(sources: Dict[str, Source]) -> List[str]:
    """Names of the sources for which the user of the current request may describe datasets."""
    return _named_or_of_community(sources, curated(sources))


def reviewed_sources(sources: Dict[str, Source]) -> List[str]:
    """Names of the sources for which the user of the current request may review."""
    return _named_or_of_community(sources, reviewed(sources))


def _named_or_of_community(sources, named):
    return [name for name, source in sources.items() if name in named or _has_role(source)]


def _has_role(source):
    community = communities.id_of_source(source)
    needs = {CommunityRoleNeed(community, role) for role in ROLES} if community else set()
    return bool(needs & g.identity.provides)


def may_operate() -> bool:
    """Whether the user of the current request may see deliveries and health, and retry, hold and discard."""
    return Permission(operate, administration_access_action).can()
