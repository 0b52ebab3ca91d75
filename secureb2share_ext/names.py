"""The names by which signed messages call this catalogue: its base URL, and former ones that are still good.

A message names the catalogue for which it was signed, so that one for another catalogue with the same source and key,
such as a staging copy, has no effect here.
"""

import datetime
from typing import Iterator, List, NamedTuple, Optional, Tuple

from invenio_db import db

from . import instance
from .compat import utcnow
from .instance import FormerName
from .proxies import Extension

KEPT = datetime.timedelta(seconds=60)  # that a process goes without asking the database again


class Former(NamedTuple):
    """A former name, and until when messages may give it (naive UTC)."""

    name: str
    until: datetime.datetime


class Names:
    """The good names, the base URL first; the database is asked only for a message that does not name that one.

    extension: ext.SecureB2Share.
    """

    def __init__(self, extension: Extension) -> None:
        self._extension = extension

    def __iter__(self) -> Iterator[str]:
        yield self._extension.host.base_url()
        now = utcnow()
        yield from (one.name for one in _kept(self._extension, now) if now < one.until)


def _kept(extension, now):
    asked: Optional[Tuple[datetime.datetime, List[Former]]] = extension.former_names
    if asked is None or not now - KEPT < asked[0] <= now:
        with db.session.no_autoflush:
            asked = extension.former_names = (now, former(extension))
    return asked[1]


def former(extension: Extension) -> List[Former]:
    """The former names in the database, good or not; none in a copy that still has the name of the original."""
    configured = instance.base_url(extension)
    rows = (
        db.session.query(FormerName.name, FormerName.until)
        .filter(db.session.query(instance.Instance).filter_by(catalogue=configured).exists())
        .order_by(FormerName.name)
    )
    return [Former(*row) for row in rows]


def good(extension: Extension, now: datetime.datetime) -> List[Former]:
    """The former names that messages may still give; now: naive UTC."""
    return [one for one in former(extension) if now < one.until]


def sentence(one: Former) -> str:
    """The sentence that says until when a former name is good."""
    return "Messages that name the catalogue %s are accepted until %sZ." % (
        one.name,
        one.until.isoformat(timespec="seconds"),
    )


def keep(name: str, until: datetime.datetime) -> Former:
    """Have messages that give this name accepted until a moment (naive UTC), in the open transaction."""
    db.session.merge(FormerName(name=name, until=until))
    db.session.flush()
    return Former(name, until)


def forget(name: str) -> None:
    """Have a name as a former one no more, in the open transaction."""
    db.session.query(FormerName).filter_by(name=name).delete(synchronize_session=False)


def forget_all() -> None:
    """Accept no former name any more, in the open transaction."""
    db.session.query(FormerName).delete(synchronize_session=False)
