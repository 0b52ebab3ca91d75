"""The inside: what stands in for the desktop of the environment, where an approved person works with the data.

The files are seen and counted here, and no address of these pages gives one out.
"""

from flask import Blueprint, jsonify, render_template, url_for

from . import asking, datasets, sd_apply
from .environment import here
from .problem import wants_json

blueprint = Blueprint("inside", __name__)


@blueprint.route("/inside")
def page():
    """The datasets on which whoever is signed in may work, with the lines of each file, counted inside."""
    decided = sd_apply.approved()
    found = [dataset for _, dataset in [*asking.approved(), *decided] if datasets.opens_inside(dataset)]
    opened = [(dataset, _counted(dataset)) for dataset in found]
    served = [
        (dataset, here().sd_apply.token(number, dataset["identifier"]))
        for number, dataset in decided
        if datasets.serves_files(dataset)
    ]
    files_url = url_for("file_api.listed", _external=True)
    if wants_json():
        said = {"datasets": [{"identifier": dataset["identifier"], "files": files} for dataset, files in opened]}
        given = [{"identifier": dataset["identifier"], "token": token} for dataset, token in served]
        return jsonify(**said, **({"files_url": files_url, "tokens": given} if here().sd_apply else {}))
    return render_template("inside.html", opened=opened, served=served, files_url=files_url)


def _counted(dataset):
    rows = here().store.all("SELECT * FROM files WHERE dataset = ? ORDER BY number", (dataset["identifier"],))
    return [
        {"label": row["label"], "media_type": row["media_type"], "size": row["size"], "lines": _lines(dataset, row)}
        for row in rows
    ]


def _lines(dataset, row):
    with open(here().archive.path(dataset["identifier"], row["stored"]), "rb") as file:
        return sum(1 for _ in file)
