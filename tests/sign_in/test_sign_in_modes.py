"""The button of a remote app of ours while the package or its sign-in is off: what comes back is verified as ever."""

import bad_tokens
import pytest
from instance import running
from signing import Person, signing
from test_hostile_provider import is_logged_in

from secureb2share_ext.sign_in import entry
from secureb2share_ext.sign_in.remote_app import RemoteApp


@pytest.fixture(scope="module", params=[("off", "on"), ("observe", "on"), ("on", "off"), ("off", "off")], ids="-".join)
def catalogue(request, tmp_path_factory):
    package, mode = request.param
    folder = tmp_path_factory.mktemp("modes")
    with signing("sqlite", folder, mode=mode, SECUREB2SHARE_MODE=package) as found:
        yield found


@pytest.mark.parametrize("name", ["curator", "newcomer"])
def test_the_button_signs_in(catalogue, name):
    person = Person(*catalogue, name)
    assert person.sign_in("/").status_code == 200 and is_logged_in(person)


def test_what_comes_back_is_verified(catalogue):
    person = Person(*catalogue, "curator")
    bad_tokens.serve(catalogue[1], "aud")
    page = person.sign_in("/")
    bad_tokens.serve(catalogue[1], None)
    assert page.status_code == 403 and "Sign-in not accepted" in page.text and not is_logged_in(person)


def test_provider_without_id_tokens_gets_our_class_too(tmp_path):
    # a stock entry, as a site has it that knew the provider before
    stock = {key: one for key, one in entry.remote_app("B2ACCESS", "KEY").items() if key != "remote_app"}
    settings = {
        "mode": "on",
        "providers": {"b2access": {"userinfo": "https://b2access.example.org/userinfo"}},
        "rules": [{"claims": {"groups": ["curators"]}, "max_age": 900, "time": "ours"}],
    }
    more = {"OAUTHCLIENT_REMOTE_APPS": {"b2access": stock}, "KEY": {"consumer_key": "c", "consumer_secret": "s"}}
    with running("sqlite", tmp_path, SECUREB2SHARE_SIGN_IN=settings, **more) as catalogue:
        made = catalogue.app.extensions["oauthlib.client"].remote_apps["b2access"]
    assert isinstance(made, RemoteApp)


def test_without_a_provider_the_button_says_that_there_is_none(catalogue, monkeypatch):
    extension = catalogue[0].app.extensions["secureb2share"]
    monkeypatch.setattr(extension, "sign_in_providers", {})
    assert Person(*catalogue, "curator").sign_in("/").status_code == 503
