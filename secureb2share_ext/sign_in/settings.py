"""SECUREB2SHARE_SIGN_IN as it was read: the providers, the rules of each action, and how long a token counts. Pure."""

from typing import Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from .. import config
from ..errors import ConfigError
from .id_token import ALGORITHMS
from .roles import Roles, members
from .roles import read as read_roles
from .rules import ACTIONS, Rule, Strength

KEY = "SECUREB2SHARE_SIGN_IN"
MODES = ("off", "observe", "on")
ONLY_TOKENS = ("acr", "amr", "auth_time")  # claims that only an id token proves
LONGEST_AGE = 30 * 86400  # seconds
LONGEST_TOKEN_AGE = 3650 * 86400


class Provider(NamedTuple):
    """An identity provider; its client id and secret are those of the host's remote app of the same name."""

    name: str  # of the entry of OAUTHCLIENT_REMOTE_APPS
    issuer: str = ""  # as its discovery and its id tokens name it; without one it has no id tokens
    userinfo: str = ""  # the address that tells who signed in, for a provider without id tokens
    method: str = ""  # under which the host keeps its identities (UserIdentity.method)
    algorithms: Tuple[str, ...] = ALGORITHMS


class SignIn(NamedTuple):
    """What the key says."""

    mode: str
    providers: Mapping[str, Provider]
    rules: Mapping[str, List[Rule]]  # action -> any of these
    token_age: int  # seconds for which a personal token counts, from its making in a session that was strong enough
    roles: Mapping[str, Roles] = {}  # name of a provider -> the roles that its claims give

    def every_rule(self) -> List[Rule]:
        """The rules of all actions."""
        return [rule for action in ACTIONS for rule in self.rules[action]]

    def proved_by(self, strength: Optional[Strength]) -> Optional[Provider]:
        """The Provider that has proved a Strength, None where it is not there any more, or has another issuer."""
        found = self.providers.get(strength.provider) if strength is not None else None
        # userinfo names no issuer
        is_same = found is not None and strength is not None and found.issuer in ("", strength.issuer)
        return found if is_same else None

    def able(self, action: str) -> List[str]:
        """The names of the providers at which a sign-in can satisfy a rule of an action."""
        pairs = sorted(self.providers.items())
        return [name for name, one in pairs if not all(obstacle(rule, one) for rule in self.rules[action])]


def obstacle(rule: Rule, provider: Provider) -> str:
    """The sentence why sign-ins at a provider can never satisfy a rule, "" where they can."""
    name = provider.name
    if rule.providers and name not in rule.providers:
        return "It is not meant for %s." % name
    if provider.issuer:
        return ""
    asked = [one for one in ONLY_TOKENS if getattr(rule, one, None) or one in rule.claims]
    if asked:
        said = "%s has no id tokens, and nothing else proves %s: ask for other claims of it, such as its groups."
        return said % (name, " and ".join(asked))
    if not rule.is_timed_here:
        return "%s tells no time of a sign-in: set time to 'ours' in a rule for it." % name
    return ""


def read(given: Mapping[str, Any]) -> Optional[SignIn]:
    """The SignIn of a configuration, None where it is off or empty; raises ConfigError."""
    settings = members(KEY, given["SECUREB2SHARE_SIGN_IN"])
    if not settings:
        return None
    config.check_settings(KEY, settings, ("mode",), ("providers", "rules", "token_age", "roles"))
    if settings["mode"] not in MODES:
        raise ConfigError("%s: mode is %r; it must be 'off', 'observe' or 'on'." % (KEY, settings["mode"]))
    if settings["mode"] == "off":
        return None
    config.check_settings(KEY, settings, ("mode", "providers", "rules"), ("token_age", "roles"))
    providers = _providers(settings["providers"], bool(given["SECUREB2SHARE_DEMO"]))
    token_age = _seconds(KEY, settings, "token_age", 90 * 86400, LONGEST_TOKEN_AGE)
    given_roles = _roles(settings, providers, given)
    return SignIn(settings["mode"], providers, _rules(settings["rules"], providers), token_age, given_roles)


def read_providers(given: Mapping[str, Any]) -> Mapping[str, Provider]:
    """{name: Provider} of a configuration, whatever its modes: what comes back from them is verified always.

    Empty where the key cannot be read, which `read` tells while it is on.
    """
    settings = given["SECUREB2SHARE_SIGN_IN"]
    try:
        return _providers(settings.get("providers", {}), bool(given["SECUREB2SHARE_DEMO"]))
    except (ConfigError, AttributeError, TypeError):
        return {}


def _providers(settings, is_demo):
    found: Dict[str, Provider] = {}
    for name, entry in members(KEY + "['providers']", settings).items():
        key = "%s['providers'][%r]" % (KEY, name)
        config.check_settings(key, members(key, entry), (), Provider._fields[1:])
        if bool(entry.get("issuer")) == bool(entry.get("userinfo")):
            raise ConfigError("%s needs issuer, or userinfo where the provider has no id tokens; not both." % key)
        for member in ("issuer", "userinfo"):
            fault = config.url_fault(entry[member], is_demo) if entry.get(member) else None
            if fault or (entry.get(member) and urlsplit(entry[member]).query):
                raise ConfigError("%s: %s %s." % (key, member, fault or "has a query"))
        algorithms = _texts(key, entry, "algorithms") or frozenset(ALGORITHMS)
        if algorithms - set(ALGORITHMS):
            raise ConfigError("%s: algorithms are some of %s." % (key, ", ".join(ALGORITHMS)))
        found[name] = Provider(
            name,
            # an issuer is compared as a text, in which a slash at the end counts
            entry.get("issuer", ""),
            entry.get("userinfo", ""),
            _text(key, entry, "method", name),
            tuple(one for one in ALGORITHMS if one in algorithms),
        )
        _check_method(key, found[name], found)
    return found


def _check_method(key, provider, found):
    # the host finds an account by method and subject, and a subject is somebody at one issuer alone
    for other in found.values():
        if other.method == provider.method and _source(other) != _source(provider):
            raise ConfigError(
                "%s: method %r is that of %r too, and people of the one would be taken for people of the other; give"
                " each its own." % (key, provider.method, other.name)
            )


def _source(provider):
    return provider.issuer or provider.userinfo


def _roles(settings, providers, given):
    sources = given.get("SECUREB2SHARE_SOURCES") or {}
    return read_roles(KEY + "['roles']", settings.get("roles", {}), providers, sources)


def _rules(settings, providers):
    key = KEY + "['rules']"
    if isinstance(settings, list):
        settings = {action: settings for action in ACTIONS}
    # an action that was forgotten would ask for nothing
    config.check_settings(key, members(key, settings), ACTIONS)
    found = {}
    for action in ACTIONS:
        if not isinstance(settings[action], list):
            raise ConfigError("%s[%r] must be a list of rules." % (key, action))
        found[action] = [
            _rule("%s[%r][%d]" % (key, action, number), entry, providers)
            for number, entry in enumerate(settings[action])
        ]
    return found


def _rule(key, entry, providers):
    config.check_settings(key, members(key, entry), ("max_age",), ("acr", "amr", "claims", "providers", "time"))
    claims = {
        name: frozenset(_texts("%s['claims']" % key, entry["claims"], name))
        for name in members("%s['claims']" % key, entry.get("claims", {}))
    }
    meant = frozenset(_texts(key, entry, "providers"))
    unknown = sorted(meant - set(providers))
    if unknown:
        raise ConfigError("%s: providers names %r, which is not one of %s['providers']." % (key, unknown[0], KEY))
    if entry.get("time", "provider") not in ("provider", "ours"):
        raise ConfigError("%s: time must be 'provider' or 'ours'." % key)
    rule = Rule(
        acr=frozenset(_texts(key, entry, "acr")),
        amr=frozenset(_texts(key, entry, "amr")),
        claims=claims,
        max_age=_seconds(key, entry, "max_age", None, LONGEST_AGE),
        providers=meant,
        is_timed_here=entry.get("time") == "ours",
    )
    if not (rule.acr or rule.amr or rule.claims):
        raise ConfigError("%s needs acr, amr or claims: a time alone says nothing of a second factor." % key)
    return rule


def _text(key, entry, name, default):
    value = entry.get(name, default)
    if not isinstance(value, str) or not value:
        raise ConfigError("%s: %s must be a text, and not empty." % (key, name))
    return value


def _texts(key, entry, name) -> FrozenSet[str]:
    if name not in entry:
        return frozenset()
    value = entry[name]
    # an empty list would read as "none of them", and ask for nothing
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(one, str) and one for one in value):
        raise ConfigError("%s: %s must be a list of texts, and not empty." % (key, name))
    return frozenset(value)


def _seconds(key, entry, name, default, most):
    value = entry.get(name, default)
    # True is a number too
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ConfigError("%s: %s must be a whole number of seconds from 1 to %d." % (key, name, most))
    return value
