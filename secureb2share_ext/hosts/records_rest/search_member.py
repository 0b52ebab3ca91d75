"""The member of an index document by which people search and narrow down, with the words of codes in every language."""

import functools
from typing import Any, Dict, Mapping, Tuple

from ...descriptions import labels, search_document
from ...pages import language
from ...pages import words as pages_words
from . import mapping

NAME = "_search"
COUNTRY = ("spatial", "controller_country", "storage_country", "duo_countries")  # codes of ISO 3166-1


def of(record: Mapping[str, Any]) -> Dict[str, Any]:
    """The document of descriptions.search_document for a record's metadata in any form, with a title per language."""
    description, stamp = mapping.from_record(record), record.get(mapping.STAMP)
    stamp = stamp if isinstance(stamp, dict) else {}
    names = [record.get(mapping.PID_FIELD), stamp.get("identifier"), stamp.get("source")]
    found = search_document.document(
        description, stamp.get("state", "active"), [name for name in names if isinstance(name, str)], words
    )
    found["title"] = _titles(description)
    return found


def words(field: str, code: str) -> Tuple[str, ...]:
    """The words for a field's code in every language of the pages; none for what is no code. Pure."""
    part, _, name = field.partition(".")
    if field == "core.languages" or (part == "sensitive" and name in COUNTRY):
        return _names(field, code)
    return _labels(field, code) if labels.has_label(field, code) else ()


# few codes, in many descriptions
@functools.lru_cache(maxsize=1000)
def _names(field, code):
    name = language.language_name if field == "core.languages" else language.country
    return tuple(name(code, one) for one in language.LANGUAGES)


@functools.lru_cache(maxsize=1000)
def _labels(field, code):
    return tuple(pages_words.label(field, code, one) for one in language.LANGUAGES)


def _titles(description):
    # {language: the title that its readers see, folded}
    titles = description["core"].get("titles")
    titles = [one for one in titles if _is_title(one)] if isinstance(titles, list) else []
    seen = {one: language.in_language(titles, [one, "en"])[:1] for one in language.LANGUAGES}
    return {one: search_document.fold(found[0]["text"]) for one, found in seen.items() if found}


def _is_title(entry):
    return isinstance(entry, dict) and isinstance(entry.get("lang"), str) and isinstance(entry.get("text"), str)
