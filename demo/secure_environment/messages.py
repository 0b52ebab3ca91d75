"""The page of the messages to the catalogue: what waits, what was refused, and what was sent."""

import json

from flask import Blueprint, render_template, request, url_for

from secureb2share_ext.pages.language import gettext

from . import datasets, listing, login, look
from .environment import here

blueprint = Blueprint("messages", __name__)
blueprint.before_request(login.must_be_owner)

VIEWS = ("waiting", "refused", "sent")


@blueprint.route("/messages")
def page():
    """The messages in one state, the newest first."""
    store = here().store
    counted = {
        row["state"]: row["number"]
        for row in store.all("SELECT state, count(*) AS number FROM outgoing GROUP BY state")
    }
    view = request.args.get("show") if request.args.get("show") in VIEWS else "waiting"
    rows = store.all("SELECT * FROM outgoing WHERE state = ? ORDER BY id DESC", (view,))
    listed = listing.page(rows, request.args.get("page"))
    return render_template(
        "messages.html",
        listed=listed,
        messages=[dict(row, about=_about(json.loads(row["body"]))) for row in listed.entries],
        known={row["identifier"]: datasets.find(store, row["identifier"]) for row in listed.entries},
        counts={name: counted.get(name, 0) for name in VIEWS},
        view=view,
    )


def _about(body):
    return {"issued": body["issued"], "state": body.get("state"), "application": body.get("application")}


@blueprint.route("/outgoing/send", methods=["POST"])
def send_now():
    """Try at once what waits for the catalogue."""
    before = len(here().outgoing.waiting())
    here().outgoing.send()
    left = len(here().outgoing.waiting())
    if left:
        return look.done(url_for("messages.page"), gettext("The catalogue has not taken all messages yet."), "wait")
    said = gettext("The catalogue has answered to every message.") if before else gettext("No message was waiting.")
    return look.done(url_for("messages.page"), said)
