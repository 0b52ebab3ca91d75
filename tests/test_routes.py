"""What the routes of this package have in common, in an application of nothing else."""

from types import SimpleNamespace

import pytest
from flask import Blueprint, Flask, session

from secureb2share_ext import routes


@pytest.fixture
def caller():
    """Calls /ours/<view> of an application that answers the same text to everybody."""
    app = Flask("test")
    app.secret_key = "k"
    app.extensions["secureb2share"] = SimpleNamespace(is_on=True)
    blueprint = Blueprint("ours", __name__, url_prefix="/ours")
    routes.prepare(blueprint, {"public": 60, "writes": 60})

    @blueprint.route("/public")
    def public():
        return "everybody's"

    @blueprint.route("/writes")
    def writes():
        session["chosen"] = "nb"
        return "everybody's"

    @blueprint.route("/private")
    def private():
        return "everybody's"

    app.register_blueprint(blueprint)
    # the host's own, which is registered later
    app.after_request(lambda response: response.headers.__setitem__("Cache-Control", "public") or response)
    return app.test_client(use_cookies=False).get


@pytest.mark.parametrize(
    "query, is_refused",
    [
        ("access_token=T", True),
        ("access_token", True),
        ("x=1&access_token=T", True),
        ("x=1;access_token=T", True),
        (";access_token=T", True),
        ("x=1;y=2&z=3;access%5Ftoken=T", True),
        ("x=access_token", False),
        ("x=1%3Baccess_token=T", False),
        ("access_tokens=T;x", False),
        ("", False),
    ],
)
def test_no_token_in_an_address_however_servers_part_it(caller, query, is_refused):
    answer = caller("/ours/public?" + query)
    assert answer.status_code == (400 if is_refused else 200)
    assert answer.headers["Cache-Control"] == ("no-store" if is_refused else "public, max-age=60")


def test_an_answer_that_sets_a_cookie_is_kept_by_nobody(caller):
    # Flask writes the session's cookie when every after_request is over
    answer = caller("/ours/writes")
    assert "session=" in answer.headers["Set-Cookie"]
    assert answer.headers["Cache-Control"] == "no-store" and "ETag" not in answer.headers


@pytest.mark.parametrize(
    "view, headers, is_kept",
    [
        ("public", {}, True),
        ("private", {}, False),
        ("public", {"Cookie": "x=1"}, False),
        ("public", {"Authorization": "Bearer T"}, False),
        ("public", {"webhook-signature": "v1,x"}, False),
    ],
)
def test_a_validator_is_for_what_everybody_gets(caller, view, headers, is_kept):
    answer = caller("/ours/" + view, headers=headers)
    assert ("ETag" in answer.headers) == is_kept
    assert answer.headers["Cache-Control"] == ("public, max-age=60" if is_kept else "no-store")
    assert {"webhook-signature", "Authorization"} <= set(answer.headers["Vary"].split(", "))
    tag = caller("/ours/public").headers["ETag"]
    again = caller("/ours/" + view, headers=dict(headers, **{"If-None-Match": tag}))
    assert (again.status_code, again.data) == ((304, b"") if is_kept else (200, b"everybody's"))
    if is_kept:
        assert again.headers["ETag"] == tag and again.headers["Cache-Control"] == "public, max-age=60"
        assert "webhook-signature" in again.headers["Vary"]
