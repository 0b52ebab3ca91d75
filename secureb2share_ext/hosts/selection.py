"""The choice of the host: by what is installed, confirmed later by what is on the application.

app.extensions cannot tell at start-up: the order in which extensions load is undefined.
"""

import importlib
from typing import Optional, Type

from ..compat import is_installed
from ..errors import ConfigError
from ..proxies import Host

# other hosts' environments hold records-rest too, so the order matters
MODULES = (("b2share2", "b2share"), ("rdm", "invenio_rdm_records"), ("records_rest", "invenio_records_rest"))


def choose(wanted: Optional[str]) -> "Type[Host]":
    """The Host class; wanted: SECUREB2SHARE_HOST, a name or "package.module:Class", or None. Raises ConfigError."""
    names = dict(MODULES)
    if wanted is not None and ":" in wanted:
        return _load(wanted)
    if wanted is not None and wanted not in names:
        raise ConfigError("SECUREB2SHARE_HOST is %r; this version supports %s." % (wanted, ", ".join(names)))
    for name, module in MODULES:
        if (wanted or name) == name and is_installed(module):
            return importlib.import_module("%s.%s.host" % (__package__, name)).HOST
    raise ConfigError(
        "No host that this package supports is installed; it needs one of %s." % ", ".join(names.values())
    )


def _load(wanted: str) -> "Type[Host]":
    module, _, name = wanted.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError("SECUREB2SHARE_HOST is %r, which cannot be loaded: %s." % (wanted, error))
