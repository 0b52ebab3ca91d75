"""A record as search engines read it: a schema.org Dataset as JSON-LD.

isAccessibleForFree is left out: it is about money, not openness. There is no distribution: nothing can be downloaded.
Versions are said with PROV, for which schema.org has no words.
"""

from typing import Any, Dict
from urllib.parse import urljoin

from . import citation, coverage, datacite, tombstone
from .published import Published

NAMES = (("given_name", "givenName"), ("family_name", "familyName"))
CONTEXT = "https://schema.org/"
SHORTEST, LONGEST = 50, 5000  # characters of a description that search engines take
MOST_VARIABLES = 200  # a page has the others
SPDX = "https://spdx.org/licenses/"
GRANT = {"award_number", "award_title", "award_url"}
# relations of DataCite -> properties of a CreativeWork; others are `mentions`
RELATIONS = {
    "Cites": "citation",
    "References": "citation",
    "IsCitedBy": "subjectOf",
    "IsReferencedBy": "subjectOf",
    "IsDescribedBy": "subjectOf",
    "IsDocumentedBy": "subjectOf",
    "IsReviewedBy": "subjectOf",
    "IsDerivedFrom": "isBasedOn",
    "IsVersionOf": "isBasedOn",
    "IsPartOf": "isPartOf",
    "IsPublishedIn": "isPartOf",
    "HasPart": "hasPart",
    "IsIdenticalTo": "sameAs",
}
KINDS = {
    "JournalArticle": "ScholarlyArticle",
    "Preprint": "ScholarlyArticle",
    "ConferencePaper": "ScholarlyArticle",
    "DataPaper": "ScholarlyArticle",
    "Dissertation": "Thesis",
    "Dataset": "Dataset",
    "Software": "SoftwareSourceCode",
    "Report": "Report",
    "Book": "Book",
    "Collection": "Collection",
}
PROV = {"prov": "http://www.w3.org/ns/prov#"}


def document(shown: Published) -> Dict[str, Any]:
    """The JSON-LD (dict)."""
    if shown.is_withdrawn:
        return tombstone.schema_org(shown)
    dataset, core = shown.dataset, shown.dataset.core
    conditions = [condition["text"] for condition in dataset.sensitive["access_conditions"]]
    catalogue = urljoin(shown.record_url, "/")
    said = {
        "@context": CONTEXT,
        "@type": "Dataset",
        "@id": shown.record_url,
        "url": shown.record_url,
        "identifier": [dataset.pid, dataset.identifier] + _doi(shown) + _alternates(core),
        "name": [{"@language": t["lang"], "@value": t["text"]} for t in core["titles"]],
        "description": [_description(shown, one) for one in core["descriptions"]],
        "creator": [_creator(creator) for creator in core["creators"]],
        "publisher": _publisher(core),
        "datePublished": str(core["publication_year"]),
        "keywords": core.get("keywords", []),
        "inLanguage": core.get("languages", []),
        "creativeWorkStatus": dataset.state,
        "conditionsOfAccess": " ".join([shown.label + "."] + conditions),
        "usageInfo": _usage(shown),
        "additionalProperty": _properties(shown),
        "includedInDataCatalog": {"@type": "DataCatalog", "@id": catalogue, "url": catalogue},
        # of the description; the data have no public licence
        "sdLicense": SPDX + core.get("metadata_license", "CC0-1.0"),
    }
    said.update(_people(core))
    said.update(_related(core))
    said.update(_contents(dataset.sensitive))
    if shown.version_label:
        said["version"] = shown.version_label
    if shown.is_requestable:
        said["potentialAction"] = {"@type": "ViewAction", "name": "Request access", "target": shown.access_url}
    said.update(_versions(shown))
    return said


def _usage(shown):
    terms = shown.dataset.sensitive.get("terms_url")
    return [shown.right.coar, terms] if terms else shown.right.coar


def _publisher(core):
    said = {"@type": "Organization", "name": core["publisher"]}
    return dict(said, **{"@id": core["publisher_ror"]}) if "publisher_ror" in core else said


def _doi(shown):
    doi = datacite.doi_of(shown)
    return ["https://doi.org/" + doi] if doi else []


def _alternates(core):
    others = core.get("alternate_identifiers", [])
    return [{"@type": "PropertyValue", "propertyID": one["scheme"], "value": one["value"]} for one in others]


def _people(core):
    said = {
        # a Role says which part somebody had, as schema.org has it
        "contributor": [
            {"@type": "Role", "roleName": one["role"], "contributor": _creator(one)}
            for one in core.get("contributors", [])
        ],
        "funder": [_funder(one) for one in core.get("funders", [])],
        "funding": [_grant(one) for one in core.get("funders", []) if GRANT & set(one)],
    }
    return {name: value for name, value in said.items() if value}


def _funder(one):
    said = {"@type": "Organization", "name": one["name"]}
    return dict(said, **{"@id": one["ror"]}) if "ror" in one else said


def _grant(one):
    said = {"@type": "Grant", "funder": _funder(one)}
    named = (("award_number", "identifier"), ("award_title", "name"), ("award_url", "url"))
    return dict(said, **{member: one[name] for name, member in named if name in one})


def _related(core):
    said: Dict[str, Any] = {}
    for one in core.get("related", []):
        address = coverage.address(one["identifier"], one["scheme"])
        work = {"@type": KINDS.get(one.get("kind"), "CreativeWork")}
        work.update({"@id": address, "url": address} if address else {"identifier": one["identifier"]})
        if "title" in one:
            work["name"] = one["title"]
        said.setdefault(RELATIONS.get(one["relation"], "mentions"), []).append(work)
    return said


def _description(shown, given):
    text = given["text"]
    if len(text) < SHORTEST:
        text = "%s: %s" % (shown.dataset.title, text)
    if len(text) < SHORTEST:
        # names and an address are words of no language
        text = "%s. %s" % (text.rstrip("."), citation.text(shown))
    if len(text) > LONGEST:
        text = text[: LONGEST - 2].rsplit(None, 1)[0] + " …"
    return {"@language": given["lang"], "@value": text}


def _contents(sensitive):
    places = [{"@type": "Place", "name": name, "identifier": code} for code, name in coverage.places(sensitive)]
    columns = sensitive.get("columns", [])[:MOST_VARIABLES]
    said = {
        "temporalCoverage": coverage.period(sensitive),
        "spatialCoverage": places,
        "variableMeasured": [_variable(column) for column in columns],
        "measurementTechnique": [entry["text"] for entry in coverage.methods(sensitive)],
        "size": coverage.sizes(sensitive),
    }
    return {name: value for name, value in said.items() if value}


def _variable(column):
    said = {"@type": "PropertyValue", "name": column["name"]}
    described = ": ".join(column[name] for name in ("title", "description") if column.get(name))
    return dict(said, description=described) if described else said


def _creator(creator):
    orcid = creator.get("orcid")
    is_person = creator.get("kind", "person" if orcid else "") == "person"
    said = {"@type": "Person" if is_person else "Organization", "name": creator["name"]}
    if orcid:
        said["@id"] = "https://orcid.org/" + orcid
    if "ror" in creator:
        said["@id"] = creator["ror"]
    said.update((member, creator[name]) for name, member in NAMES if name in creator)
    if is_person and "affiliation" in creator:
        said["affiliation"] = {"@type": "Organization", "name": creator["affiliation"]}
        if "affiliation_ror" in creator:
            said["affiliation"]["@id"] = creator["affiliation_ror"]
    return said


def _properties(shown):
    right = {"name": "access right", "value": shown.right.value, "description": shown.label, "url": shown.access_url}
    values = [right]
    if shown.state_text:
        values.append({"name": "state", "value": shown.state_text})
    return [dict({"@type": "PropertyValue"}, **value) for value in values]


def _versions(shown):
    said: Dict[str, Any] = {}
    if shown.replaces:
        said["prov:wasRevisionOf"] = {"@id": shown.replaces.url}
    if shown.newer:
        said["prov:hadRevision"] = [{"@id": other.url} for other in shown.newer]
    return dict(said, **{"@context": [CONTEXT, PROV]}) if said else {}
