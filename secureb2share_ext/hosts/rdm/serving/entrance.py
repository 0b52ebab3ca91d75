"""The pages from which a curator works in a source's community, at which a second factor is asked for.

What they send to the API is answered with a 401 that no form of RDM follows, so that a browser goes to the provider
before it shows them: the deposit form, a request to publish, and the members of the community.
"""

import uuid
from typing import Any, Dict, Optional

from flask import Flask, request
from flask_login import current_user
from invenio_db import db
from invenio_requests.records.models import RequestMetadata

from ....proxies import active
from .. import communities

NEW = "invenio_app_rdm_records.deposit_create"
DRAFT = "invenio_app_rdm_records.deposit_edit"
OF_COMMUNITY = ("invenio_app_rdm_records.community_upload", "invenio_communities.members")
REQUESTS = (
    "invenio_app_rdm_requests.user_dashboard_request_view",
    "invenio_app_rdm_requests.community_dashboard_request_view",
)
PAGES = (NEW, DRAFT, *OF_COMMUNITY, *REQUESTS)


def install(app: Flask) -> None:
    """Look at each request, after the host knows who asks."""
    app.before_request(_before_view)


def _before_view():
    if request.endpoint not in PAGES or request.method != "GET" or not current_user.is_authenticated:
        return None
    extension = active()
    if extension is None or extension.ask_for_strength is None:
        return None
    source = communities.source_of(extension.sources, _community(request.endpoint, request.view_args or {}))
    if source is None or source.name not in extension.host.reviewed_sources():
        return None
    return extension.ask_for_strength("curate")


def _community(endpoint: str, arguments: Dict[str, Any]) -> Optional[str]:
    """The id (str) of the community for which a page is, or None."""
    if endpoint == NEW:
        return communities.id_of(request.args.get("community", ""))
    if endpoint in OF_COMMUNITY:
        return communities.id_of(arguments.get("pid_value", ""))
    if endpoint == DRAFT:
        return communities.of_draft(arguments.get("pid_value"))
    return _receiver(arguments.get("request_pid_value"))


def _receiver(number):
    number = number if isinstance(number, uuid.UUID) else uuid.UUID(str(number))
    asked = db.session.query(RequestMetadata.json).filter_by(id=number).scalar() or {}
    return (asked.get("receiver") or {}).get("community")
