"""The inside: what stands in for the desktop of the environment, where an approved person works with the data.

The files are seen and counted here, and no address of these pages gives one out.
"""

from flask import Blueprint, jsonify, render_template

from . import asking, datasets
from .environment import here
from .problem import wants_json

blueprint = Blueprint("inside", __name__)


@blueprint.route("/inside")
def page():
    """The datasets on which whoever is signed in may work, with the lines of each file, counted inside."""
    opened = [(dataset, _counted(dataset)) for row, dataset in asking.approved() if datasets.opens_inside(dataset)]
    if wants_json():
        return jsonify(datasets=[{"identifier": dataset["identifier"], "files": files} for dataset, files in opened])
    return render_template("inside.html", opened=opened)


def _counted(dataset):
    rows = here().store.all("SELECT * FROM files WHERE dataset = ? ORDER BY number", (dataset["identifier"],))
    return [
        {"label": row["label"], "media_type": row["media_type"], "size": row["size"], "lines": _lines(dataset, row)}
        for row in rows
    ]


def _lines(dataset, row):
    with open(here().archive.path(dataset["identifier"], row["stored"]), "rb") as file:
        return sum(1 for _ in file)
