import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

from datacite import schema45  # noqa: E402
from exports.samples import shown  # noqa: E402
from flask import Flask  # noqa: E402

from secureb2share_ext.exports import datacite  # noqa: E402
from secureb2share_ext.hosts.rdm.serving import own_sections  # noqa: E402

METADATA = {
    "contributors": [{}], "funding": [{}], "identifiers": [{"identifier": "1"}, {"identifier": "p-moba/v12"}],
    "related_identifiers": [{"identifier": "10.1/a"}],
}  # fmt: skip
CONTRIBUTOR = {"name": "A", "contributorType": "DataManager"}
OTHER = dict(CONTRIBUTOR, contributorType="Other")
FUNDER = {"funderName": "F", "awardNumber": "7"}
RELATED = {"relatedIdentifier": "10.1/a", "relationType": "Cites", "relatedIdentifierType": "DOI"}
# what the host says of the record itself is not taken
OWN = {
    "contributors": [CONTRIBUTOR], "fundingReferences": [FUNDER], "titles": ["host"],
    "relatedIdentifiers": [RELATED, dict(RELATED, relatedIdentifier="10.1/parent", relationType="IsVersionOf")],
}  # fmt: skip
ALTERNATE = {"alternateIdentifier": "1", "alternateIdentifierType": "ISSN"}
NEWER = dict(OWN, alternateIdentifiers=[ALTERNATE, {"alternateIdentifier": "oai:x", "alternateIdentifierType": "oai"}])
OLDER = dict(
    OWN, identifiers=[{"identifier": "1", "identifierType": "ISSN"}, {"identifier": "u", "identifierType": "URL"}]
)


@pytest.mark.parametrize("own", [NEWER, OLDER], ids=["4.5", "4.3"])
def test_what_was_entered_stands_after_ours_and_once(own):
    plain = shown()
    ours = datacite.document(plain)
    found = own_sections.document(plain, METADATA, lambda: own)
    added = {
        "contributors": [CONTRIBUTOR], "fundingReferences": [FUNDER], "relatedIdentifiers": [RELATED],
        "alternateIdentifiers": [ALTERNATE],
    }  # fmt: skip
    assert found == dict(ours, **{name: ours.get(name, []) + more for name, more in added.items()})
    assert list(schema45.validator.iter_errors(found)) == []
    same = {
        "contributors": [{"name": "A", "role": "DataManager"}],
        "funders": [{"name": "F", "award_number": "7"}],
        "related": [{"identifier": "10.1/a", "scheme": "DOI", "relation": "Cites"}],
        "alternate_identifiers": [{"scheme": "ISSN", "value": "1"}],
    }
    said = shown(change=lambda description: description["core"].update(same))
    assert own_sections.document(said, METADATA, lambda: own) == datacite.document(said)


OF_URL = {"awardNumber": "7", "awardTitle": "G", "funderName": "EC", "funderIdentifierType": "ROR"}
GND = {"funderName": "EC", "funderIdentifier": "1", "funderIdentifierType": "GND"}


@pytest.mark.parametrize(
    "name, entries, wanted",
    [
        ("fundingReferences", [dict(OF_URL, awardURI="https://e.org")], [dict(OF_URL, awardUri="https://e.org")]),
        ("fundingReferences", [GND, GND], [{"funderName": "EC"}]),
        ("fundingReferences", [{"funderName": "F", "awardTitle": "B"}], [{"funderName": "F", "awardTitle": "B"}]),
        ("fundingReferences", [{"awardNumber": "7"}], []),
        ("contributors", [dict(CONTRIBUTOR, contributorType="Translator")], [OTHER]),
        ("contributors", [{"name": "A"}, CONTRIBUTOR, CONTRIBUTOR], [OTHER, CONTRIBUTOR]),
        ("relatedIdentifiers", [dict(RELATED, resourceTypeGeneral="Poster")], [RELATED]),
        ("relatedIdentifiers", [dict(RELATED, relationType="HasTranslation"), dict(RELATED, relationType="")], []),
        ("alternateIdentifiers", [ALTERNATE, ALTERNATE], [ALTERNATE]),
    ],
)
def test_the_document_stays_right_whatever_the_vocabularies_of_a_site_have(name, entries, wanted):
    ours = datacite.document(shown(change=lambda description: description["core"].update(funders=[{"name": "F"}])))
    found = own_sections.joined(ours, dict(dict.fromkeys(own_sections.MEMBERS, []), **{name: entries}))
    assert found == (dict(ours, **{name: ours.get(name, []) + wanted}) if wanted else ours)
    assert list(schema45.validator.iter_errors(found)) == [] and datacite.as_xml(found)


def test_what_the_host_says_of_the_record_itself_is_not_entered():
    own = {
        "relatedIdentifiers": [RELATED, dict(RELATED, relationType="IsVersionOf")],
        "alternateIdentifiers": [dict(ALTERNATE, alternateIdentifier="https://e.org"), ALTERNATE, ALTERNATE],
    }
    found = own_sections.entered(own, METADATA)
    assert found["relatedIdentifiers"] == [RELATED] and found["alternateIdentifiers"] == [ALTERNATE]
    assert found["contributors"] == found["fundingReferences"] == []


def test_the_host_is_not_asked_for_nothing():
    plain, gone = shown(), shown(state="withdrawn")
    for one, metadata in ((plain, {}), (plain, {"contributors": [], "funding": None}), (plain, None), (gone, METADATA)):
        assert own_sections.document(one, metadata, lambda: 1 / 0) == datacite.document(one)


def test_a_host_that_cannot_say_it_keeps_no_record_unanswered(caplog):
    with Flask("site").app_context():
        assert own_sections.document(shown(), METADATA, lambda: 1 / 0) == datacite.document(shown())
    assert "secureb2share.own-sections-unread pid=7 error=ZeroDivisionError" in caplog.text
