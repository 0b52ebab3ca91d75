"""The records of OAI-PMH that are no datasets of ours: read from the host's own pages, without ours among them."""

import datetime
from typing import Any, Dict, List, Mapping, Tuple
from urllib.parse import urlencode

from flask import current_app, request
from invenio_db import db
from invenio_oaiserver.provider import OAIIDProvider
from invenio_pidstore.models import PersistentIdentifier
from itsdangerous import BadData
from lxml import etree

from ..datasets import store
from ..datasets.models import DatasetRow
from . import published
from .oai_arguments import Fault, Window

ENDPOINT = "invenio_oaiserver.response"
AT_ONCE = 10  # pages of the host that make one of ours, since most of their records may be ours
OAI = "{http://www.openarchives.org/OAI/2.0/}"


def are_there() -> bool:
    """Whether OAI-PMH has a record that is no dataset of ours."""
    query = db.session.query(PersistentIdentifier.id).filter_by(pid_type=OAIIDProvider.pid_type, object_type="rec")
    return query.filter(~PersistentIdentifier.object_uuid.in_(store.record_uuids())).first() is not None


def page(given: Mapping[str, str], span: Window, token: str) -> Tuple[List[Any], str]:
    """([element], token) of others' records on the host's next pages; ([], "") for none.

    Where all of these pages hold datasets of ours alone, one of them stands once more, for an empty page would end the
    list of who harvests it, and a search for a page with others would have no bound.
    """
    left: List[Any] = []
    spare: List[Any] = []
    pages, goes_on = 0, bool(token)
    while pages < AT_ONCE or not left + spare:
        pages += 1
        root = _host_page(given, span, token)
        parent = root.find(OAI + given["verb"]) if root is not None else None
        if parent is None:
            return left, ""
        found = [one for one in parent if one.tag in (OAI + "record", OAI + "header")]
        token = _next(parent, len(found))
        named = [(one.findtext(".//" + OAI + "identifier") or "", one) for one in found]
        ours = _ours([name for name, _ in named])
        left += [one for name, one in named if name not in ours]
        # an index that lags has withdrawn ones too
        spare = spare or [one for name, one in named if ours.get(name, "withdrawn") != "withdrawn"][-1:]
        if not token:
            return left or (spare if goes_on else []), ""
    return left or spare, token


def _host_page(given, span, token):
    asked = {"verb": given["verb"]}
    if token:
        asked["resumptionToken"] = token
    else:
        asked["metadataPrefix"] = given["metadataPrefix"]
        last = span.end - datetime.timedelta(seconds=1) if span.end else None
        bounds = (("from", span.start), ("until", last))
        asked.update((name, moment.strftime("%Y-%m-%dT%H:%M:%SZ")) for name, moment in bounds if moment)
    # the host writes ours too before they are left out: what is known of them is not asked again
    known = {published.MEMORY: request.environ.get(published.MEMORY, {})}
    with current_app.test_request_context(
        request.path, base_url=request.host_url, query_string=urlencode(asked), environ_overrides=known
    ):
        try:
            answered: Any = current_app.view_functions[ENDPOINT]()
            return etree.fromstring(answered.get_data())
        except BadData:
            raise Fault("badResumptionToken", "The resumptionToken is invalid or expired.")
        except Exception as error:
            # the old library has no class for it
            if type(error).__name__ != "OAINoRecordsMatchError":
                raise
            return None


def _next(parent, count):
    element = parent.find(OAI + "resumptionToken")
    if element is None or not element.text:
        return ""
    # the library gives a token too many where the last page is full
    is_last = int(element.get("cursor", 0)) + count >= int(element.get("completeListSize", 0) or 2**63)
    return "" if is_last else element.text


def _ours(identifiers) -> Dict[str, str]:
    """{identifier: state} of those that are datasets of ours."""
    query = db.session.query(PersistentIdentifier.pid_value, DatasetRow.state).select_from(DatasetRow)
    query = query.join(PersistentIdentifier, PersistentIdentifier.object_uuid == DatasetRow.record_uuid).filter(
        PersistentIdentifier.pid_type == OAIIDProvider.pid_type, PersistentIdentifier.pid_value.in_(identifiers)
    )
    return dict(query.all()) if identifiers else {}
