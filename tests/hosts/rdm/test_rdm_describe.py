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
    def test_a_change_begun_in_the_hosts_own_form_is_not_overwritten(self, instance):
        curator, description = self.browser(instance), self.description()
        curator.published(description)
        _, pid, _, _, number = self.row(instance, "")
        path = "/api/records/%s/draft" % pid
        body = instance.call("POST", path, "curator").json()
        body["metadata"]["publisher"] = "A colleague's"
        edit = "dataset/%d/edit" % number
        draft = curator.place(curator.submit(curator.get(""), edit, None)).split("/")[0]
        page = curator.get(draft + "/what")
        assert curator.submit(page, draft + "/what", **{"core.publisher": "Mine"}).status_code == 303
        assert instance.call("PUT", path, "curator", json=body).status_code == 200
        refused = curator.publish(draft)
        assert refused.status_code == 409 and "own form" in refused.text
        assert instance.call("GET", path, "curator").json()["metadata"]["publisher"] == "A colleague's"
        assert self.text_of(instance, pid) == description
        assert instance.call("DELETE", path, "curator").status_code == 204
        assert curator.place(curator.publish(draft)) == ""
        assert self.text_of(instance, pid)["core"]["publisher"] == "Mine"
