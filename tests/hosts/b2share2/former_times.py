"""What a community has from before the package was on: made over HTTP, as its users made it."""

from secureb2share_ext import client

STREAM = {"Content-Type": "application/octet-stream"}
PAST, FUTURE = "2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
UPLOAD = 6 * 1024 * 1024  # bytes of an upload that never ended; B2SHARE takes parts from 5 MB


def community(instance, name="legacy"):
    """Make a community with a schema that has no block, and a source for it; (name of the source, its key)."""
    from b2share.modules.communities.api import Community
    from b2share.modules.schemas.api import CommunitySchema
    from invenio_accounts.models import User
    from invenio_db import db

    key, public = client.new_key()
    schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {},
        "additionalProperties": False,
    }
    with instance.app.test_request_context("/", base_url=instance.base_url):
        made = Community.create_community(name, name.title() + " data", publication_workflow="direct_publish")
        db.session.flush()
        CommunitySchema.create_version(made.id, schema, 2)
        curator = db.session.query(User).get(instance.users["curator"])
        for role in (made.admin_role, made.member_role):
            instance.app.extensions["security"].datastore.add_role_to_user(curator, role)
        db.session.commit()
        instance.communities[name] = str(made.id)
    sources = instance.configured["SECUREB2SHARE_SOURCES"]
    sources["old"] = dict(sources["tsd"], keys=[public], community=name, targets=[])
    return "old", key


def draft(instance, files, community="legacy", **metadata):
    """A draft with files ({key: bytes}); (PID, bucket)."""
    body = {
        "titles": [{"title": "From former times"}],
        "open_access": True,
        "community_specific": {},
        # B2SHARE's marcxml fails without these two
        "keywords": [{"keyword": "times"}],
        "disciplines": [{"discipline_name": "History", "discipline_identifier": "4.1.1"}],
    }
    body = dict(body, community=instance.communities[community], **metadata)
    answer = instance.draft(body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    bucket = made["links"]["files"].rsplit("/", 1)[1]
    for key, content in files.items():
        put(instance, bucket, key, content)
    return made["id"], bucket


def put(instance, bucket, key, content):
    answer = instance.call("PUT", "/api/files/%s/%s" % (bucket, key), "curator", data=content, headers=STREAM)
    assert answer.status_code == 200, answer.text


def record(instance, files, **metadata):
    """A published record with files; (PID, bucket)."""
    pid, _ = draft(instance, files, **metadata)
    submitted = instance.submit(pid)
    assert submitted.status_code == 200, submitted.text
    links = instance.call("GET", "/api/records/" + pid).json()["links"]
    return pid, links["files"].rsplit("/", 1)[1] if "files" in links else None


def unfinished(instance, bucket, key):
    """An upload in parts that never ended."""
    path = "/api/files/%s/%s?uploads&size=%d&partSize=%d" % (bucket, key, UPLOAD, UPLOAD - 1)
    answer = instance.call("POST", path, "curator")
    assert answer.status_code == 200, answer.text
