"""What an editor enters in RDM's own sections for contributors, awards, identifiers and related works, for DataCite.

The host's serializer says it, in the words of the host's vocabularies. It stands after what the description says, as
far as DataCite's schema 4.5 has words for it.
"""

import collections
import json
from typing import Any, Callable, Dict, Iterator, List

from datacite import schema45
from flask import current_app

from ....descriptions.tolerant import listed, rows
from ....exports import datacite
from ....exports.published import Published

SECTIONS = ("contributors", "funding", "identifiers", "related_identifiers")
MEMBERS = {  # of DataCite -> what tells one entry from another
    "contributors": ("name", "contributorType"),
    "fundingReferences": ("funderName", "awardNumber", "awardTitle"),
    "relatedIdentifiers": ("relatedIdentifier", "relationType"),
    "alternateIdentifiers": ("alternateIdentifier",),
}
_REST: Dict[str, Any] = {  # of a document with one entry
    "types": {"resourceTypeGeneral": "Dataset"},
    "creators": [{"name": "x"}],
    "titles": [{"title": "x"}],
    "publisher": {"name": "x"},
    "publicationYear": "2000",
    "schemaVersion": datacite.SCHEMA_VERSION,
}


def document(shown: Published, metadata: Any, own: Callable[[], Dict[str, Any]]) -> Dict[str, Any]:
    """The DataCite JSON (dict) of a record, with what its metadata (dict of RDM) have in these sections.

    own: makes the host's DataCite JSON of the record, 4.3 or 4.5; it is not asked where the sections are empty, and
    where it fails, the description stands alone.
    """
    ours = datacite.document(shown)
    if shown.is_withdrawn or not any(listed(metadata, name) for name in SECTIONS):
        return ours
    try:
        said = entered(own(), metadata)
    except Exception as error:  # the host asks its vocabularies and the search cluster
        pid = shown.dataset.pid
        current_app.logger.error("secureb2share.own-sections-unread pid=%s error=%s", pid, type(error).__name__)
        return ours
    return joined(ours, said)


def entered(own: Dict[str, Any], metadata: Any) -> Dict[str, List[Any]]:
    """{member: entries} of the host's document that an editor entered: it has links and versions of the record too."""
    alternates = listed(own, "alternateIdentifiers") + [
        # so in 4.3
        {"alternateIdentifier": one["identifier"], "alternateIdentifierType": one["identifierType"]}
        for one in listed(own, "identifiers")
    ]
    related = _named(listed(own, "relatedIdentifiers"), "relatedIdentifier", metadata, "related_identifiers")
    return {
        "contributors": listed(own, "contributors"),
        "fundingReferences": listed(own, "fundingReferences"),
        "relatedIdentifiers": related,
        "alternateIdentifiers": _named(alternates, "alternateIdentifier", metadata, "identifiers"),
    }


def joined(ours: Dict[str, Any], said: Dict[str, List[Any]]) -> Dict[str, Any]:
    """Our document (new dict) with those entries that it does not have, each once."""
    result = dict(ours)
    for name, members in MEMBERS.items():
        there = {_key(one, members) for one in ours.get(name, [])}
        found = [fit for fit in (_fit(name, one) for one in said[name]) if fit and _key(fit, members) not in there]
        more = {json.dumps(one, sort_keys=True): one for one in found}
        if more:
            result[name] = ours.get(name, []) + list(more.values())
    return result


def _named(entries, member, metadata, section):
    # as often as it was entered: what the host adds for itself comes after
    left = collections.Counter(str(row.get("identifier")) for _, row in rows(metadata, section))
    found = []
    for one in entries:
        if left[one[member]] > 0:
            left[one[member]] -= 1
            found.append(one)
    return found


def _key(one, members):
    return tuple(one.get(name) for name in members)


def _fit(name, entry):
    """What schema 4.5 has words for of the host's entry, or None."""
    tries = (one for one in _tries(name, entry) if schema45.validator.is_valid(dict(_REST, **{name: [one]})))
    return next(tries, None)


def _tries(name: str, entry: Dict[str, Any]) -> Iterator[Dict[str, Any]]:
    # the host writes the name of this member as DataCite's XML does
    entry = {"awardUri" if member == "awardURI" else member: value for member, value in entry.items()}
    yield entry
    if name == "contributors":
        yield dict(entry, contributorType="Other")
    left_out = {"fundingReferences": "funderIdentifier", "relatedIdentifiers": "resourceTypeGeneral"}.get(name)
    if left_out:
        yield {member: value for member, value in entry.items() if not member.startswith(left_out)}
