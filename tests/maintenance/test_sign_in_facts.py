"""What is collected of an application whose remote apps are as its host and its configuration made them."""

import pytest

pytest.importorskip("invenio_oauthclient")

from flask_oauthlib.client import OAuthRemoteApp  # noqa: E402
from signing import signing  # noqa: E402

from secureb2share_ext.maintenance import sign_in_facts  # noqa: E402
from secureb2share_ext.sign_in import entry  # noqa: E402


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    named = {"OTHER_CREDENTIALS": {"consumer_key": "catalogue", "consumer_secret": "other"}}
    named["OAUTHCLIENT_REMOTE_APPS"] = {
        "keycloak": entry.remote_app("Two factors", "KEYCLOAK_CREDENTIALS"),
        "other": entry.remote_app("Other", "OTHER_CREDENTIALS", remote_app=OAuthRemoteApp),
        "unset": entry.remote_app("Unset", "UNSET_CREDENTIALS", remote_app=OAuthRemoteApp),
    }
    with signing("sqlite", tmp_path_factory.mktemp("facts"), **named) as (catalogue, _):
        yield catalogue.app


@pytest.fixture
def facts(app):
    # as on a host that equips its remote apps before its first request
    app.extensions["oauthlib.client"].remote_apps["keycloak"].__class__ = OAuthRemoteApp
    with app.app_context():
        return sign_in_facts.collect(app, app.extensions["secureb2share"])


def test_remote_app_that_the_host_makes_itself_is_known_to_a_command(facts):
    assert facts.remotes == {"keycloak": "", "other": "OAuthRemoteApp", "unset": "OAuthRemoteApp"}


def test_remote_apps_with_one_key_are_found(facts):
    assert facts.shared == [["keycloak", "other"]]
