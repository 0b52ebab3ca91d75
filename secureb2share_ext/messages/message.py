"""A signed message, and what messages may say.

The body names its action, catalogue, source and identifier, so that a signature over the body cannot be moved to
another request or another catalogue.
"""

import datetime
from typing import Any, Dict, Iterable, NamedTuple, Optional

from .. import characters
from ..client import digest, from_utc
from ..dataset import TRANSITIONS, identifier_fault
from ..descriptions import schema, strict_json
from ..errors import Invalid, NotAccepted, OtherCatalogue

MAX_AHEAD = datetime.timedelta(minutes=5)  # of `issued`, before the catalogue's clock
APPLICATION_STATES = ("submitted", "approved", "denied", "closed")

TEXT = {"type": "string"}
_TENANT = {"type": "string", "minLength": 1, "maxLength": 100}
ID = {"type": "string", "minLength": 1, "maxLength": 255}
DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_REASON = {"type": "string", "minLength": 1, "maxLength": 1000, "pattern": r"\S"}
_COMMON = {
    "action": TEXT,
    "catalogue": TEXT,
    "source": TEXT,
    "identifier": TEXT,
    "issued": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?Z$"},
}
_MEMBERS = {
    "register": ({"tenant": _TENANT, "dataset": {"type": "object"}}, ["dataset"]),
    "state": (
        {
            "state": {"enum": sorted(TRANSITIONS)},
            "reason": _REASON,
            "successor": ID,
            "confirm": {"enum": ["withdrawals"]},
        },
        ["state", "reason"],
    ),
    "decision": ({"application": ID, "state": {"enum": list(APPLICATION_STATES)}}, ["application", "state"]),
    "transfer": (
        {"tenant": _TENANT, "contact": schema.SCHEMA["properties"]["core"]["properties"]["contacts"]["items"]},
        ["tenant"],
    ),
    "receipt": (
        {
            "event": {"type": "string", "pattern": "^[0-9a-f-]{36}$"},
            "digest": DIGEST,
            "receipt_id": ID,
        },
        ["event", "digest"],
    ),
    "erase": ({"reason": _REASON}, ["reason"]),
    "attest": ({"digest": DIGEST}, ["digest"]),
}
ACTIONS = tuple(_MEMBERS)
_VALIDATORS = {
    action: schema.Strict(
        {
            "type": "object",
            "properties": dict(_COMMON, id=ID, **members),
            "required": sorted(_COMMON) + required,
            "additionalProperties": False,
        }
    )
    for action, (members, required) in _MEMBERS.items()
}


class Message(NamedTuple):
    """A signed message whose signature, form and place were checked."""

    id: str
    source: str
    identifier: str
    action: str
    issued: datetime.datetime  # naive UTC; never changes for one id
    digest: str  # SHA-256 hex of the body's bytes
    members: Dict[str, Any]  # what the action needs: dataset, state, reason, ...
    size: int  # of the body, in bytes

    @property
    def tenant(self) -> Optional[str]:
        """The tenant that the message names, or None."""
        return self.members.get("tenant")

    def must_follow(self, issued: Optional[datetime.datetime]) -> None:
        """Raise NotAccepted when this is older than `issued`, of the last accepted message about its dataset."""
        if issued and self.issued < issued:
            raise NotAccepted("A message about this dataset that was issued later was accepted already.", code="stale")


def read(
    message_id: Optional[str],
    action: str,
    source: str,
    identifier: str,
    body: bytes,
    describe_files: str,
    now: datetime.datetime,
    names: Iterable[str],
    needs_hdab: bool = False,
) -> Message:
    """The Message in `body` (bytes) for the action, Source name and identifier of the URL.

    message_id: of the signature, or None where the body has to name it; now: naive UTC; names: those by which messages
    may call this catalogue, the present one first; needs_hdab: whether health data have to name their access body by
    now. Raises Invalid, with all faults at once, those of the dataset starting with ``dataset.``; and OtherCatalogue.
    """
    value = strict_json.parse(body)
    must_be_ours(value, names)
    faults = schema.schema_faults(_VALIDATORS[action], value)
    found = value if isinstance(value, dict) else {}
    for field, expected in (("action", action), ("source", source), ("identifier", identifier)):
        if isinstance(found.get(field), str) and found[field] != expected:
            faults.append((field, "differs from the request's address"))
    why = identifier_fault(identifier)
    if why:
        faults.append(("identifier", why))
    if message_id is None and "id" not in found:
        faults.append(("id", "is required in a message without a signature"))
    elif message_id is not None and found.get("id", message_id) != message_id:
        faults.append(("id", "differs from webhook-id"))
    if isinstance(found.get("dataset"), dict):
        # who writes an accent as a character of its own means the same text
        found["dataset"] = characters.composed(found["dataset"])
        told = schema.description_faults(found["dataset"], describe_files, needs_hdab)
        faults += [("dataset." + f, m) for f, m in told]
    named = [("id", message_id)] + [(field, found.get(field)) for field in ["id"] + list(_MEMBERS[action][0])]
    faults += sorted({(field, "must have no control characters") for field, text in named if schema.has_controls(text)})
    hidden = {True: characters.hidden_in_prose, False: characters.hidden_in_name}
    faults += sorted(
        {
            (field, characters.HIDDEN)
            for field, text in named
            if isinstance(text, str) and hidden[field == "reason"](text)
        }
    )
    encoded = schema.encoded_fault(found["reason"]) if isinstance(found.get("reason"), str) else None
    faults += [("reason", encoded)] if encoded else []
    issued = _issued(found.get("issued"), now, faults)
    if faults:
        raise Invalid(faults)
    members = {name: found[name] for name in _MEMBERS[action][0] if name in found}
    return Message(message_id or found["id"], source, identifier, action, issued, digest(body), members, len(body))


def must_be_ours(value: Any, names: Iterable[str]) -> None:
    """Raise OtherCatalogue where the parsed body of a message names a catalogue by none of `names`."""
    named = value.get("catalogue") if isinstance(value, dict) else None
    if isinstance(named, str) and named not in names:
        raise OtherCatalogue("The message was signed for another catalogue: this one is named %s." % next(iter(names)))


def _issued(text, now, faults):
    try:
        issued = from_utc(text)
    except (TypeError, ValueError):
        if isinstance(text, str):
            faults.append(("issued", "is not a UTC time such as 2026-01-31T12:00:00Z"))
        return None
    if issued > now + MAX_AHEAD:
        faults.append(("issued", "lies more than 5 minutes in the future"))
    return issued
