"""The spellings that differ between the versions of the libraries that the hosts bring."""

import datetime
import importlib.util
from typing import Any, Dict

import werkzeug
from flask import Flask, current_app


def is_installed(module: str) -> bool:
    """Whether a top-level module can be imported (without importing it)."""
    return importlib.util.find_spec(module) is not None


def utcnow() -> datetime.datetime:
    """The current time as naive UTC. datetime.utcnow is deprecated from Python 3.12; needed until Python 3.6 goes."""
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)


def application() -> Flask:
    """The current application itself, and not Flask's proxy of it."""
    return current_app._get_current_object()  # type: ignore[attr-defined]  # the proxy is typed as what it stands for


def flush_before_reading_anew(session: Any) -> None:
    """Flush where a query with populate_existing would undo what is not flushed: before SQLAlchemy 1.4."""
    if not hasattr(session, "get_transaction"):
        session.flush()


def root_transaction(session: Any) -> Any:
    """The outermost transaction of a SQLAlchemy session, which 1.4 tells itself; needed until B2SHARE 2 goes."""
    if hasattr(session, "get_transaction"):
        return session.get_transaction() or session.begin()
    transaction = session.transaction
    while transaction.parent is not None:
        transaction = transaction.parent
    return transaction


# Werkzeug 1.0 merges slashes by default, and a rule says no; needed until B2SHARE 2 goes
_MERGES = not getattr(werkzeug, "__version__", "9").startswith("0.")
VERBATIM: Dict[str, Any] = {"merge_slashes": False} if _MERGES else {}


def forms_have_meta(form: Any) -> bool:
    """Whether Flask-WTF asks a form's Meta for CSRF, as from 0.14, and not an argument; until B2SHARE 2 goes."""
    return not hasattr(form, "generate_csrf_token")
