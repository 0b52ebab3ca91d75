"""B2SHARE's linkset (Signposting) of a sensitive community's record, which names no file, also of a legacy one.

B2SHARE's own view gives the names of closed files to everybody where nobody holds superuser-access.
"""

import json
from typing import Any, Dict

from b2share.modules.records.providers import RecordUUIDProvider
from flask import Response, request
from invenio_records.api import Record

from ...exports import linkset
from ...exports.published import Published
from ...proxies import Extension
from . import lookup

ENDPOINT = "b2share_linkset.linkset"


def rewrite(extension: Extension, response: Response) -> None:
    """Put our linkset, or B2SHARE's without files, into the answer of its view."""
    pid = (request.view_args or {})["record_id"]
    record = Record.get_record(RecordUUIDProvider.get(pid).pid.object_uuid)
    found = lookup.one(extension, pid, record)
    if found is None:
        return
    own = json.loads(response.get_data().decode("utf-8"))
    # B2SHARE itself has no DCAT
    turtle = {"href": extension.host.cite_url(pid, "dcat-ttl"), "type": "text/turtle"}
    if found.shown is not None and found.shown.dataset.state != "withdrawn":
        own["linkset"][0]["describedby"].append(turtle)
    changed = ours(own, found.shown) if found.shown is not None else without_files(own)
    response.set_data(json.dumps(changed))


def ours(found: Dict[str, Any], shown: Published) -> Dict[str, Any]:
    """Our linkset (dict) with the DOI and the serialisations that B2SHARE's own one names. Pure."""
    page = found["linkset"][0]
    exports = {target["type"]: target["href"] for target in page["describedby"]}
    return linkset.document(shown, exports, next((target["href"] for target in page["cite-as"]), None))


def without_files(found: Dict[str, Any]) -> Dict[str, Any]:
    """B2SHARE's linkset (dict) without the entries of files. Pure."""
    pages = [entry for entry in found["linkset"] if "/api/files/" not in entry["anchor"]]
    return {"linkset": [dict(entry, item=[]) for entry in pages]}
