"""The answers of REMS, and the closed schemas of the bodies that it takes."""

from typing import Any, Dict, NamedTuple, Optional

JSON, TEXT, HTML = "application/json", "text/plain", "text/html"


class Answer(NamedTuple):
    """An answer; body: a JSON value where type is JSON, else a string."""

    status: int
    body: Any
    type: str = JSON
    location: Optional[str] = None


NOT_FOUND = Answer(404, {"error": "not found"})
NO_SUCH_ROUTE = Answer(404, "not found", TEXT)
UNAUTHORIZED = Answer(401, "unauthorized", TEXT)
NO_TOKEN = Answer(401, "Invalid anti-forgery token", TEXT)
TRY_AGAIN = Answer(503, "please try again", TEXT)
BROKEN = Answer(500, {"type": "unknown-exception", "class": "org.postgresql.util.PSQLException"})
ASSERTION = Answer(500, {"type": "unknown-exception", "class": "java.lang.AssertionError"})
HOME = Answer(200, "<!DOCTYPE html><title>REMS</title>", HTML)


def success(**members: Any) -> Answer:
    """The answer to a command that took effect."""
    return Answer(200, dict(members, success=True))


def failure(kind: str, **members: Any) -> Answer:
    """The answer to a command that took none, which has the status 200 all the same."""
    return Answer(200, {"success": False, "errors": [dict(members, type=kind)]})


def bad_request(said: str) -> Answer:
    """A 400 in plain text."""
    return Answer(400, said, TEXT)


def forbidden(said: str = "forbidden") -> Answer:
    """A 403 in plain text."""
    return Answer(403, said, TEXT)


class MapOf:
    """A member whose names are free; each value is as `value` says."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Maybe:
    """A member that may be null."""

    def __init__(self, value: Any) -> None:
        self.value = value


class OneOf:
    """A value as one of several schemas says."""

    def __init__(self, *values: Any) -> None:
        self.values = values


# a name that ends in "?" is of an optional member; a dict is closed
ORGANIZATION = {"organization/id": str}
RESTRICTION_VALUE = OneOf({"value": str}, {"id": str, "label": str}, {"id": str})
DUO_CODE = {
    "id": str,
    "restrictions?": [{"type": str, "values?": [RESTRICTION_VALUE]}],
    "more-info?": MapOf(str),
}
LOCALIZATIONS = MapOf({"title": str, "infourl?": Maybe(str)})
CATEGORIES = [{"category/id": int}]
USER = {"userid": str}
INVITED = {"name": str, "email": str}
COMMENTED = {"application-id": int, "comment?": str, "attachments?": [{"attachment/id": int}]}

BODIES: Dict[str, Any] = {
    "/resources/create": {
        "resid": str,
        "organization": ORGANIZATION,
        "licenses": [int],
        "resource/duo?": {"duo/codes?": [DUO_CODE]},
    },
    "/catalogue-items/create": {
        "form?": Maybe(int),
        "resid": int,
        "wfid": int,
        "organization": ORGANIZATION,
        "localizations": LOCALIZATIONS,
        "enabled?": bool,
        "archived?": bool,
        "categories?": CATEGORIES,
    },
    "/catalogue-items/edit": {
        "id": int,
        "localizations": LOCALIZATIONS,
        "organization?": ORGANIZATION,
        "categories?": CATEGORIES,
    },
    "/catalogue-items/update": {"form?": Maybe(int), "workflow?": Maybe(int)},
    "/catalogue-items/change-form": {"form": Maybe(int)},
    "/enabled": {"id": int, "enabled": bool},
    "/archived": {"id": int, "archived": bool},
    "/applications/create": {"catalogue-item-ids": [int]},
    "/applications/copy-as-new": {"application-id": int},
    "/applications/submit": {"application-id": int},
    "/applications/delete": {"application-id": int, "expires-on?": str},
    "/applications/accept-licenses": {"application-id": int, "accepted-licenses": [int]},
    "/applications/save-draft": {
        "application-id": int,
        "field-values": [{"form": int, "field": str, "value": str}],
        "duo-codes?": [DUO_CODE],
    },
    "/applications/approve": dict(COMMENTED, **{"entitlement-end?": str}),
    "/applications/reject": COMMENTED,
    "/applications/return": COMMENTED,
    "/applications/close": COMMENTED,
    "/applications/revoke": COMMENTED,
    "/applications/remark": dict(COMMENTED, public=bool),
    "/applications/change-resources": dict(COMMENTED, **{"catalogue-item-ids": [int]}),
    "/applications/add-member": {"application-id": int, "member": USER},
    "/applications/invite-member": {"application-id": int, "member": INVITED},
}


def body_fault(schema: Any, value: Any) -> Any:
    """What is wrong with a value, in the form of REMS's `errors`, or None."""
    if isinstance(schema, Maybe):
        return None if value is None else body_fault(schema.value, value)
    if isinstance(schema, OneOf):
        faults = [body_fault(one, value) for one in schema.values]
        return None if any(one is None for one in faults) else faults[0]
    if isinstance(schema, MapOf):
        schema, free = {}, schema.value
    else:
        free = None
    if isinstance(schema, dict):
        return _of_map(schema, free, value)
    if isinstance(schema, list):
        if not isinstance(value, list):
            return "(not (sequential? %s))" % _shown(value)
        faults = [body_fault(schema[0], one) for one in value]
        return faults if any(one is not None for one in faults) else None
    if isinstance(value, schema) and not (schema is int and isinstance(value, bool)):
        return None
    said = {int: "integer?", bool: "instance? java.lang.Boolean"}.get(schema, "string?")
    return "(not (%s %s))" % (said, _shown(value))


def _of_map(schema, free, value):
    if not isinstance(value, dict):
        return "(not (map? %s))" % _shown(value)
    expected = {name.rstrip("?"): one for name, one in schema.items()}
    missing = [name for name in schema if not name.endswith("?") and name not in value]
    faults: Dict[str, Any] = dict.fromkeys(missing, "missing-required-key")
    for name, one in value.items():
        if name not in expected and free is None:
            faults[name] = "disallowed-key"
            continue
        fault = body_fault(expected.get(name, free), one)
        if fault is not None:
            faults[name] = fault
    return faults or None


def _shown(value):
    return "nil" if value is None else "a-" + type(value).__name__


def invalid_body(faults: Any) -> Answer:
    """The answer to a body that does not fit its schema."""
    kind = "compojure.api.exception/request-validation"
    return Answer(400, {"type": kind, "coercion": "schema", "errors": faults, "in": ["request", "body-params"]})


def malformed_body() -> Answer:
    """The answer to a body that is no JSON."""
    return Answer(400, {"type": "compojure.api.exception/request-parsing", "message": "Malformed application/json"})


def invalid_query(name: str) -> Answer:
    """The answer to a parameter of the query that is no Boolean."""
    kind, fault = "compojure.api.exception/request-validation", "(not (instance? java.lang.Boolean a-str))"
    return Answer(400, {"type": kind, "coercion": "schema", "errors": {name: fault}, "in": ["request", "query-params"]})


def schema_of(path: str) -> Any:
    """The schema of the body that a path below /api takes, or None."""
    parts = path.strip("/").split("/")
    if len(parts) == 3 and parts[1].isdigit():
        return BODIES.get("/%s/%s" % (parts[0], parts[2]))
    return BODIES.get("/" + "/".join(parts), BODIES.get("/" + parts[-1]))
