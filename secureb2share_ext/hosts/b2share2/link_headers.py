"""B2SHARE's linkset (Signposting) of a sensitive community's record, which names no file, also of a legacy one.

B2SHARE's own view gives the names of closed files to everybody where nobody holds superuser-access.
"""

import json
from typing import Any, Dict, Mapping

from b2share.modules.records.providers import RecordUUIDProvider
from flask import Response, request
from invenio_records.api import Record

from ...exports import citation, linkset
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
    if found.shown is None:
        changed = without_files(own)
    else:
        gone = found.shown.is_withdrawn
        forms = {} if gone else {form.mimetype: extension.host.cite_url(pid, form.name) for form in citation.FORMS}
        changed = ours(own, found.shown, forms)
    response.set_data(json.dumps(changed))


def ours(found: Dict[str, Any], shown: Published, forms: Mapping[str, str]) -> Dict[str, Any]:
    """Our linkset (dict) with the DOI and the serialisations that B2SHARE's own one names, and `forms` beside. Pure.

    forms: {media type: URL} of this package's; B2SHARE has BibTeX alone, and that for a record with a DOI only.
    """
    page = found["linkset"][0]
    exports = {target["type"]: target["href"] for target in page["describedby"]}
    exports.update((kind, url) for kind, url in forms.items() if kind not in exports)
    return linkset.document(shown, exports, next((target["href"] for target in page["cite-as"]), None))


def without_files(found: Dict[str, Any]) -> Dict[str, Any]:
    """B2SHARE's linkset (dict) without the entries of files. Pure."""
    pages = [entry for entry in found["linkset"] if "/api/files/" not in entry["anchor"]]
    return {"linkset": [dict(entry, item=[]) for entry in pages]}
