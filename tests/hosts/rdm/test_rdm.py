import json
import os

import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from contract import FORM, MULTIPART, HostContract  # noqa: E402

from secureb2share_ext import client  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    with rdm_instance.running(tmp_path_factory.mktemp("instance")) as found:
        yield found


class TestRDM(HostContract):
    host_name = "rdm"

    def upload_attempts(self, instance):
        bucket, key, version, _ = instance.legacy
        path = "/api/files/%s/%s" % (bucket, key)
        stream = {"data": b"CANARY", "headers": {"Content-Type": "application/octet-stream"}}
        return [("stream", "PUT", path, stream)]

    def description(self, name="moba", **sensitive):
        found = rdm_instance.example(name)
        found["sensitive"].update(sensitive)
        return found
