"""How is an event sent to a generic ingest API?

Standard Webhooks headers over the frozen bytes, Idempotency-Key, Content-Digest (RFC 9530). No redirects, no proxies
from the environment, a bounded answer in bounded time.
"""

import base64
import hashlib
import time

import requests

from .. import client
from ..errors import ConfigError
from . import egress
from .answer import Answer

CONNECT, READ, TOTAL = 5, 20, 40  # seconds; TOTAL stays well under the outbox's lease
MAX_ANSWER = 65536  # bytes


class Webhook:
    """One target of kind webhook."""

    def __init__(self, url, sign, allow_private=False, echo=False):
        self.url = url
        self.sign = sign
        self.allow_private = allow_private
        self.echo = echo

    @classmethod
    def read(cls, key, settings, sign, demo):
        """From an entry of SECUREB2SHARE_TARGETS; raises ConfigError."""
        unknown = set(settings) - {"url", "secret", "allow_private", "echo"}
        if unknown:
            raise ConfigError("%s has the unknown setting %s." % (key, sorted(unknown)[0]))
        fault = egress.url_fault(settings.get("url") or "", demo)
        if fault:
            raise ConfigError("%s: url %s." % (key, fault))
        secret = settings.get("secret")
        if secret is not None and not secret.startswith("whsec_"):
            raise ConfigError("%s: secret must start with whsec_." % key)

        def with_secret(message_id, body):
            return client.signed_headers(secret, message_id, body)

        allow_private = bool(settings.get("allow_private")) or demo
        return cls(settings["url"], with_secret if secret else sign, allow_private, bool(settings.get("echo")))

    def send(self, event):
        """The Answer to one attempt; never raises for what the network or the target does."""
        try:
            egress.check_address(self.url, self.allow_private)
            headers = dict(self.sign(event.message_id, event.body), **self._headers(event))
            with requests.Session() as session:
                session.trust_env = False
                answer = session.post(
                    self.url,
                    data=event.body,
                    headers=headers,
                    timeout=(CONNECT, READ),
                    allow_redirects=False,
                    stream=True,
                )
                with answer:
                    body = _read(answer)
            return Answer(answer.status_code, body, answer.headers.get("retry-after", ""))
        except (requests.RequestException, OSError, egress.EgressRefused, client.ClientError) as error:
            return Answer(error=type(error).__name__)

    @staticmethod
    def _headers(event):
        hashed = base64.b64encode(hashlib.sha256(event.body).digest()).decode("ascii")
        return {
            "content-type": "application/cloudevents+json",
            "content-digest": "sha-256=:%s:" % hashed,
            "idempotency-key": '"%s"' % event.message_id,
            "user-agent": "secureb2share",
        }


def _read(answer):
    end = time.monotonic() + TOTAL
    body = b""
    for chunk in answer.iter_content(8192):
        body += chunk
        if len(body) > MAX_ANSWER or time.monotonic() > end:
            # an answer that does not fit is no receipt; its status still counts
            return b""
    return body
