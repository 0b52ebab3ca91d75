"""Where each field of a description stands in each export: a table written by hand, and the reading of its places.

A row: field | planted JSON | text that tells it | schema.org | DataCite | Dublin Core | DCAT | linkset | BibTeX | RIS |
CSL. Without a text the planted one is looked for; where exports say it differently, texts are parted by "~", and one of
them is enough. An empty place: not in this format. A place is a path of members; [a=b] picks among a list.
In DCAT it is a path of properties from the dataset, or from the catalogue's record after "record:".
"""

import json
import re

EXPORTS = ("schema.org", "DataCite", "Dublin Core", "DCAT", "linkset", "BibTeX", "RIS", "CSL JSON")
TABLE = """
core.titles | [{"lang": "en", "text": "Planted"}] | | name.@value | titles.title | titles | dct:title | | title | TI | title
core.descriptions | [{"lang": "en", "text": "Planted long enough for the search engines that want fifty letters"}] | | description.@value | descriptions[descriptionType=Abstract].description | descriptions | dct:description | | | |
core.creators.name | "Planted" | | creator.name | creators.name | creators | dct:creator/foaf:name | | author | AU | author
core.creators.kind | "person" | Person | creator.@type | creators.nameType | | dct:creator/rdf:type | | | |
core.creators.given_name | "Planted" | | creator.givenName | creators.givenName | | dct:creator/foaf:givenName | | author | AU | author.given
core.creators.family_name | "Planted" | | creator.familyName | creators.familyName | | dct:creator/foaf:familyName | | author | AU | author.family
core.creators.orcid | "0000-0002-1825-0097" | | creator.@id | creators.nameIdentifiers.nameIdentifier | | dct:creator | author.href | | |
core.creators.ror | "https://ror.org/00j9c2840" | | creator.@id | creators.nameIdentifiers.nameIdentifier | | dct:creator | author.href | | |
core.creators.affiliation | "Planted" | | creator.affiliation.name | creators.affiliation.name | | | | | |
core.creators.affiliation_ror | "https://ror.org/00j9c2840" | | creator.affiliation.@id | creators.affiliation.affiliationIdentifier | | | | | |
core.contributors.role | "DataCollector" | | contributor.roleName | contributors.contributorType | | prov:qualifiedAttribution/dcat:hadRole | | | |
core.contributors.name | "Planted" | | contributor.contributor.name | contributors.name | contributors | dct:contributor/foaf:name | | | |
core.contributors.kind | "person" | Person | contributor.contributor.@type | contributors.nameType | | dct:contributor/rdf:type | | | |
core.contributors.given_name | "Planted" | | contributor.contributor.givenName | contributors.givenName | | dct:contributor/foaf:givenName | | | |
core.contributors.family_name | "Planted" | | contributor.contributor.familyName | contributors.familyName | | dct:contributor/foaf:familyName | | | |
core.contributors.orcid | "0000-0002-1825-0097" | | contributor.contributor.@id | contributors.nameIdentifiers.nameIdentifier | | dct:contributor | | | |
core.contributors.ror | "https://ror.org/00j9c2840" | | contributor.contributor.@id | contributors.nameIdentifiers.nameIdentifier | | dct:contributor | | | |
core.contributors.affiliation | "Planted" | | contributor.contributor.affiliation.name | contributors.affiliation.name | | | | | |
core.contributors.affiliation_ror | "https://ror.org/00j9c2840" | | contributor.contributor.affiliation.@id | contributors.affiliation.affiliationIdentifier | | | | | |
core.funders.name | "Planted" | | funder.name | fundingReferences.funderName | contributors | | | | |
core.funders.ror | "https://ror.org/00j9c2840" | | funder.@id | fundingReferences.funderIdentifier | | | | | |
core.funders.award_number | "Planted" | | funding.identifier | fundingReferences.awardNumber | | | | | |
core.funders.award_title | "Planted" | | funding.name | fundingReferences.awardTitle | | | | | |
core.funders.award_url | "https://example.org/planted" | | funding.url | fundingReferences.awardUri | | | | | |
core.publisher | "Planted" | | publisher.name | publisher.name | publishers | dct:publisher/foaf:name | | publisher | PB | publisher
core.publisher_ror | "https://ror.org/00j9c2840" | | publisher.@id | publisher.publisherIdentifier | | | | | |
core.publisher_type | "biobank" | | | | | dct:publisher/dct:type | | | |
core.publisher_contact | "https://example.org/planted" | | | | | dct:publisher/cv:contactPoint/cv:contactPage | | | |
core.publication_year | 1987 | | datePublished | publicationYear | dates | dct:issued | | year | PY | issued.date-parts
core.keywords | ["planted"] | | keywords | subjects.subject | subjects | dcat:keyword | | | |
core.languages | ["sma"] | sma~SMA | inLanguage | language | languages | dct:language | | | |
core.contacts.name | "Planted" | | | contributors[contributorType=ContactPerson].name | contributors | dcat:contactPoint/vcard:fn | | | |
core.contacts.email | "planted@example.org" | | | | | dcat:contactPoint/vcard:hasEmail | | | |
core.contacts.url | "https://example.org/planted" | | | | | dcat:contactPoint/vcard:hasURL | | | |
core.alternate_identifiers.scheme | "Planted" | | identifier.propertyID | alternateIdentifiers.alternateIdentifierType | identifiers | adms:identifier/adms:schemaAgency | | | |
core.alternate_identifiers.value | "Planted" | | identifier.value | alternateIdentifiers.alternateIdentifier | identifiers | adms:identifier/skos:notation | | | |
core.related.relation | "IsDerivedFrom" | 10.5555/base~IsDerivedFrom | isBasedOn.url | relatedIdentifiers.relationType | relations | prov:wasDerivedFrom | | | |
core.related.identifier | "10.5555/planted" | | citation.url | relatedIdentifiers.relatedIdentifier | relations | dct:relation | | | |
core.related.scheme | "PMID" | pubmed~PMID | citation.url | relatedIdentifiers.relatedIdentifierType | relations | dct:relation | | | |
core.related.kind | "Software" | | citation.@type | relatedIdentifiers.resourceTypeGeneral | | | | | |
core.related.title | "Planted" | | citation.name | | | | | | |
core.metadata_license | "CC-BY-4.0" | CC-BY-4.0~CC_BY_4_0 | sdLicense | | | record:dct:license | license.href | | |
sensitive.access_right | "metadata-only" | c_14cb~cannot be requested | usageInfo | rightsList.rightsUri | rights | dct:rights | urn:secureb2share:rel:request-access.title | | |
sensitive.embargo_until | "2099-01-02" | | conditionsOfAccess | dates[dateType=Other].date | rights | dct:rights/rdfs:label | urn:secureb2share:rel:request-access.title | | |
sensitive.access_conditions | [{"lang": "en", "text": "Planted"}] | | conditionsOfAccess | rightsList.rights | rights | dct:rights/rdfs:label | | | |
sensitive.terms_url | "https://example.org/planted" | | usageInfo | rightsList.rightsUri | rights | dcat:distribution/dct:license | | | |
sensitive.controller_name | "Planted" | | | contributors[contributorType=RightsHolder].name | contributors | geodcatap:custodian/foaf:name | | | |
sensitive.controller_ror | "https://ror.org/00j9c2840" | | | contributors[contributorType=RightsHolder].nameIdentifiers.nameIdentifier | | | | | |
sensitive.controller_type | "biobank" | | | | | geodcatap:custodian/dct:type | | | |
sensitive.controller_contact | "https://example.org/planted" | | | | | geodcatap:custodian/cv:contactPoint/cv:contactPage | | | |
sensitive.dpo_contact | "https://example.org/planted" | | | | | geodcatap:custodian/cv:contactPoint/cv:contactPage | | | |
sensitive.hdab_name | "Planted" | | | | | healthdcatap:hdab/foaf:name | | | |
sensitive.hdab_contact | "https://example.org/planted" | | | | | healthdcatap:hdab/cv:contactPoint/cv:contactPage | | | |
sensitive.legal_basis_art6 | ["A6-1-f"] | | | | | dpv:hasLegalBasis | | | |
sensitive.legal_basis_art9 | ["A9-2-e"] | | | | | dpv:hasLegalBasis | | | |
sensitive.special_categories | ["Biometric"] | | | | | dpv:hasPersonalData | | | |
sensitive.personal_data | ["Nationality"] | | | | | dpv:hasPersonalData | | | |
sensitive.applicable_legislation | ["https://example.org/planted#law"] | | | | | dcatap:applicableLegislation | | | |
sensitive.purposes_allowed | ["PublicPolicyMaking"] | | | | | dpv:hasPurpose | | | |
sensitive.deidentification | "synthetic" | SYNTHETIC_DATA | | | | dct:type | | | |
sensitive.participants_band | "10000-99999" | | size | sizes | formats | | | | |
sensitive.participants_rounded | 4700 | | size | sizes | formats | healthdcatap:numberOfUniqueIndividuals | | | |
sensitive.min_age | 17 | | | | | healthdcatap:minTypicalAge | | | |
sensitive.max_age | 83 | | | | | healthdcatap:maxTypicalAge | | | |
sensitive.population_coverage | [{"lang": "en", "text": "Planted"}] | | | | | healthdcatap:populationCoverage | | | |
sensitive.sampling | ["Probability.SimpleRandom"] | imple random | measurementTechnique | descriptions[descriptionType=Methods].description | | | | | |
sensitive.collection_modes | ["FocusGroup.Online"] | nline | measurementTechnique | descriptions[descriptionType=Methods].description | | | | | |
sensitive.spatial | ["IS"] | Iceland~ISL | spatialCoverage.name | geoLocations.geoLocationPlace | coverage | dct:spatial | | | |
sensitive.regions | ["NO07"] | | spatialCoverage.name | geoLocations.geoLocationPlace | coverage | dct:spatial | | | |
sensitive.temporal_start | "1987-03" | | temporalCoverage | dates[dateType=Collected].date | coverage | dct:temporal/dcat:startDate | | | |
sensitive.temporal_end | "1988-03" | | temporalCoverage | dates[dateType=Collected].date | coverage | dct:temporal/dcat:endDate | | | |
sensitive.periodicity | "DECENNIAL" | | | | | dct:accrualPeriodicity | | | |
sensitive.health_categories | ["WELA"] | | | subjects.valueUri | | healthdcatap:healthCategory | | | |
sensitive.health_themes | ["SENSORY_HEALTH"] | | | subjects.valueUri | | healthdcatap:healthTheme | | | |
sensitive.health_activities | ["CLINICAL_TRIAL"] | linical trial~CLINICAL_TRIAL | measurementTechnique | descriptions[descriptionType=Methods].description | | prov:wasGeneratedBy/dct:type | | | |
sensitive.has_structured_data | false | false | | | | healthdcatap:hasStructuredData | | | |
sensitive.records_band | "10000-99999" | | size | sizes | formats | | | | |
sensitive.records_rounded | 4700 | | size | sizes | formats | healthdcatap:numberOfRecords | | | |
sensitive.columns.table | "Planted" | | | | | healthdcatap:hasVariables/csvw:table/dct:title | | | |
sensitive.columns.name | "planted" | | variableMeasured.name | | | healthdcatap:hasVariables/csvw:table/csvw:column/csvw:name | | | |
sensitive.columns.title | "Planted" | | variableMeasured.description | | | healthdcatap:hasVariables/csvw:table/csvw:column/csvw:title | | | |
sensitive.columns.description | "Planted" | | variableMeasured.description | | | healthdcatap:hasVariables/csvw:table/csvw:column/dct:description | | | |
sensitive.columns.datatype | "gYearMonth" | | | | | healthdcatap:hasVariables/csvw:table/csvw:column/csvw:datatype | | | |
sensitive.coding_systems | ["ORPHACODE"] | | | | | healthdcatap:hasCodingSystem | | | |
sensitive.code_values | ["planted"] | | | | | healthdcatap:hasCodeValues | | | |
sensitive.standards | ["OPENEHR"] | | | | | dct:conformsTo | | | |
sensitive.formats | ["PARQUET"] | | | formats | formats | dcat:distribution/dct:format | | | |
sensitive.size_band | "1MB-1GB" | | size | sizes | formats | | | | |
sensitive.storage_organisation | "Planted" | | | contributors[contributorType=HostingInstitution].name | | prov:qualifiedAttribution/prov:agent/foaf:name | | | |
sensitive.retention_until | "2099-01-02" | | | | | healthdcatap:retentionPeriod/dcat:endDate | | | |
sensitive.provenance | [{"lang": "en", "text": "Planted"}] | | measurementTechnique | descriptions[descriptionType=Methods].description | | dct:provenance/rdfs:label | | | |
files.media_type | "application/x-planted" | | | formats | formats | | | | |
version.label | "Planted" | | version | version | | dcat:version | | version | ET | version
"""  # noqa: E501
# on the record's page and in its JSON, and in none of these formats: {field: planted}
NOWHERE = {
    "sensitive.access_mode": ["publication-portal"],
    "sensitive.access_eligibility": ["adequacy-country"],
    "sensitive.access_protocol_url": "https://example.org/planted",
    "sensitive.expected_decision_days": 317,
    "sensitive.fees": [{"lang": "en", "text": "Planted"}],
    "sensitive.controller_country": "IS",
    "sensitive.joint_controllers": ["Planted"],
    "sensitive.processor": "Planted",
    "sensitive.hdab_status": "not-designated",
    "sensitive.legal_basis_exemption": "outside-gdpr",
    "sensitive.ethics_approval_body": "Planted",
    "sensitive.ethics_approval_reference": "Planted",
    "sensitive.consent_type": "waived",
    "sensitive.duo_codes": ["DUO:0000021"],
    "sensitive.duo_diseases": ["MONDO:0005147"],
    "sensitive.duo_topics": ["Planted"],
    "sensitive.duo_countries": ["IS"],
    "sensitive.duo_until": "2099-01-02",
    "sensitive.duo_months": 317,
    "sensitive.duo_projects": ["Planted"],
    "sensitive.duo_institutions": ["Planted"],
    "sensitive.sensitivity_level": "datatags-crimson",
    "sensitive.sexes": ["intersex"],
    "sensitive.analysis_units": ["MediaUnit.Sound"],
    "sensitive.materials": ["BUFFY_COAT"],
    "sensitive.coding_systems_other": ["Planted"],
    "sensitive.standards_other": ["Planted"],
    "sensitive.storage_service": "Planted",
    "sensitive.storage_country": "IS",
    "sensitive.retention_review": "2099-01-02",
    "sensitive.retention_basis": [{"lang": "en", "text": "Planted"}],
    "files.label": "Planted",
    "files.size_band": "100GB-1TB",
    "files.name": "planted",
    "files.size": 317000,
    "files.checksum": "sha256:" + "ab" * 32,
    "version.replaces": "planted",
}
# who demands a field: "B" and the number of an element of Annex B of Implementing Regulation (EU) 2026/2098;
# DataCite of a DOI, or our schema ("us")
DEMANDED = {
    "core.titles": "B24, DataCite, us",
    "core.descriptions": "B8, us",
    "core.creators.name": "DataCite, us",
    "core.publisher": "B22, DataCite, us",
    "core.publisher_type": "B22",
    "core.publisher_contact": "B22",
    "core.publication_year": "DataCite, us",
    "core.keywords": "B17",
    "core.languages": "B18",
    "core.contacts.name": "B5, us",
    "core.contacts.email": "B5",
    "core.contacts.url": "B5",
    "sensitive.access_right": "B1, us",
    "sensitive.access_conditions": "us",
    "sensitive.access_mode": "us",
    "sensitive.access_eligibility": "us",
    "sensitive.controller_name": "B7, us",
    "sensitive.controller_type": "B7",
    "sensitive.controller_contact": "B7",
    "sensitive.special_categories": "B11, us",
    "sensitive.personal_data": "B11",
    "sensitive.deidentification": "B25, us",
    "sensitive.storage_service": "us",
    "sensitive.storage_organisation": "us",
    "sensitive.applicable_legislation": "B2",
    "sensitive.code_values": "B3",
    "sensitive.coding_systems": "B4",
    "sensitive.standards": "B6",
    "sensitive.formats": "B9",
    "sensitive.spatial": "B10",
    "sensitive.hdab_name": "B12",
    "sensitive.hdab_contact": "B12",
    "sensitive.health_categories": "B13",
    "sensitive.health_themes": "B14",
    "sensitive.has_structured_data": "B16",
    "sensitive.records_rounded": "B19",
    "sensitive.participants_rounded": "B20",
    "sensitive.provenance": "B21",
    "sensitive.temporal_start": "B23",
    "sensitive.temporal_end": "B23",
    "sensitive.columns.name": "B26",
    "sensitive.health_activities": "B27",
}
STEP = re.compile(r"([^.\[\]]+)(?:\[(\w+)=(\w+)\])?")


def rows():
    """[(field, planted value, [texts], {export: place})]; a field of NOWHERE has no place."""
    found = []
    for line in TABLE.strip().splitlines():
        field, planted, texts, *places = (cell.strip() for cell in line.split("|"))
        assert len(places) == len(EXPORTS), line
        value = json.loads(planted)
        found.append((field, value, texts.split("~") if texts else texts_of(value), dict(zip(EXPORTS, places))))
    return found + [(field, value, texts_of(value), dict.fromkeys(EXPORTS, "")) for field, value in NOWHERE.items()]


def texts_of(value):
    """The texts by which a planted value is known."""
    if isinstance(value, list):
        return texts_of(value[0])
    return texts_of(value["text"]) if isinstance(value, dict) else [str(value)]


def at(document, place):
    """The texts at a place of a document of members."""
    # a relation of the linkset is a URN, and no path
    first, rest = (place.rsplit(".", 1)[0], place.rsplit(".", 1)[1]) if place.startswith("urn:") else (None, place)
    found = [document] if first is None else flat([document.get(first, [])])
    for name, key, value in STEP.findall(rest):
        found = flat([one[name] for one in found if isinstance(one, dict) and name in one])
        found = [one for one in found if not key or one.get(key) == value]
    return [text for one in found for text in leaves(one)]


def flat(values):
    """The values of lists in lists."""
    return [one for value in values for one in (flat(value) if isinstance(value, list) else [value])]


def leaves(value):
    """All texts in a value."""
    if isinstance(value, (dict, list)):
        return [text for one in (value.values() if isinstance(value, dict) else value) for text in leaves(one)]
    return [str(value)]


def markdown():
    """The table of docs/reference/exports.md."""
    lines = ["| Field | Demanded by | " + " | ".join(EXPORTS) + " |", "|---" * (len(EXPORTS) + 2) + "|"]
    for field, _, _, places in rows():
        if any(places.values()):
            cells = ["`%s`" % field, DEMANDED.get(field, "")] + [
                "`%s`" % place if place else "" for place in places.values()
            ]
            lines.append("| " + " | ".join(cells) + " |")
    names = ["`%s`" % field + (" (%s)" % DEMANDED[field] if field in DEMANDED else "") for field in NOWHERE]
    return "\n".join(lines) + "\n\nOn the record's page and in its JSON only: %s.\n" % ", ".join(names)


if __name__ == "__main__":
    print(markdown(), end="")
