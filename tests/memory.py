"""A catalogue in memory for the unit tests of the flows: one a module, emptied before each test."""

import contextlib

import pytest
from invenio_db import db
from served import example

from secureb2share_ext.errors import Problem
from secureb2share_ext.testing.catalogue import Catalogue

# tsd publishes, csc is on review, few may have two datasets and hears no echo
SOURCES = {"tsd": {}, "csc": {"release": "review"}, "few": {"quota": 2}, "few2": {}}
CONTACT = {"name": "Another desk", "email": "desk@example.org"}


@pytest.fixture(scope="module")
def made():
    with Catalogue(SOURCES, {"few": {"echo": False}}) as found:
        yield found


@pytest.fixture
def catalogue(made):
    made.clear()
    return made


def described(title="A", **version):
    """A description with a title, and with what it says of its version."""
    found = example()
    found["core"]["titles"] = [{"lang": "en", "text": title}]
    found.pop("version")
    return dict(found, version=version) if version else found


def title_of(catalogue, identifier, source="tsd"):
    """The title in the record of a dataset."""
    row = catalogue.row(identifier, source)
    return catalogue.host.from_record(catalogue.host.record(row))["core"]["titles"][0]["text"]


def kinds(catalogue, identifier, source="tsd"):
    """[(sequence, kind)] of the events of a dataset."""
    found = catalogue.events(identifier, source)
    return [(one["data"]["sequence"], one["type"].split(".")[-2]) for one in found]


@contextlib.contextmanager
def refused(catalogue, code, *fields):
    """Expect a Problem with this code, and with faults of these fields; it leaves every row as it was."""
    before = catalogue.rows()
    db.session.rollback()
    with pytest.raises(Problem) as raised:
        yield
    db.session.rollback()
    named = tuple(fault["field"] for fault in raised.value.extra.get("errors", ()))
    assert (raised.value.code, named) == (code, fields), raised.value.body()
    assert catalogue.rows() == before
