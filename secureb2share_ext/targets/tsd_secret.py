"""The client secret of a project at TSD, in a file, and the tokens that it gets.

Both are JSON Web Tokens whose claims can be read without a key: `exp` says when one ends, `aud` of a secret names the
client. A secret lives for a year. Renewing it may make the old one void at once: the file of the new one is there, with
room in it, before the new one is asked for, and takes the old one's place by a rename.
"""

import base64
import contextlib
import datetime
import json
import os
import stat
from typing import Any, Dict, Iterator, NamedTuple, Optional

from ..config import shown
from ..errors import ConfigError

LONGEST = 16384  # bytes of a secret
MARGIN = 60  # seconds before its end from which on a token is not used
FARTHEST = 2**37  # seconds since 1970: what is behind it is no time in seconds
UNREADABLE_LIFE = 300  # seconds for which a token is used that does not say when it ends


class Secret(NamedTuple):
    """A client secret."""

    text: str
    ends: int  # seconds since 1970
    client: Optional[str]  # the client's id

    def __repr__(self) -> str:
        return shown(self, "text")

    @property
    def day(self) -> datetime.date:
        """The day (UTC) on which it ends."""
        return (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=self.ends)).date()


def read(path: str) -> Secret:
    """The Secret in a file; raises ConfigError, which names the path and nothing of the content."""
    try:
        with open(path, "rb") as file:
            text = file.read(LONGEST + 1).decode("ascii").strip()
    except OSError as error:
        raise ConfigError("secret_file %s cannot be read (%s)" % (path, error.strerror))
    except UnicodeError:
        text = ""
    found = of(text)
    if found is None:
        raise ConfigError("secret_file %s holds no client secret: a JSON Web Token with an `exp` is needed" % path)
    return found


def of(text: str) -> Optional[Secret]:
    """The Secret in a text, or None."""
    told = claims(text)
    ends, client = told.get("exp"), told.get("aud")
    if not isinstance(ends, (int, float)) or not 0 < ends < FARTHEST:
        return None
    return Secret(text, int(ends), client if isinstance(client, str) else None)


def claims(token: str) -> Dict[str, Any]:
    """The claims of a JSON Web Token (RFC 7519), unverified; {} where it is none."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > LONGEST:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)).decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def life(token: str, now: float) -> float:
    """Seconds for which a token that came just now can be used; now: seconds since 1970.

    `iat` comes from the same clock as `exp`, and ours may be wrong.
    """
    told = claims(token)
    begins, ends = told.get("iat", now), told.get("exp")
    if not isinstance(ends, (int, float)) or not isinstance(begins, (int, float)):
        return UNREADABLE_LIFE
    return max(ends - begins - MARGIN, 0)


@contextlib.contextmanager
def replaced(path: str) -> Iterator[Any]:
    """Yield a function (text of the new secret) -> None that puts it in the place of the old one, durably.

    What could keep the new one from being stored (rights, a full disk) raises OSError before the function is there.
    Where two renewals meet, the second raises FileExistsError; so does one after a renewal that broke off.
    """
    path = os.path.realpath(path)
    beside, kept = path + ".renewing", os.stat(path)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    has_new = False
    try:
        # as the workers, who may be another user, can read the old one
        os.fchown(descriptor, kept.st_uid, kept.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(kept.st_mode))
        os.write(descriptor, b" " * LONGEST)
        os.fsync(descriptor)

        def put(text: str) -> None:
            nonlocal has_new
            has_new = True
            os.lseek(descriptor, 0, os.SEEK_SET)
            os.write(descriptor, text.encode("utf-8") + b"\n")
            os.ftruncate(descriptor, len(text.encode("utf-8")) + 1)
            os.fsync(descriptor)
            if of(text) is None:
                raise ConfigError("what came is no client secret; it was kept in %s" % beside)
            os.rename(beside, path)
            folder = os.open(os.path.dirname(path), os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

        yield put
    finally:
        os.close(descriptor)
        if not has_new:
            os.remove(beside)
