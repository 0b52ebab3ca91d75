"""What has an operator still to know or do about frozen records?"""

from . import store


def sentences(is_on):
    """[sentence] for `check` and before the package is taken away: what of the way out holds, and what does not."""
    closed = len(store.pids("frozen", "exported", "confirmed"))
    half = len(store.pids("purging"))
    found = []
    if closed and not is_on:
        found.append(
            "%d legacy records are frozen: nobody reads their files, also without this package, until `secureb2share"
            " legacy thaw --all`; but while the mode is not on, the catalogue shows the files' names again." % closed
        )
    if half:
        found.append("%d legacy records are deleted by half: run `secureb2share legacy purge --all`." % half)
    return found
