"""The facts about the data that fit one glance: persons, places, time and kind. Pure."""

from typing import Any, Dict, List, NamedTuple, Sequence

from ..exports import coverage
from ..exports.published import Published
from .folds import one_language
from .language import translate, translate_number
from .words import N_, NOT_STATED, ages, countries, label, participants, years

SHORT = 60  # letters of an owner's text that stands beside a number
KINDS = 3  # that are named


class Fact(NamedTuple):
    """One number, date or place."""

    name: str
    text: str
    more: List[Dict[str, Any]]  # smaller texts: {text} and, for an owner's, its lang


def glance(shown: Published, language: str, tags: Sequence[str]) -> List[Fact]:
    """The Facts; each says so where a description does not state it."""
    sensitive, not_stated = shown.dataset.sensitive, translate(language, NOT_STATED)
    form = coverage.stated(sensitive, "deidentification")
    people = [ages(sensitive, language), form and label("sensitive.deidentification", form, language)]
    population = [one for one in one_language(sensitive.get("population_coverage"), tags) if len(one["text"]) <= SHORT]
    places = countries(sensitive.get("spatial") or [], language)
    return [
        Fact(translate(language, N_("People")), participants(sensitive, language) or not_stated, plain(people)),
        Fact(translate(language, N_("Where")), places or not_stated, population),
        Fact(translate(language, N_("When")), years(sensitive, language) or not_stated, []),
        Fact(translate(language, N_("Sensitive data")), _kinds(sensitive, language), plain(_size(shown, language))),
    ]


def plain(texts: Sequence[Any]) -> List[Dict[str, Any]]:
    """[{text}] of those texts that are there; they are in the page's language."""
    return [{"text": text} for text in texts if text]


def _kinds(sensitive, language):
    codes = sensitive.get("special_categories")
    if codes is None:
        return translate(language, NOT_STATED)
    named = [label("sensitive.special_categories", code, language) for code in codes]
    return ", ".join(named[:KINDS] + ["…"] * (len(named) > KINDS)) or translate(language, N_("None"))


def _size(shown, language):
    count, size = len(shown.dataset.files), shown.dataset.sensitive.get("size_band")
    one, many = N_("%(number)s file"), N_("%(number)s files")
    said = [translate_number(language, one, many, count)] if count else []
    return said + ([label("sensitive.size_band", size, language)] if size else [])
