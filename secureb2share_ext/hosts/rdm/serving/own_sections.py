"""What an editor enters in RDM's own sections for contributors, awards, identifiers and related works, for DataCite.

The host's serializer says it, with the words of the host's vocabularies; it stands after what the description says.
Pure.
"""

from typing import Any, Callable, Dict

from ....descriptions.tolerant import listed, rows
from ....exports import datacite
from ....exports.published import Published

SECTIONS = ("contributors", "funding", "identifiers", "related_identifiers")
MEMBERS = {  # of DataCite -> what tells one entry from another
    "contributors": ("name", "contributorType"),
    "fundingReferences": ("funderName", "awardNumber"),
    "relatedIdentifiers": ("relatedIdentifier", "relationType"),
    "alternateIdentifiers": ("alternateIdentifier",),
}


def document(shown: Published, metadata: Any, own: Callable[[], Dict[str, Any]]) -> Dict[str, Any]:
    """The DataCite JSON (dict) of a record, with what its metadata (dict of RDM) have in these sections.

    own: makes the host's DataCite JSON of the record, 4.3 or 4.5; it is not asked where the sections are empty.
    """
    ours = datacite.document(shown)
    if shown.is_withdrawn or not any(listed(metadata, name) for name in SECTIONS):
        return ours
    said, result = _entered(own(), metadata), dict(ours)
    for name, members in MEMBERS.items():
        there = {_key(one, members) for one in ours.get(name, [])}
        more = [one for one in said[name] if _key(one, members) not in there]
        if more:
            result[name] = ours.get(name, []) + more
    return result


def _entered(own, metadata):
    """Of the host's document what an editor entered: it has identifiers and versions of the record as well."""
    related, others = (
        {row.get("identifier") for _, row in rows(metadata, name)} for name in ("related_identifiers", "identifiers")
    )
    alternates = listed(own, "alternateIdentifiers") + [
        # so in 4.3
        {"alternateIdentifier": one["identifier"], "alternateIdentifierType": one["identifierType"]}
        for one in listed(own, "identifiers")
    ]
    return {
        "contributors": listed(own, "contributors"),
        "fundingReferences": listed(own, "fundingReferences"),
        "relatedIdentifiers": [one for one in listed(own, "relatedIdentifiers") if one["relatedIdentifier"] in related],
        "alternateIdentifiers": [one for one in alternates if one["alternateIdentifier"] in others],
    }


def _key(one, members):
    return tuple(one.get(name) for name in members)
