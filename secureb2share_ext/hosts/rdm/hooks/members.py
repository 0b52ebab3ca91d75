"""The members of a source's community, among whom are its curators: a second factor is asked of whoever changes them.

RDM's service of members has no components, so that this looks at its routes. An invitation is accepted by whoever was
invited, on a route of requests, and made here.
"""

from flask import Flask, request
from flask_login import current_user

from ....proxies import active
from ....sign_in import gate
from .. import communities

ENDPOINTS = "community_members."  # begins them


def install(app: Flask) -> None:
    """Look at each request, after the host knows who asks."""
    app.before_request(_before_view)


def _before_view():
    if request.method in ("GET", "HEAD", "OPTIONS") or not (request.endpoint or "").startswith(ENDPOINTS):
        return
    name = (request.view_args or {}).get("pid_value", "")
    extension = active() if name and current_user.is_authenticated else None
    if extension is not None and communities.source_of(extension.sources, communities.id_of(name)) is not None:
        gate.must_be_strong("curate")
