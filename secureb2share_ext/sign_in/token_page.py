"""The host's page of a personal token, which shows the value of a new one once: not to a session of another strength.

The host notes in the session that a value is to be shown, and not of which token: whoever has made a token could open
the page of another one, made with a second factor. Source: ``token_view`` of invenio_oauth2server/views/settings.py.
"""

import json
import re

from flask import Flask, request, session
from invenio_db import db

from . import rules, strength
from .models import TokenRow

VIEW = "invenio_oauth2server_settings.token_view"
SHOWN = "show_personal_access_token"  # in the session
NUMBER = re.compile(r"[0-9]{1,9}\Z")


def install(app: Flask) -> None:
    """Look at each request for that page."""
    app.before_request(hide)


def hide() -> None:
    """Have the value stay hidden where the token was made in a session of another strength."""
    if request.endpoint == VIEW and session.get(SHOWN) and not _is_own((request.view_args or {}).get("token_id", "")):
        del session[SHOWN]


def _is_own(token_id):
    # a database may read more spellings of a number than this
    if not NUMBER.match(token_id):
        return False
    row = db.session.query(TokenRow.strength).filter(TokenRow.token_id == int(token_id)).first()
    # one without a row counts nowhere
    return row is None or rules.from_session(json.loads(row[0])) == strength.held()
