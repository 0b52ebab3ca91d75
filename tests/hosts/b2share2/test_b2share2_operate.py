import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
from operate_contract import OperateContract  # noqa: E402
from session import Sessions  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    with real_instance.running(tmp_path_factory.mktemp("instance"), {"tsd": {"release": "review"}}) as found:
        yield found


class TestB2Share2Operate(Sessions, OperateContract):
    pass
