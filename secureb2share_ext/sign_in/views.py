"""The way back from a step-up: a page is opened again, and a form waits for a button."""

from typing import Any

from flask import Blueprint, abort, redirect

from ..pages import private
from ..pages.render import render
from ..proxies import current
from . import buttons, gate, kept, strength

blueprint = Blueprint(
    "secureb2share_sign_in", __name__, url_prefix="/secureb2share/sign-in", template_folder="templates"
)


@blueprint.before_request
def must_be_there() -> None:
    """Answer 404 where no sign-in is configured, as where there is no such route."""
    if current().sign_in is None:
        abort(404)


@blueprint.after_request
def keep_private(response: Any) -> Any:
    """Let no copy of these pages be kept."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("/back/<key>")
def back(key: str) -> Any:
    """Lead a browser to the page that it asked for, or show the form that it sent, which is not sent by itself."""
    step = kept.find("step", key)
    if step is None or step["account"] not in ("", strength.account()):
        return render("secureb2share_ext/sign_in/gone.html"), 404
    typed = private.typed(step["form"])
    if gate.lack(step["action"]) is not None:
        # another redirect would go round for ever, and what was typed is nowhere else
        return render("secureb2share_ext/sign_in/weak.html", has=strength.held(), typed=typed), 403
    if step["method"] in gate.READING:
        kept.take("step", key)
        return redirect(step["to"], 303)
    button = buttons.of(step["route"], ((name, text) for name, text in step["form"]))
    return render("secureb2share_ext/sign_in/back.html", step=step, form=private.Order(), typed=typed, button=button)
