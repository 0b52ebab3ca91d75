"""Panels of Flask-Admin, which no environment of the tests has: a stand-in keeps its views where Flask-Admin does."""

import types

import instance
import pytest
from flask import Blueprint
from signing import Person, signing

PANEL, OTHER = "/admin/user/", "/elsewhere/"


def with_panels(make):
    def create_app(configured):
        app = make(configured)
        panel = Blueprint("panel", __name__, url_prefix="/admin/user", static_folder=".", static_url_path="/static")
        panel.add_url_rule("/", "edit", lambda: "panel", methods=["GET", "POST"])
        app.register_blueprint(panel)
        app.add_url_rule(OTHER, "elsewhere", lambda: "other", methods=["GET", "POST"])
        views = [types.SimpleNamespace(blueprint=one) for one in (None, panel)]
        app.extensions["admin"] = [types.SimpleNamespace(_views=views)]
        return app

    return create_app


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setattr(instance, "create_app", with_panels(instance.create_app))
    known = {"panel.*": "accounts as form fields", "elsewhere": "nothing"}
    with signing("sqlite", tmp_path_factory.mktemp("panels"), SECUREB2SHARE_AUDIT_KNOWN=known) as found:
        yield found
    patch.undo()


def answers(person, path):
    """The statuses of reading and writing, and where a browser is led."""
    url = person.catalogue.base + path
    found = [person.http.request(method, url, allow_redirects=False) for method in ("GET", "POST")]
    return [(one.status_code, "/oauth/login/" in one.headers.get("Location", "")) for one in found]


def test_panel_waits_for_a_second_factor(served):
    curator = Person(*served, "curator")
    assert answers(curator, PANEL) == [(200, False)] * 2, "who is not logged in is the panel's own matter"
    curator.sign_in("/")
    assert answers(curator, PANEL) == [(303, True)] * 2
    assert answers(curator, OTHER) == [(200, False)] * 2
    file = curator.http.get(curator.catalogue.base + PANEL + "static/instance.py", allow_redirects=False)
    assert file.status_code in (200, 404)
    page = curator.open(PANEL)
    assert (page.status_code, page.text, curator.asked) == (200, "panel", ["otp"])
    assert answers(curator, PANEL) == [(200, False)] * 2


def test_program_gets_the_answer_of_a_step_up(served):
    curator = Person(*served, "curator")
    curator.sign_in("/")
    told = curator.http.post(curator.catalogue.base + PANEL, headers={"Accept": "application/json"})
    assert told.status_code == 401
    assert 'error="insufficient_user_authentication"' in told.headers["WWW-Authenticate"]
