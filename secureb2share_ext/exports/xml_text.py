"""The characters that XML 1.0 can carry (https://www.w3.org/TR/xml/#charsets)."""

import re
from typing import Any

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
REPLACEMENT = "\ufffd"


def for_xml(value: Any) -> Any:
    """A str, or a list or dict of texts, with U+FFFD in place of what no XML document can hold."""
    if isinstance(value, str):
        return _NOT_XML.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [for_xml(entry) for entry in value]
    if isinstance(value, dict):
        return {name: for_xml(entry) for name, entry in value.items()}
    return value
