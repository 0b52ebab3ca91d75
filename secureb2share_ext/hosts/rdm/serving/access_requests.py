"""The refusal of the host's own access requests for a record of ours: access is requested at the access address.

The host's permission policy has no action for these routes but `manage`, and none at all for guests' requests, so that
they are stopped before the view.
"""

from typing import Any

from flask import Flask, request
from invenio_rdm_records.requests.access.models import AccessRequestToken

from ....descriptions import strict_json
from ....errors import AccessElsewhere, Invalid
from ....problems import problem_response
from . import lookup

VIEW = "view"  # of a public record it opens nothing but files; "preview", "edit" and "manage" are for its editors
GRANTS = ("record_grants", "record_links", "record_user_access", "record_group_access")
WRITES = ("POST", "PUT", "PATCH")
REQUESTS = "records.create_access_request"
SETTINGS = "records.update_access_settings"
CONFIRM = "invenio_app_rdm_requests.verify_access_request_token"  # a guest's, by GET
ALLOWED = ("allow_user_requests", "allow_guest_requests")


def install(app: Flask) -> None:
    """Stop the host's access requests, and what would give access to files, for records of ours."""
    app.before_request(_before_view)


def _before_view():
    pid = _pid() if _is_stopped() else None
    shown = lookup.shown_of_pid(pid) if pid is not None else None
    if shown is None:
        return None
    said = "Access to this dataset is requested at %s; nothing that was entered was kept or sent." % shown.access_url
    return problem_response(AccessElsewhere(said, access_url=shown.access_url))


def _pid():
    if request.endpoint != CONFIRM:
        return (request.view_args or {}).get("pid_value")
    token = AccessRequestToken.get_by_token(request.args.get("access_request_token"))
    return token.record_pid if token is not None else None


def _is_stopped():
    if request.endpoint == CONFIRM:
        return True
    if request.method not in WRITES or request.endpoint is None:
        return False
    if request.endpoint == REQUESTS:
        return True
    if request.endpoint != SETTINGS and request.blueprint not in GRANTS:
        return False
    body = request.get_data()
    try:
        said = strict_json.parse(body) if body.strip() else None
    except Invalid:
        # the view may read what is not read here
        return True
    if request.endpoint == SETTINGS:
        return isinstance(said, dict) and any(said.get(name) for name in ALLOWED)
    return gives_files(said)


def gives_files(said: Any) -> bool:
    """Whether a request for grants or links (its body, whatever JSON it is) asks for the right to see files. Pure."""
    if not isinstance(said, dict):
        return False
    given = said.get("grants")
    asked = [said] + (given if isinstance(given, list) else [])
    return any(isinstance(one, dict) and one.get("permission") == VIEW for one in asked)
