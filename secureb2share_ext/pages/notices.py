"""The notice with which the next page begins: it says what a form has done."""

from typing import Any, Dict, Optional

from flask import session

KEY = "secureb2share-notice"
LONGEST = 300  # characters of a text, since a session may have to fit into a cookie


def leave(text: str, kind: str = "ok", address: str = "", link: str = "") -> None:
    """Keep a notice for the next page of this reader.

    text: in the reader's language; kind: that of pieces.notice; link: the words of a link to `address`.
    """
    session[KEY] = {"text": text[:LONGEST], "kind": kind, "address": address, "link": link}


def take() -> Optional[Dict[str, Any]]:
    """The notice that was left for this reader, once; None where there is none."""
    return session.pop(KEY, None)
