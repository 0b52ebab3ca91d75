"""The WSGI application: Invenio's own pages and ours at /, its REST interface at /api."""

from flask import session
from invenio_app.factory import create_app as create_invenio

from secureb2share_ext.pages import render

from . import errors, feed, find, frame, record, sqlite  # noqa: F401 (sqlite listens when it is imported)


def create_app(settings=()):
    """One application from the configuration that config.settings made, or from the instance folder's alone."""
    app = create_invenio(**dict(settings))
    for blueprint in (record.blueprint, find.blueprint, feed.blueprint, errors.blueprint):
        app.register_blueprint(blueprint)
    app.context_processor(render.context)
    app.context_processor(frame.context)
    app.after_request(forget_empty_session)
    return app


def forget_empty_session(response):
    """A reader who only reads gets no cookie: Invenio marks every session as permanent, which would keep it."""
    if getattr(session, "new", False) and not set(session) - {"_permanent", "_fresh"}:
        session.modified = False
    return response
