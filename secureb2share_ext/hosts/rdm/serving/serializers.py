"""The serializers that write a record of ours.

They are ours where exports/formats.py has the format; else the host's own writes a closed copy of the record, and is
corrected where its format says who gets access. A record that is not ours is written by the host's own from what it was
given.
"""

import functools
import json
from typing import Any, Callable, Dict, Type

from flask_resources.serializers import BaseSerializer
from lxml import etree

from ....datasets.view import Entry
from ....exports import datacite, dublin_core, formats, linkset, marcxml
from ....exports.published import Published
from ....proxies import current
from ... import published
from . import link_headers, lookup, own_sections, redaction

# by the name of the host's class, or of the host's class that a site's is made from
WRITTEN = {
    "SchemaorgJSONLDSerializer": "jsonld",
    "DataCite43JSONSerializer": "datacite-json",
    "DataCite45JSONSerializer": "datacite-json",
    "DataCite43XMLSerializer": "datacite-xml",
    "DataCite45XMLSerializer": "datacite-xml",
    "DCATSerializer": "dcat",
    "DublinCoreXMLSerializer": "dc",
    "DublinCoreJSONSerializer": "dc-json",
    "FAIRSignpostingProfileLvl2Serializer": "linkset",
}
CORRECTED = {"MARCXMLSerializer": marcxml.correct}
# these say nothing of access but what the closed copy says
SILENT = (
    "BibtexSerializer",
    "CFFSerializer",
    "CSLJSONSerializer",
    "CSVRecordSerializer",
    "CodemetaSerializer",
    "DataPackageSerializer",
    "GeoJSONSerializer",
    "StringCitationSerializer",
)
OF_DATACITE: Dict[str, Callable[[Dict[str, Any]], str]] = {"datacite-json": json.dumps, "datacite-xml": datacite.as_xml}
ITEMS = ("JSONSerializer", "UIJSONSerializer")
_OWN_FORMATS = (
    formats.Format("linkset", linkset.MIMETYPE, lambda shown, exports: json.dumps(link_headers.document(shown))),
    formats.Format("dc-json", "application/json", lambda shown, exports: json.dumps(dublin_core.document(shown))),
)
BY_NAME = {form.name: form for form in formats.FORMATS + _OWN_FORMATS}
# JSON of the record itself is known by its serializer alone
BY_MIMETYPE = {BY_NAME[form.name].mimetype: BY_NAME[form.name] for form in formats.FORMATS}


class AccessSerializer(BaseSerializer):
    """A serializer by which a record of ours says what its Published says; `own`: the host's or site's serializer."""

    is_known = True

    def __init__(self, own: BaseSerializer) -> None:
        self.own = own

    def serialize_object(self, obj: Dict[str, Any]) -> str:
        """The record (dict) as text."""
        found = lookup.found_in(obj)
        return self.own.serialize_object(obj) if found is None else self.one(obj, found)

    def serialize_object_list(self, obj_list: Dict[str, Any]) -> str:
        """A page of search results (dict) as text; one that has no record of ours is the host's own."""
        hits = obj_list["hits"]["hits"]
        ours = lookup.found_of(hits)
        if not ours:
            return self.own.serialize_object_list(obj_list)
        return self.many(obj_list, {number: ours[hit["id"]] for number, hit in enumerate(hits) if hit["id"] in ours})

    def copy(self, obj: Dict[str, Any], found: Entry) -> Dict[str, Any]:
        """What the host's serializer gets in the place of a record of ours; found: it, looked up."""
        return redaction.record(obj, _access_url(found))

    def one(self, obj: Dict[str, Any], found: Entry) -> str:
        """The text of a record of ours."""
        return self.own.serialize_object(self.copy(obj, found))

    def many(self, obj_list: Dict[str, Any], ours: Dict[int, Entry]) -> str:
        """The text of a list that has records of ours; ours: {index of a hit: what was found of it}."""
        hits = obj_list["hits"]["hits"]
        made = [self.copy(hit, ours[number]) if number in ours else hit for number, hit in enumerate(hits)]
        return self.own.serialize_object_list(dict(obj_list, hits=dict(obj_list["hits"], hits=made)))


class RecordJSON(AccessSerializer):
    """The record's own JSON, and that for the host's pages; drafts keep the links that the deposit form follows."""

    def copy(self, obj: Dict[str, Any], found: Entry) -> Dict[str, Any]:
        return obj if obj.get("is_draft") else redaction.item(obj, _access_url(found))


class FormatSerializer(AccessSerializer):
    """One of our formats in the place of the host's; a draft is not what our formats describe."""

    def __init__(self, own: BaseSerializer, form: formats.Format) -> None:
        super().__init__(own)
        self.form = form

    def one(self, obj: Dict[str, Any], found: Entry) -> str:
        shown = None if obj.get("is_draft") else published.shown(found)
        if shown is None:
            return super().one(obj, found)
        if self.form.name not in OF_DATACITE:
            return self.form.write(shown, link_headers.urls(shown))
        # a site's own serializer need not be one of the host's kind
        dump: Any = getattr(self.own, "dump_obj", lambda copy: {})
        said = own_sections.document(shown, obj.get("metadata"), lambda: dump(self.copy(obj, found)))
        return OF_DATACITE[self.form.name](said)

    def many(self, obj_list: Dict[str, Any], ours: Dict[int, Entry]) -> str:
        if not self.form.mimetype.endswith("json"):
            return _joined(self, obj_list)
        page = json.loads(super().many(obj_list, ours))
        for number, found in ours.items():
            page["hits"]["hits"][number] = json.loads(self.one(obj_list["hits"]["hits"][number], found))
        return json.dumps(page)


class CorrectedXML(AccessSerializer):
    """The host's XML, in which `correct` puts our words of access."""

    def __init__(self, own: BaseSerializer, correct: Callable[[Any, Published], None]) -> None:
        super().__init__(own)
        self.correct = correct

    def one(self, obj: Dict[str, Any], found: Entry) -> str:
        text, shown = super().one(obj, found), published.shown(found)
        if shown is None:
            return text
        root = etree.fromstring(text.encode("utf-8"), etree.XMLParser(remove_blank_text=True))
        self.correct(root, shown)
        return etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="utf-8").decode("utf-8")

    def many(self, obj_list: Dict[str, Any], ours: Dict[int, Entry]) -> str:
        return _joined(self, obj_list)


class UnknownSerializer(AccessSerializer):
    """A site's own serializer of a format that nobody here knows."""

    is_known = False


def agreeing(own: BaseSerializer, mimetype: str) -> AccessSerializer:
    """The AccessSerializer for a serializer of the host or the site, and the media type that it serves."""
    names = [one.__name__ for one in type(own).__mro__]
    for name in names:
        if name in ITEMS:
            return RecordJSON(own)
        if name in WRITTEN:
            return FormatSerializer(own, BY_NAME[WRITTEN[name]])
        if name in CORRECTED:
            return CorrectedXML(own, CORRECTED[name])
        if name in SILENT:
            return AccessSerializer(own)
    return FormatSerializer(own, BY_MIMETYPE[mimetype]) if mimetype in BY_MIMETYPE else UnknownSerializer(own)


def make(own: Type[BaseSerializer], mimetype: str, **options: Any) -> AccessSerializer:
    """The AccessSerializer for a class of serializers, which is made with its options."""
    return agreeing(own(**options), mimetype)


def class_of(own: Type[BaseSerializer], mimetype: str) -> Callable[..., AccessSerializer]:
    """What stands for a class of serializers in a configuration that makes them when they are needed."""
    return functools.partial(make, own, mimetype)


def _joined(serializer, obj_list):
    # as flask_resources has it for formats that know no lists
    return "\n".join(serializer.serialize_object(hit) for hit in obj_list["hits"]["hits"])


def _access_url(found):
    return current().host.access_url(found.row.pid)
