"""The door for the catalogue's events.

Every event is delivered at least once. It is stored with its answer, so that a repetition gets the same answer
and has no further effect.
"""

import json
import secrets

import requests
from flask import Blueprint, Response, request

from secureb2share_ext import client

from . import datasets
from .environment import here
from .problem import Problem

blueprint = Blueprint("ingest", __name__)

REFUSED = "org.secureb2share.dataset.refused.v1"
REFUSAL = {"identifier": str, "digest": str, "reason": str}
MEMBERS = {
    "identifier": str,
    "pid": str,
    "state": str,
    "record_url": str,
    "access_url": str,
    "sequence": int,
    "dataset": dict,
}


@blueprint.route("/ingest", methods=["POST"])
def ingest():
    """Verify, store once, acknowledge."""
    request.max_content_length = 1 << 20
    body = request.get_data()
    event = _verified(body)
    refusal = event.get("type") == REFUSED
    data = _data(event, REFUSAL if refusal else MEMBERS)
    answer = json.dumps(client.receipt(event, body, "receipt-" + secrets.token_hex(8)))
    with here().store.write() as db:
        before = db.execute("SELECT * FROM events WHERE id = ?", (event["id"],)).fetchone()
        if before is None:
            db.execute(
                "INSERT INTO events (id, digest, receipt) VALUES (?, ?, ?)",
                (event["id"], client.digest(body), answer),
            )
            (datasets.refuse if refusal else datasets.announce)(db, data)
        elif before["digest"] != client.digest(body):
            raise Problem(422, "The id was used before", "An event with this id and another body has arrived before.")
        else:
            answer = before["receipt"]
    return Response(answer, mimetype="application/json")


def _verified(body):
    try:
        named = {"issuer": here().catalogue_url, "target": here().target}
        return here().keys.verify(lambda jwks: client.verify_event(request.headers, body, jwks, **named))
    except client.NotVerified as error:
        raise Problem(401, "Not verified", str(error))
    except (requests.RequestException, client.Refused):
        raise Problem(503, "Please try again", "The catalogue's keys cannot be fetched.")
    except (ValueError, AttributeError):
        raise Problem(400, "Not an event", "The body is not a JSON object.")


def _data(event, members):
    """The event's data, as far as it is used: `members` with their types."""
    data, source = event.get("data"), here().site.source
    if not isinstance(data, dict) or data.get("source") != source:
        raise Problem(400, "Not an event for this environment", "data.source must be %s." % source)
    used = {name: data.get(name) for name in members}
    wrong = [
        n
        for n, kind in members.items()
        if not isinstance(used[n], kind) and (used[n] is not None or not n.endswith("_url"))
    ]
    if wrong:
        raise Problem(400, "The event has faults", "Missing or of another type: data.%s." % ", data.".join(wrong))
    return used
