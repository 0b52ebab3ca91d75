"""The elements of OAI-PMH for the records of the sources: a record as GetRecord has it, and a deleted header."""

import datetime
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from flask import current_app
from invenio_db import db
from invenio_oaiserver import response as xml
from invenio_oaiserver.provider import OAIIDProvider
from invenio_pidstore.models import PersistentIdentifier
from lxml import etree

from ..compat import utcnow
from ..datasets.models import DatasetRow
from . import published
from .oai_arguments import Fault, single
from .oai_others import OAI


class Listed(NamedTuple):
    """A dataset in a list."""

    row: DatasetRow
    stamp: datetime.datetime  # naive UTC


def of_page(host: Any, listed: List[Listed], given: Mapping[str, str], specs: Mapping[str, str]) -> List[Any]:
    """The elements (lxml) of a page: records, or headers alone. The number of statements does not depend on it."""
    named = _identifiers([one.row.record_uuid for one in listed])
    listed = [one for one in listed if one.row.record_uuid in named]
    records = host.records([one.row for one in listed if one.row.state != "withdrawn"])
    # remembered for what writes them
    for record_uuid, entry in published.by_records(list(records)).items():
        published.shown(entry, records[record_uuid])
    elements = []
    for one in listed:
        pid, record = named[one.row.record_uuid], records.get(one.row.record_uuid)
        if one.row.state == "withdrawn":
            elements.append(_tombstone(pid.pid_value, one.stamp, specs.get(one.row.source)))
        elif record is not None:
            elements.append(_record(pid, host.oai_source(record), given["metadataPrefix"], one.stamp))
    return elements if given["verb"] == "ListRecords" else [one.find(OAI + "header") for one in elements]


def _record(pid, source, prefix, stamp):
    # as the library makes one of a search hit; what it calls has other names in older ones
    fetcher = getattr(current_app.extensions["invenio-oaiserver"], "record_sets_fetcher", None)
    sets = fetcher(source) if fetcher is not None else source.get("_oai", {}).get("sets", [])
    element = etree.Element(OAI + "record")
    xml.header(element, identifier=pid.pid_value, datestamp=stamp, sets=sets)
    etree.SubElement(element, OAI + "metadata").append(xml.serializer(prefix)(pid, {"_source": source}))
    about = xml.about_serializer(prefix) if hasattr(xml, "about_serializer") else None
    said = about(pid, {"_source": source}) if about else None
    if said is not None:
        etree.SubElement(element, OAI + "about").append(said)
    return element


def _tombstone(identifier, stamp, spec):
    record = etree.Element(OAI + "record")
    xml.header(record, identifier, stamp, sets=[spec] if spec else [], deleted=True)
    return record


def _identifiers(uuids) -> Dict[Any, PersistentIdentifier]:
    query = db.session.query(PersistentIdentifier).filter_by(pid_type=OAIIDProvider.pid_type)
    found = query.filter(PersistentIdentifier.object_uuid.in_(uuids)) if uuids else ()
    return {one.object_uuid: one for one in found}


def deleted(host: Any, values: Dict[str, List[str]]) -> Optional[Any]:
    """The answer (lxml) for a withdrawn dataset; None for what the host answers."""
    if set(values) != {"verb", "identifier", "metadataPrefix"} or any(len(given) > 1 for given in values.values()):
        return None
    given = single(values)
    query = db.session.query(DatasetRow).join(
        PersistentIdentifier, PersistentIdentifier.object_uuid == DatasetRow.record_uuid
    )
    query = query.filter(PersistentIdentifier.pid_type == OAIIDProvider.pid_type)
    row = None
    if "\x00" not in given["identifier"]:
        row = query.filter(PersistentIdentifier.pid_value == given["identifier"]).first()
    if row is None or row.state != "withdrawn":
        return None
    if given["metadataPrefix"] not in current_app.config["OAISERVER_METADATA_FORMATS"]:
        raise Fault("cannotDisseminateFormat", "This metadataPrefix is not one of this repository.")
    stamps = [updated for model in host.oai_models() for updated in _stamps(model, row)]
    tree, root = xml.envelope()
    say_request(root, given)
    stamp = naive(stamps[0]) if stamps else utcnow()
    specs = {name: spec for spec, name in host.oai_sets().items()}
    etree.SubElement(root, OAI + "GetRecord").append(_tombstone(given["identifier"], stamp, specs.get(row.source)))
    return tree


def _stamps(model, row):
    return [updated for (updated,) in db.session.query(model.updated).filter(model.id == row.record_uuid)]


def say_request(root: Any, given: Mapping[str, str]) -> None:
    """Repeat in an answer what was asked."""
    element = root.find(OAI + "request")
    for name, value in given.items():
        element.set(name, value)


def naive(moment: datetime.datetime) -> datetime.datetime:
    """A moment as naive UTC, which some of the host's tables have already."""
    return moment.astimezone(datetime.timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment
