"""The database of the environment, and how it changes safely.

Persons (who asks for access) and original file names are in this database and nowhere else.
"""

import contextlib
import os
import sqlite3

APPLICATIONS = """
CREATE TABLE IF NOT EXISTS applications (
    id TEXT PRIMARY KEY, dataset TEXT NOT NULL,
    form TEXT UNIQUE,  -- the token of the form that made it: a form that is sent again makes no second one
    address TEXT NOT NULL,  -- the e-mail address as it is compared
    title TEXT NOT NULL, name TEXT NOT NULL, institution TEXT NOT NULL, email TEXT NOT NULL, purpose TEXT NOT NULL,
    created TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'submitted'
        CHECK (state IN ('submitted', 'returned', 'approved', 'denied', 'revoked', 'closed')),
    status_token TEXT NOT NULL UNIQUE, publication_token TEXT UNIQUE, expires REAL,
    how TEXT NOT NULL DEFAULT ''  -- how an approved person works with the data, in the owner's words
);
"""
STEPS = """
CREATE TABLE IF NOT EXISTS steps (  -- what happened to an application, never changed afterwards
    application TEXT NOT NULL REFERENCES applications, number INTEGER NOT NULL, at TEXT NOT NULL, what TEXT NOT NULL
        CHECK (what IN ('sent', 'returned', 'sent-again', 'approved', 'changed', 'denied', 'revoked', 'taken-back')),
    text TEXT NOT NULL DEFAULT '',  -- of the owner; of who asked, where it was sent again
    until TEXT NOT NULL DEFAULT '',  -- the last day of access that the step gives
    PRIMARY KEY (application, number)
);
"""
TABLES = (
    APPLICATIONS
    + STEPS
    + """
CREATE TABLE IF NOT EXISTS datasets (
    identifier TEXT PRIMARY KEY, tenant TEXT NOT NULL, description TEXT NOT NULL, created TEXT NOT NULL,
    registration TEXT NOT NULL DEFAULT 'waiting'
        CHECK (registration IN ('waiting', 'held', 'registered', 'refused', 'discarded')),
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended', 'superseded', 'withdrawn')),
    pid TEXT, record_url TEXT, access_url TEXT,
    review TEXT CHECK (review IN ('held', 'refused')),  -- what a curator of the catalogue made of the description
    problem TEXT  -- the catalogue's last refusal of the description, as JSON
);
CREATE TABLE IF NOT EXISTS files (
    dataset TEXT NOT NULL REFERENCES datasets, number INTEGER NOT NULL,
    stored TEXT NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL,
    media_type TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
    PRIMARY KEY (dataset, number)
);
CREATE TABLE IF NOT EXISTS checks (  -- the last time that the files of a dataset were read again
    dataset TEXT PRIMARY KEY REFERENCES datasets, at TEXT NOT NULL, wrong TEXT NOT NULL  -- numbers, as JSON
);
CREATE TABLE IF NOT EXISTS drafts (  -- what is typed into the form of a registration before it is sent
    id TEXT PRIMARY KEY, form TEXT UNIQUE, dataset TEXT REFERENCES datasets,  -- null until it is sent once
    typed TEXT NOT NULL, told TEXT NOT NULL DEFAULT '[]',  -- values of the form, faults of the catalogue, as JSON
    touched REAL NOT NULL, sent INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX IF NOT EXISTS open_drafts ON drafts (dataset) WHERE sent = 0;
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, draft TEXT NOT NULL REFERENCES drafts, created REAL NOT NULL, touched REAL NOT NULL,
    name TEXT NOT NULL, label TEXT NOT NULL DEFAULT '', media_type TEXT NOT NULL, size INTEGER NOT NULL,
    received INTEGER NOT NULL DEFAULT 0, sha256 TEXT  -- of the whole file, once it is complete
);
CREATE TABLE IF NOT EXISTS outgoing (
    id INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    identifier TEXT NOT NULL, body BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'refused')),
    attempts INTEGER NOT NULL DEFAULT 0, not_before REAL NOT NULL DEFAULT 0, said TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS applications_by_address ON applications (dataset, address);
CREATE TABLE IF NOT EXISTS announced (
    identifier TEXT PRIMARY KEY, pid TEXT NOT NULL, state TEXT NOT NULL, record_url TEXT, access_url TEXT,
    sequence INTEGER NOT NULL, description TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, digest TEXT NOT NULL, receipt TEXT NOT NULL);
"""
)
# of a folder that an earlier version of the demo made
EARLIER = (
    """
ALTER TABLE applications RENAME TO applications_before;
%s
INSERT INTO applications (id, dataset, address, title, name, institution, email, purpose, created, state,
    status_token, publication_token, expires)
SELECT id, dataset, lower(trim(email)), '', name, '', email, purpose, created, state,
    status_token, publication_token, expires FROM applications_before;
DROP TABLE applications_before;
"""
    % APPLICATIONS
)
WITHOUT_DAYS = (
    """
ALTER TABLE steps RENAME TO steps_before;
%s
INSERT INTO steps (application, number, at, what, text) SELECT application, number, at, what, text FROM steps_before;
DROP TABLE steps_before;
"""
    % STEPS
)


class Store:
    """The SQLite database in one folder; every use has a connection of its own."""

    def __init__(self, data):
        self.path = os.path.join(data, "environment.sqlite")
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        with self._connection() as db:
            db.execute("PRAGMA journal_mode = WAL")
            columns = _columns(db, "applications")
            if columns and "address" not in columns:
                db.executescript(EARLIER)
            elif columns and "how" not in columns:
                db.execute("ALTER TABLE applications ADD COLUMN how TEXT NOT NULL DEFAULT ''")
            columns = _columns(db, "steps")
            if columns and "until" not in columns:
                db.executescript(WITHOUT_DAYS)
            db.executescript(TABLES)
            db.execute(
                "INSERT INTO steps (application, number, at, what) SELECT id, 1, created, 'sent' FROM applications"
                " WHERE id NOT IN (SELECT application FROM steps)"
            )

    @contextlib.contextmanager
    def _connection(self):
        db = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA foreign_keys = ON")
        try:
            yield db
        finally:
            db.close()

    @contextlib.contextmanager
    def write(self):
        """A transaction that has the write lock from its first statement; an exception undoes it."""
        with self._connection() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def all(self, statement, values=()):
        """Every row of a query."""
        with self._connection() as db:
            return db.execute(statement, values).fetchall()

    def one(self, statement, values=()):
        """The first row of a query, or None."""
        with self._connection() as db:
            return db.execute(statement, values).fetchone()


def _columns(db, table):
    return {column["name"] for column in db.execute("PRAGMA table_info(%s)" % table)}
