"""The pages of the catalogue: a list with search; record.py has the page of a record. They are rendered without npm."""

from flask import Blueprint, render_template, request

from secureb2share_ext.exports import record_json
from secureb2share_ext.hosts import published

from . import search

PAGE = 20
LAST_PAGE = 10000 // PAGE  # a search cluster goes no further

blueprint = Blueprint(
    "catalogue", __name__, template_folder="templates", static_folder="static", static_url_path="/catalogue-static"
)


@blueprint.route("/")
def front():
    """The list, searched by ?q="""
    words = request.args.get("q", "")[:200]
    number = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
    total, found = search.find(words, (number - 1) * PAGE, number * PAGE)
    ours = published.by_pids(found)
    hits = [_page_of(ours[pid]) for pid in found if pid in ours]
    more = total > number * PAGE
    return render_template(
        "catalogue/list.html", hits=[hit for hit in hits if hit], q=words, total=total, page=number, more=more
    )


@blueprint.route("/favicon.ico")
def icon():
    """For browsers that ask for it where a page names none, such as JSON."""
    return blueprint.send_static_file("icon.svg")


@blueprint.app_errorhandler(404)
def not_found(error):
    """Invenio's own error page wants bundles; this one does not."""
    return render_template("catalogue/not_found.html"), 404


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
