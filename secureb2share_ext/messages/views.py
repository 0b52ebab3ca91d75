"""The routes that the secure side calls, and those that are open to everybody.

GET       /datasets                                   what this interface is, and its bounds
POST      /datasets                                   many signed envelopes, one a line
GET       /datasets/keys                              the catalogue's public keys
GET       /datasets/openapi.json                      these routes, for programs
GET       /datasets/<source>                          signed: the source's datasets, by pages
PUT, GET  /datasets/<source>/<identifier>             register; read (signed: with receipts)
POST      /datasets/<source>/<identifier>/state       suspend, reactivate, supersede, withdraw
POST      /datasets/<source>/<identifier>/transfer    another tenant, another role contact
POST      /datasets/<source>/<identifier>/decisions   states of applications, to be counted
POST      /datasets/<source>/<identifier>/receipt     acknowledge an event
"""

import json

from flask import Blueprint, Response, abort, current_app, jsonify, request, stream_with_context
from sqlalchemy.exc import DBAPIError

from ..client import bare
from ..compat import VERBATIM, utcnow
from ..dataset import identifier_fault
from ..datasets import store
from ..errors import Invalid, UnknownDataset
from ..problems import problem_response
from ..proxies import current, explain_missing_tables
from . import answers, bulk, envelope, inbox, message, openapi, sources

PAGE = 500
LINES = "application/x-ndjson"
WITHOUT_TABLES = "This catalogue is not prepared, so it knows of no dataset; its operator has to run `init`."

blueprint = Blueprint("secureb2share_datasets", __name__, url_prefix="/datasets")


@blueprint.before_request
def _only_when_on():
    if not current().is_on:
        abort(404)


@blueprint.errorhandler(DBAPIError)
def _without_tables(error):
    return problem_response(explain_missing_tables(error, WITHOUT_TABLES))


@blueprint.route("", methods=["GET"])
def about() -> Response:
    """The addresses of keys and of the description of this interface, and how much one request may bring."""
    base = current().host.api_url() + "/datasets"
    bounds = {"envelopes": bulk.MAX_ENVELOPES, "bytes": current_app.config["SECUREB2SHARE_MAX_BODY"]}
    return jsonify({"keys": base + "/keys", "openapi": base + "/openapi.json", "bulk": bounds})


@blueprint.route("", methods=["POST"])
def take_many() -> Response:
    """Answer 200 with one line for each envelope, written after it was stored; ?confirm=withdrawals lets many pass."""
    extension = current()
    given = bulk.split(request.get_data(cache=False))
    confirmed = request.args.get("confirm") == "withdrawals"
    lines = bulk.carry_out(
        extension.host, (envelope.read_line(extension.sources, one, utcnow()) for one in given), confirmed
    )
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


def _act(action, name, identifier):
    extension = current()
    body = request.get_data(cache=False)
    sender = _sender(extension, name, body)
    read_message = message.read(
        sender.message_id, action, name, identifier, body, sender.source.describe_files, utcnow()
    )
    status, said = inbox.carry_out(extension.host, sender, read_message)
    response = jsonify(said)
    response.status_code = status
    return response


def _sender_of_bare(extension, name):
    query = request.query_string.decode("latin-1")
    return _sender(extension, name, bare(request.method, request.script_root + request.path, query))


def _sender(extension, name, signed):
    """The Sender who signed `signed` (bytes), or whose token the request has; raises NotSigned, UnknownDataset."""
    named = extension.host.sources_of_token()
    if "webhook-signature" in request.headers or named is None:
        return sources.authenticate(extension.sources, name, request.headers, signed)
    if name not in named:
        raise UnknownDataset()
    return sources.Sender(extension.sources[name])
