"""Answers that tell a person or a program why something cannot be done."""

from flask import jsonify, render_template, request


class Problem(Exception):
    """Another answer than the wanted one: `status`, `title`, `detail` (a sentence), `extra` (members)."""

    def __init__(self, status, title, detail, **extra):
        super().__init__(detail)
        self.status, self.title, self.detail, self.extra = status, title, detail, extra


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
    """The same for what Flask itself raises."""
    if error.code is None or error.code < 400:
        return error
    return answer(Problem(error.code, error.name, error.description or error.name))
