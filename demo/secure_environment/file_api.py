"""The file interface: an approved person's programs read the files of one dataset, with a bearer token (RFC 6750).

The token is shown on the page of the request after the approval. It opens the files of that dataset alone, ends by
itself, and at once when the approval is taken back or the dataset is closed.
"""

import time

from flask import Blueprint, jsonify, request, send_file, url_for

from . import datasets
from .environment import here
from .problem import Problem

blueprint = Blueprint("file_api", __name__)


@blueprint.after_request
def challenge(response):
    """Say how to authenticate, as RFC 6750, 3 has it."""
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="files", error="invalid_token"'
    return response


def _approved():
    """The dataset that the token of the request opens now; raises Problem."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    row = None
    if scheme.lower() != "bearer":
        token = ""
    if token and here().sd_apply:
        dataset = datasets.find(here().store, here().sd_apply.dataset(token))
        if dataset:
            return _served(dataset)
    if token:
        row = here().store.one(
            "SELECT * FROM applications WHERE publication_token = ? AND state = 'approved'", (token,)
        )
    if row is None or (row["expires"] or 0) <= time.time():
        raise Problem(401, "Not approved", "Send the token of the page of your request as Authorization: Bearer.")
    return _served(datasets.find(here().store, row["dataset"]))


def _served(dataset):
    datasets.must_be_open(dataset)
    datasets.must_serve_files(dataset)
    return dataset


@blueprint.route("/api/files")
def listed():
    """The files that the token opens."""
    dataset = _approved()
    rows = here().store.all("SELECT * FROM files WHERE dataset = ? ORDER BY number", (dataset["identifier"],))
    files = [
        dict(
            {name: row[name] for name in ("label", "media_type", "size", "sha256")},
            url=url_for("file_api.file", identifier=dataset["identifier"], number=row["number"], _external=True),
        )
        for row in rows
    ]
    return jsonify(dataset=dataset["identifier"], title=dataset["title"], files=files)


@blueprint.route("/api/files/<path:identifier>/<int:number>")
def file(identifier, number):
    """One file of the dataset that the token opens; of another one, as if there were none."""
    dataset = _approved()
    row = here().store.one("SELECT * FROM files WHERE dataset = ? AND number = ?", (dataset["identifier"], number))
    if row is None or identifier != dataset["identifier"]:
        raise Problem(404, "There is no such file", "The list at /api/files names those that this token opens.")
    path = here().archive.path(dataset["identifier"], row["stored"])
    return send_file(path, "application/octet-stream", as_attachment=True, download_name=row["name"])
