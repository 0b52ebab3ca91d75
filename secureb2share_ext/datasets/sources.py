"""Who may say what about which datasets?"""

from typing import NamedTuple, Tuple

from ..client import NotVerified, key_fault, verify
from ..dataset import RESERVED_SOURCES
from ..errors import ConfigError, NotSigned, UnknownDataset


class Source(NamedTuple):
    """An authority that assigns dataset identifiers, as SECUREB2SHARE_SOURCES describes it."""

    name: str
    keys: Tuple[str, ...]
    community: str
    access: str
    targets: Tuple[str, ...] = ()
    release: str = "publish"
    describe_files: str = "labels"
    echo: Tuple[str, ...] = ()  # of the targets, those that want to hear what the source itself caused


SETTINGS = Source._fields[1:-1]


def read(config, targets, providers):
    """{name: Source} from SECUREB2SHARE_SOURCES; raises ConfigError.

    targets, providers: what SECUREB2SHARE_TARGETS and SECUREB2SHARE_ACCESS define, by name.
    """
    sources = {}
    for name, settings in config["SECUREB2SHARE_SOURCES"].items():
        key = "SECUREB2SHARE_SOURCES[%r]" % name
        if name in RESERVED_SOURCES or "/" in name or not name:
            raise ConfigError("%s: this name is reserved or has a slash; choose another." % key)
        unknown = set(settings) - set(SETTINGS)
        if unknown:
            raise ConfigError(
                "%s has the unknown setting %s; known are %s." % (key, sorted(unknown)[0], ", ".join(SETTINGS))
            )
        for needed in ("keys", "community", "access"):
            if not settings.get(needed):
                raise ConfigError("%s needs %r." % (key, needed))
        source = Source(name=name, **{k: tuple(v) if isinstance(v, list) else v for k, v in settings.items()})
        for number, one in enumerate(source.keys):
            fault = key_fault(one)
            if fault:
                raise ConfigError("%s: keys[%d] %s." % (key, number, fault))
            if any(one in other.keys for other in sources.values()):
                raise ConfigError("%s: keys[%d] is a key of another source too." % (key, number))
        if source.release != "publish":
            raise ConfigError("%s: release must be 'publish'." % key)
        if source.describe_files not in ("labels", "full"):
            raise ConfigError("%s: describe_files must be 'labels' or 'full'." % key)
        if source.access not in providers:
            raise ConfigError("%s: access %r is not in SECUREB2SHARE_ACCESS." % (key, source.access))
        for target in source.targets:
            if target not in targets:
                raise ConfigError("%s: target %r is not in SECUREB2SHARE_TARGETS." % (key, target))
        sources[name] = source._replace(echo=tuple(t for t in source.targets if targets[t].echo))
    return sources


def authenticate(sources, name, headers, body):
    """(Source, message id) of a signed request for the source `name`; raises NotSigned, UnknownDataset.

    A valid signature of another source, or one for a source that does not exist, gets the answer for an unknown
    dataset: no source learns what another one has.
    """
    every = {key: source for source in sources.values() for key in source.keys}
    try:
        message_id, key = verify(list(every), headers, body)
    except NotVerified as error:
        raise NotSigned(str(error))
    if every[key].name != name:
        raise UnknownDataset()
    return every[key], message_id
