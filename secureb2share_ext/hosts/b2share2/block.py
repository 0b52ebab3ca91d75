"""The block schema of a sensitive community in B2SHARE.

The schema is derived from the schema of descriptions: the fields of `sensitive` under their own names, and whatever
B2SHARE's root schema cannot hold. B2SHARE allows a flat object (b2share/modules/schemas/validate.py). Its web interface
shows the description of a field while the field is edited, behind the words "This subfield sets" where the field is not
a list, and never the label of a code. It cannot remove a text that was entered, and leaves an empty text instead. For
these reasons labels stand in the description, and an optional text may be empty.
"""

import copy
import re
from typing import Any, Dict

from ...descriptions.dates import DAYS
from ...descriptions.hints import HINTS
from ...descriptions.schema import SCHEMA, VERSION
from ...errors import SecureB2ShareError

ACCESS_URL = "access_request_url"
STATE = "dataset_state"
IDENTIFIER = "dataset_identifier"
CONTACTS = "more_contacts"  # beside the main one
ROOT = ("titles", "descriptions", "creators", "publisher", "publication_year", "keywords", "languages", "contacts")
# members of core that the root schema has no place for, or none that gives them back as they were
MORE = tuple(name for name in SCHEMA["properties"]["core"]["properties"] if name not in ROOT)
NONE = "none"  # the code by which an editor says that a required list is empty: the web interface keeps no empty list

NAME = "secureb2share"  # our part of the block's b2share.plugins
TITLE = "Sensitive data"
DESCRIPTION = "How data that stay in a secure environment can be used, and on what grounds they are held."

_TEXTS = {
    "lang": ("Language", "The language of the text as BCP 47 tag, such as en, nb or sv-FI."),
    "text": ("Text", "The words themselves."),
    "name": ("Name", "The name, such as Data access committee or Family name, Given name."),
    "email": ("E-mail address", "An address of a role or an office, such as access@example.org."),
    "url": ("Web page", "An address that begins with https://."),
    "role": ("Role", "The part that someone had in the dataset."),
    "kind": ("Kind", "The kind; leave it empty where it is not known."),
    "given_name": ("Given name", "The given names of a person."),
    "family_name": ("Family name", "The family name of a person."),
    "orcid": ("ORCID", "The ORCID of a person, such as 0000-0002-1825-0097."),
    "ror": ("ROR", "The ROR of an organisation, such as https://ror.org/046nvst19."),
    "affiliation": ("Affiliation", "The organisation that someone belongs to."),
    "affiliation_ror": ("ROR of the affiliation", "The ROR of that organisation, such as https://ror.org/046nvst19."),
    "award_number": ("Number of the grant", "The number of the grant."),
    "award_title": ("Title of the grant", "The title of the grant."),
    "award_url": ("Web page of the grant", "An address that begins with https://."),
    "scheme": ("Scheme", "The kind of identifier, such as DOI."),
    "value": ("Identifier", "The identifier itself."),
    "identifier": ("Identifier", "The identifier itself, such as 10.5281/zenodo.1234."),
    "relation": ("Relation", "The relation of the dataset to the other resource, such as IsCitedBy."),
    "title": ("Title", "The title of the other resource."),
}
_READS_ON = re.compile("(The|An?) ")  # what can stand behind "This subfield sets"
_FOLDED = {"publisher": "Publisher", "languages": "Languages", "version": "Version"}  # of B2SHARE's root schema 2

_BESIDE_ITEMS = ("x-labels", "enum", "items", "properties", "title", "description")


def schema() -> Dict[str, Any]:
    """The block schema, as dict: JSON Schema draft-04 as far as B2SHARE takes it."""
    properties = _properties()
    minor = [name for name in properties if name not in _MAJOR]
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": TITLE,
        "description": DESCRIPTION,
        "type": "object",
        "properties": properties,
        "required": list(_REQUIRED),
        "additionalProperties": False,
        "b2share": {"presentation": {"major": list(_MAJOR), "minor": minor}, "plugins": {NAME: _mark(properties)}},
    }


def is_ours(existing: Dict[str, Any]) -> bool:
    """Whether a block schema (dict) holds all our properties as they are now, and requires what we require."""
    theirs = existing.get("properties", {})
    holds = all(theirs.get(name) == definition for name, definition in _properties().items())
    return holds and set(_REQUIRED) <= set(existing.get("required", []))


def extended(existing: Dict[str, Any]) -> Dict[str, Any]:
    """A block schema (dict) with our properties beside its own, as a new dict.

    Properties that an earlier version of this package added are replaced. Raises SecureB2ShareError for a property of
    the same name with another definition, and for a required property that no registration fills.
    """
    ours, result = schema(), copy.deepcopy(existing)
    theirs = result.setdefault("properties", {})
    formerly = set(existing.get("b2share", {}).get("plugins", {}).get(NAME, {}).get("properties", []))
    for name, definition in ours["properties"].items():
        if name in theirs and name not in formerly and theirs[name] != definition:
            raise SecureB2ShareError(
                'The community\'s schema has a property "%s" of its own, which means something else here: rename it in'
                " a new version of that schema first." % name
            )
    required = [
        name for name in existing.get("required", []) if name not in formerly and name not in ours["properties"]
    ]
    for name in required:
        # B2SHARE enters a required boolean itself
        if theirs.get(name, {}).get("type") != "boolean":
            raise SecureB2ShareError(
                'The community\'s schema requires the property "%s", which no registration from a secure side can fill:'
                " make it optional in a new version of that schema first." % name
            )
    theirs.update(ours["properties"])
    result.update({"required": required + ours["required"], "type": "object", "additionalProperties": False})
    result["$schema"] = ours["$schema"]
    shown = result.setdefault("b2share", {})
    lists = shown.setdefault("presentation", {})
    for part, names in ours["b2share"]["presentation"].items():
        lists[part] = [name for name in lists.get(part, []) if name not in ours["properties"]] + names
    shown.setdefault("plugins", {})[NAME] = ours["b2share"]["plugins"][NAME]
    return result


def _mark(properties: Dict[str, Any]) -> Dict[str, Any]:
    # by which a later version knows which properties it may replace
    return {"schema": VERSION, "properties": sorted(properties)}


def explained(fault: Dict[str, str]) -> Dict[str, str]:
    """A fault ({"field": ..., "message": ...}) for an editor, as a new dict that says where the field is entered."""
    name = re.split(r"[.\[]", fault["field"])[0]
    title = _FOLDED.get(name) or _properties().get(name, {}).get("title")
    if title is None:
        return dict(fault)
    place = "“%s”" % title if name in _MAJOR else "“%s”, under “Show more details”" % title
    return dict(fault, message="%s (see %s)" % (fault["message"], place))


def may_be_none(node: Dict[str, Any], is_required: bool) -> bool:
    """Whether a field (its schema) is a required list that may be empty, so that NONE stands for that."""
    return is_required and node["type"] == "array" and not node.get("minItems") and "enum" in node["items"]


def _properties() -> Dict[str, Any]:
    """{name: definition} of all our properties."""
    core, sensitive = SCHEMA["properties"]["core"]["properties"], SCHEMA["properties"]["sensitive"]
    contacts, version = core["contacts"], SCHEMA["properties"]["version"]["properties"]
    contact = contacts["items"]["properties"]
    found = {
        ACCESS_URL: {
            "title": "Where to request access (set by the catalogue)",
            "description": "The address, which the catalogue writes itself: whatever is entered is replaced.",
            "type": "string",
            "format": "uri",
        },
        STATE: {
            "title": "State of the dataset (set by the catalogue)",
            "description": "The state, which the catalogue writes itself: whatever is entered is replaced.",
            "type": "string",
        },
        "title_languages": _languages("title", core["titles"]),
        "description_languages": _languages("description", core["descriptions"]),
        "contact_name": _property(
            dict(contact["name"], title="Contact", description=contacts["description"]), is_required=True
        ),
        "contact_url": _property(
            dict(contact["url"], title="Contact page", description="A web page, beside an e-mail address or alone.")
        ),
        CONTACTS: _property(
            dict(contacts, title="More contacts", description="Others that answer questions: roles, never persons.")
        ),
    }
    for name, node in sensitive["properties"].items():
        node = dict(node, description=HINTS.get(name, node["description"]))
        if name in DAYS:
            node["description"] += " A day such as 2027-01-31."
        found[name] = _property(node, is_required=name in sensitive["required"])
    found.update((name, _property(core[name])) for name in MORE)
    found["files"] = _property(SCHEMA["properties"]["files"])
    found["version_replaces"] = _property(version["replaces"])
    found[IDENTIFIER] = _property(
        dict(
            version["replaces"],
            title="Identifier in the secure environment",
            description="Only where the secure environment gave the dataset an identifier already. It counts when the"
            " record is published first, and does not change after that.",
        )
    )
    return found


def _languages(what: str, node: Dict[str, Any]) -> Dict[str, Any]:
    tag = node["items"]["properties"]["lang"]
    return {
        "title": "Languages of the %ss" % what,
        "description": "The language of each %s, in the order of the %ss: a BCP 47 tag, such as en, nb or sv-FI. One"
        " more entry such as nb=1 says that the first %s is the same in that language." % (what, what, what),
        "type": "array",
        "items": {
            "type": "string",
            "pattern": tag["pattern"][:-1] + "(=[1-9][0-9]?)?$",
            "maxLength": tag["maxLength"] + 3,
        },
        "maxItems": node["maxItems"],
    }


def _property(node: Dict[str, Any], is_required: bool = False) -> Dict[str, Any]:
    """The definition of a field of a description as a property of the block."""
    found = {key: value for key, value in node.items() if key not in _BESIDE_ITEMS}
    words = _in_words(node)
    if node["type"] != "array" and not _READS_ON.match(words):
        words = "“%s”: %s" % (node["title"], words)
    found.update({"title": node["title"], "description": words})
    if "enum" in node:
        found["enum"] = list(node["enum"])
    if node["type"] == "array":
        found["items"] = _entry(node["items"])
        if may_be_none(node, is_required):
            found["items"]["enum"].append(NONE)
            found.update(
                {"minItems": 1, "description": found["description"] + " Where there are none, choose %s." % NONE}
            )
    elif node["type"] == "string" and not is_required:
        _allow_blank(found)
    return found


def _allow_blank(found: Dict[str, Any]) -> None:
    found.pop("minLength", None)
    if "enum" in found:
        found["enum"].insert(0, "")
    if "pattern" in found:
        found["pattern"] = "^$|" + found["pattern"]


def _entry(node: Dict[str, Any]) -> Dict[str, Any]:
    found = {key: value for key, value in node.items() if key not in _BESIDE_ITEMS}
    if "enum" in node:
        found["enum"] = list(node["enum"])
    if node["type"] == "object":
        found["properties"] = {
            name: _property(_titled(name, inner), name in node["required"])
            for name, inner in node["properties"].items()
        }
    return found


def _titled(name: str, node: Dict[str, Any]) -> Dict[str, Any]:
    return node if "title" in node else dict(node, title=_TEXTS[name][0], description=_TEXTS[name][1])


def _in_words(node: Dict[str, Any]) -> str:
    # a field's description, and what its codes mean
    words = [node["description"]]
    if node["type"] == "boolean":
        words.append("It is shown as False until it is set: for No, switch it on and off again.")
    coded = node if "enum" in node else node.get("items", {})
    if "enum" in coded and "x-labels" in coded:
        words.append("; ".join("%s: %s" % (code, coded["x-labels"][code]) for code in coded["enum"]) + ".")
    return " ".join(words)


_REQUIRED = ("contact_name",) + tuple(SCHEMA["properties"]["sensitive"]["required"])
# what every description needs; the address comes first, for readers
_BEHIND = {
    "contact_name": ("contact_url", CONTACTS),
    "access_right": ("embargo_until",),
    "controller_name": ("controller_country",),
    "special_categories": ("legal_basis_art6", "legal_basis_art9"),
    "storage_organisation": ("storage_country",),
}  # what is needed in many cases beside a required one
_MAJOR = (ACCESS_URL, STATE, "title_languages", "description_languages") + tuple(
    name for required in _REQUIRED for name in (required,) + _BEHIND.get(required, ())
)
