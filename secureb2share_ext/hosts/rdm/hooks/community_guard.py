"""The guard of the sources' communities: a source is configured by the slug of its community, which therefore stays.

Otherwise an owner could rename it, and anybody could make another one under the slug that is free then.
"""

from typing import Any

from flask import Flask
from invenio_communities.communities.services.components import DefaultCommunityComponents
from invenio_drafts_resources.services.records.components import ServiceComponent

from ....errors import NotAccepted, NotAllowed
from ....proxies import active
from ... import bindings
from . import deletion_guard

KEY = "COMMUNITIES_SERVICE_COMPONENTS"


class GuardComponent(ServiceComponent):
    """The refusal of what would take a source's community away, or have another one take its place."""

    def create(self, identity: Any, data: Any = None, record: Any = None, **kwargs: Any) -> None:
        _check_name(identity, (data or {}).get("slug"))

    def rename(self, identity: Any, data: Any = None, record: Any = None, old_slug: Any = None, **kwargs: Any) -> None:
        # the record has its new slug already
        _check_stays(record, "renamed", old_slug)
        _check_name(identity, (data or {}).get("slug"))

    def delete(self, identity: Any, data: Any = None, record: Any = None, **kwargs: Any) -> None:
        _check_stays(record, "deleted")

    def update(self, identity: Any, data: Any = None, record: Any = None, **kwargs: Any) -> None:
        if record.access.visibility_is_restricted:
            _check_stays(record, "hidden")


def install(app: Flask) -> None:
    """Assign the key; the host reads it when it makes its service."""
    app.config[KEY] = [*(app.config.get(KEY) or DefaultCommunityComponents), GuardComponent]


def _check_stays(record, what, slug=None):
    extension = active()
    names = {slug or record.slug, str(record.id)}
    sources = extension.sources.values() if extension is not None else ()
    for source in sources:
        if source.community in names or bindings.bound(source.name) == str(record.id):
            raise NotAccepted(
                "This community cannot be %s while it is that of the source %s in SECUREB2SHARE_SOURCES."
                % (what, source.name),
                code="community-of-source",
            )


def _check_name(identity, slug):
    extension = active()
    names = {source.community for source in extension.sources.values()} if extension is not None else ()
    if slug in names and not deletion_guard.is_administrator(identity):
        raise NotAllowed(
            "The slug %s is that of a source's community, which an administrator makes." % slug,
            code="community-of-source",
        )
