"""The members of a source's community, among whom are its curators: a second factor is asked of whoever changes them.

RDM's service of members has no components, so that this looks at its routes. An invitation is accepted by whoever was
invited, on a route of requests, and made here; who asks to become a member is let in on that route.
"""

import uuid

from flask import Flask, request
from flask_login import current_user
from invenio_db import db
from invenio_requests.records.models import RequestMetadata

from ....proxies import active
from ....sign_in import gate
from .. import communities

BLUEPRINT, DECISIONS = "community_members", "requests.execute_action"
ASKING = "community-membership-request"  # the type of such a request


def install(app: Flask) -> None:
    """Look at each request, after the host knows who asks."""
    app.before_request(_before_view)


def _before_view():
    is_decision = request.endpoint == DECISIONS
    if request.method in ("GET", "HEAD", "OPTIONS") or not (is_decision or request.blueprint == BLUEPRINT):
        return
    extension = active() if current_user.is_authenticated else None
    if extension is None:
        return
    arguments = request.view_args or {}
    found = _joined(arguments) if is_decision else communities.id_of(arguments.get("pid_value", ""))
    if communities.source_of(extension.sources, found) is not None:
        gate.must_be_strong("curate")


def _joined(arguments):
    """The id (str) of the community to which somebody is admitted, or None."""
    if arguments.get("action") != "accept":
        return None
    asked = db.session.query(RequestMetadata.json).filter_by(id=uuid.UUID(str(arguments["id"]))).scalar() or {}
    return (asked.get("receiver") or {}).get("community") if asked.get("type") == ASKING else None
