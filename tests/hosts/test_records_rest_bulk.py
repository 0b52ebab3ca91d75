import pytest

pytest.importorskip("invenio_records_rest")

from bulk_contract import RunContract  # noqa: E402
from instance import running, skip_unless_there  # noqa: E402
from served import ONE_DATABASE  # noqa: E402


@pytest.fixture(scope="module", params=ONE_DATABASE)
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    folder, echo = tmp_path_factory.mktemp("instance"), {"tsd-ingest": {"echo": True}}
    with running(request.param, folder, {"tsd": {"release": "publish"}}, echo) as found:
        yield found


class TestRecordsRestBulk(RunContract):
    # SQLAlchemy-Continuum's row for each transaction, and the words of a search, in which PIDs stand as words
    not_compared = ("transaction", "catalogue_search") + tuple(
        "catalogue_search_" + t for t in ("data", "idx", "docsize", "content")
    )
