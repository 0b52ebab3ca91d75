"""The instance: which catalogue a database and a key folder belong to, so that no copy passes for the original.

Its id, made by `init`, and the base URL under which the catalogue is known stand in the database and in the file
``instance.json`` beside the signing keys. Where these differ from each other or from the configuration, this may be a
copy, and nothing is sent.
"""

import contextlib
import json
import os
import uuid
from typing import List, NamedTuple, Optional, Union

from invenio_db import db
from sqlalchemy.exc import SQLAlchemyError

from .client import canonical
from .proxies import Extension

NAME = "instance.json"
LONGEST = 4096  # bytes of the file that are read


class Instance(db.Model):
    """The id that `init` made, and the base URL under which the catalogue is known; one row."""

    __tablename__ = "secureb2share_instance"

    id = db.Column(db.String(36), primary_key=True)
    catalogue = db.Column(db.String(255), nullable=False)


class FormerName(db.Model):
    """A base URL under which the catalogue was known, and until when signed messages may name it; see names.py."""

    __tablename__ = "secureb2share_former"

    name = db.Column(db.String(255), primary_key=True)
    until = db.Column(db.DateTime, nullable=False)


class StopRow(db.Model):
    """One thing that an operator has stopped; see stops.py."""

    __tablename__ = "secureb2share_stop"

    what = db.Column(db.String(110), primary_key=True)  # "incident", or "source:" and a name
    reason = db.Column(db.Text)
    since = db.Column(db.DateTime, nullable=False)


class Named(NamedTuple):
    """An instance as the database or the key folder names it."""

    instance: str
    catalogue: str


Noted = Union[Named, str, None]  # what a key folder says: an instance, why it cannot be read, or nothing


def differences(rows: List[Named], noted: Noted, configured: Optional[str], has_folder: bool = True) -> List[str]:
    """[sentence] for each reason why this may be a copy.

    rows: of the database; noted: of the key folder, which the configuration names if has_folder; configured: the base
    URL, None where there is none.
    """
    found = []
    if configured is None:
        found.append("The canonical base URL of the catalogue is not configured.")
    if not rows:
        found.append("The database does not say to which instance it belongs: run `secureb2share init`.")
    if len(rows) > 1:
        found.append("The table secureb2share_instance has %d rows: delete those of other databases." % len(rows))
    found += [_elsewhere("database", row.catalogue, configured) for row in rows if row.catalogue != configured]
    if not has_folder:
        return found
    if noted is None:
        # of a copy, or of a catalogue that has moved, `init` would not write it
        is_here = all(row.catalogue == configured for row in rows)
        found.append("The key folder has no %s%s." % (NAME, ": run `secureb2share init`" if is_here else ""))
    elif isinstance(noted, str):
        found.append("%s in the key folder cannot be read (%s): bring it back from a backup." % (NAME, noted))
    else:
        if len(rows) == 1 and rows[0].instance != noted.instance:
            found.append(
                "The key folder belongs to another instance than the database: every database needs its own folder."
            )
        if noted.catalogue != configured:
            found.append(_elsewhere("key folder", noted.catalogue, configured))
    return found


def _elsewhere(what, catalogue, configured):
    return "The %s belongs to %s, and the configuration says %s." % (what, catalogue, configured)


def doubts(extension: Extension) -> List[str]:
    """[sentence] for each reason why this may be a copy, from one statement and one small file; raises nothing.

    extension: ext.SecureB2Share.
    """
    try:
        rows = known()
    except SQLAlchemyError as error:
        db.session.rollback()
        return [unreadable(error)]
    # a worker that outlives `rename --as-copy` makes no more events of the original
    extension.instance_id = rows[0].instance if len(rows) == 1 else None
    folder = extension.keyring.folder
    return differences(rows, read(folder), base_url(extension), bool(folder))


def unreadable(error: Exception) -> str:
    """The sentence for a table that cannot be read."""
    return "The table secureb2share_instance cannot be read (%s)." % type(error).__name__


def id_of(extension: Extension) -> str:
    """The id of the instance, which the database is asked for once; "" before `init`, when nothing is sent anyway."""
    if not extension.instance_id:
        with db.session.no_autoflush:
            rows = known()
        extension.instance_id = rows[0].instance if rows else None
    return extension.instance_id or ""


def known() -> List[Named]:
    """The instances that the database names: one, unless something is wrong."""
    return [Named(row.id, row.catalogue) for row in db.session.query(Instance).order_by(Instance.id)]


def base_url(extension: Extension) -> Optional[str]:
    """The configured base URL, or None; a host needs it in mode on alone."""
    try:
        return extension.host.base_url()
    except (KeyError, AttributeError):
        return None


def read(folder: Optional[str]) -> Noted:
    """What the key folder says."""
    if not folder:
        return None
    try:
        with open(os.path.join(folder, NAME), "rb") as file:
            said = json.loads(file.read(LONGEST).decode("utf-8"))
        named = Named(said["instance"], said["catalogue"])
    except FileNotFoundError:
        return None
    except OSError as error:
        return error.strerror or type(error).__name__
    except (ValueError, LookupError, TypeError, RecursionError):
        return "damaged"
    return named if all(text and isinstance(text, str) for text in named) else "damaged"


def write(folder: str, named: Named) -> None:
    """Say in the key folder to which instance it belongs, in one step; raises OSError."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    beside = os.path.join(folder, "%s.%d" % (NAME, os.getpid()))
    try:
        with open(beside, "wb") as file:
            file.write(text_of(named))
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, os.path.join(folder, NAME))
    except OSError:
        with contextlib.suppress(OSError):
            os.remove(beside)
        raise


def text_of(named: Named) -> bytes:
    """The content of the file."""
    return canonical(named._asdict()) + b"\n"


def establish(extension: Extension) -> List[str]:
    """Make what is missing in the database and in the key folder, overwrite nothing, and commit; [sentence] of it."""
    configured, folder = base_url(extension), extension.keyring.folder
    rows, done = known(), []
    if not rows and configured is not None:
        rows = [add(configured)]
        done.append("Instance: made, known as %s." % configured)
    db.session.commit()
    extension.instance_id = None
    # the empty folder of a copy stays empty, so that the copy can become an instance of its own
    if folder and read(folder) is None and [row.catalogue for row in rows] == [configured]:
        done.append(note(folder, rows[0]))
    if not folder:
        done.append("Instance: SECUREB2SHARE_SIGNING_KEY is not set, so that the base URL alone tells a copy.")
    wrong = differences(rows, read(folder), configured, bool(folder))
    done += ["Instance: " + sentence for sentence in wrong]
    return done or ["Instance: known as %s." % configured]


def forget(extension: Extension) -> None:
    """Take the name of this instance out of the key folder, before its tables are dropped."""
    folder = extension.keyring.folder
    noted = read(folder)
    if folder and isinstance(noted, Named) and noted.instance in [row.instance for row in known()]:
        with contextlib.suppress(OSError):
            os.remove(os.path.join(folder, NAME))


def add(catalogue: str) -> Named:
    """Write a new instance into the database, in the open transaction."""
    named = Named(str(uuid.uuid4()), catalogue)
    db.session.add(Instance(id=named.instance, catalogue=catalogue))
    db.session.flush()
    return named


def note(folder: str, named: Named) -> str:
    """Write the key folder's file where that is possible; a sentence of what was done, or of what is left to do."""
    try:
        write(folder, named)
    except OSError as error:
        return "Instance: the key folder cannot be written to (%s). Put a file %s into it that says %s" % (
            error.strerror,
            NAME,
            text_of(named).decode("utf-8").strip(),
        )
    return "Instance: noted in the key folder."
