"""The guard of what a source registered: beside the source, only the catalogue's administrators may take it away."""

from flask import Flask, request
from flask_principal import Identity
from invenio_access import Permission, superuser_access
from invenio_access.permissions import system_process
from invenio_administration.permissions import administration_access_action

from ....datasets import curation, store
from ....datasets.models import DatasetRow
from ....proxies import active, current

REQUESTS = ("records.request_deletion",)  # an owner's, which InvenioRDM 14 may carry out at once


def is_administrator(identity: Identity) -> bool:
    """Whether an identity is that of an administrator, or of the catalogue itself."""
    permission = Permission(superuser_access, administration_access_action)
    return system_process in identity.provides or permission.allows(identity)


def check_taken_away(identity: Identity, row: DatasetRow) -> None:
    """Raise NotAccepted when somebody else would take away what a source registered."""
    if row.origin == "source" and not is_administrator(identity):
        curation.check_editable(current().host, row)


def install(app: Flask) -> None:
    """Refuse requests to delete what a source registered, before the host's view."""
    app.before_request(_before_view)


def _before_view():
    if request.endpoint not in REQUESTS or active() is None:
        return
    row = store.by_pid((request.view_args or {})["pid_value"])
    if row is not None and row.origin == "source":
        curation.check_editable(current().host, row)
