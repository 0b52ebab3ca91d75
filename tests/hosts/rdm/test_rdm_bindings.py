import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from bindings_contract import OWNER, BindingsContract  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    sources = {"tsd": {"release": "publish", "owner": OWNER}}
    with rdm_instance.running(tmp_path_factory.mktemp("instance"), sources) as found:
        yield found


class TestRDMBindings(BindingsContract):
    table, name = "communities_metadata", "slug"
    gone, back = "deletion_status = 'D'", "deletion_status = 'P'"
    index, updated = "rdmrecords-records", "updated"

    def start(self, instance):
        rdm_instance.start(instance)

    def elsewhere(self, instance):
        return {"parent": {"communities": {"ids": [instance.communities["open"]]}}}
