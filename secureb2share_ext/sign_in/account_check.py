"""Whose account a verified sign-in may end in: judged before the host looks for one, and by what it looks for.

invenio-oauthclient logs in whoever has the identity, else whoever has the same e-mail address, else makes an account.
"""

from typing import Any, Dict

from flask import g

from ..proxies import current
from . import identities, strength
from .answers import OTHER, SELF_MADE, UNCONFIRMED, UNLINKED, is_text, refuse

CLAIMS = "secureb2share_claims"  # in g: the claims that were verified in this request
SUBJECT = "secureb2share_subject_"  # in the session, before the name of a remote app: who has come back last


def watch() -> None:
    """Connect the signal by which the host tells what it has made of an answer, once a process."""
    from invenio_oauthclient.signals import account_info_received

    account_info_received.connect(_check_info)


def check(provider: Any, claims: Dict[str, Any], flow: Dict[str, Any], way: Any) -> None:
    """End the request where these claims may not go on to the host's handlers.

    provider: a settings.Provider; flow: what was kept at the start; way: see answers.refused.
    """
    owner = identities.owner(provider.method, claims["sub"])
    account = strength.account()
    if not account:
        if owner is None:
            _check_address(provider, claims, claims.get("email"))
    elif str(owner) != account:
        if flow["is_step_up"] or owner is not None:
            refuse("somebody else at the provider", OTHER, way=way)
        if current().host.holds_rights(int(account)):
            refuse("not linked", UNLINKED, way=way)
    if owner is not None and not identities.counts(owner, provider, claims["sub"]):
        refuse("link not confirmed", SELF_MADE, way=way)


def _check_info(remote: Any, account_info: Any = None, **kwargs: Any) -> None:
    """Hold what a handler of the host has made of an answer against what was verified.

    A stock handler may take the address from userinfo, or read the token by itself.
    """
    provider = getattr(remote, "provider", None)
    if provider is None:
        return
    claims, told = getattr(g, CLAIMS, {}), account_info if isinstance(account_info, dict) else {}
    is_same = claims and str(told.get("external_id")) == claims["sub"]
    if not is_same or told.get("external_method") != provider.method:
        refuse("another identity than was verified")
    if not strength.account() and identities.owner(provider.method, claims["sub"]) is None:
        _check_address(provider, claims, (told.get("user") or {}).get("email"))


def _check_address(provider, claims, address):
    if not is_text(address):
        refuse("no address", UNCONFIRMED)
    # the claim is about the claim, and nothing is known of an address from elsewhere
    is_its_own = address == claims.get("email")
    is_verified = is_its_own and claims.get("email_verified") is True
    known = identities.accounts_of(address)
    for user in known:
        # who made an account and never confirmed its address may be somebody else
        if not is_verified or user.confirmed_at is None or identities.has_identity(user.id, provider.method):
            refuse("address of somebody else")
        if current().host.holds_rights(user.id):
            refuse("not linked", UNLINKED)
    # a provider without id tokens need not know this claim, and the host makes accounts by what it says
    is_unsaid = is_its_own and not provider.issuer and "email_verified" not in claims
    if not known and not is_verified and not is_unsaid:
        refuse("address not verified", UNCONFIRMED)
