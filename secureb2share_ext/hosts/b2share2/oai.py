"""B2SHARE's OAI-PMH formats and DataCite metadata of the sources' records.

The host's own serialisers write them, from a copy without files; then the right and the access address take the place
of "closedAccess", which promises that nobody ever gets in. The values are those of exports/rights.py.
"""

import copy
from typing import Any, Dict, List

from b2share.modules.records import serializers as record_serializers
from flask import Flask
from invenio_records.api import Record
from lxml import etree
from marshmallow import post_dump
from werkzeug.utils import import_string

from ...compat import utcnow
from ...exports import datacite, marcxml
from ...exports.rights import right_of, today_utc
from ...proxies import active
from . import communities, lookup, mapping

WRAPPER = "secureb2share_ext.hosts.b2share2.oai:serialize"
SAID_BY_HOST = "info:eu-repo/semantics/"  # how the values begin that the host writes
OF_TOMBSTONE = ("creators", "titles", "publisher", "publicationYear", "dates", "descriptions", "rightsList")
DC = "{http://purl.org/dc/elements/1.1/}"


def wrap(app: Flask) -> None:
    """Put `serialize` before every serialiser that the site's OAI-PMH formats name."""
    formats = copy.deepcopy(app.config.get("OAISERVER_METADATA_FORMATS") or {})
    for prefix, entry in formats.items():
        if not isinstance(entry["serializer"], tuple) or entry["serializer"][0] != WRAPPER:
            entry["serializer"] = (WRAPPER, {"inner": entry["serializer"], "prefix": prefix})
    app.config["OAISERVER_METADATA_FORMATS"] = formats
    datacite = record_serializers.datacite_v44
    if not hasattr(datacite.schema_class, "add_right"):
        datacite.schema_class = _with_right(datacite.schema_class)


def faults(app: Flask) -> List[str]:
    """[sentence] for each OAI-PMH format that is not ours any more."""
    formats = app.config.get("OAISERVER_METADATA_FORMATS") or {}
    said = "OAISERVER_METADATA_FORMATS[%r] was set anew after this package had wrapped it."
    return [said % prefix for prefix, entry in sorted(formats.items()) if entry["serializer"][0] != WRAPPER]


def serialize(pid: Any, record: Any, inner: Any, prefix: str) -> Any:
    """The element of a record for OAI-PMH; inner: the host's serialiser as its configuration names it."""
    own = _imported(inner)
    extension = active()
    metadata = record["_source"]
    found = lookup.one(extension, communities.pid_in_index(metadata), metadata) if extension is not None else None
    if found is None or not (found.shown or found.is_frozen):
        return own(pid, record)
    element = own(pid, dict(record, _source=_without_files(metadata)))
    if found.shown is not None:
        WRITERS.get(prefix, _leave)(element, found.shown)
    return element


def _imported(inner):
    if isinstance(inner, tuple):
        function = import_string(inner[0])
        return lambda pid, record: function(pid, record, **inner[1])
    return import_string(inner)


def _without_files(metadata: Any) -> Any:
    # marcxml fails without these two
    bare: Dict[str, Any] = {"keywords": [], "disciplines": []}
    bare.update(metadata, _files=[], open_access=False)
    bare.pop("embargo_date", None)
    return Record(bare, model=metadata.model) if isinstance(metadata, Record) else bare


def _values(shown):
    return [shown.right.info_eu_repo, shown.right.coar, shown.label, shown.access_url]


def _dublin_core(element, shown):
    _replace(element, DC + "rights", _values(shown))


def _eudat_core(element, shown):
    _replace(_rights_list(element), "rights", _values(shown))


def _rights_list(element):
    found = element.find("rightsList")
    return found if found is not None else etree.SubElement(element, "rightsList")


def _replace(parent, tag, values):
    """Have children of this tag say `values`, in the place of what the host said of access."""
    said = [child for child in parent.iter(tag) if (child.text or "").startswith(SAID_BY_HOST)]
    place = list(parent).index(said[0]) if said and said[0].getparent() is parent else len(parent)
    for child in said:
        child.getparent().remove(child)
    for number, value in enumerate(values):
        child = etree.Element(tag)
        child.text = value
        parent.insert(place + number, child)


def _leave(element, shown):
    return None


WRITERS = {"oai_dc": _dublin_core, "eudatcore": _eudat_core, "eudatextended": _eudat_core, "marcxml": marcxml.correct}


def _withdrawn(extension, metadata):
    """The Published of a withdrawn dataset, or None; metadata: of a record that may have no row yet."""
    # a record that is being registered costs no statement
    if not mapping.is_withdrawn(metadata, communities.block_id(metadata)):
        return None
    found = lookup.one(extension, communities.pid_in_index(metadata), metadata)
    return found.shown if found is not None and found.shown is not None and found.shown.is_withdrawn else None


def _tombstone(data, shown):
    """What DataCite demands of a DOI (dict), of the host's metadata: nothing else that describes."""
    ours = datacite.document(shown)
    kept = {name: data[name] for name in ("identifiers", "identifier", "doi", "schemaVersion", "types") if name in data}
    said = dict(kept, **{name: ours[name] for name in OF_TOMBSTONE if name in ours})
    spelt = [dict(right, rightsURI=right["rightsUri"]) for right in said["rightsList"]]
    return dict(said, rightsList=spelt, sizes=[], formats=[])


def _with_right(schema_class: Any) -> Any:
    class WithRight(schema_class):
        @post_dump(pass_original=True)
        def add_right(self, data, original, **kwargs):
            extension = active()
            metadata = original.get("metadata", {})
            if extension is None or communities.source_of(extension.sources, metadata) is None:
                return data
            # the DOI is minted before the record has its row
            sensitive = extension.host.from_record(metadata).get("sensitive", {})
            if sensitive.get("access_right") not in ("controlled", "embargoed", "metadata-only"):
                return data
            shown = _withdrawn(extension, metadata)
            if shown is not None:
                return _tombstone(data, shown)
            right = right_of(sensitive, today_utc(utcnow()))
            # DataCite's writers spell the name of the address in two ways
            said = [
                {"rightsURI": uri, "rightsUri": uri, "rights": right.coar_label}
                for uri in (right.info_eu_repo, right.coar)
            ]
            rights = [one for one in data.get("rightsList", []) if not one["rightsURI"].startswith(SAID_BY_HOST)]
            return dict(data, rightsList=said + rights, sizes=[], formats=[])

    WithRight.__name__ = schema_class.__name__
    return WithRight
