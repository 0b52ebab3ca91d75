"""A clock of this process that a file sets while it runs: what time.time and datetime tell is shifted by its seconds.

It has to be installed before anything else is imported. libfaketime, which shifts the clock of the system's calls too,
makes time.sleep of Python 3.11 fail.
"""

import datetime
import time

_REAL, _REAL_TIME = datetime.datetime, time.time
PERIOD = 0.2  # seconds after which the file is read again


class _Kind(type):
    def __instancecheck__(cls, instance):
        return isinstance(instance, _REAL)

    def __subclasscheck__(cls, subclass):
        return issubclass(subclass, _REAL)


def install(path):
    """Shift the clock by the number in the file at `path`."""
    read = {"at": 0.0, "offset": 0.0}

    def offset():
        if time.monotonic() - read["at"] > PERIOD:
            with open(path) as file:
                read.update(at=time.monotonic(), offset=float(file.read()))
        return read["offset"]

    class Shifted(_REAL, metaclass=_Kind):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(_REAL_TIME() + offset(), tz)

        @classmethod
        def utcnow(cls):
            return cls.utcfromtimestamp(_REAL_TIME() + offset())

    # it is pickled under this name, by beat for example
    Shifted.__name__ = Shifted.__qualname__ = "datetime"
    Shifted.__module__ = "datetime"
    datetime.datetime = Shifted
    time.time = lambda: _REAL_TIME() + offset()
