"""The rights to review and describe, and to operate.

Curators hold the action `secureb2share-curate`, for every source or for one, or may publish the submitted drafts of
others in a source's community, and then curate for that source. They review too, and so do the holders of the action
`secureb2share-review`. Superusers, and those who hold the action `secureb2share-operate`, may operate.
"""

from typing import Dict, List

from b2share.modules.access.permissions import StrictDynamicPermission
from b2share.modules.deposit.permissions import update_deposit_publication_state_need_factory

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


def _may_publish(source):
    community = communities.id_of_source(source)
    if community is None:
        return False
    need = update_deposit_publication_state_need_factory(
        community=community, old_state="submitted", new_state="published"
    )
    return StrictDynamicPermission(need).can()
