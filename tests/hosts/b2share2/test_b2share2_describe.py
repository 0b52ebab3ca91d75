import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
import requests  # noqa: E402
import session  # noqa: E402
from describe_contract import DescribeContract  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    with real_instance.running(tmp_path_factory.mktemp("instance"), {"csc": {}}) as found:
        yield found


class TestB2Share2Describe(DescribeContract):
    prefix = "/api"

    def session(self, instance, role):
        # the log-in is that of the web interface, in another application
        found = requests.Session()
        if role is not None:
            found.cookies.set(*session.cookie(instance, role))
        return found
