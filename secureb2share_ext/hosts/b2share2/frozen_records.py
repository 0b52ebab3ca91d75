"""A frozen legacy record as B2SHARE shows it: as it was, but without files, and not as open.

Nobody can read the files, so that "open access", or an embargo that ends, would promise what does not hold; the stored
record keeps what it says.
"""

from typing import Any, Dict

from flask import Flask
from invenio_indexer.signals import before_record_index
from invenio_records_rest.utils import obj_or_import_string

from ...legacy import store
from ...proxies import active, current
from .. import files_rest
from . import coercion, communities

FILE_MEMBERS = ("_files", "external_pids")
STATISTICS = "STATS_PERMISSION_FACTORY"  # invenio-stats' key


def connect(app: Flask) -> None:
    """Have the search index hold no file of a frozen record, once a process, and the statistics name none."""
    before_record_index.connect(_before_index, weak=False)
    inner = app.config.get(STATISTICS) or "invenio_stats.utils.default_permission_factory"
    app.config[STATISTICS] = Statistics(inner)


class Statistics:
    """The permission to ask for statistics: nobody has it for downloads from a sensitive community's bucket.

    Such statistics name files. `inner`, the site's own factory of permissions, is asked for all others.
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, query_name: str, params: Any) -> Any:
        if active() is not None and _is_sensitive((params or {}).get("bucket_id")):
            return files_rest.DenyAll()
        return obj_or_import_string(self.inner)(query_name, params)


def _is_sensitive(bucket):
    bucket = communities.normal(bucket)
    if bucket is None:
        return False
    return store.has_bucket(bucket) or _source_of_bucket(bucket) is not None


def _source_of_bucket(bucket):
    return communities.source_of(current().sources, {"community": communities.of_bucket(bucket)})


def item(data: Dict[str, Any]) -> Dict[str, Any]:
    """The JSON of a frozen record (dict with id, metadata, links) as it is shown. Pure."""
    metadata = {name: value for name, value in data["metadata"].items() if name not in FILE_MEMBERS}
    coercion.close(metadata)
    links = {name: value for name, value in data.get("links", {}).items() if name != "files"}
    return dict({name: value for name, value in data.items() if name != "files"}, metadata=metadata, links=links)


def _before_index(sender, json=None, record=None, **kwargs):
    if active() is None or "_deposit" not in record or not store.is_frozen(communities.pid_of(record)):
        return
    if "_files" in json:
        json["_files"] = []
    # B2SHARE's own receiver may run before or after this one
    json.pop("external_pids", None)
    json.get("_deposit", {}).pop("external_pids", None)
