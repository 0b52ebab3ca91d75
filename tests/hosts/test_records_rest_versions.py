import pytest

pytest.importorskip("invenio_records_rest")

from instance import running, skip_unless_there  # noqa: E402
from served import ONE_DATABASE  # noqa: E402
from versions_contract import VersionsContract  # noqa: E402


@pytest.fixture(scope="module", params=ONE_DATABASE)
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    folder, echo = tmp_path_factory.mktemp("instance"), {"tsd-ingest": {"echo": True}}
    sources = {"tsd": {"release": "publish"}, "csc": {"release": "review"}}
    with running(request.param, folder, sources, echo) as found:
        yield found


class TestRecordsRestVersions(VersionsContract):
    pass
