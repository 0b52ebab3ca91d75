"""The kinds of access-request forms, and the link to each. One file per kind.

A provider has `signs`, whether its links carry a signed reference, and `expand(values, languages)`, which makes one:
values is a dict with the names of link.PLACES, languages the reader's language tags, the best first.
"""

from typing import Any, Dict, Mapping, Type, Union

from ..errors import ConfigError
from .nettskjema import Nettskjema
from .rems import Rems
from .template import Template

Provider = Union[Nettskjema, Rems, Template]
KINDS: Dict[str, Type[Provider]] = {"nettskjema": Nettskjema, "rems": Rems, "template": Template}


def read(config: Mapping[str, Any]) -> Dict[str, Provider]:
    """{name: provider} from SECUREB2SHARE_ACCESS; raises ConfigError."""
    providers = {}
    for name, settings in config["SECUREB2SHARE_ACCESS"].items():
        key = "SECUREB2SHARE_ACCESS[%r]" % name
        settings = dict(settings)
        kind = KINDS.get(settings.pop("provider", None))
        if kind is None:
            raise ConfigError("%s: provider must be one of %s." % (key, ", ".join(sorted(KINDS))))
        providers[name] = provider = kind.read(key, settings, config["SECUREB2SHARE_DEMO"])
        if getattr(provider, "events", ()) and ("/" in name or len(name) > 100):
            raise ConfigError(
                "%s: this name is part of the address of its events; it has a slash, or is too long." % key
            )
    return providers
