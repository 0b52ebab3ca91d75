import os

import pytest

pytest.importorskip("invenio_records_rest")

from instance import running, skip_unless_there  # noqa: E402
from oai_contract import OAIContract  # noqa: E402
from served import ONE_DATABASE  # noqa: E402


@pytest.fixture(scope="module", params=ONE_DATABASE)
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    with running(request.param, tmp_path_factory.mktemp("instance"), OAISERVER_PAGE_SIZE=3) as found:
        yield found


class TestRecordsRestOAI(OAIContract):
    # the whole figure takes minutes
    withdrawals = int(os.environ.get("SECUREB2SHARE_TEST_WITHDRAWALS", "20"))
