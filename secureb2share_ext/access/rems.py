"""The link that begins an application for a dataset in REMS (SD Apply).

`/apply-for?resource=` of a REMS instance (its docs/linking.md): the resource id is all that REMS takes from a link, so
no signed reference travels in it; REMS has its own proof, for it knows the resource.
"""

import string
from typing import Any, Collection, Dict, Mapping, NamedTuple, Optional, Set, Tuple

from .. import client
from ..config import check_settings, shown
from ..errors import ConfigError
from . import link
from .rems_resource import KEYS, Resource

PLACES = tuple(place for place in link.PLACES if place != "reference")
SHORTEST = 24  # characters of a secret


def resid(resource: str, identifier: str, pid: str, source: str, record_url: str) -> str:
    """The id of a dataset's resource by a template without {revision}."""
    url = link.pid_url(pid, record_url)
    return resource.format(identifier=identifier, pid=pid, source=source, record_url=record_url, pid_url=url)


def _places(resource):
    return {place for _, place, _, _ in string.Formatter().parse(resource) if place}


def check_resource(key: str, resource: Any, places: Collection[str], visas: bool) -> None:
    """Raise ConfigError for a template of resource ids that cannot tell datasets apart, or names an unknown place.

    visas: whether each id has to be one that a GA4GH visa can carry.
    """
    link.check_places(key, "resource", resource, places)
    if not set(KEYS) & _places(resource):
        raise ConfigError(
            "%s: resource needs one of the places {%s}: without it, datasets would share a resource."
            % (key, "}, {".join(KEYS))
        )
    if visas:
        link.check_visas(key, resource)


def check_targets(sources: Mapping[str, Any], targets: Mapping[str, Any], providers: Mapping[str, Any]) -> None:
    """Raise ConfigError where a source's links would ask REMS for another resource than a target registers there.

    The same where two sources would register their datasets under one id: they choose their identifiers on their own.
    sources: {name: messages.sources.Source}; targets, providers: {name: target or provider}.
    """
    registering: Dict[str, Set[str]] = {}  # address of a REMS -> names of the sources that register there
    for name, source in sources.items():
        for target in source.registers:
            asked = getattr(providers[source.access], "resource", None)
            if asked != targets[target].resource:
                raise ConfigError(
                    "SECUREB2SHARE_SOURCES[%r]: the target %r registers the resource %r, and the links of %r ask for"
                    " %r; give both the same resource."
                    % (name, target, targets[target].resource, source.access, asked or "none")
                )
            registering.setdefault(targets[target].url, set()).add(name)
    for name, found in targets.items():
        names = sorted(registering.get(found.url, ())) if found.registers else []
        if len(names) > 1 and not _tells_sources_apart(found.resource):
            raise ConfigError(
                "SECUREB2SHARE_TARGETS[%r]: the sources %s register at %s, and the resource %r has no {source}:"
                " datasets with one identifier would share a resource."
                % (name, ", ".join(names), found.url, found.resource)
            )


def _tells_sources_apart(resource):
    places = _places(resource)
    return "source" in places or bool(places & set(KEYS) - {"identifier"})


class Rems(NamedTuple):
    """A REMS instance that holds one enabled catalogue item for each dataset."""

    url: str
    resource: str = "{identifier}"
    visas: bool = False  # whether REMS makes visas of its ids, so that each has to be an https address
    events: Tuple[str, ...] = ()  # secrets, one of which its events carry; none: it tells nothing
    backwards: Optional[Resource] = None  # of `resource`, where it tells of events

    def __repr__(self) -> str:
        return shown(self, "events")

    @property
    def signs(self) -> bool:
        """Whether its links carry a signed reference: never, for REMS drops every other parameter at its redirect."""
        return False

    @classmethod
    def read(cls, key: str, settings: Mapping[str, Any], demo: bool) -> "Rems":
        """Make one from an entry of SECUREB2SHARE_ACCESS; raises ConfigError."""
        check_settings(key, settings, ("url",), ("resource", "visas", "events"))
        url = link.check_base(key, settings["url"], demo)
        resource, visas = settings.get("resource", "{identifier}"), bool(settings.get("visas"))
        check_resource(key, resource, PLACES, visas)
        events = _secrets(key, settings["events"]) if "events" in settings else ()
        return cls(url, resource, visas, events, Resource.read(key, resource) if events else None)

    def resid(self, identifier: str, pid: str, source: str, record_url: str) -> str:
        """The external id of a dataset's resource, as its link has it."""
        return resid(self.resource, identifier, pid, source, record_url)

    def resid_digest(self, identifier: str, pid: str, source: str, record_url: str) -> str:
        """The digest of the resource's id to which a dataset's link leads, as a registration notes it."""
        return client.digest(self.resid(identifier, pid, source, record_url).encode("utf-8"))

    def expand(self, values: Dict[str, Any], languages: Collection[str] = ()) -> str:
        """The link for `values` (dict by PLACES); REMS speaks the reader's language itself."""
        # the id is put together first and encoded as a whole: its own characters need encoding too
        return "%s/apply-for?resource=%s" % (self.url, link.encoded(self.resource.format(**values)))


def _secrets(key, given):
    secrets = (given,) if isinstance(given, str) else given
    is_list = isinstance(secrets, (list, tuple)) and bool(secrets)
    if not is_list or not all(isinstance(one, str) and _can_be_sent(one) for one in secrets):
        raise ConfigError(
            "%s: events must be a secret of at least %d letters, digits and signs without spaces, or a list of such."
            % (key, SHORTEST)
        )
    return tuple(secrets)


def _can_be_sent(secret):
    return len(secret) >= SHORTEST and all("!" <= character <= "~" for character in secret)
