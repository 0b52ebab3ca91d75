"""The sentences that tell an operator what is still to know or do about frozen records."""

from typing import List

from . import store


def sentences(is_on: bool) -> List[str]:
    """[sentence] for `check` and before an uninstallation, on frozen records and on deletions that are not complete."""
    closed = len(store.pids("frozen", "exported", "confirmed"))
    half = len(store.pids("purging"))
    found = []
    if closed and not is_on:
        found.append(
            "Legacy records that are frozen: %d. Nobody can read their files, even without this package, until"
            " `secureb2share legacy thaw --all` is run. While the mode is not on, the catalogue shows the names of"
            " these files again." % closed
        )
    if half:
        found.append(
            "Legacy records whose deletion is not complete: %d. Run `secureb2share legacy purge --all`." % half
        )
    return found
