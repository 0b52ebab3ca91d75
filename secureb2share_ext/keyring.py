"""The keys with which the catalogue signs events and access references, and those that it publishes.

Private keys are files in the folder that SECUREB2SHARE_SIGNING_KEY names, one ``<kid>.key`` each; the table holds
what everybody may know.

    active -> retired -> revoked        active -> revoked

The newest active key signs. Active and retired ones are published: what they signed still verifies. A revoked one is
not, and its private part is deleted. The last active key is never given up.
"""

import contextlib
import os
from typing import Callable, Dict, List, Optional

from invenio_db import db

from .client import key_fault, new_key, signed_headers, to_jwk
from .compat import utcnow
from .errors import KeyStays, NoSigningKey


class Key(db.Model):
    """The public part of a signing key."""

    __tablename__ = "secureb2share_key"

    kid = db.Column(db.String(64), primary_key=True)
    public = db.Column(db.String(100), nullable=False)
    state = db.Column(db.String(10), nullable=False, default="active")
    created = db.Column(db.DateTime, nullable=False, default=utcnow)
    ended = db.Column(db.DateTime)  # when it was retired or revoked


class Keyring:
    """The catalogue's signing keys; folder: path or None."""

    def __init__(self, folder: Optional[str]) -> None:
        self.folder = folder
        self._private: Dict[str, str] = {}

    def new(self) -> str:
        """Make a key that signs from now on, and return its kid. The caller commits. Raises NoSigningKey."""
        if not self.folder:
            raise NoSigningKey(NoSigningKey.__doc__)
        private, public = new_key()
        kid = to_jwk(public)["kid"]
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        descriptor = os.open(self._path(kid), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(private + "\n")
        db.session.add(Key(kid=kid, public=public, state="active"))
        db.session.flush()
        return kid

    def list(self) -> List[Key]:
        """Every key's row, the newest first."""
        return db.session.query(Key).order_by(Key.created.desc(), Key.kid).all()

    def jwks(self) -> Dict[str, List[Dict[str, str]]]:
        """The JWK set (RFC 7517) that verifies what the catalogue signs and has signed."""
        return {"keys": [to_jwk(row.public) for row in self.list() if row.state in ("active", "retired")]}

    def retire(self, kid: str) -> None:
        """Sign with this key no more; what it signed still verifies. The caller commits. Raises KeyStays."""
        self._end(kid, "retired", ("active",))

    def revoke(self, kid: str) -> None:
        """Let nothing that this key signed verify. The caller commits, then calls `forget`. Raises KeyStays."""
        self._end(kid, "revoked", ("active", "retired"))

    def forget(self, kid: str) -> bool:
        """Delete the private part of a key, and return whether it was there."""
        self._private.pop(kid, None)
        with contextlib.suppress(OSError):
            os.remove(self._path(kid))
            return True
        return False

    def _end(self, kid, state, before):
        # all rows are locked: of two keys, two operators at once would otherwise end both
        rows = {row.kid: row for row in db.session.query(Key).order_by(Key.kid).with_for_update().populate_existing()}
        if kid not in rows:
            raise KeyStays("There is no signing key %s; `secureb2share keys list` names them." % kid)
        if rows[kid].state not in before:
            raise KeyStays("The signing key %s is already %s." % (kid, rows[kid].state))
        if [row.kid for row in rows.values() if row.state == "active"] == [kid]:
            raise KeyStays("The signing key %s is the only active one; run `secureb2share keys new` first." % kid)
        rows[kid].state, rows[kid].ended = state, utcnow()
        db.session.flush()

    def current(self) -> str:
        """The private key, "whsk_...", that signs now; raises NoSigningKey."""
        for row in self.list():
            if row.state == "active":
                return self._read(row.kid)
        raise NoSigningKey(NoSigningKey.__doc__)

    def signer(self) -> Callable[[str, bytes], Dict[str, str]]:
        """What makes the Standard Webhooks headers of (message id, body) with the current key; raises NoSigningKey."""
        key = self.current()
        return lambda message_id, body: signed_headers(key, message_id, body)

    def _read(self, kid):
        if kid not in self._private:
            try:
                with open(self._path(kid)) as file:
                    self._private[kid] = file.read().strip()
            except (OSError, ValueError):
                raise NoSigningKey(
                    "The private part of the signing key %s is not in SECUREB2SHARE_SIGNING_KEY; restore its file,"
                    " or run `secureb2share keys new`." % kid
                )
            if key_fault(self._private[kid], ("whsk_",)):
                del self._private[kid]
                raise NoSigningKey("The file of the signing key %s is damaged; restore it, or run `keys new`." % kid)
        return self._private[kid]

    def _path(self, kid):
        if self.folder is None:
            raise FileNotFoundError(kid)
        return os.path.join(self.folder, kid + ".key")
