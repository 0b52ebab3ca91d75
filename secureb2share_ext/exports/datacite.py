"""A record in DataCite's metadata schema 4.5.

DataCite knows no access states, so they are said three times: in words (a description of type Other), as a date
(Withdrawn, or Other with its meaning), and where a dataset takes this one's place as a related identifier. The end of
an embargo is a date of type Other: "Available" would promise data that can be downloaded. Sizes and names of
files are never in it, whatever the source's setting is; `sizes` are the bands of the whole.
"""

import re
from typing import Any, Dict

from . import coverage
from .concepts import HEALTH, SCHEMES, label_of
from .published import Published
from .xml_text import for_xml

VERSION = "4.5"
SCHEMA_VERSION = "http://datacite.org/schema/kernel-4"
DOI = re.compile(r"10\.[0-9]{4,9}/\S+\Z")
ORCID, ROR = "https://orcid.org/", "https://ror.org/"
NAME_TYPES = {"person": "Personal", "organisation": "Organizational"}
REQUESTS_FROM = "Access can be requested from this day on; the data do not become open."


def document(shown: Published) -> Dict[str, Any]:
    """The DataCite JSON (dict), valid against the 4.5 schema of the `datacite` package."""
    # a withdrawn dataset keeps what DataCite demands of a DOI
    dataset, core = shown.dataset, dict(shown.dataset.core, **shown.demanded)
    said: Dict[str, Any] = {
        "schemaVersion": SCHEMA_VERSION,
        "url": shown.record_url,
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Dataset"},
        "creators": [_creator(creator) for creator in core["creators"]],
        "titles": _titles(core["titles"]),
        "publisher": _publisher(core),
        "publicationYear": str(core["publication_year"]),
        "contributors": _contributors(dataset),
        "fundingReferences": [_funder(funder) for funder in core.get("funders", [])],
        "dates": _dates(shown, core),
        "alternateIdentifiers": _alternates(shown),
        "relatedIdentifiers": _related(shown),
        "rightsList": _rights(shown),
        "descriptions": _descriptions(shown),
        "subjects": [{"subject": keyword} for keyword in core.get("keywords", [])] + _terms(dataset.sensitive),
        "formats": coverage.formats(dataset),
        "sizes": coverage.sizes(dataset.sensitive),
        "geoLocations": [{"geoLocationPlace": name} for _, name in coverage.places(dataset.sensitive)],
    }
    if doi_of(shown):
        said["doi"] = doi_of(shown)
    if core.get("languages"):
        said["language"] = core["languages"][0]
    if shown.version_label:
        said["version"] = shown.version_label
    return {name: value for name, value in said.items() if value}


def doi_of(shown: Published) -> str:
    """The DOI of a record, which its host's PID may be itself; "" without one."""
    return next((str(pid) for pid in (shown.doi, shown.dataset.pid) if DOI.match(pid or "")), "")


def xml(shown: Published) -> str:
    """The DataCite XML of a record."""
    return as_xml(document(shown))


def as_xml(whole: Dict[str, Any]) -> str:
    """The DataCite XML of a document; a record without a DOI has its page's address as identifier."""
    from datacite import schema45
    from lxml import etree

    said = for_xml(whole)
    root = schema45.dump_etree(said)
    if "doi" not in said:
        etree.SubElement(root, "identifier", identifierType="URL").text = said["url"]
    return etree.tostring(root, encoding="utf-8", xml_declaration=True).decode("utf-8")


def _terms(sensitive):
    said = []
    for field, name in (("health_categories", "healthcategories"), ("health_themes", "health-theme")):
        scheme = {"subjectScheme": SCHEMES[HEALTH + name], "schemeUri": HEALTH + name}
        codes = sensitive.get(field, [])
        said += [
            dict(scheme, subject=label_of(field, code), valueUri="%s/%s" % (HEALTH + name, code)) for code in codes
        ]
    return said


def _publisher(core):
    said = {"name": core["publisher"]}
    if "publisher_ror" in core:
        ror = {"publisherIdentifier": core["publisher_ror"], "publisherIdentifierScheme": "ROR"}
        said.update(ror, schemeUri=ROR)
    return said


def _creator(creator):
    said = {"name": creator["name"]}
    # an ORCID is a person's; nothing else tells the kind
    kind = creator.get("kind", "person" if "orcid" in creator else None)
    if kind:
        said["nameType"] = NAME_TYPES[kind]
    for name, member in (("given_name", "givenName"), ("family_name", "familyName")):
        if name in creator:
            said[member] = creator[name]
    if "orcid" in creator:
        said["nameIdentifiers"] = [_named("ORCID", ORCID + creator["orcid"], ORCID)]
    if "ror" in creator:
        said["nameIdentifiers"] = [_named("ROR", creator["ror"], ROR)]
    if "affiliation" in creator:
        said["affiliation"] = [{"name": creator["affiliation"]}]
        if "affiliation_ror" in creator:
            ror = {"affiliationIdentifier": creator["affiliation_ror"], "affiliationIdentifierScheme": "ROR"}
            said["affiliation"][0].update(ror, schemeUri=ROR)
    return said


def _named(scheme, identifier, uri):
    return {"nameIdentifier": identifier, "nameIdentifierScheme": scheme, "schemeUri": uri}


def _funder(funder):
    said = {"funderName": funder["name"]}
    if "ror" in funder:
        said.update(funderIdentifier=funder["ror"], funderIdentifierType="ROR")
    for name, member in (("award_number", "awardNumber"), ("award_title", "awardTitle"), ("award_url", "awardUri")):
        if name in funder:
            said[member] = funder[name]
    return said


def _titles(titles):
    first = titles[0]
    said = [{"title": first["text"], "lang": first["lang"]}]
    for title in titles[1:]:
        kind = "AlternativeTitle" if title["lang"] == first["lang"] else "TranslatedTitle"
        said.append({"title": title["text"], "lang": title["lang"], "titleType": kind})
    return said


def _contributors(dataset):
    sensitive = dataset.sensitive
    # the contact of a description is a role, which the schema asks for; its address stays on the record's page
    said = [_organisation(contact["name"], "ContactPerson") for contact in dataset.core["contacts"]]
    if coverage.controller(sensitive):
        controller = _organisation(coverage.controller(sensitive), "RightsHolder")
        if "controller_ror" in sensitive:
            controller["nameIdentifiers"] = [_named("ROR", sensitive["controller_ror"], ROR)]
        said.append(controller)
    if coverage.stated(sensitive, "storage_organisation"):
        said.append(_organisation(sensitive["storage_organisation"], "HostingInstitution"))
    given = dataset.core.get("contributors", [])
    return said + [dict(_creator(one), contributorType=one["role"]) for one in given]


def _organisation(name, kind):
    return {"name": name, "nameType": "Organizational", "contributorType": kind}


def _alternates(shown):
    dataset = shown.dataset
    said = [{"alternateIdentifier": dataset.pid, "alternateIdentifierType": "PID"}]
    if not shown.is_withdrawn:
        said.insert(0, {"alternateIdentifier": dataset.identifier, "alternateIdentifierType": dataset.source})
    others = dataset.core.get("alternate_identifiers", [])
    return said + [{"alternateIdentifier": o["value"], "alternateIdentifierType": o["scheme"]} for o in others]


def _dates(shown, core):
    dataset = shown.dataset
    said = [{"date": str(core["publication_year"]), "dateType": "Issued"}]
    collected = coverage.period(dataset.sensitive, open_end="")
    if collected:
        said.append({"date": collected, "dateType": "Collected"})
    if shown.requests_from:
        said.append({"date": shown.requests_from, "dateType": "Other", "dateInformation": REQUESTS_FROM})
    if shown.state_text and dataset.state_at:
        kind = "Withdrawn" if dataset.state == "withdrawn" else "Other"
        said.append({"date": dataset.state_at, "dateType": kind, "dateInformation": shown.label})
    return said


def _related(shown):
    relations = (
        (shown.replaces, "IsNewVersionOf"),
        (shown.replaced_by, "IsPreviousVersionOf"),
        (shown.successor, "IsObsoletedBy"),
    )
    said = []
    for other, relation in relations:
        if other:
            given, kind = (other.pid, "DOI") if DOI.match(other.pid) else (other.url, "URL")
            said.append({"relatedIdentifier": given, "relatedIdentifierType": kind, "relationType": relation})
    return said + [_resource(one) for one in shown.dataset.core.get("related", [])]


def _resource(one):
    said = {
        "relatedIdentifier": one["identifier"],
        "relatedIdentifierType": one["scheme"],
        "relationType": one["relation"],
    }
    return dict(said, resourceTypeGeneral=one["kind"]) if "kind" in one else said


def _rights(shown):
    right = shown.right
    terms = [
        (right.coar_label, right.coar, "COAR Access Rights"),
        (right.info_eu_repo.rpartition("/")[2], right.info_eu_repo, "info:eu-repo-Access-Terms"),
        (right.eu.rpartition("/")[2], right.eu, "EU access-right"),
    ]
    said = []
    for text, uri, scheme in terms:
        base, slash, code = uri.rpartition("/")
        named = {"rightsIdentifier": code, "rightsIdentifierScheme": scheme, "schemeUri": base + slash}
        said.append(dict(named, rights=text, rightsUri=uri))
    said.append({"rights": shown.label, "rightsUri": shown.access_url, "lang": "en"})
    conditions = shown.dataset.sensitive["access_conditions"]
    said += [{"rights": c["text"], "rightsUri": shown.access_url, "lang": c["lang"]} for c in conditions]
    terms = shown.dataset.sensitive.get("terms_url")
    return said + ([{"rights": "Terms of use", "rightsUri": terms, "lang": "en"}] if terms else [])


def _descriptions(shown):
    given = shown.dataset.core["descriptions"]
    said = [{"description": d["text"], "descriptionType": "Abstract", "lang": d["lang"]} for d in given]
    methods = coverage.methods(shown.dataset.sensitive)
    said += [{"description": m["text"], "descriptionType": "Methods", "lang": m["lang"]} for m in methods]
    if shown.state_text:
        said.insert(0, {"description": shown.state_text, "descriptionType": "Other", "lang": "en"})
    return said
