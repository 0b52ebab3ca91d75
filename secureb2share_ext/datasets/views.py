"""Which routes does the secure side call, and what may everybody ask?

GET       /datasets/keys                              the catalogue's public keys
GET       /datasets/<source>                          signed: the source's datasets, by pages
PUT, GET  /datasets/<source>/<identifier>             register; read (signed: with receipts)
POST      /datasets/<source>/<identifier>/state       suspend, reactivate, supersede, withdraw
POST      /datasets/<source>/<identifier>/decisions   states of applications, to be counted
"""

from flask import Blueprint, abort, jsonify, request

from .. import config
from ..client import bare
from ..compat import VERBATIM, utcnow
from ..dataset import identifier_fault
from ..errors import Invalid, UnknownDataset
from . import answer, message, registration, sources, store

PAGE = 500

blueprint = Blueprint("secureb2share_datasets", __name__, url_prefix="/datasets")


@blueprint.before_request
def _only_when_on():
    if not config.current().is_on:
        abort(404)


@blueprint.route("/keys")
def keys():
    """The JWK set that verifies events and access references."""
    return jsonify(config.current().keyring.jwks())


@blueprint.route("/<source>")
def listing(source):
    """{"datasets": [...], "next": ...}: identifier, PID, revision, digest and state of each dataset of the source."""
    extension = config.current()
    _authenticate(extension, source)
    after = request.args.get("after", "")
    if after and identifier_fault(after):
        raise Invalid([("after", "is not an identifier that a page named")])
    rows = store.page(source, after, PAGE)
    following = rows[-1].identifier if len(rows) == PAGE else None
    return jsonify({"datasets": [answer.line(extension.host, row) for row in rows], "next": following})


@blueprint.route("/<source>/<path:identifier>", methods=["GET"], **VERBATIM)
def read(source, identifier):
    """What the record page says; with the source's signature also what became of its events."""
    extension = config.current()
    is_source = "webhook-signature" in request.headers
    if is_source:
        _authenticate(extension, source)
    row = store.find(source, identifier) if source in extension.sources else None
    if row is None or row.pid is None:
        raise UnknownDataset()
    say = answer.for_source if is_source else answer.of_row
    return jsonify(say(extension.host, row))


@blueprint.route("/<source>/<path:identifier>", methods=["PUT"], **VERBATIM)
def register(source, identifier):
    """201 when new, 200 when known: with a new revision only if the description changed."""
    return _act("register", source, identifier)


@blueprint.route("/<source>/<path:identifier>/state", methods=["POST"], **VERBATIM)
def change_state(source, identifier):
    """200 with the dataset in its new state."""
    return _act("state", source, identifier)


@blueprint.route("/<source>/<path:identifier>/decisions", methods=["POST"], **VERBATIM)
def note_decision(source, identifier):
    """200 with the new counts."""
    return _act("decision", source, identifier)


def _act(action, name, identifier):
    extension = config.current()
    body = request.get_data(cache=False)
    source, message_id = sources.authenticate(extension.sources, name, request.headers, body)
    read_message = message.read(message_id, action, source.name, identifier, body, source.describe_files, utcnow())
    status, said = registration.carry_out(extension.host, read_message)
    response = jsonify(said)
    response.status_code = status
    return response


def _authenticate(extension, source):
    query = request.query_string.decode("latin-1")
    sources.authenticate(
        extension.sources, source, request.headers, bare(request.method, request.script_root + request.path, query)
    )
