"""Is this package at work in the current application?"""

from flask import current_app
from invenio_db import db
from sqlalchemy import inspect

PREFIX = "secureb2share_"


def active():
    """The extension of the current application where it is on and `init` made its tables, or None.

    Without them nothing is known of any record: reading goes on as the host has it, Host.lock_faults stops writing.
    """
    extension = current_app.extensions.get("secureb2share")
    return extension if extension is not None and extension.is_on and has_tables() else None


def has_tables():
    """Whether all of the package's tables are there; asked until they are."""
    extension = current_app.extensions["secureb2share"]
    if not getattr(extension, "has_tables", False):
        names = {name for name in db.metadata.tables if name.startswith(PREFIX)}
        extension.has_tables = names <= set(inspect(db.engine).get_table_names())
    return extension.has_tables
