"""The route /access/<pid>: the way of a reader to the access-request form.

The stable address that records carry. 302 to the access-request form, or a page in plain words that says why not.
Also by DOI or Handle, and by ?source=&id=.
"""

from flask import Blueprint, Response, make_response, redirect, request
from sqlalchemy.exc import DBAPIError

from ..caching import NO_STORE
from ..compat import VERBATIM
from ..dataset import identifier_fault
from ..datasets import store
from ..errors import Problem, UnknownDataset
from ..pages.render import render
from ..problems import problem_response
from ..proxies import current, explain_missing_tables
from ..routes import prepare
from .destination import UNKNOWN, destination

WITHOUT_TABLES = "This catalogue is not prepared, so it cannot lead to the form; its operator has to run `init`."

blueprint = Blueprint("secureb2share_access", __name__, url_prefix="/access", template_folder="templates")
prepare(blueprint)


@blueprint.record
def _private_at_last(state):
    # the first after_request of an application runs last: what sets such headers for all pages does not undo ours
    state.app.after_request_funcs.setdefault(None, []).insert(0, _private)


def _private(response):
    if request.blueprint == blueprint.name:
        # these links answer in every mode
        response.headers["Cache-Control"] = NO_STORE
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.errorhandler(Problem)
def _explain(problem):
    """Answer with the sentence of a problem, as HTML or as problem+json, whichever the client prefers."""
    offered = ["application/problem+json", "application/json", "text/html"]
    if request.accept_mimetypes.best_match(offered, default=offered[0]) != "text/html":
        return problem_response(problem)
    return make_response(render("secureb2share_ext/access.html", problem=problem), problem.status)


@blueprint.errorhandler(DBAPIError)
def _without_tables(error):
    problem = explain_missing_tables(error, WITHOUT_TABLES)
    # while the mode is not on, no tables mean that nothing was published
    return _explain(problem if current().is_on else UnknownDataset(UNKNOWN))


@blueprint.route("/")
def by_identifier() -> Response:
    """Lead to the form of the dataset with this identifier of its source: ?source=&id="""
    source, identifier = request.args.get("source", ""), request.args.get("id", "")
    row = store.find(source, identifier) if source in current().sources else None
    return _go(row.pid if row is not None else None)


@blueprint.route("/<path:pid>", **VERBATIM)
def by_pid(pid: str) -> Response:
    """Lead to the form of the dataset with this PID, DOI or Handle."""
    return _go(None if identifier_fault(pid) else current().host.pid_of(pid))


def _go(pid):
    languages = [language for language, quality in request.accept_languages if quality]
    response = redirect(destination(current(), pid, languages), code=302)
    response.vary.add("Accept-Language")
    return response
