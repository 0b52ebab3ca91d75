"""What can a depositor do instead of uploading? The page that every refusal links to, and the look of our pages."""

from flask import Blueprint, abort, render_template

from ..proxies import current
from . import refusal

blueprint = Blueprint(
    "secureb2share_uploads",
    __name__,
    url_prefix="/secureb2share",
    template_folder="templates",
    static_folder="static",
    static_url_path="/static",
)


@blueprint.route("/uploads")
def closed():
    """Why uploads are closed and what to do, in plain words."""
    if not current().is_on:
        abort(404)
    return render_template("secureb2share_ext/uploads.html")


@blueprint.route("/uploads/closed")
def refused():
    """What an upload would be answered, for an editor's page that asks for a draft's files first."""
    if not current().is_on:
        abort(404)
    raise refusal.refuse("upload-refused", current().help_url)
