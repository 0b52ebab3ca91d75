"""The addresses by which the script of the registration form sends a file in parts, and goes on where it stopped.

POST /register/<draft>/uploads {"name", "type", "size"}   -> 201 {"id", "offset", "part"}
GET  /register/<draft>/uploads/<id>                       -> {"id", "offset", "size", "sha256"}
PUT  /register/<draft>/uploads/<id>?offset=N  (bytes)     -> {"offset"}; the header X-SHA256 is that of the part
POST /register/<draft>/uploads/<id>/complete              -> {"sha256"}
"""

from flask import Blueprint, jsonify, request

from . import login, uploads
from .environment import here
from .problem import Problem

blueprint = Blueprint("uploading", __name__, url_prefix="/register/<draft>/uploads")
blueprint.before_request(login.must_be_owner)


@blueprint.route("", methods=["POST"])
def begin(draft):
    """Make room for a file."""
    said = request.get_json(silent=True)
    said = said if isinstance(said, dict) else {}
    name, kind, size = (said.get(member) for member in ("name", "type", "size"))
    if not isinstance(name, str) or not isinstance(size, int) or isinstance(size, bool):
        raise Problem(400, "Not taken", "A name and a size are needed.")
    if here().store.one("SELECT 1 FROM drafts WHERE id = ?", (draft,)) is None:
        raise Problem(404, "Not found", "There is no such draft.")
    here().uploads.clean()
    upload = _taken(here().uploads.begin, draft, name, kind if isinstance(kind, str) else "", size)
    return jsonify(id=upload, offset=0, part=uploads.PART), 201


@blueprint.route("/<upload>")
def stand(draft, upload):
    """How much of a file is here."""
    row = here().uploads.get(draft, upload)
    if row is None:
        raise Problem(404, "Not found", "There is no such file.")
    return jsonify(id=upload, offset=row["received"], size=row["size"], part=uploads.PART, sha256=row["sha256"])


@blueprint.route("/<upload>", methods=["PUT"])
def part(draft, upload):
    """Take one part; the answer says where the next one begins."""
    request.max_content_length = uploads.PART
    offset = request.args.get("offset", "")
    if not offset.isdecimal() or len(offset) > 15:
        raise Problem(400, "Not taken", "An offset is needed.")
    given = request.headers.get("X-SHA256", "").lower()
    end = _taken(here().uploads.append, draft, upload, int(offset), request.get_data(), given)
    return jsonify(offset=end)


@blueprint.route("/<upload>/complete", methods=["POST"])
def complete(draft, upload):
    """Check the whole file; it becomes part of the archive when the draft is sent."""
    said = request.get_json(silent=True)
    given = said.get("sha256") if isinstance(said, dict) else None
    return jsonify(sha256=_taken(here().uploads.complete, draft, upload, given))


def _taken(act, *arguments):
    try:
        return act(*arguments)
    except uploads.Fault as fault:
        raise Problem(409, "Not taken", "Not taken: %s." % fault)
