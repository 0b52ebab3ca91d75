"""The identities at providers that the host has linked to accounts, and the accounts by their addresses."""

from typing import Any, Dict, List, Mapping, Optional, Tuple

from invenio_accounts.models import User
from invenio_db import db

from ..compat import utcnow
from ..proxies import current
from .models import GrantRow, LinkRow
from .roles import NOT, right
from .settings import Provider


def _table() -> Any:
    # in newer ones it is a table of invenio-accounts, under this name too
    from invenio_oauthclient.models import UserIdentity

    return UserIdentity


def owner(method: str, subject: str) -> Optional[int]:
    """The id of the account to which an identity is linked, or None."""
    table = _table()
    return db.session.query(table.id_user).filter_by(method=method, id=subject).scalar()


def subject_of(account: int, method: str) -> Optional[str]:
    """The identity of an account (id) of this method, or None."""
    return db.session.query(_table().id).filter_by(id_user=account, method=method).scalar()


def linked(method: str) -> List[Tuple[int, str, str]]:
    """[(account, its address, identity)] of this method, by account."""
    table = _table()
    found = db.session.query(table.id_user, User.email, table.id).join(User, User.id == table.id_user)
    return [(*one,) for one in found.filter(table.method == method).order_by(table.id_user)]


def has_identity(account: int, method: str) -> bool:
    """Whether an account (id) has an identity of this method."""
    return db.session.query(_table().id).filter_by(id_user=account, method=method).first() is not None


def accounts_of(address: Any) -> List[Any]:
    """The accounts [User] with an e-mail address, however it is written: the host's addresses may differ in case."""
    if not isinstance(address, str) or not address:
        return []
    return db.session.query(User).filter(db.func.lower(User.email) == address.lower()).order_by(User.id).all()


def account_of(address: Any) -> Optional[Any]:
    """The account (User) with an e-mail address: the one that writes it so, else the only one, else None."""
    found = accounts_of(address)
    same = [user for user in found if user.email == address]
    return same[0] if same else found[0] if len(found) == 1 else None


def link(account: int, method: str, subject: str) -> None:
    """Link an identity to an account (id) as an operator does, in the open transaction."""
    link_by_sign_in(account, method, subject)
    confirm(account, method, subject)


def link_by_sign_in(account: int, method: str, subject: str) -> None:
    """Link an identity to an account (id) as its first sign-in does, in the open transaction."""
    table = _table()
    db.session.add(table(id_user=account, method=method, id=subject))


def confirm(account: int, method: str, subject: str) -> None:
    """Note in the open transaction that an operator stands for a link, at the issuer of today."""
    issuers = [one.issuer for one in current().sign_in_providers.values() if one.method == method]
    row = LinkRow(method=method, subject=subject, account=account, issuer=issuers[0] if issuers else "", at=utcnow())
    db.session.merge(row)


def is_confirmed(account: int, provider: Provider, subject: str) -> bool:
    """Whether an operator stands for the link of an identity at a provider to an account (id), by one statement."""
    row = db.session.query(LinkRow.account, LinkRow.issuer).filter_by(method=provider.method, subject=subject).first()
    return row is not None and (*row,) == (account, provider.issuer)


def counts(account: int, provider: Provider, subject: str) -> bool:
    """Whether an identity that is linked to an account (id) may use what that account may do.

    A sign-in links an account without rights by its address. If rights come later, an operator has to confirm the link,
    unless the provider's own claims have given all of them.
    """
    if is_confirmed(account, provider, subject) or not current().host.holds_rights(account):
        return True
    rows = db.session.query(GrantRow.action, GrantRow.argument).filter_by(account=account, provider=provider.name)
    given = {right(*row) for row in rows}
    held = {one for one in current().host.rights([account]).get(account, ()) if not one.startswith(NOT)}
    return bool(held) and held <= given


def unconfirmed(providers: Mapping[str, Provider]) -> Dict[int, List[str]]:
    """{account: [name of a provider]} of the accounts with rights whose identity there does not count."""
    found: Dict[int, List[str]] = {}
    holding = current().host.rights()
    for name, provider in sorted(providers.items()):
        for account, _, subject in linked(provider.method):
            if account in holding and not counts(account, provider, subject):
                found.setdefault(account, []).append(name)
    return found


def unlink(account: int, method: str) -> bool:
    """Take the identity of this method from an account (id), in the open transaction; whether there was one."""
    db.session.query(LinkRow).filter_by(account=account, method=method).delete()
    return bool(db.session.query(_table()).filter_by(id_user=account, method=method).delete())
