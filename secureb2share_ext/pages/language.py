"""The reader's language: which one it is, and texts, dates and numbers in it.

The host's i18n (Invenio-I18N) chooses among the languages that its site offers, from a link, the session, the account
and Accept-Language. Where there is none, Accept-Language chooses among LANGUAGES. The translations are a domain of
their own, so that none of the host's own texts changes.
"""

import datetime
import functools
import gettext as standard
import os
from typing import Any, Dict, List, Optional, Sequence, Tuple

from babel import Locale, dates, lists, numbers
from flask import current_app, has_request_context, request, session

LANGUAGES: Dict[str, str] = {
    "en": "English",
    "nb": "Norsk bokmål",
    "nn": "Norsk nynorsk",
    "fi": "Suomi",
    "sv": "Svenska",
    "it": "Italiano",
}
NEIGHBOURS = {"no": ("nb", "nn"), "nb": ("no", "nn"), "nn": ("no", "nb")}  # read by each other's readers
DOMAIN = "secureb2share"
FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "translations")
SESSION_KEY = "language"  # as Invenio-I18N has it by default
ARGUMENT = "ln"  # of an address, as Invenio-I18N reads it


def current() -> str:
    """The language of the current request's pages, a key of LANGUAGES."""
    host = current_app.extensions.get("invenio-i18n")
    return supported([str(host.language)] if host is not None else _asked())


def supported(tags: Sequence[str]) -> str:
    """The first key of LANGUAGES that one of the tags (BCP 47, the best first) leads to, else ``en``. Pure."""
    return next(filter(None, map(_led_to, tags)), "en")


def offered() -> List[Tuple[str, str]]:
    """[(language, its own name)] of the languages in which this site offers its pages, and the current one."""
    site = _tags_of_site()
    return [(language, name) for language, name in LANGUAGES.items() if language in site or language == current()]


def tag_of_site(language: str) -> str:
    """The tag under which this site offers a language, such as ``no`` for ``nb``; else the language itself."""
    return _tags_of_site().get(language, language)


def remember() -> None:
    """Keep the language that ``?ln=`` of the current request asks for, if this site offers it, for later requests."""
    asked = request.args.get(ARGUMENT)
    key = current_app.config.get("I18N_SESSION_KEY", SESSION_KEY)
    if asked in _tags_of_site().values() and current_app.secret_key and session.get(key) != asked:
        session[key] = asked


def main(tag: str) -> str:
    """The language of a tag such as ``nb-NO`` or ``nb_NO``, in small letters."""
    return tag.replace("_", "-").split("-")[0].lower()


def gettext(text: str, **values: Any) -> str:
    """A text of a page in the current language; its places %(name)s are filled with values."""
    return translate(current(), text) % values if values else translate(current(), text)


def ngettext(one: str, many: str, number: int, **values: Any) -> str:
    """As gettext, for a text that depends on a number, which has the place %(number)s in it."""
    return translate_number(current(), one, many, number, **values)


def translate(language: str, text: str) -> str:
    """A text of this package in a language of LANGUAGES, or the text itself where it has no translation. Pure."""
    return _translations(language).gettext(text) if text else text


def translate_number(language: str, one: str, many: str, number: int, **values: Any) -> str:
    """As ngettext, in a language of LANGUAGES. Pure."""
    text = _translations(language).ngettext(one, many, number)
    # a pair from a table is translated as two texts: our languages have the two numbers of English
    text = translate(language, text) if text in (one, many) else text
    return text % dict(values, number=values.get("number", format_number(number, language)))


@functools.lru_cache(maxsize=None)
def _translations(language):
    # Bokmål stands in for what Nynorsk lacks
    languages = [language] + [other for other in NEIGHBOURS.get(language, ()) if other in LANGUAGES]
    return standard.translation(DOMAIN, FOLDER, languages=languages, fallback=True)


def in_language(texts: Sequence[Dict[str, Any]], tags: Sequence[str]) -> List[Dict[str, Any]]:
    """Of [{lang, text}] those in the first of the tags that has any, or in one that its readers read; else all. Pure.

    tags: BCP 47, the best first; only their main parts are compared.
    """
    for tag in tags:
        language = main(tag)
        for known in (language,) + NEIGHBOURS.get(language, ()):
            found = [entry for entry in texts if main(entry["lang"]) == known]
            if found:
                return found
    return list(texts)


def preferred() -> List[str]:
    """Tags of the languages that the reader of the current request prefers, the page's own first."""
    return [current()] + (_accepted() if has_request_context() else [])


def format_date(value: Optional[str], language: Optional[str] = None) -> str:
    """A date such as ``2031-01-01``, a month, or the beginning of a time, in words: ``1 January 2031``.

    What is neither, such as a year, stays as it is.
    """
    try:
        if len(value or "") == 7:
            month = datetime.datetime.strptime(value or "", "%Y-%m").date()
            return dates.format_date(month, format="LLLL y", locale=_locale(language))
        day = datetime.datetime.strptime((value or "")[:10], "%Y-%m-%d").date()
    except ValueError:
        return value or ""
    return dates.format_date(day, format="long", locale=_locale(language))


def format_time(value: Optional[datetime.datetime], language: Optional[str] = None) -> str:
    """A time (naive UTC) in words, with its zone: ``25 November 2026 at 20:26 UTC``; "" for none."""
    if value is None:
        return ""
    locale = _locale(language)
    said = str(dates.get_datetime_format("long", locale=locale)).replace("'", "")
    clock = dates.format_time(value.time(), "HH:mm", locale=locale) + " UTC"
    return said.format(clock, dates.format_date(value.date(), format="long", locale=locale))


def format_ago(value: datetime.datetime, now: datetime.datetime, language: Optional[str] = None) -> str:
    """The time since a moment, or until it, in words: ``2 days ago``; both are naive UTC."""
    if abs((value - now).total_seconds()) < 60:
        said = language or current()
        return translate(said, "a moment ago") if value <= now else translate(said, "in a moment")
    return dates.format_timedelta(
        value - now, granularity="minute", threshold=1.5, add_direction=True, locale=_locale(language)
    )


def format_number(value: Any, language: Optional[str] = None) -> str:
    """A number as readers of the language write it: ``10,000`` or ``10 000``."""
    return numbers.format_decimal(value, locale=_locale(language))


def listed(texts: Sequence[str], language: Optional[str] = None) -> str:
    """Texts as one list with the language's word for "and": ``Finland, Norway and Sweden``."""
    return lists.format_list(list(texts), locale=_locale(language)) if texts else ""


def country(code: str, language: Optional[str] = None) -> str:
    """The name of a country of ISO 3166-1 in two letters, or the code where it is unknown."""
    return _locale(language).territories.get(code, code)


def language_name(tag: str, language: Optional[str] = None) -> str:
    """The name of the language of a tag, or the tag where it is unknown."""
    return _locale(language).languages.get(main(tag), tag)


def _locale(language=None):
    language = language or current()
    # English as in the European Union: the day stands before the month
    return Locale.parse("en_GB" if language == "en" else language)


def _led_to(tag):
    # the key of LANGUAGES that readers of the tag read, or None
    language = main(tag)
    return next((known for known in (language,) + NEIGHBOURS.get(language, ()) if known in LANGUAGES), None)


def _tags_of_site():
    """{key of LANGUAGES: the tag by which the site offers it}"""
    host = current_app.extensions.get("invenio-i18n")
    if host is None:
        return {language: language for language in LANGUAGES}
    found: Dict[str, str] = {}
    # a language's own tag before that of a neighbour
    for tag in sorted((str(tag) for tag, _ in host.get_languages()), key=lambda tag: main(tag) not in LANGUAGES):
        found.setdefault(_led_to(tag) or "", tag)
    return found


def _asked():
    if not has_request_context():
        return []
    chosen = [request.args.get(ARGUMENT), session.get(SESSION_KEY)]
    return [tag for tag in chosen if tag] + _accepted()


def _accepted():
    return [tag for tag, quality in request.accept_languages if quality]
