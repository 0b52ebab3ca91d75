"""The end of an identity at an account: the link, and all that a provider's word has given to the account there."""

from typing import Any

from flask import current_app

from . import endings, grants, identities, tokens
from .settings import Provider


def unlink(account: int, provider: Provider) -> bool:
    """Take the identity at a provider from an account (id), in the open transaction; whether there was one.

    The rights that the provider gave go too, what the account's tokens count for, and its sessions.
    """
    if not identities.unlink(account, provider.method):
        return False
    _forget_remote_account(account, provider.name)
    grants.withdraw(account, provider.name)
    tokens.forget(account)
    endings.end(account)
    return True


def _forget_remote_account(account, name):
    # while it is there, the host takes a later identity for one that it has linked already
    from invenio_oauthclient.models import RemoteAccount

    remotes: Any = getattr(current_app.extensions.get("oauthlib.client"), "remote_apps", {})
    key = remotes[name].consumer_key if name in remotes else None
    found = RemoteAccount.get(account, key) if key else None
    if found is not None:
        found.delete()
