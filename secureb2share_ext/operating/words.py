"""The words for the states of events, targets and findings. Pure, but for the reader's language."""

import datetime
from typing import Dict, List, Tuple

from ..pages.language import format_ago, format_time, gettext, ngettext
from ..pages.words import N_
from .standing import Target

Badge = Tuple[str, str, str]  # kind (ok, wait, stop or ""), name of an icon, text

STATES: Dict[str, Badge] = {
    "pending": ("wait", "clock", N_("Waiting")),
    "sending": ("", "right", N_("Being sent")),
    "parked": ("stop", "stop", N_("Parked")),
    "delivered": ("ok", "check", N_("Delivered without a receipt")),
    "acknowledged": ("ok", "ok", N_("Delivered")),
    "discarded": ("", "cross", N_("Discarded")),
    "observed": ("", "info", N_("Observed, never sent")),
}
KINDS = {
    "published": N_("Published"),
    "changed": N_("Changed"),
    "active": N_("Active again"),
    "suspended": N_("Paused"),
    "superseded": N_("Replaced"),
    "withdrawn": N_("Withdrawn"),
    "refused": N_("Registration refused"),
}
TARGETS: Dict[str, Badge] = {
    "sends": ("ok", "ok", N_("Takes events")),
    "due": ("", "clock", N_("Tried at the next run")),
    "failing": ("wait", "warn", N_("Events fail")),
    "resting": ("wait", "clock", N_("Waits until it is tried again")),
    "paused": ("stop", "warn", N_("Paused after an answer")),
    "held": ("wait", "pause", N_("Held by an operator")),
    "unknown": ("stop", "warn", N_("Not configured")),
}
DATASETS: Dict[str, Badge] = {
    "active": ("ok", "ok", N_("Active")),
    "suspended": ("wait", "pause", N_("Paused")),
    "superseded": ("", "newer", N_("Replaced")),
    "withdrawn": ("stop", "stop", N_("Withdrawn")),
    "held": ("wait", "clock", N_("Waits for a review")),
    "refused": ("stop", "stop", N_("Refused")),
}
LEVELS: Dict[str, Badge] = {
    "ok": ("ok", "ok", N_("In order")),
    "warning": ("wait", "warn", N_("Look at this")),
    "critical": ("stop", "stop", N_("Act now")),
    "unknown": ("", "info", N_("Not known")),
}
FINDINGS = {
    "lock": N_("Lock against uploads"),
    "triggers-left": N_("Triggers in the database"),
    "configuration": N_("Configuration"),
    "sweep": N_("Last run of the worker"),
    "undelivered": N_("Events that are not delivered"),
    "unacknowledged": N_("Events without a receipt"),
    "parked": N_("Parked events"),
    "paused": N_("Targets"),
    "expires": N_("Keys and secrets"),
    "index": N_("Search index"),
    "ghosts": N_("Entries of the search index without a record"),
    "sources": N_("Sources"),
    "signing-key": N_("Signing key"),
    "restore": N_("Notice of a restored database"),
    "clock": N_("Clock"),
    "instance": N_("Identity of this instance"),
    "stopped": N_("Stopped by an operator"),
}
RIGHTS = {
    "curate": N_("Curate"),
    "review": N_("Review"),
    "operate": N_("Operate"),
    "erase": N_("Erase"),
    "register": N_("Register"),
    "superuser-access": N_("Everything"),
    "admin-access": N_("Administrate"),
    "administration-access": N_("Administrate"),
}
# of sign_in.people.Line.by; a name stands behind all but the first
GIVERS = {
    "hand": N_("an operator"),
    "role": N_("the role %(name)s"),
    "system role": N_("the system role %(name)s"),
    "provider": N_("the provider %(name)s"),
}
FILTERS = {
    "open": N_("Not delivered"),
    "pending": N_("Waiting"),
    "parked": N_("Parked"),
    "delivered": N_("Delivered without a receipt"),
    "acknowledged": N_("Delivered"),
    "discarded": N_("Discarded"),
    "observed": N_("Observed, never sent"),
}
# of standing.next_try; "planned" is a time
NEXT = {
    "parked": N_("when you say so"),
    "sending": N_("now"),
    "held": N_("when it is resumed"),
    "paused": N_("when the target is tried again"),
    "due": N_("at the next run"),
}


def badge(table: Dict[str, Badge], name: str) -> Badge:
    """The Badge of a name in the reader's language; a name that the table lacks stands for itself."""
    kind, icon, text = table.get(name, ("", "info", name))
    return kind, icon, gettext(text)


def kind(name: str) -> str:
    """The kind of an event in words, or its name."""
    return gettext(KINDS.get(name, name))


def finding(name: str) -> str:
    """The name of a finding of health in words, or its name."""
    return gettext(FINDINGS.get(name, name))


def right(name: str) -> str:
    """A right in words, or its name."""
    return gettext(RIGHTS.get(name, name))


def giver(by: str) -> str:
    """By whom a right was given (sign_in.people.Line.by), in words."""
    kind = next((one for one in GIVERS if by.startswith(one)), "hand")
    return gettext(GIVERS[kind], name=by[len(kind) + 1 :])


def chosen(name: str) -> str:
    """The name of a filter of the list of deliveries in words."""
    return gettext(FILTERS[name])


def next_try(name: str) -> str:
    """When an event is tried next, of NEXT, or "" where that is a time of its own."""
    return gettext(NEXT.get(name, ""))


def known(target: Target, now: datetime.datetime) -> List[str]:
    """[sentence] of what is known of a target at this moment: what failed, since when, and what comes next."""
    if target.standing == "unknown":
        return []
    return [one for one in (_so_far(target), _from_now(target, now)) if one]


def _so_far(target):
    if target.since is None:
        return ""
    since = format_time(target.since)
    if target.standing == "resting":
        one = N_("%(number)s attempt failed, and none succeeded since %(when)s.")
        many = N_("%(number)s attempts failed, and none succeeded since %(when)s.")
    elif target.standing in ("failing", "due"):
        one = N_("%(number)s event was tried and not delivered; it was written %(when)s.")
        many = N_("%(number)s events were tried and not delivered; the oldest was written %(when)s.")
    else:
        return gettext("Since %(when)s.", when=since)
    return ngettext(one, many, target.failed, when=since)


def _from_now(target, now):
    if target.standing == "held":
        return gettext("Nothing is sent until somebody resumes it.")
    if target.until is None:
        return ""
    if target.until <= now:
        return gettext("The next attempt is made by the next run of the worker.")
    return gettext("The next attempt is made %(when)s.", when=format_ago(target.until, now))
