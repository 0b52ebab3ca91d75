"""The names of countries and languages, from which a person chooses."""

import functools
import re
import unicodedata
from typing import List, Tuple

from babel import Locale

# of Europe and its neighbours, and the largest ones of the world; the texts of a description, or the data, are in these
TAGS = (
    "en nb nn no fi sv it da is fo se sma smj fr de es pt nl el pl cs sk sl hr bs sr mk sq bg ro hu et lv lt mt ga cy"
    " eu ca gl lb uk ru be tr ar he fa ur hi bn pa ta vi th zh ja ko id sw am so ti ku rom"
).split()
NO_COUNTRIES = ("EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "DG", "EA", "IC", "TA", "CQ")


@functools.lru_cache(maxsize=20)
def countries(language: str) -> List[Tuple[str, str]]:
    """[(code of ISO 3166-1, name)] in the order of the names in a language that Babel knows. Pure."""
    found = Locale.parse(language).territories.items()
    codes = [(code, name) for code, name in found if re.match("[A-Z]{2}$", code) and code not in NO_COUNTRIES]
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
