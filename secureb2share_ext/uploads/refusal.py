"""What is a client told whose upload is refused?"""

from flask import current_app, json

from ..errors import UploadRefused

REASONS = {
    "upload-refused": "This catalogue holds metadata only: the data stay in the secure environment."
    " Register the dataset there, and its public record follows.",
    "form-data-refused": "This catalogue takes no multipart/form-data: files stay in the secure environment.",
    "body-too-long": "The body is longer than any description may be; files stay in the secure environment.",
    "body-unsized": "The body's length must be announced with Content-Length; files stay in the secure environment.",
}


def refuse(code, help_url):
    """The UploadRefused for a code in REASONS; help_url says what to do instead."""
    return UploadRefused(REASONS[code], code=code, help=help_url)


def problem_response(problem):
    """The RFC 9457 answer for a errors.Problem."""
    response = current_app.response_class(
        json.dumps(problem.body()), status=problem.status, content_type="application/problem+json"
    )
    response.headers["Cache-Control"] = "no-store"
    if "help" in problem.extra:
        response.headers["Link"] = '<%s>; rel="help"' % problem.extra["help"]
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Signature"
    return response
