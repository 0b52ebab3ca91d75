"""A real B2SHARE whose own remote app of B2ACCESS is in front of the provider of tests, and what people do there."""

import contextlib
import uuid

import pytest
import real_instance
from invenio_db import db
from served import example
from signing import USERS, subject

from secureb2share_ext.sign_in import identities
from secureb2share_ext.testing.openid import OpenIdProvider

REVIEW = "/api/secureb2share/review/"
LOGIN = "/api/oauth/login/b2access/?next="
LINKED = ("curator", "superuser", "user")
PEOPLE = {
    name: dict(USERS["curator"], email=name + "@catalogue.example.org", name=name, password=name + "-password")
    for name in LINKED + ("newcomer",)
}


def _addressed(make, issuer, scope):
    """B2SHARE's own entry, with the addresses of the provider of tests; scope: what is asked for, None for its own."""

    def make_b2access_remote_app(base_url):
        entry = make(base_url)
        entry["userinfo_url"] = issuer + "/userinfo"
        entry["params"].update(access_token_url=issuer + "/token", authorize_url=issuer + "/authorize")
        if scope is not None:
            entry["params"]["request_token_params"] = {"scope": scope}
        return entry

    return make_b2access_remote_app


@contextlib.contextmanager
def signing(folder, scope, provider_settings, ui=None, **sign_in):
    """(catalogue, provider): the accounts of LINKED are linked.

    provider_settings: callable(issuer) -> that of SECUREB2SHARE_SIGN_IN; ui: see real_instance.running; sign_in: the
    other members of that key.
    """
    from b2share.modules.oauthclient import b2access

    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    patch = pytest.MonkeyPatch()
    clients = {"catalogue": {"secret": "s3", "redirect_uris": []}}
    with OpenIdProvider(clients, dict(PEOPLE), is_oauth_enough=True) as provider:
        made = _addressed(b2access.make_b2access_remote_app, provider.issuer, scope)
        patch.setattr(b2access, "make_b2access_remote_app", made)
        providers = {"b2access": dict(provider_settings(provider.issuer), method="B2ACCESS")}
        more = {
            "SECUREB2SHARE_SIGN_IN": dict({"mode": "on"}, providers=providers, **sign_in),
            "CONFIG_ENABLE_B2ACCESS": True,
            "B2ACCESS_CONSUMER_KEY": "catalogue",
            "B2ACCESS_SECRET_KEY": "s3",
        }
        try:
            with real_instance.running(folder, ui=ui, **more) as catalogue:
                catalogue.base = catalogue.base_url
                callback = catalogue.base + "/api/oauth/authorized/b2access/"
                provider.clients["catalogue"]["redirect_uris"].append(callback)
                with catalogue.app.app_context():
                    for name in LINKED:
                        identities.link(catalogue.users[name], "B2ACCESS", subject(name))
                    db.session.commit()
                yield catalogue, provider
        finally:
            patch.undo()


def begin(person, community):
    """The answer for a new draft."""
    catalogue = person.catalogue
    if community == "open":
        body = {"titles": [{"title": "Other"}], "community": catalogue.communities["open"], "open_access": True}
        body["community_specific"] = {}
    else:
        body = catalogue.metadata(example(), community, "sign-in/" + uuid.uuid4().hex)
    return person.http.post(catalogue.base + "/api/records/", json=body)


def patch(person, path, value, op="add", to="/publication_state"):
    operations = [{"op": op, "path": to, "value": value}]
    return person.http.patch(person.catalogue.base + path, json=operations, headers=real_instance.PATCH)


def check_asked(answer):
    """The members of an answer that has to be the 401 of RFC 9470."""
    assert answer.status_code == 401, (answer.status_code, answer.text[:200])
    assert 'error="insufficient_user_authentication"' in answer.headers["WWW-Authenticate"]
    return answer.json()


def me(person):
    """The e-mail address of who is logged in, None for nobody."""
    return person.http.get(person.catalogue.base + "/api/user/").json().get("email")
