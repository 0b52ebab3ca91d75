"""Access and described files in the JSON of a record of ours, wherever RDM serves it.

RDM's own key for the schema of records puts them there; every item, hit, page and export goes through it. What other
fields say of access is kept apart from ours: RDM's `record`, `files`, `embargo` and `status` stand beside right, label
and url.
"""

from typing import Any, Dict, List

from flask import Flask
from invenio_rdm_records.services.schemas import RDMRecordSchema
from marshmallow import post_dump, pre_load

from ....exports import record_json
from ....exports.published import Published
from ....proxies import active
from ... import published
from ..fields import names
from . import lookup

KEY = "RDM_RECORD_SCHEMA"
OF_RDM = ("record", "files", "embargo", "status")
# RDM's words for ours; an embargo of requests never promises openness later
STATUS = {"controlled": "restricted", "embargoed": "restricted", "metadata-only": "metadata-only"}
FILES = names.full(names.FILES)
SUPPRESSED = ":unal"  # DataCite: suppressed intentionally; the host's serializers do not do without a creator
# of a withdrawn record: what does not describe the dataset, and the host's pages and serializers need
KEPT = (
    "id", "created", "updated", "revision_id", "links", "is_published", "is_draft", "status", "deletion_status", "pids",
    "parent", "files", "media_files",
)  # fmt: skip


class WithAccess:
    """What is added to a schema of records."""

    context: Dict[str, Any]  # of marshmallow

    @pre_load
    def without_access(self, data: Dict[str, Any], **kwargs: Any) -> Dict[str, Any]:
        """Leave out what a client sends back of our members, which the catalogue alone writes."""
        access = data.get("access")
        if active() is not None and isinstance(access, dict):
            return dict(data, access={name: value for name, value in access.items() if name in OF_RDM})
        return data

    @pre_load
    def without_files(self, data: Dict[str, Any], **kwargs: Any) -> Dict[str, Any]:
        """A new draft has no files: RDM's own form says that it has."""
        record = self.context.get("record")
        is_new = record is None or not len(getattr(record, "files", None) or ())
        if active() is not None and is_new and isinstance(data.get("files"), dict):
            return dict(data, files={"enabled": False})
        return data

    @post_dump(pass_original=True)
    def with_access(self, data: Dict[str, Any], original: Any, many: bool, **kwargs: Any) -> Dict[str, Any]:
        """Access as the dataset has it, in a published record of ours."""
        if active() is None or getattr(original, "is_draft", True):
            return data
        found = lookup.found_in(data)
        shown = published.shown(found, original) if found is not None else None
        return decorated(data, shown) if shown is not None else data


def decorated(data: Dict[str, Any], shown: Published) -> Dict[str, Any]:
    """The JSON of a record (dict; a new one is returned) with access as the Published has it."""
    if shown.is_withdrawn:
        data = _tombstone(data, shown)
    status = STATUS[shown.right.value]
    access = dict(data.get("access") or {}, files="restricted", status=status, **record_json.access_member(shown))
    found = dict(data, access=access, media_files={"enabled": False})
    if shown.dataset.files:
        found["custom_fields"] = dict(data["custom_fields"], **{FILES: record_json.files_member(shown)})
    versions = record_json.versions_member(shown)
    if versions:
        found["versions"] = dict(data.get("versions") or {}, **versions)
    return found


def _tombstone(data, shown):
    kept = {name: data[name] for name in KEPT if name in data}
    versions = {name: data["versions"][name] for name in ("index", "is_latest") if name in data.get("versions", {})}
    said = data.get("metadata", {})
    metadata = {
        "title": shown.dataset.title,
        "creators": [{"person_or_org": {"type": "organizational", "name": SUPPRESSED}}],
    }
    metadata.update((name, said[name]) for name in ("resource_type",) if name in said)
    if shown.dataset.state_at:
        # the host's serializers do not do without a date
        metadata["publication_date"] = shown.dataset.state_at[:10]
    access = {name: value for name, value in (data.get("access") or {}).items() if name in OF_RDM}
    return dict(kept, metadata=metadata, custom_fields={}, versions=versions, access=access)


def install(app: Flask) -> None:
    """Assign the key; the host reads it when it serves."""
    given = app.config.get(KEY) or RDMRecordSchema
    app.config[KEY] = type("WithAccess" + given.__name__, (WithAccess, given), {})


def faults(app: Flask) -> List[str]:
    """[sentence] when the key is not ours any more."""
    if issubclass(app.config.get(KEY) or RDMRecordSchema, WithAccess):
        return []
    return ["%s was set anew after this package had set it." % KEY]
