"""What can a depositor do instead of uploading? The page that every refusal links to."""

from flask import Blueprint, abort, render_template

from .. import config

blueprint = Blueprint("secureb2share_uploads", __name__, url_prefix="/secureb2share", template_folder="templates")


@blueprint.before_request
def _only_when_on():
    if not config.current().is_on:
        abort(404)


@blueprint.route("/uploads")
def closed():
    """Why uploads are closed and what to do, in plain words."""
    return render_template("secureb2share_ext/uploads.html")
