"""What does B2SHARE show of a frozen legacy record? What it was, but no file, and not as open.

Nobody can read the files, so that "open access", or an embargo that ends, would promise what does not hold; the stored
record keeps what it says.
"""

from flask import current_app
from invenio_indexer.signals import before_record_index

from ...legacy import store
from . import coercion, communities

FILE_MEMBERS = ("_files", "external_pids")


def connect():
    """Have the search index hold no file of a frozen record, once a process."""
    before_record_index.connect(_before_index, weak=False)


def item(data):
    """The JSON of a frozen record (dict with id, metadata, links) as it is shown. Pure."""
    metadata = {name: value for name, value in data["metadata"].items() if name not in FILE_MEMBERS}
    coercion.close(metadata)
    links = {name: value for name, value in data.get("links", {}).items() if name != "files"}
    return dict({name: value for name, value in data.items() if name != "files"}, metadata=metadata, links=links)


def _before_index(sender, json=None, record=None, **kwargs):
    extension = current_app.extensions.get("secureb2share")
    if extension is None or not extension.is_on or "_deposit" not in record:
        return
    source = communities.source_of(extension.sources, record)
    if source is None or not store.is_frozen(communities.pid_of(record)):
        return
    if "_files" in json:
        json["_files"] = []
    # B2SHARE's own receiver may run before or after this one
    json.pop("external_pids", None)
    json.get("_deposit", {}).pop("external_pids", None)
