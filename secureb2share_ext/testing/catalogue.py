"""A catalogue in memory: an application with this package on the host in memory, and its sources' signed messages.

with Catalogue() as catalogue:
    status, answer = catalogue.send("register", "p11-moba-2024", dataset=description)
    assert catalogue.events("p11-moba-2024")[0]["type"] == "org.secureb2share.dataset.published.v1"
"""

import datetime
import json
import shutil
import sqlite3
import tempfile
import uuid
from typing import Any, Dict, Iterable, List, Optional, Tuple

from flask import Flask
from invenio_db import db
from sqlalchemy import event, text

from .. import instance
from ..client import canonical, fingerprint, line, new_key, public_of
from ..compat import utcnow
from ..datasets import store
from ..datasets.models import DatasetRow
from ..ext import SecureB2Share
from ..keyring import Key
from ..messages import bulk, envelope, inbox, message, quota
from ..messages.sources import Sender
from ..names import Names
from ..outbox.models import Event
from ..proxies import PREFIX
from .host import RECORDS, MemoryHost

ADDRESS = "https://catalogue.example.org"


class Catalogue:
    """An application with empty tables, whose context is entered as long as the object is."""

    def __init__(
        self,
        sources: Optional[Dict[str, Dict[str, Any]]] = None,
        targets: Optional[Dict[str, Dict[str, Any]]] = None,
        **overrides: Any,
    ) -> None:
        """sources: {name: settings} that differ from the defaults, which publish; each has a target of its name.

        targets: the same for SECUREB2SHARE_TARGETS; overrides: of the configuration.
        """
        self.folder = tempfile.mkdtemp(prefix="secureb2share-testing-")
        self.keys: Dict[str, str] = {}  # source -> "whsk_...", with which it signs
        self._issued = datetime.datetime(2026, 1, 1)
        self.app = Flask("secureb2share_testing")
        self.app.config.update(
            SQLALCHEMY_DATABASE_URI="sqlite://",
            SQLALCHEMY_TRACK_MODIFICATIONS=False,
            SITE_UI_URL=ADDRESS,
            SITE_API_URL=ADDRESS + "/api",
            **self._settings(sources or {}, targets or {}),
        )
        self.app.config.update(overrides)
        db.init_app(self.app)
        # the host in memory has no files, and so there is no lock to pick
        SecureB2Share(self.app).lock.must_be_complete = lambda: None  # type: ignore[assignment]

    def _settings(self, sources, targets):
        settings = {}
        for name in sorted(set(sources) | {"tsd", "csc"}):
            self.keys[name], public = new_key()
            given = dict({"community": name, "release": "publish", "targets": [name]}, **sources.get(name, {}))
            settings[name] = dict(given, access="form", keys=[public])
        # nobody calls these addresses: events stay in the outbox
        target = {"kind": "webhook", "url": "https://ingest.example.org/", "echo": True}
        return {
            "SECUREB2SHARE_MODE": "on",
            "SECUREB2SHARE_HOST": "secureb2share_ext.testing.host:MemoryHost",
            "SECUREB2SHARE_SOURCES": settings,
            "SECUREB2SHARE_TARGETS": {name: dict(target, **targets.get(name, {})) for name in settings},
            "SECUREB2SHARE_ACCESS": {"form": {"provider": "template", "url": ADDRESS + "/request?id={identifier}"}},
            "SECUREB2SHARE_SIGNING_KEY": self.folder,
        }

    def __enter__(self):
        self._context = self.app.app_context()
        self._context.push()
        # that of Flask-SQLAlchemy 2.1 belongs to the thread, and would go on with the database of another catalogue
        db.session.remove()
        event.listen(db.engine, "connect", _leave_transactions_to_us)
        event.listen(db.engine, "begin", _begin)
        connection = db.session.connection()
        db.metadata.create_all(connection, tables=_tables()[1:])
        RECORDS.metadata.create_all(connection)
        self.extension.keyring.new()
        db.session.commit()
        instance.establish(self.extension)
        return self

    def __exit__(self, *raised):
        db.session.remove()
        db.engine.dispose()
        self._context.pop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def extension(self) -> Any:
        return self.app.extensions["secureb2share"]

    @property
    def host(self) -> MemoryHost:
        return self.extension.host

    def sender(self, source: str = "tsd", tenants: Optional[Tuple[str, ...]] = None) -> Sender:
        """A messages.sources.Sender of a source, perhaps for some tenants only."""
        return Sender(self.extension.sources[source], tenants, key=fingerprint(public_of(self.keys[source])))

    def body(
        self,
        action: str,
        identifier: str,
        source: str = "tsd",
        issued: Optional[str] = None,
        **members: Any,
    ) -> bytes:
        """The canonical bytes of a message; each is issued a second after the last one."""
        self._issued += datetime.timedelta(seconds=1)
        issued = issued or self._issued.strftime("%Y-%m-%dT%H:%M:%SZ")
        named = {"catalogue": self.host.base_url(), "source": source, "identifier": identifier}
        said = dict(dict(named, **members), action=action, issued=issued)
        return canonical(said)

    def message(
        self, action: str, identifier: str, source: str = "tsd", message_id: Optional[str] = None, **members: Any
    ) -> message.Message:
        """A messages.message.Message, read as from a request whose signature holds; raises Invalid."""
        body = self.body(action, identifier, source, **members)
        settings = self.extension.sources[source]
        message_id, now = message_id or str(uuid.uuid4()), utcnow()
        return message.read(
            message_id,
            action,
            source,
            identifier,
            body,
            settings.describe_files,
            now,
            Names(self.extension),
            settings.needs_hdab(now.date()),
        )

    def send(
        self,
        action: str,
        identifier: str,
        source: str = "tsd",
        tenants: Optional[Tuple[str, ...]] = None,
        **members: Any,
    ) -> Tuple[int, Dict[str, Any]]:
        """(status, answer) of a message that is carried out and committed; raises a Problem."""
        return inbox.carry_out(
            self.host, self.sender(source, tenants), self.message(action, identifier, source, **members)
        )

    def line(
        self, action: str, identifier: str, source: str = "tsd", message_id: Optional[str] = None, **members: Any
    ) -> bytes:
        """A signed message as one line of a bulk, in bytes."""
        return line(self.keys[source], self.body(action, identifier, source, **members), message_id)

    def bulk(self, lines: Iterable[bytes], confirmed: bool = False) -> List[Dict[str, Any]]:
        """[answer as dict] of many signed messages, as from a file."""
        names = Names(self.extension)
        read = (envelope.read_line(self.extension.sources, one, utcnow(), names) for one in lines)
        return [one.answer for one in bulk.carry_out(self.host, read, confirmed)]

    def row(self, identifier: str, source: str = "tsd") -> Optional[DatasetRow]:
        """The row of a dataset as the database has it, or None."""
        db.session.expire_all()
        return store.find(source, identifier)

    def events(self, identifier: str, source: str = "tsd") -> List[Dict[str, Any]]:
        """[event as dict] of a dataset, in the order of their sequences."""
        row = self.row(identifier, source)
        found = db.session.query(Event).filter_by(dataset_id=row.id).order_by(Event.sequence, Event.id) if row else ()
        return [json.loads(one.body.decode("utf-8")) for one in found]

    def rows(self) -> Any:
        """{table: [row as dict]} of everything that the database holds."""
        found = {table.name: db.session.execute(text("SELECT * FROM " + table.name)) for table in _tables()}
        return {name: [dict(zip(result.keys(), row)) for row in result] for name, result in found.items()}

    def clear(self) -> None:
        """Empty every table, for the next test; the keys, the instance and the settings stay."""
        db.session.rollback()
        for table in _tables():
            if table not in (Key.__table__, instance.Instance.__table__):
                db.session.execute(table.delete())
        db.session.commit()
        db.session.remove()
        self.extension.mark.write(None)
        self.extension.quotas = quota.Met()


def _tables():
    # the tables that refer to others come before these
    own = [table for table in reversed(db.metadata.sorted_tables) if table.name.startswith(PREFIX)]
    return [RECORDS] + own


def _leave_transactions_to_us(connection, record):
    # the driver begins a transaction too late for a savepoint
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None


def _begin(connection):
    raw = connection.connection
    if connection.dialect.name == "sqlite" and not raw.in_transaction:
        raw.execute("BEGIN")
