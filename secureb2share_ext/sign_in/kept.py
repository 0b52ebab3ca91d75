"""What has to outlast a visit to the provider, kept beside the session and handed out to the same browser alone.

The session is one value, and of two requests at once the last to end wins: what stood in it would be lost now and then.
It lies in the host's session store instead, under a random key, for a quarter of an hour; one cookie binds all of it to
the browser. Source of the store: ``kvsession_store`` of invenio_accounts/sessions.py, a simplekv.KeyValueStore.
"""

import hashlib
import hmac
import json
import re
import secrets
import threading
import time
from typing import Any, Dict, NamedTuple, Optional
from weakref import WeakKeyDictionary

from flask import current_app, request

from ..proxies import current

LIFE = 900  # seconds
SWEEP = 60  # seconds from one look at a store without times of its own to the next
LONGEST = 200000  # bytes of what is kept
KEY = re.compile(r"[0-9a-f]{32}\Z")
COOKIE = "secureb2share_browser"
PROOF = re.compile(r"[A-Za-z0-9_-]{32}\Z")
PREFIX = "secureb2share-"
_taking = threading.Lock()
_swept: Any = WeakKeyDictionary()  # store -> when it was looked at


class Kept(NamedTuple):
    """The key under which something is kept, and what the browser has to bring for it."""

    key: str
    proof: str


def keep(kind: str, value: Dict[str, Any]) -> Optional[Kept]:
    """Keep a value (dict of JSON) under a new key; None where it is too long.

    kind: a word, part of the key, so that nothing is taken for something else.
    """
    kept, store = Kept(secrets.token_hex(16), _proof() or secrets.token_urlsafe(24)), _store()
    data = json.dumps({"value": value, "browser": _digest(kept.proof), "until": time.time() + LIFE}).encode("utf-8")
    if len(data) > LONGEST:
        return None
    name = _name(kind, kept.key)
    if getattr(store, "ttl_support", False):
        store.put(name, data, LIFE)
    else:
        _sweep(store)
        store.put(name, data)
    return kept


def hand_over(response: Any, kept: Kept) -> Any:
    """The response, with the cookie by which this browser alone may come back for what is kept, if it has none yet."""
    if _proof() != kept.proof:
        secure = "; Secure" if _is_secure() else ""
        # Werkzeug 0.11 knows no SameSite; Lax comes with the way back from the provider
        cookie = "%s=%s; Path=/; HttpOnly; SameSite=Lax%s" % (_cookie(), kept.proof, secure)
        response.headers.add("Set-Cookie", cookie)
    return response


def find(kind: str, key: Any) -> Optional[Dict[str, Any]]:
    """What was kept under a key, for the browser of the current request; None for any other, and when it is too old."""
    if not isinstance(key, str) or not KEY.match(key):
        return None
    kept = _read(_store(), _name(kind, key))
    is_own = kept is not None and hmac.compare_digest(_digest(_proof() or ""), kept["browser"])
    return kept["value"] if is_own else None


def take(kind: str, key: Any) -> Optional[Dict[str, Any]]:
    """What `find` gives, for the first that asks: it is not kept any longer.

    Among threads the lock sees to that, among processes the number that Redis answers to a deletion.
    """
    with _taking:
        value = find(kind, key)
        if value is None:
            return None
        return None if _store().delete(_name(kind, key)) == 0 else value


def _read(store, name):
    """What lies under a name, None for nothing; what is too old is deleted."""
    try:
        kept = json.loads(store.get(name).decode("utf-8"))
    except KeyError:
        return None
    if kept["until"] < time.time():
        store.delete(name)
        return None
    return kept


def _sweep(store):
    """Delete what is too old from a store that does not do so itself; what was typed would lie there for ever."""
    now = time.time()
    if _swept.get(store, 0) + SWEEP > now:
        return
    _swept[store] = now
    try:
        for name in list(store.keys()):
            if name.startswith(PREFIX):
                _read(store, name)
    except RuntimeError:
        # another thread has changed a store in memory meanwhile; the next look finds what is left
        return


def _proof():
    """What the browser of the current request brings, None where it is nothing of ours."""
    given = request.cookies.get(_cookie(), "")
    return given if PROOF.match(given) else None


def _digest(proof):
    return hashlib.sha256(proof.encode("ascii")).hexdigest()


def _name(kind, key):
    return "%s%s-%s" % (PREFIX, kind, key)


def _cookie():
    # a sibling site can plant no cookie with this prefix (RFC 6265bis, 4.1.3)
    return "__Host-" + COOKIE if _is_secure() else COOKIE


def _is_secure():
    return current().host.base_url().startswith("https:")


def _store():
    application: Any = current_app  # the types of Flask know nothing of Flask-KVSession
    return application.kvsession_store
