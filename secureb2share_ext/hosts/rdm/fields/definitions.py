"""The custom fields that hold what a description says beside RDM's metadata.

They are of RDM's own kinds, so that records stay readable and editable without this package: `as_configuration` gives
the lines that stand for them in a site's configuration then. What is entered is checked by hooks/publishing.py.
"""

from typing import Any, Dict, List, Optional

from invenio_records_resources.services.custom_fields import BaseCF, BooleanCF, IntegerCF, KeywordCF, TextCF
from marshmallow import EXCLUDE, Schema, fields
from marshmallow_utils.fields import SanitizedUnicode

from ....descriptions.schema import SCHEMA
from . import names
from .names import full

PROSE = 500  # characters; longer texts are searched by their words and never counted


UNSEARCHED: Dict[str, Any] = {"type": "object", "enabled": False}


class ListOf(BaseCF):
    """A custom field that lists objects of a few members, which is searched by none of them unless it is said how."""

    def __init__(self, name: str, members: Dict[str, fields.Field], searched: Optional[Dict[str, Any]] = None) -> None:
        """members: {name: marshmallow field}; searched: {name: mapping of the search index}."""
        super().__init__(name)
        self._mapping = {"type": "object", "properties": searched} if searched else UNSEARCHED
        # a schema copies its fields before it binds them; a class of schemas is dear to make at each access
        closed = Schema.from_dict(members, name=type(self).__name__)
        # what is added at reading is no fault when it comes back
        self._field = fields.List(fields.Nested(closed, unknown=EXCLUDE))

    @property
    def mapping(self) -> Dict[str, Any]:
        return self._mapping

    @property
    def field(self) -> fields.Field:
        return self._field


_TEXT = ("lang", "text")
_FILE = SCHEMA["properties"]["files"]["items"]["properties"]


def definitions() -> List[BaseCF]:
    """[custom field] for RDM_CUSTOM_FIELDS."""
    found = []
    for name, node in names.SENSITIVE.items():
        if name in names.TEXTS:
            found += [TextCF(full(name)), KeywordCF(full(name + names.LANGUAGE)), _texts(name + names.TRANSLATIONS)]
        elif name in names.ROWS:
            found.append(_rows(name, node["items"]["properties"]))
        else:
            found.append(_of(full(name), node))
    for name in (names.TITLE_LANGUAGES, names.DESCRIPTION_LANGUAGES, names.TAGS):
        found.append(KeywordCF(full(name), multiple=True))
    for name in tuple(names.CONTACT) + (names.REPLACES, names.IDENTIFIER) + names.OUTPUT:
        found.append(KeywordCF(full(name)))
    found.append(ListOf(full(names.CONTACTS), {member: SanitizedUnicode() for member in names.CONTACT.values()}))
    for name, node in [(names.CREATORS, names.CREATOR), *names.MORE.items()]:
        if node["type"] == "array":
            found.append(ListOf(full(name), {member: SanitizedUnicode() for member in node["items"]["properties"]}))
        else:
            found.append(_of(full(name), node))
    members = {n: fields.Integer() if node["type"] == "integer" else SanitizedUnicode() for n, node in _FILE.items()}
    found.append(ListOf(full(names.FILES), members))
    return found


def _texts(name):
    return ListOf(full(name), {member: SanitizedUnicode() for member in _TEXT})


def _rows(name, properties):
    searched = {
        # a member with a form or codes is one word
        member: {"type": "text" if node.get("pattern") == r"\S" else "keyword"}
        for member, node in properties.items()
    }
    return ListOf(full(name), {member: SanitizedUnicode() for member in properties}, searched)


def _of(name, node):
    is_list = node["type"] == "array"
    inner = node["items"] if is_list else node
    if inner["type"] == "boolean":
        return BooleanCF(name)
    if inner["type"] == "integer":
        return IntegerCF(name)
    is_prose = inner.get("pattern") == r"\S" and inner["maxLength"] > PROSE
    return (TextCF if is_prose else KeywordCF)(name, multiple=is_list)


def as_configuration() -> List[str]:
    """The lines of Python by which a site keeps these fields without this package."""
    kinds = sorted({type(one).__name__ for one in definitions()} - {ListOf.__name__})
    lines = [
        "from invenio_records_resources.services.custom_fields import BaseCF, %s" % ", ".join(kinds),
        "from marshmallow import fields",
        "",
        "",
        "class RawListCF(BaseCF):",
        '    """Lists of objects, kept as they are."""',
        "",
        "    mapping, field = None, fields.List(fields.Raw())",
        "",
        "    def __init__(self, name, mapping):",
        "        super().__init__(name)",
        "        self.mapping = mapping",
        "",
        "",
        'RDM_NAMESPACES = {**globals().get("RDM_NAMESPACES", {}), %r: %r}' % (names.NAMESPACE, names.NAMESPACE_URL),
        "RDM_CUSTOM_FIELDS = [",
        '    *globals().get("RDM_CUSTOM_FIELDS", []),',
    ]
    for one in definitions():
        if isinstance(one, ListOf):
            lines.append("    RawListCF(%r, %r)," % (one.name, one.mapping))
        else:
            multiple = ", multiple=True" if getattr(one, "_multiple", False) else ""
            lines.append("    %s(%r%s)," % (type(one).__name__, one.name, multiple))
    return lines + ["]"]
