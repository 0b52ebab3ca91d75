"""The copy of a record of ours that the host's own serializers get, and that is served as its JSON.

Nothing in it leads to content, and nothing promises any: it has no files, no licence and no end of an embargo. What it
says of access itself comes with the record (schema.py). Pure.
"""

from typing import Any, Dict

from ....exports import record_json

CONTENT_LINKS = record_json.CONTENT_LINKS + (
    "access_request",
    "archive",
    "archive_media",
    "media_files",
    "self_iiif_manifest",
    "self_iiif_sequence",
    "thumbnails",
)
PROMISES = ("copyright", "formats", "rights", "sizes")  # of metadata, about data that nobody gets here
NO_FILES = {"enabled": False}


def item(body: Dict[str, Any], access_url: str) -> Dict[str, Any]:
    """The JSON (new dict) of a record or search hit, with the way to request access in the place of that to content."""
    links = {name: url for name, url in body.get("links", {}).items() if name not in CONTENT_LINKS}
    return dict(body, links=dict(links, request_access=access_url))


def record(body: Dict[str, Any], access_url: str) -> Dict[str, Any]:
    """The JSON (new dict) of a record for a serializer that states access, files and licences."""
    return _closed(item(body, access_url))


def source(document: Dict[str, Any]) -> Dict[str, Any]:
    """The document (new dict) of a record in the search index, without what leads to content."""
    return _closed(document)


def _closed(body):
    closed = dict(body, files=dict(NO_FILES), media_files=dict(NO_FILES))
    closed["metadata"] = {name: said for name, said in body.get("metadata", {}).items() if name not in PROMISES}
    if "access" in body:
        # MARC and Dublin Core promise open data for the day on which an embargo of the host ends
        closed["access"] = dict(body["access"], embargo={"active": False, "reason": None})
    return closed
