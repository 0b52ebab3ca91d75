"""The blueprint with the templates and static files of every page; it has no routes of its own."""

from flask import Blueprint

blueprint = Blueprint(
    "secureb2share_pages",
    __name__,
    url_prefix="/secureb2share",
    template_folder="templates",
    static_folder="static/secureb2share_ext",
    static_url_path="/static",
)
