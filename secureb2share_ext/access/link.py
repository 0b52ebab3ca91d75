"""The addresses that the catalogue builds, and what makes them safe to follow.

Their host stands in the configuration, and every value in them is percent-encoded. The values are those of PLACES: no
author supplies an address, and no title and no person travels in one.
"""

import re
import string
from typing import Any, Collection, Optional
from urllib.parse import quote, urlsplit

from ..config import url_fault
from ..errors import ConfigError

PLACES = ("identifier", "pid", "pid_url", "source", "revision", "record_url", "reference")
LONGEST_CLAIM = 255  # characters of a URL in a GA4GH visa
_DOI, _HANDLE = re.compile(r"10\.[0-9]{4,9}(\.[0-9]+)*/."), re.compile(r"[0-9]+(\.[0-9A-Za-z]+)*/.")


def encoded(value: Any) -> str:
    """The text of a value (anything with a str) as one part of a path or query; decoding gives it back unchanged."""
    return quote(str(value), safe="")


def pid_url(pid: str, record_url: str) -> str:
    """The address that resolves a PID: of doi.org for a DOI, of hdl.handle.net for a handle, else the record's page."""
    for pattern, resolver in ((_DOI, "https://doi.org/"), (_HANDLE, "https://hdl.handle.net/")):
        if pattern.match(pid):
            # as in a citation: the slash of a PID stays
            return resolver + quote(pid, safe="/:()")
    return record_url


def visa_fault(text: str) -> Optional[str]:
    """The reason why a text cannot be the value of a GA4GH visa (Passport 1.2.1, URL claims), or None."""
    if not text.startswith("https://"):
        return "is no https address, which the value of a visa has to be"
    if len(text) > LONGEST_CLAIM:
        return "has %d characters, and the value of a visa has at most %d" % (len(text), LONGEST_CLAIM)
    return None


def check_visas(key: str, resource: str) -> None:
    """Raise ConfigError for a template of resource ids of which none can be the value of a visa."""
    example = "https://x" if resource.startswith(("{pid_url}", "{record_url}")) else resource
    fault = visa_fault(example)
    if fault:
        raise ConfigError("%s: resource %s; begin it with {pid_url}, or leave visas out." % (key, fault))


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
