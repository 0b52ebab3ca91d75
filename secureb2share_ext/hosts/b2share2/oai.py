"""B2SHARE's OAI-PMH formats of the sources' records.

The host's own serialisers write them, from a copy without files that has what they read (root_members.py); then the
right and the access address take the place of "closedAccess", which promises that nobody ever gets in. Simple Dublin
Core is that of exports/dublin_core.py, with the host's own identifiers.
"""

import copy
from typing import Any, Dict, List

from flask import Flask
from invenio_records.api import Record
from lxml import etree
from werkzeug.utils import import_string

from ...exports import dublin_core, marcxml
from ...exports.xml_text import for_xml
from ...proxies import active
from . import communities, lookup, root_members

WRAPPER = "secureb2share_ext.hosts.b2share2.oai:serialize"
SAID_BY_HOST = "info:eu-repo/"  # how the values begin that the host writes of access
DC = "{http://purl.org/dc/elements/1.1/}"
# local name -> what dublin_core.document calls it
ELEMENTS = {
    "title": "titles",
    "creator": "creators",
    "contributor": "contributors",
    "subject": "subjects",
    "description": "descriptions",
    "publisher": "publishers",
    "date": "dates",
    "type": "types",
    "format": "formats",
    "identifier": "identifiers",
    "language": "languages",
    "relation": "relations",
    "coverage": "coverage",
    "rights": "rights",
}


def wrap(app: Flask) -> None:
    """Put `serialize` before every serialiser that the site's OAI-PMH formats name."""
    formats = copy.deepcopy(app.config.get("OAISERVER_METADATA_FORMATS") or {})
    for prefix, entry in formats.items():
        if not isinstance(entry["serializer"], tuple) or entry["serializer"][0] != WRAPPER:
            entry["serializer"] = (WRAPPER, {"inner": entry["serializer"], "prefix": prefix})
    app.config["OAISERVER_METADATA_FORMATS"] = formats


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
    element = own(pid, dict(record, _source=_for_export(metadata, found.shown)))
    if found.shown is not None:
        WRITERS.get(prefix, _leave)(element, found.shown)
    return element


def _imported(inner):
    if isinstance(inner, tuple):
        function = import_string(inner[0])
        return lambda pid, record: function(pid, record, **inner[1])
    return import_string(inner)


def _for_export(metadata: Any, shown: Any) -> Any:
    """A copy of a record's metadata without files, with what the host's serialisers read in its root."""
    # marcxml fails without these two
    bare: Dict[str, Any] = {"keywords": [], "disciplines": []}
    bare.update(metadata, _files=[], open_access=False)
    bare.pop("embargo_date", None)
    if shown is not None and not shown.is_withdrawn:
        bare.update(root_members.of(bare, shown))
    return Record(bare, model=metadata.model) if isinstance(metadata, Record) else bare


def _values(shown):
    return [shown.right.info_eu_repo, shown.right.coar, shown.label, shown.access_url]


def _dublin_core(element, shown):
    ours = for_xml(dublin_core.document(shown))
    for name, plural in ELEMENTS.items():
        own = [child for child in element if child.tag == DC + name]
        texts = ours.get(plural, [])
        # the host's date is that of the record, and what it says of access promises that nobody ever gets in
        kept = [] if name == "date" or shown.is_withdrawn else [child.text for child in own if child.text]
        texts = texts + [text for text in kept if text not in texts and not text.startswith(SAID_BY_HOST)]
        for child in own:
            element.remove(child)
        for text in texts:
            etree.SubElement(element, DC + name).text = text


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
