"""The targets: the secure sides that get events. There is one file per kind of target.

A kind has `read(key, settings, demo)`, which makes a target of an entry of SECUREB2SHARE_TARGETS. A target has `echo`,
`expires`, `concurrency` and `fingerprint` (see webhook.Webhook), `registers` (whether it makes the place where a
dataset is applied for, so that nothing opens before), and `open()`, which gives a channel with `send(event, sign)`,
`close()` and `last`. One that registers has `resource`, the template of its ids, and `visas`, and
its `open` takes an outbox.registrations.Journal. One that can be asked what it is has `look()`, which
`secureb2share check` alone calls. One whose secret can be renewed has `renew()`, which returns the day on which the new
one ends.
"""

from typing import Any, Dict

from ..errors import ConfigError
from .rems import Rems
from .tsd import Tsd
from .webhook import Webhook

KINDS: Dict[str, Any] = {"rems": Rems, "tsd": Tsd, "webhook": Webhook}


def read(config: Dict[str, Any]) -> Dict[str, Any]:
    """{name: target} from SECUREB2SHARE_TARGETS; raises ConfigError."""
    targets: Dict[str, Any] = {}
    secrets: Dict[str, str] = {}
    for name, settings in config["SECUREB2SHARE_TARGETS"].items():
        key = "SECUREB2SHARE_TARGETS[%r]" % name
        if not isinstance(settings, dict):
            raise ConfigError("%s must be a dict of settings." % key)
        settings = dict(settings)
        chosen = settings.pop("kind", None)
        kind = KINDS.get(chosen) if isinstance(chosen, str) else None
        if kind is None:
            raise ConfigError("%s: kind must be one of %s." % (key, ", ".join(sorted(KINDS))))
        targets[name] = target = kind.read(key, settings, config["SECUREB2SHARE_DEMO"])
        if target.fingerprint in secrets:
            raise ConfigError(
                "%s: its secret is that of the target %r too, so that each could forge what the other gets; give each"
                " its own." % (key, secrets[target.fingerprint])
            )
        if target.fingerprint:
            secrets[target.fingerprint] = name
    return targets
