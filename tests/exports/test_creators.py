"""The people, organisations, grants and resources of a description in the exports that have a place for them."""

import pytest
from samples import given

from secureb2share_ext.exports import citation, datacite, schema_org

ROR = "https://ror.org/046nvst19"
PERSON = {
    "name": "Fornavn Etternavn", "kind": "person", "given_name": "Fornavn", "family_name": "Etternavn",
    "orcid": "0000-0002-1825-0097", "affiliation": "FHI", "affiliation_ror": ROR,
}  # fmt: skip
OFFICE = {"name": "Folkehelseinstituttet, avdeling B", "kind": "organisation", "ror": ROR}
UNSAID = {"name": "A, B"}


@pytest.fixture
def seen():
    found = given("A")
    core = found.dataset.description["core"]
    core["creators"] = [PERSON, OFFICE, UNSAID]
    core["contributors"] = [dict(OFFICE, role="DataCollector")]
    core["funders"] = [
        {"name": "F", "ror": ROR, "award_number": "1", "award_title": "T", "award_url": "https://e.org/"}
    ]
    core["publisher_ror"] = ROR
    core["alternate_identifiers"] = [{"scheme": "EGA", "value": "EGAD1"}]
    core["related"] = [{"relation": "IsCitedBy", "scheme": "DOI", "identifier": "10.5072/a", "kind": "JournalArticle"}]
    return found


def test_datacite_says_each_and_guesses_no_kind(seen):
    said = datacite.document(seen)
    person, office, unsaid = said["creators"]
    assert (person["nameType"], person["givenName"], person["familyName"]) == ("Personal", "Fornavn", "Etternavn")
    assert person["affiliation"][0]["affiliationIdentifier"] == ROR
    assert person["nameIdentifiers"][0]["nameIdentifier"] == "https://orcid.org/0000-0002-1825-0097"
    assert office["nameType"] == "Organizational" and office["nameIdentifiers"][0]["nameIdentifier"] == ROR
    assert unsaid == {"name": "A, B"}
    collector = said["contributors"][-1]
    assert (collector["contributorType"], collector["nameType"]) == ("DataCollector", "Organizational")
    funded = {"funderName": "F", "funderIdentifier": ROR, "funderIdentifierType": "ROR", "awardNumber": "1"}
    assert said["fundingReferences"] == [dict(funded, awardTitle="T", awardUri="https://e.org/")]
    assert said["publisher"]["publisherIdentifier"] == ROR
    assert {"alternateIdentifier": "EGAD1", "alternateIdentifierType": "EGA"} in said["alternateIdentifiers"]
    cited = {"relatedIdentifier": "10.5072/a", "relatedIdentifierType": "DOI", "relationType": "IsCitedBy"}
    assert dict(cited, resourceTypeGeneral="JournalArticle") in said["relatedIdentifiers"]


def test_and_is_valid_with_all_of_them(seen):
    schema45 = pytest.importorskip("datacite.schema45")
    said = dict(datacite.document(seen), doi="10.5072/b")
    assert schema45.validator.is_valid(said), [error.message for error in schema45.validator.iter_errors(said)]
    assert "<awardNumber" in datacite.xml(seen)


def test_search_engines_learn_the_kind_that_is_said(seen):
    person, office, _ = schema_org.document(seen)["creator"]
    assert (person["@type"], person["familyName"], person["affiliation"]["name"]) == ("Person", "Etternavn", "FHI")
    assert office == {"@type": "Organization", "@id": ROR, "name": OFFICE["name"]}
    del seen.dataset.core["creators"][0]["orcid"]
    assert schema_org.document(seen)["creator"][0]["@type"] == "Person"


def test_reference_managers_get_family_names_first(seen):
    assert "author = {Etternavn, Fornavn and {Folkehelseinstituttet, avdeling B} and {A, B}}" in citation.bibtex(seen)
    assert "AU  - Etternavn, Fornavn\r\nAU  - Folkehelseinstituttet, avdeling B\r\n" in citation.ris(seen)
    person, office, unsaid = citation.csl(seen)["author"]
    assert person == {"family": "Etternavn", "given": "Fornavn"} and office == {"literal": OFFICE["name"]}
    assert unsaid == {"literal": "A, B"}
