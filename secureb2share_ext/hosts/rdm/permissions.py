"""The rights to review and to operate.

Curators hold the action `secureb2share-curate`, for every source or for one, or are curators, managers or owners of a
source's community, and then curate for that source. They review too, and so do the holders of `secureb2share-review`.
Operators hold the action `secureb2share-operate`, or may administrate the instance.
"""

import uuid
from typing import Dict, List

from flask import g
from invenio_access import Permission
from invenio_accounts.models import userrole
from invenio_administration.permissions import administration_access_action
from invenio_communities.generators import CommunityRoleNeed
from invenio_communities.members.records.models import MemberModel
from invenio_db import db
from sqlalchemy import or_

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


def has_role_in(sources: Dict[str, Source], account: int) -> bool:
    """Whether an account (id) reviews for one of these sources by a role in its community, its own or a group's."""
    found = [communities.id_of_source(source) for source in sources.values()]
    member = MemberModel
    of_account = db.session.query(userrole.c.role_id).filter(userrole.c.user_id == account)
    query = db.session.query(member.id).filter(
        member.community_id.in_([uuid.UUID(community) for community in found if community]),
        member.role.in_(ROLES),
        member.active.is_(True),
        or_(member.user_id == account, member.group_id.in_(of_account)),
    )
    return query.first() is not None


def may_operate() -> bool:
    """Whether the user of the current request may see deliveries and health, and retry, hold and discard."""
    return Permission(operate, administration_access_action).can()
