"""B2SHARE's remote apps, which it makes itself whatever the configuration says, with what a second factor needs."""

import functools
from typing import Any, Dict

from flask import g

from ...proxies import current


def watch(app: Any) -> None:
    """Equip them before the first request: on B2SHARE nothing else is called after every extension is on the app."""
    app.before_first_request(_equip(app))


def _equip(app):
    def equip():
        # an instance without a second factor need not have what it is built on
        from ...sign_in import entry, remote_app

        with app.app_context():
            for name in current().sign_in.providers:
                remote_app.equip(app, name)
                handlers = getattr(app.extensions.get("invenio-oauthclient"), "signup_handlers", {}).get(name)
                remote = getattr(app.extensions.get("oauthlib.client"), "remote_apps", {}).get(name)
                if handlers is not None and isinstance(remote, remote_app.RemoteApp):
                    # B2SHARE's own asks userinfo once more, waits for ever, reads whatever comes, and links nobody
                    handlers["info"] = functools.partial(info, remote)
                    handlers["setup"] = functools.partial(entry.setup, remote)

    return equip


def info(remote: Any, resp: Any) -> Dict[str, Any]:
    """What B2SHARE makes an account of: an address and an identity, from the claims verified in this request.

    resp: the answer with the tokens, of which nothing is read.
    """
    claims = g.secureb2share_claims
    return {
        "user": {"email": claims.get("email")},
        "external_id": claims["sub"],
        "external_method": remote.provider.method,
    }
