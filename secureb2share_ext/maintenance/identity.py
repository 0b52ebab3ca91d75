"""The change of an instance's identity: another address, or a copy that becomes an instance of its own."""

import datetime
import os
from typing import List, NamedTuple, Optional

from flask import current_app
from invenio_db import db
from sqlalchemy.exc import SQLAlchemyError

from .. import instance, names
from ..compat import utcnow
from ..errors import SecureB2ShareError
from ..outbox import copied
from ..proxies import Extension
from .wording import counted

# what tells in a folder that an instance has used it
USED = (instance.NAME, "outbox.mark")
FOLDERS = ("SECUREB2SHARE_SIGNING_KEY", "SECUREB2SHARE_STATE_FOLDER")


class Change(NamedTuple):
    """The change of the base URL under which the catalogue is known."""

    former: str
    new: str


def move(extension: Extension) -> Optional[Change]:
    """The Change to the configured base URL, None where there is none; raises SecureB2ShareError.

    extension: ext.SecureB2Share.
    """
    row, configured = _row(), _configured(extension)
    folder = extension.keyring.folder
    noted = instance.read(folder)
    if isinstance(noted, str):
        raise SecureB2ShareError(
            "%s in the key folder cannot be read (%s): bring it back from a backup first." % (instance.NAME, noted)
        )
    if noted is not None and noted.instance != row.instance:
        raise SecureB2ShareError(
            "The key folder belongs to another instance than the database: set SECUREB2SHARE_SIGNING_KEY to the folder"
            " of this instance first."
        )
    is_noted = noted is not None or not folder
    is_done = row.catalogue == configured and is_noted and (noted is None or noted.catalogue == configured)
    return None if is_done else Change(row.catalogue, configured)


def rename(extension: Extension, change: Change, kept: datetime.timedelta = datetime.timedelta(0)) -> List[str]:
    """Have the catalogue known by its new address, in the database and in the key folder; commits.

    [sentence] of what was done; change: from `move`; kept: how long signed messages may still give the former name.
    """
    named, folder = instance.Named(_row().instance, change.new), extension.keyring.folder
    db.session.query(instance.Instance).update({"catalogue": change.new}, synchronize_session=False)
    done = ["Instance: known as %s." % change.new]
    names.forget(change.new)
    # a second run, which ends what the first one left undone, has no former name
    if kept and change.former != change.new:
        done.append(names.sentence(names.keep(change.former, utcnow() + kept)))
    if folder:
        # before the commit: what a failure leaves is a difference, which a second run ends
        done.append(instance.note(folder, named))
    db.session.commit()
    extension.instance_id = extension.former_names = None
    return done


def parting(extension: Extension) -> Change:
    """The Change of a copy's address from that of the original; raises SecureB2ShareError where it cannot part."""
    row, configured = _row(), _configured(extension)
    if row.catalogue == configured:
        raise SecureB2ShareError(
            "The database belongs to the configured base URL, %s: it is no copy, or the copy has no address of its own"
            " yet. Nothing was changed." % configured
        )
    if not extension.keyring.folder:
        raise SecureB2ShareError("Set SECUREB2SHARE_SIGNING_KEY to an empty folder first. Nothing was changed.")
    for key in FOLDERS:
        used = _used(current_app.config.get(key))
        if used:
            raise SecureB2ShareError(
                "%s names a folder with %s, which may be the original's: set it to an empty folder first. Nothing was"
                " changed." % (key, used[0])
            )
    return Change(row.catalogue, configured)


def part(extension: Extension, change: Change) -> List[str]:
    """Make a copy an instance of its own, which cannot send what is the original's; commits.

    [sentence] of what was done; change: from `parting`. Raises SecureB2ShareError with nothing changed.
    """
    keyring, kid = extension.keyring, None
    folder = keyring.folder or ""  # `parting` stops without one
    try:
        db.session.query(instance.Instance).delete(synchronize_session=False)
        # what the original accepts is no business of the copy
        names.forget_all()
        named = instance.add(change.new)
        discarded = copied.sever(extension.targets, utcnow())
        kid = keyring.new()
        former = [row.kid for row in keyring.list() if row.kid != kid and row.state != "revoked"]
        for other in former:
            keyring.revoke(other)
        instance.write(folder, named)
        db.session.commit()
    except Exception as error:
        db.session.rollback()
        if kid is not None:
            keyring.forget(kid)
        if not isinstance(error, OSError):
            raise
        raise SecureB2ShareError("The key folder cannot be written to (%s). Nothing was changed." % error.strerror)
    extension.instance_id = extension.former_names = None
    return [
        "Instance: a new one, known as %s." % change.new,
        "Events of the original: %d discarded." % discarded,
        "Keys: %s made, and %s of the original revoked here." % (kid, counted(len(former), "key")),
        "Targets: held are %s. Look at their addresses before `secureb2share deliveries resume`."
        % (", ".join(sorted(extension.targets)) or "none"),
    ]


def _row():
    try:
        rows = instance.known()
    except SQLAlchemyError as error:
        db.session.rollback()
        raise SecureB2ShareError("%s Run `secureb2share init`." % instance.unreadable(error))
    if len(rows) != 1:
        raise SecureB2ShareError(instance.differences(rows, None, "", False)[0])
    return rows[0]


def _configured(extension):
    configured = instance.base_url(extension)
    if configured is None:
        raise SecureB2ShareError("The canonical base URL of the catalogue is not configured.")
    return configured


def _used(folder):
    try:
        return sorted(name for name in os.listdir(folder or "") if name in USED or name.endswith(".key"))
    except OSError:
        return []
