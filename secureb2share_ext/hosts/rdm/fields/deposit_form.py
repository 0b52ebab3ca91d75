"""The section on sensitive data of RDM's deposit form: RDM_CUSTOM_FIELDS_UI, derived from the schema. Pure."""

from typing import Any, Dict, Iterator, List, Tuple

from ....descriptions.hints import HINTS
from . import names
from .names import full

SECTION = "Sensitive data"
# this form has one text in one language, and the others beside it
_HINTS = dict(HINTS, access_conditions="What is asked of a requester, in plain words.")
_CONTACT = {
    "contact_name": ("Contact", "The role to ask, never a person: such as Data access committee."),
    "contact_email": ("Contact's e-mail", "A role's address."),
    "contact_url": ("Contact's page", "An address that begins with https://."),
}
_BESIDE = {
    names.REPLACES: ("Replaces the dataset", "The identifier of the dataset of which this is a new version."),
    names.IDENTIFIER: ("Dataset identifier", "Where the secure environment has one already; else leave it empty."),
}


def section() -> Dict[str, Any]:
    """One section of RDM_CUSTOM_FIELDS_UI, as dict."""
    fields = [_text(name, *words) for name, words in _CONTACT.items()]
    # what every description needs comes first
    ordered = sorted(names.SENSITIVE, key=lambda name: name not in names.REQUIRED)
    for name in ordered:
        fields += list(_of(name, names.SENSITIVE[name]))
    for name, node in names.MORE.items():
        fields += list(_of(name, node)) if node["type"] == "string" else []
    fields += [_text(name, *words) for name, words in _BESIDE.items()]
    return {"section": SECTION, "active": False, "fields": fields, "hide_from_landing_page": True}


def _of(name: str, node: Dict[str, Any]) -> Iterator[Dict[str, Any]]:
    if name in names.ROWS:
        # no widget of RDM's has rows; the pages of this package do
        return
    words = node.get("title", name), _HINTS.get(name, node.get("description", ""))
    if name in names.TEXTS:
        yield _field(name, "TextArea", words, rows=4)
        yield _field(name + names.LANGUAGE, "Input", ("%s: language" % words[0], "A tag such as en, nb or sv-FI."))
        return
    is_list = node["type"] == "array"
    inner = node["items"] if is_list else node
    if "enum" in inner:
        yield _field(
            name, "Dropdown", words, options=_options(name, inner), multiple=is_list, search=True, clearable=True
        )
    elif inner["type"] == "boolean":
        yield _field(name, "BooleanCheckbox", words, trueLabel="Yes", falseLabel="No")
    elif is_list:
        yield _field(name, "MultiInput", words)
    else:
        kind = {"type": "number"} if inner["type"] == "integer" else {}
        yield _field(name, "Input", words, **kind)


def _options(name: str, node: Dict[str, Any]) -> List[Dict[str, Any]]:
    labels = node.get("x-labels", {})
    options = [{"id": code, "title_l10n": labels.get(code, code)} for code in node["enum"]]
    return options + [{"id": names.NONE, "title_l10n": "None of these"}] * (name in names.CAN_BE_NONE)


def _text(name: str, label: str, hint: str) -> Dict[str, Any]:
    return _field(name, "Input", (label, hint))


def _field(name: str, widget: str, words: Tuple[str, str], **props: Any) -> Dict[str, Any]:
    is_required = name in names.REQUIRED or name == "contact_name"
    shown = dict(label=words[0], placeholder="", description=words[1], icon="", required=is_required, **props)
    return {"field": full(name), "ui_widget": widget, "props": shown}
