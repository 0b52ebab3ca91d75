"""Answers that tell a person or a program why something cannot be done."""

from flask import jsonify, render_template, request

from secureb2share_ext.pages.language import gettext


class Problem(Exception):
    """Another answer than the wanted one: `status`, `title`, `detail` (a sentence), `extra` (members for programs).

    ways: [(text, address)] of where a person can go from here
    """

    def __init__(self, status, title, detail, ways=(), **extra):
        super().__init__(detail)
        self.status, self.title, self.detail, self.ways, self.extra = status, title, detail, ways, extra


def wants_json():
    """Whether the caller prefers JSON to a page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def answer(problem):
    """The page, or the RFC 9457 body for programs."""
    if wants_json() or request.path.startswith("/api/") or request.path == "/ingest":
        body = {
            "type": "about:blank",
            "title": problem.title,
            "status": problem.status,
            "detail": problem.detail,
        }
        response = jsonify(dict(problem.extra, **body))
        response.content_type = "application/problem+json"
        return response, problem.status
    return render_template("problem.html", problem=problem), problem.status


def from_http(error):
    """The same for what Flask itself raises; the texts are ours, for its own may quote what went wrong."""
    if error.code is None or error.code < 400:
        return error
    title, detail = _in_words(error.code)
    return answer(Problem(error.code, title, detail))


def _in_words(status):
    if status == 404:
        return gettext("There is no such page"), gettext("The address may be mistyped, or the page was never here.")
    if status == 405:
        return gettext("There is no such page"), gettext("This address only takes a form that was filled in.")
    if status == 413:
        return (
            gettext("The files are too large"),
            gettext("Nothing was stored. Please send fewer files at a time, or allow the script of the page to run."),
        )
    if status >= 500:
        return (
            gettext("Something went wrong here"),
            gettext("It is not your fault. Please try again later; what was stored before is safe."),
        )
    return gettext("This cannot be done"), gettext("The request was not understood, and nothing was changed.")
