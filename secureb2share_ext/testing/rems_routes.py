"""The routes of the fake REMS: who may ask, whether the body fits, and what answers.

The order is REMS's own (middleware.clj, api/util.clj): key and user, then the role of the route, then the body. Beside
/api, /apply-for and the pages of others, every address answers 200 with the home page.
"""

import json
import re
from typing import Any, Dict, List, NamedTuple, Optional
from urllib.parse import parse_qs, urlsplit

from .rems_answers import (
    HOME,
    NO_SUCH_ROUTE,
    NO_TOKEN,
    UNAUTHORIZED,
    Answer,
    body_fault,
    forbidden,
    invalid_body,
    invalid_query,
    malformed_body,
    schema_of,
)
from .rems_applications import Applications
from .rems_store import READERS, WRITERS, Store

VERSION = {"version": "2.39.1", "revision": "16bcd11"}


class Request(NamedTuple):
    """A request; target: path and query; headers: with lower-case names."""

    method: str
    target: str
    headers: Dict[str, str]
    body: bytes = b""


class ApiKey(NamedTuple):
    """What a key is limited to; users: None for all; paths: None, or [(method or "any", whole-path regex)]."""

    users: Optional[List[str]] = None
    paths: Optional[List[Any]] = None

    def permits(self, userid: str, method: str, path: str) -> bool:
        """Whether a request of a user is within the limits."""
        of_users = self.users is None or userid in self.users
        return of_users and (
            self.paths is None
            or any(verb in ("any", method.lower()) and re.fullmatch(regex, path) for verb, regex in self.paths)
        )


class Routes:
    """The answers to requests from a store and its applications; keys: {API key: ApiKey}."""

    def __init__(self, store: Store, applications: Applications, keys: Dict[str, ApiKey]) -> None:
        self.store, self.applications, self.keys = store, applications, keys

    def answer(self, request: Request) -> Answer:
        """The answer to a request, which has taken effect."""
        parts = urlsplit(request.target)
        path = parts.path
        query = parse_qs(parts.query, keep_blank_values=True)
        method = "GET" if request.method == "HEAD" else request.method
        userid = request.headers.get("x-rems-user-id")
        key = self.keys.get(request.headers.get("x-rems-api-key", ""))
        has_key = key is not None and key.permits(userid or "", request.method, path)
        if method != "GET" and not has_key:
            return NO_TOKEN
        if method == "GET" and path == "/apply-for":
            return self.store.apply_for(query.get("resource", [None]))  # type: ignore[list-item]
        if not (path + "/").startswith("/api/"):
            return HOME
        return self._of_api(method, path[len("/api") :].rstrip("/"), query, request, userid if has_key else None)

    def _of_api(self, method, path, query, request, userid):
        public = {"/health": self._health, "/config": self._config, "/keepalive": lambda: Answer(200, "", "text/plain")}
        if method == "GET" and path in public:
            return public[path]()
        schema = schema_of(path)
        route = self._route(method, path)
        if route is None:
            return NO_SUCH_ROUTE
        roles, view = route
        if not userid:
            return UNAUTHORIZED
        if not roles & self.store.roles(userid):
            return forbidden()
        if method == "GET":
            return view(query, userid)
        body = _json(request)
        if body is None:
            return malformed_body()
        fault = body_fault(schema, body)
        return view(body, userid) if fault is None else invalid_body(fault)

    def _route(self, method, path):
        """(roles, view) or None; view: callable(query or body, user id)."""
        store, applications, anybody = self.store, self.applications, {"logged-in"}
        number = int((re.search(r"/(\d+)(/|$)", path) or [0, 0])[1])
        folder = path.split("/")[1] if path else ""
        found = {
            "GET /resources": (READERS, self._resources),
            "GET /resources/duo-codes": (anybody, lambda query, user: Answer(200, store.duo_codes())),
            "GET /resources/0": (READERS, lambda query, user: store.get_resource(number)),
            "POST /resources/create": (WRITERS, store.create_resource),
            "PUT /resources/enabled": (WRITERS, store.enable_resource),
            "PUT /resources/archived": (WRITERS, store.archive_resource),
            "GET /catalogue-items": (anybody, self._items),
            "GET /catalogue-items/0": (anybody, lambda query, user: store.get_item(number, user)),
            "POST /catalogue-items/create": (WRITERS, store.create_item),
            "PUT /catalogue-items/edit": (WRITERS, store.edit_item),
            "PUT /catalogue-items/enabled": (WRITERS, store.enable_item),
            "PUT /catalogue-items/archived": (WRITERS, store.archive_item),
            "POST /catalogue-items/0/update": (WRITERS, lambda body, user: store.update_item(number, body, user)),
            "POST /catalogue-items/0/change-form": (WRITERS, lambda body, user: store.update_item(number, body, user)),
            "GET /applications": (anybody, lambda query, user: applications.find(user, query.get("query", [None])[0])),
            "GET /my-applications": (anybody, lambda query, user: applications.find(user, own=True)),
            "GET /applications/0": (anybody, lambda query, user: applications.get(number, user)),
        }
        if folder == "applications" and method == "POST" and schema_of(path) is not None:
            command = path.split("/")[-1]
            return anybody, lambda body, user: applications.command(command, body, user)
        return found.get("%s %s" % (method, re.sub(r"/\d+(?=/|$)", "/0", path)))

    def _health(self):
        events = self.applications.events
        latest = events[-1]["event/time"] if events else None
        return Answer(200, {"healthy": True, "version": VERSION, "latest-event": latest})

    def _config(self):
        return Answer(
            200,
            {
                "authentication": "oidc",
                "alternative-login-url": None,
                "application-id-column": "external-id",
                "catalogue-is-public": False,
                "extra-pages": [],
                "enable-assign-external-id-ui": False,
                "attachment-max-size": 10000000,
                "entitlement-default-length-days": None,
                "languages": list(self.store.languages),
                "default-language": self.store.languages[0],
                "oidc-extra-attributes": [],
                "dev": False,
                "enable-duo": self.store.duo,
            },
        )

    def _resources(self, query, userid):
        flags = _flags(query, "disabled", "archived")
        return flags if isinstance(flags, Answer) else self.store.find_resources(query.get("resid", [None])[0], *flags)

    def _items(self, query, userid):
        flags = _flags(query, "disabled", "archived", "expired")
        if isinstance(flags, Answer):
            return flags
        names = "names" in query.get("expand", [""])[0]
        disabled, archived, expired = flags
        return self.store.find_items(query.get("resource", [None])[0], disabled, archived, expired, userid, names)


def _flags(query, *names):
    found = []
    for name in names:
        said = query.get(name, ["false"])[0]
        if said not in ("true", "false"):
            return invalid_query(name)
        found.append(said == "true")
    return found


def _json(request):
    """The body as JSON; {} where it is not said to be JSON, and None where it is none."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return {}
    try:
        return json.loads(request.body.decode("utf-8"))
    except ValueError:
        return None
