"""Who is at work while this package writes a record?

While it does, the host's hooks do not take the change for a user's edit; and the secure side need not be told of what
it caused itself.
"""

import contextlib

from flask import g

from ..dataset import Dataset


@contextlib.contextmanager
def caused_by(by, many=False):
    """by: "source", a message of the secure side is carried out; "curator", a person or the catalogue itself.

    many: what follows from a publication is written for all together, by whoever publishes them.
    """
    before = g.get("secureb2share_cause"), g.get("secureb2share_many")
    # what a message brings about in other records is the message's too
    g.secureb2share_cause, g.secureb2share_many = before[0] or by, many
    try:
        yield
    finally:
        g.secureb2share_cause, g.secureb2share_many = before


def cause():
    """ "source" or "curator" while this package writes a record; None during a user's edit."""
    return g.get("secureb2share_cause")


def is_many():
    """Whether the records of many rows are being made together."""
    return bool(g.get("secureb2share_many"))


def publish(host, row, description, by):
    """Have the host make the record of a row that has none; by: see caused_by."""
    with caused_by(by):
        host.publish(row, Dataset(row.source, row.identifier, description))


def update(host, row, description, by):
    """Have the host write a new revision with this description and the row's state; by: see caused_by."""
    with caused_by(by):
        host.update(row, Dataset(row.source, row.identifier, description, pid=row.pid))
