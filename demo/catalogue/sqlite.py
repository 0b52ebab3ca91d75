"""SQLite made safe for several threads and for SAVEPOINTs.

The driver begins a transaction too late for a SAVEPOINT, so that a rollback would leave rows behind; and a read that
is upgraded to a write fails at once under load. So: BEGIN is sent by us, IMMEDIATE unless a request only reads.
"""

import sqlite3

from flask import has_request_context, request
from sqlalchemy import event
from sqlalchemy.engine import Engine

READING = ("GET", "HEAD", "OPTIONS")
# GETs of the host that write: the end of a session, and the end of a sign-in at a provider
WRITING = ("security.logout", "invenio_oauthclient.authorized")


@event.listens_for(Engine, "connect")
def _connect(connection, record):
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute("PRAGMA " + pragma)


@event.listens_for(Engine, "begin")
def _begin(connection):
    if connection.dialect.name == "sqlite":
        reads = has_request_context() and request.method in READING and request.endpoint not in WRITING
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
