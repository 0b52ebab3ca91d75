import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

from exports.samples import shown  # noqa: E402

from secureb2share_ext.exports import datacite  # noqa: E402
from secureb2share_ext.hosts.rdm.serving import own_sections  # noqa: E402

METADATA = {
    "contributors": [{}], "funding": [{}], "identifiers": [{"identifier": "1"}, {"identifier": "p-moba/v12"}],
    "related_identifiers": [{"identifier": "10.1/a"}],
}  # fmt: skip
CONTRIBUTOR = {"name": "A", "contributorType": "DataManager"}
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
    same = {
        "contributors": [{"name": "A", "role": "DataManager"}],
        "funders": [{"name": "F", "award_number": "7"}],
        "related": [{"identifier": "10.1/a", "scheme": "DOI", "relation": "Cites"}],
        "alternate_identifiers": [{"scheme": "ISSN", "value": "1"}],
    }
    said = shown(change=lambda description: description["core"].update(same))
    assert own_sections.document(said, METADATA, lambda: own) == datacite.document(said)


def test_the_host_is_not_asked_for_nothing():
    plain, gone = shown(), shown(state="withdrawn")
    for one, metadata in ((plain, {}), (plain, {"contributors": [], "funding": None}), (plain, None), (gone, METADATA)):
        assert own_sections.document(one, metadata, lambda: 1 / 0) == datacite.document(one)
