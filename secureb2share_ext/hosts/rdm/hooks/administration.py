"""The administration of RDM: a second factor is asked of whoever opens its pages, or writes by what stands behind them.

Its pages are programs in the browser, which follow no 401: a browser goes to the provider before it shows them.
"""

from flask import Flask, request
from flask_login import current_user

from ....proxies import active
from ....sign_in import gate
from ... import administration

PAGES = "administration"  # the blueprint of all of them
# accounts, groups, and what runs commands or changes every page: whoever has no right to it is refused by RDM
WRITES = ("users", "groups", "domains", "tasks", "jobs", "job_runs", "oaipmh-server", "banners", "pages")


def install(app: Flask) -> None:
    """Look at each request, after the host knows who asks."""
    app.before_request(_before_view)


def _before_view():
    if request.blueprint == PAGES and not (request.endpoint or "").endswith(".static"):
        return administration.ask()
    if request.blueprint not in WRITES or request.method in ("GET", "HEAD", "OPTIONS"):
        return None
    if current_user.is_authenticated and active() is not None:
        gate.must_be_strong("operate")
    return None
