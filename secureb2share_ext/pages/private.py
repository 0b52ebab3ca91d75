"""Pages for those who hold a right: others log in first, or read why they see nothing; no copy of a page is kept."""

import re
from typing import Any, Callable, Iterable, List, Tuple
from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from flask_wtf.csrf import validate_csrf
from invenio_db import db
from sqlalchemy.orm.exc import StaleDataError
from wtforms.validators import ValidationError

from .. import compat
from ..errors import CHANGED_MEANWHILE, NotAccepted, Problem
from ..proxies import current
from . import words
from .language import current as current_language
from .language import gettext
from .render import render
from .words import N_

PRIVATE = "secureb2share_ext/private.html"
TOKEN_FIELD = "csrf_token"  # of an Order
NO_LIMIT = 10**9  # seconds
TYPED = {"reason": N_("Reason"), "identifier": N_("Identifier")}  # beside the fields of a description


class Order(FlaskForm):
    """A form without fields of its own; Flask-WTF's token keeps other sites from sending it.

    It asks for the token whatever the site's WTF_CSRF_ENABLED says.
    """

    if compat.forms_have_meta(FlaskForm):

        class Meta(FlaskForm.Meta):
            """The part of Flask-WTF that asks for the token."""

            csrf = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not compat.forms_have_meta(FlaskForm):
            kwargs["csrf_enabled"] = True
        super().__init__(*args, **kwargs)


def is_own_form() -> bool:
    """Whether a page of this catalogue has sent the form of the current request: by its token, of any age, or Origin.

    A token is that of the session in which its page was made, which may have ended since.
    """
    if _is_token_of_session(request.form.get(TOKEN_FIELD)):
        return True
    said = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        origin = urlsplit(said)[:2]
    except ValueError:
        return False
    return origin == urlsplit(current().host.base_url())[:2]


def _is_token_of_session(token):
    try:
        # until 0.14 Flask-WTF gives an answer, and takes 0 for no limit
        return validate_csrf(token, time_limit=NO_LIMIT if compat.forms_have_meta(FlaskForm) else 0) is not False
    except ValidationError:
        return False


def once(name: str, find: Callable[[], List[str]]) -> List[str]:
    """What `find` gives, asked for once in a request: a page needs it several times, and a host asks its database.

    name: under which it is kept.
    """
    key = "secureb2share." + name
    if key not in request.environ:
        request.environ[key] = find()
    return request.environ[key]


def account() -> str:
    """The host's id of the account of the request, which says no name."""
    return str(current_user.id)


def keep(blueprint: Blueprint, may: Callable[[], bool], needs: str, home: str, action: str) -> None:
    """Let a blueprint answer only while the mode is on, and only to whoever `may` is true for.

    needs: a sentence of this package that says which right a reader lacks; home: the endpoint of its first page, to
    which a page leads that tells a Problem; action: of sign_in.rules.ACTIONS, for which a second factor may be needed.
    """

    def look():
        if not current().is_on:
            abort(404)
        # a program's token is for the REST interface, and on a host whose tokens have no scopes would open everything
        if not current_user.is_authenticated or getattr(request, "oauth", None) is not None:
            refuse = current().refuse_token
            refused = refuse(action) if refuse is not None else None
            return _ask_to_log_in(home) if refused is None else refused
        if not may():
            return render(PRIVATE, needs=needs), 403
        ask: Any = current().ask_for_strength
        return ask(action, _readable(home)) if ask is not None else None

    def tell(problem):
        db.session.rollback()
        detail = gettext(problem.detail)
        is_english = detail == problem.detail
        page = render("secureb2share_ext/problem.html", detail=detail, is_english=is_english, address=url_for(home))
        return page, problem.status

    blueprint.before_request(look)
    blueprint.after_request(_keep_private)
    # whoever reads pages is told on a page, and not as a program is
    blueprint.register_error_handler(Problem, tell)
    blueprint.register_error_handler(StaleDataError, lambda error: tell(NotAccepted(CHANGED_MEANWHILE)))


def _ask_to_log_in(home):
    application: Any = current_app  # the types of Flask know nothing of Flask-Login
    manager = application.login_manager
    is_here = manager.login_view in current_app.view_functions  # else the log-in is in another application
    if request.method != "POST":
        return manager.unauthorized() if is_here else (render(PRIVATE, needs=None, typed=[]), 401)
    # a session has ended, and what was typed into the form is nowhere else
    address = url_for(manager.login_view, next=_readable(home)) if is_here else None
    return render(PRIVATE, needs=None, typed=typed(request.form.items(multi=True)), address=address), 401


def _readable(home):
    """The address of the current request if it can be read, else that of the first page."""
    adapter: Any = current_app.create_url_adapter(request)
    return request.script_root + request.path if adapter.test(request.path, "GET") else url_for(home)


def typed(form: Iterable[Tuple[str, str]]) -> List[Tuple[str, str]]:
    """[(title of a field, text)] of what a person has typed or chosen; form: [(name, text)] as it was sent."""
    found = []
    for name, text in form:
        field = re.sub(r"\.\d+", "", name)
        title = gettext(TYPED[field]) if field in TYPED else words.title(field, current_language())
        # what has no title is hidden in the form
        if title != field and text.strip():
            found.append((title, text))
    return found


def _keep_private(response):
    response.headers["Cache-Control"] = "no-store"
    return response
