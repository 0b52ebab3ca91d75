"""The routes of the plain host: records as JSON, one folder of them a community, written by curators."""

import json
import uuid

import plain_host
from flask import Blueprint, abort, jsonify, request
from flask_login import current_user
from invenio_access import DynamicPermission
from invenio_access.permissions import superuser_access
from invenio_db import db
from invenio_pidstore.models import PersistentIdentifier, PIDStatus
from invenio_pidstore.proxies import current_pidstore
from invenio_records.api import Record
from invenio_records.models import RecordMetadata
from sqlalchemy import String, cast
from sqlalchemy.orm.exc import NoResultFound

from secureb2share_ext.descriptions import strict_json
from secureb2share_ext.errors import Invalid
from secureb2share_ext.exports import record_json
from secureb2share_ext.hosts import published
from secureb2share_ext.hosts.actions import curate

blueprint = Blueprint("plain_records", __name__)
COMMUNITIES = {"records": "tsd", "csc": "csc"}
LIST, ITEM = "/<any(%s):folder>/" % ",".join(COMMUNITIES), "/<any(%s):folder>/<pid>" % ",".join(COMMUNITIES)


@blueprint.route(LIST, methods=["POST"])
def create(folder):
    _need(curate)
    metadata, record_uuid = _given(dict), uuid.uuid4()
    metadata.pop(plain_host.PID, None)
    current_pidstore.minters["recid"](record_uuid, metadata)
    with _transaction():
        record = Record.create(metadata, id_=record_uuid)
    return _item(record), 201


@blueprint.route(LIST, methods=["GET"])
def search(folder):
    words = request.args.get("q", "").replace("\x00", "")
    found = db.session.query(RecordMetadata).filter(cast(RecordMetadata.json, String).contains(words))
    hits = [Record(row.json, model=row) for row in found.order_by(RecordMetadata.created.desc()).limit(10) if row.json]
    hits = [json.loads(_item(hit).get_data(as_text=True)) for hit in hits if _is_found(hit)]
    return jsonify({"hits": {"hits": hits, "total": len(hits)}})


def _is_found(hit):
    return plain_host.PID in hit and hit.get(plain_host.STAMP, {}).get("state") != "withdrawn"


@blueprint.route(ITEM, methods=["GET"])
def read(folder, pid):
    return _item(_record(pid))


@blueprint.route(ITEM, methods=["PUT", "PATCH"])
def edit(folder, pid):
    _need(curate)
    record = _record(pid)
    if request.method == "PATCH":
        record = record.patch(_given(list))
    else:
        given = _given(dict)
        record.clear()
        record.update(given)
    with _transaction():
        record.commit()
    return _item(record)


@blueprint.route(ITEM, methods=["DELETE"])
def delete(folder, pid):
    _need(superuser_access)
    with _transaction():
        _record(pid).delete()
        _pid(pid).delete()
    return "", 204


def community_of_request():
    """The community whose folder the current request names, or None."""
    return COMMUNITIES[request.view_args["folder"]] if request.blueprint == blueprint.name else None


class _transaction:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        db.session.rollback() if kind else db.session.commit()


def _need(action):
    if not current_user.is_authenticated:
        abort(401)
    if not DynamicPermission(action).can():
        abort(403)


def _given(kind):
    given = strict_json.parse(request.get_data(cache=False))
    if not isinstance(given, kind):
        raise Invalid([("(body)", "must be of another type")])
    by_host = [name for name in given if kind is dict and (name.startswith("_") or name == "$schema")]
    if by_host:
        raise Invalid([(name, "is not a known field") for name in by_host])
    return given


def _pid(pid):
    return db.session.query(PersistentIdentifier).filter_by(pid_type="recid", pid_value=pid).one_or_none()


def _record(pid):
    found = _pid(pid)
    if found is None:
        abort(404)
    if found.status != PIDStatus.REGISTERED:
        abort(410)
    try:
        return Record.get_record(found.object_uuid)
    except NoResultFound:
        # it was deleted just now
        abort(410)


def _item(record):
    found = published.by_record(record.id)
    body = {"id": record[plain_host.PID], "metadata": dict(record), "links": {}}
    if found is not None:
        shown = published.shown(found, record)
        body = record_json.without_content(body) if shown is None else record_json.item(body, shown)
    return jsonify(body)
