"""Where does a reader ask for access to a dataset?

The server builds the address from its own configuration and percent-encodes every value; no author supplies one. No
title and no person travels in it.
"""

import string
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from ..errors import ConfigError
from ..targets import egress

PLACES = ("identifier", "pid", "source", "revision", "record_url", "reference")


class Template(NamedTuple):
    """A provider whose form takes its values in the URL."""

    url: str

    @property
    def signs(self):
        """Whether its links carry a signed reference."""
        return "{reference}" in self.url

    def expand(self, values):
        """The link for `values` (dict with the names in PLACES)."""
        encoded = {name: quote(str(values[name]), safe="") for name in PLACES if name in values}
        return self.url.format(**encoded)


def read(config):
    """{name: provider} from SECUREB2SHARE_ACCESS; raises ConfigError."""
    providers = {}
    for name, settings in config["SECUREB2SHARE_ACCESS"].items():
        key = "SECUREB2SHARE_ACCESS[%r]" % name
        if settings.get("provider") != "template" or set(settings) != {"provider", "url"}:
            raise ConfigError("%s needs exactly provider: 'template' and url." % key)
        url = settings["url"]
        try:
            parts = list(string.Formatter().parse(url))
        except ValueError:
            raise ConfigError("%s: url has a brace that is not closed." % key)
        for _, place, form, conversion in parts:
            if place is not None and (place not in PLACES or form or conversion):
                raise ConfigError("%s: url has an unknown place {%s}; known are %s." % (key, place, ", ".join(PLACES)))
        fault = egress.url_fault(url, config["SECUREB2SHARE_DEMO"])
        if fault or "{" in urlsplit(url).netloc:
            raise ConfigError("%s: url %s." % (key, fault or "must name its host itself"))
        providers[name] = Template(url)
    return providers
