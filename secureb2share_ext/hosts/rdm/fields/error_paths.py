"""The names by which an editor of an RDM record knows the fields of a description. Pure."""

import re

from . import names
from .names import full

_FIELDS = (
    (r"core\.(title|description)s\[0\](\.text)?", r"metadata.\1"),
    (r"core\.titles\[0\]\.lang", "custom_fields." + full(names.TITLE_LANGUAGES)),
    (r"core\.descriptions\[0\]\.lang", "custom_fields." + full(names.DESCRIPTION_LANGUAGES)),
    (r"core\.titles", "metadata.title"),
    (r"core\.descriptions", "metadata.description"),
    (r"core\.publication_year", "metadata.publication_date"),
    (r"core\.keywords(.*)", r"metadata.subjects\1"),
    (r"core\.(%s)(.*)" % "|".join(names.MORE), "custom_fields." + full(r"\1\2")),
    (r"core\.creators(.*)", r"metadata.creators\1"),
    (r"core\.(publisher|languages)(.*)", r"metadata.\1\2"),
    (r"core\.contacts(\[0\])?", "custom_fields." + full("contact_name")),
    (r"core\.contacts\[0\]\.(.*)", "custom_fields." + full(r"contact_\1")),
    (r"version\.replaces", "custom_fields." + full(names.REPLACES)),
    (r"version.*", "metadata.version"),
    (r"files(.*)", "custom_fields." + full(names.FILES) + r"\1"),
    (r"secureb2share\.identifier", "custom_fields." + full(names.IDENTIFIER)),
    (r"sensitive\.(columns)(\[\d+\].*)?", "custom_fields." + full(r"\1") + r"\2"),
    # beside a list of codes in a form, there is one place for faults
    (r"sensitive\.(\w+)(\[\d+\])?", "custom_fields." + full(r"\1")),
)
_MORE = re.compile(r"core\.(title|description)s\[(\d+)\]\.(lang|text)\Z")
_OF_CONTACTS = re.compile(r"core\.contacts\[(\d+)\](.*)\Z")
_OF_TEXTS = re.compile(r"sensitive\.(\w+)\[(\d+)\](\.lang|\.text)?\Z")


def of(field: str) -> str:
    """The dotted path by which RDM names ``core.titles[0].text`` or ``sensitive.duo_codes[1]``."""
    more, texts, contacts = _MORE.match(field), _OF_TEXTS.match(field), _OF_CONTACTS.match(field)
    if more and int(more.group(2)):
        field = _of_more(more.group(1), int(more.group(2)), more.group(3))
    elif contacts and int(contacts.group(1)):
        number = int(contacts.group(1)) - 1
        field = "custom_fields.%s[%d]%s" % (full(names.CONTACTS), number, contacts.group(2))
    elif texts and texts.group(1) in names.TEXTS:
        field = _of_texts(texts.group(1), int(texts.group(2)), texts.group(3) or "")
    else:
        for pattern, shown in _FIELDS:
            if re.fullmatch(pattern, field):
                field = re.sub(pattern + r"\Z", shown, field, count=1)
                break
    return re.sub(r"\[(\d+)\]", r".\1", field)


def _of_more(kind, number, member):
    if member == "lang":
        tags = names.TITLE_LANGUAGES if kind == "title" else names.DESCRIPTION_LANGUAGES
        return "custom_fields.%s[%d]" % (full(tags), number)
    return "metadata.additional_%ss[%d].%s" % (kind, number - 1, kind)


def _of_texts(name, number, member):
    if number:
        return "custom_fields.%s[%d]%s" % (full(name + names.TRANSLATIONS), number - 1, member)
    return "custom_fields." + full(name + (names.LANGUAGE if member == ".lang" else ""))
