import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from describe_contract import DescribeContract  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    with rdm_instance.running(tmp_path_factory.mktemp("instance"), {"csc": {}}) as found:
        yield found


class TestRDMDescribe(DescribeContract):
    pass
