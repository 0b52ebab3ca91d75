import pytest

pytest.importorskip("invenio_records_rest")

from instance import running, skip_unless_there  # noqa: E402
from operate_contract import OPERATE, OperateContract  # noqa: E402
from review_contract import new_identifier  # noqa: E402
from served import ONE_DATABASE  # noqa: E402
from test_statements import OUR_TABLES, statements  # noqa: E402


@pytest.fixture(scope="module", params=ONE_DATABASE)
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    sources = {"tsd": {"release": "review"}}
    with running(request.param, tmp_path_factory.mktemp("instance"), sources, RATELIMIT_ENABLED=False) as found:
        yield found


class TestRecordsRestOperate(OperateContract):
    @pytest.mark.parametrize("path, most", [("", 8), ("datasets", 3)])
    def test_a_list_asks_as_much_for_many_as_for_few(self, instance, operator, path, most):
        counts = []
        for more in (2, 12):
            for _ in range(more):
                identifier = new_identifier()
                instance.source.register(identifier, self.description())
                assert instance.run_cli("review", "release", "tsd", identifier).exit_code == 0
            self.get(instance, operator, OPERATE + path)
            with statements() as seen:
                assert self.get(instance, operator, OPERATE + path).status_code == 200
            counts.append(len([one for one in seen if OUR_TABLES in one]))
            assert not [one for one in seen if "event.body" in one or "event.receipt" in one]
        assert counts[0] == counts[1] <= most, (counts, seen)
