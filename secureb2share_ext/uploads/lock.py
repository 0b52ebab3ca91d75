"""The lock of an application, and whether all of its layers are in place.

The layers are looked at when the first write needs them, because only then are all views there, again as long as
anything is missing, and else by the first write after INTERVAL. A missing layer, a writing route that is not known, or
a row that came past the triggers stops every write with 503, also that of a command or a worker; reading goes on.
"""

import time
import weakref
from typing import Any, Callable, Dict, List, Optional

from flask import Flask
from invenio_db import db

from .. import stops
from ..errors import WritesStopped
from ..proxies import Host, has_tables
from . import audit, gate, guard, seal

INTERVAL = 60  # seconds after which a running process looks at a complete lock again

# a process may hold the UI's and the API's application; both are looked at
_LOCKS: Any = weakref.WeakSet()


def of_instance(app: Flask) -> List["Lock"]:
    """The locks of this process's applications that serve the same database as `app`, in the same mode."""
    same = ("SQLALCHEMY_DATABASE_URI", "SECUREB2SHARE_MODE")
    return [lock for lock in _LOCKS if all(lock.app.config[key] == app.config[key] for key in same)]


def audit_instance(app: Flask) -> List[audit.Row]:
    """[audit.Row] of `app` and of the applications that serve with it."""
    return sorted({row for lock in of_instance(app) for row in lock.audit()}, key=audit.order)


class Looked:
    """What a look found, kept for INTERVAL where that is nothing."""

    def __init__(self, look: Callable[[], List[str]]) -> None:
        self._look = look
        self._found: Optional[List[str]] = None
        self._again = 0.0  # of time.monotonic

    def forget(self) -> None:
        """Look again the next time."""
        self._found = None

    def found(self) -> List[str]:
        """[sentence] of the last look, or of one that is taken now."""
        found = self._found
        if found is None or found or time.monotonic() >= self._again:
            # looked at again while anything is missing: what an operator mends counts at once
            self._again = time.monotonic() + INTERVAL
            try:
                found = self._look()
            except Exception:
                # of a database that does not answer nothing is known, and another thread asks again
                self._found = None
                raise
            self._found = found
        return found

    def keep(self, found: List[str]) -> List[str]:
        """Take what another look has found just now, and return it."""
        self._again = time.monotonic() + INTERVAL
        self._found = found
        return found


class Lock:
    """The lock of one application."""

    def __init__(self, app: Flask, host: Host, known: Dict[str, str]) -> None:
        """host: hosts.host.Host; known: SECUREB2SHARE_AUDIT_KNOWN."""
        self.app = app
        self.host = host
        self.known = known
        self._content: Optional[Dict[str, str]] = None
        self._all = Looked(lambda: self.told(self.look()))
        # within whatever writes: SQLite lets one connection write at a time
        self._of_database = Looked(lambda: self.told(seal.faults(db.session.connection())))
        _LOCKS.add(self)

    @property
    def content_endpoints(self) -> Dict[str, str]:
        """{endpoint: what it would take} of the routes that carry content."""
        if self._content is None:
            self._content = self.host.content_endpoints(self.app)
        return self._content

    @property
    def findings(self) -> List[str]:
        """[sentence] for each thing that is missing; empty when the lock is complete."""
        return self._all.found()

    def must_be_complete(self) -> None:
        """Raise WritesStopped while anything is wrong in the database; the gate asks for the other layers."""
        if self._of_database.found():
            raise WritesStopped()

    def forget(self) -> None:
        """Look again at the next write."""
        self._all.forget()
        self._of_database.forget()

    def told(self, findings: List[str]) -> List[str]:
        """The findings, after they were logged."""
        for finding in findings:
            self.app.logger.error("secureb2share.lock-incomplete %s", finding)
        return findings

    def compare(self) -> List[str]:
        """Look at the database's part alone, and log it: a sweep's process serves no routes."""
        with db.engine.connect() as connection:
            return self.told(seal.faults(connection))

    def audit(self) -> List[audit.Row]:
        """[audit.Row] of this application."""
        return audit.classify(
            audit.rules_of(self.app), self.content_endpoints, self.host.known_writes(self.app), self.known
        )

    def look(self) -> List[str]:
        """The findings as they are now."""
        with self.app.app_context():
            if not has_tables():
                return ["The tables are missing: run `secureb2share init`."]
        found = list(self.host.lock_faults(self.app))
        if not gate.is_first(self.app):
            found.append("The request gate is not the first before_request of the application.")
        if not guard.is_installed():
            found.append("The guard on the models that hold content is not installed.")
        if not stops.is_watching():
            found.append("The place that all writing passes is not installed.")
        with self.app.app_context(), db.engine.connect() as connection:
            found += self._of_database.keep(seal.faults(connection))
        for row in self.audit():
            if row.kind == "unknown":
                found.append(
                    "The route %s (%s, endpoint %s) accepts a write and is not known."
                    % (row.rule, row.methods, row.endpoint)
                )
        return found
