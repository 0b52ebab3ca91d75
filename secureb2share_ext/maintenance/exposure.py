"""What others on the machine, or on the way to a browser, could read: the key folder, and the session's cookie."""

import datetime
import os
import stat
from typing import Any, Iterator, List, Mapping, Optional

OTHERS = stat.S_IRWXG | stat.S_IRWXO
WRITING = stat.S_IWGRP | stat.S_IWOTH
KEY = ".key"
LONGEST = datetime.timedelta(days=1)  # of a session: whoever works for longer logs in again
DEFAULT = datetime.timedelta(days=31)  # Flask's


def of_keys(folder: Optional[str]) -> List[str]:
    """[sentence] for the key folder and each key in it that others than the service can read, also through a link."""
    if not folder or not os.path.isdir(folder):
        return []
    return list(_of_folder(folder)) + [
        sentence
        for name in sorted(os.listdir(folder))
        if name.endswith(KEY)
        for sentence in _of_file(os.path.join(folder, name))
    ]


def _of_folder(folder: str) -> Iterator[str]:
    mode = stat.S_IMODE(os.stat(folder).st_mode)
    if mode & OTHERS:
        said = "The key folder %s is open to others (mode %04o): run `chmod 700 %s`."
        yield said % (folder, mode, os.path.realpath(folder))


def _of_file(path: str) -> Iterator[str]:
    real = os.path.realpath(path)
    leads = " leads to %s, which" % real if os.path.islink(path) else ""
    try:
        found, around = os.stat(real), os.stat(os.path.dirname(real))
    except OSError as error:
        yield "The key %s%s cannot be looked at (%s)." % (path, leads, error.strerror)
        return
    mode = stat.S_IMODE(found.st_mode)
    if mode & OTHERS:
        yield "The key %s%s is open to others (mode %04o): run `chmod 600 %s`." % (path, leads, mode, real)
    if leads and stat.S_IMODE(around.st_mode) & WRITING:
        yield "The key %s%s lies in a folder that others can write to: move it into the key folder." % (path, leads)


def of_cookies(config: Mapping[str, Any], base_url: Optional[str]) -> List[str]:
    """[sentence] for each flag that the session's cookie lacks, and for a session that lasts longer than LONGEST.

    The session is the host's: this package sets no cookie, and its pages are as safe as that one. base_url: None, and
    http on loopback, need none of this.
    """
    if not base_url or not base_url.startswith("https://"):
        return []
    found = []
    if not config.get("SESSION_COOKIE_SECURE"):
        found.append("SESSION_COOKIE_SECURE is not True: a browser would send the session over http too.")
    if config.get("SESSION_COOKIE_HTTPONLY") is False:
        found.append("SESSION_COOKIE_HTTPONLY is False: a script in a page could read the session.")
    # a Flask before 1.0 knows no such key, and sets no such flag
    if "SESSION_COOKIE_SAMESITE" in config and config["SESSION_COOKIE_SAMESITE"] not in ("Lax", "Strict"):
        found.append(
            "SESSION_COOKIE_SAMESITE is neither 'Lax' nor 'Strict': other sites' forms would carry the session."
        )
    # the hosts make every session a permanent one
    lifetime = config.get("PERMANENT_SESSION_LIFETIME", DEFAULT)
    if not isinstance(lifetime, datetime.timedelta):
        lifetime = datetime.timedelta(seconds=lifetime)
    if lifetime > LONGEST:
        hours = lifetime.total_seconds() // 3600
        found.append("PERMANENT_SESSION_LIFETIME is %d hours: set at most 24, so that a session ends soon." % hours)
    return found
