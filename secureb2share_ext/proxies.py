"""The extension of the current application, and whether it is at work there."""

from typing import TYPE_CHECKING, Any, List, Optional

from flask import current_app
from invenio_db import db
from sqlalchemy import inspect

from .errors import NotReady

if TYPE_CHECKING:
    from .ext import SecureB2Share as Extension
    from .hosts.host import Host
    from .messages.message import Message
    from .messages.sources import Sender, Source
else:
    # values whose modules stand above those that use them
    Extension = Host = Source = Sender = Message = Any

PREFIX = "secureb2share_"  # begins the names of all our tables


def current() -> Extension:
    """The SecureB2Share extension of the current application."""
    return current_app.extensions["secureb2share"]


def active() -> Optional[Extension]:
    """The extension of the current application where it is on and `init` made its tables, or None.

    Without them nothing is known of any record: reading goes on as the host has it, and the lock stops writing.
    """
    extension = current_app.extensions.get("secureb2share")
    return extension if extension is not None and extension.is_on and has_tables() else None


def tables(bind: Any = None) -> List[str]:
    """The names of the package's tables that exist; bind: an engine or connection, by default the database's engine."""
    return [name for name in inspect(bind or db.engine).get_table_names() if name.startswith(PREFIX)]


def has_tables() -> bool:
    """Whether all of the package's tables exist; the database is asked until they do."""
    extension = current()
    if not extension.has_tables:
        needed = {name for name in db.metadata.tables if name.startswith(PREFIX)}
        # on the session's own connection: SQLite lets one connection write at a time
        extension.has_tables = needed <= set(tables(db.session.connection()))
    return extension.has_tables


def explain_missing_tables(error: Exception, sentence: str) -> NotReady:
    """The NotReady with this sentence for a database error, where the package's tables are missing; else raises it."""
    # what failed leaves the transaction unusable
    db.session.rollback()
    if tables():
        raise error
    return NotReady(sentence)
