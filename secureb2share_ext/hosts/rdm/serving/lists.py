"""A class of lists of records that looks up a whole page at once.

The host shows hit by hit; what schema.py asks of each is known then.
"""

from typing import Any, Dict, Iterator

from flask import Flask
from invenio_records_resources.services.records.results import RecordList

from ....proxies import active
from . import lookup

SERVICES = ("records_service", "community_records_service")


class PageLookup(RecordList):
    """A list of records whose rows are looked up together."""

    @property
    def hits(self) -> Iterator[Dict[str, Any]]:
        """The hits (dicts), one after the other, as the host's class yields them."""
        # a scan of everything is a generator, and has no pages
        if active() is not None and hasattr(self._results, "hits"):
            lookup.found_of([hit.to_dict() for hit in self._results])
        return super().hits


def install(app: Flask) -> None:
    """Put PageLookup before the host's class of lists in this application's services; idempotent."""
    for name in SERVICES:
        settings = getattr(app.extensions["invenio-rdm-records"], name).config
        own = settings.result_list_cls
        if not issubclass(own, PageLookup):
            settings.result_list_cls = type("PageLookup" + own.__name__, (PageLookup, own), {})
