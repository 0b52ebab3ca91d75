import os
import re

import pytest
import requests

pytest.importorskip("invenio_records_rest")

from instance import running, skip_unless_there  # noqa: E402
from invenio_db import db  # noqa: E402
from invenio_pidstore.models import PersistentIdentifier, PIDStatus  # noqa: E402
from invenio_records.api import Record  # noqa: E402
from oai_contract import OAIContract  # noqa: E402
from served import ONE_DATABASE  # noqa: E402

from secureb2share_ext.hosts import oai_lists  # noqa: E402

STAMP = re.compile("<responseDate>.*?</responseDate>")


@pytest.fixture(scope="module", params=ONE_DATABASE)
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    with running(request.param, tmp_path_factory.mktemp("instance"), OAISERVER_PAGE_SIZE=3) as found:
        yield found


class TestRecordsRestOAI(OAIContract):
    # the whole figure takes minutes
    withdrawals = int(os.environ.get("SECUREB2SHARE_TEST_WITHDRAWALS", "20"))

    # the last one, for it leaves a record that is no dataset
    def test_what_is_not_ours_is_answered_by_the_host_as_it_does(self, instance, monkeypatch):
        self.register(instance, 1)
        identifier = foreign(instance)
        others = [
            {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": identifier},
            {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "oai:localhost:none"},
            {"verb": "ListSets"},
            {"verb": "ListMetadataFormats"},
            {"verb": "ListMetadataFormats", "identifier": identifier},
            {"verb": "Nothing"},
            {"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "of-the-site"},
            {"verb": "ListRecords", "resumptionToken": "of-the-host"},
        ]

        def answers():
            found = [requests.get(self.address(instance), params=arguments) for arguments in others]
            return [(one.status_code, STAMP.sub("", one.text)) for one in found]

        with_package = answers()
        assert [with_package[number][0] for number in (1, 2, 3, 5, 6, 7)] == [422, 200, 200, 422, 503, 422]
        asked_of_us = []
        monkeypatch.setattr(oai_lists, "_answer", lambda host: asked_of_us.append(1))
        assert answers() == with_package and len(asked_of_us) == len(others)
        monkeypatch.undo()
        said = requests.get(self.address(instance), params={"verb": "Identify"}).text
        # of the other record a deletion is not kept
        assert "<deletedRecord>transient</deletedRecord>" in said


def foreign(instance):
    """The OAI identifier of a record that is no dataset."""
    with instance.app.app_context():
        record = Record.create({"title": "Of another kind"})
        identifier = "oai:localhost:other-%s" % record.id
        PersistentIdentifier.create(
            "oai", identifier, object_type="rec", object_uuid=record.id, status=PIDStatus.REGISTERED
        )
        db.session.commit()
        db.session.remove()
    return identifier
