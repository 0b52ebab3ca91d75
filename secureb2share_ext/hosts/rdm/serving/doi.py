"""What DataCite is told of a record of ours when the host registers its DOI or tells of a change.

The providers are copied with a serializer of ours in the place of their own, which goes on to write all other records.
The DOI of all versions keeps the host's metadata, but for what they say of access.
"""

import copy
from typing import Any, Dict, List

from flask import Flask
from invenio_rdm_records import config as defaults
from invenio_rdm_records.services.pids.providers import DataCitePIDProvider

from ....exports import datacite
from . import lookup, own_sections

KEYS = ("RDM_PERSISTENT_IDENTIFIER_PROVIDERS", "RDM_PARENT_PERSISTENT_IDENTIFIER_PROVIDERS")
FOREIGN = "%s: the provider %s registers DOIs in words of its own; check what they say of access."
PLACES = ("sizes", "formats")  # of files


class DOISerializer:
    """What a DataCite provider asks of its serializer; `own`: the one that it had."""

    def __init__(self, own: Any) -> None:
        self.own = own

    def dump_obj(self, record: Any) -> Dict[str, Any]:
        """DataCite JSON (dict) of a record, or of a parent with its newest record."""
        newest = getattr(record, "_child", record)
        shown = lookup.shown_of_pid(newest.pid.pid_value)
        if shown is None:
            return self.own.dump_obj(record)
        if newest is record or shown.is_withdrawn:
            ours = own_sections.document(shown, getattr(record, "metadata", None), lambda: self.own.dump_obj(record))
            return dict(ours, doi=record.pids["doi"]["identifier"])
        said, rights = self.own.dump_obj(record), datacite.document(shown)["rightsList"]
        return dict({name: value for name, value in said.items() if name not in PLACES}, rightsList=rights)


def wrap(app: Flask) -> None:
    """Put copies of the DataCite providers into copies of the lists."""
    for key in KEYS:
        app.config[key] = [_told(provider) for provider in app.config.get(key, getattr(defaults, key))]


def faults(app: Flask) -> List[str]:
    """[sentence] for each provider that tells a registration agency of a record in words of its own."""
    found = []
    for key in KEYS:
        for provider in app.config.get(key) or []:
            if _tells(provider) and provider.is_enabled(app) and not _is_ours(provider):
                found.append(FOREIGN % (key, provider.name))
    return found


def _told(provider):
    if not isinstance(provider, DataCitePIDProvider) or not hasattr(provider, "serializer") or _is_ours(provider):
        return provider
    provider = copy.copy(provider)
    provider.serializer = DOISerializer(provider.serializer)
    return provider


def _tells(provider):
    return hasattr(provider, "serializer") or isinstance(provider, DataCitePIDProvider)


def _is_ours(provider):
    return isinstance(getattr(provider, "serializer", None), DOISerializer)
