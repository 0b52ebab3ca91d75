"""The reader for the inside of a secure environment: it turns survey submissions into requests, and decisions back.

It is one file beside client.py, for Python 3.6 and later, and needs nothing else of this package. Of a submission
(schema 2024-09 of TSD's survey API) it takes the reference and the submission's id, and nothing else; what it raises,
logs, stores, mails and sends holds no other member of one.

    python reader.py reader.json submissions       read, verify, tell the owners, report to the catalogue
    python reader.py reader.json requests          what waits for a decision
    python reader.py reader.json decide 123456 approved
    python reader.py reader.json events            read the table of events, which misses none

Every step is stored in one SQLite file before the next one begins, so that a run that was killed is repeated by the
next one. Nothing is lost; what leaves the reader (a callable, a message to the catalogue, a mail) may then come twice,
with the id that it had.
"""

import argparse
import contextlib
import email.message
import hashlib
import hmac
import json
import logging
import os
import re
import secrets
import smtplib
import sqlite3
import ssl
import sys
import time
import uuid
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import requests

if __package__:
    from . import client
else:  # the two files were copied
    import client  # type: ignore[no-redef]

LOGGER = logging.getLogger("secureb2share")
PAGE = 500  # rows of one answer of the API
MANY = 40  # events that are read by one request, whose address stays below 2 kB
MOST = 64 * 2**20  # bytes of one answer of the API: MANY events have at most 1 MB each
DAY = 24 * 3600
DECIDED = ("approved", "denied", "closed")
KEY = re.compile(r"[A-Za-z0-9-]{1,36}\Z")  # submission and event ids
CLAIMS = frozenset(["pid", "revision", "source", "identifier"])  # of a reference, that other questions may repeat
ENDED = ("superseded", "withdrawn")  # states of a dataset for which nobody can ask any more
MARKS = ("forged", "moved", "missing")  # looked at again by `--all`: the keys or the settings may have been wrong

SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (
    submission INTEGER PRIMARY KEY, source TEXT, identifier TEXT, pid TEXT, state TEXT NOT NULL, received TEXT NOT NULL,
    handed INTEGER NOT NULL DEFAULT 0, mail TEXT);
CREATE TABLE IF NOT EXISTS mails (id TEXT PRIMARY KEY, owner TEXT NOT NULL, tried TEXT, sent TEXT);
CREATE TABLE IF NOT EXISTS messages (number INTEGER PRIMARY KEY, id TEXT NOT NULL, body TEXT NOT NULL, answer TEXT);
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS datasets (
    source TEXT, identifier TEXT, sequence INTEGER NOT NULL, state TEXT, PRIMARY KEY (source, identifier));
"""


class ReaderError(client.ClientError):
    """The reader cannot go on; its text holds nothing of a submission."""


class Request(NamedTuple):
    """What is known of one submission."""

    submission: int
    source: Optional[str]  # this and the next two: None unless the reference is genuine
    identifier: Optional[str]
    pid: Optional[str]
    state: str  # waiting, approved, denied, closed; or one of MARKS
    received: str  # RFC 3339 UTC


def quietly(what: str, do: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """What `do` returns; whatever it raises becomes a ReaderError that names `what` and the kind of error alone.

    The text of a library's error may quote what it was working on, and so may the error that it is the context of.
    """
    try:
        return do(*given, **named)
    except client.ClientError:
        raise
    except Exception as error:
        kind = type(error).__name__
    raise ReaderError("%s failed: %s." % (what, kind))


class Queue:
    """The SQLite file with the requests, and with what has to be sent; one process works with it at a time."""

    COLUMNS = ", ".join(Request._fields)

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=60)
        self._db.executescript(SCHEMA)
        # held until the process ends, however it ends
        self._turn = sqlite3.connect(path + ".turn", isolation_level=None, timeout=0)
        try:
            self._turn.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            self.close()
            raise ReaderError("Another run is at work on %s; this one was not needed." % path) from None

    def close(self) -> None:
        """Let another process work with the file."""
        self._db.close()
        self._turn.close()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The connection, in a transaction that ends with the block."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def rows(self, query: str, *values: Any) -> List[Tuple[Any, ...]]:
        """Every row that an SQL query finds."""
        return self._db.execute(query, values).fetchall()

    def last(self) -> int:
        """The highest submission id that is stored, 0 without one."""
        return self.rows("SELECT max(submission) FROM requests")[0][0] or 0

    def requests(self, *states: str) -> List[Request]:
        """The requests in these states, in the order of their submission ids."""
        marks = ", ".join("?" * len(states))
        query = "SELECT %s FROM requests WHERE state IN (%s) ORDER BY submission" % (self.COLUMNS, marks)
        return [Request(*row) for row in self.rows(query, *states)]

    def find(self, submission: int) -> Optional[Request]:
        """The request of a submission, or None."""
        found = self.rows("SELECT %s FROM requests WHERE submission = ?" % self.COLUMNS, submission)
        return Request(*found[0]) if found else None

    def hand(self, take: Callable[[Request], Any]) -> int:
        """Give each waiting request that `take` did not return for yet to it; returns how many."""
        query = "SELECT %s FROM requests WHERE state = 'waiting' AND NOT handed ORDER BY submission" % self.COLUMNS
        found = [Request(*row) for row in self.rows(query)]
        for request in found:
            take(request)
            with self.write() as db:
                db.execute("UPDATE requests SET handed = 1 WHERE submission = ?", (request.submission,))
        return len(found)


class Keys:
    """The keys with which the catalogue signs: a JWK set in a file, and where it is fetched from, if it can be."""

    def __init__(self, path: str, fetch: Optional[Callable[[], Dict[str, Any]]] = None) -> None:
        """fetch: such as `client.Client.keys`; None where the file is carried in by hand."""
        self.path, self._fetch = path, fetch
        self._renewed = False

    def get(self) -> Dict[str, Any]:
        """The JWK set; fetched again a day after it was."""
        there = os.path.exists(self.path)
        if self._fetch and (not there or time.time() - os.path.getmtime(self.path) > DAY):
            self.renew(must=not there)
        return quietly("Reading the keys in %s" % self.path, _json_in, self.path)

    def renew(self, must: bool = False) -> bool:
        """Fetch the keys, once in the life of this object; returns whether there may be others now."""
        if self._renewed or self._fetch is None:
            return False
        self._renewed = True
        try:
            replace(self.path, client.canonical(quietly("Fetching the catalogue's keys", self._fetch)))
        except ReaderError as error:
            if must:
                raise
            LOGGER.warning("secureb2share.reader-keys-kept reason=%s", error)
            return False
        return True

    def verify(self, check: Callable[[Dict[str, Any]], Dict[str, Any]]) -> Optional[Dict[str, Any]]:
        """What `check` returns for the keys, or None where it raises NotVerified for fresh ones too."""
        for again in (True, False):
            try:
                return check(self.get())
            except client.NotVerified:
                if not (again and self.renew()):
                    break
        return None


class Form:
    """One survey form: what its submissions must refer to, and the queue into which they go."""

    def __init__(
        self,
        queue: Queue,
        keys: Keys,
        issuer: str,
        source: str,
        code: str,
        datasets: Sequence[str] = (),
        locked: Optional[Mapping[str, str]] = None,
        report: Optional[Callable[[sqlite3.Connection, Request, str], None]] = None,
    ) -> None:
        """code: the codebook code of the question that holds the reference; source and datasets: those that the form
        is about, any dataset of the source without a list; locked: {codebook code: claim} of questions that were filled
        in with the reference, and are read only then; report: `Decisions.add`, if the catalogue is told.
        """
        self.queue, self.keys, self.report = queue, keys, report
        self.issuer, self.source, self.code = issuer, source, code
        self.datasets, self.locked = frozenset(datasets), dict(locked or {})
        if not set(self.locked.values()) <= CLAIMS:
            raise ReaderError("locked names for each code one of %s." % ", ".join(sorted(CLAIMS)))

    @property
    def members(self) -> List[str]:
        """The names of all that is read of a submission, by dots."""
        return ["metadata.submission_id"] + ["answers." + code for code in [self.code] + sorted(self.locked)]

    def take(self, submissions: Iterable[Mapping[str, Any]]) -> Dict[str, int]:
        """Store what is new among submissions; returns {"read", "unreadable", "known" and each state: how many}."""
        counts = {"read": 0}
        for one in submissions:
            counts["read"] += 1
            state = self._one(one)
            counts[state] = counts.get(state, 0) + 1
        LOGGER.info("secureb2share.reader-submissions %s", " ".join("%s=%d" % pair for pair in sorted(counts.items())))
        return counts

    def _one(self, submission):
        try:
            number, answers = submission["metadata"]["submission_id"], submission["answers"]
            reference, said = answers[self.code], {code: answers[code] for code in self.locked}
        except (KeyError, TypeError, IndexError):
            return "unreadable"
        if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 2**63:
            return "unreadable"
        known = self.queue.find(number)
        if known and known.state not in MARKS:
            return "known"
        state, claims = self._state(reference, said)
        if known and known.state == state:
            return "known"
        named = claims or {}
        request = Request(
            number, named.get("source"), named.get("identifier"), named.get("pid"), state, client.now_utc()
        )
        with self.queue.write() as db:
            db.execute("DELETE FROM requests WHERE submission = ?", (number,))
            db.execute("INSERT INTO requests (%s) VALUES (?, ?, ?, ?, ?, ?)" % Queue.COLUMNS, request)
            if state == "waiting" and self.report:
                self.report(db, request, "submitted")
        return state

    def _state(self, reference, said):
        """(state, claims or None); a catalogue that is stopped in an incident links to the form without a reference."""
        if not reference:
            return "missing", None
        claims = self.keys.verify(lambda jwks: client.verify_reference(reference, jwks))
        if claims is None:
            return "forged", None
        return "moved" if self._is_moved(claims, said) else "waiting", claims

    def _is_moved(self, claims, said):
        if claims["iss"] != self.issuer or claims["source"] != self.source:
            return True
        if self.datasets and claims["identifier"] not in self.datasets:
            return True
        if any(str(claims[claim]) != said[code] for code, claim in self.locked.items()):
            return True
        query = "SELECT state FROM datasets WHERE source = ? AND identifier = ?"
        found = self.queue.rows(query, claims["source"], claims["identifier"])
        return bool(found) and found[0][0] in ENDED


class Messages:
    """The signed messages to the catalogue: what they say and their ids are stored before anything is sent."""

    def __init__(self, queue: Queue, sender: client.Client) -> None:
        self.queue, self.sender = queue, sender

    def add(self, db: sqlite3.Connection, action: str, identifier: str, **members: Any) -> None:
        """Write a message into the transaction `db`; its id and its bytes stay the same however often it is sent."""
        body = self.sender.envelope(action, identifier, **members).decode("utf-8")
        db.execute("INSERT INTO messages (id, body) VALUES (?, ?)", (str(uuid.uuid4()), body))

    def _unsent(self):
        found = self.queue.rows("SELECT number, id, body FROM messages WHERE answer IS NULL ORDER BY number")
        lines = [client.line(self.sender.key, body.encode("utf-8"), message_id) for _, message_id, body in found]
        return [number for number, _, _ in found], lines

    def _answered(self, number, answer):
        with self.queue.write() as db:
            db.execute("UPDATE messages SET answer = ? WHERE number = ?", (answer, number))

    def send(self) -> Dict[str, int]:
        """Send what was not sent yet; returns {"sent", "refused", "kept": how many}; kept is sent again next time."""
        counts = {"sent": 0, "refused": 0, "kept": 0}
        numbers, lines = self._unsent()
        answers = self.sender.send_many(lines)
        for number in numbers:
            one = quietly("Sending to the catalogue", next, answers)
            status, what = one["status"], "sent"
            if client.may_pass(status) or status == 429:
                counts["kept"] += 1
                continue
            if status >= 400:
                what, code = "refused", one.get("problem", {}).get("code")
                LOGGER.warning("secureb2share.reader-refused message=%d status=%d code=%s", number, status, code)
            self._answered(number, str(status))
            counts[what] += 1
        return counts

    def drop(self, folder: str) -> Dict[str, int]:
        """Write what was not sent yet into a file of a drop folder, for a catalogue that cannot be reached."""
        numbers, lines = self._unsent()
        if lines:
            # in the order of the names, also of two within one second
            moment = re.sub("[:-]", "", client.now_utc())
            name = "reader-%s-%012d-%s.jsonl" % (moment, numbers[0], secrets.token_hex(4))
            replace(os.path.join(folder, name), b"".join(lines))
        for number in numbers:
            self._answered(number, "dropped")
        return {"dropped": len(numbers)}


class Decisions:
    """What the catalogue is told of requests: that there is one and how it was decided, by an id that names nothing."""

    def __init__(self, messages: Messages, secret: bytes) -> None:
        """secret: at least 32 bytes that never leave; with others, the catalogue would count everything anew."""
        if len(secret) < 32:
            raise ReaderError("The secret of the application ids needs at least 32 bytes.")
        self.messages, self.queue, self._secret = messages, messages.queue, secret

    def application(self, submission: int) -> str:
        """The id of an application, as the catalogue knows it: HMAC-SHA256 of source and submission id, in hex."""
        said = client.canonical([self.messages.sender.source, submission])
        return hmac.new(self._secret, said, hashlib.sha256).hexdigest()

    def add(self, db: sqlite3.Connection, request: Request, state: str) -> None:
        """Write the message about a request into the transaction `db`."""
        application = self.application(request.submission)
        self.messages.add(db, "decision", str(request.identifier), application=application, state=state)

    def decide(self, submission: int, state: str) -> None:
        """Store a decision (one of DECIDED), and the message about it; the same one again changes nothing."""
        request = self.queue.find(submission)
        if request is None or request.state in MARKS:
            raise ReaderError("There is no request with the submission id %d and a genuine reference." % submission)
        if state not in DECIDED:
            raise ReaderError("A request is %s, nothing else." % ", ".join(DECIDED))
        if request.state != state:
            with self.queue.write() as db:
                db.execute("UPDATE requests SET state = ? WHERE submission = ?", (state, submission))
                self.add(db, request, state)


class Owners:
    """The owners, who are told the dataset, how many requests wait, and where to look; nothing of a request."""

    def __init__(self, queue: Queue, owners: Mapping[str, str], send: Callable[[str, str, str], Any]) -> None:
        """owners: {identifier: address}, with "*" for all others; send: called with address, text and an id.

        A text whose sending was interrupted is sent again with the same id.
        """
        self.queue, self.owners, self._send = queue, owners, send

    def tell(self, inside: str) -> Dict[str, int]:
        """Tell each owner of new requests in one text; returns {"told", "failed": how many}.

        inside: where the owner finds the requests, a text. What could not be sent, or has no owner, is tried by the
        next run.
        """
        counts = {"told": 0, "failed": 0}
        query = "SELECT submission, identifier FROM requests WHERE state = 'waiting' AND mail IS NULL"
        for submission, identifier in self.queue.rows(query):
            owner = self.owners.get(identifier, self.owners.get("*"))
            if owner is None:
                LOGGER.warning("secureb2share.reader-no-owner submission=%d", submission)
                counts["failed"] += 1
                continue
            with self.queue.write() as db:
                self._put_into_a_mail(db, submission, owner)
        for mail, owner in self.queue.rows("SELECT id, owner FROM mails WHERE sent IS NULL ORDER BY rowid"):
            with self.queue.write() as db:
                db.execute("UPDATE mails SET tried = ? WHERE id = ?", (client.now_utc(), mail))
            try:
                quietly("Telling an owner", self._send, owner, self._text(mail, inside), mail)
            except ReaderError as error:
                LOGGER.warning("secureb2share.reader-not-told mail=%s reason=%s", mail, error)
                counts["failed"] += 1
                continue
            with self.queue.write() as db:
                db.execute("UPDATE mails SET sent = ? WHERE id = ?", (client.now_utc(), mail))
            counts["told"] += 1
        return counts

    def _put_into_a_mail(self, db, submission, owner):
        # one that was tried may have been sent, and takes no more requests: its id tells a copy of it
        waiting = db.execute("SELECT id FROM mails WHERE owner = ? AND tried IS NULL", (owner,)).fetchone()
        mail = waiting[0] if waiting else str(uuid.uuid4())
        if not waiting:
            db.execute("INSERT INTO mails (id, owner) VALUES (?, ?)", (mail, owner))
        db.execute("UPDATE requests SET mail = ? WHERE submission = ?", (mail, submission))

    def _text(self, mail, inside):
        new = self.queue.rows(
            "SELECT identifier, count(*) FROM requests WHERE mail = ? GROUP BY identifier ORDER BY identifier", mail
        )
        lines = ["New requests for access arrived.", ""]
        for identifier, number in new:
            waiting = self.queue.rows(
                "SELECT count(*) FROM requests WHERE identifier = ? AND state = 'waiting'", identifier
            )
            lines.append("Dataset %s: %d new, %d waiting for a decision" % (identifier, number, waiting[0][0]))
        return "\n".join(lines + ["", "Read and decide them here: %s" % inside, ""])


class Mail:
    """A mail server: `host`, `port`, the address it is sent from, and perhaps a login after STARTTLS."""

    def __init__(
        self, host: str, port: int, sender: str, user: Optional[str] = None, password: Optional[str] = None
    ) -> None:
        self.host, self.port, self.sender = host, port, sender
        self.user, self.password = user, password

    def __call__(self, owner: str, text: str, mail: str) -> None:
        """Send one text; raises what smtplib does."""
        message = email.message.EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, owner, "New requests for access"
        message["Message-ID"] = "<%s@%s>" % (mail, self.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answering machine replies
        message.set_content(text)
        with smtplib.SMTP(self.host, self.port, timeout=client.TIMEOUT) as server:
            if self.user:
                server.starttls(context=ssl.create_default_context())
                server.login(self.user, self.password or "")
            server.send_message(message)


class Table:
    """A table of TSD's API, of which the members that are named are read, and no others."""

    def __init__(self, url: str, session: requests.Session) -> None:
        """url: ``https://.../v1/<project>/survey/<form>/submissions``; session: one that sends the token."""
        self.url, self.session = url, session

    def walk(self, members: Sequence[str], last: str = "") -> Iterator[Dict[str, Any]]:
        """Yield rows with these members (names by dots), in the order of the first one, whose values are unique.

        last: the value behind which to begin, as a query has it. Each request asks for what is behind the last row, so
        that rows that arrive meanwhile move none out of sight.
        """
        select = ["select=" + ",".join(members), "order=%s.asc" % members[0], "range=0.%d" % PAGE]
        while True:
            rows = self.read(*select + ["where=%s=gt.%s" % (members[0], last)] * bool(last))
            if any(not isinstance(row, list) or len(row) != len(members) for row in rows):
                raise ReaderError("The API did not answer with rows of %d values." % len(members))
            yield from (nested(dict(zip(members, row))) for row in rows)
            # a key of another form is none of ours, and would be another query
            behind = [row[0] for row in rows if KEY.match(str(row[0]))]
            if not behind:
                break
            before, last = last, str(behind[-1]) if isinstance(behind[-1], int) else "'%s'" % behind[-1]
            if last == before:
                raise ReaderError("The API answered with the same rows again; it does not know `where`.")

    def read(self, *clauses: str) -> List[Any]:
        """The rows that a query (its clauses, such as ``order=sequence.asc``) finds."""
        url = "%s?%s" % (self.url, "&".join(clauses))
        status, content = quietly("Reading the API", self._get, url)
        if status == 404:
            raise ReaderError("The API has no such table (404): nothing came yet, or its address is wrong.")
        if status != 200:
            raise ReaderError("The API answered %d; 401 and 403 are about the token." % status)
        rows = quietly("Reading an answer of the API", lambda: json.loads(content.decode("utf-8")))
        if not isinstance(rows, list):
            raise ReaderError("The API did not answer with a list of rows.")
        return rows

    def _get(self, url):
        """(status, content) of an answer; raises ReaderError for one that is longer than MOST bytes, unpacked."""
        content = bytearray()
        with self.session.get(url, timeout=client.TIMEOUT, allow_redirects=False, stream=True) as answer:
            for part in answer.iter_content(2**16):
                content += part
                if len(content) > MOST:
                    raise ReaderError("An answer of the API is longer than %d bytes." % MOST)
        return answer.status_code, bytes(content)


class Events:
    """The table into which the catalogue writes its events, read so that none is missed and none is taken twice.

    Nothing in the table says in which order its rows came: a sequence counts the events of one dataset, and an event
    that is sent again comes after younger ones. So the ids of the whole table are read, which is little, and then those
    events that are not known yet, by ascending sequence: those of one dataset are then in their order.
    """

    def __init__(
        self, queue: Queue, table: Table, issuer: str, target: str, messages: Optional[Messages] = None
    ) -> None:
        """issuer: the catalogue's base URL; target: its name for this table; messages: for receipts, if it wants them.

        A row has no signature: TSD decides who may write to the table. Its digest is that of the event's bytes, which
        the receipt names.
        """
        self.queue, self.table, self.messages = queue, table, messages
        self.issuer, self.target = issuer, target

    def take(self, hand: Callable[[Dict[str, Any], bytes], Any]) -> Dict[str, int]:
        """Give each new event, and its bytes, to `hand`; returns {"taken", "old", "wrong": how many}.

        old: an event of the dataset with a higher sequence was taken before, so that it is not handed over; wrong: no
        event of this catalogue for this table.
        """
        counts = {"taken": 0, "old": 0, "wrong": 0}
        new, counts["wrong"] = self._unknown()
        for begin in range(0, len(new), MANY):
            some = new[begin : begin + MANY]
            rows = self.table.read("where=event_id=in.[%s]" % ",".join(some))
            for event_id in some:
                found = [row for row in rows if isinstance(row, dict) and row.get("event_id") == event_id]
                counts[self._one(found, hand)] += 1
        LOGGER.info("secureb2share.reader-events %s", " ".join("%s=%d" % pair for pair in sorted(counts.items())))
        return counts

    def _unknown(self):
        """([id], how many rows have none that an event can have)."""
        known, wrong = {row[0] for row in self.queue.rows("SELECT id FROM events")}, set()
        new: Dict[str, str] = {}
        for row in self.table.walk(("event_id", "sequence")):
            event_id = str(row["event_id"])
            if not KEY.match(event_id):
                wrong.add(event_id)  # the walk may come by twice
            elif event_id not in known:
                # "%010d" each; several rows may have one id
                new[event_id] = min(new.get(event_id, "~"), str(row["sequence"]))
        return sorted(new, key=lambda event_id: (new[event_id], event_id)), len(wrong)

    def _one(self, rows, hand):
        """What became of the event of an id; rows: those with the id, of which the first that is an event counts."""
        event, body = next((one for one in map(self._event, rows) if one[0] is not None), (None, b""))
        if event is None:
            return "wrong"
        data = event["data"]
        place = (data["source"], data["identifier"])
        last = self.queue.rows("SELECT sequence FROM datasets WHERE source = ? AND identifier = ?", *place)
        is_old = bool(last) and last[0][0] >= data["sequence"]
        if not is_old:
            hand(event, body)
        with self.queue.write() as db:
            db.execute("INSERT OR IGNORE INTO events (id) VALUES (?)", (event["id"],))
            if not is_old:
                values = place + (data["sequence"], data.get("state"))
                db.execute("INSERT OR REPLACE INTO datasets VALUES (?, ?, ?, ?)", values)
            if self.messages and data["source"] == self.messages.sender.source:
                self.messages.add(db, "receipt", data["identifier"], event=event["id"], digest=client.digest(body))
        return "old" if is_old else "taken"

    def _event(self, row):
        """The event of a row and its bytes, or two None."""
        try:
            event = {name: value for name, value in row.items() if name not in ("event_id", "digest")}
            body, data = client.canonical(event), event["data"]
            parts = (data["source"], data["identifier"], event["id"])
            is_ours = (event["source"], event["target"], event["id"]) == (self.issuer, self.target, row["event_id"])
            if is_ours and row["digest"] == client.digest(body) and isinstance(data["sequence"], int):
                return (event, body) if all(isinstance(part, str) for part in parts) else (None, None)
        except (KeyError, TypeError, AttributeError, ValueError):
            pass
        return None, None


def nested(flat: Mapping[str, Any]) -> Dict[str, Any]:
    """{"a": {"b": 1}} for {"a.b": 1}."""
    found: Dict[str, Any] = {}
    for name, value in flat.items():
        *above, last = name.split(".")
        here = found
        for part in above:
            here = here.setdefault(part, {})
        here[last] = value
    return found


def submissions_in(folder: str) -> Iterator[Any]:
    """Yield the submissions in the files ``*.json`` of a folder: one, or a list of them, in each."""
    for name in sorted(os.listdir(folder)):
        if name.endswith(".json") and not name.startswith("."):
            try:
                found = quietly("Reading a submission", _json_in, os.path.join(folder, name))
            except ReaderError:
                found = None  # counted as unreadable
            yield from found if isinstance(found, list) else [found]


def _text_in(path):
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def _json_in(path):
    return json.loads(_text_in(path))


def replace(path: str, content: bytes) -> None:
    """Write a file so that whoever looks into its folder sees a whole one, or none."""
    folder, name = os.path.split(path)
    part = os.path.join(folder, ".%s.%s" % (name, secrets.token_hex(4)))
    with open(part, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


SETTINGS = {
    "": (("catalogue", "source", "queue", "keys"), ("fetch_keys", "key", "secret", "form", "events", "drop", "tell")),
    "form": (("reference",), ("folder", "table", "token", "datasets", "locked")),
    "events": (("table", "token", "target"), ("folder",)),
    "tell": (("owners", "host", "sender", "inside"), ("port", "user", "password")),
}  # group: (what it needs, what it may have)
PATHS = ("queue", "keys", "key", "secret", "drop", "folder", "token", "password")


class Settings:
    """The JSON file that configures the reader, and what is made of it; paths in it begin at its own folder."""

    def __init__(self, path: str) -> None:
        given = quietly("Reading %s" % path, _json_in, path)
        self._folder = os.path.dirname(os.path.abspath(path))
        self.values = self._group("", given)
        for name in ("form", "events", "tell"):
            if name in self.values:
                self.values[name] = self._group(name, self.values[name])
        self.session = requests.Session()
        self.sender = client.Client(self.values["catalogue"], self.values["source"], self._read("key") or "")
        self.keys = Keys(self.values["keys"], self.sender.keys if self.values.get("fetch_keys") else None)
        self.queue = quietly("Opening %s" % self.values["queue"], Queue, self.values["queue"])

    def _group(self, name, given):
        needed, more = SETTINGS[name]
        where = "%s: " % name if name else ""
        if not isinstance(given, dict):
            raise ReaderError("%sthe settings are an object of names and values." % where)
        for key in needed:
            if not given.get(key):
                raise ReaderError("%s%s is missing." % (where, key))
        for key in given:
            if key not in needed + more:
                raise ReaderError("%s%s is no setting; known are %s." % (where, key, ", ".join(needed + more)))
        return {key: os.path.join(self._folder, value) if key in PATHS else value for key, value in given.items()}

    def need(self, name: str) -> Dict[str, Any]:
        """A group of settings; raises ReaderError where it is not there."""
        if name not in self.values:
            raise ReaderError("%s is missing." % name)
        return self.values[name]

    def _read(self, name, group=None):
        path = (self.values if group is None else group).get(name)
        return None if path is None else quietly("Reading %s" % path, _text_in, path)

    def messages(self) -> Optional[Messages]:
        """What sends to the catalogue; None without a key."""
        return Messages(self.queue, self.sender) if "key" in self.values else None

    def decisions(self, messages: Optional[Messages]) -> Optional[Decisions]:
        """What reports requests to the catalogue; None without a key and a secret."""
        if messages is None or "secret" not in self.values:
            return None
        return Decisions(messages, self._read("secret").encode("utf-8"))

    def form(self, decisions: Optional[Decisions]) -> Form:
        """The form whose submissions are read."""
        given = self.need("form")
        return Form(
            self.queue,
            self.keys,
            self.sender.catalogue,
            self.sender.source,
            given["reference"],
            given.get("datasets", ()),
            given.get("locked"),
            decisions.add if decisions else None,
        )

    def table(self, group: Mapping[str, Any]) -> Table:
        """The table of the API that a group names; its token is read anew."""
        token = self._read("token", group)

        def authorize(request):
            request.headers["Authorization"] = "Bearer %s" % token
            return request

        # as a header of the session it would be replaced by what a .netrc has for this host
        self.session.auth = authorize
        return Table(group["table"], self.session)

    def submissions(self, form: Form, everything: bool) -> Iterable[Any]:
        """What the form has now: the files of its folder, or the rows of its table, those behind the last one first."""
        given = self.values["form"]
        if "folder" in given:
            return submissions_in(given["folder"])
        if not {"table", "token"} <= set(given):
            raise ReaderError("form: folder, or table and token, are missing.")
        if not all(re.match(r"[A-Za-z0-9_.]+\Z", name) and name.count(".") == 1 for name in form.members):
            raise ReaderError("form: a code that the API is asked for has letters, digits and _ only.")
        return self.table(given).walk(form.members, "0" if everything else str(self.queue.last()))

    def owners(self) -> Optional[Owners]:
        """What tells the owners by mail; None where nobody is to be told."""
        if "tell" not in self.values:
            return None
        given = self.values["tell"]
        mail = Mail(
            given["host"], given.get("port", 25), given["sender"], given.get("user"), self._read("password", given)
        )
        return Owners(self.queue, given["owners"], mail)


def run(*steps: Optional[Callable[[], Dict[str, int]]]) -> Dict[str, int]:
    """The counts of all steps; one that fails does not keep the next from being taken."""
    counts: Dict[str, int] = {}
    faults = []
    for step in steps:
        try:
            counts.update(quietly("A step", step) if step else {})
        except client.ClientError as error:
            faults.append(str(error))
    if faults:
        raise ReaderError(" ".join(faults))
    return counts


def read_submissions(settings: Settings, given: argparse.Namespace) -> Dict[str, int]:
    """Read and verify, tell the owners, and report to the catalogue."""
    messages, owners = settings.messages(), settings.owners()
    form = settings.form(settings.decisions(messages))
    return run(
        lambda: form.take(settings.submissions(form, given.all)),
        (lambda: owners.tell(settings.values["tell"]["inside"])) if owners else None,
        lambda: report(settings, messages),
    )


def report(settings: Settings, messages: Optional[Messages]) -> Dict[str, int]:
    """Send or drop what the catalogue is to be told."""
    if messages is None:
        return {}
    folder = settings.values.get("drop")
    return messages.drop(folder) if folder else messages.send()


def list_requests(settings: Settings, given: argparse.Namespace) -> Dict[str, int]:
    """Print what waits, or what is marked: submission id, state, dataset and time, parted by tabs."""
    found = settings.queue.requests(*MARKS if given.marked else ("waiting",))
    for one in found:
        print("%d\t%s\t%s\t%s" % (one.submission, one.state, one.identifier or "", one.received))
    return {"marked" if given.marked else "waiting": len(found)}


def decide(settings: Settings, given: argparse.Namespace) -> Dict[str, int]:
    """Store one decision, and report it."""
    messages = settings.messages()
    decisions = settings.decisions(messages)
    if decisions is None:
        raise ReaderError("key and secret are missing.")
    decisions.decide(given.submission, given.state)
    return report(settings, messages)


def read_events(settings: Settings, given: argparse.Namespace) -> Dict[str, int]:
    """Read the new events, acknowledge them; each becomes a file in the folder, if one is set."""
    group, messages = settings.need("events"), settings.messages()
    folder = group.get("folder")

    def keep(event, body):
        if folder:
            replace(os.path.join(folder, event["id"] + ".json"), body)

    events = Events(settings.queue, settings.table(group), settings.sender.catalogue, group["target"], messages)
    return run(lambda: events.take(keep), lambda: report(settings, messages))


COMMANDS = {
    "submissions": read_submissions,
    "requests": list_requests,
    "decide": decide,
    "events": read_events,
}


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run one command; returns 0, or 1 where something has to be repeated or looked at."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("settings", help="JSON file, see docs/reference/reader.md")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.required = True
    one = commands.add_parser("submissions", help="read and verify, tell the owners, report to the catalogue")
    one.add_argument("--all", action="store_true", help="read all, not only those behind the last one")
    one = commands.add_parser("requests", help="list what waits for a decision")
    one.add_argument("--marked", action="store_true", help="list what has no reference that holds")
    one = commands.add_parser("decide", help="store a decision, and report it to the catalogue")
    one.add_argument("submission", type=int)
    one.add_argument("state", choices=DECIDED)
    commands.add_parser("events", help="read the events that the catalogue wrote into a table")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        settings = Settings(given.settings)
        with contextlib.closing(settings.queue):
            counts = quietly("The command", COMMANDS[given.command], settings, given)
    except client.ClientError as error:
        print(error, file=sys.stderr)
        return 1
    print(", ".join("%d %s" % (number, name) for name, number in counts.items()))
    return 1 if any(counts.get(name) for name in ("unreadable", "wrong", "failed", "refused", "kept")) else 0


if __name__ == "__main__":
    sys.exit(main())
