"""The WSGI application of an instance folder that has an `invenio.cfg`: Invenio with the demo's pages."""

from .app import create_app

application = create_app()
