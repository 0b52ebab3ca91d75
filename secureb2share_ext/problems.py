"""The RFC 9457 answer for a Problem."""

from flask import Response, current_app, json

from .errors import NotStrong, Problem


def problem_response(problem: Problem) -> Response:
    """The answer (application/problem+json) for a Problem."""
    response = current_app.response_class(
        json.dumps(problem.body()), status=problem.status, content_type="application/problem+json"
    )
    response.headers["Cache-Control"] = "no-store"
    if "help" in problem.extra:
        response.headers["Link"] = '<%s>; rel="help"' % problem.extra["help"]
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = _challenge(problem)
    return response


def _challenge(problem):
    if not isinstance(problem, NotStrong):
        return "Signature"
    # RFC 9470, 3; the values are an operator's, of which a quote would end one
    levels = problem.extra.get("acr_values", "").replace("\\", "").replace('"', "")
    asked = ' acr_values="%s",' % levels if levels else ""
    return 'Bearer error="%s",%s max_age="%d"' % (problem.code, asked, problem.extra["max_age"])
