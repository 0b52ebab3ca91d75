"""The menu around every page of the catalogue."""

from flask import current_app, request
from flask_login import current_user

from secureb2share_ext.pages import language
from secureb2share_ext.pages.words import N_

from . import find

# for curators, each where its pages are installed
WORK = (
    ("/secureb2share/review/", N_("Review")),
    ("/secureb2share/describe/", N_("Describe")),
    ("/secureb2share/operate/", N_("Operate")),
)


def context():
    """The names that the template around every page knows."""
    return {"menu": menu}


def menu():
    """[(text, address, whether the page is in that part)]."""
    items = [(language.gettext("Datasets"), find.PATH)]
    if current_user.is_authenticated:
        routes = current_app.create_url_adapter(request)
        items += [(language.gettext(text), address) for address, text in WORK if routes.test(address, "GET")]
    if len(items) == 1:
        # who works here knows it, and a phone has one row for the menu; the foot of the page has it too
        items.append((language.gettext("How access works"), "/#how"))
    here = request.path
    parts = {find.PATH: here == find.PATH or here.startswith(("/records/", "/secureb2share/access/"))}
    return [
        (text, address, parts.get(address, address != "/#how" and here.startswith(address))) for text, address in items
    ]
