"""The shares of datasets and drafts, which let others edit and publish: a second factor is asked of who changes them.

RDM's services of links and grants have no components, so that this looks at their routes.
"""

from flask import Flask, request
from flask_login import current_user

from ....datasets import store
from ....proxies import active
from ....sign_in import gate
from .. import communities

BLUEPRINTS = ("record_links", "record_grants", "record_user_access", "record_group_access")


def install(app: Flask) -> None:
    """Look at each request, after the host knows who asks."""
    app.before_request(_before_view)


def _before_view():
    if request.blueprint not in BLUEPRINTS or request.method in ("GET", "HEAD", "OPTIONS"):
        return
    pid = (request.view_args or {}).get("pid_value", "")
    extension = active() if pid and current_user.is_authenticated else None
    if extension is not None and (store.by_pid(pid) is not None or _is_curators(extension, pid)):
        gate.must_be_strong("curate")


def _is_curators(extension, pid):
    # what is submitted is for others to decide, and whoever submits need not be known to the provider
    source = communities.source_of(extension.sources, communities.of_draft(pid))
    return source is not None and source.name in extension.host.reviewed_sources()
