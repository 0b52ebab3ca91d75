"""The forms of pages, filled in and sent as a browser does, and the sign-in with two factors by means of them."""

import html
import re
from urllib.parse import urljoin

TOKENS = "/account/settings/applications/tokens/new/"  # of the catalogue
SCOPE = "secureb2share:curate"


def send(session, page, **values):
    """What is answered to the form of a page that has fields of these names, filled in; session: of requests."""
    forms = re.findall(r'<form\b[^>]*method="post".*?</form>', page.text, re.S | re.I)
    form = next(form for form in forms if all('name="%s"' % name in form for name in values))
    hidden = re.findall(r'<input\b(?=[^>]*type="hidden")[^>]*>', form)
    named = {re.search(r'name="([^"]*)"', tag).group(1): _value(tag) for tag in hidden}
    action = re.match(r'<form\b[^>]*action="([^"]*)"', form)
    address = urljoin(page.url, html.unescape(action.group(1)) if action else "")
    return session.post(address, data=dict(named, **values), headers={"Referer": page.url}, timeout=30)


def sign_in(session, address, name, person):
    """What the site answers in the end whose address leads to the demo's identity provider.

    name, person: of somebody there, see demo/identity_provider/people.py.
    """
    asked = send(session, session.get(address, timeout=30), username=name, password=person["password"])
    code = re.search(r"<output>(\d{6})</output>", asked.text).group(1)
    return send(session, asked, otp=code)


def catalogue_address(catalogue, path="/"):
    """The address that begins a sign-in of the catalogue, which ends at one of its pages."""
    return "%s/oauth/login/idp/?next=%s" % (catalogue, path)


def make_token(session, catalogue):
    """A personal token of the curator who has signed in to the catalogue, with the scope to edit records."""
    page = session.get(catalogue + TOKENS, timeout=30)
    made = send(session, page, name="the check of the demo", scopes=SCOPE)
    return re.search(r"<code[^>]*>([^<\s]+)</code>", made.text).group(1)


def _value(tag):
    found = re.search(r'value="([^"]*)"', tag)
    return html.unescape(found.group(1)) if found else ""
