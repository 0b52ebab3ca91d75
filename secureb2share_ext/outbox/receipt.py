"""What did the target answer, and does it acknowledge exactly the bytes that were sent?"""

import json

from ..client import canonical, digest

KNOWN = ("dataset_id", "receipt_id", "received_at", "digest")
LONGEST = 300  # characters kept of each


def read(answer, sent):
    """(canonical JSON text to keep or None, whether it acknowledges) of an answer to the body `sent` (bytes).

    Only the members of a receipt are kept; a target may answer anything, and nothing else of it is stored.
    """
    try:
        value = json.loads(answer.decode("utf-8"))
        kept = {name: value[name][:LONGEST].replace("\x00", "") for name in KNOWN if isinstance(value.get(name), str)}
        text = canonical(kept).decode("utf-8")
    except (ValueError, AttributeError, RecursionError):
        return None, False
    return (text if kept else None), kept.get("digest") == digest(sent)
