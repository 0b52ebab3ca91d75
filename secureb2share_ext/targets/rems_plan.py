"""The next step towards what REMS has to hold of a dataset: exactly one enabled catalogue item, or none.

Pure: what is wanted, what the look-up found and what the journal knows come in, one step goes out. REMS has no
transaction over several requests, so every order of steps here can be cut anywhere and begun anew: an item is made
disabled, the others are disabled before one is enabled (two would make every link 400 "not unique"), and items are
archived before their resource (the other way round is refused as in use).
"""

from typing import Any, Collection, Dict, List, NamedTuple, Optional, Tuple

OPEN, SHUT, ENDED = "open", "shut", "ended"  # what a dataset is to be in REMS

CREATE_RESOURCE, CREATE_ITEM, EDIT = "create-resource", "create-item", "edit"
ENABLE, DISABLE, ARCHIVE, UNARCHIVE = "enable", "disable", "archive", "unarchive"  # an item
ENABLE_RESOURCE, ARCHIVE_RESOURCE, UNARCHIVE_RESOURCE = "enable-resource", "archive-resource", "unarchive-resource"

Duo = Tuple[Any, ...]  # as of rems_duo.canonical
Texts = Dict[str, Tuple[str, str]]  # language -> (title, address of the record's page)


class Wanted(NamedTuple):
    """What REMS has to hold of a dataset."""

    resid: str
    state: str  # OPEN, SHUT or ENDED
    licenses: Tuple[int, ...]  # sorted
    duo: Duo
    texts: Texts
    digest: str  # of what a resource can never change: its licences and DUO codes


class Resource(NamedTuple):
    """A resource of REMS with the external id that was asked for."""

    id: int
    enabled: bool
    archived: bool
    licenses: Tuple[int, ...]
    duo: Duo


class Item(NamedTuple):
    """A catalogue item of REMS whose resource has the external id that was asked for."""

    id: int
    resource: int
    enabled: bool
    archived: bool
    expired: bool
    texts: Texts

    @property
    def is_live(self) -> bool:
        """Whether it counts for links: an item whose end has passed does."""
        return self.enabled and not self.archived


class Found(NamedTuple):
    """What the look-up found, archived, disabled and expired ones too."""

    resources: Tuple[Resource, ...]
    items: Tuple[Item, ...]

    @property
    def live(self) -> List[Item]:
        """The items that count for links."""
        return [item for item in self.items if item.is_live]


class Noted(NamedTuple):
    """What the journal knows of the registration."""

    resource: Optional[int] = None
    item: Optional[int] = None
    digest: Optional[str] = None


class Step(NamedTuple):
    """One request; `number` is the id of what it changes, or of the resource that a new item gets."""

    action: str
    number: Optional[int] = None


def next_step(wanted: Wanted, found: Found, noted: Noted, unusable: Collection[int] = ()) -> Optional[Step]:
    """The next Step, or None when nothing is left; unusable: ids of archived items that REMS does not give back."""
    if wanted.state == OPEN:
        return _opening(wanted, found, noted, unusable)
    if found.live:
        return Step(DISABLE, found.live[0].id)
    if wanted.state == ENDED:
        return _archiving(found.items, found.resources)
    resource, item = chosen(wanted, found, noted, unusable)
    # what the way back will not need, such as of a change that a suspension has cut
    return _tidying(found, resource, item) if resource is not None else None


def stricter(one: str, other: str) -> str:
    """The one of two of OPEN, SHUT and ENDED that allows less."""
    return max(one, other, key=(OPEN, SHUT, ENDED).index)


def is_open(wanted: Wanted, found: Found) -> bool:
    """Whether a link leads into an application: exactly one item counts."""
    return wanted.state == OPEN and len(found.live) == 1


def chosen(wanted: Wanted, found: Found, noted: Noted, unusable: Collection[int] = ()) -> Tuple[Any, Any]:
    """(Resource or None, Item or None) that are to stay; the item belongs to the resource."""
    fitting = [one for one in found.resources if _fits(one, wanted, noted)]
    live = {item.resource for item in found.live}
    # of two that are alike, what readers use now stays, then what the journal names
    resource = max(fitting, key=lambda r: (r.id in live, r.id == noted.resource, not r.archived, -r.id), default=None)
    usable = [i for i in found.items if resource and i.resource == resource.id and i.id not in unusable]
    # REMS makes a new item where an operator changes its form or workflow: the newest of several is the one
    item = max(usable, key=lambda i: (i.is_live, not i.archived, i.id == noted.item, i.id), default=None)
    return resource, item


def _fits(resource, wanted, noted):
    # what REMS answers in another spelling than it was sent is known by the journal
    is_noted = resource.id == noted.resource and noted.digest == wanted.digest
    return is_noted or (resource.licenses == wanted.licenses and resource.duo == wanted.duo)


def _opening(wanted, found, noted, unusable):
    resource, item = chosen(wanted, found, noted, unusable)
    if resource is None:
        return Step(CREATE_RESOURCE)
    if resource.archived:
        return Step(UNARCHIVE_RESOURCE, resource.id)
    if not resource.enabled:
        return Step(ENABLE_RESOURCE, resource.id)
    if item is None:
        return Step(CREATE_ITEM, resource.id)
    if item.archived:
        # it would count as soon as it is back
        return Step(DISABLE, item.id) if item.enabled else Step(UNARCHIVE, item.id)
    if any(item.texts.get(language) != text for language, text in wanted.texts.items()):
        return Step(EDIT, item.id)
    others = [one for one in found.live if one.id != item.id]
    if others:
        return Step(DISABLE, others[0].id)
    if not item.enabled or item.expired:
        # it takes the end from one that has expired
        return Step(ENABLE, item.id)
    return _tidying(found, resource, item)


def _tidying(found, resource, item):
    items = [one for one in found.items if item is None or one.id != item.id]
    return _archiving(items, [one for one in found.resources if one.id != resource.id])


def _archiving(items, resources):
    for item in items:
        if not item.archived:
            return Step(ARCHIVE, item.id)
    for resource in resources:
        if not resource.archived:
            return Step(ARCHIVE_RESOURCE, resource.id)
    return None
