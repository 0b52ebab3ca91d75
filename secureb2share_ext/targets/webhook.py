"""The target of kind webhook: a generic ingest API.

A request has the Standard Webhooks headers over the frozen bytes, Idempotency-Key and Content-Digest (RFC 9530).
"""

import base64
import datetime
import hashlib
import http.client
from typing import Any, Callable, Dict, Optional

from .. import client
from ..config import check_settings, count, day, url_fault
from ..errors import ConfigError, SecureB2ShareError
from .answer import Answer
from .connection import MOST_AT_ONCE, Connection

Sign = Callable[[str, bytes], Dict[str, str]]  # (message id, body) -> headers

SETTINGS = ("secret", "allow_private", "echo", "expires", "concurrency")


class Webhook:
    """One target of kind webhook."""

    registers = False

    def __init__(
        self,
        url: str,
        sign: Optional[Sign] = None,
        allow_private: bool = False,
        echo: bool = False,
        expires: Optional[datetime.date] = None,
        concurrency: int = 1,
        fingerprint: Optional[str] = None,
    ) -> None:
        self.url = url
        self.sign = sign  # with its secret, where it has one
        self.allow_private = allow_private
        self.echo = echo
        self.expires = expires  # datetime.date on which its secret ends, or None
        self.concurrency = concurrency  # connections that one sweep sends over side by side
        self.fingerprint = fingerprint  # of its secret, where it has one

    @classmethod
    def read(cls, key: str, settings: Dict[str, Any], demo: bool) -> "Webhook":
        """The Webhook of an entry of SECUREB2SHARE_TARGETS; raises ConfigError.

        key: the entry's name for messages; demo: whether http and private addresses are allowed.
        """
        check_settings(key, settings, ("url",), SETTINGS)
        fault = url_fault(settings["url"], demo)
        if fault:
            raise ConfigError("%s: url %s." % (key, fault))
        secret = settings.get("secret")
        fault = client.key_fault(secret, ("whsec_",)) if secret is not None else None
        if fault:
            raise ConfigError("%s: secret %s." % (key, fault))

        def with_secret(message_id: str, body: bytes) -> Dict[str, str]:
            return client.signed_headers(str(secret), message_id, body)

        allow_private = bool(settings.get("allow_private")) or demo
        expires = day(key, settings.get("expires"))
        concurrency = count(key, settings, "concurrency", MOST_AT_ONCE)
        echo, sign = bool(settings.get("echo")), with_secret if secret else None
        named = client.fingerprint(secret) if secret else None
        return cls(settings["url"], sign, allow_private, echo, expires, concurrency, named)

    def open(self) -> "Channel":
        """A Channel to the target; one thread at a time uses it."""
        return Channel(self)


class Channel:
    """One connection to a target, which is kept between messages."""

    def __init__(self, target: Webhook) -> None:
        self.target = target
        self.last: Any = None  # the event that was sent over it before
        self._connection = Connection(target.url, target.allow_private)

    def send(self, event: Any, sign: Sign) -> Answer:
        """The Answer to one attempt; never raises for what the network, the target or a missing key does.

        event: with message_id and body; sign: signs with the catalogue's current key.
        """
        try:
            signed = (self.target.sign or sign)(event.message_id, event.body)
            return self._connection.post(event.body, dict(signed, **_headers(event)))
        except (OSError, http.client.HTTPException, SecureB2ShareError, ValueError) as error:
            return Answer(error=type(error).__name__)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def _headers(event: Any) -> Dict[str, str]:
    hashed = base64.b64encode(hashlib.sha256(event.body).digest()).decode("ascii")
    return {
        "content-type": "application/cloudevents+json",
        "content-digest": "sha-256=:%s:" % hashed,
        "idempotency-key": '"%s"' % event.message_id,
        "user-agent": "secureb2share",
    }
