"""The provider as an application: that of secureb2share_ext/testing/openid.py in the look of the demo."""

from pathlib import Path

from flask import Response

from secureb2share_ext import pages
from secureb2share_ext.testing.openid import OpenIdProvider

STYLE = Path(pages.__file__).parent / "static" / "secureb2share_ext" / "style.css"
# no form-action: a browser that comes from a form may not go back to the client with it
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def create_app(people, told):
    """The application.

    people: those of the file people.json; told: what provider.json says.
    """
    client = {"secret": told["secret"], "redirect_uris": sorted(told["redirect_uris"].values())}
    provider = OpenIdProvider(
        {told["client"]: client}, people, show_codes=True, style="/style.css", issuer=told["issuer"]
    )
    sheet = STYLE.read_text(encoding="utf-8")
    app = provider.app
    app.add_url_rule("/health", "health", lambda: {"ok": True})
    app.add_url_rule("/style.css", "style", lambda: Response(sheet, mimetype="text/css"))
    # browsers ask for it where a page names none
    app.add_url_rule("/favicon.ico", "icon", lambda: ("", 204))
    app.after_request(_add_headers)
    return app


def _add_headers(response):
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
