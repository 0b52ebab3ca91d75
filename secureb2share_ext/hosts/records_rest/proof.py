"""The proof in a stamp that this catalogue wrote it, and into which record.

While the package is away, or before it came, whoever may write records can write a stamp too: by the proof, those that
are ours are known again.
"""

import hashlib
import hmac
from typing import Any, Dict, Mapping

from flask import current_app

from ...client import canonical

NAME = "proof"


def proven(stamp: Mapping[str, Any], record_uuid: Any) -> Dict[str, Any]:
    """A stamp with its proof, for one record; without one where the application has no SECRET_KEY."""
    said = {name: value for name, value in stamp.items() if name != NAME}
    key = current_app.config.get("SECRET_KEY")
    if key:
        key = key if isinstance(key, bytes) else key.encode("utf-8")
        meant = canonical({"stamp": said, "record": str(record_uuid)})
        said[NAME] = hmac.new(key, b"secureb2share.stamp\n" + meant, hashlib.sha256).hexdigest()
    return said


def is_proven(stamp: Mapping[str, Any], record_uuid: Any) -> bool:
    """Whether the stamp of a record has its proof; a stamp with anything that is no JSON has none."""
    given = stamp.get(NAME)
    expected = proven(stamp, record_uuid).get(NAME)
    return isinstance(given, str) and expected is not None and hmac.compare_digest(given.encode(), expected.encode())
