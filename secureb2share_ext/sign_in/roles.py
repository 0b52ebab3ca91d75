"""The roles that claims of an identity provider give, as SECUREB2SHARE_SIGN_IN['roles'] says. Pure.

    {"keycloak": {"groups": {"/catalogue/curators": ["curate:tsd", "review"]}}}

A role is the end of the name of an action of ours, for every source or, behind a colon, for one.
"""

from typing import Any, Collection, Dict, FrozenSet, Iterable, Mapping, Set, Tuple

from ..errors import ConfigError
from .rules import texts

PREFIX = "secureb2share-"  # of the actions
OF_SOURCES = ("curate", "review")  # these may be for one source
KINDS = OF_SOURCES + ("operate", "erase")
NOT = "not "  # before a right that is denied

Grant = Tuple[str, str]  # (action, name of a source or "" for all of them)
Roles = Mapping[str, Mapping[str, FrozenSet[Grant]]]  # claim -> value -> what it gives


def read(key: str, settings: Any, providers: Collection[str], sources: Collection[str]) -> Dict[str, Roles]:
    """{provider: Roles} of the setting `roles`; raises ConfigError.

    key: how the setting is called in a sentence; providers, sources: names of those that are configured.
    """
    found: Dict[str, Roles] = {}
    for provider, claims in members(key, settings).items():
        if provider not in providers:
            raise ConfigError("%s names the provider %r, which is not configured." % (key, provider))
        here = "%s[%r]" % (key, provider)
        found[provider] = {
            claim: {
                value: frozenset(_grants("%s[%r][%r]" % (here, claim, value), given, sources))
                for value, given in members("%s[%r]" % (here, claim), values).items()
            }
            for claim, values in members(here, claims).items()
        }
    return found


def _grants(key, given, sources):
    if not isinstance(given, (list, tuple)) or not given:
        raise ConfigError("%s must be a list of roles." % key)
    for role in given:
        kind, colon, source = role.partition(":") if isinstance(role, str) else ("", "", "")
        if kind not in KINDS or (colon and kind not in OF_SOURCES):
            known = ", ".join(KINDS + tuple(one + ":SOURCE" for one in OF_SOURCES))
            raise ConfigError("%s: %r is no role; a role is one of %s." % (key, role, known))
        if colon and source not in sources:
            raise ConfigError("%s: %r names no source of SECUREB2SHARE_SOURCES." % (key, role))
        yield PREFIX + kind, source


def members(key: str, value: Any) -> Dict[str, Any]:
    """The value of a setting (key: how it is called in a sentence) that is a dict of texts; raises ConfigError."""
    if not isinstance(value, dict) or not all(isinstance(name, str) and name for name in value):
        raise ConfigError("%s must be a dict, with texts for keys." % key)
    return value


def wanted(roles: Roles, claims: Mapping[str, Any]) -> Set[Grant]:
    """What verified claims give; a claim that is missing, or neither a text nor a list of texts, gives nothing."""
    found: Set[Grant] = set()
    for claim, values in roles.items():
        for value in texts(claims.get(claim)):
            found |= values.get(value, frozenset())
    return found


def right(action: str, argument: Any, is_denied: bool = False) -> str:
    """A right in one text, "curate:tsd" or "not operate" for example; argument: name of a source, or None."""
    name = action[len(PREFIX) :] if action.startswith(PREFIX) else action
    return NOT * is_denied + name + (":%s" % argument if argument else "")


def has_less(before: Iterable[str], after: Iterable[str]) -> bool:
    """Whether a right was taken or denied between two sets of them (as `right` writes them)."""
    old, new = set(before), set(after)
    return any(not one.startswith(NOT) for one in old - new) or any(one.startswith(NOT) for one in new - old)
