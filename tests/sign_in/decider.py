"""People who make tokens, each with an account of the catalogue that is linked to one at the provider."""

import uuid

import signing
from flask_security.utils import hash_password
from html_form import Page
from invenio_access.models import ActionUsers
from invenio_access.permissions import superuser_access
from invenio_accounts.proxies import current_datastore
from invenio_db import db
from invenio_oauth2server.models import Token

from secureb2share_ext.sign_in import identities

TOKENS = "/account/settings/applications/tokens/"


class Decider(signing.Person):
    """Somebody's browser, who may decide everything, or nothing."""

    def __init__(self, catalogue, provider, may=True):
        name, self.password = uuid.uuid4().hex, uuid.uuid4().hex
        self.email = name + "@example.org"
        provider.users[name] = {"password": self.password, "email": self.email, "totp": signing.SECRET}
        super().__init__(catalogue, provider, name)
        with catalogue.app.app_context():
            user = current_datastore.create_user(email=self.email, password=hash_password(self.password), active=True)
            db.session.flush()
            self.account = user.id
            if may:
                db.session.add(ActionUsers.allow(superuser_access, user_id=user.id))
            identities.link(user.id, "keycloak", signing.subject(name))
            db.session.commit()
            db.session.remove()

    def fill_in(self, path, **typed):
        """The answer to the form of a page; a list stands for several values."""
        sent = dict(Page(self.open(path).text).sent, **typed)
        return self.http.post(self.catalogue.base + path, data=sent, allow_redirects=False)

    def log_in(self):
        """Log in with the catalogue's own password, which proves nothing."""
        answer = self.fill_in("/login/", email=self.email, password=self.password)
        assert answer.status_code == 302, answer.text

    def make_token(self, *scopes):
        """(id, value) of a personal token, made by the form of the host's page."""
        answer = self.fill_in(TOKENS + "new/", name="of a test", scopes=list(scopes))
        assert answer.status_code == 302, answer.text
        number = int(answer.headers["Location"].rstrip("/").rpartition("/")[2])
        with self.catalogue.app.app_context():
            value = db.session.query(Token).filter_by(id=number).one().access_token
            db.session.remove()
        return number, value
