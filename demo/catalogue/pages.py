"""The page of a record. It is rendered without npm."""

import json

from flask import Blueprint, abort, make_response, render_template
from markupsafe import Markup

from secureb2share_ext.datasets import applications
from secureb2share_ext.descriptions import labels
from secureb2share_ext.descriptions.schema import SCHEMA
from secureb2share_ext.exports import linkset, record_json, schema_org
from secureb2share_ext.hosts import published
from secureb2share_ext.hosts.records_rest import exports

SHOWN_ABOVE = ("access_right", "access_conditions", "embargo_until")

blueprint = Blueprint("catalogue", __name__, template_folder="templates")


@blueprint.route("/records/<pid>")
def record(pid):
    """One record: what it describes, and the way to request access."""
    found = published.by_pid(pid)
    if found is None:
        abort(404)
    row = found.row
    shown = _page_of(found)
    if shown is None:
        return render_template("catalogue/gone.html", row=row), 410
    dataset = shown["dataset"]
    shown["json_ld"] = _script_safe(schema_org.document(shown["shown"]))
    shown["signposts"] = linkset.links(shown["shown"], exports.urls(row))
    shown["counts"] = applications.counts(row)
    shown["facts"] = _facts(dataset.sensitive)
    shown["in_words"] = labels.in_words
    response = make_response(render_template("catalogue/record.html", **shown))
    response.headers["Link"] = linkset.page_header(shown["shown"], exports.urls(row))
    return response


def _page_of(found):
    shown = published.shown(found)
    return (
        None
        if shown is None
        else {
            "shown": shown,
            "dataset": shown.dataset,
            "access": record_json.access_member(shown),
            "access_url": shown.access_url,
            "record_url": shown.record_url,
            "files": record_json.files_member(shown),
        }
    )


def _facts(sensitive):
    """[(title, [(text, its language or None)])] of every member that has a value, in the schema's order."""
    names = [name for name in SCHEMA["properties"]["sensitive"]["properties"] if name not in SHOWN_ABOVE]
    return [
        (labels.title("sensitive." + name), _spelled_out("sensitive." + name, sensitive[name]))
        for name in names
        if sensitive.get(name) not in (None, "", [])
    ]


def _spelled_out(field, value):
    entries = value if isinstance(value, list) else [value]
    languages = [entry.get("lang") if isinstance(entry, dict) else None for entry in entries]
    return list(zip(labels.in_words(field, value), languages))


def _script_safe(value):
    # nothing in a description may end the script element
    return Markup(json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
