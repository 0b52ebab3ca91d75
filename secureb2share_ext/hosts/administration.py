"""The administration that a host brings: a second factor is asked of whoever opens it, as it can undo everything.

The panels of Flask-Admin (invenio-admin) edit accounts, roles, identities and the rows of invenio-access.
"""

from typing import Any, Optional

from flask import Flask, current_app, request
from flask_login import current_user

from ..proxies import active


def install(app: Flask) -> None:
    """Look at each request, after the host knows who asks."""
    app.before_request(before_view)


def before_view() -> Optional[Any]:
    """The response that leads to a second factor from a panel of Flask-Admin, or None."""
    return ask() if is_panel(request.blueprint, request.endpoint) else None


def is_panel(blueprint: Optional[str], endpoint: Optional[str]) -> bool:
    """Whether the endpoint of a blueprint is a page or a write of Flask-Admin, and not a file of its looks."""
    panels = current_app.extensions.get("admin")
    if not panels or not blueprint or (endpoint or "").endswith(".static"):
        return False
    # it keeps no list of its blueprints that an application could read
    views = [view for panel in panels for view in getattr(panel, "_views", ())]
    return any(getattr(view.blueprint, "name", None) == blueprint for view in views)


def ask() -> Optional[Any]:
    """The response that begins a step-up for whoever is logged in, or None where none is needed."""
    extension = active() if current_user.is_authenticated else None
    if extension is None or extension.ask_for_strength is None:
        return None
    return extension.ask_for_strength("operate")
