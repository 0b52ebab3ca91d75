"""GET /access/<pid>: where does a reader go from here?

The stable address that records carry. 302 to the access-request form, or a page in plain words that says why not.
Also by DOI or Handle, and by ?source=&id=.
"""

from flask import Blueprint, make_response, redirect, render_template, request
from invenio_db import db
from sqlalchemy.exc import SQLAlchemyError

from ..compat import VERBATIM, utcnow
from ..dataset import identifier_fault
from ..datasets import showing, store
from ..errors import Gone, NoAccess, NoSigningKey, NotReady, Problem, UnknownDataset
from ..proxies import current, tables
from ..uploads.refusal import problem_response
from . import reference
from .rights import label_of, right_of, today_utc

UNKNOWN = "This catalogue has published no such dataset."
WITHOUT_KEY = "This catalogue has no signing key yet, so it cannot lead to the form; its operator has to make one."
WITHOUT_TABLES = "This catalogue is not prepared, so it cannot lead to the form; its operator has to run `init`."

blueprint = Blueprint("secureb2share_access", __name__, url_prefix="/access", template_folder="templates")


@blueprint.record
def _private_at_last(state):
    # the first after_request of an application runs last: what sets such headers for all pages does not undo ours
    state.app.after_request_funcs.setdefault(None, []).insert(0, _private)


def _private(response):
    if request.blueprint == blueprint.name:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.errorhandler(Problem)
def _explain(problem):
    """The same sentence as HTML or as problem+json, whichever the client prefers."""
    offered = ["application/problem+json", "application/json", "text/html"]
    if request.accept_mimetypes.best_match(offered, default=offered[0]) != "text/html":
        return problem_response(problem)
    return make_response(render_template("secureb2share_ext/access.html", problem=problem), problem.status)


@blueprint.errorhandler(SQLAlchemyError)
def _without_tables(error):
    # what failed leaves the transaction unusable
    db.session.rollback()
    if tables():
        raise error
    return _explain(NotReady(WITHOUT_TABLES))


@blueprint.route("/")
def by_identifier():
    """By the source's own identifier: ?source=&id="""
    source, identifier = request.args.get("source", ""), request.args.get("id", "")
    row = store.find(source, identifier) if source in current().sources else None
    return _go(row.pid if row is not None else None)


@blueprint.route("/<path:pid>", **VERBATIM)
def by_pid(pid):
    """By PID, DOI or Handle."""
    return _go(None if identifier_fault(pid) else current().host.pid_of(pid))


def _go(pid):
    languages = [language for language, quality in request.accept_languages if quality]
    response = redirect(destination(pid, languages), code=302)
    response.vary.add("Accept-Language")
    return response


def destination(pid, languages=()):
    """The address of the form for the dataset with a PID (or None); raises the Problem that says why there is none.

    languages: tags that the reader prefers, the best first.
    """
    extension = current()
    host = extension.host
    found = next(iter(showing.look_up(host, pids=[pid])), None) if pid else None
    if found is None:
        raise UnknownDataset(UNKNOWN)
    row = found.row
    record = host.record(row)
    dataset = showing.dataset_of(host, row, record) if record is not None else None
    is_whole = dataset is not None and dataset.is_whole
    members = dict(_members(host, found), **({"contact": dataset.core["contact"]} if is_whole else {}))
    if row.state == "withdrawn" or dataset is None:
        why = ("This dataset was withdrawn. %s" % (row.reason or "")).strip()
        raise Gone(why, **dict(members, state="withdrawn"))
    if not is_whole:
        raise NotReady("The record of this dataset is damaged; its source has to register it again.", code="damaged")
    if row.state == "suspended":
        raise NoAccess("Requests for this dataset are suspended. %s" % row.reason, code="suspended", **members)
    if row.state == "superseded":
        raise NoAccess(
            "This dataset was superseded by %s. %s" % (row.successor, row.reason), code="superseded", **members
        )
    right = right_of(dataset.sensitive, today_utc(utcnow()))
    if right.value != "controlled":
        raise NoAccess(
            label_of(right, dataset.sensitive) + ".",
            code=right.value,
            requests_from=dataset.sensitive.get("embargo_until"),
            **members,
        )
    if row.source not in extension.sources:
        raise NotReady("The source of this dataset is not configured here any more.", code="no-source")
    source = extension.sources[row.source]
    if not showing.is_open(source, found):
        raise NoAccess(
            "The secure environment has not confirmed this dataset yet; try again later.",
            code="not-yet-open",
            **members,
        )
    return _link(extension, row, dataset, extension.providers[source.access], languages)


def _link(extension, row, dataset, provider, languages):
    values = {
        "identifier": dataset.identifier,
        "pid": dataset.pid,
        "source": dataset.source,
        "revision": dataset.revision,
        "record_url": extension.host.record_url(row),
    }
    if provider.signs:
        try:
            values["reference"] = reference.mint(extension.keyring.current(), extension.host.base_url(), dataset)
        except NoSigningKey:
            raise NotReady(WITHOUT_KEY, code="no-signing-key")
    return provider.expand(values, languages)


def _members(host, found):
    """What a refusal tells of a dataset beside its sentence, as members of the problem."""
    row = found.row
    members = {"state": row.state, "record_url": host.record_url(row)}
    members.update((name, getattr(row, name)) for name in ("reason", "state_at") if getattr(row, name))
    if row.successor:
        members["successor"] = host.record_url(found.relatives[row.successor])
    return members
