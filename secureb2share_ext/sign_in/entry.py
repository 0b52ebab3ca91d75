"""An entry of OAUTHCLIENT_REMOTE_APPS for any OpenID provider, whose account comes from the verified id token.

    OAUTHCLIENT_REMOTE_APPS = {"keycloak": entry.remote_app("Keycloak", "KEYCLOAK_CREDENTIALS")}
    KEYCLOAK_CREDENTIALS = {"consumer_key": "catalogue", "consumer_secret": "..."}

The provider's addresses come by discovery from its issuer, which SECUREB2SHARE_SIGN_IN names.
"""

from typing import Any, Dict

from flask import g, session
from flask_login import logout_user
from invenio_db import db
from sqlalchemy.exc import IntegrityError

from ..proxies import current
from . import account_check, identities, strength, unlinking
from .answers import KEPT, is_text, refuse

HANDLERS = "invenio_oauthclient.handlers:"


def remote_app(title: str, app_key: str, scope: str = "openid email profile", **more: Any) -> Dict[str, Any]:
    """The entry (dict) of a provider.

    title: what its button says after "Sign in with"; app_key: the configuration key with consumer_key and
    consumer_secret; scope: what is asked for; more: other members of the entry, such as description and icon.
    """
    entry = {
        "title": title,
        "description": "",
        "icon": "",
        "remote_app": "secureb2share_ext.sign_in.remote_app:RemoteApp",
        "authorized_handler": HANDLERS + "authorized_signup_handler",
        "disconnect_handler": disconnect,
        "signup_handler": {
            "info": info,
            "setup": setup,
            "view": HANDLERS + "signup_handler",
        },
        # without this member invenio-oauthclient 9 makes no account; these are the values of the host's own entries
        "signup_options": {"auto_confirm": True, "send_register_msg": False},
        "params": {
            "app_key": app_key,
            "base_url": "",
            "request_token_url": None,
            "request_token_params": {"scope": scope},
            "access_token_method": "POST",
        },
    }
    return dict(entry, **more)


def info(remote: Any, resp: Any) -> Dict[str, Any]:
    """What the host makes an account of, from the claims that were verified in this request."""
    claims = g.secureb2share_claims
    texts = {name: value for name, value in claims.items() if is_text(value)}
    profile = {"full_name": texts.get("name", ""), "username": texts.get("preferred_username", "")}
    return {
        "user": {"active": True, "email": texts.get("email"), "profile": profile},
        "external_id": claims["sub"],
        "external_method": remote.provider.method,
    }


def disconnect(remote: Any, *args: Any, **kwargs: Any) -> Any:
    """Take the identity from the account of the request, unless it decides about datasets.

    The host's page does so by a link, which anybody can have somebody follow.
    """
    from invenio_oauthclient import handlers

    account = strength.account()
    if account and current().host.holds_rights(int(account)):
        refuse("disconnected with rights", KEPT)
    # of the last way to log in, the host lets nobody disconnect
    answer = handlers.disconnect_handler(remote, *args, **kwargs)
    if account and remote.provider is not None:
        unlinking.unlink(int(account), remote.provider)
        # this session is in the list no more, and would be saved again
        logout_user()
    return answer


def setup(remote: Any, token: Any, resp: Any) -> None:
    """Link the identity to the account that has signed in with it for the first time."""
    # a sign-up may ask for more, and ends in another request than that of the claims
    subject, method = session.pop(account_check.SUBJECT + remote.name, None), remote.provider.method
    if subject is None:
        refuse("another sign-in in between")
    if identities.owner(method, subject) is None:
        try:
            with db.session.begin_nested():
                identities.link_by_sign_in(token.remote_account.user_id, method, subject)
        except IntegrityError:
            # of two sign-ins at once one links; the other has logged in to an account that is not its own
            strength.end("linked by another sign-in meanwhile")
            return
        if strength.account() == str(token.remote_account.user_id):
            # at the login before, the identity was nobody's
            strength.bind(token.remote_account.user_id)
    # the host takes it for linked from now on
    token.remote_account.extra_data = {"subject": subject}
