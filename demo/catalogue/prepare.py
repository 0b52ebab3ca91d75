"""What must be there before the catalogue serves. It is made once; a second run changes nothing."""

import json
import os
import secrets

from flask_security.utils import hash_password
from invenio_access.models import ActionUsers
from invenio_access.permissions import superuser_access
from invenio_accounts.proxies import current_datastore
from invenio_db import db
from invenio_files_rest.models import Location
from invenio_oauth2server.models import Token

from secureb2share_ext import instance
from secureb2share_ext.hosts.actions import curate, curate_scope, operate
from secureb2share_ext.maintenance import identity, install
from secureb2share_ext.proxies import current

from . import search

# role addresses of a domain that nobody has (RFC 2606)
USERS = {
    "curator": ("curator@catalogue.example.org", (curate, operate)),
    "superuser": ("admin@catalogue.example.org", (superuser_access,)),
}


def prepare(app, data):
    """Make database, triggers, signing key, users; tokens go to DATA/tokens.json, a login to DATA/curator.json."""
    with app.app_context():
        db.create_all()
        search.prepare(app)
        install.init(current().is_on)
        if instance.doubts(current()):
            # a demo may be started on another port, or with another database
            identity.rename(current(), identity.Change("", current().host.base_url()))
        if not current().keyring.list():
            current().keyring.new()
        if Location.get_default() is None:
            db.session.add(Location(name="default", uri=os.path.join(data, "files"), default=True))
            os.makedirs(os.path.join(data, "files"), exist_ok=True)
        tokens = {name: _user(*user) for name, user in USERS.items()}
        login = _login(os.path.join(data, "curator.json"))
        current_datastore.get_user(login["email"]).password = hash_password(login["password"])
        db.session.commit()
    _write(os.path.join(data, "tokens.json"), tokens)
    _write(os.path.join(data, "curator.json"), login)


def _write(path, value):
    # for whoever started the demo alone
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(value, file)


def _user(email, actions):
    user = current_datastore.get_user(email)
    if user is None:
        user = current_datastore.create_user(email=email, password=hash_password(os.urandom(24).hex()), active=True)
        db.session.flush()
        db.session.add_all([ActionUsers.allow(action, user_id=user.id) for action in actions])
    token = db.session.query(Token).filter_by(user_id=user.id, is_personal=True).first()
    if token is None:
        token = Token.create_personal("demo", user.id, scopes=[curate_scope.id])
        db.session.flush()
    return token.access_token


def _login(path):
    """{"email", "password"} with which a person can log in, the same at every start."""
    try:
        with open(path) as file:
            return json.load(file)
    except FileNotFoundError:
        return {"email": USERS["curator"][0], "password": secrets.token_urlsafe(9)}
