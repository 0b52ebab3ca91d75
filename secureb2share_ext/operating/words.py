"""The words for the states of events, targets and findings. Pure, but for the reader's language."""

import re
from typing import Dict, Tuple

from ..pages.language import gettext
from ..pages.words import N_

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
    "resting": ("wait", "clock", N_("Does not answer")),
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
}
# by status, or by its first digit
ANSWERS = {
    "401": N_("It did not accept our signature or secret."),
    "403": N_("It did not accept our signature or secret."),
    "404": N_("There is nothing at its address."),
    "410": N_("There is nothing at its address any more."),
    "429": N_("It has too much to do."),
    "413": N_("The message was too long for it."),
    "2": N_("It took the message."),
    "3": N_("It has moved; we do not follow."),
    "4": N_("It did not accept the message."),
    "5": N_("It could not take the message."),
}
SILENT = N_("It did not answer.")
OURS = {
    "EgressRefused": N_("Its address is not allowed."),
    "NoSigningKey": N_("We have no key to sign with."),
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


def answer(outcome: str, state: str) -> str:
    """What the last answer of a target means, or "" where it is an operator's own reason or there was none."""
    if not outcome or state == "discarded":
        return ""
    for name, text in OURS.items():
        if name in outcome:
            return gettext(text)
    found = re.search(r"status (\d{3})", outcome)
    if found is None:
        return gettext(SILENT)
    return gettext(ANSWERS.get(found.group(1)) or ANSWERS.get(found.group(1)[0], SILENT))
