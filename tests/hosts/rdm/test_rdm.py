import json
import os

import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from contract import FORM, MULTIPART, HostContract  # noqa: E402
from uploads import test_picked as picked  # noqa: E402

from secureb2share_ext import client  # noqa: E402
from secureb2share_ext.uploads import lock  # noqa: E402

UPLOAD_ID = "7e7d4f1e-9a35-4d1e-8a0f-8d2f0b4f1a11"
# one of each kind of test_picked.py: seen as long as it lasts, by a stamp, by a counter
PICKS = ("table made anew", "function let rows pass", "disabled for a while")


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    with rdm_instance.running(tmp_path_factory.mktemp("instance")) as found:
        yield found


class TestRDM(HostContract):
    host_name = "rdm"
    anonymous = 403  # RDM's answer to somebody without a login
    # RDM itself answers 500 where its index, which it writes after the commit, has a newer copy already
    answers_of_a_race = {200, 204, 403, 404, 409, 410, 500}

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
        pid = instance.draft(instance.metadata(self.description())).json()["id"]
        draft = "/api/records/%s/draft/" % pid
        found = [
            ("init", "POST", draft + "files", {"json": [{"key": "a.csv"}]}),
            (
                "fetch",
                "POST",
                draft + "files",
                {"json": [{"key": "a", "transfer": {"type": "F", "url": "https://e.org/a"}}]},
            ),
            (
                "remote",
                "POST",
                draft + "files",
                {"json": [{"key": "a", "transfer": {"type": "R", "url": "https://e.org/a"}}]},
            ),
            (
                "multipart init",
                "POST",
                draft + "files",
                {"json": [{"key": "a", "size": 9, "transfer": {"type": "M", "parts": 1, "part_size": 9}}]},
            ),
            ("metadata of a file", "PUT", draft + "files/a.csv", {"json": {"metadata": {}}}),
            ("content", "PUT", draft + "files/a.csv/content", stream),
            ("content as a form", "PUT", draft + "files/a.csv/content", form),
            ("part", "PUT", draft + "files/a.csv/content/1", stream),
            ("commit", "POST", draft + "files/a.csv/commit", {}),
            ("import", "POST", draft + "actions/files-import", {}),
            ("media init", "POST", draft + "media-files", {"json": [{"key": "a.png"}]}),
            ("media metadata", "PUT", draft + "media-files/a.png", {"json": {"metadata": {}}}),
            ("media content", "PUT", draft + "media-files/a.png/content", stream),
            ("media commit", "POST", draft + "media-files/a.png/commit", {}),
            ("logo", "PUT", "/api/communities/%s/logo" % instance.communities["sensitive"], stream),
            ("logo of another community", "PUT", "/api/communities/open/logo", stream),
            ("stream", "PUT", path, stream),
            ("stream, unknown bucket", "PUT", "/api/files/%s/x" % UPLOAD_ID, stream),
            ("form", "PUT", path, form),
            ("raw multipart init", "POST", path + "?uploads&size=100&partSize=50", {}),
            ("raw multipart part", "PUT", path + "?uploadId=%s&partNumber=0" % UPLOAD_ID, stream),
            ("raw multipart complete", "POST", path + "?uploadId=" + UPLOAD_ID, {}),
            ("bucket", "POST", "/api/files", {}),
            ("double slash", "PUT", path.replace("/api/files", "/api//files"), stream),
            ("percent-encoded", "PUT", path.replace("files", "%66iles"), stream),
            ("form to records", "POST", "/api/records", elsewhere),
            ("form to login", "POST", "/login/", elsewhere),
            ("form to nowhere", "POST", "/api/nowhere", elsewhere),
            ("over-long JSON", "POST", "/api/records", long_json),
            ("unsized", "POST", "/api/records", chunks),
        ]
        rules = {rule.endpoint for one in instance.apps() for rule in one.url_map.iter_rules()}
        if "draft_media_files.upload_multipart_content" in rules:
            found.append(("media part", "PUT", draft + "media-files/a.png/content/1", stream))
        if "request_files.create" in rules:
            found.append(("comment's file", "PUT", "/api/requests/%s/files/upload/a" % UPLOAD_ID, stream))
        if "invenio_webhooks.event_list" in rules:
            found.append(("webhook", "POST", "/api/hooks/receivers/github/events/", {"json": {}}))
        return found

    def description(self, name="moba", **sensitive):
        found = rdm_instance.example(name)
        found["sensitive"].update(sensitive)
        return found

    def files_of(self, body):
        return body["custom_fields"]["secureb2share:files"]

    def identifier_of(self, body):
        return body["custom_fields"]["secureb2share:dataset_identifier"]

    def check_page(self, instance, registered, right, coar, url, requestable):
        # the page itself is looked at in test_rdm_pages.py
        assert url in self.page(instance, registered)

    def edit(self, instance, method, pid, title):
        return instance.publish_edit(pid, lambda body: body["metadata"].update(title=title))

    def delete(self, instance, pid, role):
        return instance.call(
            "DELETE", "/api/records/%s/delete" % pid, role, json={"removal_reason": {"id": "test-record"}}
        )

    def damage(self, instance, pid):
        instance.execute(
            "UPDATE rdm_records_metadata SET json = (json::jsonb #- '{custom_fields,secureb2share:access_right}')::json"
            " WHERE id = (SELECT record_uuid FROM secureb2share_dataset WHERE pid = :pid)",
            pid=pid,
        )

    def remove(self, instance, pid):
        instance.execute(
            "UPDATE rdm_records_metadata SET json = NULL"
            " WHERE id = (SELECT record_uuid FROM secureb2share_dataset WHERE pid = :pid)",
            pid=pid,
        )

    def test_curators_faults_leave_nothing(self, instance):
        tables = "records_metadata", "secureb2share_event", "secureb2share_dataset"
        description = self.description(deidentification="CANARY")
        body = instance.metadata(description)
        del body["metadata"]["publisher"]
        drafted = instance.draft(body)
        before = [instance.count(table) for table in tables]
        answer = instance.submit(drafted.json()["id"])
        assert answer.status_code == 400 and "CANARY" not in answer.text
        fields = sorted(error["field"] for error in answer.json()["errors"])
        assert fields == ["custom_fields.secureb2share:deidentification", "metadata.publisher"]
        assert [instance.count(table) for table in tables] == before

    @pytest.mark.parametrize("identifier", ["..", "x" * 256, "pid:1"])
    def test_unfit_claim_of_a_curator(self, instance, identifier):
        answer = instance.curate(self.description(), identifier)
        assert answer.status_code == 400
        found = [error["field"] for error in answer.json()["errors"]]
        assert found == ["custom_fields.secureb2share:dataset_identifier"]

    def test_nothing_but_the_description_stays_in_a_curators_record(self, instance):
        body = instance.metadata(self.description())
        forged = {"access_request_url": "https://CANARY.example.org", "dataset_state": "CANARY"}
        body["custom_fields"].update({"secureb2share:" + name: value for name, value in forged.items()})
        body["access"].update(right="CANARY", url="https://CANARY.example.org", coar="CANARY")
        body["custom_fields"]["secureb2share:files"][0].update(links={"self": "javascript:CANARY"}, key="CANARY")
        drafted = instance.draft(body)
        assert drafted.status_code == 201, drafted.text
        pid = drafted.json()["id"]
        assert instance.submit(pid).status_code in (200, 202)
        said = instance.call("GET", "/api/records/" + pid)
        assert "CANARY" not in said.text
        assert said.json()["custom_fields"]["secureb2share:dataset_state"] == "active"
        assert instance.count("rdm_records_metadata", "CAST(json AS text) LIKE '%CANARY%'") == 0

    def test_a_curators_texts_are_kept_and_found_composed(self, instance):
        word, body = "w%scaf" % os.urandom(6).hex(), instance.metadata(self.description())
        body["metadata"].update(title="The %se\u0301" % word, description="<p>Of e\u0301 and e&#769;</p>")
        body["metadata"]["creators"] = [{"person_or_org": {"type": "organizational", "name": "Cafe\u0301"}}]
        body["custom_fields"]["secureb2share:contact_name"] = "Cafe\u0301"
        pid = instance.draft(body).json()["id"]
        assert instance.submit(pid).status_code in (200, 202)
        said = instance.call("GET", "/api/records/" + pid)
        assert "Caf\u00e9" in said.json()["custom_fields"]["secureb2share:contact_name"]
        assert "e\u0301" not in json.dumps(said.json(), ensure_ascii=False)
        instance.index()
        hits = instance.call("GET", "/api/records/", params={"q": 'metadata.title:"%s\u00e9"' % word}).json()["hits"]
        assert [hit["id"] for hit in hits["hits"]] == [pid]

    def test_creators_stay_as_said_with_an_affiliation_of_the_hosts_vocabulary(self, instance):
        from invenio_access.permissions import system_identity
        from invenio_records_resources.proxies import current_service_registry as services

        with instance.app.app_context():
            entry = {"id": "01ggx4157", "name": "CERN"}
            services.get("affiliations").create(system_identity, entry)
        creator = {"name": "Fornavn Etternavn", "family_name": "Etternavn", "given_name": "Fornavn"}
        description = self.description()
        description["core"]["creators"] = [creator, {"name": "Another"}]
        body = instance.metadata(description)
        body["metadata"]["creators"][0]["affiliations"] = [{"id": "01ggx4157"}]
        pid = instance.draft(body).json()["id"]
        assert instance.submit(pid).status_code in (200, 202)
        said = dict(creator, affiliation="CERN", affiliation_ror="https://ror.org/01ggx4157")
        for _ in range(2):
            record = instance.call("GET", "/api/records/" + pid).json()
            # RDM's own, and what the description says
            assert record["metadata"]["creators"][0]["person_or_org"]["name"] == "Etternavn, Fornavn"
            assert record["custom_fields"]["secureb2share:creators"] == [said, {"name": "Another"}]
            stated = self.datacite(instance, pid)["creators"][0]
            assert stated["name"] == "Fornavn Etternavn" and "CERN" in json.dumps(stated["affiliation"])
            # the form gives back what it was given
            assert instance.publish_edit(pid, lambda body: None).status_code == 200

    def test_what_a_curator_enters_in_the_hosts_own_sections_is_exported_as_long_as_it_stands(self, instance):
        from invenio_access.permissions import system_identity
        from invenio_records_resources.proxies import current_service_registry as services

        with instance.app.app_context():
            services.get("funders").create(system_identity, {"id": "00k4n6c32", "name": "European Commission"})
        body = instance.metadata(self.description())
        who = {"type": "personal", "family_name": "Etternavn", "given_name": "Fornavn"}
        award = {"number": "7", "title": {"en": "A grant"}}
        award["identifiers"] = [{"scheme": "url", "identifier": "https://example.org/7"}]
        article = {"identifier": "10.5281/zenodo.1234", "scheme": "doi", "relation_type": {"id": "isderivedfrom"}}
        body["metadata"].update(
            contributors=[{"person_or_org": who, "role": {"id": role}} for role in ("datamanager", "contactperson")],
            funding=[{"funder": {"id": "00k4n6c32"}, "award": award}],
            identifiers=[{"identifier": "2041-1723", "scheme": "issn"}],
            related_identifiers=[article],
        )
        pid = instance.draft(body).json()["id"]
        assert instance.submit(pid).status_code in (200, 202)
        for _ in range(2):
            stated = self.datacite(instance, pid)
            roles = [(one["name"], one["contributorType"]) for one in stated["contributors"]]
            assert ("Etternavn, Fornavn", "DataManager") in roles
            (funded,) = [one for one in stated["fundingReferences"] if one.get("awardNumber") == "7"]
            told = [funded[name] for name in ("funderName", "awardTitle", "awardUri")]
            assert told == ["European Commission", "A grant", "https://example.org/7"]
            assert "10.5281/zenodo.1234" in [one["relatedIdentifier"] for one in stated["relatedIdentifiers"]]
            assert "2041-1723" in json.dumps(stated["alternateIdentifiers"])
            record = instance.call("GET", "/api/records/" + pid).json()
            assert [one["role"]["id"] for one in record["metadata"]["contributors"]] == ["datamanager", "contactperson"]
            accepted = {"Accept": "application/vnd.datacite.datacite+xml"}
            written = [instance.call("GET", "/api/records/" + pid, headers=accepted).text]
            for prefix in ("datacite", "oai_datacite"):
                asked = "verb=GetRecord&metadataPrefix=%s&identifier=%s" % (prefix, record["pids"]["oai"]["identifier"])
                written.append(instance.call("GET", "/oai2d?" + asked).text)
            for text in written:
                assert "DataManager" in text and "European Commission" in text and "2041-1723" in text
            # the form gives back what it was given
            assert instance.publish_edit(pid, lambda body: None).status_code == 200
        assert instance.publish_edit(pid, lambda body: body["metadata"].pop("funding") and None).status_code == 200
        assert "European Commission" not in json.dumps(self.datacite(instance, pid))

    def datacite(self, instance, pid):
        accepted = {"Accept": "application/vnd.datacite.datacite+json"}
        return instance.call("GET", "/api/records/" + pid, headers=accepted).json()

    def test_draft_says_its_faults_beside_their_fields(self, instance):
        body = instance.metadata(self.description(duo_codes=["DUO:0000024"]))
        pid = instance.draft(body).json()["id"]
        review = {"receiver": {"community": instance.communities["sensitive"]}, "type": "community-submission"}
        instance.call("PUT", "/api/records/%s/draft/review" % pid, "curator", json=review)
        saved = instance.call("PUT", "/api/records/%s/draft" % pid, "curator", json=body)
        assert saved.status_code == 200
        fields = {error["field"] for error in saved.json()["errors"]}
        assert "custom_fields.secureb2share:duo_until" in fields, fields

    def test_rollback_leaves_no_event(self, instance, monkeypatch):
        from secureb2share_ext.datasets import publication

        tables = "records_metadata", "secureb2share_event", "secureb2share_dataset"
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
        answer = instance.call("POST", "/api/records/%s/draft/actions/submit-review" % pid, "curator", json={})
        assert answer.status_code in (200, 202), answer.text
        assert len(instance.events("pid:" + pid)) == 1

    # RDM nests savepoints, and SQLAlchemy warns where the flush that fails rolls back more than its own
    @pytest.mark.filterwarnings("ignore:nested transaction already deassociated")
    def test_race_of_curators_for_one_identifier(self, instance):
        super().test_race_of_curators_for_one_identifier(instance)

    def test_event_names_the_revision_that_readers_see(self, instance):
        identifier = "contract/" + os.urandom(8).hex()
        pid = instance.curate(self.description(), identifier).json()["id"]
        seen = []
        for title in ("Edited", "Edited again"):
            seen.append(instance.call("GET", "/api/datasets/tsd/" + identifier).json()["revision"])
            self.edit(instance, "PUT", pid, title)
        seen.append(instance.call("GET", "/api/datasets/tsd/" + identifier).json()["revision"])
        assert [body["data"]["revision"] for _, _, body in instance.events(identifier)] == seen


class TestRDMLock:
    """The triggers on this host's own tables, and what its processes say when they were passed."""

    @pytest.fixture(autouse=True)
    def _looked_at_anew(self, instance):
        instance.kind = "postgresql"
        for one in lock.of_instance(instance.app):
            one.forget()

    @pytest.mark.parametrize("row", [row for row in picked.POSTGRESQL if row[0] in PICKS], ids=lambda row: row[0])
    def test_whatever_passes_is_seen(self, instance, row, monkeypatch, caplog):
        picked.test_whatever_passes_is_seen_by_everyone_until_it_is_acknowledged(instance, row, monkeypatch, caplog)

    def test_what_is_refused_and_what_is_upkeep_leave_no_mark(self, instance):
        picked.test_what_is_refused_and_what_is_upkeep_leave_no_mark(instance)
