"""What does a person see of the catalogue? A list with search, and the page of a record. Rendered here, without npm."""

import json

from flask import Blueprint, abort, render_template, request
from markupsafe import Markup

from secureb2share_ext import config
from secureb2share_ext.access import decisions, decorate
from secureb2share_ext.access.rights import today_utc
from secureb2share_ext.compat import utcnow
from secureb2share_ext.datasets import publication, store

from . import search

PAGE = 20
NAMES = {
    "access_mode": "Way of access",
    "access_eligibility": "Who may ask",
    "controller_name": "Data controller",
    "controller_country": "Controller's country",
    "deidentification": "De-identification",
    "special_categories": "Special categories",
    "legal_basis_art6": "Legal basis (GDPR Art. 6)",
    "legal_basis_art9": "Legal basis (GDPR Art. 9)",
    "health_categories": "Health categories",
    "hdab_name": "Health data access body",
    "storage_service": "Kept in",
    "storage_organisation": "Kept by",
    "storage_country": "Kept in (country)",
}

blueprint = Blueprint(
    "catalogue", __name__, template_folder="templates", static_folder="static", static_url_path="/catalogue-static"
)


@blueprint.route("/")
def front():
    """The list, searched by ?q="""
    words = request.args.get("q", "")[:200]
    number = min(max(request.args.get("page", 1, type=int), 1), 10000)
    total, found = search.find(words, (number - 1) * PAGE, number * PAGE)
    rows = store.by_pids([pid for _, pid in found])
    hits = [_page_of(rows[pid]) for _, pid in found if pid in rows]
    more = total > number * PAGE
    return render_template(
        "catalogue/list.html", hits=[hit for hit in hits if hit], q=words, total=total, page=number, more=more
    )


@blueprint.route("/records/<pid>")
def record(pid):
    """One record: what it describes, and the way to request access."""
    row = store.by_pid(pid)
    if row is None:
        abort(404)
    shown = _page_of(row)
    if shown is None:
        return render_template("catalogue/gone.html", row=row), 410
    dataset = shown["dataset"]
    shown["json_ld"] = _script_safe(
        decorate.schema_org(dataset, shown["record_url"], shown["access_url"], today_utc(utcnow()))
    )
    shown["counts"] = decisions.counts(row)
    shown["facts"] = [(NAMES[name], dataset.sensitive[name]) for name in NAMES if dataset.sensitive.get(name)]
    return render_template("catalogue/record.html", **shown)


@blueprint.app_errorhandler(404)
def not_found(error):
    """Invenio's own error page wants bundles; this one does not."""
    return render_template("catalogue/not_found.html"), 404


def _page_of(row):
    host = config.current().host
    held = host.record(row)
    if held is None:
        return None
    dataset = publication.dataset_of(host, row, held)
    if not dataset.is_whole:
        return None
    access_url = host.access_url(row.pid)
    return {
        "dataset": dataset,
        "access": decorate.access_member(dataset, access_url, today_utc(utcnow())),
        "access_url": access_url,
        "record_url": host.record_url(row),
        "files": decorate.files_member(dataset, access_url),
    }


def _script_safe(value):
    # nothing in a description may end the script element
    return Markup(json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
