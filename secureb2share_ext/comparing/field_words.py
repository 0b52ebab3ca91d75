"""The names of fields, and their codes, numbers and countries, in the reader's words."""

from typing import Any

from ..pages import words
from ..pages.language import country, current, gettext, language_name

COUNTRIES = ("country", "spatial", "duo_countries")  # ends of fields that hold codes of ISO 3166-1


def title(path: str) -> str:
    """The name of a field, such as ``core.titles``."""
    return words.title(path, current())


def spell(path: str, value: Any) -> str:
    """A value of a field in words; what has none stands for itself."""
    if value in ([], {}):
        return gettext("None")
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if path.endswith(COUNTRIES):
        return country(str(value))
    if path == "core.languages" or path.endswith(".lang"):
        return language_name(str(value))
    return words.label(path, value, current())
