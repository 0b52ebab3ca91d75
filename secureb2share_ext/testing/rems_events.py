"""How the fake REMS notifies others of events: PUT with static headers, at least once, for a day.

As in CSCfi/rems event_notification.clj and db/outbox.clj: only 200 counts; the first retry comes after 10 s, then after
twice as long, at most 12 h; after a day an entry is dropped. A first attempt keeps the order of the events; a retry
does not.
"""

import datetime
import http.client
import json
import threading
import urllib.parse
from typing import Any, Callable, Dict, List, Optional

FIRST, LONGEST, LIFE = 10, 12 * 3600, 24 * 3600  # seconds
TIMEOUT = 60  # seconds
POLL = 10  # seconds


class Outbox:
    """What is still to be sent; seconds: how long a second of REMS lasts here."""

    def __init__(self, targets: List[Dict[str, Any]], clock: Callable[[], datetime.datetime]) -> None:
        """targets: as :event-notification-targets has them, with url, and headers, event-types, send-application?
        and timeout, which may be missing.
        """
        self.targets, self.clock = targets, clock
        self.entries: List[Dict[str, Any]] = []
        self.dropped: List[Dict[str, Any]] = []

    def put(self, event: Dict[str, Any], application: Dict[str, Any]) -> None:
        """Take an event for whoever wants it; application: with which it is sent by default."""
        now = self.clock()
        for target in self.targets:
            wanted = target.get("event-types")
            if wanted and event["event/type"] not in wanted:
                continue
            body = dict(event)
            if target.get("send-application?", True):
                body["event/application"] = application
            self.entries.append(
                {"target": target, "body": body, "next": now, "pause": FIRST, "end": now + _seconds(LIFE)}
            )

    def due(self) -> List[Dict[str, Any]]:
        """The entries whose time has come, in the order of the events."""
        now = self.clock()
        return [entry for entry in self.entries if entry["next"] <= now]

    def answered(self, entry: Dict[str, Any], status: Optional[int]) -> None:
        """What came of an attempt; status: None without an answer."""
        now = self.clock()
        if status == 200:
            self.entries.remove(entry)
        elif now >= entry["end"]:
            self.entries.remove(entry)
            self.dropped.append(entry)
        else:
            entry["next"] = min(now + _seconds(entry["pause"]), entry["end"])
            entry["pause"] = min(entry["pause"] * 2, LONGEST)


def _seconds(number):
    return datetime.timedelta(seconds=number)


def send(entry: Dict[str, Any]) -> Optional[int]:
    """PUT an entry, one request; the status, or None where there is none."""
    target = entry["target"]
    parts = urllib.parse.urlsplit(target["url"])
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=target.get("timeout", TIMEOUT))
    path = parts.path + ("?" + parts.query if parts.query else "")
    headers = dict(target.get("headers", {}), **{"content-type": "application/json"})
    try:
        connection.request("PUT", path or "/", json.dumps(entry["body"]).encode("utf-8"), headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class Poller:
    """A thread that sends what is due, one after the other, every `poll` seconds or when it is woken."""

    def __init__(self, outbox: Outbox, lock: Any, poll: float = POLL) -> None:
        self.outbox, self.lock, self.poll = outbox, lock, poll
        self._ends, self._woken = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once."""
        self._woken.set()

    def stop(self) -> None:
        """End, after the attempt that is under way."""
        self._ends.set()
        self._woken.set()
        self._thread.join()

    def run_once(self) -> None:
        """Send what is due now."""
        with self.lock:
            due = self.outbox.due()
        for entry in due:
            status = send(entry)
            with self.lock:
                self.outbox.answered(entry, status)

    def _run(self):
        while not self._ends.is_set():
            self._woken.clear()
            self.run_once()
            self._woken.wait(self.poll)
