"""The tasks that follow from a record that was written: for the search index, and a name for OAI-PMH.

In the transaction that writes the record, whoever caused it.
"""

from typing import Any, Sequence

from flask import current_app

from ...datasets.models import DatasetRow
from .. import index_queue


def created(host: Any, row: DatasetRow) -> None:
    """Follow the record of a new row."""
    changed(host, row)
    if _has_oai():
        from . import oai

        oai.mint(row)


def created_many(host: Any, rows: Sequence[DatasetRow]) -> None:
    """Follow the records of new rows of one source, with few statements."""
    if _is_indexed(host, rows[0]):
        index_queue.want_new([row.record_uuid for row in rows])
    if _has_oai():
        from . import oai

        for row in rows:
            oai.add(row)


def changed(host: Any, row: DatasetRow) -> None:
    """Follow a record that was changed or deleted."""
    if _is_indexed(host, row):
        index_queue.want(row.record_uuid)


def _is_indexed(host, row):
    source = host.sources.get(row.source)
    return source is not None and source.community in host.indexers


def _has_oai():
    return "invenio-oaiserver" in current_app.extensions
