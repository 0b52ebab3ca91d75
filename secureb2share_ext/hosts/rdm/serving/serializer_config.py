"""The places where the host serialises records, each of which has to agree with our access value.

They are assigned as copies: the media types of the records API, the exports of the record's page, the formats of
OAI-PMH and what DataCite is told.
"""

import copy
from typing import Any, Dict, List, Optional

from flask import Flask
from invenio_app_rdm.config import APP_RDM_RECORD_EXPORTERS
from invenio_base.utils import obj_or_import_string
from invenio_rdm_records.resources.config import record_serializers

from ....exports import schema_org
from . import doi, link_headers, lookup, oai, serializers

SERIALIZERS = link_headers.SERIALIZERS
EXPORTERS = "APP_RDM_RECORD_EXPORTERS"


def wrap(app: Flask) -> None:
    """Assign the keys of the host that name serializers, and have its `Link` headers agree."""
    handlers = app.config.get(SERIALIZERS) or record_serializers
    app.config[SERIALIZERS] = {mimetype: _handler(handler, mimetype) for mimetype, handler in handlers.items()}
    exporters = app.config.get(EXPORTERS, APP_RDM_RECORD_EXPORTERS)
    app.config[EXPORTERS] = {name: _exporter(entry) for name, entry in exporters.items()}
    oai.wrap(app)
    doi.wrap(app)
    link_headers.install(app)
    app.add_template_global(json_ld, "secureb2share_json_ld")


def faults(app: Flask) -> List[str]:
    """[sentence] for each serialisation that is the site's own, or that was set after `wrap`."""
    found = []
    for mimetype, handler in app.config.get(SERIALIZERS, {}).items():
        found += _faults(SERIALIZERS, mimetype, getattr(handler, "serializer", None))
    for name, entry in (app.config.get(EXPORTERS) or {}).items():
        make = obj_or_import_string(entry["serializer"])
        is_ours = getattr(make, "func", None) is serializers.make
        found += _faults(EXPORTERS, name, make(**entry.get("params", {})) if is_ours else None)
    return found + oai.faults(app) + doi.faults(app)


def json_ld(pid: str) -> Optional[Dict[str, Any]]:
    """The schema.org document (dict) of a record of ours for its page; None for any other, which the host describes."""
    shown = lookup.shown_of_pid(pid)
    return schema_org.document(shown) if shown is not None else None


def _handler(handler, mimetype):
    if isinstance(handler.serializer, serializers.AccessSerializer):
        return handler
    # a copy, for a site's handler may be of a class of its own
    handler = copy.copy(handler)
    handler.serializer = serializers.agreeing(handler.serializer, mimetype)
    return handler


def _exporter(entry):
    own = obj_or_import_string(entry["serializer"])
    if getattr(own, "func", None) is serializers.make:
        return entry
    return dict(entry, serializer=serializers.class_of(own, entry.get("content-type")))


def _faults(key, name, serializer):
    if not isinstance(serializer, serializers.AccessSerializer):
        return [oai.AGAIN % (key, name)]
    return [] if serializer.is_known else [oai.FOREIGN % (key, name)]
