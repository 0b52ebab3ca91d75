"""The routes that the secure side calls, and those that are open to everybody.

GET       /datasets                                   what this interface is, and its bounds
POST      /datasets                                   signed: many signed envelopes of one source, one a line
GET       /datasets/keys                              the catalogue's public keys
GET       /datasets/openapi.json                      these routes, for programs
GET       /datasets/<source>                          signed: the source's datasets, by pages
PUT, GET  /datasets/<source>/<identifier>             register; read (signed: with receipts)
POST      /datasets/<source>/<identifier>/state       suspend, reactivate, supersede, withdraw
POST      /datasets/<source>/<identifier>/transfer    another tenant, another role contact
POST      /datasets/<source>/<identifier>/decisions   states of applications, to be counted
POST      /datasets/<source>/<identifier>/receipt     acknowledge an event
POST      /datasets/<source>/<identifier>/erase       not carried out yet: 501
POST      /datasets/<source>/<identifier>/attest      not carried out yet: 501
PUT       /datasets/rems/<entry>                      an event of REMS, see rems_door.py

An <identifier> stands in its path as client.to_path writes it.
"""

import json
from urllib.parse import unquote

from flask import Blueprint, Response, current_app, jsonify, request, stream_with_context
from sqlalchemy.exc import DBAPIError

from .. import stops
from ..client import SOURCE_HEADER, bare, from_path, whole
from ..compat import VERBATIM, utcnow
from ..dataset import identifier_fault
from ..datasets import store
from ..errors import Invalid, NotSigned, QuotaOfDay, UnknownDataset, Waits
from ..names import Names
from ..problems import problem_response
from ..proxies import current, explain_missing_tables
from ..routes import is_signed, must_be_on, prepare, put_off
from . import answers, bulk, envelope, inbox, message, openapi, rems_door, senders, sources

PAGE = 500
LINES = "application/x-ndjson"
WITHOUT_TABLES = "This catalogue is not prepared, so it knows of no dataset; its operator has to run `init`."

# seconds for which the answers to everybody hold; none is for its sender alone
AGES = {"about": 300, "keys": 60, "description": 300, "read": 60}

blueprint = Blueprint("secureb2share_datasets", __name__, url_prefix="/datasets")
prepare(blueprint, AGES)


blueprint.before_request(must_be_on)


@blueprint.before_request
def _wait():
    seconds = current().attempts.wait(request.environ, _named_source()) if is_signed() else 0
    return put_off(Waits(seconds)) if seconds else None


def _named_source():
    name = (request.view_args or {}).get("source") or unquote(request.headers.get(SOURCE_HEADER, ""))
    return name if name in current().sources else None


@blueprint.errorhandler(NotSigned)
def _count(refused):
    extension, seconds = current(), 0
    if is_signed():
        seconds = extension.attempts.failed(request.environ, _named_source())
    return put_off(Waits(seconds)) if seconds else problem_response(extension.host.explained(refused))


blueprint.errorhandler(QuotaOfDay)(put_off)


@blueprint.errorhandler(DBAPIError)
def _without_tables(error):
    return problem_response(explain_missing_tables(error, WITHOUT_TABLES))


@blueprint.route("", methods=["GET"])
def about() -> Response:
    """The name of this catalogue, the addresses of its keys and of these routes, and how much one request may bring."""
    host = current().host
    base = host.api_url() + "/datasets"
    bounds = {"envelopes": bulk.MAX_ENVELOPES, "bytes": current_app.config["SECUREB2SHARE_MAX_BODY"]}
    return jsonify(
        {"catalogue": host.base_url(), "keys": base + "/keys", "openapi": base + "/openapi.json", "bulk": bounds}
    )


@blueprint.route("", methods=["POST"])
def take_many() -> Response:
    """Answer 200 with one line for each envelope, written after it was stored; ?confirm=withdrawals lets many pass."""
    extension = current()
    if SOURCE_HEADER not in request.headers:
        raise NotSigned("The header %s has to name the source of all envelopes." % SOURCE_HEADER)
    name, body = unquote(request.headers[SOURCE_HEADER]), request.get_data(cache=False)
    # before this holds, nothing is taken apart, looked up or verified
    sender = _sender(extension, name, whole(request.query_string.decode("latin-1"), body))
    stops.must_be_writable()
    names = Names(extension)
    read_lines = (envelope.read_line(extension.sources, one, utcnow(), names, only=name) for one in bulk.split(body))
    confirmed = request.args.get("confirm") == "withdrawals" and sender.may_confirm
    lines = bulk.carry_out(extension.host, read_lines, confirmed)
    written = ((json.dumps(done.answer) + "\n").encode("ascii") for done in lines)
    return Response(stream_with_context(written), mimetype=LINES)


@blueprint.route("/keys")
def keys() -> Response:
    """The JWK set that verifies events and access references."""
    return jsonify(current().keyring.jwks())


@blueprint.route("/openapi.json")
def description() -> Response:
    """The description of this interface, OpenAPI 3.1."""
    longest = current_app.config["SECUREB2SHARE_MAX_BODY"]
    return jsonify(openapi.document(current().host.api_url(), longest))


blueprint.route("/rems/<entry>", methods=["PUT"])(rems_door.take_event)


@blueprint.route("/<source>")
def listing(source: str) -> Response:
    """{"datasets": [...], "next": ...}: identifier, PID, revision, digest and state of each dataset of the source."""
    extension = current()
    sender = _sender_of_bare(extension, source)
    after = request.args.get("after", "")
    if after and identifier_fault(after):
        raise Invalid([("after", "is not an identifier that a page named")])
    rows = store.page(source, after, PAGE, sender.tenants)
    following = rows[-1].identifier if len(rows) == PAGE else None
    return jsonify({"datasets": answers.lines(extension.host, rows), "next": following})


@blueprint.route("/<source>/<path:identifier>", methods=["GET"], **VERBATIM)
def read(source: str, identifier: str) -> Response:
    """The public answer about a dataset; to its source also the held description and the states of the events."""
    extension = current()
    claims_source = "webhook-signature" in request.headers or source in (extension.host.sources_of_token() or ())
    sender = _sender_of_bare(extension, source) if claims_source else None
    identifier = _decoded(identifier)
    row = store.find(source, identifier) if source in extension.sources else None
    if row is None or (sender is None and row.pid is None) or (sender is not None and not sender.may_touch(row.tenant)):
        raise UnknownDataset()
    return jsonify((answers.of_row if sender is None else answers.for_source)(extension.host, row))


@blueprint.route("/<source>/<path:identifier>", methods=["PUT"], **VERBATIM)
def register(source: str, identifier: str) -> Response:
    """Answer 201 when new, 200 when known, with a new revision only if the description changed; 202 when held."""
    return _act("register", source, identifier)


@blueprint.route("/<source>/<path:identifier>/state", methods=["POST"], **VERBATIM)
def change_state(source: str, identifier: str) -> Response:
    """Answer 200 with the dataset in its new state."""
    return _act("state", source, identifier)


@blueprint.route("/<source>/<path:identifier>/transfer", methods=["POST"], **VERBATIM)
def transfer(source: str, identifier: str) -> Response:
    """Answer 200 with the dataset, now of the other tenant."""
    return _act("transfer", source, identifier)


@blueprint.route("/<source>/<path:identifier>/decisions", methods=["POST"], **VERBATIM)
def note_decision(source: str, identifier: str) -> Response:
    """Answer 200 with the new counts."""
    return _act("decision", source, identifier)


@blueprint.route("/<source>/<path:identifier>/receipt", methods=["POST"], **VERBATIM)
def note_receipt(source: str, identifier: str) -> Response:
    """Answer 200 once the event is acknowledged."""
    return _act("receipt", source, identifier)


@blueprint.route("/<source>/<path:identifier>/erase", methods=["POST"], **VERBATIM)
def erase(source: str, identifier: str) -> Response:
    """Answer 501 to a valid message, until this action is carried out."""
    return _act("erase", source, identifier)


@blueprint.route("/<source>/<path:identifier>/attest", methods=["POST"], **VERBATIM)
def attest(source: str, identifier: str) -> Response:
    """Answer 501 to a valid message, until this action is carried out."""
    return _act("attest", source, identifier)


def _act(action, name, identifier):
    extension = current()
    body = request.get_data(cache=False)
    sender = _sender(extension, name, body)
    stops.must_be_writable()
    source, now = sender.source, utcnow()
    read_message = message.read(
        sender.message_id,
        action,
        name,
        _decoded(identifier),
        body,
        source.describe_files,
        now,
        Names(extension),
        source.needs_hdab(now.date()),
    )
    status, said = inbox.carry_out(extension.host, sender, read_message)
    response = jsonify(said)
    response.status_code = status
    return response


def _decoded(named):
    """The identifier that the address names; raises Invalid."""
    try:
        return from_path(named)
    except ValueError as error:
        raise Invalid([("identifier", str(error))]) from None


def _sender_of_bare(extension, name):
    path, query = request.script_root + request.path, request.query_string.decode("latin-1")
    refused = None
    for catalogue in Names(extension):
        try:
            return _sender(extension, name, bare(catalogue, request.method, path, query))
        except NotSigned as error:
            # what names no catalogue in clear may be signed for a former name of this one
            refused = refused or error
            if "webhook-signature" not in request.headers:
                break
    raise refused or NotSigned()


def _sender(extension, name, signed):
    """The Sender who signed `signed` (bytes), or whose token the request has; raises NotSigned, UnknownDataset."""
    named = None if "webhook-signature" in request.headers else extension.host.sources_of_token()
    if named is None:
        sender = senders.authenticate(extension.sources, name, request.headers, signed)
    elif name in named:
        stops.must_not_be_suspended(name)
        sender = sources.Sender(extension.sources[name])
    else:
        raise UnknownDataset()
    extension.attempts.passed(request.environ, name)
    return sender
