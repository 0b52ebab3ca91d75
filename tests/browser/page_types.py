"""Each type of page, with who reads it and how they come to it."""

from typing import Any, Callable, NamedTuple, Optional


class PageType(NamedTuple):
    """One type of page; the functions get the visitor and the scene."""

    name: str
    role: str  # reader, curator, owner (of TSD)
    way: Callable[[Any, Any], Optional[str]]  # what it returns is an address to open
    status: int = 200
    described: bool = True  # whether it shows what an owner or a reader wrote


def at(path, site="catalogue"):
    """The way to a path of the catalogue or of a secure environment."""
    return lambda visitor, scene: getattr(visitor.site, site) + path


def record(name):
    """The way to the record page of a dataset of the scene."""
    return lambda visitor, scene: visitor.site.catalogue + scene.path(name)


def access(name):
    """The way to what the access link of a dataset says."""
    return lambda visitor, scene: scene.datasets[name]["access_url"]


PAGE_TYPES = (
    PageType("datasets", "reader", at("/")),
    PageType("datasets-found", "reader", at("/?q=moli-sani+harm")),
    PageType("datasets-none", "reader", at("/?q=nothing+has+this"), described=False),
    PageType("record", "reader", record("active")),
    PageType("record-suspended", "reader", record("suspended")),
    PageType("record-withdrawn", "reader", record("withdrawn")),
    PageType("record-superseded", "reader", record("older")),
    PageType("record-newer", "reader", record("newer")),
    PageType("record-embargoed", "reader", record("embargoed")),
    PageType("record-closed", "reader", record("closed")),
    PageType("access-suspended", "reader", access("suspended"), 403),
    PageType("access-withdrawn", "reader", access("withdrawn"), 410),
    PageType("access-embargoed", "reader", access("embargoed"), 403),
    PageType("access-closed", "reader", access("closed"), 403),
    PageType("uploads", "reader", at("/api/secureb2share/uploads"), described=False),
    PageType("not-found", "reader", at("/nowhere"), 404, described=False),
    PageType("sign-in", "reader", at("/login/"), described=False),
    PageType("review", "curator", at("/secureb2share/review/")),
)


def names():
    return [kind.name for kind in PAGE_TYPES]


def described():
    return [kind for kind in PAGE_TYPES if kind.described]


def go(visitor, scene, kind):
    """Bring a visitor, who is logged in as kind.role, to a page."""
    address = kind.way(visitor, scene)
    if address:
        visitor.open(address)
