"""The accounts and roles of B2SHARE, by which rights are given: a second factor is asked of whoever changes them.

Whoever may publish in a community may also give its roles to any account.
"""

from typing import Any

from flask import request
from flask_login import current_user

from ...proxies import active
from ...sign_in import gate
from .. import administration
from . import deletions

BLUEPRINTS = ("invenio_accounts_rest", "b2share_roles")


def watch(app: Any) -> None:
    """Look at each request, after the host knows who asks: on B2SHARE, tokens are read by an extension after ours."""
    # not by app.before_request, which a debugger forbids once the first request is there
    hooks = [_before_view, deletions.before_view, administration.before_view]
    app.before_first_request(lambda: app.before_request_funcs.setdefault(None, []).extend(hooks))


def _before_view():
    if request.blueprint not in BLUEPRINTS or request.method in ("GET", "HEAD", "OPTIONS"):
        return
    extension = active() if current_user.is_authenticated else None
    if extension is not None and extension.host.holds_rights(current_user.id):
        gate.must_be_strong("operate" if extension.host.may_operate() else "curate")
