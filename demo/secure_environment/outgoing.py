"""Messages to the catalogue, each with one effect however often it is sent.

- A message is written in the transaction that makes it necessary, with id, `issued` and body; none of them
  changes afterwards, so that the catalogue recognises a repetition.
- Messages about one dataset go in the order in which they were written; a later one waits for an earlier one.
- It stays `waiting` until the catalogue accepts (`sent`) or refuses it for good (`refused`).
"""

import json
import logging
import threading
import time
import uuid

import requests

from secureb2share_ext import client

from . import datasets

log = logging.getLogger(__name__)

# the message itself is at fault; anything else (key not configured yet, overload) may pass
FINAL = (400, 403, 409, 410, 413, 415, 422)
LONGEST = 300  # seconds between attempts

CALLS = {
    "register": lambda c, m, **once: c.register(m["identifier"], m["dataset"], m.get("tenant"), **once),
    "state": lambda c, m, **once: c.set_state(m["identifier"], m["state"], m["reason"], **once),
    "decision": lambda c, m, **once: c.report_decision(m["identifier"], m["application"], m["state"], **once),
}


class Outgoing:
    """The messages of one store."""

    def __init__(self, store, new_client):
        self._store = store
        self._new_client = new_client
        self._sending = threading.Lock()
        self._stop = threading.Event()

    def write(self, db, kind, identifier, **members):
        """Add a message in the caller's transaction, whose write lock keeps `issued` in the order of ids."""
        body = self._new_client().envelope(kind, identifier, client.now_utc(), **members)
        db.execute(
            "INSERT INTO outgoing (message_id, kind, identifier, body) VALUES (?, ?, ?, ?)",
            (str(uuid.uuid4()), kind, identifier, body),
        )

    def waiting(self, identifier=None):
        """Messages that are not settled, oldest first."""
        return self._store.all(
            "SELECT * FROM outgoing WHERE state = 'waiting' AND (? IS NULL OR identifier = ?) ORDER BY id",
            (identifier, identifier),
        )

    def last(self, identifier):
        """The latest message about a dataset."""
        return self._store.one("SELECT * FROM outgoing WHERE identifier = ? ORDER BY id DESC LIMIT 1", (identifier,))

    def send(self, identifier=None, at_once=True):
        """Try what is waiting (of one dataset); at_once: also what was asked to come later."""
        if not self._sending.acquire(timeout=5):
            return  # another thread is at it; the message is safe
        try:
            catalogue, held_up = self._new_client(), set()
            for message in self.waiting(identifier):
                early = message["not_before"] > time.time() and not at_once
                if message["identifier"] in held_up or early:
                    held_up.add(message["identifier"])
                elif not self._attempt(catalogue, message):
                    held_up.add(message["identifier"])
        except requests.RequestException as error:
            log.info("the catalogue cannot be reached (%s); messages wait", type(error).__name__)
        finally:
            self._sending.release()

    def _attempt(self, catalogue, message):
        """Whether the message is settled, accepted or refused."""
        said = json.loads(message["body"])
        try:
            answer = CALLS[message["kind"]](catalogue, said, issued=said["issued"], message_id=message["message_id"])
        except client.Refused as refused:
            if refused.status in FINAL:
                self._settle(message, said, "refused", dict(refused.problem, status=refused.status))
                return True
            self._postpone(message, "The catalogue answered %s." % refused.status)
            return False
        except requests.RequestException:
            self._postpone(message, "The catalogue could not be reached.", wait=False)
            raise
        if message["kind"] == "register" and not (isinstance(answer, dict) and answer):
            self._postpone(message, "The catalogue's answer was not understood.")
            return False
        self._settle(message, said, "sent", answer)
        return True

    def _settle(self, message, said, state, answer):
        with self._store.write() as db:
            text = "" if state == "sent" else _in_words(answer)
            changed = db.execute(
                "UPDATE outgoing SET state = ?, attempts = attempts + 1, said = ? WHERE id = ? AND state = 'waiting'",
                (state, text, message["id"]),
            )
            if changed.rowcount:
                datasets.settled(db, message, said, state, answer)

    def _postpone(self, message, why, wait=True):
        delay = min(2.0 ** min(message["attempts"] + 1, 10), LONGEST) if wait else 0
        with self._store.write() as db:
            db.execute(
                "UPDATE outgoing SET attempts = attempts + 1, not_before = ?, said = ? WHERE id = ?",
                (time.time() + delay, why, message["id"]),
            )

    def start(self, every):
        """Send what waits every few seconds, in a thread that ends with the process or at `stop`."""
        threading.Thread(target=self._run, args=(every,), name="outgoing", daemon=True).start()

    def stop(self):
        """End the thread."""
        self._stop.set()

    def _run(self, every):
        while not self._stop.wait(every):
            try:
                self.send(at_once=False)
            except Exception:
                log.exception("sending failed; the next round tries again")


def _in_words(problem):
    faults = "; ".join("%s %s" % (e.get("field"), e.get("message")) for e in problem.get("errors", []))
    return "%s %s" % (problem["status"], faults or problem.get("detail") or problem.get("title") or "refused")
