"""The entries of B2SHARE's search index, which follows in B2SHARE's own transactions."""

import uuid
from typing import Any, Dict, List, Optional, Set

from invenio_records.models import RecordMetadata
from invenio_search import current_search_client

from ...messages.sources import Source
from .. import ghosts
from . import communities

INDEX = "records"  # that of published records; drafts have another


class Entries(ghosts.Entries):
    """The entries of the records in the sources' communities."""

    def __init__(self, sources: Dict[str, Source]) -> None:
        self.sources = sources
        super().__init__(current_search_client, INDEX)

    def conditions(self) -> Optional[List[Dict[str, Any]]]:
        ids = [found for found in map(communities.id_of_source, self.sources.values()) if found is not None]
        return [{"terms": {"community": ids}}] if ids else None

    def living(self, uuids: List[uuid.UUID]) -> Set[uuid.UUID]:
        return ghosts.with_record(RecordMetadata, uuids)
