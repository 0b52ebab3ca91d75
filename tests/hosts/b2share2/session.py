"""The browser session of a user who logged in: B2SHARE's own log-in is at another service."""


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
