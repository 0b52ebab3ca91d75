"""The targets: the secure sides that get events. There is one file per kind of target."""

from typing import Any, Dict

from ..errors import ConfigError
from .webhook import Webhook

KINDS = {"webhook": Webhook}


def read(config: Dict[str, Any]) -> Dict[str, Webhook]:
    """{name: target} from SECUREB2SHARE_TARGETS; raises ConfigError."""
    targets = {}
    for name, settings in config["SECUREB2SHARE_TARGETS"].items():
        key = "SECUREB2SHARE_TARGETS[%r]" % name
        settings = dict(settings)
        kind = KINDS.get(settings.pop("kind", None))
        if kind is None:
            raise ConfigError("%s: kind must be one of %s." % (key, ", ".join(sorted(KINDS))))
        targets[name] = kind.read(key, settings, config["SECUREB2SHARE_DEMO"])
    return targets
