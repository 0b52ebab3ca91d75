"""The gate of requests: whether a request may go on to its view.

It is the first before_request of every application, because nothing may look at a body before it. It decides by the
endpoint, not by the path, so that mounts, double slashes and percent-encoding make no difference.
"""

from typing import Optional

from flask import Flask, current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from .. import drain, stops
from ..errors import Frozen, Invalid, Problem, WritesStopped
from ..problems import problem_response
from ..proxies import PREFIX, current
from . import observe, refusal

FORM = "application/x-www-form-urlencoded"
MAX_FORM = 20000  # bytes; no form of a host holds more than a few lines
DESCRIPTIONS = ("secureb2share_describe.save",)  # a form that holds a description is as long as one
MESSAGES = "secureb2share_datasets."  # begins the endpoints of what is signed
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


def decide(
    method: str,
    takes_content: bool,
    mimetype: str,
    length: Optional[int],
    is_chunked: bool,
    longest: int,
    longest_form: int = MAX_FORM,
) -> Optional[str]:
    """The code of the refusal of a request, or None. Pure.

    takes_content: whether the endpoint carries content; length: of the body, int or None; longest, longest_form: bytes.
    """
    if method in SAFE:
        return None
    if takes_content and method != "DELETE":
        return "upload-refused"
    if mimetype == "multipart/form-data":
        return "form-data-refused"
    if length is not None and length > (longest_form if mimetype == FORM else longest):
        return "body-too-long"
    if length is None and is_chunked:
        return "body-unsized"
    return None


def install(app: Flask) -> None:
    """Put the gate before every other before_request of the application. Idempotent."""
    functions = app.before_request_funcs.setdefault(None, [])
    if _gate in functions:
        functions.remove(_gate)
    functions.insert(0, _gate)


def is_first(app: Flask) -> bool:
    """Whether nothing runs before the gate."""
    return app.before_request_funcs.get(None, [])[:1] == [_gate]


def _gate():
    extension = current()
    if request.method in SAFE:
        return None
    endpoint = _endpoint()
    longest = current_app.config["SECUREB2SHARE_MAX_BODY"]
    code = decide(
        request.method,
        endpoint in extension.lock.content_endpoints,
        request.mimetype,
        request.content_length,
        "chunked" in request.headers.get("Transfer-Encoding", "").lower(),
        longest,
        longest if endpoint in DESCRIPTIONS else MAX_FORM,
    )
    # the body is short enough to be read now
    if code is None:
        code = _code_of_body(extension.host)
    if extension.mode == "observe":
        if code is not None:
            observe.note(code, extension.host.community_of_request())
        return None
    # the table of stops is asked where it is known to be there
    is_complete = code is None and not extension.lock.findings
    is_frozen = is_complete and _is_page_of_ours(endpoint) and stops.is_frozen()
    if is_complete and not is_frozen:
        return None
    if is_frozen:
        problem: Problem = Frozen()
    elif code is None:
        problem = WritesStopped()
        current_app.logger.error("secureb2share.write-stopped endpoint=%s", endpoint)
    else:
        problem = refusal.refuse(code, extension.help_url)
        current_app.logger.info("secureb2share.%s endpoint=%s method=%s", code, endpoint, request.method)
    return drain.answered(request, problem_response(problem))


def _code_of_body(host):
    try:
        return "upload-refused" if host.brings_content() else None
    except Invalid:
        return "body-unreadable"


def _is_page_of_ours(endpoint):
    # a message is refused behind its signature, and a record of the host when it is written
    return (endpoint or "").startswith(PREFIX) and not endpoint.startswith(MESSAGES)


def _endpoint():
    if request.url_rule is not None:
        return request.endpoint
    redirected = request.routing_exception
    if not isinstance(redirected, RequestRedirect):
        return None
    try:
        # where a router would send the client: the same view, refused at once
        path = "/" + "/".join(part for part in request.path.split("/") if part)
        adapter = current_app.create_url_adapter(request)
        return adapter.match(path, method=request.method)[0] if adapter is not None else None
    except HTTPException:
        return None
