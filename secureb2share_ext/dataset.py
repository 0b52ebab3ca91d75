"""A dataset, as every flow sees it.

It is the value that travels from a signed registration or a host's record to events, links and exports. It holds no
session and no request.
"""

import re
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from . import characters
from .client import IN_PATH, canonical, digest

RESERVED_SOURCES = ("keys", "openapi.json", "rems")
_SPACES = re.compile(r"\A\s|\s\Z|\s\s|[^\S ]")  # that nobody tells from another one, or from none
CATALOGUE_PREFIX = "pid:"  # of the identifier of a record that a curator made without one

# state -> the states that may follow; withdrawn is final
TRANSITIONS: Dict[str, Tuple[str, ...]] = {
    "active": ("suspended", "superseded", "withdrawn"),
    "suspended": ("active", "superseded", "withdrawn"),
    "superseded": ("withdrawn",),
    "withdrawn": (),
}
FINAL = ("superseded", "withdrawn")  # states from which no message leads back; an operator can, for some days


_CORE = {"titles", "descriptions", "creators", "publisher", "publication_year", "contacts"}
_SENSITIVE = {"access_right", "access_conditions"}


class Dataset(NamedTuple):
    """One dataset: who assigned which identifier, what is said of it, and where it stands."""

    source: str  # the authority that assigned the identifier, e.g. "tsd"
    identifier: str  # at most 255 characters, see identifier_fault
    description: Dict[str, Any]  # the `dataset` member of a registration: core, sensitive, files, version
    pid: Optional[str] = None  # of the record, once published
    revision: int = 0  # the host's, from 0
    updated: int = 0  # the record's last change, seconds since 1970
    state: str = "active"  # a key of TRANSITIONS
    reason: Optional[str] = None  # of the state, public
    state_at: Optional[str] = None  # RFC 3339 UTC
    successor: Optional[str] = None  # identifier, where superseded
    replaced_by: Optional[str] = None  # identifier of the dataset that says it replaces this one

    @property
    def core(self) -> Dict[str, Any]:
        return self.description["core"]

    @property
    def sensitive(self) -> Dict[str, Any]:
        return self.description["sensitive"]

    @property
    def files(self) -> List[Dict[str, Any]]:
        return self.description.get("files", [])

    @property
    def replaces(self) -> Optional[str]:
        """Identifier of the dataset of which this is a new version, or None."""
        return replaces_of(self.description)

    @property
    def title(self) -> str:
        return self.core["titles"][0]["text"]

    @property
    def contact(self) -> Dict[str, Any]:
        """The main contact: {name, email?, url?}."""
        return self.core["contacts"][0]

    @property
    def is_whole(self) -> bool:
        """Whether the description has what every page and export needs; a record written past this package may not."""
        core, sensitive = (self.description.get(part) for part in ("core", "sensitive"))
        return (
            isinstance(core, dict)
            and isinstance(sensitive, dict)
            and _CORE <= set(core)
            and isinstance(core["contacts"], list)
            and bool(core["contacts"])
            and all(isinstance(contact, dict) and "name" in contact for contact in core["contacts"])
            and _SENSITIVE <= set(sensitive)
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical description: equal digests mean that nothing changed."""
        return digest(canonical(self.description))


def replaces_of(description: Dict[str, Any]) -> Optional[str]:
    """The identifier of the dataset that the one with this description replaces, or None."""
    return description.get("version", {}).get("replaces")


def identifier_fault(identifier: Any) -> Optional[str]:
    """The reason why a value cannot be the identifier of a dataset, or None.

    It may be a URL, or whatever else its source calls the dataset: client.to_path says how it stands in our addresses.
    """
    if not isinstance(identifier, str) or not identifier:
        return "must be a text that is not empty"
    if len(identifier) > 255:
        return "must have at most 255 characters"
    if re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]", identifier):
        return "must have no control characters"
    if characters.hidden_in_name(identifier) or _SPACES.search(identifier):
        return characters.HIDDEN
    if not characters.is_composed(identifier):
        return characters.NOT_COMPOSED
    if not identifier.strip("./"):
        return "must have more than dots and slashes"
    if identifier[: len(IN_PATH)].lower() == IN_PATH:
        return "must not begin with base64url:, which stands before an encoded identifier in addresses"
    return None


def state_fault(old: str, new: str, successor: Optional[str], identifier: str) -> Optional[str]:
    """The reason why a dataset cannot go from state `old` to `new`, or None; it stands behind "The state <new>"."""
    if new != old and new not in TRANSITIONS[old]:
        follow = ", ".join(TRANSITIONS[old])
        return "cannot follow the state %s (%s)" % (old, "possible: " + follow if follow else "which is final")
    if new == old == "withdrawn":
        return "is final"
    if new == "superseded" and not successor:
        return "needs a successor"
    if new != "superseded" and successor:
        return "cannot name a successor"
    if successor == identifier:
        return "cannot name the dataset itself as its successor"
    return None
