import os
import uuid

import pytest

pytest.importorskip("invenio_records_rest")

from contract import FORM, MULTIPART, HostContract  # noqa: E402
from instance import running, skip_unless_there  # noqa: E402
from invenio_db import db  # noqa: E402
from invenio_files_rest.models import FileInstance  # noqa: E402
from invenio_files_rest.tasks import remove_file_data  # noqa: E402
from invenio_pidstore.models import PersistentIdentifier, PIDStatus  # noqa: E402
from invenio_pidstore.proxies import current_pidstore  # noqa: E402
from invenio_records.api import Record  # noqa: E402
from invenio_records.models import RecordMetadata  # noqa: E402

from secureb2share_ext import client  # noqa: E402
from secureb2share_ext.datasets import store  # noqa: E402
from secureb2share_ext.uploads import lock  # noqa: E402


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "services"])
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    with running(request.param, tmp_path_factory.mktemp("instance")) as found:
        yield found


class TestRecordsRest(HostContract):
    host_name = "records_rest"
    has_proof = True

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
        return [
            ("stream", "PUT", path, stream),
            ("stream, new key", "PUT", path + ".new", stream),
            ("stream, unknown bucket", "PUT", "/api/files/7e7d4f1e-9a35-4d1e-8a0f-8d2f0b4f1a11/x", stream),
            ("form", "PUT", path, form),
            ("multipart init", "POST", path + "?uploads&size=100&partSize=50", {}),
            ("multipart part", "PUT", path + "?uploadId=7e7d4f1e-9a35-4d1e-8a0f-8d2f0b4f1a11&partNumber=0", stream),
            ("multipart complete", "POST", path + "?uploadId=7e7d4f1e-9a35-4d1e-8a0f-8d2f0b4f1a11", {}),
            ("bucket", "POST", "/api/files", {}),
            ("double slash", "PUT", path.replace("/api/files", "/api//files"), stream),
            ("double slash inside", "PUT", path.replace("/legacy", "//legacy"), stream),
            ("percent-encoded", "PUT", path.replace("files", "%66iles"), stream),
            ("form to records", "POST", "/api/records/", elsewhere),
            ("form to login", "POST", "/login/", elsewhere),
            ("form to a page", "POST", "/", elsewhere),
            ("form to nowhere", "POST", "/api/nowhere", elsewhere),
            ("over-long JSON", "POST", "/api/records/", long_json),
            ("over-long JSON to the pages", "POST", "/login/", long_json),
            ("unsized", "POST", "/api/records/", chunks),
        ]

    def damage(self, instance, pid):
        """What a process without this package can do to a record."""
        with instance.app.app_context():
            row = db.session.get(RecordMetadata, store.by_pid(pid).record_uuid)
            row.data = {k: v for k, v in row.data.items() if k != "sensitive"}
            db.session.commit()
            db.session.remove()

    def remove(self, instance, pid):
        with instance.app.app_context():
            db.session.delete(db.session.get(RecordMetadata, store.by_pid(pid).record_uuid))
            db.session.commit()
            db.session.remove()

    @pytest.mark.parametrize(
        "method, content_type, body",
        [
            ("POST", "application/json", b"5"),
            ("POST", "application/json", b"[]"),
            ("POST", "application/json", b'{"a": 1, "a": 2}'),
            ("POST", "application/json", b"[" * 100000),
            ("POST", "application/json", b'{"titles": ' + b"[" * 900 + b"]" * 900 + b"}"),
            ("POST", "application/json", b'{"_files": [1]}'),
            ("POST", "application/json", b'{"$schema": "http://127.0.0.1:9/x"}'),
            ("POST", "application/json-patch+json", b'[{"op": "add", "path": "/x", "value": "y"}]'),
            ("PATCH", "application/json-patch+json", b'[{"op": "replace", "path": "", "value": []}]'),
            ("PATCH", "application/json-patch+json", b'[{"op": "copy", "from": "/titles", "path": "/titles/0"}]'),
            ("PATCH", "application/json-patch+json", b'[{"op": "add", "path": "/_files", "value": []}]'),
            ("PATCH", "application/json-patch+json", b'{"op": "add"}'),
        ],
    )
    def test_editors_body_of_another_form_is_a_fault(self, instance, method, content_type, body):
        pid = instance.curate(self.description()).json()["id"]
        path = "/api/records/" + (pid if method == "PATCH" else "")
        answer = instance.call(method, path, "curator", data=body, headers={"Content-Type": content_type})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid"), answer.text

    def test_source_that_is_configured_no_more(self, instance):
        pid = instance.curate(self.description(), "gone/" + os.urandom(8).hex()).json()["id"]
        extensions = instance.extensions()
        kept = {id(extension): dict(extension.sources) for extension in extensions}
        try:
            for extension in extensions:
                extension.sources.clear()
            assert instance.call("GET", "/api/records/" + pid).status_code == 200
            assert instance.call("GET", "/api/access/" + pid).status_code in (404, 503)
            assert self.edit(instance, "PUT", pid, "Edited").json()["code"] == "no-source"
            assert instance.call("DELETE", "/api/records/" + pid, "superuser").status_code == 204
        finally:
            for extension in extensions:
                extension.sources.update(kept[id(extension)])

    def test_legacy_record_is_read_and_left_as_it_is(self, instance):
        with instance.app.app_context():
            record_uuid = uuid.uuid4()
            metadata = {"title": "of another form", "_files": [{"key": "legacy.txt"}]}
            pid = current_pidstore.minters["recid"](record_uuid, data=metadata).pid_value
            Record.create(metadata, id_=record_uuid)
            db.session.commit()
            db.session.remove()
        assert instance.call("GET", "/api/records/" + pid).json()["metadata"]["title"] == "of another form"
        answer = self.edit(instance, "PUT", pid, "Edited")
        assert (answer.status_code, answer.json()["code"]) == (409, "legacy")
        assert instance.call("GET", "/api/access/" + pid).status_code == 404
        assert instance.call("DELETE", "/api/records/" + pid, "superuser").status_code == 204

    @pytest.mark.parametrize("pid_type, value", [("doi", "10.5072/secure.%s"), ("hdl", "11304/%s")])
    def test_access_by_doi_and_handle(self, instance, pid_type, value):
        value = value % os.urandom(6).hex()
        pid = instance.source.register("alias/" + value, self.description())["pid"]
        with instance.app.app_context():
            record_uuid = store.by_pid(pid).record_uuid
            PersistentIdentifier.create(
                pid_type, value, object_type="rec", object_uuid=record_uuid, status=PIDStatus.REGISTERED
            )
            db.session.commit()
            db.session.remove()
        assert instance.call("GET", "/api/access/" + value).status_code == 302
        assert instance.call("GET", "/api/access/" + value + "x").status_code == 404

    def test_tenant_changes_by_transfer_only(self, instance):
        identifier = "tenant/" + os.urandom(6).hex()
        instance.source.register(identifier, self.description(), tenant="p11")
        assert instance.source.get(identifier)["tenant"] == "p11"
        with pytest.raises(client.Refused) as refused:
            instance.source.register(identifier, self.description(), tenant="p12")
        assert [error["field"] for error in refused.value.problem["errors"]] == ["tenant"]
        assert "p11" not in instance.call("GET", "/api/datasets/tsd/" + identifier).text

    def test_bare_api_application_refuses_too(self, instance):
        apps = {one.app for one in lock.of_instance(instance.app)} - {instance.app}
        (api,) = apps
        bucket, key, _, _ = instance.legacy
        headers = {"Authorization": "Bearer " + instance.tokens["superuser"]}
        for path in ("/files/%s/%s" % (bucket, key), "/files//%s/%s" % (bucket, key)):
            answer = api.test_client().put(path, data=b"CANARY", headers=headers)
            assert (answer.status_code, answer.get_json(force=True)["code"]) == (403, "upload-refused")

    def test_legacy_file_is_read_and_deleted(self, instance):
        bucket, key, version, content = instance.legacy
        path = "/api/files/%s/%s" % (bucket, key)
        assert instance.call("GET", path, "superuser").content == content
        assert instance.call("GET", "/api/files/" + bucket, "superuser").status_code == 200
        with instance.app.app_context():
            ((file_id,),) = db.session.query(FileInstance.id).all()
            db.session.remove()
            assert instance.call("DELETE", path + "?versionId=" + version, "superuser").status_code == 204
            # the host's task, which a worker runs after the answer
            remove_file_data(file_id, force=True)
            db.session.remove()
        rows, on_disk = instance.content()
        assert (rows["files_files"], rows["files_object"], on_disk) == (0, 0, [])
