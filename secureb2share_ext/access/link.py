"""The addresses that the catalogue builds, and what makes them safe to follow.

Their host stands in the configuration, and every value in them is percent-encoded. The values are those of PLACES: no
author supplies an address, and no title and no person travels in one.
"""

import string
from typing import Any, Collection
from urllib.parse import quote, urlsplit

from ..config import url_fault
from ..errors import ConfigError

PLACES = ("identifier", "pid", "source", "revision", "record_url", "reference")


def encoded(value: Any) -> str:
    """The text of a value (anything with a str) as one part of a path or query; decoding gives it back unchanged."""
    return quote(str(value), safe="")


def site(url: str) -> str:
    """The host of a configured address, as a reader knows it: ``nettskjema.no``, with its port where it has one."""
    return urlsplit(url).netloc


def check_url(key: str, url: Any, demo: bool) -> None:
    """Raise ConfigError for a configured address that is not https with a host of its own."""
    fault = url_fault(url, demo) if isinstance(url, str) else "must be a text"
    if fault or "{" in urlsplit(url).netloc:
        raise ConfigError("%s: url %s." % (key, fault or "must have a host without places in braces"))


def check_base(key: str, url: Any, demo: bool) -> str:
    """The address (str) of a service, to which paths are added; raises ConfigError."""
    check_url(key, url, demo)
    if "?" in url or "{" in url:
        raise ConfigError("%s: url is the address of the service; it has neither a query nor places." % key)
    return url.rstrip("/")


def check_places(key: str, setting: str, text: Any, places: Collection[str] = PLACES) -> None:
    """Raise ConfigError when a text (of `setting`) has a place in braces that is not one of `places`."""
    try:
        parts = list(string.Formatter().parse(text))
    except (TypeError, ValueError):
        raise ConfigError("%s: %s must be a text whose braces are all closed." % (key, setting))
    for _, place, form, conversion in parts:
        if place is not None and (place not in places or form or conversion):
            raise ConfigError(
                "%s: %s has an unknown place {%s}; known are %s." % (key, setting, place, ", ".join(places))
            )
