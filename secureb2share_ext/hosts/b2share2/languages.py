"""Texts in several languages, as a B2SHARE record holds them.

A title in B2SHARE has no language, and no title stands in a record twice. For this reason the community's block lists
the languages, in the order of the titles. An entry `nb=1` is one more title, the text of the first one in another
language. A title without an entry is in the first of the record's languages, or `und` (BCP 47: undetermined).
Descriptions are held likewise.
"""

import re
from typing import Any, Dict, List, Tuple

from ...descriptions.schema import SCHEMA

UNDETERMINED = "und"
# names as B2SHARE's list of languages has them, by which its web interface recognises them
LANGUAGES = {
    "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Modern Greek (1453-)",
    "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fi": "Finnish", "fo": "Faroese",
    "fr": "French", "ga": "Irish", "hr": "Croatian", "hu": "Hungarian", "is": "Icelandic", "it": "Italian",
    "lb": "Luxembourgish", "lt": "Lithuanian", "lv": "Latvian", "mt": "Maltese", "nb": "Norwegian Bokmål",
    "nl": "Dutch", "nn": "Norwegian Nynorsk", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "se": "Northern Sami", "sk": "Slovak", "sl": "Slovenian",
    "sma": "Southern Sami", "smj": "Lule Sami", "sr": "Serbian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian",
}  # fmt: skip

_TITLES = SCHEMA["properties"]["core"]["properties"]["titles"]
_TAG = _TITLES["items"]["properties"]["lang"]
_AGAIN = re.compile(r"([^=]*)=([1-9][0-9]?)\Z")


def name(tag: str) -> str:
    """The English name of a language (BCP 47 tag), or the tag itself."""
    return LANGUAGES.get(tag.split("-")[0], tag)


def split(entries: List[Dict[str, str]]) -> Tuple[List[str], List[str]]:
    """([text], each once; [tag]) of a list of {lang, text}."""
    texts: List[str] = []
    tags: List[str] = []
    for entry in entries:
        if entry["text"] in texts:
            tags.append("%s=%d" % (entry["lang"], texts.index(entry["text"]) + 1))
        else:
            texts.append(entry["text"])
            tags.append(entry["lang"])
    return texts, tags


def joined(entries: Any, member: str, tags: Any, otherwise: str) -> Any:
    """[{lang, text}] of the texts that are `member` of the entries and of the tags of `split`; takes any JSON.

    otherwise: the tag of a text that has none. A tag without a text gives an entry without a text, which is a fault.
    """
    if not isinstance(entries, list):
        return entries
    tags = [] if tags is None else tags if isinstance(tags, list) else [tags]
    found, number = [], 0
    # no more than tells that there are too many
    for tag in tags[: _TITLES["maxItems"] + 1]:
        again = _AGAIN.match(tag) if isinstance(tag, str) else None
        if again:
            found.append(_in(again.group(1), entries, int(again.group(2)) - 1, member))
        else:
            found.append(_in(tag, entries, number, member))
            number += 1
    return found + [_in(otherwise, entries, place, member) for place in range(number, len(entries))]


def _in(tag: Any, entries: List[Any], place: int, member: str) -> Any:
    entry = entries[place] if place < len(entries) else {}
    if not isinstance(entry, dict):
        return entry
    return {"lang": tag, "text": entry[member]} if member in entry else {"lang": tag}


def default(tags: Any) -> str:
    """The first of a record's languages that is a tag, or UNDETERMINED; takes any JSON."""
    for tag in tags if isinstance(tags, list) else []:
        if isinstance(tag, str) and len(tag) <= _TAG["maxLength"] and re.search(_TAG["pattern"][:-1] + r"\Z", tag):
            return tag
    return UNDETERMINED
