"""What an issuer publishes of itself: its addresses (OpenID Connect Discovery 1.0) and its keys (RFC 7517)."""

import json
import threading
import time
from typing import Any, Callable, Dict, Optional, Tuple

import requests

from ..errors import ProviderDown

AGAIN = 10  # seconds after which an unknown key is looked for once more
ANEW = 3600  # seconds after which everything is read again
TIMEOUT = 5  # seconds for a connection, and between two pieces of an answer
LONGEST_WAIT = 15  # seconds for an answer
LONGEST = 1000000  # bytes of an answer
WELL_KNOWN = "/.well-known/openid-configuration"


def fetch(url: str) -> Any:
    """The JSON value at a provider's address; raises ProviderDown."""
    end = time.monotonic() + LONGEST_WAIT
    body = b""
    try:
        with requests.get(url, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
            if answer.status_code != 200:
                raise ProviderDown("status %d" % answer.status_code)
            for piece in answer.iter_content(16384):
                body += piece
                if len(body) > LONGEST or time.monotonic() > end:
                    raise ProviderDown("an answer without an end")
        return json.loads(body.decode("utf-8"))
    except requests.RequestException as error:
        raise ProviderDown(type(error).__name__)
    except ValueError:
        raise ProviderDown("no JSON")


class Discovery:
    """The published addresses and keys of one issuer, kept in this process."""

    def __init__(
        self, issuer: str, read: Callable[[str], Any] = fetch, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.issuer = issuer
        self._read, self._clock = read, clock
        self._lock = threading.Lock()
        self._addresses: Tuple[Dict[str, Any], float] = ({}, 0.0)
        self._keys: Tuple[Dict[str, Dict[str, Any]], float] = ({}, 0.0)

    def address(self, member: str) -> str:
        """An address such as ``authorization_endpoint``; raises ProviderDown."""
        with self._lock:
            found, read_at = self._addresses
            if not found or self._clock() - read_at > ANEW:
                found = self._read(self.issuer.rstrip("/") + WELL_KNOWN)
                if not isinstance(found, dict) or found.get("issuer") != self.issuer:
                    raise ProviderDown("discovery of another issuer")
                self._addresses = found, self._clock()
        value = found.get(member)
        # what is published over TLS leads to nothing without it
        if not isinstance(value, str) or not value.startswith(self.issuer.partition(":")[0] + "://"):
            raise ProviderDown("no %s" % member)
        return value

    def key(self, kid: str) -> Optional[Dict[str, Any]]:
        """The JWK (dict) with this id, or None; raises ProviderDown."""
        found, read_at = self._keys
        age = self._clock() - read_at
        if not found or age > ANEW or (kid not in found and age > AGAIN):
            url = self.address("jwks_uri")
            with self._lock:
                if self._keys[1] == read_at:
                    self._keys = _by_id(self._read(url)), self._clock()
        return self._keys[0].get(kid)


def _by_id(document):
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise ProviderDown("no keys")
    found = {}
    for jwk in keys:
        kid = jwk.get("kid") if isinstance(jwk, dict) else None
        if isinstance(kid, str) and kid:
            if kid in found:
                # which of two keys is meant, nobody can say
                raise ProviderDown("two keys with one id")
            found[kid] = jwk
    return found
