"""The view that takes the events of REMS: PUT /datasets/rems/<entry>, with a secret in a header.

REMS signs nothing. It sends an event again until it gets 200, for one day, and then drops it for ever. So 200 comes
after the commit, and for whatever would not be otherwise tomorrow: an event of another type, an application of datasets
that are not ours. A body that cannot be read gets 400, so that it shows in REMS's log.
"""

import hmac
import secrets

from flask import Response, current_app, jsonify, request

from ..errors import Invalid, NotSigned, Waits
from ..problems import problem_response
from ..proxies import current
from ..routes import put_off
from . import rems_applications, rems_event

HEADER = "X-SecureB2SHARE-Secret"
NAME = "rems"  # by which wrong secrets are counted, for all entries together: none shows that it is there
REFUSED = "The header %s has to hold the secret of this entry." % HEADER
_NOBODYS = secrets.token_urlsafe(32)  # compared where there is no entry, which takes as long


def take_event(entry: str) -> Response:
    """Answer 200 once an event of this entry of SECUREB2SHARE_ACCESS is noted, or says nothing."""
    extension = current()
    seconds = extension.attempts.wait(request.environ, NAME)
    if seconds:
        return put_off(Waits(seconds))
    if not _is_secret(getattr(extension.providers.get(entry), "events", ())):
        seconds = extension.attempts.failed(request.environ, NAME)
        refused = extension.host.explained(NotSigned(REFUSED, code="secret"))
        return put_off(Waits(seconds)) if seconds else problem_response(refused)
    extension.attempts.passed(request.environ, NAME)
    event = rems_event.read(request.get_data(cache=False))
    if event is None:
        return jsonify({"result": "ignored"})
    if isinstance(event, rems_event.Unreadable):
        current_app.logger.warning("secureb2share.rems-event-unreadable entry=%s member=%s", entry, event.member)
        raise Invalid([(event.member, event.fault)])
    return jsonify({"result": rems_applications.carry_out(extension, entry, event)})


def _is_secret(known):
    given = request.headers.get(HEADER, "").encode("utf-8")
    # all are compared, so that the time tells nothing
    return any([hmac.compare_digest(given, one.encode("utf-8")) for one in known or (_NOBODYS,)])
