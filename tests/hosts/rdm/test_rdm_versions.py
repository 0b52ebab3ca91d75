import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from versions_contract import VersionsContract  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    folder, echo = tmp_path_factory.mktemp("instance"), {"tsd-ingest": {"echo": True}}
    sources = {"tsd": {"release": "publish"}, "csc": {"release": "review"}}
    with rdm_instance.running(folder, sources, echo) as found:
        yield found


class TestRDMVersions(VersionsContract):
    field_of_replaces = "custom_fields.secureb2share:version_replaces"
    finds_replaced = False  # RDM's search finds the newest of a chain of versions

    def state_of(self, item):
        return item["custom_fields"]["secureb2share:dataset_state"].split()[0].strip(",")

    def versions_of(self, body):
        # RDM's own chain of versions stands beside it
        named = {name: body["versions"][name] for name in ("replaces", "replaced_by") if name in body["versions"]}
        return named or None
