"""JSON, read strictly: UTF-8, no member twice, no NaN, no lone surrogates, no deep nesting.

Every body that decides something is read here. A reader that guesses the encoding, or replaces what it cannot decode,
sees other members than one that does not: what is not plain UTF-8 is refused.
"""

import codecs
import json
from typing import Any

from ..client import canonical
from ..errors import Invalid
from . import schema


def parse(body: bytes) -> Any:
    """The JSON value in `body` (bytes), read strictly; raises Invalid."""
    try:
        # a byte order mark stays in the text, and is no JSON
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_bounded
        )
        too_deep = schema.is_too_deep(value)
        canonical(None if too_deep else value)
    except (ValueError, RecursionError) as error:
        raise Invalid([("(body)", "is not strict JSON in UTF-8: %s" % _why(body, error))])
    if too_deep:
        raise Invalid([("(body)", "is nested too deeply")])
    return value


def _why(body, error):
    # never with what was found there
    if body.startswith(codecs.BOM_UTF8):
        return "it begins with a byte order mark; leave that out"
    if isinstance(error, UnicodeDecodeError):
        return "its byte %d belongs to no character; save it in the encoding UTF-8" % (error.start + 1)
    if isinstance(error, json.JSONDecodeError):
        return "line %d, column %d has what cannot stand there" % (error.lineno, error.colno)
    return str(error) if isinstance(error, _NotStrict) else "it holds what JSON cannot carry, such as half a character"


class _NotStrict(ValueError):
    pass


def _once(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _NotStrict("an object has a member twice")
    return value


def _bounded(digits):
    # the time that it takes to read a number grows with the square of its length
    if len(digits) > 1000:
        raise _NotStrict("a number has too many digits")
    return int(digits)


def _no_constant(name):
    raise _NotStrict("%s is no number of JSON" % name)
