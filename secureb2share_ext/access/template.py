"""The link to a form that takes values anywhere in its URL."""

from typing import Any, Collection, Dict, Mapping, NamedTuple

from ..config import check_settings
from . import link


class Template(NamedTuple):
    """A URL with places, such as ``https://forms.example.org/request?dataset={identifier}``."""

    url: str

    @classmethod
    def read(cls, key: str, settings: Mapping[str, Any], demo: bool) -> "Template":
        """Make one from an entry of SECUREB2SHARE_ACCESS; raises ConfigError."""
        check_settings(key, settings, ("url",))
        link.check_places(key, "url", settings["url"])
        link.check_url(key, settings["url"], demo)
        return cls(settings["url"])

    @property
    def signs(self) -> bool:
        """Whether its links carry a signed reference."""
        return "{reference}" in self.url

    def expand(self, values: Dict[str, Any], languages: Collection[str] = ()) -> str:
        """The link for `values` (dict by link.PLACES); the form has one language, so `languages` decides nothing."""
        return self.url.format(**{name: link.encoded(values[name]) for name in link.PLACES if name in values})
