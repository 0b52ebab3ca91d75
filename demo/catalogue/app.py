"""The WSGI application: Invenio's own pages and ours at /, its REST interface at /api."""

from invenio_app.factory import create_app as create_invenio

from . import pages, search, sqlite  # noqa: F401 (sqlite listens when it is imported)


def create_app(settings):
    """One application from the configuration that config.settings made."""
    app = create_invenio(**settings)
    app.register_blueprint(pages.blueprint)
    search.connect()
    return app
