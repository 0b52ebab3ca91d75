import json
import os

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
from contract import FORM, MULTIPART, HostContract  # noqa: E402
from spellings import spellings  # noqa: E402

from secureb2share_ext import client  # noqa: E402

UPLOAD_ID = "7e7d4f1e-9a35-4d1e-8a0f-8d2f0b4f1a11"
EXTERNAL = [{"key": "elsewhere.csv", "ePIC_PID": "http://hdl.handle.net/11304/canary"}]


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    with real_instance.running(tmp_path_factory.mktemp("instance")) as found:
        yield found


class TestB2Share2(HostContract):
    host_name = "b2share2"
    rows_per_record = 2  # the deposit stays
    # without the package too, B2SHARE answers 500 to a delete that meets edits, and has deleted the record
    answers_of_a_race = {200, 204, 409, 410, 500}

    def upload_attempts(self, instance):
        bucket, key, version, _ = instance.legacy
        path = "/api/files/%s/%s" % (bucket, key)
        stream = {"data": b"CANARY", "headers": {"Content-Type": "application/octet-stream"}}
        form = {"data": MULTIPART, "headers": FORM}
        elsewhere = {"data": MULTIPART, "headers": dict(FORM, **{"X-Expect": "form-data-refused"})}
        long_json = {
            "data": b'{"a": "%s"}' % (b"A" * 1100000),
            "headers": {"Content-Type": "application/json", "X-Expect": "body-too-long"},
        }
        chunks = {"data": iter([b"{}"]), "headers": {"Content-Type": "application/json", "X-Expect": "body-unsized"}}
        job = {"source_remote_url": "/api/remotes/b2drop/a", "destination_file_url": path}
        patch = {"Content-Type": "application/json-patch+json"}
        adds = [{"op": "add", "path": "/external_pids", "value": EXTERNAL}]
        draft = "/api/records/%s/draft" % instance.draft(instance.metadata(self.description())).json()["id"]
        created = dict(instance.metadata(self.description()), external_pids=EXTERNAL)
        elsewhere_created = dict(created, community=instance.communities["open"], community_specific={})
        return [
            ("stream", "PUT", path, stream),
            ("stream, new key", "PUT", path + ".new", stream),
            ("stream, unknown bucket", "PUT", "/api/files/%s/x" % UPLOAD_ID, stream),
            ("token in the address", "PUT", path + "?access_token=" + instance.tokens["superuser"], stream),
            ("form", "PUT", path, form),
            ("multipart init", "POST", path + "?uploads&size=100&partSize=50", {}),
            ("multipart part", "PUT", path + "?uploadId=%s&partNumber=0" % UPLOAD_ID, stream),
            ("multipart complete", "POST", path + "?uploadId=" + UPLOAD_ID, {}),
            ("bucket", "POST", "/api/files", {}),
            ("double slash", "PUT", path.replace("/api/files", "/api//files"), stream),
            ("percent-encoded", "PUT", path.replace("files", "%66iles"), stream),
            ("upper case", "PUT", path.replace(bucket, bucket.upper()), stream),
            ("B2DROP", "PUT", "/api/remotes/b2drop", {"json": {"username": "a", "password": "b"}}),
            ("B2DROP job", "POST", "/api/remotes/jobs", {"json": job}),
            ("external_pids in POST", "POST", "/api/records/", {"json": created}),
            ("external_pids in another community", "POST", "/api/records/", {"json": elsewhere_created}),
            *(
                (
                    "external_pids in %s" % spelling,
                    "POST",
                    "/api/records/",
                    {"data": body, "headers": {"Content-Type": "application/json", "X-Expect": "body-unreadable"}},
                )
                for spelling, body in spellings(created)
            ),
            ("external_pids in PATCH", "PATCH", draft, {"data": json.dumps(adds), "headers": patch}),
            (
                "external_pids deep in PATCH",
                "PATCH",
                draft,
                {
                    "data": json.dumps([dict(adds[0], path="/external_pids/-", value=EXTERNAL[0])]),
                    "headers": patch,
                },
            ),
            (
                "external_pids as the whole",
                "PATCH",
                draft,
                {"data": json.dumps([{"op": "replace", "path": "", "value": created}]), "headers": patch},
            ),
            (
                "external_pids by way of a copy",
                "PATCH",
                draft,
                {
                    "data": json.dumps(
                        [{"op": "add", "path": "/x", "value": created}, {"op": "copy", "from": "/x", "path": ""}]
                    ),
                    "headers": patch,
                },
            ),
            ("form to records", "POST", "/api/records/", elsewhere),
            ("form to nowhere", "POST", "/api/nowhere", elsewhere),
            ("over-long JSON", "POST", "/api/records/", long_json),
            ("unsized", "POST", "/api/records/", chunks),
        ]

    def description(self, name="moba", **sensitive):
        found = real_instance.example(name)
        found["sensitive"].update(sensitive)
        return found

    def files_of(self, body):
        return body["metadata"]["_files"]

    def check_files(self, body, url, described, requestable):
        # what the stock web interface shows: the first entry explains, warns of B2SHARE's own form, which stands below
        # them, and leads to the access page; the others are there where something can be requested
        assert "files" not in body and "files" not in body["links"]
        first, *others = self.files_of(body)
        assert "sends nothing" in first["key"] and first["key"].startswith("How to request access") == requestable
        assert first["url"] == url.replace("/api/access/", "/api/secureb2share/access/")
        assert len(others) == (len(described) if requestable else 0)
        assert {entry["url"] for entry in others} <= {url} and {entry["size"] for entry in [first, *others]} == {0}

    def identifier_of(self, body):
        (block,) = body["metadata"]["community_specific"].values()
        return block["dataset_identifier"]

    def page(self, instance, registered):
        # the web interface makes the page of this
        return instance.call("GET", "/api/records/" + registered["pid"]).text

    def check_page(self, instance, registered, right, coar, url, requestable):
        (block,) = (
            instance.call("GET", "/api/records/" + registered["pid"]).json()["metadata"]["community_specific"].values()
        )
        assert (block["access_request_url"], block["dataset_state"]) == (url, "active")

    def edit(self, instance, method, pid, title):
        patch = [{"op": "replace", "path": "/titles/0/title", "value": title}]
        return instance.patch("/api/records/" + pid, patch)

    def damage(self, instance, pid):
        instance.execute(
            "UPDATE records_metadata SET json = (json::jsonb - 'titles')::json"
            " WHERE id = (SELECT record_uuid FROM secureb2share_dataset WHERE pid = :pid)",
            pid=pid,
        )

    def remove(self, instance, pid):
        instance.execute(
            "DELETE FROM records_metadata WHERE id = (SELECT record_uuid FROM secureb2share_dataset WHERE pid = :pid)",
            pid=pid,
        )

    def test_curators_faults_leave_nothing(self, instance):
        description = self.description()
        del description["core"]["publisher"], description["core"]["descriptions"]
        metadata = instance.metadata(dict(self.description(), core=dict(self.description()["core"])))
        del metadata["publisher"], metadata["descriptions"]
        pid = instance.draft(metadata).json()["id"]
        tables = "records_metadata", "pidstore_pid", "secureb2share_event", "secureb2share_dataset"
        before = [instance.count(table) for table in tables]
        answer = instance.submit(pid)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.text
        assert sorted(e["field"] for e in answer.json()["errors"]) == ["descriptions", "publisher"]
        assert [instance.count(table) for table in tables] == before
        assert instance.count("pidstore_pid", "pid_value LIKE '%%%s' AND pid_type = 'doi'" % pid) == 0

    @pytest.mark.parametrize("identifier", ["..", "pid:1"])
    def test_unfit_claim_of_a_curator(self, instance, identifier):
        answer = instance.curate(self.description(), identifier)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == ["dataset_identifier"]

    def test_nothing_but_the_description_stays_in_a_curators_record(self, instance):
        smuggled = {
            "_files": [{"url": "javascript:CANARY", "key": "CANARY"}],
            "open_access": True,
            "embargo_date": "2999-01-01T00:00:00Z",
        }
        drafted = instance.draft(dict(instance.metadata(self.description()), **smuggled))
        assert drafted.status_code == 201 and "CANARY" not in drafted.text
        pid = drafted.json()["id"]
        for name, value in (("open_access", True), ("embargo_date", "2999-01-01T00:00:00Z")):
            patch = [{"op": "add", "path": "/" + name, "value": value}]
            assert instance.patch("/api/records/%s/draft" % pid, patch).status_code == 200
        assert instance.submit(pid).status_code == 200
        assert instance.patch("/api/records/" + pid, [{"op": "replace", "path": "/open_access", "value": True}]).ok
        said = instance.call("GET", "/api/records/" + pid).json()["metadata"]
        assert said["open_access"] is False and "embargo_date" not in said
        assert instance.count("records_metadata", "CAST(json AS text) LIKE '%CANARY%'") == 0
        stored = (
            "CAST(json AS text) LIKE '%" + pid + "%' AND (json->>'open_access' = 'true' OR json->>'embargo_date' > '')"
        )
        assert instance.count("records_metadata", stored) == 0

    def test_rollback_leaves_no_event(self, instance, monkeypatch):
        from secureb2share_ext.datasets import publication

        tables = "records_metadata", "pidstore_pid", "secureb2share_event", "secureb2share_dataset"
        pid = instance.draft(instance.metadata(self.description())).json()["id"]
        before = [instance.count(table) for table in tables]
        written = publication.published

        def fails_afterwards(*args, **kwargs):
            written(*args, **kwargs)
            raise RuntimeError("after the event was written")

        with monkeypatch.context() as patched:
            patched.setattr(publication, "published", fails_afterwards)
            assert instance.submit(pid).status_code == 500
            with pytest.raises(client.Refused):
                instance.source.register("contract/" + os.urandom(8).hex(), self.description())
        assert [instance.count(table) for table in tables] == before
        # the draft is as it was, and goes out at the next try
        assert instance.submit(pid).status_code == 200
        assert len(instance.events("pid:" + pid)) == 1
