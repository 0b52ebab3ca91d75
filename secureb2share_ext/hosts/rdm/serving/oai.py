"""The formats of OAI-PMH, which say of a record of ours what every other export says.

The host's function of each format is wrapped. Ours write Dublin Core and DataCite; every other format is the host's or
the site's, from a closed copy, and corrected where it says who gets access.
"""

from typing import Any, Dict, List

from flask import Flask
from invenio_app_rdm import config as defaults
from invenio_base.utils import obj_or_import_string
from invenio_rdm_records.resources import serializers
from lxml import etree

from ....exports import datacite, dcat, dublin_core, marcxml, oai_datacite
from . import lookup, own_sections, redaction

KEY = "OAISERVER_METADATA_FORMATS"
WRAPPER = "secureb2share_ext.hosts.rdm.serving.oai:serialize"


def _datacite(shown, source):
    # RDM 13 has an older one alone
    host = getattr(serializers, "DataCite45JSONSerializer", serializers.DataCite43JSONSerializer)
    return own_sections.document(shown, source.get("metadata"), lambda: host().dump_obj(redaction.source(source)))


# by the host's function, under whatever prefix a site offers it; they take a Published and the record's index document
WRITTEN = {
    "dublincore_etree": lambda shown, source: dublin_core.xml(shown),
    "datacite_etree": lambda shown, source: datacite.as_xml(_datacite(shown, source)),
    "oai_datacite_etree": lambda shown, source: oai_datacite.xml(shown, _datacite(shown, source)),
    "dcat_etree": lambda shown, source: dcat.xml(shown),
}
CORRECTED = {"marcxml_etree": marcxml.correct}
BY_PREFIX = {"oai_dc": WRITTEN["dublincore_etree"], "oai_datacite": WRITTEN["oai_datacite_etree"]}
FOREIGN = "%s[%r] is the site's own serializer; check that it says of access what the record's page says."
AGAIN = "%s[%r] was set anew after this package had wrapped it."


def wrap(app: Flask) -> None:
    """Put `serialize` before the function of each format, in a copy of the host's key."""
    formats = app.config.get(KEY, defaults.OAISERVER_METADATA_FORMATS)
    app.config[KEY] = {prefix: _wrapped(prefix, entry) for prefix, entry in formats.items()}


def faults(app: Flask) -> List[str]:
    """[sentence] for each format that nobody here knows, or that was set after `wrap`."""
    found = []
    for prefix, entry in sorted((app.config.get(KEY) or {}).items()):
        if not _is_wrapped(entry):
            found.append(AGAIN % (KEY, prefix))
            continue
        name = _function(entry["serializer"][1]["inner"])[0].__name__
        if name not in WRITTEN and name not in CORRECTED and prefix not in BY_PREFIX:
            found.append(FOREIGN % (KEY, prefix))
    return found


def serialize(pid: Any, record: Dict[str, Any], inner: Any, prefix: str) -> Any:
    """The element (lxml) of a record for OAI-PMH; inner: the serializer as the configuration names it."""
    function, arguments = _function(inner)
    source = record["_source"]
    found = lookup.found_in(source)
    if found is None:
        return function(pid, record, **arguments)
    shown, name = lookup.shown_of_source(found, source), function.__name__
    write = WRITTEN.get(name) or (BY_PREFIX.get(prefix) if name not in CORRECTED else None)
    if write is not None and shown is not None:
        return etree.fromstring(write(shown, source).encode("utf-8"))
    element = function(pid, dict(record, _source=redaction.source(source)), **arguments)
    if name in CORRECTED and shown is not None:
        CORRECTED[name](element, shown)
    return element


def _wrapped(prefix, entry):
    if _is_wrapped(entry):
        return entry
    return dict(entry, serializer=(WRAPPER, {"inner": entry["serializer"], "prefix": prefix}))


def _is_wrapped(entry):
    return isinstance(entry["serializer"], tuple) and entry["serializer"][0] == WRAPPER


def _function(inner):
    # as invenio-oaiserver reads it: a name or function, alone or with its arguments
    function, arguments = inner if isinstance(inner, tuple) else (inner, {})
    return obj_or_import_string(function), arguments
