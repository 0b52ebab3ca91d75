import io
import os

import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    # a site that lets its server fetch from there
    domains = {"RECORDS_RESOURCES_FILES_ALLOWED_DOMAINS": ["e.org"]}
    domains["RECORDS_RESOURCES_FILES_ALLOWED_REMOTE_DOMAINS"] = ["e.org"]
    with rdm_instance.running(tmp_path_factory.mktemp("instance"), **domains) as found:
        yield found


def of_draft(kind, act):
    """What a task of the host may do to the files of a draft, by one of its services."""

    def attempt(identity, pid, communities):
        from invenio_rdm_records.proxies import current_rdm_records

        service = getattr(current_rdm_records, kind)
        act(service.draft_files, identity, pid)

    return attempt


def logo(identity, pid, communities):
    from invenio_communities.proxies import current_communities

    service = current_communities.service
    service.update_logo(identity, communities["sensitive"], io.BytesIO(b"CANARY"), content_length=6)


def row(identity, pid, communities):
    from invenio_files_rest.models import Bucket, ObjectVersion

    ObjectVersion.create(Bucket.create(), "a", stream=io.BytesIO(b"CANARY"))


def with_transfer(kind, **transfer):
    data = [{"key": "a", "size": 9, "transfer": dict({"type": kind}, **transfer)}]
    return lambda files, identity, pid: files.init_files(identity, pid, data)


ACTS = {
    "init": lambda files, identity, pid: files.init_files(identity, pid, [{"key": "a"}]),
    "fetch": with_transfer("F", url="https://e.org/a"),
    "remote": with_transfer("R", url="https://e.org/a"),
    "multipart": with_transfer("M", parts=1, part_size=9),
    "content": lambda files, identity, pid: files.set_file_content(identity, pid, "a", io.BytesIO(b"CANARY"), 6),
    "commit": lambda files, identity, pid: files.commit_file(identity, pid, "a"),
    "metadata": lambda files, identity, pid: files.update_file_metadata(identity, pid, "a", {"metadata": {}}),
}
ATTEMPTS = {
    "%s, %s" % (kind, name): of_draft(kind, act)
    for kind in ("records_service", "records_media_files_service")
    for name, act in ACTS.items()
}
ATTEMPTS.update({"logo": logo, "row": row})


@pytest.mark.parametrize("who", ["system", "superuser"])
@pytest.mark.parametrize("name", sorted(ATTEMPTS))
def test_services_of_the_host_take_no_content(instance, name, who):
    from invenio_access.permissions import system_identity
    from invenio_access.utils import get_identity
    from invenio_accounts.models import User
    from invenio_db import db

    pid = instance.draft(instance.metadata(rdm_instance.example())).json()["id"]
    before = instance.content()
    with instance.app.app_context():
        identity = system_identity
        if who == "superuser":
            identity = get_identity(db.session.get(User, instance.users["superuser"]))
        with pytest.raises(Exception) as refused:
            ATTEMPTS[name](identity, pid, instance.communities)
        db.session.rollback()
        db.session.remove()
    assert instance.content() == before
    said = type(refused.value).__name__
    if not name.endswith(("content", "commit", "metadata")):
        # the others need a file that is there; a superuser passes every policy, and the draft says that it has no files
        expected = ("PermissionDeniedError", "UploadRefused") + ("InvalidOperationError",) * (who == "superuser")
        assert said in expected, repr(refused.value)


def test_facets_speak_in_words(instance):
    instance.source.register("facets/" + os.urandom(6).hex(), rdm_instance.example())
    found = instance.call("GET", "/api/records/?size=1").json()["aggregations"]
    labels = {
        name: {bucket["key"]: bucket["label"] for bucket in found["secureb2share_" + name]["buckets"]}
        for name in ("access_right", "access_mode", "special_categories", "storage_country")
    }
    assert labels["access_right"]["controlled"] == "Access can be requested"
    assert labels["access_mode"]["secure-environment-only"] == "Inside the secure environment only"
    assert labels["special_categories"]["Genetic"] != "Genetic"
    assert labels["storage_country"]["NO"] == "Norway"
    narrowed = instance.call("GET", "/api/records/?secureb2share_storage_country=NO").json()["hits"]["total"]
    assert narrowed >= 1
    assert instance.call("GET", "/api/records/?secureb2share_storage_country=FI").json()["hits"]["total"] == 0


def test_cluster_that_is_down_costs_no_registration(instance):
    name, word = "down/" + os.urandom(6).hex(), "w" + os.urandom(8).hex()
    description = rdm_instance.example()
    description["core"]["keywords"] = [word]
    rdm_instance.start(instance, SEARCH_HOSTS=["127.0.0.1:9"], SEARCH_CLIENT_CONFIG={"timeout": 1, "max_retries": 0})
    try:
        registered = instance.source.register(name, description)
        assert registered["result"] == "created"
        description["core"]["titles"][0]["text"] += ", corrected"
        assert instance.source.register(name, description)["result"] == "changed"
        assert instance.index() == {}
        waiting = instance.count("secureb2share_index")
        assert waiting >= 1
    finally:
        rdm_instance.start(instance)
    instance.execute("DELETE FROM secureb2share_pause")
    hits = instance.call("GET", "/api/records/?q=" + word).json()["hits"]
    assert [hit["id"] for hit in hits["hits"]] == [registered["pid"]]
    assert hits["hits"][0]["metadata"]["title"].endswith(", corrected")
    assert instance.count("secureb2share_index") == 0
