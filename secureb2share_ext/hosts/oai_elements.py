"""The elements of OAI-PMH for the records of the sources: a record as GetRecord has it, and a deleted header."""

import datetime
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from flask import current_app
from invenio_db import db
from invenio_oaiserver import response as xml
from invenio_oaiserver.provider import OAIIDProvider
from invenio_pidstore.errors import PIDDoesNotExistError
from invenio_pidstore.models import PersistentIdentifier
from lxml import etree

from ..compat import utcnow
from ..datasets.models import DatasetRow
from .oai_arguments import Fault, single
from .oai_others import OAI


class Listed(NamedTuple):
    """A dataset in a list."""

    row: DatasetRow
    stamp: datetime.datetime  # naive UTC


def of_page(host: Any, listed: List[Listed], given: Mapping[str, str], specs: Mapping[str, str]) -> List[Any]:
    """The elements (lxml) of a page: records, or headers alone."""
    named = _identifiers([one.row.record_uuid for one in listed])
    elements = []
    for one in listed:
        identifier = named.get(one.row.record_uuid)
        if identifier is None:
            continue
        if one.row.state == "withdrawn":
            record = _tombstone(identifier, one.stamp, specs.get(one.row.source))
        else:
            record = _record(identifier, given["metadataPrefix"], one.stamp)
        if record is not None:
            elements.append(record if given["verb"] == "ListRecords" else record.find(OAI + "header"))
    return elements


def _record(identifier, prefix, stamp):
    try:
        tree = xml.getrecord(verb="GetRecord", identifier=identifier, metadataPrefix=prefix)
    except PIDDoesNotExistError:
        # it was taken away since
        return None
    record = tree.getroot().find(OAI + "GetRecord").find(OAI + "record")
    # what orders the list stands in it
    record.find(OAI + "header").find(OAI + "datestamp").text = stamp.strftime("%Y-%m-%dT%H:%M:%SZ")
    return record


def _tombstone(identifier, stamp, spec):
    record = etree.Element(OAI + "record")
    xml.header(record, identifier, stamp, sets=[spec] if spec else [], deleted=True)
    return record


def _identifiers(uuids) -> Dict[Any, str]:
    query = db.session.query(PersistentIdentifier.object_uuid, PersistentIdentifier.pid_value)
    query = query.filter(PersistentIdentifier.pid_type == OAIIDProvider.pid_type)
    return dict(query.filter(PersistentIdentifier.object_uuid.in_(uuids)).all()) if uuids else {}


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
