"""The pages of SD Apply, and REMS's own addresses beside them."""

import json
import secrets

from flask import Blueprint, Flask, Response, abort, current_app, flash, redirect, render_template, request, session

from demo.secure_environment import look, tokens
from demo.secure_environment.problem import Problem
from secureb2share_ext.pages import render
from secureb2share_ext.pages.views import blueprint as pieces
from secureb2share_ext.testing.rems import APPLICANT
from secureb2share_ext.testing.rems_routes import Request

from . import service

# state -> what a handler may do, as (command, words of the button)
DECISIONS = {
    "submitted": (("approve", "Approve"), ("return", "Return to the applicant"), ("reject", "Reject")),
    "approved": (("revoke", "Revoke"), ("close", "Close")),
    "returned": (("close", "Close"),),
}
STATES = {
    "draft": "a draft, which nobody else sees",
    "submitted": "waits for a decision",
    "returned": "was returned to the applicant",
    "approved": "was approved",
    "rejected": "was rejected",
    "closed": "was closed",
    "revoked": "was approved, and then revoked",
}

blueprint = Blueprint("sd_apply", __name__)


def create_app(rems, catalogue_url):
    """The application of a FakeRems, which sends no answers of its own accord."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY=secrets.token_bytes(32), SESSION_COOKIE_NAME="sd_apply", SESSION_COOKIE_SAMESITE="Lax")
    app.config.update(THEME_SITENAME="SD Apply", SITE_UI_URL="/", MAX_CONTENT_LENGTH=1 << 20)
    app.config.update(I18N_SET_LANGUAGE_URL="/lang", I18N_LANGUAGES=[])
    app.extensions["rems"] = rems
    app.jinja_env.globals.update(
        catalogue_url=catalogue_url, csrf_token=tokens.token, people=service.PEOPLE, states=STATES
    )
    app.context_processor(render.context)
    app.register_blueprint(pieces)
    app.register_blueprint(blueprint)
    app.after_request(look.add_headers)
    return app


def here():
    """The FakeRems of the current application."""
    return current_app.extensions["rems"]


@blueprint.route("/lang/<code>")
def choose(code):
    """Nothing: these pages speak English alone, as the catalogue's pieces ask for such a route."""
    return redirect("/", 303)


@blueprint.route("/api/<path:_>", methods=["GET", "POST", "PUT"])
@blueprint.route("/apply-for")
def of_rems(_=None):
    """What REMS answers by itself."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    target = request.full_path if request.query_string else request.path
    answer = here().decide(Request(request.method, target, headers, request.get_data()))
    if answer is None:
        abort(503)
    body = json.dumps(answer.body) if answer.type == "application/json" else answer.body
    found = Response(body, answer.status, content_type=answer.type)
    if answer.location is not None:
        found.headers["Location"] = request.host_url.rstrip("/") + answer.location
    return found


@blueprint.route("/health")
def health():
    """Whether it runs."""
    return {"ok": True}


@blueprint.route("/")
def front():
    """Everything for which somebody can apply."""
    return render_template("sd_apply/front.html", items=_items(lambda row: row["enabled"] and not row["archived"]))


@blueprint.route("/as", methods=["POST"])
def be():
    """Be one of the persons of the demo: SD Apply has the login of its site, and this one has none."""
    _must_be_ours()
    if request.form.get("person") in service.PEOPLE:
        session["person"] = request.form["person"]
    return redirect(look.own_page(request.form.get("next"), "/"), 303)


@blueprint.route("/application")
def form():
    """The form of an application for items, which `/apply-for` names."""
    numbers = [int(one) for one in request.args.get("items", "").split(",") if _is_number(one)]
    items = _items(lambda row: row["id"] in numbers)
    if not items or len(items) != len(set(numbers)):
        abort(404)
    return render_template("sd_apply/application.html", items=items, person=_person(APPLICANT))


@blueprint.route("/application", methods=["POST"])
def submit():
    """Make a draft, accept the licences and submit it; as a draft it stays where the button says so."""
    _must_be_ours()
    numbers = [int(one) for one in request.form.getlist("item") if _is_number(one)]
    person = _person(APPLICANT)
    number = _do("create", person, catalogue_item_ids=numbers).get("application-id")
    if number is None:
        abort(400)
    purpose = {"form": service.FORM, "field": "purpose", "value": request.form.get("purpose", "")[:2000]}
    _do("save-draft", person, application_id=number, field_values=[purpose])
    if request.form.get("what") != "draft":
        _send(number, person)
    return redirect("/application/%d" % number, 303)


@blueprint.route("/application/<int:number>")
def status(number):
    """An application, for whoever of the demo's persons sees it."""
    person = _person(APPLICANT)
    with here().lock:
        found = here().applications.get(number, person)
        if found.status != 200:
            abort(404)
        may = here().applications.permitted(here().applications.rows[number], person)
    return render_template("sd_apply/status.html", one=_shown(found.body), may=may, person=person)


@blueprint.route("/application/<int:number>", methods=["POST"])
def act(number):
    """Submit, delete or copy an application, or decide on it."""
    _must_be_ours()
    command, person = request.form.get("command", ""), _person(APPLICANT)
    if command == "submit":
        answer = _send(number, person)
    elif command in ("delete", "copy-as-new", *(name for names in DECISIONS.values() for name, _ in names)):
        comment = {"comment": request.form["comment"][:1000]} if request.form.get("comment") else {}
        answer = _do(command, person, application_id=number, **comment)
    else:
        abort(400)
    if not answer.get("success"):
        flash("That cannot be done: %s." % answer["errors"][0]["type"].split("/")[-1])
        return redirect("/application/%d" % number, 303)
    if command == "delete":
        return redirect("/", 303)
    return redirect("/application/%d" % answer.get("application-id", number), 303)


@blueprint.route("/applications")
def listing():
    """The applications that a person sees: one's own, or those that wait for a handler."""
    person = _person(APPLICANT)
    with here().lock:
        found = [_shown(one) for one in here().applications.find(person).body]
    return render_template("sd_apply/applications.html", found=found[::-1], person=person)


def _is_number(text):
    return text.isdecimal() and len(text) < 10


def _must_be_ours():
    try:
        look.refuse_other_origins()
    except Problem:
        abort(403)
    if not tokens.is_ours():
        abort(400)


def _person(default):
    return session.get("person", default)


def _do(command, person, **body):
    return here().act(command, person, **body).body


def _send(number, person):
    _do("accept-licenses", person, application_id=number, accepted_licenses=[service.LICENCE])
    return _do("submit", person, application_id=number)


def _items(condition):
    """[dict with id, title, link, resid and open] of items, the newest first."""
    with here().lock:
        rows = [here().store.item(row) for row in here().store.items.values() if condition(row)]
    return [
        {
            "id": row["id"],
            "title": row["localizations"]["en"]["title"],
            "link": row["localizations"]["en"]["infourl"],
            "resid": row["resid"],
            "open": row["enabled"] and not row["archived"],
        }
        for row in rows[::-1]
    ]


def _shown(one):
    state = one["application/state"].rpartition("/")[2]
    numbers = [each["catalogue-item/id"] for each in one["application/resources"]]
    values = [field["value"] for each in one["application/forms"] for field in each["form/fields"]]
    return {
        "id": one["application/id"],
        "external": one["application/external-id"],
        "state": state,
        "who": one["application/applicant"],
        "items": _items(lambda row: row["id"] in numbers),
        "purpose": values[0] if values else "",
        "decisions": DECISIONS.get(state, ()),
        "events": [
            (each["event/time"][:16].replace("T", " "), _kind(each), each.get("application/comment"))
            for each in one["application/events"]
        ],
    }


def _kind(event):
    return event["event/type"].rpartition("/")[2].replace("-", " ")
