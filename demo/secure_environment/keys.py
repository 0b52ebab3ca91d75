"""The environment's own signing key and its owner's password, and the keys of the catalogue."""

import os
import secrets
import threading
import time

from secureb2share_ext import client

FRESH = 5  # seconds for which fetched keys are used without asking again


def own(data):
    """The pair ("whsk_...", "whpk_...") in `data`/key and `data`/key.pub; the first call makes it."""
    os.makedirs(data, mode=0o700, exist_ok=True)
    path = os.path.join(data, "key")
    if not os.path.exists(path):
        _write(path, client.new_key()[0], 0o600)
    with open(path, encoding="ascii") as file:
        private = file.read().strip()
    public = client.public_of(private)
    _write(path + ".pub", public, 0o644)
    return private, public


def password(data):
    """The password of the data owner in `data`/password; the first call makes it."""
    path = os.path.join(data, "password")
    if not os.path.exists(path):
        _write(path, secrets.token_urlsafe(9), 0o600)
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def _write(path, line, mode):
    # a reader sees the whole line or no file
    descriptor = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(line + "\n")
    os.replace(path + ".new", path)


class CatalogueKeys:
    """The JWK set that the catalogue publishes, kept for a few seconds."""

    def __init__(self, fetch):
        """fetch: () -> JWK set."""
        self._fetch = fetch
        self._lock = threading.Lock()
        self._jwks = None
        self._until = 0

    def verify(self, check):
        """What `check(jwks)` returns; when the kept keys do not verify, once more with newly fetched ones."""
        jwks = self._kept()
        if jwks is not None:
            try:
                return check(jwks)
            except client.NotVerified:
                pass  # the catalogue may have a new key since
        return check(self._renew())

    def _kept(self):
        with self._lock:
            return self._jwks if time.monotonic() < self._until else None

    def _renew(self):
        jwks = self._fetch()
        with self._lock:
            self._jwks, self._until = jwks, time.monotonic() + FRESH
        return jwks
