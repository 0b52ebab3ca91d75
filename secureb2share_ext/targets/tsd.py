"""The target of kind tsd: a table of the file API of TSD (Oslo) or Educloud, which has the same API.

One event is one row, written by PUT with an access token that a client secret gets. What the API answers says less than
HTTP promises: 403 with an empty body is also an expired token, 404 is a database that said no, 500 can be a row that
will never be stored, and 201 is a promise only for one object in canonical bytes (tsd_row.py). Nothing can be read back
from outside, so a row is delivered, and never acknowledged by the answer.
"""

import datetime
import http.client
import json
import os
import re
import time
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import urlsplit

from ..config import check_settings, count, url_fault
from ..errors import ConfigError, SecureB2ShareError
from . import tsd_row, tsd_secret
from .answer import BUSY, DELIVERED, LATER, PARK, PAUSE, SUSPECT, Answer
from .connection import MOST_AT_ONCE, Connection, end_of_attempt

# a token holds for the MD5 of the User-Agent that asked for it: every request of this module sends these bytes
USER_AGENT = "secureb2share"
NEEDED = ("url", "project", "app", "secret_file")
OPTIONAL = ("table", "echo", "concurrency", "allow_private")
# what a path and a database's name can hold; a quote in a name is answered with 404
FORMS = {"project": r"[a-z]{1,8}[0-9]{1,8}", "app": r"[a-z][a-z0-9_]{0,40}", "table": r"[a-z][a-z0-9_]{0,40}"}
PLAIN = "%s: %s must be a short text of small letters, digits and _, such as %r."
EXAMPLES = {"project": "p11", "app": "secureb2share", "table": "events"}


class Tsd:
    """One target of kind tsd."""

    registers = False
    fingerprint: Optional[str] = None  # several tables of a project are written with one secret

    def __init__(
        self,
        base: str,
        project: str,
        app: str,
        table: str,
        secret_file: str,
        allow_private: bool = False,
        echo: bool = False,
        concurrency: int = 1,
    ) -> None:
        self.base, self.project, self.secret_file = base.rstrip("/"), project, secret_file
        self.allow_private = allow_private
        self.echo = echo
        self.concurrency = concurrency  # connections that one sweep sends over side by side
        self.url = "%s/v1/%s/apps/%s/tables/%s" % (self.base, project, app, table)

    @classmethod
    def read(cls, key: str, settings: Dict[str, Any], demo: bool) -> "Tsd":
        """The Tsd of an entry of SECUREB2SHARE_TARGETS; raises ConfigError.

        key: the entry's name for messages; demo: whether http and private addresses are allowed.
        """
        check_settings(key, settings, NEEDED, OPTIONAL)
        url, path = settings["url"], settings["secret_file"]
        fault = url_fault(url, demo) or ("must have no query" if urlsplit(url).query else None)
        if fault:
            raise ConfigError("%s: url %s." % (key, fault))
        names = {name: settings.get(name, "events" if name == "table" else None) for name in FORMS}
        for name, value in names.items():
            if not isinstance(value, str) or not re.match(FORMS[name] + r"\Z", value) or value == "audit":
                raise ConfigError(PLAIN % (key, name, EXAMPLES[name]))
        # read by the worker alone: a web server starts without the file
        if not isinstance(path, str) or not os.path.isabs(path) or "\x00" in path:
            raise ConfigError("%s: secret_file must be the whole path of the file with the client secret." % key)
        concurrency = count(key, settings, "concurrency", MOST_AT_ONCE)
        allow_private = bool(settings.get("allow_private")) or demo
        project, app, table = (str(names[name]) for name in ("project", "app", "table"))
        return cls(url, project, app, table, path, allow_private, bool(settings.get("echo")), concurrency)

    @property
    def expires(self) -> Optional[datetime.date]:
        """The day on which the client secret ends, or None where its file cannot be read now."""
        try:
            return tsd_secret.read(self.secret_file).day
        except ConfigError:
            return None

    def look(self) -> Tuple[List[str], List[str]]:
        """([what is wrong], []) of the file with the client secret, in sentences."""
        try:
            secret = tsd_secret.read(self.secret_file)
        except ConfigError as error:
            return ["%s." % error], []
        return ["The client secret ended on %s." % secret.day] if secret.ends <= time.time() else [], []

    def path(self, rest: str) -> str:
        """The path of a route of the project."""
        return "%s/v1/%s/%s" % (urlsplit(self.base).path, self.project, rest)

    def open(self) -> "Channel":
        """A Channel to the target; one thread at a time uses it."""
        return Channel(self)

    def renew(self) -> datetime.date:
        """Get a new client secret for the old one, and put it into the file; the day on which it ends.

        Raises SecureB2ShareError and OSError. The old one may be void as soon as the new one was given out.
        """
        old, connection = tsd_secret.read(self.secret_file), Connection(self.url, self.allow_private)
        if old.client is None:
            raise ConfigError("The client secret names no client (`aud`), so that none can be asked for in its place.")
        body = json.dumps({"client_id": old.client, "client_secret": old.text}).encode("utf-8")
        with tsd_secret.replaced(self.secret_file) as put:
            try:
                answer = connection.request(
                    "POST", self.path("auth/clients/secret"), body, _headers(), end_of_attempt()
                )
            except http.client.HTTPException as error:
                raise ConnectionError("the answer broke off (%s)" % type(error).__name__)
            finally:
                connection.close()
            new = _member(answer, "new_client_secret")
            if not new:
                raise ConfigError("TSD gave no new client secret: status %s. The old one was kept." % answer.status)
            put(new)
        return tsd_secret.read(self.secret_file).day


class Channel:
    """One connection to TSD, which is kept between rows, and an access token for it."""

    def __init__(self, target: Tsd) -> None:
        self.target = target
        self.last: Any = None  # the event that was sent over it before
        self._connection = Connection(target.url, target.allow_private)
        self._path = urlsplit(target.url).path
        self._token, self._token_ends = "", 0.0  # a time.monotonic()

    def send(self, event: Any, sign: Callable[[str, bytes], Dict[str, str]]) -> Answer:
        """The Answer to one attempt; never raises for what the network or TSD does.

        event: with message_id and body; sign: not used, see tsd_row.py. An event that makes no row is parked.
        """
        try:
            row, headers = tsd_row.row(event.body), tsd_row.headers(event.message_id)
        except tsd_row.NoRow as error:
            return Answer(meaning=PARK, reason="not sent: %s" % error)
        except Exception as error:  # whatever a damaged event brings about, its text might quote the event
            return Answer(meaning=PARK, reason="not sent: the event cannot be read: %s" % type(error).__name__)
        try:
            return self._put(row, headers, end_of_attempt())
        except (OSError, http.client.HTTPException, SecureB2ShareError) as error:
            return Answer(error=type(error).__name__)
        except Exception as error:  # a fault of ours, which says nothing about the target
            return Answer(meaning=SUSPECT, reason="the attempt failed: %s" % type(error).__name__)

    def _put(self, row, headers, end):
        for is_last in (False, True):
            fault = self._get_token(end)
            if fault is not None:
                return fault
            headers = dict(headers, **_headers(self._token))
            answer = self._connection.request("PUT", self._path, row, headers, end)
            if answer.status not in (401, 403):
                return said_of_row(answer, self._connection.headers)
            # an expired token looks like any other refusal
            self._token = ""
            if is_last:
                return self._refused(answer.status)

    def _get_token(self, end) -> Optional[Answer]:
        """Have a token that is good for this moment; the Answer where there is none to be had."""
        if self._token and time.monotonic() < self._token_ends:
            return None
        self._token = ""
        try:
            secret = tsd_secret.read(self.target.secret_file)
        except ConfigError as error:
            return Answer(meaning=PAUSE, reason=str(error))
        path = self.target.path("auth/basic/token?type=app-basic")
        answer = self._connection.request("POST", path, b"", _headers(secret.text), end)
        if answer.status in (200, 201):
            self._token = _member(answer, "token")
            self._token_ends = time.monotonic() + tsd_secret.life(self._token, time.time())
            if self._token:
                return None
            return Answer(answer.status, meaning=PAUSE, reason="the answer of TSD's token route has no token")
        if answer.status in (401, 403):
            return self._refused(answer.status)
        meaning = BUSY if answer.status == 429 or (answer.status or 0) >= 500 else PAUSE
        reason = "status %s of TSD's token route" % answer.status
        return Answer(answer.status, b"", answer.retry_after, meaning=meaning, reason=reason)

    def _refused(self, status: Optional[int]) -> Answer:
        """The Answer where TSD refuses us, with the reason as far as the client secret tells it."""
        try:
            secret = tsd_secret.read(self.target.secret_file)
        except ConfigError as error:
            return Answer(status, meaning=PAUSE, reason=str(error))
        if secret.ends <= time.time():
            reason = "status %d: the client secret ended on %s" % (status or 0, secret.day)
        else:
            reason = (
                "status %d, with a client secret that is good until %s: this machine's address is not on TSD's list, or"
                " the app or project is another" % (status or 0, secret.day)
            )
        return Answer(status, meaning=PAUSE, reason=reason)

    def close(self) -> None:
        """End the connection; the token is kept."""
        self._connection.close()


def said_of_row(answer: Answer, headers: Any) -> Answer:
    """What the answer to a row means; headers: of the answer. No part of its body is kept, which is no receipt."""
    status = answer.status or 0

    def said(meaning: str, reason: str) -> Answer:
        return Answer(status, b"", answer.retry_after, meaning=meaning, reason=reason)

    if status == 201:
        return said(DELIVERED, "")
    if 200 <= status < 300:
        return said(LATER, "status %d, which does not say that the row is stored" % status)
    if status == 404:
        return said(LATER, "TSD's database refused the row (404)")
    if status == 500:
        return said(SUSPECT, "status 500")
    if status == 503 and headers.get("x-project-storage"):
        return said(BUSY, "status 503: TSD moves the project's storage")
    if status == 503:
        return said(BUSY, "status 503: TSD is under maintenance")
    if status == 507:
        return said(BUSY, "status 507: the project is over its disk quota at TSD")
    return Answer(status, b"", answer.retry_after)


def _headers(bearer: str = "") -> Dict[str, str]:
    headers = {"content-type": "application/json", "user-agent": USER_AGENT}
    return dict(headers, authorization="Bearer " + bearer) if bearer else headers


def _member(answer: Answer, name: str) -> str:
    """A text of the JSON object in an answer that can stand in a header, or ""."""
    try:
        found = json.loads(answer.body.decode("utf-8")).get(name) if (answer.status or 0) < 300 else None
    except (ValueError, AttributeError, RecursionError):
        return ""
    return found if isinstance(found, str) and re.match(r"[!-~]+\Z", found) else ""
