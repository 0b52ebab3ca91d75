"""The notice with which the next page begins: it says what a form has done."""

from typing import Any, Dict, Optional

from flask import session

from ..errors import Problem
from . import language

KEY = "secureb2share-notice"
LONGEST = 300  # characters of a text, since a session may have to fit into a cookie


class Sentence(str):
    """A sentence on a page; `lang` is the language that it is in, "" for that of the page."""

    lang = ""


def of_problem(problem: Problem) -> Sentence:
    """What a Problem says, in the reader's language where it has a translation, else marked as English."""
    said = Sentence(language.gettext(problem.detail))
    said.lang = "en" if said == problem.detail and language.current() != "en" else ""
    return said


def leave(text: str, kind: str = "ok", address: str = "", link: str = "") -> None:
    """Keep a notice for the next page of this reader.

    text: in the reader's language, or a Sentence; kind: that of pieces.notice; link: the words of a link to `address`.
    """
    session[KEY] = {
        "text": str(text)[:LONGEST],
        "lang": getattr(text, "lang", ""),
        "kind": kind,
        "address": address,
        "link": link,
    }


def take() -> Optional[Dict[str, Any]]:
    """The notice that was left for this reader, once; None where there is none."""
    return session.pop(KEY, None)
