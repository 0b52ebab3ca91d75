import pytest

pytest.importorskip("invenio_records_rest")

from describe_contract import DescribeContract  # noqa: E402
from instance import running, skip_unless_there  # noqa: E402
from served import ONE_DATABASE  # noqa: E402


@pytest.fixture(scope="module", params=ONE_DATABASE)
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    with running(request.param, tmp_path_factory.mktemp("instance"), {"csc": {}}, RATELIMIT_ENABLED=False) as found:
        yield found


class TestRecordsRestDescribe(DescribeContract):
    pass
