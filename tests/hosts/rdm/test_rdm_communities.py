import os
import threading
import time

import pytest
import sqlalchemy

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402

from secureb2share_ext import client  # noqa: E402

REASON = {"removal_reason": {"id": "test-record"}}


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    sources = {"tsd": {"owner": "reader@catalogue.example.org"}}
    with rdm_instance.running(tmp_path_factory.mktemp("instance"), sources) as found:
        yield found


def identifier():
    return "communities/" + os.urandom(8).hex()


def alone(instance, change=lambda body: None, claimed=None):
    """A published record that is in no community; its PID."""
    body = instance.metadata(rdm_instance.example(), claimed)
    change(body)
    pid = instance.draft(body).json()["id"]
    assert instance.call("POST", "/api/records/%s/draft/actions/publish" % pid, "curator").status_code == 202
    return pid


def include(instance, pid, community, role="curator"):
    communities = [{"id": instance.communities[community], "require_review": False}]
    return instance.call("POST", "/api/records/%s/communities" % pid, role, json={"communities": communities})


def dataset(instance, name):
    return instance.call("GET", "/api/datasets/tsd/" + name)


def kinds(instance, name):
    return [body["type"].split(".")[-2] for _, _, body in instance.events(name)]


def leave(instance, pid, community="sensitive"):
    communities = [{"id": instance.communities[community]}]
    return instance.call("DELETE", "/api/records/%s/communities" % pid, "curator", json={"communities": communities})


def test_inclusion_makes_a_dataset(instance):
    name = identifier()
    pid = alone(instance, claimed=name)
    assert dataset(instance, name).status_code == 404
    assert include(instance, pid, "sensitive").status_code == 200
    assert dataset(instance, name).json()["pid"] == pid
    assert kinds(instance, name) == ["published"]
    record = instance.call("GET", "/api/records/" + pid).json()
    assert record["access"]["right"] == "controlled"
    assert record["custom_fields"]["secureb2share:dataset_state"] == "active"
    assert instance.events(name)[0][2]["data"]["revision"] == record["revision_id"]


def test_inclusion_with_faults_is_refused(instance):
    pid = alone(instance, lambda body: body["custom_fields"].pop("secureb2share:access_right"))
    answer = include(instance, pid, "sensitive")
    assert answer.status_code == 400, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == ["custom_fields.secureb2share:access_right"]
    record = instance.call("GET", "/api/records/" + pid).json()
    assert not record["parent"].get("communities", {}).get("ids")
    assert instance.count("secureb2share_dataset", "pid = '%s'" % pid) == 0


def test_second_sources_community_is_refused_and_others_are_not(instance):
    name = identifier()
    pid = instance.curate(rdm_instance.example(), name).json()["id"]
    answer = include(instance, pid, "second")
    assert (answer.status_code, answer.json()["code"]) == (409, "second-community"), answer.text
    assert include(instance, pid, "open").status_code == 200
    assert dataset(instance, name).json()["state"] == "active" and kinds(instance, name) == ["published"]


@pytest.mark.parametrize("way", ["removal", "other default", "no default", "by the community"])
def test_leaving_is_a_withdrawal(instance, way):
    name = identifier()
    pid = instance.curate(rdm_instance.example(), name).json()["id"]
    assert include(instance, pid, "open").status_code == 200
    path = "/api/records/%s/communities" % pid
    if way == "removal":
        answer = leave(instance, pid)
    elif way == "by the community":
        path = "/api/communities/%s/records" % instance.communities["sensitive"]
        answer = instance.call("DELETE", path, "curator", json={"records": [{"id": pid}]})
    else:
        default = instance.communities["open"] if way == "other default" else ""
        answer = instance.call("PUT", path, "curator", json={"default": default})
    assert answer.status_code == 200, answer.text
    assert dataset(instance, name).json()["state"] == "withdrawn"
    assert kinds(instance, name) == ["published", "withdrawn"]
    assert instance.call("GET", "/api/access/" + pid).status_code == 410
    record = instance.call("GET", "/api/records/" + pid).json()
    assert record["access"]["state"] == "withdrawn"
    # a tombstone has nothing else of its description
    assert not record["custom_fields"]
    # withdrawn is final, and nobody edits it
    edited = instance.publish_edit(pid, lambda body: body["metadata"].update(title="Edited"))
    assert (edited.status_code, edited.json()["code"]) == (409, "withdrawn")


def test_default_community_decides(instance):
    name = identifier()
    pid = alone(instance, claimed=name)
    assert include(instance, pid, "open").status_code == 200
    assert include(instance, pid, "sensitive").status_code == 200
    assert dataset(instance, name).status_code == 404
    body = {"default": instance.communities["sensitive"]}
    assert instance.call("PUT", "/api/records/%s/communities" % pid, "curator", json=body).status_code == 200
    assert dataset(instance, name).json()["pid"] == pid and kinds(instance, name) == ["published"]


def test_curators_new_version_replaces_the_old_one(instance):
    old = identifier()
    pid = instance.curate(rdm_instance.example(), old).json()["id"]
    made = instance.call("POST", "/api/records/%s/versions" % pid, "curator")
    assert made.status_code == 201, made.text
    body, newer = made.json(), made.json()["id"]
    assert body["custom_fields"]["secureb2share:version_replaces"] == old
    assert "secureb2share:dataset_identifier" not in body["custom_fields"]
    body["metadata"]["publication_date"] = "2026"
    body["metadata"]["title"] = "Re-frozen"
    path = "/api/records/%s/draft" % newer
    assert instance.call("PUT", path, "curator", json=body).status_code == 200
    published = instance.call("POST", path + "/actions/publish", "curator")
    assert published.status_code == 202, published.text
    assert dataset(instance, "pid:" + newer).json()["pid"] == newer
    record = instance.call("GET", "/api/records/" + pid).json()
    assert record["versions"]["replaced_by"]["pid"] == newer and record["versions"]["is_latest"] is False
    assert record["custom_fields"]["secureb2share:dataset_state"] == "active (replaced by pid:%s)" % newer
    assert instance.call("GET", "/api/access/" + pid).status_code == 302


def test_registered_version_follows_the_old_one(instance):
    old, new = identifier(), identifier()
    pid = instance.source.register(old, rdm_instance.example())["pid"]
    newer = instance.source.register(new, dict(rdm_instance.example(), version={"replaces": old}))["pid"]
    first, second = (instance.call("GET", "/api/records/" + one).json() for one in (pid, newer))
    assert first["parent"]["id"] == second["parent"]["id"]
    assert (first["versions"]["is_latest"], second["versions"]["is_latest"]) == (False, True)
    assert second["versions"]["replaces"]["pid"] == pid
    found = instance.call("GET", "/api/records/?q=parent.id:%s&allversions=true" % first["parent"]["id"]).json()["hits"]
    assert {hit["id"]: hit["versions"]["is_latest"] for hit in found["hits"]} == {pid: False, newer: True}


def test_restricted_record_is_refused(instance):
    body = instance.metadata(rdm_instance.example())
    body["access"]["record"] = "restricted"
    pid = instance.draft(body).json()["id"]
    answer = instance.submit(pid)
    assert answer.status_code == 400, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == ["access.record"]


def test_restored_record_stays_withdrawn(instance):
    name = identifier()
    pid = instance.curate(rdm_instance.example(), name).json()["id"]
    path = "/api/records/%s/" % pid
    assert instance.call("DELETE", path + "delete", "superuser", json=REASON).status_code == 204
    assert dataset(instance, name).json()["state"] == "withdrawn"
    assert instance.call("POST", path + "restore", "superuser").status_code == 200
    record = instance.call("GET", "/api/records/" + pid).json()
    assert record["access"]["state"] == "withdrawn"
    assert kinds(instance, name) == ["published", "withdrawn"]
    assert instance.call("GET", "/api/access/" + pid).status_code == 410


def test_open_draft_survives_a_change_of_state(instance):
    name = identifier()
    pid = instance.curate(rdm_instance.example(), name).json()["id"]
    path = "/api/records/%s/draft" % pid
    body = instance.call("POST", path, "curator").json()
    body["metadata"]["title"] = "Not published yet"
    assert instance.call("PUT", path, "curator", json=body).status_code == 200
    instance.source.set_state(name, "suspended", "Consent under review.")
    assert instance.call("GET", path, "curator").json()["metadata"]["title"] == "Not published yet"
    record = instance.call("GET", "/api/records/" + pid).json()
    assert record["metadata"]["title"] == rdm_instance.example()["core"]["titles"][0]["text"]
    assert instance.call("POST", path + "/actions/publish", "curator").status_code == 202
    record = instance.call("GET", "/api/records/" + pid).json()
    assert record["metadata"]["title"] == "Not published yet" and record["access"]["state"] == "suspended"
    assert record["custom_fields"]["secureb2share:dataset_state"].startswith("suspended since ")


@pytest.mark.parametrize("route", ["edit", "versions"])
def test_what_a_source_registered_has_no_other_editor(instance, route):
    pid = instance.source.register(identifier(), rdm_instance.example())["pid"]
    path = "/api/records/%s/%s" % (pid, "draft" if route == "edit" else "versions")
    for role in ("curator", "superuser"):
        answer = instance.call("POST", path, role)
        assert (answer.status_code, answer.json()["code"]) == (409, "registered-elsewhere"), answer.text


def test_texts_that_rdm_would_change_stay_as_their_source_wrote_them(instance):
    name, description = identifier(), rdm_instance.example()
    description["core"]["titles"][0]["text"] = " “A” \u2018b\u2019 <i>ﬁne</i> & \r\n plain"
    description["core"]["descriptions"][0]["text"] = "<script>alert(1)</script>\n\n\n “x” & y "
    description["core"]["creators"] = [{"name": "X", "affiliation": " “Y” "}]
    description["core"]["keywords"] = ["“k”"]
    first = instance.source.register(name, description)
    assert instance.source.register(name, description)["result"] == "unchanged"
    assert instance.source.get(name)["digest"] == first["digest"]
    record = instance.call("GET", "/api/records/" + first["pid"]).json()
    assert "<script>" not in record["metadata"]["description"]


def test_short_title_is_published(instance):
    name, description = identifier(), rdm_instance.example()
    description["core"]["titles"][0]["text"] = "X"
    pid = instance.source.register(name, description)["pid"]
    assert instance.source.register(name, description)["result"] == "unchanged"
    assert instance.call("GET", "/api/records/" + pid).json()["metadata"]["title"] == "X (dataset)"


def test_a_files_enabled_draft_of_the_stock_form_is_published_without(instance):
    body = dict(instance.metadata(rdm_instance.example()), files={"enabled": True})
    pid = instance.draft(body).json()["id"]
    assert instance.call("GET", "/api/records/%s/draft" % pid, "curator").json()["files"]["enabled"] is False
    assert instance.call("POST", "/api/records/%s/draft/actions/publish" % pid, "curator").status_code == 202


FORGED = {"secureb2share:access_request_url": "https://phish.example.org/x", "secureb2share:dataset_state": "FORGED"}


@pytest.mark.parametrize("community", [None, "open"])
def test_nobody_forges_the_catalogues_word_in_other_communities(instance, community):
    body = instance.metadata(rdm_instance.example())
    body["custom_fields"].update(FORGED)
    pid = instance.draft(body).json()["id"]
    path = "/api/records/%s/draft" % pid
    assert "FORGED" not in instance.call("PUT", path, "curator", json=body).text
    if community is None:
        assert instance.call("POST", path + "/actions/publish", "curator").status_code == 202
    else:
        assert instance.submit(pid, community).status_code in (200, 202)
    answer = instance.call("GET", "/api/records/" + pid)
    assert answer.status_code == 200 and "phish" not in answer.text and "FORGED" not in answer.text
    assert instance.publish_edit(pid, lambda body: body["custom_fields"].update(FORGED)).status_code == 200
    answer = instance.call("GET", "/api/records/" + pid)
    assert "phish" not in answer.text and "FORGED" not in answer.text


def test_plain_delete_of_an_administrator_is_a_withdrawal(instance):
    name = identifier()
    pid = instance.curate(rdm_instance.example(), name).json()["id"]
    instance.call("DELETE", "/api/records/" + pid, "superuser")
    assert dataset(instance, name).json()["state"] == "withdrawn"
    assert kinds(instance, name) == ["published", "withdrawn"]
    assert instance.call("GET", "/api/access/" + pid).status_code == 410


@pytest.mark.parametrize("role", ["curator", "superuser"])
def test_sources_community_stays_what_it_is(instance, role):
    path = "/api/communities/" + instance.communities["second"]
    renamed = instance.call("POST", path + "/rename", role, json={"slug": "elsewhere"})
    assert (renamed.status_code, renamed.json()["code"]) == (409, "community-of-source"), renamed.text
    deleted = instance.call("DELETE", path, role, json={"removal_reason": {"id": "test-record"}})
    assert (deleted.status_code, deleted.json()["code"]) == (409, "community-of-source"), deleted.text
    body = instance.call("GET", path, role).json()
    body["access"]["visibility"] = "restricted"
    hidden = instance.call("PUT", path, role, json=body)
    assert (hidden.status_code, hidden.json()["code"]) == (409, "community-of-source"), hidden.text
    body["access"]["visibility"] = "public"
    body["metadata"]["title"] = "Another title"
    assert instance.call("PUT", path, role, json=body).status_code == 200


def test_slug_of_a_missing_community_is_for_administrators(instance):

    sources = [extension.sources for extension in instance.extensions()]
    kept = sources[0]["csc"]
    body = {
        "slug": "yet-to-come",
        "metadata": {"title": "Mine"},
        "access": {"visibility": "public", "review_policy": "open"},
    }
    try:
        for one in sources:
            one["csc"] = kept._replace(community="yet-to-come")
        made = instance.call("POST", "/api/communities", "reader", json=body)
        assert (made.status_code, made.json()["code"]) == (403, "community-of-source"), made.text
        path = "/api/communities/%s/rename" % instance.communities["open"]
        renamed = instance.call("POST", path, "curator", json={"slug": "yet-to-come"})
        assert (renamed.status_code, renamed.json()["code"]) == (403, "community-of-source"), renamed.text
        made = instance.call("POST", "/api/communities", "superuser", json=body)
        assert made.status_code == 201
        for one in sources:
            one["csc"] = kept
        path = "/api/communities/" + made.json()["id"]
        assert instance.call("DELETE", path, "superuser", json=REASON).status_code == 204
        for one in sources:
            one["csc"] = kept._replace(community="yet-to-come")
        rdm_instance.unbind(instance, "csc")
        # deleted, it takes no registrations
        with pytest.raises(client.Refused) as refused:
            instance.other.register(identifier(), rdm_instance.example())
        assert (refused.value.status, refused.value.code) == (503, "not-ready")
    finally:
        for one in sources:
            one["csc"] = kept
        assert instance.run_cli("init").exit_code == 0


def test_rolled_back_savepoint_takes_its_own_announcements_only(instance):
    from invenio_db import db

    from secureb2share_ext.hosts.rdm.hooks import before_commit

    called = []
    with instance.app.app_context():
        before_commit.before_commit(lambda: called.append("first"))
        with db.session.begin_nested():
            before_commit.before_commit(lambda: called.append("released"))
            savepoint = db.session.begin_nested()
            before_commit.before_commit(lambda: called.append("rolled back"))
            with db.session.begin_nested():
                before_commit.before_commit(lambda: called.append("released in what is rolled back"))
            savepoint.rollback()
        before_commit.before_commit(lambda: called.append("last"))
        db.session.commit()
        assert called == ["first", "released", "last"]
        db.session.execute(sqlalchemy.text("SELECT 1"))
        before_commit.before_commit(lambda: called.append("never"))
        db.session.rollback()
        db.session.commit()
        db.session.remove()
    assert called == ["first", "released", "last"]


def put_file_of_former_times(instance, pid, kind, model):
    """A file in one of the buckets of a record or draft, as it may have one from before uploads were closed."""
    from invenio_db import db
    from invenio_files_rest.models import Bucket, FileInstance, ObjectVersion
    from invenio_pidstore.models import PersistentIdentifier

    with instance.app.app_context():
        found = db.session.get(model, PersistentIdentifier.get("recid", pid).object_uuid)
        bucket = getattr(found, kind) or Bucket.create()
        bucket.locked = False
        setattr(found, kind, bucket)
        ObjectVersion.create(bucket, "former.csv", _file_id=db.session.query(FileInstance).first().id)
        db.session.commit()
        db.session.remove()


@pytest.mark.parametrize("kind", ["bucket", "media_bucket"])
def test_record_with_files_of_any_kind_is_not_included(instance, kind):
    from invenio_rdm_records.records.models import RDMRecordMetadata

    pid = alone(instance)
    put_file_of_former_times(instance, pid, kind, RDMRecordMetadata)
    answer = include(instance, pid, "sensitive")
    assert (answer.status_code, answer.json()["code"]) == (409, "has-files"), answer.text
    assert answer.json()["message"] == answer.json()["detail"]
    # nor as an older version of what is included
    made = instance.call("POST", "/api/records/%s/versions" % pid, "curator").json()
    path = "/api/records/%s/draft" % made["id"]
    made["metadata"]["publication_date"] = "2026"
    made["files"] = {"enabled": False}
    assert instance.call("PUT", path, "curator", json=made).status_code == 200
    published = instance.call("POST", path + "/actions/publish", "curator")
    if published.status_code == 202:
        answer = include(instance, made["id"], "sensitive")
        assert (answer.status_code, answer.json()["code"]) == (409, "has-files"), answer.text


@pytest.mark.parametrize("kind", ["bucket", "media_bucket"])
def test_draft_with_files_of_any_kind_is_not_published(instance, kind):
    from invenio_rdm_records.records.models import RDMDraftMetadata

    pid = instance.draft(instance.metadata(rdm_instance.example())).json()["id"]
    put_file_of_former_times(instance, pid, kind, RDMDraftMetadata)
    answer = instance.submit(pid)
    assert (answer.status_code, answer.json()["code"]) == (409, "has-files"), answer.text


@pytest.mark.parametrize("role", ["curator", "reader", "superuser"])
@pytest.mark.parametrize("way", ["removal", "default", "deletion"])
def test_who_takes_away_what_a_source_registered(instance, role, way):
    name = identifier()
    pid = instance.source.register(name, rdm_instance.example())["pid"]
    path = "/api/records/%s/communities" % pid
    if way == "removal":
        answer = leave_as(instance, pid, role)
    elif way == "default":
        answer = instance.call("PUT", path, role, json={"default": ""})
    else:
        path = "/api/records/%s/request-deletion" % pid
        answer = instance.call("POST", path, role, json={"reason": "test-record"})
        if answer.status_code == 404:
            pytest.skip("this InvenioRDM has no requests for deletion")
    state = dataset(instance, name).json()["state"]
    if role == "superuser" and way != "deletion":
        assert (answer.status_code, state) == (200, "withdrawn"), answer.text
    else:
        assert answer.status_code in (400, 403, 409) and state == "active", answer.text
        if answer.status_code == 409:
            assert answer.json()["code"] == "registered-elsewhere"


def leave_as(instance, pid, role):
    communities = [{"id": instance.communities["sensitive"]}]
    return instance.call("DELETE", "/api/records/%s/communities" % pid, role, json={"communities": communities})


def test_owner_of_a_source_sees_its_records(instance):
    pid = instance.source.register(identifier(), rdm_instance.example())["pid"]
    record = instance.call("GET", "/api/records/%s" % pid, "reader").json()
    assert record["parent"]["access"]["owned_by"]["user"] == str(instance.users["reader"])


def test_source_and_curator_at_once_are_answered(instance):
    name = identifier()
    pid = instance.curate(rdm_instance.example(), name).json()["id"]
    end, edits, failed = time.monotonic() + 8, [], []

    def edit():
        while time.monotonic() < end:
            edits.append(
                instance.publish_edit(pid, lambda body: body["metadata"].update(title="Title %d" % len(edits)))
            )

    thread = threading.Thread(target=edit)
    thread.start()
    number = 0
    while time.monotonic() < end:
        number += 1
        try:
            instance.source.set_state(name, "suspended" if number % 2 else "active", "Change %d." % number)
        except client.Refused as refused:
            failed.append((refused.status, refused.code))
    thread.join()
    assert number > 3 and failed == []
    assert {answer.status_code for answer in edits} <= {200, 409}, [answer.text for answer in edits]
    sequences = [sequence for sequence, _, _ in instance.events(name)]
    assert sequences == sorted(set(sequences))
