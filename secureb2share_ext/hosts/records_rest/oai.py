"""OAI-PMH of the sources' records: it says what every other export says.

The formats of invenio-oaiserver are wrapped: for records of ours the metadata are made from the database, for others by
the site's own serializer. Lists, Identify and withdrawn datasets are answered by oai_lists.py, without the search
cluster; a held dataset has no record. What is the site's own needs the cluster.
"""

import functools
import uuid
from typing import Any, Dict

from flask import Flask, current_app, make_response, request
from invenio_base.utils import obj_or_import_string
from invenio_db import db
from invenio_oaiserver import config as defaults
from invenio_oaiserver.models import OAISet
from invenio_oaiserver.provider import OAIIDProvider
from invenio_pidstore.errors import PIDDoesNotExistError
from invenio_pidstore.models import PersistentIdentifier, PIDStatus
from invenio_search.engine import search
from lxml import etree

from ... import compat
from ...datasets import store
from ...datasets.models import DatasetRow
from ...exports import dublin_core, oai_datacite
from ...proxies import active, current
from .. import oai_lists, published
from . import mapping

OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
FORMATS: Dict[str, Any] = {
    "oai_dc": {
        "schema": "http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
        "namespace": OAI_DC,
        "write": dublin_core.xml,
        "needs": ("dcxml",),
        "empty": "{%s}dc" % OAI_DC,
    },
    "oai_datacite": {
        "schema": oai_datacite.SCHEMA,
        "namespace": oai_datacite.NAMESPACE,
        "write": oai_datacite.xml,
        "needs": ("datacite",),
        "empty": "{%s}oai_datacite" % oai_datacite.NAMESPACE,
    },
}
HAS_SETS = "secureb2share.oai-sets"  # in the request's WSGI environment: whether the site has any
FETCHERS = ("OAISERVER_GETRECORD_FETCHER", "OAISERVER_RECORD_SETS_FETCHER")


def wrap(app: Flask) -> None:
    """Assign the keys of invenio-oaiserver, which reads them at each request."""
    known = app.config.get("OAISERVER_METADATA_FORMATS") or {}
    if known is defaults.OAISERVER_METADATA_FORMATS:
        # its own formats expect MARC records, which no site has by default
        known = {}
    for prefix, form in FORMATS.items():
        if all(map(compat.is_installed, form["needs"])):
            said = {name: form[name] for name in ("schema", "namespace")}
            own = known.get(prefix, {}).get("serializer")
            known = dict(known, **{prefix: dict(said, serializer=functools.partial(serialize, form, own))})
    app.config["OAISERVER_METADATA_FORMATS"] = known
    for key, fetch in zip(FETCHERS, (fetch_record, fetch_sets)):
        app.config[key] = functools.partial(fetch, app.config.get(key) or getattr(defaults, key))
    oai_lists.install(app)
    app.register_error_handler(search.ConnectionError, _no_cluster)


def _no_cluster(error):
    if request.endpoint != "invenio_oaiserver.response":
        raise error
    # what OAI-PMH has for a repository that is not there for a while
    response = make_response("The lists of OAI-PMH need the search cluster, which does not answer.\n", 503)
    response.headers["Retry-After"] = "300"
    response.mimetype = "text/plain"
    return response


def identifier(pid: str) -> str:
    """The OAI identifier of a record."""
    return "%s%s" % (current_app.config["OAISERVER_ID_PREFIX"], pid)


def mint(row: DatasetRow) -> None:
    """Give the record of a row its OAI identifier, in the open transaction; one that it has stays."""
    query = db.session.query(PersistentIdentifier.id).filter_by(
        pid_type=OAIIDProvider.pid_type, object_type="rec", object_uuid=row.record_uuid
    )
    with db.session.no_autoflush:
        has_one = query.first() is not None
    if not has_one:
        add(row)


def add(row: DatasetRow) -> None:
    """Add the OAI-PMH identifier of a new record to the session."""
    db.session.add(
        PersistentIdentifier(
            pid_type=OAIIDProvider.pid_type,
            pid_provider=OAIIDProvider.pid_provider,
            pid_value=identifier(row.pid),
            object_type="rec",
            object_uuid=row.record_uuid,
            status=PIDStatus.REGISTERED,
        )
    )


def indexed(row: DatasetRow) -> Dict[str, str]:
    """The `_oai` member of the document that the index holds of a row's record; no record ever holds it."""
    return {"id": identifier(row.pid)}


def fetch_record(own: Any, record_uuid: Any) -> Any:
    """The metadata of GetRecord (dict); raises PIDDoesNotExistError for what is withdrawn."""
    row = store.by_record(record_uuid) if active() is not None else None
    if row is None:
        return obj_or_import_string(own)(record_uuid)
    record = current().host.record(row)
    if record is None or row.state == "withdrawn":
        raise PIDDoesNotExistError(OAIIDProvider.pid_type, identifier(row.pid))
    return dict(record.dumps(), updated=record.updated)


def fetch_sets(own: Any, record: Any) -> Any:
    """The sets of a record; a site without sets needs no search cluster to know."""
    # once a request, not once a record
    if HAS_SETS not in request.environ:
        request.environ[HAS_SETS] = db.session.query(OAISet.id).first() is not None
    return obj_or_import_string(own)(record) if request.environ[HAS_SETS] else []


def serialize(form: Dict[str, Any], own: Any, pid: Any, record: Any) -> Any:
    """The metadata element of a record in one of our formats; own: the site's serializer for others' records."""
    found = _found(pid, record)
    if found is None:
        return _foreign_element(pid, record, form, own)
    seen = published.shown(found)
    if seen is None:
        # one damaged record must not end a harvest of all
        return etree.Element(form["empty"])
    return etree.fromstring(form["write"](seen).encode("utf-8"))


def _foreign_element(pid, record, form, own):
    if own is None:
        return etree.Element(form["empty"])
    function, arguments = own if isinstance(own, tuple) else (own, {})
    return obj_or_import_string(function)(pid, record, **arguments)


def _found(pid, record):
    # GetRecord hands out the identifier's row, a list hands out the search hit
    record_uuid = getattr(pid, "object_uuid", None)
    if record_uuid is None and mapping.STAMP not in record["_source"]:
        # what is no dataset has none of our stamp, and nothing is asked for it
        return None
    try:
        return published.by_record(uuid.UUID(str(record_uuid or record.get("_id"))))
    except ValueError:
        return None
