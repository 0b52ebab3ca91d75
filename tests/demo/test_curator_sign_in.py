"""The catalogue of the demo knows its curator at the provider that it is told of, and at no other."""

import pytest
from invenio_accounts.models import User
from invenio_db import db

from demo.catalogue import sign_in
from demo.catalogue.app import create_app
from demo.catalogue.config import settings
from demo.catalogue.prepare import USERS, prepare
from demo.identity_provider import people
from secureb2share_ext import client
from secureb2share_ext.sign_in import identities


def tell(folder, issuer, curator):
    return people.tell(str(folder / issuer[-1]), {}, issuer, subjects={"curator": curator})


@pytest.fixture
def configured(tmp_path):
    return settings(str(tmp_path), 5000, "http://localhost:5001", client.new_key()[1])


def test_without_a_provider_there_is_no_sign_in(configured):
    assert not {"SECUREB2SHARE_SIGN_IN", "OAUTHCLIENT_REMOTE_APPS"} & set(configured)


def test_the_curator_is_linked_to_one_identity_of_each_provider(configured, tmp_path, monkeypatch):
    # use() sets it for a provider without TLS
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "")
    own, other = "http://localhost:5006/a", "https://keycloak.example.org/realms/b"
    sign_in.use(configured, tell(tmp_path, own, "before"))
    app = create_app(configured)
    prepare(app, str(tmp_path))
    for issuer, subject in ((own, "before"), (own, "before"), (own, "now"), (other, "now"), (other, "there")):
        sign_in.link(app, tell(tmp_path, issuer, subject))
    with app.app_context():
        curator = db.session.query(User).filter_by(email=USERS["curator"][0]).one().id
        found = [identities.owner(issuer, subject) for issuer in (own, other) for subject in ("before", "now", "there")]
        assert found == [None, curator, None, None, None, curator]
        db.session.remove()
