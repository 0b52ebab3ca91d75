"""The rights to review and describe, and to operate.

Curators hold the action `secureb2share-curate`, for every source or for one, or may publish the submitted drafts of
others in a source's community, and then curate for that source. They review too, and so do the holders of the action
`secureb2share-review`. Superusers, and those who hold the action `secureb2share-operate`, may operate.
"""

from typing import Dict, List

from b2share.modules.access.permissions import StrictDynamicPermission
from b2share.modules.deposit.permissions import update_deposit_publication_state_need_factory
from invenio_access.models import ActionRoles, ActionUsers
from invenio_accounts.models import Role, User
from invenio_db import db

from ...messages.sources import Source
from ..actions import operate
from ..curators import curated, reviewed
from . import communities


def curated_sources(sources: Dict[str, Source]) -> List[str]:
    """Names of the sources for which the user of the current request may describe datasets."""
    return _named_or_of_community(sources, curated(sources))


def reviewed_sources(sources: Dict[str, Source]) -> List[str]:
    """Names of the sources for which the user of the current request may review."""
    return _named_or_of_community(sources, reviewed(sources))


def _named_or_of_community(sources, named):
    return [name for name, source in sources.items() if name in named or _may_publish(source)]


def may_operate() -> bool:
    """Whether the user of the current request holds the action, which nobody has while it is given to nobody."""
    return StrictDynamicPermission(operate).can()


def may_publish_in(sources: Dict[str, Source], account: int) -> bool:
    """Whether an account (id) reviews for one of these sources by its own right or a role's in the community."""
    needs = [need for need in map(_need, sources.values()) if need is not None]
    return any(_is_given(need, account) for need in needs)


def _is_given(need, account):
    of_need = {"action": need.value, "argument": need.argument}
    if db.session.query(ActionUsers.id).filter_by(user_id=account, **of_need).first() is not None:
        return True
    by_role = db.session.query(ActionRoles.id).filter_by(**of_need).join(ActionRoles.role)
    return by_role.filter(Role.users.any(User.id == account)).first() is not None


def _need(source):
    """The need of whoever may publish the submitted drafts in a source's community, None without a community."""
    community = communities.id_of_source(source)
    if community is None:
        return None
    return update_deposit_publication_state_need_factory(
        community=community, old_state="submitted", new_state="published"
    )


def _may_publish(source):
    need = _need(source)
    return need is not None and StrictDynamicPermission(need).can()
