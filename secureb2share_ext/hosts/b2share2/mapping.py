"""The mapping between a description and a B2SHARE record of root schema 2.

The record's own members hold what they can (titles, creators, ...); the community's block holds the rest (block.py).
from_record reads the parts of a record that a description has, and ignores the rest. What it reads may be invalid: the
schema of descriptions names such faults.
"""

import re
from typing import Any, Callable, Dict, List, Optional, Set

from ...characters import composed
from ...descriptions.schema import SCHEMA
from . import block, languages

Read = Callable[[Any], Any]  # reads a member of the record's metadata; takes any JSON

OUTPUT = (block.ACCESS_URL, block.STATE)  # written by the catalogue alone
ORCID, ROR = "https://orcid.org", "https://ror.org"
NAME_TYPES = {"person": "Personal", "organisation": "Organizational"}
_KINDS = {name: kind for kind, name in NAME_TYPES.items()}

_SENSITIVE = SCHEMA["properties"]["sensitive"]
_CONTACTS = SCHEMA["properties"]["core"]["properties"]["contacts"]
_FILES = SCHEMA["properties"]["files"]
_CAN_BE_NONE = [
    name for name, node in _SENSITIVE["properties"].items() if block.may_be_none(node, name in _SENSITIVE["required"])
]
_OF_BLOCK = (
    "title_languages",
    "description_languages",
    "contact_name",
    "contact_url",
    block.CONTACTS,
    "version_replaces",
    "files",
) + block.MORE


def to_record(description: Dict[str, Any], block_id: Optional[str]) -> Dict[str, Any]:
    """The members of a record (dict) that hold a valid description; block_id: the key of the community's block."""
    core, version = description["core"], description.get("version")
    held = dict(description["sensitive"])
    for name in _CAN_BE_NONE:
        held[name] = held[name] or [block.NONE]
    titles, held["title_languages"] = languages.split(core["titles"])
    texts, held["description_languages"] = languages.split(core["descriptions"])
    record = {
        "titles": [{"title": text} for text in titles],
        "descriptions": [{"description": text, "description_type": "Abstract"} for text in texts],
        "creators": [_creator(creator) for creator in core["creators"]],
        "publisher": core["publisher"],
        "publication_date": "%04d-01-01" % core["publication_year"],
        "resource_types": [{"resource_type_general": "Dataset"}],
        "open_access": False,
        "community_specific": {block_id: held},
    }
    if "keywords" in core:
        record["keywords"] = [{"keyword": keyword} for keyword in core["keywords"]]
    if "languages" in core:
        record["languages"] = [
            {"language_name": languages.name(tag), "language_identifier": tag} for tag in core["languages"]
        ]
    contact, others = core["contacts"][0], core["contacts"][1:]
    held["contact_name"] = contact["name"]
    if "url" in contact:
        held["contact_url"] = contact["url"]
    if "email" in contact:
        record["contact_email"] = contact["email"]
    if others:
        held[block.CONTACTS] = others
    held.update((name, core[name]) for name in block.MORE if name in core)
    if "files" in description:
        held["files"] = description["files"]
    if version is not None:
        if "replaces" in version:
            held["version_replaces"] = version["replaces"]
        if "label" in version or not version:
            record["version"] = version.get("label", "")
    return record


def from_record(metadata: Any, block_id: Optional[str]) -> Dict[str, Any]:
    """The description in a record's or draft's metadata; never raises, whatever JSON they are."""
    metadata = _object(metadata)
    held = _block(metadata, block_id)
    core = {name: _READ[member](metadata[member]) for name, member in _MEMBERS.items() if member in metadata}
    default = languages.default(core.get("languages"))
    for name, member, tags in (
        ("titles", "title", "title_languages"),
        ("descriptions", "description", "description_languages"),
    ):
        if name in metadata:
            core[name] = languages.joined(metadata[name], member, held.get(tags), default)
    given = {"name": held.get("contact_name"), "email": metadata.get("contact_email"), "url": held.get("contact_url")}
    others = held.get(block.CONTACTS)
    core["contacts"] = [_filled(given)] + (_without_blanks(_CONTACTS, others) if isinstance(others, list) else [])
    more = {name: held[name] for name in block.MORE if name in held}
    core.update(_without_blanks(SCHEMA["properties"]["core"], more))
    sensitive = {name: held[name] for name in _SENSITIVE["properties"] if name in held}
    for name in _CAN_BE_NONE:
        if sensitive.get(name) == [block.NONE]:
            sensitive[name] = []
    description = {"core": core, "sensitive": _without_blanks(_SENSITIVE, sensitive)}
    if "files" in held:
        description["files"] = _without_blanks(_FILES, held["files"])
    version = _filled({"label": metadata.get("version"), "replaces": held.get("version_replaces")})
    if version or "version" in metadata:
        description["version"] = version
    return composed(description)


def compose(metadata: Any) -> None:
    """Bring what an editor wrote into a record (changed) to NFC, so that it is found however a keyboard composes it.

    The members that the host keeps for itself begin with `_` or `$`.
    """
    for name in [name for name in metadata if not name.startswith(("_", "$"))]:
        metadata[name] = composed(metadata[name])


def updated(metadata: Any, description: Dict[str, Any], block_id: Optional[str]) -> Dict[str, Any]:
    """A record's metadata (new dict) with this valid description instead of the old one; all other members are kept.

    A member that says the same already stays as its editor wrote it: a creator's second affiliation, a title's type.
    """
    said, result = to_record(description, block_id), dict(metadata)
    for member, read in _READ.items():
        is_same = member in said and member in metadata and read(metadata[member]) == read(said[member])
        if not is_same:
            result.pop(member, None)
            if member in said:
                result[member] = said[member]
    if not result.get("resource_types"):
        result["resource_types"] = said["resource_types"]
    result["open_access"] = False
    ours = set(_SENSITIVE["properties"]).union(_OF_BLOCK)
    held = {name: value for name, value in _block(metadata, block_id).items() if name not in ours}
    held.update(said["community_specific"][block_id])
    result["community_specific"] = _with_block(metadata, block_id, held)
    return result


def write(
    metadata: Any, block_id: Optional[str], access_url: str, state: str, identifier: Optional[str] = None
) -> None:
    """Write what the catalogue says of a record into its metadata (changed): the access address and the state in words.

    identifier: the one that the secure side gave the dataset, or None; an editor's own entry is replaced.
    A record that has no block (block_id None) is left as it is.
    """
    if block_id is not None:
        held = dict(_block(metadata, block_id))
        held.update(zip(OUTPUT, (access_url, state)))
        held.pop(block.IDENTIFIER, None)
        if identifier is not None:
            held[block.IDENTIFIER] = identifier
        metadata["community_specific"] = _with_block(metadata, block_id, held)


def is_withdrawn(metadata: Any, block_id: Optional[str]) -> bool:
    """Whether the catalogue has written into a record that its dataset is withdrawn."""
    return str(_block(_object(metadata), block_id).get(block.STATE, "")).startswith("withdrawn")


def claimed(metadata: Any, block_id: Optional[str]) -> Optional[str]:
    """The identifier that a curator entered for a dataset which the secure environment knows already, or None."""
    return _block(_object(metadata), block_id).get(block.IDENTIFIER) or None


def replace(metadata: Any, block_id: Optional[str], identifier: str) -> None:
    """Make a draft (changed), which began as a copy of a dataset's record, a new dataset that replaces `identifier`."""
    own = OUTPUT + (block.IDENTIFIER,)
    held = {name: value for name, value in _block(metadata, block_id).items() if name not in own}
    held["version_replaces"] = identifier
    metadata["community_specific"] = _with_block(metadata, block_id, held)


def field(name: str) -> str:
    """The name that an editor of the record knows for a field of a description, such as ``core.titles[0].text``."""
    # the main one stands beside this list
    name = re.sub(r"^core\.contacts\[([1-9])\]", lambda found: "%s[%d]" % (block.CONTACTS, int(found[1]) - 1), name)
    for pattern, shown in _FIELDS:
        name, is_found = re.subn(pattern, shown, name)
        if is_found:
            break
    return name


_FIELDS = (
    (r"^core\.(title|description)s(\[\d+\])\.lang$", r"\1_languages\2"),
    (r"^core\.(title|description)s(\[\d+\])\.text$", r"\1s\2.\1"),
    (r"^core\.creators(\[\d+\])\.name$", r"creators\1.creator_name"),
    (r"^core\.creators(\[\d+\])\.(orcid|ror)$", r"creators\1.name_identifiers"),
    (r"^core\.creators(\[\d+\])\.affiliation(_ror)?$", r"creators\1.affiliations"),
    (r"^core\.creators(\[\d+\])\.kind$", r"creators\1.name_type"),
    (r"^core\.publication_year$", "publication_date"),
    (r"^core\.keywords(\[\d+\])$", r"keywords\1.keyword"),
    (r"^core\.languages(\[\d+\])$", r"languages\1.language_identifier"),
    (r"^core\.contacts(\[0\])?$", "contact_email"),
    (r"^core\.contacts\[0\]\.", "contact_"),
    (r"^version\.label$", "version"),
    (r"^version\.replaces$", "version_replaces"),
    (r"^secureb2share\.identifier$", block.IDENTIFIER),
    (r"^(core|sensitive)\.", ""),
)


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


def _block(metadata: Any, block_id: Optional[str]) -> Any:
    return _object(_object(metadata.get("community_specific")).get(block_id))


def _with_block(metadata: Any, block_id: Optional[str], held: Dict[str, Any]) -> Dict[str, Any]:
    # new objects: the record's model may still hold the old ones
    blocks: Dict[Any, Any] = dict(_object(metadata.get("community_specific")))
    blocks[block_id] = held
    return blocks


def _filled(members: Dict[str, Any]) -> Dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None and value != ""}


def _without_blanks(node: Dict[str, Any], value: Any) -> Any:
    # the web interface leaves an empty text where an optional one was taken away
    if node["type"] == "array" and isinstance(value, list):
        return [_without_blanks(node["items"], entry) for entry in value]
    if node["type"] != "object" or not isinstance(value, dict):
        return value
    return {
        name: _without_blanks(node["properties"][name], member) if name in node["properties"] else member
        for name, member in value.items()
        if member != "" or name in node["required"]
    }


def _creator(creator: Dict[str, Any]) -> Dict[str, Any]:
    found = {"creator_name": creator["name"]}
    if "orcid" in creator:
        # the web interface links to scheme_uri/name_identifier
        found["name_identifiers"] = [{"name_identifier": creator["orcid"], "scheme": "ORCID", "scheme_uri": ORCID}]
    if "ror" in creator:
        bare = creator["ror"][len(ROR) + 1 :]
        found["name_identifiers"] = [{"name_identifier": bare, "scheme": "ROR", "scheme_uri": ROR}]
    if "kind" in creator:
        found["name_type"] = NAME_TYPES[creator["kind"]]
    found.update((name, creator[name]) for name in ("given_name", "family_name") if name in creator)
    if "affiliation" in creator:
        found["affiliations"] = [{"affiliation_name": creator["affiliation"]}]
        if "affiliation_ror" in creator:
            found["affiliations"][0].update(affiliation_identifier=creator["affiliation_ror"], scheme="ROR")
    return found


def _read_creator(entry: Dict[str, Any]) -> Dict[str, Any]:
    orcid, ror = (_identifier(entry, scheme) for scheme in ("orcid", "ror"))
    if isinstance(orcid, str):
        orcid = re.sub(r"^https?://orcid\.org/", "", orcid)
    kind = entry.get("name_type")
    affiliation = next(iter(_objects(entry.get("affiliations"))), {})
    found = {
        "kind": _KINDS.get(kind, kind) if isinstance(kind, str) else kind,
        "given_name": entry.get("given_name"),
        "family_name": entry.get("family_name"),
        "orcid": orcid,
        "ror": _as_ror(ror),
        "affiliation": affiliation.get("affiliation_name"),
    }
    if isinstance(affiliation.get("scheme"), str) and affiliation["scheme"].lower() == "ror":
        found["affiliation_ror"] = _as_ror(affiliation.get("affiliation_identifier"))
    found = _filled(found)
    return dict(found, name=entry["creator_name"]) if "creator_name" in entry else found


def _identifier(entry, scheme):
    # the first of a scheme
    found = (
        each.get("name_identifier")
        for each in _objects(entry.get("name_identifiers"))
        if isinstance(each.get("scheme"), str) and each["scheme"].lower() == scheme
    )
    return next((one for one in found if one), None)


def _as_ror(given):
    # with or without its address, as editors write it
    return re.sub(r"^(https?://ror\.org/)?", ROR + "/", given) if isinstance(given, str) and given else given


def _objects(value: Any) -> List[Dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _each(read: Read) -> Read:
    return lambda value: (
        [read(entry) if isinstance(entry, dict) else entry for entry in value] if isinstance(value, list) else value
    )


def _member(name: str) -> Read:
    return _each(lambda entry: entry.get(name))


def _once(read: Read) -> Read:
    # two vocabularies may have the same word
    def read_once(value):
        value = read(value)
        if not isinstance(value, list):
            return value
        found: List[Any] = []
        seen: Set[str] = set()
        for entry in value:
            if not isinstance(entry, str):
                found.append(entry)
            elif entry not in seen:
                found.append(entry)
                seen.add(entry)
        return found

    return read_once


def _year(date: Any) -> Any:
    # of the text as it stands, like B2SHARE's own exports
    found = re.match(r"[0-9]{4}(?![0-9])", date) if isinstance(date, str) else None
    return int(found.group()) if found else date


def _as_it_is(value: Any) -> Any:
    return value


# a member of the record -> what a description reads of it
_READ = {
    "titles": _member("title"),
    "descriptions": _member("description"),
    "creators": _each(_read_creator),
    "publisher": _as_it_is,
    "publication_date": _year,
    "keywords": _once(_member("keyword")),
    "languages": _once(_member("language_identifier")),
    "contact_email": _as_it_is,
    "version": _as_it_is,
}
# a member of core -> the member of the record that holds it alone
_MEMBERS = {
    "creators": "creators",
    "publisher": "publisher",
    "publication_year": "publication_date",
    "keywords": "keywords",
    "languages": "languages",
}
