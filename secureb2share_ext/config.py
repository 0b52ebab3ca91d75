"""The keys that an operator sets, what each defaults to, and what follows from it.

Five are enough for a site: MODE, SOURCES, TARGETS, ACCESS and SIGNING_KEY. The keys are read when the application
starts; a value that makes no sense stops the start with a ConfigError that names it, unless the mode is off.
"""

import datetime
import ipaddress
import os
from typing import Any, Collection, Dict, List, Mapping, Optional
from urllib.parse import urlsplit

from .errors import ConfigError

LOOPBACK = ("localhost", "127.0.0.1", "::1")
BOUNDS = {
    "SECUREB2SHARE_MAX_BODY": (1, 10**9),
    "SECUREB2SHARE_WRONG_SIGNATURES": (1, 10**6),
    "SECUREB2SHARE_WITHDRAWAL_DAYS": (0, 3650),
    "SECUREB2SHARE_SWEEP_INTERVAL": (1, 86400),
}
UNLIMITED = ("SECUREB2SHARE_WRONG_SIGNATURES",)  # None sets no limit
KINDS = {dict: "a dict", bool: "True or False", str: "a text", type(None): "a text"}

SECUREB2SHARE_MODE = "off"
"""``"off"``, ``"observe"`` or ``"on"``. Off: nothing changes but that access links answer. On: uploads are closed on
the whole instance, and sources, events and access links work. Observe: nothing is refused, changed, shown or sent; what
would be refused is counted by route and community (``secureb2share check`` tells), and curators' records that would be
accepted get their dataset's row and events that are never sent, also later."""

SECUREB2SHARE_SOURCES: Dict[str, Dict[str, Any]] = {}
"""dict: name of a source -> dict of its settings. A source is an authority that assigns dataset identifiers.

``keys``: list of ``"whpk_..."`` (Ed25519, advised) or ``"whsec_..."`` (HMAC) that sign its messages; a dict
``{"key": "whpk_...", "tenants": ["p11"]}`` limits one to the datasets of these tenants; with
``"expires": "2027-01-31"`` in it one signs until that day (UTC) ends, and ``secureb2share health`` warns before. No key
may stand twice or be a target's secret.
``community``: where its records are; on records-rest the name of an entry of ``RECORDS_REST_ENDPOINTS``, on B2SHARE the
name of a community.
``access``: name of an entry of ``SECUREB2SHARE_ACCESS``.
``targets``: list of names of ``SECUREB2SHARE_TARGETS``, told of its datasets. Default none.
``release``: ``"review"`` (default): a registration waits for a curator; ``"publish"``: it is public at once.
``withdrawn_title``: ``True`` (default) or ``False``; whether the title of a withdrawn dataset stays in public, beside
its PID, state, reason, date and role contact.
``describe_files``: ``"labels"`` (default) or ``"full"``; full allows names, sizes and checksums in public.
``opens``: ``"published"`` (default): access links lead to the form at once; ``"acknowledged"``: only when every target
of the source has acknowledged the dataset.
``file_age``: int, seconds that a line of a file for ``secureb2share ingest`` may be old. Default 604800, a week.
``quota``: int, how many datasets the source may register. Default None, no limit.
``bytes_a_day``: int, how many bytes the bodies of its accepted messages may have in a day (UTC). Default 100000000;
None: no limit.
``revisions_a_day``: int, how many of its messages in a day may change something. Default 20000; None: no limit. Raise
both for the day on which a source with more datasets brings them all.
``ways``: dict of way of access -> https address where it begins at the source's site, such as
``{"secure-environment-only": "https://desktop.example.org", "file-api": "https://api.example.org/files"}``; its keys
are codes of ``sensitive.access_mode``. A new dataset, or a change, that names another way is refused. Default {}: each
may be named.
``owner``: e-mail address of the account that owns its records; B2SHARE needs one, records-rest has no owners."""

SECUREB2SHARE_TARGETS: Dict[str, Dict[str, Any]] = {}
"""dict: name of a target -> dict of its settings. A target is an ingest API of a secure side, or a REMS.

``kind``: ``"webhook"``, ``"tsd"`` for a table of the file API of TSD or Educloud, or ``"rems"``.
``url``: https; of a tsd target the base of the API, such as ``"https://api.tsd.usit.no"``.
``echo``: for webhook and tsd, True tells the target also of what its own source caused. Default False.
``concurrency``: int, over how many connections one sweep sends to it side by side; the events of one dataset keep
their order. Default 1.
``allow_private``: True allows an address in a private range. Default False.
``secret``: for webhook, ``"whsec_..."``, signs with HMAC instead of Ed25519; no other target may have it.
``expires``: for webhook and rems, ``"2027-01-31"``, the day on which its secret or key ends; ``secureb2share health``
warns before. Default None.
``project``: for tsd, the project's number, such as ``"p11"``.
``app``: for tsd, the name under which TSD has registered the catalogue.
``table``: for tsd, the table that gets a row for each event. Default ``"events"``.
``secret_file``: for tsd, the whole path of the file with the client secret. The worker reads it, the web server need
not, and ``secureb2share target renew`` replaces it. ``health`` warns 60, 30 and 7 days before the secret ends.

A target of kind rems registers each dataset as a resource with one enabled catalogue item. It hears of every change
without ``echo``, and the links of its sources lead to REMS only while that item is enabled. Its other settings:
``user``: the id of the REMS user who acts, an owner of the organisation.
``api_key``, or ``api_key_file``: the key, or the whole path of a file with it, which each sweep reads anew.
``organization``: the id of the organisation that owns what is made.
``workflow``: int, the id of the workflow of new items; ``form``: int, that of their form, default None.
``licenses``: list of the ids of the licences of new resources. Default none.
``resource``: the resource's id with places, as in ``SECUREB2SHARE_ACCESS`` and without ``{revision}``. It must be that
of the provider of every source that names the target. Where several sources register at one address, ``{identifier}``
needs ``{source}`` beside it. Default ``"{identifier}"``.
``languages``: list of the languages in which titles are written; REMS has to be configured for them. Default
``["en"]``.
``visas``: True: REMS makes GA4GH visas of the ids, so that each has to be https and at most 255 characters long."""

SECUREB2SHARE_ACCESS: Dict[str, Dict[str, Any]] = {}
"""dict: name -> dict of a provider of access-request links.

``provider``: ``"template"``, ``"nettskjema"`` or ``"rems"``. Their links carry values of these places, percent-encoded:
``{identifier}``, ``{pid}``, ``{pid_url}`` (the address that resolves it), ``{source}``, ``{revision}``,
``{record_url}``, ``{reference}`` (signed; not for rems).
``url``: https; of a template with places in its path or query; of a REMS instance; of Nettskjema only if it is another
than https://nettskjema.no.
``form``: for nettskjema, the form's number or name.
``forms``: for nettskjema instead of ``form``: dict of language tag -> form, the first for all other readers.
``codes``: for nettskjema, dict of codebook code -> name of a place, such as ``{"ref": "reference"}``.
``lock``: for nettskjema, list of the codes that are locked in the page. Default all.
``resource``: for rems, the resource's id, with at least one of ``{identifier}``, ``{pid}``, ``{pid_url}`` and
``{record_url}``. Default ``"{identifier}"``.
``events``: for rems, the secret that its events carry, at least 24 characters, or a list of such while one is replaced;
then ``resource`` has one of ``{identifier}``, ``{pid}``, ``{pid_url}`` and ``{record_url}``, and beside it at most
``{source}``. The events go to ``/api/datasets/rems/`` and the entry's name. Default: none are taken.
``visas``: for rems, True: REMS makes GA4GH visas of the ids, so that ``resource`` has to begin with https."""

SECUREB2SHARE_SIGNING_KEY: Optional[str] = None
"""str: folder of the private keys that ``secureb2share keys new`` makes; readable by the service alone. They sign
events and access references; without one neither is made. A file ``instance.json`` in it names the instance to which
the folder belongs: every database needs a folder of its own."""

SECUREB2SHARE_STATE_FOLDER: Optional[str] = None
"""str: folder of the file ``outbox.mark``, which tells a database that came back from a backup. Keep it out of the
database's backups, writable for the workers, and the same for all of them. Default: the folder of the signing keys,
which can be mounted read-only where this one is another."""

SECUREB2SHARE_HEALTH: Dict[str, Any] = {}
"""dict: name of a finding of ``secureb2share health`` -> ``(warning, critical)``, the values from which on it is one;
None is never. Only what differs from the defaults, such as ``{"unacknowledged": (None, None)}``."""

SECUREB2SHARE_HOST: Optional[str] = None
"""str: ``"rdm"``, ``"b2share2"`` or ``"records_rest"``; by default the first of these that is installed."""

SECUREB2SHARE_PAGE_TEMPLATE: Optional[str] = None
"""str: the template that this package's pages extend, with the blocks of ``secureb2share_ext/frame.html``. Default: the
site's ``BASE_TEMPLATE``, in which they fill ``page_body``; where there is none, a frame of this package."""

SECUREB2SHARE_AUDIT_KNOWN: Dict[str, str] = {}
"""dict: endpoint -> reason. A site's own write routes that take no content; any other unknown one stops writing."""

SECUREB2SHARE_MAX_BODY = 1000000
"""int, bytes: the longest body of a write request; a longer one is refused before anything looks at it."""

SECUREB2SHARE_WRONG_SIGNATURES: Optional[int] = 20
"""int, how many wrong signatures or tokens one address may send for one source in ten minutes; then it waits (429).
None: no limit."""

SECUREB2SHARE_SHARED_NETWORKS: Optional[List[str]] = None
"""list of networks, such as ``"10.0.0.0/8"``, of which one address may stand for many senders: that of a proxy of which
the host was not told. Such an address never waits: its wrong signatures get 429, and right ones pass. Default: the
private networks, except an address that was named by a proxy known to the host (``PROXYFIX_CONFIG``)."""

SECUREB2SHARE_WITHDRAWAL_DAYS = 14
"""int, days for which an operator can take a withdrawal or supersession back; what waited is kept so long; 0: never."""

SECUREB2SHARE_HDAB_FROM = "2029-03-26"
"""str, a day (UTC): from it on, descriptions of health data of the European Union and the European Economic Area have
to name their health data access body. Default: the day from which Implementing Regulation (EU) 2026/2098 applies."""

SECUREB2SHARE_SWEEP_INTERVAL = 5
"""int, seconds between two sweeps of the outbox by Celery beat."""

SECUREB2SHARE_SIGN_IN: Dict[str, Any] = {}
"""dict, {} for none: the second factor that curators, reviewers and operators need. See the page Sign-in.

``mode``: ``"off"``, ``"observe"`` (what would be stopped is counted, and ``check`` tells) or ``"on"``.
``providers``: dict: name of an entry of ``OAUTHCLIENT_REMOTE_APPS`` -> dict. ``issuer``: of its id tokens, as its
discovery document has it; or ``userinfo``: the address that tells who signed in, for one without id tokens.
``method``: under which the host keeps its identities, by default the name. ``algorithms``: list of ``"RS256"``,
``"PS256"`` and ``"ES256"``, by default all.
``rules``: list of dicts of which one has to hold; or a dict with such a list for each of ``curate``, ``review``,
``operate`` and ``erase``. All of a rule has to hold: ``acr``, list of which one is the level; ``amr``, list of factors
that were all used; ``claims``, dict of claim -> list of which one is there; ``max_age``, seconds since the
authentication; ``time``: ``"provider"`` (default), or ``"ours"`` where the provider tells no time: then everything is
asked anew, and the age counts from the end of that sign-in here. ``providers``: list of those for which it is meant.
``token_age``: seconds for which a personal token counts that was made in a strong session. Default 7776000, 90 days.
``roles``: dict: name of a provider -> dict: claim -> dict: value -> list of the roles that it gives, each one of
``"curate"``, ``"review"``, both also for one source as in ``"curate:tsd"``, ``"operate"`` and ``"erase"``. At each
sign-in through the provider an account gets what its claims say, and loses what they say no longer."""

SECUREB2SHARE_DEMO = False
"""bool: allows http on loopback for targets and access links. Never on a site."""


def set_defaults(config: Dict[str, Any]) -> None:
    """Give every key of this module that the site did not set its default."""
    for name, value in _defaults().items():
        config.setdefault(name, value)


def check_settings(
    key: str, settings: Mapping[str, Any], needed: Collection[str], optional: Collection[str] = ()
) -> None:
    """Raise ConfigError when an entry (dict) has an unknown setting, or lacks one of `needed`."""
    unknown = set(settings) - set(needed) - set(optional)
    if unknown:
        raise ConfigError("%s has the unknown setting %s." % (key, sorted(map(str, unknown))[0]))
    for name in needed:
        if not settings.get(name):
            raise ConfigError("%s needs %s." % (key, name))


def shown(value: Any, *secret: str) -> str:
    """The repr of a NamedTuple without the members that hold a secret: logs and error reports show what it is."""
    members = ("%s=%r" % pair for pair in value._asdict().items() if pair[0] not in secret)
    return "%s(%s)" % (type(value).__name__, ", ".join(members))


def count(key: str, settings: Mapping[str, Any], name: str, most: int) -> int:
    """A setting (name) of an entry that is a whole number from 1 to `most`, 1 without one; raises ConfigError."""
    value = settings.get(name, 1)
    # True is a number too
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ConfigError("%s: %s must be a whole number from 1 to %d." % (key, name, most))
    return value


def url_fault(url: Any, demo: bool) -> Optional[str]:
    """The reason why a configured URL (a text, where it is right) cannot be used, or None."""
    if not isinstance(url, str):
        return "must be a text"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URL"
    if not host or parts.username or parts.password or parts.fragment:
        return "needs a host, and no user, password or fragment"
    if parts.scheme == "https":
        return None
    if parts.scheme == "http" and demo and host in LOOPBACK:
        return None
    return "must be https (http only on loopback, with SECUREB2SHARE_DEMO)"


def check_values(config: Mapping[str, Any]) -> None:
    """Raise ConfigError for a key of this module whose value is of another kind than its default, or out of bounds."""
    networks(config, "SECUREB2SHARE_SHARED_NETWORKS")
    for key, default in _defaults().items():
        value = config[key]
        if key == "SECUREB2SHARE_SHARED_NETWORKS" or (value is None and (default is None or key in UNLIMITED)):
            continue
        if key in BOUNDS:
            least, most = BOUNDS[key]
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise ConfigError("%s must be a whole number from %d to %d." % (key, least, most))
        elif not isinstance(value, (str, os.PathLike) if default is None else type(default)):
            raise ConfigError("%s must be %s." % (key, KINDS[type(default)]))


def _defaults():
    return {name: value for name, value in globals().items() if name.startswith("SECUREB2SHARE_")}


def networks(config: Mapping[str, Any], key: str) -> Optional[List[Any]]:
    """The networks (of ipaddress) of a key that lists them, None for None; raises ConfigError."""
    value = config.get(key)
    if value is None:
        return None
    try:
        if isinstance(value, (str, bytes)):
            raise ValueError("one network is no list")
        # a number would be taken for an address
        return [ipaddress.ip_network(str(one)) for one in value]
    except (TypeError, ValueError):
        raise ConfigError("%s must be a list of networks such as '10.0.0.0/8'." % key)


def day(place: str, text: Any, what: str = ": expires") -> Optional[datetime.date]:
    """The datetime.date of a setting such as "2027-01-31", or None for None; raises ConfigError naming the place."""
    if text is None:
        return None
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d").date()
    except (TypeError, ValueError):
        raise ConfigError("%s%s must be a day such as '2027-01-31'." % (place, what))
