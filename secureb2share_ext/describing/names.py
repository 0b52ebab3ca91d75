"""The names of countries and languages: a person writes them, or their codes, in any language of the pages. Pure."""

import functools
import unicodedata
from typing import Dict, List, Tuple

from babel import Locale

from ..descriptions.countries import CODES

# of Europe and its neighbours, and the largest ones of the world; the texts of a description, or the data, are in these
TAGS = (
    "en nb nn no fi sv it da is fo se sma smj fr de es pt nl el pl cs sk sl hr bs sr mk sq bg ro hu et lv lt mt ga cy"
    " eu ca gl lb uk ru be tr ar he fa ur hi bn pa ta vi th zh ja ko id sw am so ti ku rom"
).split()
LANGUAGES = ("en", "en_GB", "nb", "nn", "fi", "sv", "it")  # in which names are read


@functools.lru_cache(maxsize=20)
def countries(language: str) -> List[Tuple[str, str]]:
    """[(code of ISO 3166-1, name)] in the order of the names in a language that Babel knows. Pure."""
    found = Locale.parse(language).territories.items()
    codes = [(code, name) for code, name in found if code in CODES]
    return sorted(codes, key=_by_name)


@functools.lru_cache(maxsize=20)
def languages(language: str) -> List[Tuple[str, str]]:
    """[(tag, name)] of the languages that a form offers, in the order of their names. Pure."""
    known = Locale.parse(language).languages
    names = [(tag, known.get(tag, tag)) for tag in TAGS]
    return sorted(((tag, name[:1].upper() + name[1:]) for tag, name in names), key=_by_name)


def _by_name(entry):
    # Å, Ä and Ø stand beside A and O, where a reader of any language finds them
    return unicodedata.normalize("NFKD", entry[1]).casefold()


LISTS = {"country": countries, "language": languages}


def name(kind: str, code: str, language: str) -> str:
    """The name of a code in a language, or the code where it has none; kind: "country" or "language". Pure."""
    return _names(kind, language).get(code, code)


def code(kind: str, text: str) -> str:
    """The code that a text stands for, a name in any of LANGUAGES or a code, or else the text itself. Pure."""
    return _codes(kind).get(_folded(text), text)


@functools.lru_cache(maxsize=20)
def _names(kind, language):
    return dict(LISTS[kind](language))


@functools.lru_cache(maxsize=2)
def _codes(kind) -> Dict[str, str]:
    """{what somebody may write, folded: the code}"""
    found = {_folded(text): one for language in LANGUAGES for one, text in LISTS[kind](language)}
    found.update((_folded(one), one) for one, _ in LISTS[kind]("en"))
    return found


def _folded(text):
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())
