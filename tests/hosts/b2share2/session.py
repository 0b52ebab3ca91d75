"""The browser session of a user who logged in: B2SHARE's own log-in is at another service."""

import uuid

import requests


class Sessions:
    """How a contract's users log in here, and where the pages are: mixed into its subclass."""

    prefix = "/api"
    log_in = "Log in first"

    def user(self, instance):
        from invenio_accounts.models import User
        from invenio_db import db

        with instance.app.app_context():
            user = User(email="%s@example.org" % uuid.uuid4().hex, password="x", active=True)
            db.session.add(user)
            db.session.commit()
            instance.users[user.email] = user.id
            return {"email": user.email}

    def login(self, instance, user=None):
        found = requests.Session()
        found.cookies.set(*cookie(instance, user["email"] if user else "curator"))
        return found

    def is_asked_to_log_in(self, answer):
        # the log-in is in another application
        return answer.status_code == 401 and self.log_in in answer.text


def cookie(instance, role):
    """(name, value) of the session cookie."""
    from flask import session
    from flask_login import login_user
    from invenio_accounts.models import User

    app = instance.app
    # the part of the whole application that serves /api has the same sessions
    with app.test_request_context("/", base_url=instance.base_url):
        login_user(User.query.get(instance.users[role]))
        response = app.response_class()
        app.save_session(session, response)
        name, value = response.headers["Set-Cookie"].split(";")[0].split("=", 1)
    return name, value
