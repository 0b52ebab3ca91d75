"""The body of an editor's request, read before records-rest looks at it.

Read as strictly as a signed message; members that the host alone writes are faults. A patch may not copy, for a few
operations double a record each time.
"""

from typing import Any, Dict, List

from flask import request

from ... import characters
from ...descriptions import strict_json
from ...errors import Invalid
from . import mapping

MAX_OPERATIONS = 100
NOT_PLAIN = "must be a list of at most %d operations add, remove, replace, move or test on members" % MAX_OPERATIONS


def load_record() -> Dict[str, Any]:
    """The metadata of a POST or PUT, as dict; raises Invalid."""
    metadata = characters.composed(strict_json.parse(request.get_data(cache=False)))
    if not isinstance(metadata, dict):
        raise Invalid([("(body)", "must be an object")])
    written_by_host = mapping.written_by_host(metadata)
    if written_by_host:
        raise Invalid([(name[:60], "is not a known field") for name in written_by_host[:20]])
    # what a GET gave may come back in a PUT; the minter writes it
    metadata.pop(mapping.PID_FIELD, None)
    return metadata


def load_patch() -> List[Dict[str, Any]]:
    """The operations of a JSON Patch (RFC 6902); raises Invalid."""
    if request.method != "PATCH":
        # the host would make a record of the list
        raise Invalid([("(body)", "is a JSON Patch, which PATCH alone takes")])
    operations = characters.composed(strict_json.parse(request.get_data(cache=False)))
    if not isinstance(operations, list) or len(operations) > MAX_OPERATIONS or not all(map(_is_plain, operations)):
        raise Invalid([("(body)", NOT_PLAIN)])
    return operations


def _is_plain(operation):
    if not isinstance(operation, dict) or operation.get("op") not in ("add", "remove", "replace", "move", "test"):
        return False
    paths = [operation.get("path"), operation.get("from", "/")]
    return all(isinstance(path, str) and path.startswith("/") and not path.startswith("/_") for path in paths)


LOADERS = {"application/json": load_record, "application/json-patch+json": load_patch}
