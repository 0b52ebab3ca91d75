"""The values that this package forces on a sensitive community's records and drafts, whatever an editor says. Pure."""

from typing import Any

OPEN, EMBARGO, FILES = "open_access", "embargo_date", "_files"


def close(metadata: Any) -> None:
    """Make a record or draft (dict, changed) closed: B2SHARE's web interface sends open_access, and a task sets it."""
    metadata[OPEN] = False
    metadata.pop(EMBARGO, None)


def keep(metadata: Any, former: Any) -> None:
    """Leave a legacy record's access as it was in `former`, whatever a task of the host made of it."""
    for name in (OPEN, EMBARGO):
        metadata.pop(name, None)
        if name in former:
            metadata[name] = former[name]


def forget_files(metadata: Any) -> None:
    """Remove what a client says of files; the host notes a draft's own files itself."""
    metadata.pop(FILES, None)
