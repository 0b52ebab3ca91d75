"""The characters of a text that no reader sees, and those few of them that a script needs. Pure.

They make two texts look alike, turn what stands beside them around, or carry what nobody reads: Unicode's category Cf,
variation selectors, fillers and blanks, and what has a form in one font alone. They are written out, so that every
version of Python decides the same.
"""

import re
import unicodedata
from typing import Any

HIDDEN = "must have no invisible characters, such as zero-width ones and marks of direction"
NOT_COMPOSED = "must be in the composed form of Unicode, NFC"

_UNSEEN = (
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\U000110bd\U000110cd"
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\U000f0000-\U0010ffff"
)
PATTERN = "[%s]" % _UNSEEN
_HIDDEN = re.compile(PATTERN)

_SIGNS = (
    "[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2]"  # of Arabic and Syriac; Unicode calls them Cf, but they are seen
)
_JOINING = "\u0620-\u06dc\u06de-\u070e\u0710-\u07ff\u0840-\u088f\u0892-\u08e1\u08e3-\u0dff\ufb50-\ufdff\ufe70-\ufefc"
_VIRAMA = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"
_MONGOLIAN = "\u1820-\u18aa"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PICTURE = "\u00a9\u00ae\u203c-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_NEEDED = re.compile(
    "|".join(
        (
            _SIGNS,
            # of private use: a word processor's bullets
            "[\ue000-\uf8ff\U000f0000-\U0010ffff]",
            # the space of braille
            "(?<=[\u2801-\u28ff])\u2800(?=[\u2801-\u28ff])",
            # the joiners, between letters of the scripts from Arabic to Sinhala, and behind a virama
            "(?<=[%s])[\u200c\u200d](?=[%s])" % (_JOINING, _JOINING),
            "(?<=[%s])[\u200c\u200d]" % _VIRAMA,
            "(?<=[%s])[\u180b-\u180f]" % _MONGOLIAN,
            # the other form of a Chinese or Japanese character
            "(?<=[%s])[\ufe00-\ufe02\U000e0100-\U000e01ef]" % _HAN,
            # an emoji's presentation, and the joiner of several
            "(?<=[#*0-9%s])[\ufe0e\ufe0f]" % _PICTURE,
            "(?<=[\ufe0f%s])\u200d(?=[%s])" % (_PICTURE, _PICTURE),
        )
    )
)


def hidden_in_name(text: str) -> bool:
    """Whether a name, title, keyword or identifier has an invisible character; none is needed in one."""
    return bool(_HIDDEN.search(text))


def hidden_in_prose(text: str) -> bool:
    """Whether a text has an invisible character that no script needs where it stands."""
    return bool(_HIDDEN.search(text)) and bool(_HIDDEN.search(_NEEDED.sub("", text)))


def is_composed(text: str) -> bool:
    """Whether a text is in NFC, so that two that look alike are the same text."""
    return unicodedata.normalize("NFC", text) == text


def composed(value: Any) -> Any:
    """A JSON value with every text in it in NFC; the names of members stay as they are."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {name: composed(member) for name, member in value.items()}
    return [composed(entry) for entry in value] if isinstance(value, list) else value
