"""The permissions to release and refuse held registrations, and to operate.

Whoever may publish the submitted drafts of others in the communities of all sources may review. Superusers, and those
who hold the action `secureb2share-operate`, may operate.
"""

from typing import Dict, List

from b2share.modules.access.permissions import StrictDynamicPermission
from b2share.modules.deposit.permissions import update_deposit_publication_state_need_factory

from ...messages.sources import Source
from ..actions import operate
from . import communities


def may_publish(sources: Dict[str, Source]) -> bool:
    """Whether the user of the current request is an administrator of the communities of all sources."""
    found = [communities.id_of_source(source) for source in sources.values()]
    return bool(found) and all(community is not None and _may(community) for community in found)


def described_sources(sources: Dict[str, Source]) -> List[str]:
    """Names of the sources in whose communities the user of the current request may publish."""
    found = {name: communities.id_of_source(source) for name, source in sources.items()}
    return [name for name, community in found.items() if community is not None and _may(community)]


def may_operate() -> bool:
    """Whether the user of the current request holds the action, which nobody has while it is given to nobody."""
    return StrictDynamicPermission(operate).can()


def _may(community):
    need = update_deposit_publication_state_need_factory(
        community=community, old_state="submitted", new_state="published"
    )
    return StrictDynamicPermission(need).can()
