"""The access page of a dataset, the same on every host: who may ask, on which conditions, and what there is.

It is found as the access link is: by the record's PID, DOI or Handle. Beside it stand the dataset's citations.
"""

from typing import Any, Optional, Tuple

from flask import Blueprint, Response, current_app, make_response, redirect, request, url_for

from ..compat import VERBATIM, is_installed, utcnow
from ..dataset import identifier_fault
from ..datasets import applications, view
from ..datasets.models import DatasetRow
from ..exports import citation, embargo
from ..exports.published import Published
from ..exports.rights import today_utc
from ..pages import language
from ..pages.dataset_page import DatasetPage
from ..pages.render import render
from ..proxies import active, current
from ..routes import must_be_on, prepare
from . import catalogue
from .destination import site

FORMS = {form.name: form for form in citation.FORMS if all(map(is_installed, form.needs))}
TEMPLATE = "secureb2share_ext/access_page.html"

# seconds for which the answers to readers without a cookie hold, as the public answer about the dataset does
AGES = {"show": 60, "cite": 60, "calendar": 60, "catalogue": 60}

blueprint = Blueprint("secureb2share_access_page", __name__, url_prefix="/secureb2share", template_folder="templates")
prepare(blueprint, AGES)
blueprint.before_request(must_be_on)
blueprint.add_url_rule("/catalogue.<any(ttl, jsonld):ending>", "catalogue", catalogue.show)


@blueprint.route("/access/<path:pid>", **VERBATIM)
def show(pid: str) -> Response:
    """Show the access page; ?text= chooses the language of the owner's texts."""
    row, shown = _published(pid)
    if row is None:
        return _told("unknown", 404)
    if shown is None and row.state == "withdrawn":
        return _told("withdrawn", 410, row=row)
    if shown is None:
        return _told("damaged", 503, row=row)
    counts = applications.counts(row)
    page = DatasetPage(
        shown,
        language.current(),
        language.preferred(),
        chosen=request.args.get("text", ""),
        counts=counts,
        site=site(current(), row.source),
        calendar=url_for(".calendar", pid=row.pid) if shown.requests_from else "",
    )
    is_gone = shown.dataset.state == "withdrawn"
    response = _told("gone" if is_gone else "shown", 410 if is_gone else 200, page=page)
    # the host's frame has its own head, so that the canonical address stands here
    links = ['<%s>; rel="canonical"' % shown.record_url]
    if not is_gone:
        address = current().host.cite_url(row.pid, "dcat-ttl")
        links.append('<%s>; rel="describedby"; type="text/turtle"' % address)
    response.headers["Link"] = ", ".join(links)
    return response


@blueprint.route("/cite/<path:pid>", **VERBATIM)
def cite(pid: str) -> Response:
    """Serve the citation in the form of ?format=, a key of FORMS; else as a line of text."""
    row, shown = _published(pid)
    if row is None:
        return _told("unknown", 404)
    # a citation would say more than the page of a withdrawn dataset does
    if row.state == "withdrawn":
        return _told("withdrawn", 410, row=row)
    if shown is None:
        return _told("damaged", 503, row=row)
    form = FORMS.get(request.args.get("format", ""))
    if form is None:
        return current_app.response_class(citation.text(shown) + "\n", content_type="text/plain; charset=utf-8")
    response = current_app.response_class(form.write(shown), content_type=form.mimetype + "; charset=utf-8")
    name = "%s.%s" % (citation.key(shown), form.ending)
    response.headers["Content-Disposition"] = 'attachment; filename="%s"' % name
    return response


@blueprint.route("/calendar/<path:pid>", **VERBATIM)
def calendar(pid: str) -> Response:
    """Serve the first day of requests as a calendar file; without an embargo the record's page tells."""
    row, shown = _published(pid)
    if row is None:
        return _told("unknown", 404)
    if shown is None and row.state != "withdrawn":
        return _told("damaged", 503, row=row)
    if shown is None or shown.dataset.state != "active" or not shown.requests_from:
        return make_response(redirect(current().host.record_url(row), 302))
    title = language.in_language(shown.dataset.core["titles"], language.preferred())[0]["text"]
    text = embargo.calendar(
        shown,
        language.gettext("Access can be requested: %(title)s", title=title),
        language.gettext("From that day on one can ask to work with the data. The data do not become open."),
    )
    response = current_app.response_class(text, content_type=embargo.MIMETYPE + "; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="%s.ics"' % citation.key(shown)
    response.vary.update(("Accept-Language", "Cookie"))
    return response


def _published(pid: str) -> Tuple[Optional[DatasetRow], Optional[Published]]:
    """The row of a published dataset, and what is shown of it; (None, None) for none, (row, None) without a record."""
    host = current().host
    if identifier_fault(pid) or active() is None:
        return None, None
    found: Any = view.look_up(host, pids=[pid])
    if not found:
        named = host.pid_of(pid)
        found = view.look_up(host, pids=[named]) if named else []
    if not found:
        return None, None
    row = found[0].row
    record = host.record(row)
    dataset = view.dataset_of(host, row, record) if record is not None else None
    if dataset is None or not dataset.is_whole:
        return row, None
    return row, view.shown(host, found[0], dataset, today_utc(utcnow()))._replace(doi=host.doi_of(record))


def _told(what, status, **values):
    response = make_response(render(TEMPLATE, what=what, **dict({"page": None, "row": None}, **values)), status)
    response.vary.update(("Accept-Language", "Cookie"))
    if status != 200:
        response.headers["X-Robots-Tag"] = "noindex"
    return response
