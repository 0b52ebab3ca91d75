"""The database of the environment, and how it changes safely.

Persons (who asks for access) and original file names are in this database and nowhere else.
"""

import contextlib
import os
import sqlite3

TABLES = """
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
CREATE TABLE IF NOT EXISTS outgoing (
    id INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    identifier TEXT NOT NULL, body BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'refused')),
    attempts INTEGER NOT NULL DEFAULT 0, not_before REAL NOT NULL DEFAULT 0, said TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS applications (
    id TEXT PRIMARY KEY, dataset TEXT NOT NULL,
    name TEXT NOT NULL, email TEXT NOT NULL, purpose TEXT NOT NULL,
    created TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'submitted'
        CHECK (state IN ('submitted', 'approved', 'denied')),
    status_token TEXT NOT NULL UNIQUE, publication_token TEXT UNIQUE, expires REAL
);
CREATE TABLE IF NOT EXISTS announced (
    identifier TEXT PRIMARY KEY, pid TEXT NOT NULL, state TEXT NOT NULL, record_url TEXT, access_url TEXT,
    sequence INTEGER NOT NULL, description TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, digest TEXT NOT NULL, receipt TEXT NOT NULL);
"""


class Store:
    """The SQLite database in one folder; every use has a connection of its own."""

    def __init__(self, data):
        self.path = os.path.join(data, "environment.sqlite")
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        with self._connection() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(TABLES)

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
