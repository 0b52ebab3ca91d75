"""A REMS for tests and the demo, on loopback: it behaves as the real one does where a client can be wrong.

with FakeRems() as rems:
    ... rems.url, rems.headers, rems.store.items, rems.requests

Held against the handlers of CSCfi/rems 16bcd11 (2026-05-12, release 2.39.1), never against a running one: the routes,
the members of the bodies and of the answers, the roles, and the words of the errors are those of
src/clj/rems/{api,service,db,application}. What differs, on purpose:

- a title in a language that is not configured is a 400 here and is taken there, where nobody ever sees it
  (Store(strict_languages=False) takes it too);
- `503 please try again` comes by `fault` here; there it comes from commands on applications, whose table is locked,
  while a conflict between two changes of the catalogue is a 500;
- an organisation can neither be made nor archived, the labels of DUO codes are their abbreviations, and forms are not
  validated;
- nobody logs in: whoever holds a key acts for a user.
"""

import datetime
import functools
import http.server
import json
import os
import threading
from typing import Any, Callable, Dict, List, Optional

from ..targets.testing import Loopback
from .rems_answers import BROKEN, TRY_AGAIN, Answer, failure
from .rems_applications import Applications
from .rems_events import POLL, Outbox, Poller
from .rems_routes import ApiKey, Request, Routes
from .rems_store import Store

KEY, OWNER, HANDLER, APPLICANT = "fake-rems-key", "catalogue", "handler", "applicant"
ORGANIZATION = "example-organisation"
TIME = "%Y-%m-%dT%H:%M:%S.%f"
# what `fault` may say, beside a status as digits
DROP_BEFORE, DROP_AFTER, UNSUCCESSFUL = "drop before", "drop after", "unsuccessful"
FAULTS = {
    "503": TRY_AGAIN,
    "503 after": TRY_AGAIN,
    "500": BROKEN,
    "500 after": BROKEN,
    UNSUCCESSFUL: failure("t.administration.errors/in-use-by"),
}


def example_store(**settings: Any) -> Store:
    """A store as an administrator leaves it: an organisation, a workflow (11), a form (31), a licence (51), people.

    settings: of Store. The people are `catalogue`, which owns the organisation, `owner`, `handler`, `reporter`,
    `applicant` and `colleague`; a second workflow (12) and form (32) are there to change to.
    """
    store = Store(**settings)
    store.add_user("owner", "The owner", "owner@example.org", ["owner"])
    store.add_user(OWNER, "The catalogue", "catalogue@example.org")
    store.add_user(HANDLER, "The handler", "handler@example.org")
    store.add_user("reporter", "The reporter", "reporter@example.org", ["reporter"])
    store.add_user(APPLICANT, "The applicant", "applicant@example.org")
    store.add_user("colleague", "The colleague", "colleague@example.org")
    store.add_organization(ORGANIZATION, [OWNER])
    store.add_organization("other-organisation")
    for number in (1, 2):
        store.add_workflow("Workflow %d" % number, [HANDLER], ORGANIZATION)
        store.add_form("Form %d" % number, ORGANIZATION)
        store.add_license("Terms of use %d" % number, ORGANIZATION)
    return store


class FakeRems:
    """A server; `store` and `applications` may be read and changed under `lock`."""

    def __init__(
        self,
        store: Optional[Store] = None,
        keys: Optional[Dict[str, ApiKey]] = None,
        fault: Optional[Callable[[int], Optional[str]]] = None,
        targets: Optional[List[Dict[str, Any]]] = None,
        poll: float = POLL,
        journal: Optional[str] = None,
        port: int = 0,
    ) -> None:
        """store: by default an example_store(). keys: {API key: ApiKey}, by default KEY without limits.

        fault: callable(request number from 1) -> None, a key of FAULTS, a status as digits (with " after" behind it:
        the request takes effect all the same), DROP_BEFORE (nothing takes effect) or DROP_AFTER. targets: who is
        notified of events (see rems_events.Outbox); poll: seconds. journal: a file in which changes outlast the
        process.
        """
        self.store = store or example_store()
        self.applications = Applications(self.store)
        self.routes = Routes(self.store, self.applications, keys or {KEY: ApiKey()})
        self.fault, self.port = fault, port
        self.requests: List[Request] = []
        self.lock = threading.RLock()
        self.outbox = Outbox(targets or [], self.store.clock)
        self.poller = Poller(self.outbox, self.lock, poll)
        self._journal: Optional[int] = None
        if journal is not None:
            self._replay(journal)
            self._journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    headers = {"x-rems-api-key": KEY, "x-rems-user-id": OWNER, "accept": "application/json"}

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return "http://127.0.0.1:%d" % self.port

    def __enter__(self) -> "FakeRems":
        self._server = Loopback(self.handler(), self.port)
        self.port = self._server.server_address[1]
        self.poller.start()
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.poller.stop()
        self._server.stop()
        if self._journal is not None:
            os.close(self._journal)

    def items_of(self, resid: str) -> List[Dict[str, Any]]:
        """The items of an external id by which somebody can apply: enabled, and not archived."""
        with self.lock:
            return [row for row in self.store.items_of(resid) if row["enabled"] and not row["archived"]]

    def act(self, command: str, userid: str, **body: Any) -> Answer:
        """Give a command on an application as a person, with a key without limits; `_` in a name stands for `-`."""
        key = next(name for name, limits in self.routes.keys.items() if limits == ApiKey())
        with self.lock:
            members = {name.replace("_", "-"): value for name, value in body.items()}
            return self.take(
                Request(
                    "POST",
                    "/api/applications/" + command,
                    {"x-rems-api-key": key, "x-rems-user-id": userid, **_OF_JSON},
                    json.dumps(members).encode("utf-8"),
                )
            )

    def take(self, request: Request) -> Answer:
        """Answer a request without faults, journal the change, and notify of its events."""
        with self.lock:
            told, now = len(self.applications.events), self.store.clock()
            answer = self._answer_at(now, request)
            if self._journal is not None and request.method in ("POST", "PUT") and answer.status == 200:
                body = request.body.decode("utf-8")
                # what is replayed has the same times
                entry = [now.strftime(TIME), request.method, request.target, request.headers, body]
                os.write(self._journal, (json.dumps(entry) + "\n").encode("utf-8"))
            for event in self.applications.events[told:]:
                row = self.applications.rows.get(event["application/id"])
                self.outbox.put(event, self.applications.shown(row) if row else {})
            if len(self.applications.events) > told:
                self.poller.wake()
            return answer

    def decide(self, request: Request) -> Optional[Answer]:
        """The answer to a request, faults and all; None: the connection is dropped."""
        with self.lock:
            self.requests.append(request)
            said = self.fault(len(self.requests)) if self.fault else None
            if said == DROP_BEFORE:
                return None
            if said is None:
                return self.take(request)
            if said == DROP_AFTER or said.endswith("after"):
                self.take(request)
            if said == DROP_AFTER:
                return None
            return FAULTS.get(said) or Answer(int(said.split()[0]), "fault", "text/plain")

    def handler(self) -> Any:
        """The class that handles a request; a site that has pages of its own may extend it."""
        rems = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one segment for headers and body

            def do_GET(self):
                length = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                self.answer(rems.decide(Request(self.command, self.path, headers, self.rfile.read(length))))

            do_HEAD = do_POST = do_PUT = do_GET

            def answer(self, answer):
                if answer is None:
                    self.close_connection = True
                    return
                said = (json.dumps(answer.body) if answer.type == "application/json" else answer.body).encode("utf-8")
                self.send_response(answer.status)
                self.send_header("content-type", answer.type + "; charset=utf-8")
                self.send_header("content-length", str(len(said)))
                self.send_header("cache-control", "no-store")
                if answer.location is not None:
                    # as wrap-fix-location-header: below the public URL
                    self.send_header("location", rems.url + answer.location)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(said)
                self.wfile.flush()

            def log_message(self, *args):
                pass

        return Handler

    def _replay(self, path):
        if not os.path.exists(path):
            return
        with open(path, encoding="utf-8") as file:
            for line in file:
                # the last line of a process that was killed may be cut: it answered nothing then
                if line.endswith("\n"):
                    time, method, target, headers, body = json.loads(line)
                    then = datetime.datetime.strptime(time, TIME)
                    self._answer_at(then, Request(method, target, headers, body.encode("utf-8")))

    def _answer_at(self, moment, request):
        """The answer of a REMS whose clock stands still at a moment."""
        clock = self.store.clock
        self.store.clock = functools.partial(_itself, moment)
        try:
            return self.routes.answer(request)
        finally:
            self.store.clock = clock


_OF_JSON = {"content-type": "application/json"}


def _itself(value):
    return value
