"""The sources, and who may send which messages for them."""

import datetime
from typing import Any, Collection, Dict, Mapping, NamedTuple, Optional, Set, Tuple

from .. import characters
from ..client import TOLERANCE, NotVerified, fingerprint, key_fault, verify
from ..config import day, shown, url_fault
from ..dataset import RESERVED_SOURCES
from ..descriptions.schema import SCHEMA
from ..errors import ConfigError, Invalid, KeyExpired, NotSigned


class SourceKey(NamedTuple):
    """A key that signs a source's messages, perhaps for some of its tenants only."""

    text: str  # "whpk_..." or "whsec_..."
    tenants: Optional[Tuple[str, ...]] = None  # None: every dataset of the source
    expires: Optional[datetime.date] = None  # the last day on which it signs; health warns before; None: never

    def __repr__(self) -> str:
        return shown(self, "text")

    def is_good(self, today: datetime.date) -> bool:
        """Whether it signs on a day (UTC)."""
        return self.expires is None or today <= self.expires


class Source(NamedTuple):
    """An authority that assigns dataset identifiers, as SECUREB2SHARE_SOURCES describes it."""

    name: str
    keys: Tuple[SourceKey, ...]
    community: str
    access: str
    targets: Tuple[str, ...] = ()
    release: str = "review"
    describe_files: str = "labels"
    opens: str = "published"
    file_age: int = 7 * 86400  # seconds
    quota: Optional[int] = None  # datasets
    bytes_a_day: Optional[int] = 100000000
    revisions_a_day: Optional[int] = 20000
    owner: Optional[str] = None  # e-mail address of the account that owns its records, on hosts that have owners
    ways: Mapping[str, str] = {}  # way of access -> where it begins at this site; empty: not told, so each may be named
    withdrawn_title: bool = True  # whether the title of a withdrawn dataset stays in public
    echo: Tuple[str, ...] = ()  # of the targets, those that want to hear what the source itself caused
    registers: Tuple[str, ...] = ()  # of the targets, those that make the place where a dataset is applied for
    hdab_from: Optional[datetime.date] = None  # from this day on its health data name a health data access body

    def needs_hdab(self, today: datetime.date) -> bool:
        """Whether on a day (UTC) health data of the EU and EEA have to name their health data access body."""
        return self.hdab_from is not None and self.hdab_from <= today


class Sender(NamedTuple):
    """The sender of a message: a source, by one of its keys or tokens."""

    source: Source
    tenants: Optional[Tuple[str, ...]] = None  # None: every dataset of the source
    message_id: Optional[str] = None  # where the signature holds one; a token's message has it in its body
    key: Optional[str] = None  # fingerprint of the key that signed; None: a token did

    def may_touch(self, tenant: Optional[str]) -> bool:
        """Whether a dataset of this tenant is one of the sender's."""
        return self.tenants is None or tenant in self.tenants

    @property
    def may_confirm(self) -> bool:
        """Whether it may confirm that many datasets are to end: a key that is not limited to tenants signed."""
        return self.key is not None and self.tenants is None

    def must_speak_for(self, tenant: Optional[str]) -> None:
        """Raise Invalid when a message would give its dataset to a tenant that is not the sender's."""
        if self.tenants is not None and tenant not in self.tenants:
            raise Invalid([("tenant", "must be one of the tenants of this key: %s" % ", ".join(self.tenants))])


SETTINGS = Source._fields[1:-3]  # the name is the entry's key; the targets and the configuration set the last three
WAYS = SCHEMA["properties"]["sensitive"]["properties"]["access_mode"]["items"]["enum"]
LEAST = (("file_age", 300), ("quota", 1), ("bytes_a_day", 1), ("revisions_a_day", 1))
CHOICES = {
    "release": ("publish", "review"),
    "describe_files": ("labels", "full"),
    "opens": ("published", "acknowledged"),
}


def read(config: Mapping[str, Any], targets: Mapping[str, Any], providers: Collection[str]) -> Dict[str, Source]:
    """The sources {name: Source} from SECUREB2SHARE_SOURCES; raises ConfigError.

    targets, providers: what SECUREB2SHARE_TARGETS and SECUREB2SHARE_ACCESS define, by name.
    """
    sources: Dict[str, Source] = {}
    hdab_from = day("SECUREB2SHARE_HDAB_FROM", config.get("SECUREB2SHARE_HDAB_FROM"), what="")
    for name, settings in config["SECUREB2SHARE_SOURCES"].items():
        key = "SECUREB2SHARE_SOURCES[%r]" % name
        if name in RESERVED_SOURCES or "/" in name or not 1 <= len(name) <= 100:
            raise ConfigError("%s: this name is reserved, too long or has a slash; choose another." % key)
        if characters.hidden_in_name(name) or not characters.is_composed(name):
            raise ConfigError("%s: this name has invisible characters, or is not in NFC; type it anew." % key)
        unknown = set(settings) - set(SETTINGS)
        if unknown:
            raise ConfigError(
                "%s has the unknown setting %s; known are %s." % (key, sorted(unknown)[0], ", ".join(SETTINGS))
            )
        for needed in ("keys", "community", "access"):
            if not settings.get(needed):
                raise ConfigError("%s needs %r." % (key, needed))
        read_keys = _keys(key, settings["keys"], sources, targets)
        source = Source(
            name=name, **dict({k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()}, keys=read_keys)
        )
        for setting, choices in CHOICES.items():
            if getattr(source, setting) not in choices:
                raise ConfigError("%s: %s must be %s." % (key, setting, " or ".join(repr(c) for c in choices)))
        for setting, least in LEAST:
            number = getattr(source, setting)
            if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < least):
                raise ConfigError("%s: %s must be a whole number of at least %d." % (key, setting, least))
        if not isinstance(source.withdrawn_title, bool):
            raise ConfigError("%s: withdrawn_title must be True or False." % key)
        if source.owner is not None and not (isinstance(source.owner, str) and "@" in source.owner):
            raise ConfigError("%s: owner must be the e-mail address of an account." % key)
        _check_ways(key, source.ways, bool(config.get("SECUREB2SHARE_DEMO")))
        if source.access not in providers:
            raise ConfigError("%s: access %r is not in SECUREB2SHARE_ACCESS." % (key, source.access))
        for target in source.targets:
            if target not in targets:
                raise ConfigError("%s: target %r is not in SECUREB2SHARE_TARGETS." % (key, target))
        if source.opens == "acknowledged" and not source.targets:
            raise ConfigError("%s: opens 'acknowledged' needs a target that can acknowledge." % key)
        registers = tuple(t for t in source.targets if targets[t].registers)
        # what makes the place where a dataset is applied for has to hear of every change
        echo = tuple(t for t in source.targets if targets[t].echo or t in registers)
        sources[name] = source._replace(echo=echo, registers=registers, hdab_from=hdab_from)
    return sources


def _check_ways(key, ways, demo):
    if not isinstance(ways, dict):
        raise ConfigError("%s: ways must be a dict of way of access -> address." % key)
    for name, address in ways.items():
        if name not in WAYS:
            raise ConfigError("%s: ways has the unknown way %r; known are %s." % (key, name, ", ".join(WAYS)))
        fault = url_fault(address, demo) if isinstance(address, str) else "must be an address"
        if fault:
            raise ConfigError("%s: ways[%r] %s." % (key, name, fault))


def _keys(key, entries, sources, targets):
    taken: Set[str] = {fingerprint(taken_key.text) for source in sources.values() for taken_key in source.keys}
    secrets = {target.fingerprint: name for name, target in targets.items() if target.fingerprint}
    read_keys = []
    for number, entry in enumerate(entries):
        place = "%s: keys[%d]" % (key, number)
        if not isinstance(entry, dict):
            entry = {"key": entry}
        tenants = entry.get("tenants")
        if set(entry) - {"key", "tenants", "expires"}:
            raise ConfigError("%s must be a key, or a dict of key, tenants and expires." % place)
        if "tenants" in entry and not (
            isinstance(tenants, (list, tuple)) and tenants and all(isinstance(t, str) and t for t in tenants)
        ):
            raise ConfigError("%s: tenants must be a list of names; leave it out to allow all tenants." % place)
        fault = key_fault(entry.get("key"))
        if fault:
            raise ConfigError("%s %s." % (place, fault))
        # by its bytes, which base64 can spell in several ways
        named = fingerprint(entry["key"])
        if named in taken:
            raise ConfigError("%s is there twice; each key may have only one entry, in one source." % place)
        if named in secrets:
            raise ConfigError(
                "%s is the secret of the target %r too, which could sign for the source; give each its own."
                % (place, secrets[named])
            )
        taken.add(named)
        expires = day(place, entry.get("expires"))
        read_keys.append(SourceKey(entry["key"], tuple(tenants) if tenants else None, expires))
    return tuple(read_keys)


def authenticate(
    sources: Mapping[str, Source],
    name: str,
    headers: Any,
    body: bytes,
    tolerance: float = TOLERANCE,
    today: Optional[datetime.date] = None,
) -> Sender:
    """The Sender of a signed message for the source `name`; raises NotSigned, or KeyExpired that says the same.

    Only the keys of that source are tried. A valid signature of another source, one for a source that does not exist,
    and one by a key whose last day is past, get the same answer: no source learns what another one has, and whoever
    holds an old key not that it was one.

    headers: mapping with lower-case or case-insensitive names; tolerance: seconds that the signature may be old; today:
    of UTC.
    """
    source = sources.get(name)
    today = today or datetime.datetime.now(datetime.timezone.utc).date()
    keys = {key.text: key for key in source.keys} if source is not None else {}
    good = [text for text, key in keys.items() if key.is_good(today)]
    try:
        message_id, text = verify(good, headers, body, tolerance=tolerance)
    except NotVerified as error:
        _refuse_expired(name, [text for text in keys if text not in good], headers, body, tolerance, error)
        raise NotSigned(str(error))
    return Sender(sources[name], keys[text].tenants, message_id, fingerprint(text))


def _refuse_expired(name, expired, headers, body, tolerance, refused):
    try:
        _, text = verify(expired, headers, body, tolerance=tolerance)
    except NotVerified:
        return
    raise KeyExpired(str(refused), name, fingerprint(text))
