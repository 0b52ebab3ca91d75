import copy

import pytest
from dcat_samples import RELATED, full, of
from samples import ACCESS, ACCESS_URL, AT, NEW, OLD, RECORD_URL, STATES, shown

from secureb2share_ext.exports import catalogue, dcat, dcat_provenance, graph
from secureb2share_ext.exports.graph import Iri, Literal, name

EU, HD = (
    "http://publications.europa.eu/resource/authority/",
    "https://hdeu-dcat.data.health.europa.eu/resource/authority/",
)
WHOLE = {"lang": None, "datatype": "nonNegativeInteger"}


def said(document, predicate, subject=RECORD_URL):
    return [one[0] for one in document[subject].get(name(predicate), [])]


# Annex B of Implementing Regulation (EU) 2026/2098, by number; a fragment is a node of the document
ELEMENTS = {
    1: ("dct:accessRights", [EU + "access-right/NON_PUBLIC"]),
    2: (
        "dcatap:applicableLegislation",
        [
            "http://data.europa.eu/eli/reg/2025/327/oj",
            "urn:lex:no:lov:2008-06-20;44",
            "http://data.europa.eu/eli/reg/2016/679/oj",
        ],
    ),
    3: ("healthdcatap:hasCodeValues", ["I21"]),
    4: ("healthdcatap:hasCodingSystem", [HD + "coding-system/ICD-10"]),
    5: ("dcat:contactPoint", ["#contact-1", "#contact-2"]),
    6: ("dct:conformsTo", [HD + "standard/OMOP-CDM"]),
    7: ("geodcatap:custodian", ["#custodian"]),
    8: ("dct:description", None),
    9: ("dcat:distribution", ["#access-1", "#access-2"]),
    10: ("dct:spatial", [EU + "country/NOR", "http://data.europa.eu/nuts/code/NO08", "#region-2"]),
    11: ("dpv:hasPersonalData", None),
    12: ("healthdcatap:hdab", ["#hdab"]),
    13: ("healthdcatap:healthCategory", None),
    14: ("healthdcatap:healthTheme", None),
    15: ("dct:identifier", [RECORD_URL]),
    16: ("healthdcatap:hasStructuredData", ["true"]),
    17: ("dcat:keyword", None),
    18: ("dct:language", [EU + "language/NOB", EU + "language/SMA", EU + "language/ENG"]),
    19: ("healthdcatap:numberOfRecords", ["48000"]),
    20: ("healthdcatap:numberOfUniqueIndividuals", ["12000"]),
    21: ("dct:provenance", ["#provenance"]),
    22: ("dct:publisher", ["#publisher"]),
    23: ("dct:temporal", ["#period"]),
    24: ("dct:title", None),
    25: ("dct:type", [EU + "dataset-type/PERSONAL_DATA"]),
    26: ("healthdcatap:hasVariables", ["#variables"]),
    27: ("prov:wasGeneratedBy", ["#activity-1", "#activity-2"]),
}


@pytest.mark.parametrize("number", ELEMENTS)
def test_each_element_of_the_regulation_is_there(number):
    assert len(ELEMENTS) == 27
    description = full()
    document, (predicate, values) = dcat.document(of(description)), ELEMENTS[number]
    sensitive, core = description["sensitive"], description["core"]
    if values is None:
        values = {
            8: [one["text"] for one in core["descriptions"]],
            24: [one["text"] for one in core["titles"]],
            17: core["keywords"],
            11: [
                "https://w3id.org/dpv/dpv-pd#" + one
                for one in sensitive["special_categories"] + sensitive["personal_data"]
            ],
            13: [HD + "healthcategories/" + one for one in sensitive["health_categories"]],
            14: [HD + "health-theme/" + one for one in sensitive["health_themes"]],
        }[number]
    assert values
    assert said(document, predicate) == [RECORD_URL + one if one.startswith("#") else one for one in values]


def test_nodes_of_the_elements():
    document = dcat.document(of(full()))
    for part, predicate, values in (
        ("#access-1", "dcat:accessURL", [ACCESS_URL]),
        ("#access-1", "dct:format", [EU + "file-type/CSV"]),
        ("#access-2", "dcat:mediaType", ["https://www.iana.org/assignments/media-types/text/csv"]),
        ("#access-2", "dct:license", ["https://example.org/terms"]),
        ("#custodian", "dct:type", [HD + "publisher-type/university"]),
        ("#custodian-contact", "cv:email", ["privacy@example.org"]),
        ("#publisher-contact", "cv:contactPage", ["https://example.org/contact"]),
        ("#contact-1", "vcard:hasEmail", ["mailto:dac@example.org"]),
        ("#contact-2", "vcard:hasURL", ["https://example.org/d"]),
        ("#variables", "csvw:table", [RECORD_URL + "#table-1", RECORD_URL + "#table-2"]),
        ("#table-1", "csvw:column", [RECORD_URL + "#column-1", RECORD_URL + "#column-2"]),
        ("#column-1", "csvw:datatype", ["integer"]),
        ("#column-2", "csvw:title", ["sex"]),
        ("#activity-1", "dct:type", [HD + "health-activity/COHORT"]),
        ("#period", "dcat:startDate", ["1999"]),
        ("#record", "dct:license", [EU + "licence/CC_BY_4_0"]),
        ("#record", "dct:modified", ["2023-11-14"]),
        ("#record", "foaf:primaryTopic", [RECORD_URL]),
    ):
        assert said(document, predicate, RECORD_URL + part) == values, part
    assert document[RECORD_URL + "#period"][name("dcat:endDate")] == [Literal("2008-12", None, "gYearMonth")]
    assert document[RECORD_URL][name("healthdcatap:numberOfRecords")] == [Literal("48000", **WHOLE)]
    assert said(document, "dct:relation") == ["https://doi.org/10.1234/" + relation for relation in RELATED]
    assert said(document, "dct:creator")[1:] == ["https://ror.org/00j9c2840"]


def test_a_description_without_health_is_no_health_dataset():
    description = full()
    description["sensitive"].update(health_categories=[], special_categories=["Criminal"])
    document = dcat.document(of(description))
    health = {predicate for predicate in document[RECORD_URL] if predicate.startswith(graph.PREFIXES["healthdcatap"])}
    assert health == {name("healthdcatap:retentionPeriod")}
    assert said(document, "dpv:hasPersonalData")[0] == "https://w3id.org/dpv/pd#Criminal"
    assert "2025/327" not in graph.turtle(document) and "HEAL" not in graph.turtle(document)


@pytest.mark.parametrize("access, state", [(access, state) for access in ACCESS for state in STATES])
def test_access_is_said_as_everywhere(access, state):
    terms, _, label = ACCESS[access][3:6]
    seen = shown(access, state, related=True)
    document = dcat.document(seen)
    if state == "withdrawn":
        assert said(document, "rdf:type") == [name("dcat:Resource")]
        assert said(document, "adms:status", RECORD_URL + "#record") == ["http://purl.org/adms/changetype/deleted"]
        assert said(document, "dct:modified") == [AT[:10]]
        texts = graph.turtle(document)
        kept = [one["text"] for one in seen.dataset.core["descriptions"]] + seen.dataset.core["keywords"] + [ACCESS_URL]
        assert [one for one in kept if one in texts] == [] and seen.dataset.title in texts
        return
    assert said(document, "dct:rights") == [terms[0], terms[1], RECORD_URL + "#conditions"]
    assert said(document, "dct:accessRights") == [terms[2]]
    assert said(document, "rdfs:label", RECORD_URL + "#conditions")[0] == (STATES[state][0] or label)
    assert said(document, "adms:versionNotes") == ([STATES[state][1]] if STATES[state][1] else [])
    assert said(document, "dcat:previousVersion") == [OLD] and said(document, "dct:isReplacedBy") == [NEW]


def test_a_tombstone_needs_nothing_of_the_description():
    assert dcat.as_turtle(of({}, state="withdrawn", state_at=AT, reason="consent"))


def test_a_page_of_the_catalogue():
    first = "https://catalogue.example.org/secureb2share/catalogue.ttl"
    gone = of({"core": {"titles": full()["core"]["titles"]}}, state="withdrawn", state_at=AT)._replace(record_url=OLD)
    page = catalogue.page(
        "C", "https://catalogue.example.org", first, first + "?after=1", first + "?after=3", [of(full()), gone]
    )
    assert said(page, "dcat:dataset", first + "#catalogue") == [RECORD_URL]
    assert said(page, "dcat:record", first + "#catalogue") == [RECORD_URL + "#record", OLD + "#record"]
    assert said(page, "hydra:next", first + "?after=1") == [first + "?after=3"]
    last = catalogue.page("C", "https://catalogue.example.org", first, first, None, [gone])
    assert said(last, "hydra:next", first) == [] and said(last, "hydra:first", first) == [first]


def test_what_would_end_a_form_early_is_escaped():
    description = copy.deepcopy(full())
    description["sensitive"]["terms_url"] = 'https://example.org/a>b"c\\d\x01\ud800 '
    document = dcat.document(of(description))
    (address,) = [value.address for value in document[RECORD_URL + "#access-1"][name("dct:license")]]
    assert address == "https://example.org/a%3Eb%22c%5Cd%01?%20"
    assert graph._turtle(Literal('a"b\\\n', "en")) == '"a\\"b\\\\\\n"@en' and graph.text("a\x00") == Literal("a\ufffd")
    with pytest.raises(ValueError, match="no namespace"):
        graph.turtle({"urn:a": {"urn:b": [Iri("urn:c")]}})


def test_a_contact_without_an_address_is_reached_by_the_access_page():
    description = full()
    description["core"].update(contacts=[{"name": "C"}, {"name": "D", "email": "dac@example.org"}])
    del description["core"]["publisher_contact"]
    document = dcat.document(of(description))
    assert said(document, "vcard:hasURL", RECORD_URL + "#contact-1") == [ACCESS_URL]
    assert said(document, "vcard:hasURL", RECORD_URL + "#contact-2") == []
    # an address that somebody gave is nearer than the page
    assert said(document, "cv:email", RECORD_URL + "#publisher-contact") == ["dac@example.org"]
    description["core"]["contacts"].pop()
    alone = dcat.document(of(description))
    assert said(alone, "cv:contactPage", RECORD_URL + "#publisher-contact") == [ACCESS_URL]


@pytest.mark.parametrize("relation, predicate", sorted(dcat_provenance.RELATIONS.items()))
def test_a_related_resource_is_said_with_its_relation(relation, predicate):
    description = full()
    description["core"]["related"] = [{"relation": relation, "identifier": "10.1234/x", "scheme": "DOI"}]
    document = dcat.document(of(description))
    assert said(document, predicate) == said(document, "dct:relation") == ["https://doi.org/10.1234/x"]


def test_who_had_which_part():
    description = full()
    description["core"]["contributors"] = [
        {"role": "DataCollector", "name": "D"},
        {"role": "DataCollector", "name": "E", "orcid": "0000-0002-1825-0097"},
    ]
    description["sensitive"]["storage_organisation"] = "S"
    document = dcat.document(of(description))
    parts = said(document, "prov:qualifiedAttribution")
    told = [
        (said(document, "prov:agent", part)[0], said(document, "dcat:hadRole", part)[0].rpartition("#")[2])
        for part in parts
    ]
    assert told == [
        (RECORD_URL + "#contributor-1", "role-DataCollector"),
        ("https://orcid.org/0000-0002-1825-0097", "role-DataCollector"),
        (RECORD_URL + "#host", "role-HostingInstitution"),
    ]
    assert said(document, "skos:prefLabel", RECORD_URL + "#role-HostingInstitution") == ["hosting institution"]
    assert said(document, "foaf:name", RECORD_URL + "#host") == ["S"]
