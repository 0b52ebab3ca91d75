"""The names of RDM's custom fields, which hold what RDM's metadata cannot; derived from the schema of descriptions.

A list of {lang, text} becomes three fields: the first text, its language, and the others as they are. Pure.
"""

from ....descriptions.schema import SCHEMA

NAMESPACE = "secureb2share"
NAMESPACE_URL = "urn:secureb2share:field:"

SENSITIVE = SCHEMA["properties"]["sensitive"]["properties"]
REQUIRED = SCHEMA["properties"]["sensitive"]["required"]
NONE = "none"  # the code by which an editor says that a required list is empty: a form leaves empty lists out
LANGUAGE, TRANSLATIONS = "_language", "_translations"

IDENTIFIER = "dataset_identifier"  # a curator may claim one; then the catalogue writes it
ACCESS_URL = "access_request_url"
STATE = "dataset_state"
OUTPUT = (ACCESS_URL, STATE)  # written by the catalogue alone
REPLACES = "version_replaces"
FILES = "files"
TITLE_LANGUAGES = "title_languages"
DESCRIPTION_LANGUAGES = "description_languages"
TAGS = "language_tags"
CONTACT = {"contact_name": "name", "contact_email": "email", "contact_url": "url"}  # of the main one
CONTACTS = "more_contacts"
CREATORS = "creators"  # as they were said, where RDM's own say less or more
_NATIVE = ("titles", "descriptions", "creators", "publisher", "publication_year", "keywords", "languages", "contacts")
CREATOR = SCHEMA["properties"]["core"]["properties"]["creators"]
MORE = {name: node for name, node in SCHEMA["properties"]["core"]["properties"].items() if name not in _NATIVE}


def full(name: str) -> str:
    """A field's name as a record has it."""
    return "%s:%s" % (NAMESPACE, name)


def is_texts(name: str) -> bool:
    """Whether a field of `sensitive` is a list of {lang, text}."""
    return is_rows(name) and set(SENSITIVE[name]["items"]["properties"]) == {"lang", "text"}


def is_rows(name: str) -> bool:
    """Whether a field of `sensitive` is a list of objects."""
    return SENSITIVE[name]["type"] == "array" and SENSITIVE[name]["items"]["type"] == "object"


TEXTS = tuple(name for name in SENSITIVE if is_texts(name))
ROWS = tuple(name for name in SENSITIVE if is_rows(name) and not is_texts(name))  # of texts; no form of RDM's has them
CAN_BE_NONE = tuple(
    name for name in REQUIRED if SENSITIVE[name]["type"] == "array" and not SENSITIVE[name].get("minItems")
)
