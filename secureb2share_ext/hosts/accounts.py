"""The accounts that own the sources' records, on hosts whose records have owners."""

from typing import List

from invenio_accounts.models import User
from invenio_db import db

from ..messages.sources import Source


def owner_faults(source: Source) -> List[str]:
    """[sentence]: what is wrong with the account of a source's owner; at most one."""
    key = "SECUREB2SHARE_SOURCES[%r]" % source.name
    with db.session.no_autoflush:
        found = db.session.query(User.active).filter(User.email == source.owner).one_or_none()
    if found is None:
        return ["%s: no account has the owner's e-mail address; the owner gets an account by signing in once." % key]
    if not found[0]:
        return ["%s: the owner's account is not active; activate it, or name another owner." % key]
    return []
