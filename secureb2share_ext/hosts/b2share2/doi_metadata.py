"""What DataCite hears of the sources' records: B2SHARE's own document, with what the description alone says.

B2SHARE writes DataCite's schema 4.4 from the record's root members. What it would say of files and of access, which is
"closedAccess", gives way to the right and the address; the rest of exports/datacite.py is added as far as 4.4 knows it.
"""

from typing import Any, Dict

from b2share.modules.records import serializers
from b2share.modules.records.serializers.schemas import schema44
from marshmallow import post_dump

from ...compat import utcnow
from ...dataset import Dataset
from ...exports import datacite
from ...exports.published import Published
from ...exports.rights import RIGHTS, right_of, today_utc
from ...exports.xml_text import for_xml
from ...proxies import active
from . import communities, lookup, mapping

SAID_BY_HOST = "info:eu-repo/semantics/"  # how the values begin that the host writes of access
OF_TOMBSTONE = ("creators", "titles", "publisher", "publicationYear", "dates", "descriptions", "rightsList")
INSTEAD = ("titles", "descriptions", "language", "formats", "sizes")  # ours, which name languages and no file
BESIDE = ("contributors", "fundingReferences", "geoLocations", "relatedIdentifiers")  # after the host's own
_KNOWN = schema44.validator.schema["definitions"]  # lists of codes; the schema of descriptions has those of a later one


def wrap() -> None:
    """Put ours into the host's schema of DataCite, once a process."""
    serializer = serializers.datacite_v44
    if not hasattr(serializer.schema_class, "add_ours"):
        serializer.schema_class = _with_ours(serializer.schema_class)


def _with_ours(schema_class: Any) -> Any:
    class WithOurs(schema_class):
        @post_dump(pass_original=True)
        def add_ours(self, data, original, **kwargs):
            extension = active()
            metadata = original.get("metadata", {})
            if extension is None:
                return data
            source = communities.source_of(extension.sources, metadata)
            if source is None:
                return data
            # the DOI is minted before the record has its row
            description = extension.host.from_record(metadata)
            if description.get("sensitive", {}).get("access_right") not in RIGHTS:
                return data
            shown = _withdrawn(extension, metadata)
            return _tombstone(data, shown) if shown is not None else _whole(data, Dataset(source.name, "", description))

    WithOurs.__name__ = schema_class.__name__
    return WithOurs


def _withdrawn(extension, metadata):
    """The Published of a withdrawn dataset, or None; metadata: of a record that may have no row yet."""
    # a record that is being registered costs no statement
    if not mapping.is_withdrawn(metadata, communities.block_id(metadata)):
        return None
    found = lookup.one(extension, communities.pid_in_index(metadata), metadata)
    return found.shown if found is not None and found.shown is not None and found.shown.is_withdrawn else None


def _tombstone(data, shown):
    """What DataCite demands of a DOI (dict), of the host's metadata: nothing else that describes."""
    ours = datacite.document(shown)
    kept = {name: data[name] for name in ("identifiers", "identifier", "doi", "schemaVersion", "types") if name in data}
    said = dict(kept, **{name: ours[name] for name in OF_TOMBSTONE if name in ours})
    spelt = [dict(right, rightsURI=right["rightsUri"]) for right in said["rightsList"]]
    return dict(said, rightsList=spelt, sizes=[], formats=[])


def _whole(data: Dict[str, Any], dataset: Dataset) -> Dict[str, Any]:
    """The host's metadata (dict) with the right in its words, and with ours where the description is whole."""
    today = today_utc(utcnow())
    right = right_of(dataset.sensitive, today)
    # DataCite's writers spell the name of the address in two ways
    said = [
        {"rightsURI": uri, "rightsUri": uri, "rights": right.coar_label} for uri in (right.info_eu_repo, right.coar)
    ]
    rights = [one for one in data.get("rightsList", []) if not one["rightsURI"].startswith(SAID_BY_HOST)]
    result = dict(data, rightsList=said + rights, sizes=[], formats=[])
    if not dataset.is_whole:
        return result
    ours = for_xml(datacite.document(Published(dataset, "", "", today)))
    result.update((name, ours[name]) for name in INSTEAD if name in ours)
    for name in BESIDE:
        own = data.get(name) or []
        result[name] = own + [one for one in map(_known, ours.get(name, [])) if one is not None and one not in own]
    # "Available" would promise data that can be downloaded
    result["dates"] = ours["dates"] + [one for one in data.get("dates", []) if one["dateType"] == "Submitted"]
    others = dataset.core.get("alternate_identifiers", [])
    alternates = [{"alternateIdentifier": o["value"], "alternateIdentifierType": o["scheme"]} for o in others]
    result["alternateIdentifiers"] = (data.get("alternateIdentifiers") or []) + for_xml(alternates)
    return result


def _known(one):
    """An entry (dict) as far as DataCite's schema 4.4 knows its codes, or None where it does not know its relation."""
    if "relationType" in one and one["relationType"] not in _KNOWN["relationType"]["enum"]:
        return None
    if one.get("resourceTypeGeneral", "Dataset") in _KNOWN["resourceTypeGeneral"]["enum"]:
        return one
    return {name: value for name, value in one.items() if name != "resourceTypeGeneral"}
