"""What has to outlast a visit to the provider, kept beside the session and handed out to the same browser alone.

The session is one value, and of two requests at once the last to end wins: what stood in it would be lost now and then.
It lies in the host's session store instead, under a random key, for a quarter of an hour; a cookie per key binds it to
the browser. Source of the store: ``kvsession_store`` of invenio_accounts/sessions.py.
"""

import hmac
import json
import re
import secrets
import time
from typing import Any, Dict, NamedTuple, Optional

from flask import after_this_request, current_app, request

from ..proxies import current

LIFE = 900  # seconds
LONGEST = 200000  # bytes of what is kept
KEY = re.compile(r"[0-9a-f]{32}\Z")


class Kept(NamedTuple):
    """The key under which something is kept, and what the browser has to bring for it."""

    key: str
    proof: str


def keep(kind: str, value: Dict[str, Any]) -> Optional[Kept]:
    """Keep a value (dict of JSON) under a new key; None where it is too long.

    kind: a word, part of the key, so that nothing is taken for something else.
    """
    kept, store = Kept(secrets.token_hex(16), secrets.token_urlsafe(24)), _store()
    data = json.dumps({"value": value, "proof": kept.proof, "until": time.time() + LIFE}).encode("utf-8")
    if len(data) > LONGEST:
        return None
    name = _name(kind, kept.key)
    if getattr(store, "ttl_support", False):
        store.put(name, data, LIFE)
    else:
        store.put(name, data)
    return kept


def hand_over(response: Any, kind: str, kept: Kept) -> Any:
    """The response, with the cookie by which this browser alone may come back for what is kept."""
    return _send(response, kind, kept.key, kept.proof, LIFE)


def find(kind: str, key: Any) -> Optional[Dict[str, Any]]:
    """What was kept under a key, for the browser of the current request; None for any other, and when it is too old."""
    if not isinstance(key, str) or not KEY.match(key):
        return None
    try:
        kept = json.loads(_store().get(_name(kind, key)).decode("utf-8"))
    except KeyError:
        return None
    given = request.cookies.get(_cookie(kind, key), "")
    if kept["until"] < time.time() or not hmac.compare_digest(given.encode("utf-8"), kept["proof"].encode("utf-8")):
        return None
    return kept["value"]


def take(kind: str, key: Any) -> Optional[Dict[str, Any]]:
    """What `find` gives, for the first that asks: it is not kept any longer."""
    value = find(kind, key)
    if value is not None:
        _store().delete(_name(kind, key))
        after_this_request(lambda response: _send(response, kind, key, "", 0))
    return value


def _send(response, kind, key, proof, seconds):
    secure = "; Secure" if current().host.base_url().startswith("https:") else ""
    # Werkzeug 0.11 knows no SameSite; Lax comes with the way back from the provider
    cookie = "%s=%s; Max-Age=%d; Path=/; HttpOnly; SameSite=Lax%s" % (_cookie(kind, key), proof, seconds, secure)
    response.headers.add("Set-Cookie", cookie)
    return response


def _name(kind, key):
    return "secureb2share-%s-%s" % (kind, key)


def _cookie(kind, key):
    return "secureb2share_%s_%s" % (kind, key[:12])


def _store():
    application: Any = current_app  # the types of Flask know nothing of Flask-KVSession
    return application.kvsession_store
