"""The button of a remote app of ours while the package or its sign-in is off: what comes back is verified as ever."""

import bad_tokens
import pytest
from signing import Person, signing
from test_hostile_provider import is_logged_in


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


def test_without_a_provider_the_button_says_that_there_is_none(catalogue, monkeypatch):
    extension = catalogue[0].app.extensions["secureb2share"]
    monkeypatch.setattr(extension, "sign_in_providers", {})
    assert Person(*catalogue, "curator").sign_in("/").status_code == 503
