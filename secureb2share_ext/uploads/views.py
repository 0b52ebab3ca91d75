"""The page to which every refusal of an upload links; it says what a depositor can do instead."""

from typing import Any

from flask import Blueprint

from ..pages.render import render
from ..proxies import current
from ..routes import must_be_on, prepare
from . import refusal

blueprint = Blueprint(
    "secureb2share_uploads",
    __name__,
    url_prefix="/secureb2share",
    template_folder="templates",
)
prepare(blueprint)
blueprint.before_request(must_be_on)


@blueprint.route("/uploads")
def closed() -> Any:
    """The page that says why uploads are closed and what to do."""
    return render("secureb2share_ext/uploads.html")


@blueprint.route("/uploads/closed")
def refused() -> Any:
    """The answer that an upload would get, for an editor's page that asks for the files of a draft first."""
    raise refusal.refuse("upload-refused", current().help_url)
