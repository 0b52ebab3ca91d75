"""The senders of signed messages, and what the log says of those that are refused."""

from typing import Any, Mapping

from flask import current_app

from .. import stops
from ..client import TOLERANCE
from ..errors import KeyExpired
from . import sources
from .sources import Sender, Source


def authenticate(
    all_sources: Mapping[str, Source], name: str, headers: Any, body: bytes, tolerance: float = TOLERANCE
) -> Sender:
    """The Sender of a signed message, as in sources.authenticate; a key whose last day is past gets into the log.

    Raises SourceSuspended too.
    """
    try:
        sender = sources.authenticate(all_sources, name, headers, body, tolerance)
    except KeyExpired as error:
        tell_expired(error)
        raise
    stops.must_not_be_suspended(name)
    return sender


def tell_expired(error: KeyExpired) -> None:
    """Log that a key whose last day is past signed, by its fingerprint."""
    current_app.logger.warning("secureb2share.key-expired source=%s key=%s", error.source, error.fingerprint)
