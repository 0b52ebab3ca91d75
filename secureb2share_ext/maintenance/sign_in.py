"""What `check` says of the sign-in with a second factor: which ways of login lead nowhere, and what to do. Pure.

Facts come in and sentences go out; sign_in_facts.py collects. Accounts are counted, and never named.
"""

import datetime
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..sign_in.rules import ACTIONS
from ..sign_in.settings import KEY, SignIn, obstacle
from .wording import counted

CLASS = "secureb2share_ext.sign_in.remote_app:RemoteApp"


class Observed(NamedTuple):
    """The requests of one action that mode `on` would have stopped."""

    level: int = 0  # those that lacked the level
    age: int = 0  # those whose sign-in was too old, and nothing else
    since: Optional[datetime.datetime] = None  # naive UTC


class Facts(NamedTuple):
    """What was found on an application; names are those of remote apps."""

    settings: SignIn
    remotes: Mapping[str, str]  # remote app -> "" where its class is ours, else the name of its class
    has_password: bool = False  # whether accounts can log in by a password of the catalogue
    vain: Sequence[str] = ()  # configuration keys that are set and have no effect any longer
    shared: Sequence[Sequence[str]] = ()  # remote apps that have one consumer_key
    tables: Sequence[str] = ()  # of invenio-oauthclient that are missing
    holders: int = 0  # accounts with rights
    unlinked: int = 0  # of these, those without an identity at a provider of ours
    unconfirmed: int = 0  # accounts with rights whose identity does not count, as a sign-in alone has linked it
    down: Mapping[str, str] = {}  # provider -> why its issuer cannot be read now
    observed: Mapping[str, Observed] = {}  # action -> count


def findings(facts: Facts) -> List[str]:
    """[sentence] for each thing with which somebody cannot sign in, or not strongly enough."""
    found = []
    if facts.tables:
        said = "The tables %s of invenio-oauthclient are missing: run `invenio alembic upgrade`."
        found.append(said % ", ".join(sorted(facts.tables)))
    for name in sorted(facts.settings.providers):
        found += _of_provider(name, facts)
    said = (
        "The remote apps %s have one consumer_key, by which invenio-oauthclient keeps who is linked where: register a"
        " client with a name of its own for each."
    )
    found += [said % " and ".join(names) for names in facts.shared]
    return found + _of_rules(facts.settings)


def _of_provider(name, facts):
    key = "%s['providers'][%r]" % (KEY, name)
    found = []
    if name not in facts.remotes:
        said = (
            "%s: there is no remote app %r, so that nobody can sign in there; add it to OAUTHCLIENT_REMOTE_APPS, as"
            " secureb2share_ext.sign_in.entry.remote_app makes it."
        )
        found.append(said % (key, name))
    elif facts.remotes[name]:
        said = (
            "%s: the remote app %r is a %s, which verifies nothing that comes back; set"
            " OAUTHCLIENT_REMOTE_APPS[%r]['remote_app'] to %r."
        )
        found.append(said % (key, name, facts.remotes[name], name, CLASS))
    if name in facts.down:
        said = (
            "%s: the issuer %s cannot be read now (%s), so that nobody can sign in there; look whether it answers, and"
            " whether issuer is as its discovery document has it."
        )
        found.append(said % (key, facts.settings.providers[name].issuer, facts.down[name]))
    return found


def _of_rules(settings):
    """A sentence for each rule that nobody can satisfy; the same rule of several actions has one."""
    places: Dict[str, List[str]] = {}
    for action in ACTIONS:
        for number, rule in enumerate(settings.rules[action]):
            reasons = [obstacle(rule, provider) for _, provider in sorted(settings.providers.items())]
            if all(reasons):
                said = ": no provider can satisfy this rule. %s" % " ".join(_unique(reasons))
                places.setdefault(said, []).append("%s[%d]" % (action, number))
    return ["%s['rules'] %s%s" % (KEY, ", ".join(where), said) for said, where in places.items()]


def _unique(texts):
    return sorted(set(texts), key=texts.index)


def notes(facts: Facts) -> List[str]:
    """[sentence] of what an operator should know, and may well want so."""
    return _of_observing(facts) + _of_actions(facts.settings) + _of_ways(facts) + _of_settings(facts)


def _of_observing(facts):
    if facts.settings.mode != "observe":
        return []
    found = [
        "Sign-in is observed: nobody is asked for a second factor. Set mode of %s to 'on' when these counts are what"
        " you expect." % KEY
    ]
    for action in ACTIONS:
        one = facts.observed.get(action, Observed())
        if one.since is not None:
            said = (
                "In observe since %sZ: %s to %s would have been stopped, %d of them for the age of the sign-in alone."
            )
            since = one.since.isoformat(timespec="seconds")
            found.append(said % (since, counted(one.level + one.age, "request"), action, one.age))
    return found if len(found) > 1 else found + ["No request since observing began would have been stopped."]


def _of_actions(settings):
    found = []
    for name in sorted(settings.providers):
        weak = [action for action in ACTIONS if name not in settings.able(action)]
        if weak:
            said = "Who signs in at %s can never %s: add a rule that it can satisfy, or link those accounts elsewhere."
            found.append(said % (name, " or ".join(weak)))
    return found


def _of_ways(facts: Facts) -> List[str]:
    found = []
    if facts.has_password and facts.holders:
        found.append(
            "An account that logs in by password has to link an identity at %s before it can decide: the password"
            " alone satisfies no rule." % _either(sorted(facts.settings.providers))
        )
    others = sorted(set(facts.remotes) - set(facts.settings.providers))
    if others:
        said = (
            "Who signs in by %s satisfies no rule: it is no provider of %s. Such a sign-in reads, and its accounts link"
            " an identity of ours before they decide."
        )
        found.append(said % (_either(others), KEY))
    if facts.unlinked:
        said = (
            "%s with rights, of %d, %s no identity at a provider of ours, and cannot decide: run"
            " `secureb2share sign-in link ADDRESS --provider NAME --subject SUB` for each; `secureb2share who` lists"
            " them."
        )
        verb = "has" if facts.unlinked == 1 else "have"
        found.append(said % (counted(facts.unlinked, "account"), facts.holders, verb))
    if facts.unconfirmed:
        said = (
            "%s with rights %s linked by a sign-in alone, or under another issuer, and %s refused there: run"
            " `secureb2share sign-in link ADDRESS --provider NAME --subject SUB` for each whose identity is right, and"
            " `secureb2share sign-in unlink` for any other; `secureb2share sign-in list` names them."
        )
        verb = "is" if facts.unconfirmed == 1 else "are"
        found.append(said % (counted(facts.unconfirmed, "account"), verb, verb))
    return found


def _either(names):
    return " or ".join(names)


def _of_settings(facts):
    said = "%s has no effect: %s decides what is verified. Remove it."
    return [said % (name, KEY) for name in sorted(facts.vain)]


def of_handlers(name: str, is_ours: bool) -> Tuple[str, ...]:
    """The configuration keys of invenio-oauthclient's Keycloak handlers that decide nothing for a provider.

    name: of the remote app; is_ours: whether its account comes from the verified id token, by entry.info.
    """
    checks = ("VERIFY_AUD", "VERIFY_EXP", "AUD")
    more = ("REALM_URL", "USER_INFO_URL", "USER_INFO_FROM_ENDPOINT")
    # a stock handler still asks these for who signed in
    return tuple("OAUTHCLIENT_%s_%s" % (name.upper(), one) for one in checks + (more if is_ours else ()))
