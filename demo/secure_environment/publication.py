"""The page where an approved person downloads the data, if a way of access of the dataset is a download.

The link is a secret that ends by itself, and at once when the dataset is withdrawn or suspended. It serves the person
alone who asked: a browser that made the request, or that opened its page, which stands in for a sign-in with an
electronic identity.
"""

import time

from flask import Blueprint, jsonify, redirect, render_template, send_file, url_for

from secureb2share_ext.pages.language import gettext

from . import asking, datasets, history
from .environment import here
from .problem import Problem, wants_json

blueprint = Blueprint("publication", __name__)


def _approved(token):
    """The application and the dataset of a link that is valid now; raises Problem."""
    if not asking.is_signed_in():
        raise Problem(
            403,
            gettext("Please sign in first"),
            gettext(
                "The portal knows a person by the page of a request: open yours in this browser, and follow its link."
            ),
            [(gettext("My requests"), url_for("asking.mine"))],
        )
    row = here().store.one("SELECT * FROM applications WHERE publication_token = ? AND state = 'approved'", (token,))
    # to another person the link is what it is to everybody who guesses
    if row is None or not asking.is_of_session(row):
        raise Problem(
            404,
            gettext("There is nothing to collect at this address"),
            gettext(
                "The link was never made, or the owner has closed it. The page of your request says which of the two."
            ),
            [(gettext("My requests"), url_for("asking.mine"))],
        )
    dataset = datasets.find(here().store, row["dataset"])
    datasets.must_be_open(dataset)
    datasets.must_allow_download(dataset)
    if row["expires"] <= time.time():
        raise Problem(
            410,
            gettext("The link has ended"),
            gettext("The time for collecting these files is over. Please ask the contact of the dataset."),
        )
    return row, dataset


@blueprint.route("/publication")
def start():
    """The start of the portal: what is published to whoever is signed in."""
    return redirect(url_for("asking.mine"), 303)


@blueprint.route("/publication/<token>")
def page(token):
    """The files of the dataset."""
    application, dataset = _approved(token)
    files = here().store.all("SELECT * FROM files WHERE dataset = ? ORDER BY number", (dataset["identifier"],))
    if wants_json():
        described = [
            {
                "label": f["label"],
                "media_type": f["media_type"],
                "size": f["size"],
                "sha256": f["sha256"],
                "url": url_for("publication.download", token=token, number=f["number"], _external=True),
            }
            for f in files
        ]
        return jsonify(dataset=dataset["identifier"], title=dataset["title"], files=described)
    return render_template(
        "publication.html",
        application=application,
        dataset=dataset,
        files=files,
        token=token,
        ends=history.day_of(application["expires"] - 1),
        left=history.days_left(application["expires"], time.time()),
    )


@blueprint.route("/publication/<token>/<int:number>")
def download(token, number):
    """One file, under its original name."""
    _, dataset = _approved(token)
    file = here().store.one("SELECT * FROM files WHERE dataset = ? AND number = ?", (dataset["identifier"], number))
    if file is None:
        raise Problem(
            404, gettext("There is no such file"), gettext("The page of the files lists those that there are.")
        )
    path = here().archive.path(dataset["identifier"], file["stored"])
    # never a type that a browser would open on this origin
    return send_file(path, "application/octet-stream", as_attachment=True, download_name=file["name"])
