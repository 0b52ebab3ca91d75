"""What the last answer of a target means, and what an operator can do about it. Pure, but for the reader's language."""

import re

from ..pages.language import gettext
from ..pages.words import N_

# what it means, and what to do: by status, by its first digit, or by why there was no answer
ANSWERS = {
    "401": (
        N_("It did not accept our signature or secret."),
        N_("Compare the keys: the target has to know the public keys of this catalogue, or the same secret."),
    ),
    "404": (
        N_("There is nothing at its address."),
        N_("Check the address of the target in SECUREB2SHARE_TARGETS."),
    ),
    "410": (
        N_("There is nothing at its address any more."),
        N_("Ask the target's operator for the new address, and set it in SECUREB2SHARE_TARGETS."),
    ),
    "413": (
        N_("The message was too long for it."),
        N_("Ask the target's operator to accept longer messages, then try again."),
    ),
    "429": (
        N_("It has too much to do."),
        N_("Wait: it is tried again by itself, after the time that it asked for."),
    ),
    "2": (
        N_("It took the message."),
        N_("Ask the target's operator why it answers without a receipt of what was sent."),
    ),
    "3": (
        N_("It has moved; we do not follow."),
        N_("Ask the target's operator for the new address, and set it in SECUREB2SHARE_TARGETS."),
    ),
    "4": (
        N_("It did not accept the message."),
        N_("Ask the target's operator why, then try the event again, or discard it."),
    ),
    "5": (
        N_("It could not take the message."),
        N_("The fault is on the other side: ask the target's operator what the log of the target says."),
    ),
    "silent": (
        N_("It did not answer."),
        N_("Look whether the target runs, and whether a firewall lets this server reach its address."),
    ),
    "refused": (
        N_("Nothing listens at its address."),
        N_("Look whether the target runs, and whether its port in SECUREB2SHARE_TARGETS is right."),
    ),
    "nameless": (
        N_("Its host name is not known."),
        N_("Check the host name in SECUREB2SHARE_TARGETS, and the name service of this server."),
    ),
    "tls": (
        N_("No secure connection to it could be made."),
        N_("Check the target's certificate: its host name, its last day, and whether this server trusts its issuer."),
    ),
    "egress": (
        N_("Its address is not allowed."),
        N_("Check the address of the target; if it is inside your own network, set allow_private for it."),
    ),
    "keyless": (
        N_("We have no key to sign with."),
        N_("Make a signing key, or bring the folder SECUREB2SHARE_SIGNING_KEY back."),
    ),
    "unsent": (
        N_("It cannot be sent as it is."),
        N_("Change the text that the reason names, and discard the event: the change makes another one."),
    ),
    "secret": (
        N_("We have no secret to sign in with."),
        N_("Look at the file that the reason names: the worker has to be able to read it."),
    ),
}
ALIKE = {"403": "401"}
# by words of the reasons that a kind of target gives itself
WORDS = (("not sent: ", "unsent"), ("secret_file ", "secret"), ("TSD's database ", "5"))
# by the names of errors' classes, as targets.answer keeps them
ERRORS = (
    ("EgressRefused", "egress"),
    ("NoSigningKey", "keyless"),
    ("ConnectionRefused", "refused"),
    ("SSL", "tls"),
    ("CertificateError", "tls"),
    ("ConnectionError", "nameless"),  # this very class is raised for nothing else
)
# states of events that an operator can still do something about
UNSETTLED = ("pending", "parked", "delivered")


def cause(outcome: str) -> str:
    """The cause in ANSWERS of what was kept of an attempt, such as "status 401"."""
    for words, known in WORDS:
        if words in outcome:
            return known
    found = re.search(r"\bstatus (\d{3})\b", outcome)
    if found is None:
        error = outcome.rpartition(" ")[2]
        return next((name for start, name in ERRORS if error.startswith(start)), "silent")
    status = ALIKE.get(found.group(1), found.group(1))
    return status if status in ANSWERS else status[0] if status[0] in ANSWERS else "silent"


def meaning(outcome: str, state: str) -> str:
    """What the last answer to an event means, or "" where it is an operator's own reason or there was none."""
    return gettext(ANSWERS[cause(outcome)][0]) if outcome and state != "discarded" else ""


def advice(outcome: str, state: str) -> str:
    """What to do about the last answer to an event in this state, or "" where nothing is to be done."""
    return gettext(ANSWERS[cause(outcome)][1]) if outcome and state in UNSETTLED else ""
