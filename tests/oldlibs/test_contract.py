import sys

import pytest

if sys.version_info >= (3, 7):
    pytest.skip("the libraries of B2SHARE 2.4 need Python 3.6; run-tests.sh runs it there", allow_module_level=True)

from contract import FORM, MULTIPART, HostContract  # noqa: E402
from invenio_db import db  # noqa: E402
from invenio_files_rest.models import FileInstance  # noqa: E402
from invenio_records.models import RecordMetadata  # noqa: E402
from old_instance import running, skip_unless_there  # noqa: E402

from secureb2share_ext.datasets import store  # noqa: E402

UNKNOWN = "7e7d4f1e-9a35-4d1e-8a0f-8d2f0b4f1a11"


@pytest.fixture(scope="module", params=["postgresql"])
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    with running(request.param, tmp_path_factory.mktemp("instance")) as found:
        yield found


class TestPlainHost(HostContract):
    host_name = "plain"

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
            ("stream, unknown bucket", "PUT", "/api/files/%s/x" % UNKNOWN, stream),
            ("form", "PUT", path, form),
            ("multipart init", "POST", path + "?uploads&size=100&partSize=50", {}),
            ("multipart part", "PUT", path + "?uploadId=%s&partNumber=0" % UNKNOWN, stream),
            ("multipart complete", "POST", path + "?uploadId=%s" % UNKNOWN, {}),
            ("bucket", "POST", "/api/files", {}),
            ("double slash", "PUT", path.replace("/api/files", "/api//files"), stream),
            ("percent-encoded", "PUT", path.replace("files", "%66iles"), stream),
            ("token in the query", "PUT", path + "?access_token=" + instance.tokens["superuser"], stream),
            ("form to records", "POST", "/api/records/", elsewhere),
            ("form to nowhere", "POST", "/api/nowhere", elsewhere),
            ("over-long JSON", "POST", "/api/records/", long_json),
            ("unsized", "POST", "/api/records/", chunks),
        ]

    def damage(self, instance, pid):
        with instance.app.app_context():
            row = db.session.query(RecordMetadata).get(store.by_pid(pid).record_uuid)
            row.json = {name: value for name, value in row.json.items() if name != "sensitive"}
            db.session.commit()
            db.session.remove()

    def remove(self, instance, pid):
        with instance.app.app_context():
            db.session.delete(db.session.query(RecordMetadata).get(store.by_pid(pid).record_uuid))
            db.session.commit()
            db.session.remove()

    def test_legacy_file_is_read_and_deleted(self, instance):
        bucket, key, version, content = instance.legacy
        path = "/api/files/%s/%s" % (bucket, key)
        assert instance.call("GET", path, "superuser").content == content
        with instance.app.app_context():
            assert instance.call("DELETE", path + "?versionId=" + version, "superuser").status_code == 204
            # the host's task leaves alone what is not writable
            file = db.session.query(FileInstance).one()
            storage = file.storage()
            file.delete()
            db.session.commit()
            storage.delete()
            db.session.remove()
        rows, on_disk = instance.content()
        assert (rows["files_files"], rows["files_object"], on_disk) == (0, 0, [])
