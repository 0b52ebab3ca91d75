"""What does each of our routes take and answer, as far as the route does not say it itself?

Only tables, for openapi.py: the tests compare them with real answers.
"""

from typing import NamedTuple

from .. import errors
from ..client import BATCH
from ..dataset import TRANSITIONS


class Operation(NamedTuple):
    """What is told of one endpoint."""

    answers: dict  # status -> {media type: {"schema": ...}}
    problems: dict = {}  # status -> codes
    body: dict = {}  # {media type: {"schema": ...}}
    query: tuple = ()  # Parameter Objects
    security: tuple = ()
    is_page: bool = False  # whether a browser gets its problems as HTML


def ref(name):
    """A reference to a schema of the document."""
    return {"$ref": "#/components/schemas/" + name}


def named(action):
    """The name of the schema of an action's message."""
    return action.capitalize() + "Message"


def _json(name):
    return {"application/json": {"schema": ref(name)}}


def _lines(name, **said):
    # OpenAPI 3.1 knows no streams; 3.2 reads the schema of such a media type as a list, too
    return {"application/x-ndjson": {"schema": dict({"type": "array", "items": ref(name)}, **said)}}


def _object(members, **optional):
    """An object that may say more in a later version; `members` are always there."""
    return {"type": "object", "properties": dict(members, **optional), "required": sorted(members)}


def _array(entries, **said):
    return dict({"type": "array", "items": entries}, **said)


def _or_null(form):
    return dict(form, type=[form["type"], "null"])


TEXT = {"type": "string"}
NUMBER = {"type": "integer", "minimum": 0}
URL = {"type": "string", "format": "uri"}
DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
STATE = {"enum": sorted(TRANSITIONS)}
REVIEW = ("held", "refused")
# of a dataset that waits for a curator, what begins with its record is null
_SHORT = {
    "identifier": TEXT,
    "pid": _or_null(TEXT),
    "revision": _or_null(NUMBER),
    "digest": _or_null(DIGEST),
    "state": STATE,
}
_PUBLIC = dict(
    _SHORT,
    source=TEXT,
    record_url=_or_null(URL),
    access_url=_or_null(URL),
    requests=_object(dict.fromkeys(("open", "approved", "denied", "closed"), NUMBER)),
)
# codes of problems, by status; what the gate says stands apart, for no line of a bulk meets it
_GATE = {403: ("form-data-refused", "body-too-long", "body-unsized"), 503: ("lock-incomplete",)}
_MESSAGE = {400: ("invalid",), 401: ("signature",), 404: ("unknown-dataset",), 422: ("message-reused",), **_GATE}
_NOT_READY = ("not-ready", "search-down")  # 503 of a host that cannot publish now
_CONFLICTS = {
    "register": ("conflict", "refused", "replaced", "stale", "withdrawn"),
    "state": ("conflict", "held", "stale", "state", "withdrawn"),
    "transfer": ("conflict", "stale", "state", "withdrawn"),
    "decision": (),
    "receipt": ("digest",),
}
_OF_LINE = sorted(
    {code for codes in _CONFLICTS.values() for code in codes}
    | {"envelope", "failed", "invalid", "mass-withdrawal", "message-reused", "quota", "signature", "unknown-dataset"}
    | set(_NOT_READY)
)
_OF_STATE = {"reason": TEXT, "state_at": TEXT, "successor": TEXT, "replaced_by": TEXT}
_EVENT = {
    "id": TEXT,
    "target": TEXT,
    "sequence": NUMBER,
    "state": {"enum": ["pending", "delivered", "acknowledged", "parked", "discarded"]},
    "receipt": {"type": ["object", "null"], "description": "What the target answered."},
}
_KEY = dict({name: {"const": value} for name, value in zip(("kty", "crv"), ("OKP", "Ed25519"))}, x=TEXT, kid=TEXT)
ANSWERS = {
    "About": _object({"keys": URL, "openapi": URL, "bulk": _object({"envelopes": NUMBER, "bytes": NUMBER})}),
    "Keys": _object({"keys": _array(_object(_KEY, alg={"const": "EdDSA"}, use={"const": "sig"}))}),
    "Document": {"type": "object", "required": ["openapi", "info", "paths"]},
    "Accepted": _object(
        dict(_PUBLIC, result={"enum": ["created", "changed", "unchanged", "adopted", "held"]}), **_OF_STATE
    ),
    "Dataset": _object(
        _PUBLIC,
        tenant=_or_null(TEXT),
        origin={"enum": ["source", "curator"], "description": "Who edits it. To its source only, as tenant,"
                " receipts and review."},
        receipts=_array(_object(_EVENT), description="What became of its events."),
        review=_object({"state": {"enum": list(REVIEW)}, "digest": DIGEST}, reason=TEXT, decided_at=TEXT),
        **_OF_STATE
    ),
    "Page": _object(
        {
            "datasets": _array(_object(dict(_SHORT, review={"enum": list(REVIEW) + [None]}))),
            "next": dict(_or_null(TEXT), description="What `after` is for the next page; null on the last one."),
        }
    ),
    "Line": dict(
        _object({"id": _or_null(TEXT), "identifier": _or_null(TEXT), "status": NUMBER}),
        oneOf=[
            _object({"answer": ref("Accepted")}, status={"maximum": 299}),
            _object({"problem": {"allOf": [ref("Problem"), {"properties": {"code": {"enum": _OF_LINE}}}]}}),
        ],
    ),
    "Problem": _object(
        {
            "type": {"const": "about:blank"},
            "title": TEXT,
            "status": NUMBER,
            "code": dict(TEXT, description="Stable, while texts may change."),
            "detail": TEXT,
        },
        errors=_array(_object({"field": TEXT, "message": TEXT})),
        help=URL,
        state=STATE,
        record_url=URL,
        contact={"type": "object", "description": "The dataset's role contact."},
        requests_from=_or_null(dict(TEXT, format="date")),
        **dict(_OF_STATE, successor=URL)
    ),
}  # fmt: skip

STATUSES = {
    200: "Done; also where nothing was to be done.",
    201: "Published under a new PID.",
    202: "Held for a curator; nothing of it is public yet.",
    302: "To the form where access is requested.",
    400: errors.Invalid.__doc__,
    401: errors.NotSigned.__doc__,
    403: errors.NotAllowed.__doc__,
    404: errors.UnknownDataset.__doc__,
    409: errors.NotAccepted.__doc__,
    410: errors.Gone.__doc__,
    422: errors.MessageReused.__doc__,
    503: "The catalogue cannot do this until its operator mends it.",
}

# JavaScript and Python read this alike; what else an identifier must not have is told by a fault
_SEGMENTS = "^[^/\\u0000-\\u001f\\u007f-\\u009f]+(/[^/\\u0000-\\u001f\\u007f-\\u009f]+)*$"
_SLASHES = (
    "It may have slashes, for which OpenAPI has no path parameter: send them as they are or as %2F. A signed target"
    " has them as they are."
)


def _parameter(name, place, form, said):
    return {"name": name, "in": place, "required": place == "path", "schema": dict(TEXT, **form), "description": said}


PATH = {
    "source": _parameter(
        "source",
        "path",
        {"pattern": "^[^/]+$"},
        "The authority that assigned the identifier, by the name that the catalogue gave it.",
    ),
    "identifier": _parameter(
        "identifier",
        "path",
        {"pattern": _SEGMENTS, "maxLength": 255},
        "Of the dataset, assigned by its source. No segment is `.` or `..`, the last one is no route. " + _SLASHES,
    ),
    "pid": _parameter("pid", "path", {"pattern": _SEGMENTS}, "PID, DOI or Handle of a record. " + _SLASHES),
}
_AFTER = _parameter("after", "query", {"maxLength": 255}, "The `next` of the page before.")
_CONFIRM = _parameter("confirm", "query", {"enum": ["withdrawals"]}, "Do not stop before many withdrawals.")
_BY_SOURCE = _parameter("source", "query", {}, "The source that assigned the identifier.")
_BY_ID = _parameter("id", "query", {}, "The source's identifier of the dataset.")

SECURITY = {
    name: {"type": "apiKey", "in": "header", "name": name, "description": said}
    for name, said in (
        ("webhook-id", "The message's id, at most 255 characters; the same at every attempt."),
        ("webhook-timestamp", "Seconds since 1970; may differ from the catalogue's clock by 300."),
        ("webhook-signature", "`v1a,<base64>` (Ed25519) or `v1,<base64>` (HMAC-SHA256); more than one with a space."),
    )
}
SECURITY["token"] = {
    "type": "http",
    "scheme": "bearer",
    "description": "An OAuth2 token, on hosts whose tokens have scopes. The message has its `id` in the body then.",
}
SIGNED = ({name: [] for name in SECURITY if name != "token"}, {"token": ["secureb2share:register"]})

_ACCESS = {
    403: ("suspended", "superseded", "embargoed", "metadata-only", "not-yet-open"),
    404: ("unknown-dataset",),
    410: ("withdrawn",),
    503: ("damaged", "no-source", "no-signing-key"),
}


def _acting(action):
    problems = {**_MESSAGE, **({409: _CONFLICTS[action]} if _CONFLICTS[action] else {})}
    if action in ("register", "state", "transfer"):
        problems[503] = _GATE[503] + _NOT_READY
    return Operation({200: _json("Accepted")}, problems, _json(named(action)), security=SIGNED)


_REGISTERING = _acting("register")
OPERATIONS = {
    "secureb2share_datasets.about": Operation({200: _json("About")}),
    "secureb2share_datasets.description": Operation({200: _json("Document")}),
    "secureb2share_datasets.keys": Operation({200: _json("Keys")}),
    "secureb2share_datasets.take_many": Operation(
        {200: _lines("Line", description="One JSON object a line, in the order of the envelopes.")},
        {400: ("invalid",), **_GATE},
        _lines("Envelope", minItems=1, maxItems=BATCH, description="One JSON object a line, with its signature in it."),
        (_CONFIRM,),
    ),
    "secureb2share_datasets.listing": Operation(
        {200: _json("Page")},
        {400: ("invalid",), 401: ("signature",), 404: ("unknown-dataset",)},
        query=(_AFTER,),
        security=SIGNED,
    ),
    "secureb2share_datasets.read": Operation(
        {200: _json("Dataset")}, {401: ("signature",), 404: ("unknown-dataset",)}, security=({},) + SIGNED
    ),
    "secureb2share_datasets.register": _REGISTERING._replace(
        answers={status: _json("Accepted") for status in (200, 201, 202)},
        problems={**_REGISTERING.problems, 403: _GATE[403] + ("quota",)},
    ),
    "secureb2share_datasets.change_state": _acting("state"),
    "secureb2share_datasets.transfer": _acting("transfer"),
    "secureb2share_datasets.note_decision": _acting("decision"),
    "secureb2share_datasets.note_receipt": _acting("receipt"),
    "secureb2share_access.by_identifier": Operation({302: {}}, _ACCESS, query=(_BY_SOURCE, _BY_ID), is_page=True),
    "secureb2share_access.by_pid": Operation({302: {}}, _ACCESS, is_page=True),
}
