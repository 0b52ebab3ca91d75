"""The requests to one REMS, and what its answers mean.

A status of 200 is no success: REMS answers `{"success": false, "errors": [...]}` with it, even where it forbids
something. Its other errors are plain text, of which nothing is kept. Each answer that ends an attempt is raised as
AttemptEnded, with the word of targets.answer for what has to follow.
"""

import json
import time
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import quote, urlsplit

from ..errors import AttemptEnded
from . import rems_duo, rems_plan
from .answer import BUSY, LATER, PARK, PAUSE, Answer
from .connection import READ, Connection

LOOK_UP = 2 * 2**20  # bytes of a look-up's answer: 2,000 resources of one id, with the texts of their licences
ANSWER = 65536  # bytes of any other answer
AGAIN = (0.05, 0.2, 0.5)  # seconds before each repetition of what met a conflict of transactions
CONFLICT = b"please try again"
# types of errors in answers of status 200
ARCHIVED = "t.administration.errors/dependencies-archived"
FORBIDDEN = ("unauthorized", "forbidden")


class Session:
    """The requests of one attempt after the other over one kept connection; one thread at a time uses it."""

    def __init__(self, url: str, user: str, key: str, allow_private: bool) -> None:
        """url: of the REMS, without a slash at its end; user, key: of x-rems-user-id and x-rems-api-key."""
        self._base = urlsplit(url).path.rstrip("/")
        self._headers = {
            "accept": "application/json",
            "content-type": "application/json",
            "user-agent": "secureb2share",
            "x-rems-api-key": key,
            "x-rems-user-id": user,
        }
        self._connection = Connection(url, allow_private)
        self._end = 0.0
        self._codes: Optional[List[str]] = None

    def begin(self, seconds: float) -> None:
        """Let everything until the next call end within so many seconds."""
        self._end = time.monotonic() + seconds

    def has_time(self) -> bool:
        """Whether the slowest request would still end in time."""
        return self._end - time.monotonic() >= READ

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def look_up(self, resid: str) -> rems_plan.Found:
        """The rems_plan.Found of an external id; raises AttemptEnded."""
        named = quote(resid, safe="")
        # a REMS before 2.26 answers with every resource there is
        query = "/api/resources?disabled=true&archived=true&resid=%s" % named
        resources = [one for one in self._list(query) if one.get("resid") == resid]
        query = "/api/catalogue-items?archived=true&disabled=true&expired=true&resource=%s" % named
        items = [one for one in self._list(query) if one.get("resid") == resid]
        try:
            found = tuple(sorted(map(_resource, resources))), tuple(sorted(map(_item, items), key=lambda i: i.id))
        except (KeyError, TypeError, AttributeError, ValueError):
            raise AttemptEnded(LATER, "REMS answers a look-up with something else than resources and items", 200)
        return rems_plan.Found(*found)

    def has(self, kind: str, number: int, resid: str) -> bool:
        """Whether the resource or item (kind: the folder of its route) with this id is one of an external id.

        Another REMS, or one that lost its data, has given the number to another dataset. Raises AttemptEnded.
        """
        answer = self._exchange("GET", "/api/%s/%d" % (kind, number), None, LOOK_UP)
        if answer.status == 404:
            return False
        self._must_be_good(answer, "answer /api/%s" % kind)
        value = _value(answer)
        return isinstance(value, dict) and value.get("resid") == resid

    def duo_codes(self) -> List[str]:
        """The ids of the DUO codes that REMS takes; asked for once in the life of the session."""
        if self._codes is None:
            found = self._list("/api/resources/duo-codes")
            self._codes = [one["id"] for one in found if isinstance(one.get("id"), str)]
        return self._codes

    def get(self, path: str) -> Any:
        """The JSON value at a path; raises AttemptEnded."""
        answer = self._exchange("GET", path, None, LOOK_UP)
        self._must_be_good(answer, "answer %s" % path.partition("?")[0])
        return _value(answer)

    def write(self, method: str, path: str, said: Dict[str, Any], what: str) -> Optional[int]:
        """Carry out one step; returns the id of what was made, where something was. Raises AttemptEnded.

        what: behind "REMS does not", such as "enable an item".
        """
        body = json.dumps(said, ensure_ascii=False, sort_keys=True).encode("utf-8")
        answer = self._exchange(method, path, body, ANSWER)
        if answer.status == 404 and "id" in said:
            raise AttemptEnded(LATER, "REMS no longer has that of which it was to %s" % what, 404)
        self._must_be_good(answer, what)
        value = _value(answer)
        if not isinstance(value, dict) or value.get("success") is not True:
            kind = _kind(value)
            meaning = PAUSE if any(word in kind for word in FORBIDDEN) else PARK
            raise AttemptEnded(meaning, "REMS does not %s: %s" % (what, kind or "success is false"), 200, code=kind)
        number = value.get("id")
        return number if isinstance(number, int) and not isinstance(number, bool) else None

    def _list(self, path):
        value = self.get(path)
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise AttemptEnded(LATER, "REMS answers %s with something else than a list" % path.partition("?")[0], 200)
        return value

    def _exchange(self, method, path, body, most) -> Answer:
        for pause in (*AGAIN, None):
            end = min(self._end, time.monotonic() + READ)
            answer = self._request(method, self._base + path, body, self._headers, end, most)
            is_conflict = answer.status == 503 and answer.body.strip().lower().startswith(CONFLICT)
            if not is_conflict or pause is None or time.monotonic() + pause >= self._end:
                break
            # nothing was written: another transaction was faster
            time.sleep(pause)
        if is_conflict:
            raise AttemptEnded(LATER, "REMS met one conflict of transactions after the other", 503)
        return answer

    def _request(self, method, path, body, headers, end, most):
        # a kept connection may have been closed meanwhile; only what changes nothing goes out twice
        return self._connection.request(method, path, body, headers, end, most, repeats=method == "GET")

    def _must_be_good(self, answer, what):
        status = answer.status or 0
        if 200 <= status < 300:
            return
        meaning, why = _MEANINGS.get(status, (LATER, "has an error"))
        if 300 <= status < 400:
            meaning, why = PAUSE, "leads elsewhere: url is not the address of a REMS"
        said = "REMS does not %s: it %s (status %d)" % (what, why, status)
        raise AttemptEnded(meaning, said, status, answer.retry_after)


_MEANINGS: Dict[int, Tuple[str, str]] = {
    400: (PARK, "refuses what was sent"),
    401: (PAUSE, "knows neither this API key nor this user"),
    403: (PAUSE, "forbids this to the API key or to its user"),
    404: (PAUSE, "has no such route"),
    410: (PAUSE, "has this route no more"),
    413: (PARK, "finds it too long"),
    415: (PARK, "takes another kind of content"),
    422: (PARK, "refuses what was sent"),
    429: (BUSY, "is busy"),
    501: (PAUSE, "has this part switched off"),
    502: (BUSY, "cannot be reached by its proxy"),
    503: (BUSY, "is busy"),
    504: (BUSY, "cannot be reached by its proxy"),
}


def _value(answer):
    try:
        return json.loads(answer.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise AttemptEnded(LATER, "REMS answers with something else than JSON, or with too much of it", answer.status)


def _kind(value):
    """The type of the first error, such as t.administration.errors/in-use-by; nothing else of an answer is kept."""
    try:
        kind = str(value["errors"][0]["type"])
    except (KeyError, IndexError, TypeError):
        return ""
    return kind if len(kind) <= 100 and kind.isprintable() else ""


def _resource(one):
    duo = rems_duo.canonical((one.get("resource/duo") or {}).get("duo/codes") or ())
    licenses = tuple(sorted(int(license["id"]) for license in one["licenses"]))
    return rems_plan.Resource(int(one["id"]), bool(one["enabled"]), bool(one["archived"]), licenses, duo)


def _item(one):
    texts = {
        language: (str(text["title"]), str(text.get("infourl") or ""))
        for language, text in one["localizations"].items()
    }
    enabled, archived, expired = (bool(one[name]) for name in ("enabled", "archived", "expired"))
    return rems_plan.Item(int(one["id"]), int(one["resource-id"]), enabled, archived, expired, texts)
