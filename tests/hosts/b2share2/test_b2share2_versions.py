import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
from versions_contract import VersionsContract  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    folder, echo = tmp_path_factory.mktemp("instance"), {"tsd-ingest": {"echo": True}}
    sources = {"tsd": {"release": "publish"}, "csc": {"release": "review"}}
    with real_instance.running(folder, sources, echo) as found:
        yield found


class TestB2Share2Versions(VersionsContract):
    field_of_replaces = "version_replaces"
    finds_replaced = False

    def block(self, body):
        (block,) = body["metadata"]["community_specific"].values()
        return block

    def state_of(self, item):
        return self.block(item)["dataset_state"].split()[0].strip(",")

    def versions_of(self, body):
        return body.get("dataset_versions")

    def page(self, instance, said):
        # the web interface makes the page of this
        return self.item(instance, said)

    def check_page(self, page, shown, leads_on, contact):
        if shown["state"] == "withdrawn":
            # a tombstone
            access = page["access"]
            assert (access["contact"]["name"], access["reason"]) == (contact, shown["reason"]) and not leads_on
            assert "community_specific" not in page["metadata"] and access["state_at"] == shown["state_at"]
            return
        block = self.block(page)
        assert block["contact_name"] == contact
        first, *others = page["metadata"]["_files"]
        assert first["key"].startswith("How to request access") == leads_on == bool(others)
        assert all(entry["key"].startswith("Request access") for entry in others)
        for told in filter(None, (shown.get("reason"), shown.get("state_at", "")[:10])):
            assert told in block["dataset_state"]

    def check_page_names(self, page, successor=None, **versions):
        if page["access"]["state"] == "withdrawn":
            later, told = versions.get("replaced_by"), (self.versions_of(page) or {}).get("replaced_by")
            assert successor is None and (told and told["url"]) == (later and later["record_url"])
            return
        state, replaces = self.block(page)["dataset_state"], self.block(page).get("version_replaces")
        if "replaces" in versions:
            assert replaces == versions["replaces"]["identifier"]
        if "replaced_by" in versions:
            later = versions["replaced_by"]
            assert ("replaced by" in state) == bool(later) and (later is None or later["identifier"] in state)
        assert successor is None or successor["identifier"] in state
