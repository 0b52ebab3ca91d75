"""Creators as RDM has them, and as a description has them. Pure."""

import json
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

from ....descriptions.check_digits import is_ror
from ....descriptions.tolerant import listed, member, rows
from . import names
from .names import full

ROR = "https://ror.org/"
KINDS = {"personal": "person", "organizational": "organisation"}


def to_entry(creator: Dict[str, Any]) -> Dict[str, Any]:
    """RDM's entry for a creator of a description."""
    name, family, given = creator["name"], *_parts(creator["name"])
    if "family_name" in creator:
        family, given = creator["family_name"], creator.get("given_name")
    # RDM wants a type; where none is said, it is what the name looks like
    if creator.get("kind", "person") == "person" and ("kind" in creator or "orcid" in creator or given):
        who = {"type": "personal", "name": name, "family_name": family}
        if given:
            who["given_name"] = given
    else:
        who = {"type": "organizational", "name": name}
    if "orcid" in creator:
        who["identifiers"] = [{"scheme": "orcid", "identifier": creator["orcid"]}]
    if "ror" in creator:
        who["identifiers"] = [{"scheme": "ror", "identifier": creator["ror"][len(ROR) :]}]
    found: Dict[str, Any] = {"person_or_org": who}
    if "affiliation" in creator:
        found["affiliations"] = [{"name": creator["affiliation"]}]
    return found


def read(entries: List[Any], exact: List[Any]) -> Iterator[Dict[str, Any]]:
    """The creators of a record; those that an editor left alone as they were said, though RDM has a type for each."""
    pairs = [(row, read_one(to_entry(row))) for row in exact if isinstance(row, dict) and _is_creator(row)]
    said = _by_key((_key(found), row) for row, found in pairs)
    saved = _by_key((_key(_saved(found)), row) for row, found in pairs)
    chosen = _by_key((_key(_without_affiliation(found), row.get("affiliation_ror")), row) for row, found in pairs)
    for entry in entries:
        found, identifier = read_one(entry), _affiliation_id(entry)
        if identifier is not None:
            key = _without_affiliation(found)
            yield _take(chosen, _key(key, _ror(identifier))) or _take(chosen, _key(key, None)) or found
        else:
            yield _take(said, _key(found)) or _take(saved, _key(_saved(found))) or found


def _by_key(pairs: Iterable[Tuple[str, Dict[str, Any]]]) -> Dict[str, List[Dict[str, Any]]]:
    found: Dict[str, List[Dict[str, Any]]] = {}
    for key, row in pairs:
        found.setdefault(key, []).append(row)
    return found


def _take(found, key):
    # creators whom RDM does not tell apart are in the order in which they were said
    left = found.get(key, [None])
    return left.pop(0) if len(left) > 1 else left[0]


def affiliation_ids(metadata: Any) -> List[str]:
    """The entries of RDM's vocabulary of affiliations that the creators in a record's metadata have, each once."""
    found = map(_affiliation_id, listed(metadata, "creators"))
    return list(dict.fromkeys(one for one in found if one is not None))


def with_affiliations(data: Dict[str, Any], affiliations: Dict[str, Optional[str]]) -> Dict[str, Any]:
    """Custom fields (new dict) of a record whose creators have these affiliations of RDM's vocabulary, {id: name}.

    The record itself has their ids alone.
    """
    fields, found = member(data, "custom_fields"), []
    entries = listed(member(data, "metadata"), "creators")
    for entry, creator in zip(entries, read(entries, listed(fields, full(names.CREATORS)))):
        identifier = _affiliation_id(entry)
        if identifier is not None:
            creator = {name: value for name, value in creator.items() if not name.startswith("affiliation")}
            creator.update(_affiliation({"id": identifier, "name": affiliations.get(identifier)}))
        found.append(creator)
    return dict(fields, **{full(names.CREATORS): found})


def _saved(found: Dict[str, Any]) -> Dict[str, Any]:
    # what RDM's form makes of a person's name
    parts = [found[name] for name in ("family_name", "given_name") if name in found]
    return dict(found, name=", ".join(map(str, parts))) if parts else found


def _without_affiliation(found: Dict[str, Any]) -> Dict[str, Any]:
    return {name: value for name, value in _saved(found).items() if not name.startswith("affiliation")}


def _is_creator(row: Dict[str, Any]) -> bool:
    return "name" in row and all(isinstance(value, str) for value in row.values())


def _key(*values: Any) -> str:
    return json.dumps(values, sort_keys=True, default=str)


def _parts(name: str) -> Tuple[str, Optional[str]]:
    """(family name, given name or None), where joining them as RDM does gives the name again."""
    family, comma, given = name.partition(", ")
    is_person = comma and family.strip() == family != "" and given.strip() == given != ""
    return (family, given) if is_person else (name, None)


def read_one(entry: Any) -> Dict[str, Any]:
    """What a description says of a creator whom RDM has this entry for."""
    who = member(entry, "person_or_org")
    names_of = [who.get(name) for name in ("family_name", "given_name") if who.get(name)]
    found = {"name": who.get("name") or ", ".join(map(str, names_of))}
    if isinstance(who.get("type"), str) and who["type"] in KINDS:
        found["kind"] = KINDS[who["type"]]
    if found.get("kind") != "organisation":
        found.update((name, who[name]) for name in ("given_name", "family_name") if who.get(name))
    for _, identifier in rows(who, "identifiers"):
        if identifier.get("scheme") == "orcid":
            found["orcid"] = identifier.get("identifier")
        elif identifier.get("scheme") == "ror":
            found["ror"] = ROR + str(identifier.get("identifier"))[-9:]
    return dict(found, **_affiliation(_first_affiliation(entry)))


def _first_affiliation(entry: Any) -> Dict[str, Any]:
    return next((row for _, row in rows(entry, "affiliations")), {})


def _affiliation_id(entry: Any) -> Optional[str]:
    found = _first_affiliation(entry).get("id")
    return found if isinstance(found, str) and found else None


def _affiliation(entry: Dict[str, Any]) -> Dict[str, Any]:
    if not entry.get("name"):
        return {}
    ror = _ror(entry.get("id"))
    return dict({"affiliation": entry["name"]}, **({"affiliation_ror": ror} if ror else {}))


def _ror(identifier: Any) -> Optional[str]:
    # the vocabulary's entries have the end of their ROR as their id, where they come from there
    address = "%s%s" % (ROR, identifier)
    return address if isinstance(identifier, str) and is_ror(address) else None
