"""The configuration of a catalogue whose curators sign in at an OpenID provider, with a second factor."""

import os

from invenio_accounts.models import User
from invenio_db import db

from demo.identity_provider import people
from secureb2share_ext.sign_in import entry, identities
from secureb2share_ext.testing.openid_requests import MFA

from .prepare import USERS

NAME = "idp"  # of the remote app
HOUR = 3600  # seconds


def use(found, path):
    """Change a configuration so that curators need a second factor; path: of the file that tells of the provider."""
    told = people.read(path)
    if told["issuer"].startswith("http:"):
        # oauthlib asks for TLS, which a provider on loopback has not
        os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    # no mail is sent to who has no account yet
    remote_app = entry.remote_app(
        "Sign in with two factors", "IDP_CREDENTIALS", signup_options={"send_register_msg": False}
    )
    # one browser signs in as several people of the demo, and at once with both factors
    remote_app["params"]["request_token_params"].update(prompt="login", acr_values=MFA)
    found.update(
        OAUTHCLIENT_REMOTE_APPS={NAME: remote_app},
        IDP_CREDENTIALS={"consumer_key": told["client"], "consumer_secret": told["secret"]},
        SECUREB2SHARE_SIGN_IN={
            "mode": "on",
            # a demo may be started with another provider, which knows other people
            "providers": {NAME: {"issuer": told["issuer"], "method": told["issuer"]}},
            "rules": [{"acr": [MFA], "amr": ["otp"], "max_age": HOUR}],
        },
    )


def link(app, path):
    """Link the curator's account to the identity at the provider, and to no other one there."""
    from invenio_oauthclient.models import UserIdentity

    told = people.read(path)
    method, subject = told["issuer"], told["subjects"]["curator"]
    with app.app_context():
        account = db.session.query(User).filter_by(email=USERS["curator"][0]).one().id
        if identities.owner(method, subject) != account:
            of_either = db.or_(UserIdentity.id_user == account, UserIdentity.id == subject)
            db.session.query(UserIdentity).filter(UserIdentity.method == method, of_either).delete()
            identities.link(account, method, subject)
        db.session.commit()
