"""The events of REMS read from its own interface, for those that it could not bring within a day.

What REMS answers is personal data. As at the door, members are taken out while the bytes are parsed, and nothing else
is kept, logged or said in an error.
"""

import json
from typing import Any, Collection, Iterable, Iterator, List

import requests

from .. import stops
from ..datasets.models import DatasetRow
from ..errors import SecureB2ShareError
from ..proxies import Extension
from . import rems_applications, rems_event

EVENTS = "application/events"
NUMBER = "application/id"
TIMEOUT = 60  # seconds
MOST = 64 * 2**20  # bytes of one answer


class Reader:
    """A REMS instance, asked as a user with the role reporter."""

    def __init__(self, url: str, user: str, key: str) -> None:
        """url: of the instance; user, key: as REMS's headers have them."""
        self._url = url
        self._session = requests.Session()
        # neither proxies nor passwords of the environment
        self._session.trust_env = False
        self._session.headers.update(
            {"x-rems-user-id": user, "x-rems-api-key": key, "accept": "application/json", "accept-encoding": "identity"}
        )

    def applications(self, resource: str) -> List[int]:
        """The ids of the applications for a resource; perhaps of others too, for REMS searches by words."""
        quoted = resource.replace("\\", "\\\\").replace('"', '\\"')
        found = self._get("/api/applications", {NUMBER}, query='resource:"%s"' % quoted)
        numbers = [one.get(NUMBER) for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        return sorted({one for one in numbers if isinstance(one, int)})

    def events(self, application: int) -> List[rems_event.Event]:
        """The events of an application that say something of its datasets or state."""
        kept = {EVENTS, rems_event.RESOURCE, *rems_event.READ}
        found = self._get("/api/applications/%d/raw" % application, kept)
        events = found.get(EVENTS) if isinstance(found, dict) else None
        if not isinstance(events, list):
            raise SecureB2ShareError("REMS tells no events of an application.")
        read = [rems_event.event_of(one) for one in events if isinstance(one, dict)]
        return [one for one in read if isinstance(one, rems_event.Event)]

    def _get(self, path, names, **query) -> Any:
        status, body = self._answer(path, query)
        if status is None:
            raise SecureB2ShareError("REMS cannot be reached at %s, or stopped in the middle." % self._url)
        if status != 200 or len(body) > MOST:
            raise SecureB2ShareError("REMS answered with %d where applications are read, or with too much." % status)
        found = _parsed(body, names)
        if found is None:
            raise SecureB2ShareError("REMS did not answer with JSON where applications are read.")
        return found

    def _answer(self, path, query):
        # an exception may hold what was read of the body, so that none is anybody's context
        try:
            with self._session.get(
                self._url + path, params=query, timeout=TIMEOUT, allow_redirects=False, stream=True
            ) as answer:
                is_read = answer.status_code == 200
                return answer.status_code, answer.raw.read(MOST + 1) if is_read else b""
        except Exception:
            # requests, or urllib3 while the body is read
            return None, b""


def _parsed(body, names):
    # an exception of the parser holds the whole text, so that none is anybody's context
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=lambda pairs: {n: value for n, value in pairs if n in names}
        )
    except (ValueError, RecursionError):
        return None


def reconcile(
    extension: Extension, entry: str, reader: Reader, pages: Iterable[Collection[DatasetRow]]
) -> Iterator[str]:
    """Note every event of the applications for these datasets; for each event "changed", "unchanged" or "ignored".

    What is counted for a dataset under a former SECRET_KEY is counted anew, as soon as REMS has answered; an
    application of several datasets is right once it was done for all of them.
    """
    provider: Any = extension.providers[entry]
    former, seen = rems_applications.of_former_keys(entry), set()
    for rows in pages:
        # read before the first commit, which ends what the rows hold
        datasets = [
            (row.id, row.source, provider.resid(row.identifier, row.pid, row.source, extension.host.record_url(row)))
            for row in rows
        ]
        for number, source, resource in datasets:
            found = [one for one in reader.applications(resource) if one not in seen]
            read = [event for application in found for event in reader.events(application)]
            seen.update(found)
            # or its counts would be dropped, and none be noted
            stops.must_not_be_suspended(source)
            rems_applications.drop(entry, former.pop(number, ()))
            for event in read:
                yield rems_applications.carry_out(extension, entry, event)
