"""The files that lie elsewhere and that a description of B2SHARE links into a record. Pure."""

from ...descriptions import strict_json

EXTERNAL = "external_pids"  # the member that links them


def are_linked(body: bytes) -> bool:
    """Whether a new draft (an object), or a JSON patch (a list, RFC 6902), links files; raises Invalid for other JSON.

    B2SHARE guesses encodings and replaces what it cannot decode, so that what is not strict JSON must not reach it.
    """
    return bool(body.strip()) and _links(strict_json.parse(body))


def _links(body) -> bool:
    if isinstance(body, dict):
        return bool(body.get(EXTERNAL))
    if not isinstance(body, list):
        return False
    return any(_operation_links(operation) for operation in body if isinstance(operation, dict))


def _operation_links(operation):
    if operation.get("op") in ("remove", "test"):
        return False
    path, value = operation.get("path"), operation.get("value")
    if path == "":
        # the whole document is replaced, perhaps by what another operation put together
        return not isinstance(value, dict) or bool(value.get(EXTERNAL))
    return isinstance(path, str) and path.split("/")[1:2] == [EXTERNAL] and value != []
