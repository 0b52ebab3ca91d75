"""The description that a curator's page showed, carried by its forms, so that a later page can say what changed since.

Nothing of it is kept on the server. A form's text is believed only where its digest is the one that the form names.
"""

import base64
import binascii
import json
import zlib
from typing import Any, Dict, Optional

from ..client import digest

LONGEST_FIELD = 6000  # characters in a form, beside the longest reason; a page with more goes without, and says less
LONGEST_TEXT = 2000000  # bytes that are unpacked


def packed(text: str) -> str:
    """A description (canonical JSON) for a hidden field, or "" where it is too long for one. Pure."""
    found = base64.urlsafe_b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")
    return found if len(found) <= LONGEST_FIELD else ""


def unpacked(field: str, named: str) -> Optional[Dict[str, Any]]:
    """The description of a hidden field, or None where it has not the digest (SHA-256 hex) that is named. Pure."""
    try:
        data = base64.urlsafe_b64decode(field[:LONGEST_FIELD].encode("ascii"))
        text = zlib.decompressobj().decompress(data, LONGEST_TEXT)
        return json.loads(text.decode("utf-8")) if digest(text) == named else None
    except (ValueError, UnicodeError, binascii.Error, zlib.error):
        return None
