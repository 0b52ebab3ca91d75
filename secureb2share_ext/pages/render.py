"""The rendering of a page of this package, in the host's frame where it has one, else in ours."""

import hashlib
import os
from typing import Any, Dict
from urllib.parse import quote, urlencode

from flask import current_app, render_template, request
from jinja2 import TemplateNotFound

from . import language

OWN = "secureb2share_ext/frame.html"
HOSTED = "secureb2share_ext/hosted.html"


def _digest_of_look():
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "static/secureb2share_ext")
    look = hashlib.sha256()
    for name in ("style.css", "start.css"):
        with open(os.path.join(folder, name), "rb") as file:
            look.update(file.read())
    return look.hexdigest()[:8]


VERSION = _digest_of_look()  # in the addresses of static files, so that browsers keep none that has changed


def render(template: str, **values: Any) -> str:
    """The page that a template makes of values, in the reader's language.

    The template extends ``frame`` and fills its blocks; see templates/secureb2share_ext/frame.html.
    """
    return render_template(template, **dict(context(), **values))


def context() -> Dict[str, Any]:
    """The names that every template of this package knows beside its own values.

    ``t`` and ``tn``: gettext and ngettext of this package; the host's own ``_`` is left as it is.
    ``sb``: everything else, see Names. ``frame``: what the template extends.
    """
    return {"t": language.gettext, "tn": language.ngettext, "frame": frame(), "sb": Names()}


class Names:
    """What every template reads as ``sb.lang``, ``sb.date(...)`` and so on."""

    version = VERSION
    date = staticmethod(language.format_date)
    time = staticmethod(language.format_time)
    ago = staticmethod(language.format_ago)
    number = staticmethod(language.format_number)
    country = staticmethod(language.country)
    language_name = staticmethod(language.language_name)

    def __init__(self) -> None:
        language.remember()
        self.lang = language.current()
        self.languages = language.offered()
        self.site_name = current_app.config.get("THEME_SITENAME") or "Secure B2SHARE"
        self.site_url = current_app.config.get("SITE_UI_URL") or "/"

    def language_url(self, code: str) -> str:
        """The address of the current page in another language, by the host's own route where it has one."""
        kept = [(name, text) for name, text in request.args.items(multi=True) if name != language.ARGUMENT]
        base, tag = current_app.config.get("I18N_SET_LANGUAGE_URL"), language.tag_of_site(code)
        route = "%s/%s" % ((base or "").rstrip("/"), tag)
        adapter = current_app.create_url_adapter(request)
        if base and adapter is not None and adapter.test(route, "GET"):
            here = request.script_root + request.path + ("?" + urlencode(kept) if kept else "")
            return "%s?next=%s" % (request.script_root + route, quote(here, safe="/"))
        return "?" + urlencode(kept + [(language.ARGUMENT, tag)])


def frame() -> str:
    """The name of the template around every page: the site's choice, one in the host's own frame, or ours.

    An application of the site that serves its API may have neither of the first two.
    """
    chosen, base = (current_app.config.get(key) for key in ("SECUREB2SHARE_PAGE_TEMPLATE", "BASE_TEMPLATE"))
    if chosen and _is_there(chosen):
        return chosen
    return HOSTED if base and _is_there(base) else OWN


def _is_there(template):
    try:
        current_app.jinja_env.get_template(template)
    except TemplateNotFound:
        return False
    return True
