"""The pages for those who hold a right, in an application of their own."""

import types
from urllib.parse import quote

import pytest
from flask import Blueprint, Flask, request

pytest.importorskip("flask_login")

from flask_login import LoginManager, UserMixin  # noqa: E402
from sqlalchemy.orm.exc import StaleDataError  # noqa: E402

from secureb2share_ext.errors import CHANGED_MEANWHILE, Gone, NotAccepted, Problem  # noqa: E402
from secureb2share_ext.pages import private, views  # noqa: E402

USER = UserMixin()
USER.id = "1"
FAILURES = (NotAccepted("It <b>was</b> changed."), StaleDataError("0 rows"), Gone("It is gone."))


@pytest.fixture
def kept(monkeypatch):
    app = Flask("kept")
    app.config.update(SECRET_KEY="for this test", WTF_CSRF_ENABLED=False)
    manager = LoginManager(app)
    manager.user_loader(lambda _: USER)

    @app.before_request
    def of_token():
        # what invenio-oauth2server does with a token that is good
        if "Authorization" in request.headers:
            request.oauth = types.SimpleNamespace(access_token=None)

    @manager.request_loader
    def somebody(request):
        return USER if "X-User" in request.headers or "Authorization" in request.headers else None

    blueprint = Blueprint("kept", "kept", url_prefix="/kept")

    @blueprint.route("/")
    def listed():
        return "the list"

    @blueprint.route("/order", methods=["POST"])
    def order():
        return "valid" if private.Order().validate() else "not valid"

    @blueprint.route("/fails/<int:which>", methods=["POST"])
    def fails(which):
        raise FAILURES[which]

    @blueprint.route("/both", methods=["GET", "POST"])
    def both():
        return ""

    private.keep(blueprint, lambda: True, "A right.", "kept.listed", "review")
    app.register_blueprint(blueprint)
    app.register_blueprint(views.blueprint)
    # what the extension and a host have for programs
    for kind in (Problem, StaleDataError):
        app.register_error_handler(kind, lambda error: ("{}", 409, {"Content-Type": "application/problem+json"}))
    monkeypatch.setattr(private, "db", types.SimpleNamespace(session=types.SimpleNamespace(rollback=lambda: None)))
    extension = types.SimpleNamespace(is_on=True, ask_for_strength=None, refuse_token=None)
    monkeypatch.setattr(private, "current", lambda: extension)
    app.extensions["secureb2share"] = extension
    return app


def test_a_token_opens_no_page(kept):
    browser = kept.test_client()
    assert browser.get("/kept/", headers={"X-User": "1"}).status_code == 200
    answer = browser.get("/kept/", headers={"Authorization": "Bearer x"})
    assert answer.status_code == 401 and b"the list" not in answer.data
    assert browser.get("/kept/").status_code == 401


def test_a_second_factor_is_asked_of_whoever_may(kept):
    extension, browser, asked = kept.extensions["secureb2share"], kept.test_client(), []
    extension.ask_for_strength = lambda action, readable: asked.append((action, readable)) or ("asked", 303)
    extension.refuse_token = lambda action: ("refused", 401) if "Authorization" in request.headers else None
    assert browser.get("/kept/", headers={"X-User": "1"}).data == b"asked" and asked == [("review", "/kept/")]
    assert browser.get("/kept/", headers={"Authorization": "Bearer x"}).data == b"refused"
    answer = browser.get("/kept/")
    assert answer.status_code == 401 and answer.data != b"refused" and len(asked) == 1


def test_an_order_needs_its_token_whatever_the_site_says(kept):
    assert kept.test_client().post("/kept/order", headers={"X-User": "1"}, data={}).data == b"not valid"


@pytest.mark.parametrize(
    "which, status, said", [(0, 409, "It &lt;b&gt;was"), (1, 409, CHANGED_MEANWHILE), (2, 410, "")]
)
def test_a_problem_is_told_on_a_page(kept, which, status, said):
    answer = kept.test_client().post("/kept/fails/%d" % which, headers={"X-User": "1"})
    text = answer.get_data(as_text=True)
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (status, "text/html", "no-store")
    assert said in text and 'href="/kept/"' in text and "<b>was" not in text


@pytest.mark.parametrize("path, back", [("/kept/order", "/kept/"), ("/kept/both", "/kept/both")])
def test_what_was_typed_outlives_the_session(kept, path, back):
    kept.add_url_rule("/login/", "login", lambda: "log in")
    kept.login_manager.login_view = "login"
    form = {"core.titles.0.text": "A <b>title", "core.publisher": " ", "reason": "Why", "seen": "digest", "go": "next"}
    answer = kept.test_client().post(path, data=form)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 401 and "/login/?next=" + quote(back, safe="/") in text.replace("%2F", "/")
    assert "A &lt;b&gt;title" in text and "Why" in text and "digest" not in text and "<b>title" not in text
    assert kept.test_client().get("/kept/").status_code == 302
