"""The receipt in a target's answer, which acknowledges exactly the bytes that were sent."""

import json
from typing import Optional, Tuple

from ..client import canonical, digest

KNOWN = ("catalogue", "dataset_id", "receipt_id", "received_at", "digest")
LONGEST = 300  # characters kept of each


def read(answer: bytes, sent: bytes) -> Tuple[Optional[str], bool]:
    """(canonical JSON text to keep or None, whether it acknowledges) of an answer to the body `sent` (bytes).

    A receipt may name the catalogue that it is for, and acknowledges nothing of another one. Only the members of a
    receipt are kept; a target may answer anything, and nothing else of it is stored.
    """
    try:
        value = json.loads(answer.decode("utf-8"))
        kept = {name: value[name][:LONGEST].replace("\x00", "") for name in KNOWN if isinstance(value.get(name), str)}
        text = canonical(kept).decode("utf-8")
    except (ValueError, AttributeError, RecursionError):
        return None, False
    acknowledges = kept.get("digest") == digest(sent) and _is_for_sender(value, sent)
    return (text if kept else None), acknowledges


def _is_for_sender(receipt, sent):
    # the event is read for a receipt that names a catalogue alone
    return "catalogue" not in receipt or receipt["catalogue"] == json.loads(sent.decode("utf-8")).get("source")
