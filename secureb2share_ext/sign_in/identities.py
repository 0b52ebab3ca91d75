"""The identities at providers that the host has linked to accounts, and the accounts by their addresses."""

from typing import Any, List, Optional, Tuple

from invenio_accounts.models import User
from invenio_db import db


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
    """Link an identity to an account (id), in the open transaction."""
    table = _table()
    db.session.add(table(id_user=account, method=method, id=subject))


def unlink(account: int, method: str) -> bool:
    """Take the identity of this method from an account (id), in the open transaction; whether there was one."""
    return bool(db.session.query(_table()).filter_by(id_user=account, method=method).delete())
