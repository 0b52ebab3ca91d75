"""The two tokens of a form: one shows that a page of this program made it, the other that it was not sent before.

A session that other sites cannot use and the Origin header refuse a forged form already; the token is the third bar,
and does not depend on the browser.
"""

import hmac
import secrets

from flask import current_app, request, session
from itsdangerous import BadSignature, TimestampSigner

from secureb2share_ext.pages.language import gettext

from .problem import Problem, wants_json

LONGEST = 24 * 3600  # seconds for which a form may stay open


def begin():
    """Give a session that has just begun the value that its forms carry."""
    session["form"] = secrets.token_urlsafe(16)


def token():
    """The value of the hidden field csrf_token in a form of the current request's page."""
    return _signer().sign(session.get("form") or "reader").decode("ascii")


def once():
    """A value by which the same form, sent again, is recognised."""
    return secrets.token_urlsafe(16)


def is_ours():
    """Whether the form of the current request was made here, lately; a program needs none."""
    return is_by_a_program() or _value() is not None


def is_by_a_program():
    """Whether a program speaks, which signs in as a person does and whose Origin is checked."""
    return wants_json() or request.path.startswith("/api/") or request.path == "/ingest"


def is_of_session():
    """Whether the form of the current request was made for this session; a program needs none."""
    given = (_value() or "").encode("utf-8")
    return is_by_a_program() or hmac.compare_digest(given, session.get("form", "?").encode("utf-8"))


def must_be_of_session():
    """Raise Problem unless the form of the current request was made for this session."""
    if request.method == "POST" and not is_of_session():
        raise Problem(
            400,
            gettext("This form is too old"),
            gettext("Nothing was changed. Please open the page again, and send its form anew."),
        )


def _value():
    try:
        return _signer().unsign(request.form.get("csrf_token", ""), max_age=LONGEST).decode("ascii")
    except BadSignature:
        return None


def _signer():
    return TimestampSigner(current_app.secret_key, salt="form")
