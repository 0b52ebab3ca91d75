"""The rules of strength, and whether a verified authentication satisfies one of them. Pure.

No claim alone proves a fresh second factor: a provider's auth_time may be that of a password, its acr that of an
enrolment without a second factor, and its amr that of an earlier level. A rule therefore names several of them, all of
which have to hold; a claim that is missing does not hold.
"""

from typing import Any, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence

ACTIONS = ("curate", "review", "operate", "erase")
LEVEL, AGE = "level", "age"  # what is missing
AHEAD = 60  # seconds by which a provider's clock may be ahead of ours
LATEST = 2**53  # of a time; above it, numbers of JSON are not exact (RFC 8259, 6), and no float holds any of them
LONGEST_WORD = 255  # characters of a level or a factor


class Rule(NamedTuple):
    """One way to be strong enough; an empty set asks for nothing."""

    acr: FrozenSet[str] = frozenset()  # one of them is the claim acr
    amr: FrozenSet[str] = frozenset()  # all of them are in the claim amr
    claims: Mapping[str, FrozenSet[str]] = {}  # claim -> one of these is its value, or among its values
    max_age: int = 3600  # seconds
    providers: FrozenSet[str] = frozenset()  # names of the providers for which it is meant; none: all
    is_timed_here: bool = False  # whether the age counts from the end of a sign-in here, for want of auth_time


class Strength(NamedTuple):
    """What a provider has proved of an account in this session."""

    account: str  # the host's id of the account
    provider: str  # name
    issuer: str
    subject: str
    acr: str = ""
    amr: FrozenSet[str] = frozenset()
    claims: Mapping[str, FrozenSet[str]] = {}  # the values that rules name, and no others
    auth_time: Optional[int] = None  # seconds since 1970, by the provider's clock
    ended_at: Optional[int] = None  # the same of a sign-in that asked for everything anew, by ours


def missing(strength: Optional[Strength], account: str, rules: Sequence[Rule], now: float) -> Optional[str]:
    """None where one of the rules is satisfied, AGE where one only is too old, else LEVEL.

    account: the host's id of the account of the request; now: seconds since 1970.
    """
    if strength is None or strength.account != account:
        return LEVEL
    fitting = [rule for rule in rules if _has_level(strength, rule)]
    if any(_is_young(strength, rule, now) for rule in fitting):
        return None
    return AGE if fitting else LEVEL


def _has_level(strength, rule):
    if rule.providers and strength.provider not in rule.providers:
        return False
    if rule.acr and strength.acr not in rule.acr:
        return False
    held = all(values & strength.claims.get(name, frozenset()) for name, values in rule.claims.items())
    return held and rule.amr <= strength.amr


def _is_young(strength, rule, now):
    since = strength.ended_at if rule.is_timed_here else strength.auth_time
    return since is not None and -AHEAD <= now - since <= rule.max_age


def wish(rules: Sequence[Rule], provider: str, lack: str) -> Dict[str, str]:
    """The parameters with which a provider (name) is asked for what is missing (LEVEL or AGE).

    A level that is there and too old is asked for with everything anew: a provider may otherwise renew the time alone.
    """
    fitting = [rule for rule in rules if not rule.providers or provider in rule.providers]
    levels = sorted({level for rule in fitting for level in rule.acr})
    asked = {"max_age": str(max([rule.max_age for rule in fitting] or [0]))}
    if levels:
        asked["acr_values"] = " ".join(levels)
    if lack == AGE or any(rule.is_timed_here for rule in fitting):
        asked["prompt"] = "login"
    return asked


def again(wished: Mapping[str, str], held: Optional[Strength], provider: str) -> Dict[str, str]:
    """A wish, with everything anew where the provider (name) has answered it already, and not with enough.

    It would give the same answer until it forgets whoever is signed in there: acr may be right, and amr too little.
    """
    levels = wished.get("acr_values", "").split()
    is_answered = held is not None and held.provider == provider and (not levels or held.acr in levels)
    return dict(wished, prompt="login") if wished and is_answered else dict(wished)


def strength_of(
    account: str, provider: str, claims: Mapping[str, Any], rules: Sequence[Rule], ended_at: Optional[int]
) -> Strength:
    """The Strength that verified claims prove; a claim of another type than it has to have counts as missing.

    claims: of an id token, or of userinfo; rules: all that there are, for the claims whose values are kept.
    """
    acr, amr, auth_time = claims.get("acr"), claims.get("amr"), claims.get("auth_time")
    wanted: Dict[str, FrozenSet[str]] = {}
    for rule in rules:
        for name, values in rule.claims.items():
            found = values & frozenset(texts(claims.get(name)))
            wanted[name] = wanted.get(name, frozenset()) | found
    return Strength(
        account=account,
        provider=provider,
        issuer=str(claims.get("iss") or ""),
        subject=str(claims.get("sub") or ""),
        acr=str(acr) if _is_word(acr) else "",
        amr=frozenset(amr) if isinstance(amr, list) and all(map(_is_word, amr)) else frozenset(),
        claims=wanted,
        auth_time=auth_time if is_time(auth_time) else None,
        ended_at=ended_at,
    )


def is_time(value: Any) -> bool:
    """Whether a value of JSON is a time as auth_time has it: whole seconds since 1970."""
    # True is a number too
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LATEST


def _is_word(value):
    # an operator's terminal shows levels and factors, and each session keeps them
    return isinstance(value, str) and 0 < len(value) <= LONGEST_WORD and value.isprintable()


def _is_texts(value):
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def texts(value: Any) -> List[str]:
    """A claim that is a text or a list of texts, as a list; [] for anything else."""
    if isinstance(value, str):
        return [value]
    return value if _is_texts(value) else []


def to_session(strength: Strength) -> Dict[str, Any]:
    """The Strength as values of JSON, for a session."""
    claims = {name: sorted(values) for name, values in strength.claims.items()}
    return dict(strength._asdict(), amr=sorted(strength.amr), claims=claims)


def from_session(value: Any) -> Optional[Strength]:
    """The inverse of `to_session`; None for anything else, such as what another version has written."""
    try:
        claims = {name: frozenset(values) for name, values in value["claims"].items()}
        found = Strength(**dict(value, amr=frozenset(value["amr"]), claims=claims))
        # a text in the place of a list would be a set of its letters
        if to_session(found) != value:
            return None
    except (TypeError, KeyError, AttributeError):
        return None
    texts = [found.account, found.provider, found.issuer, found.subject, found.acr, *found.amr, *claims]
    texts += [one for values in claims.values() for one in values]
    is_timely = all(one is None or is_time(one) for one in (found.auth_time, found.ended_at))
    return found if is_timely and _is_texts(texts) else None
