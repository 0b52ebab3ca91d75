"""How does this package use RDM's services inside a transaction that it does not commit itself?"""

import contextlib

from flask import g
from invenio_records_resources.services.uow import UnitOfWork


class OpenWork(UnitOfWork):
    """A unit of work whose changes are in the session, and that leaves everything after the commit undone.

    What follows a commit in RDM (the search index, DOIs at DataCite) is done by index.py, durably.
    """

    def register(self, op):
        op.on_register(self)


@contextlib.contextmanager
def exactly(data):
    """Have drafts hold these metadata and custom fields as they are, whatever RDM's schema makes of such texts."""
    before = g.get("secureb2share_exactly")
    g.secureb2share_exactly = data
    try:
        yield
    finally:
        g.secureb2share_exactly = before


def wanted_exactly():
    """What a draft is to hold, {"metadata", "custom_fields"}, or None."""
    return g.get("secureb2share_exactly")
