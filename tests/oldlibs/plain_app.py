"""An application made as B2SHARE 2 makes its own: by entry points alone, its API under /api of a bare application."""

import json
from html import escape

import plain_records
from flask import Flask, abort
from invenio_base.app import create_app_factory
from invenio_oauth2server.views import server  # noqa: F401 (it logs in whom a token belongs to)
from werkzeug.wsgi import DispatcherMiddleware

from secureb2share_ext.exports import schema_org
from secureb2share_ext.hosts import published
from secureb2share_ext.proxies import current


def create_api(settings):
    def load(app, **kwargs):
        app.config.update(settings)

    return create_app_factory(
        "plain",
        config_loader=load,
        extension_entry_points=["invenio_base.api_apps"],
        blueprint_entry_points=["invenio_base.api_blueprints"],
        converter_entry_points=["invenio_base.api_converters"],
        blueprints=[plain_records.blueprint],
        instance_path=settings["INSTANCE_PATH"],
    )()


def create_app(settings):
    api = create_api(settings)
    pages = Flask("plain_pages")

    @pages.route("/")
    def front():
        return "<h1>Plain</h1>"

    @pages.route("/records/<path:pid>")
    def page(pid):
        with api.app_context():
            found = published.by_pid(pid)
            return _page(found) if found is not None else abort(404)

    api.wsgi_app = DispatcherMiddleware(pages.wsgi_app, {"/api": api.wsgi_app})
    return api


def _page(found):
    if current().host.record(found.row) is None:
        return escape(found.row.reason), 410
    shown = published.shown(found)
    if shown is None:
        return "damaged"
    dataset = shown.dataset
    link = '<a href="%s">Request access</a>' % shown.access_url if shown.is_requestable else escape(shown.label)
    words = [link, escape(dataset.core["contacts"][0]["name"]), escape(shown.state_text or "")]
    named = (
        ("The version before this one:", shown.replaces),
        ("Takes the place of this version:", shown.replaced_by),
        ("Takes the place of this version:", shown.successor),
    )
    words += ['%s <a href="%s">%s</a>' % (text, one.url, escape(one.identifier)) for text, one in named if one]
    said = json.dumps(schema_org.document(shown)).replace("<", "\\u003c")
    return '<script type="application/ld+json">%s</script>%s' % (said, "<br>".join(words))
