"""OAI-PMH with deletions, for the records of the sources: answers in the place of invenio-oaiserver's.

Lists are read from the database, in the order of their datestamps, so that no index is behind and a withdrawal has a
header with the status `deleted`. What is no record or set of ours is answered by the host. A list without a set has
ours first and then the host's others.
"""

import datetime
from typing import Any, List, NamedTuple, Optional

from flask import Flask, Response, current_app, make_response, request
from invenio_db import db
from invenio_oaiserver import response as xml
from invenio_oaiserver.provider import OAIIDProvider
from invenio_pidstore.models import PersistentIdentifier
from itsdangerous import BadData, URLSafeTimedSerializer
from lxml import etree
from sqlalchemy import and_, func, or_

from ..compat import utcnow
from ..datasets.models import DatasetRow
from ..proxies import active
from . import oai_elements, oai_others
from .oai_arguments import LISTS, Fault, Window, check_names, single, window
from .oai_elements import Listed, naive
from .oai_others import ENDPOINT, OAI

LIFETIME = 3600  # seconds of a resumption token
MARK = "s2-"  # begins our tokens
PLACE = "%Y-%m-%dT%H:%M:%S.%f"


class Place(NamedTuple):
    """Where a list goes on."""

    stamp: str = ""  # of the last record, PLACE
    row: int = 0  # its number
    cursor: int = 0
    other: str = ""  # the host's token, where its own records are listed


def install(app: Flask) -> None:
    """Answer before the host's view does."""
    # of the blueprint: these run behind the application's own, one of which may load who asks
    app.before_request_funcs.setdefault(ENDPOINT.partition(".")[0], []).append(_before_view)


def _before_view():
    extension = active()
    if extension is None:
        return None
    try:
        tree = _answer(extension.host)
    except Fault as fault:
        tree = xml.error([fault.args])
    if tree is None:
        return None
    response: Response = make_response(etree.tostring(tree, pretty_print=True, xml_declaration=True, encoding="UTF-8"))
    response.headers["Content-Type"] = "text/xml"
    return response


def _answer(host):
    values = request.values.to_dict(flat=False)
    verb = values.get("verb", [""])[0]
    if verb == "GetRecord":
        return oai_elements.deleted(host, values)
    if verb == "Identify":
        return _identify() if list(values) == ["verb"] and len(values["verb"]) == 1 and _has_any() else None
    if verb not in LISTS:
        return None
    token = values.get("resumptionToken", [""])[0]
    sets = host.oai_sets()
    if token and not token.startswith(MARK):
        return None
    if not token and ("set" in values and values["set"][0] not in sets or not _has_any()):
        return None
    given = single(values)
    return _resumed(host, given, sets) if token else _first(host, given, sets)


def _first(host, given, sets):
    check_names(given)
    if given["metadataPrefix"] not in current_app.config["OAISERVER_METADATA_FORMATS"]:
        raise Fault("cannotDisseminateFormat", "This metadataPrefix is not one of this repository.")
    return _page(host, given, sets, Place())


def _resumed(host, given, sets):
    if set(given) != {"verb", "resumptionToken"}:
        raise Fault("badArgument", "A resumptionToken stands alone.")
    try:
        said = _tokens(given["verb"]).loads(given["resumptionToken"][len(MARK) :], max_age=LIFETIME)
        kept, place = said["given"], Place(*said["place"])
    except (BadData, KeyError, TypeError, ValueError):
        raise Fault("badResumptionToken", "The resumptionToken is invalid or expired.")
    if "set" in kept and kept["set"] not in sets:
        raise Fault("badResumptionToken", "The set of this resumptionToken is there no more.")
    return _page(host, dict(kept, verb=given["verb"]), sets, place, given)


def _page(host, given, sets, place, asked=None):
    verb, span = given["verb"], window(given.get("from"), given.get("until"))
    size = current_app.config["OAISERVER_PAGE_SIZE"]
    elements: List[Any] = []
    following: Optional[Place] = None
    if not place.other:
        found = _listed(host, [sets[given["set"]]] if "set" in given else None, span, place, size + 1)
        elements = oai_elements.of_page(host, found[:size], given, {name: spec for spec, name in sets.items()})
        if len(found) > size:
            last = found[size - 1]
            following = Place(last.stamp.strftime(PLACE), last.row.id, place.cursor + size)
    if following is None and "set" not in given and oai_others.are_there():
        others, token = oai_others.page(given, span, place.other)
        elements += others
        following = Place(cursor=place.cursor + len(elements), other=token) if token else None
    if not elements:
        raise Fault("noRecordsMatch", "No record was changed in this time.")
    tree, root = xml.envelope()
    oai_elements.say_request(root, asked or given)
    parent = etree.SubElement(root, OAI + verb)
    parent.extend(elements)
    _add_token(parent, given, place, following)
    return tree


def _add_token(parent, given, place, following):
    if following is None and place == Place():
        return
    element = etree.SubElement(parent, OAI + "resumptionToken", cursor=str(place.cursor))
    if following is not None:
        kept = {name: value for name, value in given.items() if name != "verb"}
        element.text = MARK + _text(_tokens(given["verb"]).dumps({"given": kept, "place": list(following)}))
        ends = utcnow() + datetime.timedelta(seconds=LIFETIME)
        element.set("expirationDate", ends.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _tokens(verb):
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="secureb2share-oai-" + verb)


def _text(value):
    return value.decode("ascii") if isinstance(value, bytes) else value


def _listed(host: Any, sources: Optional[List[str]], span: Window, place: Place, size: int) -> List[Listed]:
    """At most `size` Listed behind a Place, by their datestamps."""
    found = [one for model in host.oai_models() for one in _of_model(model, sources, span, place, size)]
    return sorted(found, key=lambda one: (one.stamp, one.row.id))[:size]


def _of_model(model, sources, span, place, size):
    stamp = model.updated
    query = db.session.query(DatasetRow, stamp).join(model, model.id == DatasetRow.record_uuid)
    query = query.filter(DatasetRow.pid.isnot(None))
    if sources is not None:
        query = query.filter(DatasetRow.source.in_(sources))
    if span.start is not None:
        query = query.filter(stamp >= _bound(model, span.start))
    if span.end is not None:
        query = query.filter(stamp < _bound(model, span.end))
    if place.stamp:
        last = _bound(model, datetime.datetime.strptime(place.stamp, PLACE))
        query = query.filter(or_(stamp > last, and_(stamp == last, DatasetRow.id > place.row)))
    rows = query.order_by(stamp, DatasetRow.id).limit(size)
    return [Listed(row, naive(updated)) for row, updated in rows]


def _bound(model, moment):
    # newer libraries take times with a zone alone
    is_aware = type(model.updated.property.columns[0].type).__name__ == "UTCDateTime"
    return moment.replace(tzinfo=datetime.timezone.utc) if is_aware else moment


def _has_any():
    return db.session.query(DatasetRow.id).filter(DatasetRow.pid.isnot(None)).first() is not None


def _identify():
    """Identify, which says what holds: deletions are kept for good where every record is ours."""
    config = current_app.config
    tree, parent = xml.verb(verb="Identify")
    base = [element.text for element in tree.getroot().iter(OAI + "request")][0]
    created = (
        db.session.query(func.min(PersistentIdentifier.created)).filter_by(pid_type=OAIIDProvider.pid_type).scalar()
    )
    earliest = naive(created) if created else datetime.datetime(1970, 1, 1)
    said = [("repositoryName", config["OAISERVER_REPOSITORY_NAME"]), ("baseURL", base)]
    said.append(("protocolVersion", config.get("OAISERVER_PROTOCOL_VERSION", "2.0")))
    said += [("adminEmail", address) for address in config["OAISERVER_ADMIN_EMAILS"]]
    said += [
        ("earliestDatestamp", earliest.strftime("%Y-%m-%dT%H:%M:%SZ")),
        ("deletedRecord", "transient" if oai_others.are_there() else "persistent"),
        ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
    ]
    said += [("compression", one) for one in config.get("OAISERVER_COMPRESSIONS", []) if one != "identity"]
    for name, text in said:
        etree.SubElement(parent, OAI + name).text = text
    for description in config.get("OAISERVER_DESCRIPTIONS", []):
        etree.SubElement(parent, OAI + "description").append(etree.fromstring(description))
    return tree
