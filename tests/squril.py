"""The storage behind TSD's file API, pysquril, as a storage of secureb2share_ext.testing.tsd.FileApi."""

import contextlib
import sqlite3

import pytest

pysquril = pytest.importorskip("pysquril")


class Squril:
    """Tables in a file of SQLite, or in PostgreSQL; dbconfig: as pysquril.postgres_init takes it."""

    def __init__(self, path=None, dbconfig=None):
        self.path = path
        self.pool = pysquril.postgres_init(dbconfig) if dbconfig else None
        if self.pool:
            backend = pysquril.PostgresBackend(self.pool, schema="p11_secureb2share")
            backend.initialise()

    @contextlib.contextmanager
    def backend(self):
        if self.pool:
            yield pysquril.PostgresBackend(self.pool, schema="p11_secureb2share")
            return
        with contextlib.closing(pysquril.sqlite_init(self.path)) as engine:
            yield pysquril.SqliteBackend(engine, schema="secureb2share")

    def insert(self, table, value):
        with self.backend() as backend:
            try:
                backend.table_insert(table, value)
            except Exception as error:
                raise ValueError(type(error).__name__)

    def rows(self, table):
        with self.backend() as backend:
            try:
                return list(backend.table_select(table, "order=sequence.asc"))
            except (sqlite3.OperationalError, *self.missing()):
                return []

    def missing(self):
        if not self.pool:
            return ()
        import psycopg2

        return (psycopg2.errors.UndefinedTable,)

    def close(self):
        if self.pool:
            self.pool.closeall()
