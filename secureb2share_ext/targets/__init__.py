"""The targets: the secure sides that get events. There is one file per kind of target."""

from typing import Any, Dict

from ..errors import ConfigError
from .webhook import Sign, Webhook

KINDS = {"webhook": Webhook}


def read(config: Dict[str, Any], sign: Sign) -> Dict[str, Webhook]:
    """{name: target} from SECUREB2SHARE_TARGETS; raises ConfigError.

    sign(message_id, body) -> headers: signs with the catalogue's current key.
    """
    targets = {}
    for name, settings in config["SECUREB2SHARE_TARGETS"].items():
        key = "SECUREB2SHARE_TARGETS[%r]" % name
        settings = dict(settings)
        kind = KINDS.get(settings.pop("kind", None))
        if kind is None:
            raise ConfigError("%s: kind must be one of %s." % (key, ", ".join(sorted(KINDS))))
        targets[name] = kind.read(key, settings, sign, config["SECUREB2SHARE_DEMO"])
    return targets
