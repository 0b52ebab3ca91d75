"""The mapping between a description and the RDM record that holds it.

RDM's metadata hold what they can, custom fields the rest (names.py). Of what an editor enters, from_record reads what a
description has; it may be wrong, for the schema of descriptions tells that by name. Pure.
"""

import re
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from marshmallow_utils.html import sanitize_unicode

from ....characters import composed
from ....descriptions.tolerant import member
from . import creators, html, languages, names
from .names import full

SHORTEST = 3  # characters of a title, by RDM's schema
PADDING = " (dataset)"
_PADDED = re.compile(r"(.*?)((?: \(dataset\))+)\Z", re.S)


def to_record(description: Dict[str, Any]) -> Dict[str, Any]:
    """{"metadata", "custom_fields"} that hold a valid description."""
    core, version = description["core"], description.get("version", {})
    titles = [padded(entry["text"]) for entry in core["titles"]]
    texts = [html.of_text(entry["text"]) for entry in core["descriptions"]]
    metadata = {
        "resource_type": {"id": "dataset"},
        "title": titles[0],
        "description": texts[0],
        "creators": [creators.to_entry(creator) for creator in core["creators"]],
        "publisher": core["publisher"],
        "publication_date": "%04d" % core["publication_year"],
    }
    if titles[1:]:
        metadata["additional_titles"] = [
            dict({"title": text, "type": {"id": "translated-title"}}, **_lang(entry))
            for text, entry in zip(titles[1:], core["titles"][1:])
        ]
    if texts[1:]:
        metadata["additional_descriptions"] = [
            dict({"description": text, "type": {"id": "other"}}, **_lang(entry))
            for text, entry in zip(texts[1:], core["descriptions"][1:])
        ]
    if "keywords" in core:
        metadata["subjects"] = [{"subject": keyword} for keyword in core["keywords"]]
    fields = dict(_sensitive_fields(description["sensitive"]))
    fields[names.TITLE_LANGUAGES] = [entry["lang"] for entry in core["titles"]]
    fields[names.DESCRIPTION_LANGUAGES] = [entry["lang"] for entry in core["descriptions"]]
    if "languages" in core:
        fields[names.TAGS] = core["languages"]
        metadata["languages"] = [{"id": code} for code in languages.vocabulary_ids(core["languages"])]
    contact, others = core["contacts"][0], core["contacts"][1:]
    fields.update((name, contact[key]) for name, key in names.CONTACT.items() if key in contact)
    if others:
        fields[names.CONTACTS] = others
    exact = core["creators"]
    if [creators.read_one(entry) for entry in metadata["creators"]] != exact:
        fields[names.CREATORS] = exact
    fields.update((name, core[name]) for name in names.MORE if name in core)
    if "files" in description:
        fields[names.FILES] = description["files"]
    if "label" in version or ("version" in description and not version):
        metadata["version"] = version.get("label", "")
    if "replaces" in version:
        fields[names.REPLACES] = version["replaces"]
    return {"metadata": metadata, "custom_fields": {full(name): value for name, value in fields.items()}}


def from_record(data: Any) -> Dict[str, Any]:
    """The description in a record or draft (dict with metadata and custom_fields), its texts in NFC; never raises."""
    metadata, given = composed(member(data, "metadata")), composed(member(data, "custom_fields"))
    fields = {name[len(names.NAMESPACE) + 1 :]: value for name, value in given.items() if name.startswith(full(""))}
    fields = {name: value for name, value in fields.items() if value not in (None, "")}
    core = {name: metadata[name] for name in ("publisher",) if name in metadata}
    tags = _tags(metadata, fields)
    if tags is not None:
        core["languages"] = tags
    default = next((tag for tag in _list(tags) if isinstance(tag, str)), languages.UNDETERMINED)
    if "title" in metadata:
        found = [(metadata["title"], None)] + _members(metadata.get("additional_titles"), "title")
        core["titles"] = _in_languages(found, _unpadded, fields.get(names.TITLE_LANGUAGES), default)
    if "description" in metadata:
        found = [(metadata["description"], None)] + _members(metadata.get("additional_descriptions"), "description")
        core["descriptions"] = _in_languages(found, _text, fields.get(names.DESCRIPTION_LANGUAGES), default)
    if "creators" in metadata:
        core["creators"] = list(creators.read(_list(metadata["creators"]), _list(fields.get(names.CREATORS))))
    if "subjects" in metadata:
        core["keywords"] = [_subject(entry) for entry in _list(metadata["subjects"])]
    year = re.match(r"\d{4}", str(metadata.get("publication_date", "")))
    if year:
        core["publication_year"] = int(year.group())
    contact = {key: fields[name] for name, key in names.CONTACT.items() if name in fields}
    core["contacts"] = [contact] + _list(fields.get(names.CONTACTS))
    core.update((name, fields[name]) for name in names.MORE if name in fields)
    description = {"core": core, "sensitive": dict(_read_sensitive(fields, default))}
    if names.FILES in fields:
        description["files"] = fields[names.FILES]
    version = {"label": metadata.get("version"), "replaces": fields.get(names.REPLACES)}
    version = {name: value for name, value in version.items() if value}
    if version or "version" in metadata:
        description["version"] = version
    return description


def updated(data: Dict[str, Any], description: Dict[str, Any]) -> Dict[str, Any]:
    """{"metadata", "custom_fields"} of a record (dict) that hold this valid description instead.

    A member that says the same already stays as its editor wrote it (a creator's second affiliation), and so does
    whatever is none of ours.
    """
    said, former = to_record(description), from_record(data)["core"]
    metadata = dict(data.get("metadata", {}))
    core = from_record(said)["core"]
    for name, members in _MEMBERS.items():
        if name not in core or former.get(name) != core[name]:
            for one in members:
                metadata.pop(one, None)
                if one in said["metadata"]:
                    metadata[one] = said["metadata"][one]
    metadata.pop("version", None)
    metadata.update((name, said["metadata"][name]) for name in ("version",) if name in said["metadata"])
    metadata.setdefault("resource_type", said["metadata"]["resource_type"])
    fields = {name: value for name, value in data.get("custom_fields", {}).items() if not name.startswith(full(""))}
    kept = {full(name) for name in names.OUTPUT + (names.IDENTIFIER,)}
    fields.update((name, value) for name, value in data.get("custom_fields", {}).items() if name in kept)
    if creators.affiliation_ids(metadata):
        fields[full(names.CREATORS)] = description["core"]["creators"]
    return {"metadata": metadata, "custom_fields": dict(fields, **said["custom_fields"])}


# what of RDM's metadata each member of core is read from
_MEMBERS = {
    "titles": ("title", "additional_titles"),
    "descriptions": ("description", "additional_descriptions"),
    "creators": ("creators",),
    "publisher": ("publisher",),
    "publication_year": ("publication_date",),
    "keywords": ("subjects",),
    "languages": ("languages",),
}


def write(fields: Dict[str, Any], access_url: str, state: str, identifier: Optional[str] = None) -> Dict[str, Any]:
    """Custom fields (new dict) with what the catalogue says of a record: an address and a state in words.

    identifier: that the secure side gave the dataset, or None; whatever an editor made of it does not count.
    """
    ours = {full(names.ACCESS_URL): access_url, full(names.STATE): state}
    if identifier is not None:
        ours[full(names.IDENTIFIER)] = identifier
    return dict(without_output(fields), **ours)


def without_output(fields: Dict[str, Any]) -> Dict[str, Any]:
    """Custom fields (new dict) without what the catalogue alone writes."""
    mine = {full(name) for name in names.OUTPUT + (names.IDENTIFIER,)}
    return {name: value for name, value in fields.items() if name not in mine}


def claimed(data: Any) -> Optional[str]:
    """The identifier that a curator gives a dataset which the secure environment knows already, or None."""
    return member(data, "custom_fields").get(full(names.IDENTIFIER)) or None


def replacing(fields: Dict[str, Any], identifier: str) -> Dict[str, Any]:
    """Custom fields (new dict) of a draft that began as a copy of a dataset's record, and that replaces that one."""
    return dict(without_output(fields), **{full(names.REPLACES): identifier})


def reconciled(data: Any) -> Dict[str, Any]:
    """Custom fields (new dict) of a draft without language tags that its editor's languages contradict."""
    fields, metadata = member(data, "custom_fields"), member(data, "metadata")
    tags = fields.get(full(names.TAGS))
    if tags is None:
        return dict(fields)
    texts = [tag for tag in _list(tags) if isinstance(tag, str)]
    said = [_object(entry).get("id") for entry in _list(metadata.get("languages"))]
    is_same = set(said) == set(languages.vocabulary_ids(texts))
    return {name: value for name, value in fields.items() if is_same or name != full(names.TAGS)}


def padded(title: str) -> str:
    """A title as long as RDM wants titles to be."""
    padding = _PADDED.match(title)
    bare = padding.group(1) if padding else title
    return title + PADDING if len(sanitize_unicode(bare)) < SHORTEST else title


def _unpadded(title: Any) -> Any:
    padding = _PADDED.match(title) if isinstance(title, str) else None
    is_ours = padding is not None and len(sanitize_unicode(padding.group(1))) < SHORTEST
    return title[: -len(PADDING)] if is_ours else title


def _subject(entry: Any) -> Any:
    return _object(entry).get("subject", _object(entry).get("id"))


def _sensitive_fields(sensitive: Dict[str, Any]) -> Iterator[Tuple[str, Any]]:
    for name, value in sensitive.items():
        if name not in names.TEXTS:
            yield name, [names.NONE] if value == [] and name in names.CAN_BE_NONE else value
            continue
        if value:
            yield name, value[0]["text"]
            yield name + names.LANGUAGE, value[0]["lang"]
        yield name + names.TRANSLATIONS, value[1:]


def _read_sensitive(fields: Dict[str, Any], default: str) -> Iterator[Tuple[str, Any]]:
    for name in names.SENSITIVE:
        if name not in names.TEXTS:
            if name in fields:
                yield name, [] if fields[name] == [names.NONE] and name in names.CAN_BE_NONE else fields[name]
            continue
        texts = [{"lang": fields.get(name + names.LANGUAGE, default), "text": fields[name]}] if name in fields else []
        if texts or name + names.TRANSLATIONS in fields:
            yield name, texts + _list(fields.get(name + names.TRANSLATIONS))


def _tags(metadata: Dict[str, Any], fields: Dict[str, Any]) -> Any:
    if names.TAGS in fields:
        return fields[names.TAGS]
    if "languages" not in metadata:
        return None
    return [languages.tag(_object(entry).get("id")) for entry in _list(metadata["languages"])]


def _in_languages(
    given: List[Tuple[Any, Any]], read: Callable[[Any], Any], tags: Any, default: str
) -> List[Dict[str, Any]]:
    """[{lang, text}] of [(text, RDM's entry of its language or None)]; our tags say more than RDM's languages do."""
    tags, found = _list(tags), []
    for number, (text, language) in enumerate(given):
        tag = tags[number] if number < len(tags) else languages.tag(_object(language).get("id")) or default
        found.append({"lang": tag, "text": read(text)})
    return found


def _lang(entry: Dict[str, Any]) -> Dict[str, Any]:
    code = languages.vocabulary_id(entry["lang"])
    return {"lang": {"id": code}} if code else {}


def _text(value: Any) -> Any:
    # a reference such as &#769; may stand for a part of a letter
    return composed(html.to_text(value)) if isinstance(value, str) else value


def _members(entries: Any, name: str) -> List[Tuple[Any, Any]]:
    return [(_object(entry).get(name), _object(entry).get("lang")) for entry in _list(entries)]


def _object(value: Any) -> Dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> List[Any]:
    return value if isinstance(value, list) else []
