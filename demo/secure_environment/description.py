"""The fields of the registration form as a description for the catalogue, and back.

The form holds the usual part of what can be said; members that it does not know are kept as they are.
"""

import copy
import datetime

from secureb2share_ext.descriptions import labels

from .fields import FIELDS, LANGUAGES


def blank(site):
    """A description with what is the same for every dataset of a sites.Site."""
    return {
        "core": {"publication_year": datetime.date.today().year},
        "sensitive": {
            "access_mode": ["publication-portal"],
            "special_categories": [],
            "storage_service": site.name,
            "storage_organisation": site.organisation,
            "storage_country": site.country,
        },
    }


def from_form(form, base):
    """The description that the filled-in form (werkzeug MultiDict) makes of `base`."""
    made = copy.deepcopy(base)
    lang = form.get("lang") if form.get("lang") in LANGUAGES else "en"
    for field in FIELDS:
        parent, name = _place(made, field)
        given = [text.replace("\r\n", "\n").strip() for text in form.getlist(field.name)]
        value = _value(field, [text for text in given if text], parent.get(name), lang)
        if value in (None, "", []) and field.name != "categories":  # an empty list says that there are none
            parent.pop(name, None)
        else:
            parent[name] = value
    return made


def _value(field, given, before, lang):
    first = given[0] if given else ""
    if field.shape == "listed":
        before = before if isinstance(before, list) else []
        return given + [text for text in before if text not in field.choices and text not in given]
    if field.shape == "flag":
        return {"yes": True, "no": False}.get(first)
    if field.shape == "plain" or not first:
        return first
    before = _entries(before)
    entry = before[0] if before else ({"lang": lang} if field.shape == "text" else {})
    return [dict(entry, **{field.shape: first})] + before[1:]


def _entries(value):
    # a program may have registered something that the catalogue refused
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def to_form(description):
    """{field's name: list of texts}: what the form shows for a description."""
    shown = {}
    for field in FIELDS:
        parent, name = _place(copy.deepcopy(description), field)
        value = parent.get(name)
        if value is None:
            shown[field.name] = []
        elif field.shape == "flag":
            shown[field.name] = ["yes" if value else "no"]
        elif field.shape in ("text", "name"):
            shown[field.name] = [entry[field.shape] for entry in _entries(value)[:1] if field.shape in entry]
        else:
            shown[field.name] = value if isinstance(value, list) else [value]
    return shown


def in_words(description):
    """[(title, [text])] of what is said of persons and access, codes spelled out."""
    said = description.get("sensitive")
    said = said.items() if isinstance(said, dict) else ()
    found = [(labels.title("sensitive." + name), labels.in_words("sensitive." + name, value)) for name, value in said]
    return [(title, texts) for title, texts in found if texts]


def faults_by_field(errors):
    """{field's name: [message]} of the catalogue's [{"field", "message"}]; what has no input is under ""."""
    found = {}
    for error in errors:
        place = str(error.get("field", ""))
        place = place[len("dataset.") :] if place.startswith("dataset.") else place
        owner = next((f for f in FIELDS if (place + ".").startswith((f.path + ".", f.path + "["))), None)
        text = error.get("message", "") if owner else "%s %s" % (place, error.get("message", ""))
        found.setdefault(owner.name if owner else "", []).append(text)
    return found


def _place(description, field):
    *parents, name = field.path.split(".")
    for parent in parents:
        if not isinstance(description.get(parent), dict):
            description[parent] = {}
        description = description[parent]
    return description, name
