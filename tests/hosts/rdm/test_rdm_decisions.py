import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from decisions_contract import ACCESS, SOURCES, DecisionsContract  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    folder = tmp_path_factory.mktemp("instance")
    with rdm_instance.running(folder, SOURCES, SECUREB2SHARE_ACCESS=ACCESS) as found:
        yield found


class TestRDMDecisions(DecisionsContract):
    pass
