"""What B2SHARE's handler of B2ACCESS is told, without a B2SHARE."""

from types import SimpleNamespace

import pytest
from flask import Flask, g

client = pytest.importorskip("flask_oauthlib.client")
pytest.importorskip("invenio_oauthclient")

from secureb2share_ext.hosts.b2share2 import remote_apps  # noqa: E402
from secureb2share_ext.sign_in.settings import Provider  # noqa: E402

PROVIDER = Provider("b2access", userinfo="https://b2access.example.org/userinfo", method="B2ACCESS")


def ask_again(*args):
    raise AssertionError("userinfo is asked once, and with a time-out")


@pytest.fixture
def signup_handlers():
    """Those of the remote apps of an application, after its first request; the context of a request is open."""
    app, hooks = Flask("remote_apps"), []
    app.before_first_request = hooks.append
    providers = {"b2access": PROVIDER, "absent": PROVIDER._replace(name="absent")}
    app.extensions["secureb2share"] = SimpleNamespace(
        sign_in=SimpleNamespace(providers=providers), sign_in_providers=providers
    )
    oauth = client.OAuth(app)
    for name in ("b2access", "other"):
        oauth.remote_app(name, consumer_key="a", consumer_secret="b")
    handlers = {name: dict.fromkeys(("info", "setup", "view"), ask_again) for name in ("b2access", "other")}
    app.extensions["invenio-oauthclient"] = SimpleNamespace(handlers={}, signup_handlers=handlers)
    remote_apps.watch(app)
    for hook in hooks:
        hook()
    with app.test_request_context("/"):
        yield handlers


def test_handler_is_told_what_was_verified_and_nothing_else(signup_handlers):
    g.secureb2share_claims = {"sub": "somebody", "email": "a@example.org", "name": "A", "groups": ["b"]}
    told = signup_handlers["b2access"]["info"]({"access_token": "t", "email": "other@example.org"})
    assert told == {
        "user": {"email": "a@example.org"},
        "external_id": "somebody",
        "external_method": "B2ACCESS",
    }


def test_other_handlers_stay_the_hosts(signup_handlers):
    assert set(signup_handlers["other"].values()) == {ask_again}
    assert signup_handlers["b2access"]["view"] is ask_again and signup_handlers["b2access"]["setup"] is not ask_again
