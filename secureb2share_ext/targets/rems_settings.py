"""The settings of a target of kind rems."""

import os
from typing import Any, Callable, Dict

from ..access import rems
from ..config import check_settings, count, day, url_fault
from ..errors import AttemptEnded, ConfigError
from .answer import PAUSE
from .connection import MOST_AT_ONCE

# a revision is no place: each would be a resource of its own, and old grants would be left behind
PLACES = tuple(place for place in rems.PLACES if place != "revision")
NEEDED = ("url", "user", "organization", "workflow")
OPTIONAL = (
    "api_key", "api_key_file", "form", "licenses", "resource", "languages", "visas", "allow_private", "expires",
    "concurrency",
)  # fmt: skip


def read(key: str, settings: Dict[str, Any], demo: bool) -> Dict[str, Any]:
    """The arguments of rems.Rems from an entry of SECUREB2SHARE_TARGETS; raises ConfigError.

    key, demo: as of webhook.Webhook.
    """
    check_settings(key, settings, NEEDED, OPTIONAL)
    fault = url_fault(settings["url"], demo)
    if fault or "?" in settings["url"]:
        raise ConfigError("%s: url %s." % (key, fault or "is the address of the service, without a query"))
    for name in ("user", "organization"):
        if not _is_plain(settings[name]):
            raise ConfigError("%s: %s must be an id of REMS, a text." % (key, name))
    numbers = [("workflow", settings["workflow"])]
    numbers += [("form", settings["form"])] if settings.get("form") is not None else []
    licenses = settings.get("licenses", ())
    # compared one by one: what cannot be hashed is a fault of its own
    if not isinstance(licenses, (list, tuple)) or any(licenses.count(one) > 1 for one in licenses):
        raise ConfigError("%s: licenses must be a list of the ids of licences in REMS, each once." % key)
    for name, number in numbers + [("licenses", number) for number in licenses]:
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ConfigError("%s: %s must be an id of REMS, a number." % (key, name))
    languages = settings.get("languages", ("en",))
    if not isinstance(languages, (list, tuple)) or not languages or not all(map(_is_plain, languages)):
        raise ConfigError("%s: languages must be a list of those that REMS is configured for." % key)
    rems.check_resource(key, settings.get("resource", "{identifier}"), PLACES, bool(settings.get("visas")))
    count(key, settings, "concurrency", MOST_AT_ONCE)
    read_values = {name: settings[name] for name in NEEDED[2:] + OPTIONAL[2:] if name in settings}
    read_values["expires"] = day(key, settings.get("expires"))
    read_values["allow_private"] = bool(settings.get("allow_private")) or demo
    read_values.update(url=settings["url"].rstrip("/"), user=settings["user"], key=_key_of(key, settings))
    return read_values


def _is_plain(value):
    return isinstance(value, str) and 1 <= len(value) <= 300 and all(" " <= one <= "~" for one in value)


def _key_of(key: str, settings: Dict[str, Any]) -> Callable[[], str]:
    """The callable that gives the API key: a file is read anew by each sweep, so that a new key needs no restart."""
    text, path = settings.get("api_key"), settings.get("api_key_file")
    if (text is None) == (path is None):
        raise ConfigError("%s needs api_key or api_key_file, and not both." % key)
    if text is not None:
        if not _is_plain(text):
            raise ConfigError("%s: api_key must be a text of printable ASCII." % key)
        return lambda: text
    if not isinstance(path, (str, os.PathLike)) or not os.path.isabs(path):
        raise ConfigError("%s: api_key_file must be the whole path of a file." % key)
    return lambda: _read_key(path)


def _read_key(path):
    try:
        with open(path, encoding="ascii") as file:
            text = file.read(1000).strip()
    except (OSError, ValueError):
        text = ""
    if not _is_plain(text):
        raise AttemptEnded(PAUSE, "the file api_key_file cannot be read, or holds no key")
    return text
