"""An instance before, with and after the package: the tests of `TestLife` are one story, in order."""

import json
import os
import re
import subprocess
import sys
import time

import pytest
import requests
import sqlalchemy

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
import rdm_without  # noqa: E402
import rows  # noqa: E402

from secureb2share_ext import client  # noqa: E402
from secureb2share_ext.hosts.rdm.fields import definitions  # noqa: E402
from secureb2share_ext.uploads import lock  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
STREAM = {"Content-Type": "application/octet-stream"}
CREATE, CONTENT, COMMIT = "draft_files.create", "draft_files.update_content", "draft_files.create_commit"
SUBMIT, PUBLISH, EDIT, VERSION = (
    "records.review_submit", "records.publish", "records.edit", "records.new_version",
)  # fmt: skip
ADDRESS = "secureb2share:access_request_url"
# what is new each time, or tells the time
CHANGING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-z]{5}-[0-9a-z]{5}\b|"
    r"20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(?:Z|\+00:00)?|[A-Z][a-z]+ [0-9]+, 20[0-9]{2}|localhost:[0-9]+|"
    r'"number": ?"[0-9a-z]+"'
)


@pytest.fixture(scope="class")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    with rdm_instance.stock(tmp_path_factory.mktemp("life")) as found:
        rdm_instance.start(found, SECUREB2SHARE_MODE="off")
        rdm_instance.prepare(found)
        _as_before_installing(found)
        yield found


def _as_before_installing(instance):
    for (table,) in instance.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'secureb2share\\_%'"):
        instance.execute("DROP TABLE %s CASCADE" % table)
    instance.execute("DELETE FROM alembic_version WHERE version_num LIKE '5ec0b25a%'")


class Without:
    """The same instance, served by a process that has no copy of the package."""

    def __init__(self, instance):
        self.instance, self.base_url = instance, instance.base_url

    def __enter__(self):
        self.serving = rdm_without.serving(self.instance.data, self.instance.configured["own"])
        self.instance.base_url = self.serving.__enter__()

    def __exit__(self, *error):
        self.instance.base_url = self.base_url
        self.serving.__exit__(*error)


def cli(instance, *words, **kwargs):
    result = instance.run_cli(*words, **kwargs)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result.exit_code, result.output


def several(instance, *commands):
    """[(exit code, output)] of commands that run at the same time, each in a process of its own."""
    path = os.path.join(instance.data, "ingest.json")
    with open(path, "w") as file:
        json.dump(dict(instance.configured, chunk=10), file)
    environment = dict(os.environ, SECUREB2SHARE_TEST_INGEST=path, INVENIO_INSTANCE_PATH=instance.data)
    python = [sys.executable, "-W", "ignore", os.path.join(HERE, "rdm_ingesting.py"), "secureb2share"]
    running = [
        subprocess.Popen(python + list(words), env=environment, stdout=subprocess.PIPE, text=True) for words in commands
    ]
    said = [process.communicate(timeout=300)[0] for process in running]
    return [(process.returncode, text) for process, text in zip(running, said)]


def plain(title="Sea level"):
    return {
        "metadata": {
            "title": title,
            "resource_type": {"id": "dataset"},
            "publication_date": "2020",
            "publisher": "Example",
            "creators": [{"person_or_org": {"type": "organizational", "name": "Example"}}],
        },
        "access": {"record": "public", "files": "public"},
    }


def draft(instance, body=None, files=(), role="curator"):
    """The PID of a draft with these files in it."""
    made = instance.draft(dict(body or plain(), files={"enabled": bool(files)}), role)
    assert made.status_code == 201, made.text
    pid = made.json()["id"]
    for key in files:
        assert upload(instance, pid, key, role) == [201, 200, 200]
    return pid


def upload(instance, pid, key="a.csv", role="curator"):
    path = "/api/records/%s/draft/files" % pid
    return [
        instance.call("POST", path, role, json=[{"key": key}]).status_code,
        instance.call("PUT", "%s/%s/content" % (path, key), role, data=b"1,2", headers=STREAM).status_code,
        instance.call("POST", "%s/%s/commit" % (path, key), role).status_code,
    ]


def publish(instance, pid, community=None, role="curator"):
    if community is not None:
        answer = instance.submit(pid, community, role)
    else:
        answer = instance.call("POST", "/api/records/%s/draft/actions/publish" % pid, role)
    assert answer.status_code == 202, answer.text
    return pid


def new_version(instance, pid, **kwargs):
    made = instance.call("POST", "/api/records/%s/versions" % pid, "curator", **kwargs)
    return made.json()["id"] if made.status_code == 201 else made


def imported(instance, pid):
    """The PID of a published second version of a record, with the files of the first."""
    new = new_version(instance, pid)
    assert instance.call("POST", "/api/records/%s/draft/actions/files-import" % new, "curator").status_code == 201
    body = instance.call("GET", "/api/records/%s/draft" % new, "curator").json()
    body["metadata"]["publication_date"] = "2021"
    assert instance.call("PUT", "/api/records/%s/draft" % new, "curator", json=body).status_code == 200
    return publish(instance, new)


def journey(instance):
    """[[status, names of headers, body]] of a user's way through RDM, without what is new each time."""
    answers = []

    def ask(method, path, role=None, **kwargs):
        answer = instance.call(method, path, role, **kwargs)
        asked, said = CHANGING.sub("<new>", path), CHANGING.sub("<new>", in_order(answer))
        answers.append([method, asked, answer.status_code, sorted(answer.headers), said])
        return answer

    for path in ("records?q=nothing", "datasets", "datasets/keys", "secureb2share/uploads", "access/x", "communities"):
        ask("GET", "/api/" + path)
    for role in (None, "reader", "curator"):
        made = ask("POST", "/api/records", role, json=dict(plain(), files={"enabled": True}))
        if made.status_code != 201:
            continue
        pid = made.json()["id"]
        path = "/api/records/" + pid
        ask("POST", path + "/draft/files", role, json=[{"key": "a.csv"}, {"key": "b.csv"}])
        ask("PUT", path + "/draft/files/a.csv/content", role, data=b"1,2", headers=STREAM)
        ask("POST", path + "/draft/files/a.csv/commit", role)
        ask("DELETE", path + "/draft/files/b.csv", role)
        ask("POST", path + "/draft/media-files", role, json=[{"key": "a.png"}])
        ask("GET", path + "/draft", role)
        ask("PUT", path + "/draft", role, json=dict(plain("A"), custom_fields={}, files={"enabled": True}))
        ask("PUT", path + "/draft", role, json=dict(plain("Tides"), files={"enabled": True}))
        community = {"community": instance.communities["sensitive"]}
        ask("PUT", path + "/draft/review", role, json={"receiver": community, "type": "community-submission"})
        ask("POST", path + "/draft/actions/submit-review", role, json={"require_review": False})
        ask("POST", path + "/draft", role)
        ask("POST", path + "/draft/actions/publish", role)
        # /versions reads the index, which shows a record a second later or not
        refresh(instance)
        for name in ("", "/files", "/files/a.csv/content", "/versions", "/communities"):
            ask("GET", path + name)
        for kind in ("application/vnd.datacite.datacite+json", "application/x-dc+xml", "application/ld+json"):
            ask("GET", path, headers={"Accept": kind})
        ask("GET", "/records/" + pid)
        version = ask("POST", path + "/versions", role)
        if version.status_code == 201:
            ask("POST", "/api/records/%s/draft/actions/files-import" % version.json()["id"], role)
            ask("DELETE", "/api/records/%s/draft" % version.json()["id"], role)
        request = {"permission": "view", "email": "a@example.org", "full_name": "A", "message": "A"}
        ask("POST", path + "/access/request", None, json=request)
        ask("PUT", "/api/communities/open/logo", role, data=b"not a picture", headers=STREAM)
        ask("DELETE", path, "superuser", json={"removal_reason": {"id": "test-record"}, "is_visible": True})
        ask("GET", path)
    for verb in ("Identify", "ListMetadataFormats", "ListSets"):
        ask("GET", "/oai2d?verb=" + verb)
    return answers


def in_order(answer):
    # members of RDM's JSON stand in one order or another
    is_json = answer.headers.get("Content-Type", "").endswith("json")
    return json.dumps(answer.json(), sort_keys=True) if is_json and answer.text else answer.text


def difference(one, other):
    """What two answers say from where they begin to differ."""
    same = len(os.path.commonprefix([one[4], other[4]]))
    return [(each[2], each[3], each[4][max(same - 40, 0) : same + 80]) for each in (one, other)]


def lengths(dump):
    return {table: len(found) for table, found in dump.items()}


def added(instance, act):
    """(what act() gives, {table: how many rows are new})"""
    before = lengths(rows.dump(instance))
    found = act()
    after = lengths(rows.dump(instance))
    return found, {table: count - before[table] for table, count in after.items() if count != before[table]}


def ours(instance):
    return sorted(table for table in rows.dump(instance) if table.startswith("secureb2share_"))


def counted(instance, expected):
    """{(code, endpoint, community): count}, as soon as it is what is expected: counting comes after the answer."""
    end = time.monotonic() + 10
    while True:
        query = "SELECT what, endpoint, community, count FROM secureb2share_observed"
        found = {tuple(row)[:3]: row[3] for row in instance.execute(query)}
        if found == expected or time.monotonic() > end:
            return found
        time.sleep(0.1)


def check_writes_stopped(instance):
    """Writes answer 503 with our code, and reading goes on."""
    stopped = instance.draft(plain())
    assert (stopped.status_code, stopped.json()["code"]) == (503, "lock-incomplete"), stopped.text
    assert instance.call("GET", "/api/records").status_code == 200


def forget_findings(instance):
    """As after a restart: the lock is looked at again at the next write."""
    for one in lock.of_instance(instance.app):
        one.forget()


def kept(instance, pid):
    """The custom fields of a record in the database."""
    query = "SELECT json->'custom_fields' FROM rdm_records_metadata WHERE json->>'id' = :pid"
    ((fields,),) = instance.execute(query, pid=pid)
    return fields


def refresh(instance):
    requests.post("%s/%s*/_refresh" % (os.environ["SECUREB2SHARE_TEST_SEARCH"], instance.prefix))


class TestLife:
    def test_check_previews_what_there_is(self, instance):
        cls = type(self)
        with Without(instance):
            cls.legacy = publish(instance, draft(instance, plain("Legacy"), ["a.csv"]), "sensitive")
            cls.other = publish(instance, draft(instance, plain("Other"), ["a.csv", "b.csv"]), "open")
            cls.newer = imported(instance, self.other)
            publish(instance, draft(instance, plain("Metadata only")), "open")
            cls.waiting = draft(instance, files=["a.csv"], role="reader")
            receiver = {"community": instance.communities["sensitive"]}
            body = {"receiver": receiver, "type": "community-submission"}
            path = "/api/records/%s/draft/" % self.waiting
            assert instance.call("PUT", path + "review", "reader", json=body).status_code == 200
            assert instance.call("POST", path + "actions/submit-review", "reader", json={}).status_code == 202
        assert ours(instance) == []
        code, said = cli(instance, "check")
        assert code == 1 and said.startswith("- The tables are missing: run `secureb2share init`.\n")
        # the file from former times is in no record
        for line in (
            "- PUT /records/<pid_value>/draft/files/<path:key>/content would be refused: file content of drafts.",
            "- 5 uploads to 5 buckets within a year, by 2 users.",
            "- Of these uploads, 2 went to the community open.",
            "- Of these uploads, 1 went to the community sensitive.",
            "- Records with files: 3. Their files can still be read and deleted, but no file can be added.",
            "- Records that are not datasets of a source: 4 of 4. Those in a source's community would be legacy"
            " records, which can be read and stay as they are.",
        ):
            assert line in said.splitlines(), said
        assert said.count("- Needed before switching on: The index ") == 2
        code, said = cli(instance, "uninstall")
        assert code == 0 and "The tables are gone" in said

    def test_off_changes_nothing(self, instance):
        with Without(instance):
            journey(instance)
            before, new = added(instance, lambda: journey(instance))
        after, also_new = added(instance, lambda: journey(instance))
        assert [one[:2] for one in after] == [one[:2] for one in before]
        differs = {one[1]: difference(one, other) for one, other in zip(before, after) if one != other}
        assert list(differs) == ["/api/access/x"], differs
        assert also_new == new and new["rdm_records_metadata"] == 1
        assert sum(one[2] < 300 for one in after) > 40
        assert ours(instance) == []

    def test_init_while_off(self, instance):
        before = rows.dump(instance)
        code, said = cli(instance, "init")
        made = ours(instance)
        assert code == 0 and said.splitlines()[-5:] == [
            "Tables: %d in all." % len(made),
            "Instance: made, known as %s." % instance.base_url,
            "Instance: noted in the key folder.",
            "Custom fields: %d in the search indices." % len(definitions.definitions()),
            "Triggers: none, because MODE is not on.",
        ]
        assert set(rows.new(before, rows.dump(instance))) == {
            "alembic_version",
            "secureb2share_binding",
            "secureb2share_instance",
        }
        after = rows.dump(instance)
        assert cli(instance, "init")[0] == 0 and rows.dump(instance) == after
        code, said = cli(instance, "check")
        assert code == 0 and said.startswith("All is in place (MODE off).\n")
        assert "Needed before" not in said
        type(self).before = after

    def test_observing(self, instance):
        rdm_instance.start(instance, SECUREB2SHARE_MODE="observe")
        sent = len(instance.receiver.requests)
        description = rdm_instance.example()
        # files in a community that is nobody's, and in none
        version = new_version(instance, self.newer)
        assert upload(instance, version, "c.csv") == [201, 200, 200]
        pid = draft(instance, files=["a.csv"])
        path = "/api/records/%s/draft/files/a.csv/content" % pid
        assert instance.call("GET", path, "curator").content == b"1,2"
        # in a source's: with a file, with faults, and valid, which is left as it was entered
        publish(instance, draft(instance, instance.metadata(description), ["a.csv"]), "sensitive")
        faulty = instance.metadata(description)
        del faulty["custom_fields"]["secureb2share:controller_name"]
        publish(instance, draft(instance, faulty), "sensitive")
        valid = type(self).observed = publish(instance, draft(instance, instance.metadata(description)), "sensitive")
        said = instance.call("GET", "/api/records/" + valid).json()
        assert ADDRESS not in said["custom_fields"] and "right" not in said["access"]
        assert said["access"]["files"] == "public"
        edited = instance.publish_edit(valid, lambda body: body["metadata"].update(title="Edited"))
        assert edited.status_code == 200, edited.text
        assert (
            instance.publish_edit(self.legacy, lambda body: body["metadata"].update(title="Edited")).status_code == 200
        )
        # what RDM refuses itself is not counted
        assert instance.call("PUT", path, None, data=b"1", headers=STREAM).status_code == 403
        expected = {
            ("upload-refused", CREATE, "open"): 1,
            ("upload-refused", CONTENT, "open"): 1,
            ("upload-refused", COMMIT, "open"): 1,
            ("upload-refused", CREATE, ""): 2,
            ("upload-refused", CONTENT, ""): 2,
            ("upload-refused", COMMIT, ""): 2,
            ("has-files", SUBMIT, "sensitive"): 1,
            ("invalid", SUBMIT, "sensitive"): 1,
            ("legacy", EDIT, "sensitive"): 1,
            ("legacy", PUBLISH, "sensitive"): 1,
        }
        assert counted(instance, expected) == expected
        events = instance.events("pid:" + valid)
        assert [(number, state) for number, state, _ in events] == [(1, "observed"), (2, "observed")]
        revision = instance.call("GET", "/api/records/" + valid).json()["revision_id"]
        assert events[1][2]["data"]["revision"] == revision
        assert instance.count("secureb2share_dataset") == 1
        instance.sweep()
        assert len(instance.receiver.requests) == sent
        code, said = cli(instance, "check")
        assert code == 0 and said.startswith("All is in place (MODE observe).\n")
        assert "- 1 request to %s in open would have been refused as upload-refused, the last " % CONTENT in said
        assert "- 1 request to %s in sensitive would have been refused as invalid, the last " % SUBMIT in said

    def test_observing_what_enters_and_leaves(self, instance):
        metadata = instance.metadata(rdm_instance.example())
        alone = publish(instance, draft(instance, metadata))
        assert instance.count("secureb2share_dataset", "pid = '%s'" % alone) == 0
        community = instance.communities["sensitive"]
        body = {"communities": [{"id": community}]}
        path = "/api/records/%s/communities" % alone
        asked = instance.call(
            "POST", path, "curator", json=dict(body, communities=[{"id": community, "require_review": False}])
        )
        assert asked.status_code == 200, asked.text
        assert [state for _, state, _ in instance.events("pid:" + alone)] == ["observed"]
        assert instance.call("DELETE", path, "curator", json=body).status_code == 200
        said = [(state, event["data"]["state"]) for _, state, event in instance.events("pid:" + alone)]
        assert said == [("observed", "active"), ("observed", "withdrawn")]
        removal = {"removal_reason": {"id": "test-record"}, "is_visible": True}
        for way in ("", "/delete"):
            gone = publish(instance, draft(instance, metadata), "sensitive")
            deleted = instance.call("DELETE", "/api/records/%s%s" % (gone, way), "superuser", json=removal)
            assert deleted.status_code == 204
            states = [(state, event["data"]["state"]) for _, state, event in instance.events("pid:" + gone)]
            assert states == [("observed", "active"), ("observed", "withdrawn")]

    def test_what_fails_in_observing_fails_no_request(self, instance, monkeypatch):
        from invenio_db import db

        def fail(*args, **kwargs):
            db.session.execute(sqlalchemy.text("SELECT * FROM no_such_table"))

        monkeypatch.setattr("secureb2share_ext.datasets.publication.published", fail)
        monkeypatch.setattr("secureb2share_ext.datasets.curation.check_editable", fail)
        pid = publish(instance, draft(instance, instance.metadata(rdm_instance.example())), "sensitive")
        assert instance.publish_edit(pid, lambda body: body["metadata"].update(title="Edited")).status_code == 200
        assert instance.call("GET", "/api/records/" + pid).json()["metadata"]["title"] == "Edited"
        assert instance.count("secureb2share_dataset", "pid = '%s'" % pid) == 0
        monkeypatch.undo()
        # the same record is legacy once the mode is on
        type(self).unnoticed = pid

    def test_on_needs_init(self, instance):
        rdm_instance.start(instance)
        code, said = cli(instance, "check")
        assert code == 1 and said.count("The database has no trigger ") == 4
        # until then nothing can be written, and everything be read
        stopped = instance.draft(plain())
        assert (stopped.status_code, stopped.json()["code"]) == (503, "lock-incomplete")
        assert instance.call("GET", "/api/records/" + self.legacy).status_code == 200
        assert [code for code, _ in several(instance, ["init"], ["init"])] == [0, 0]
        assert cli(instance, "keys", "new")[0] == 0
        before = rows.dump(instance)
        assert "Triggers: 0 made, 4 in all." in cli(instance, "init")[1] and rows.dump(instance) == before
        assert cli(instance, "check") == (0, "All is in place (MODE on).\n")
        pid, before = draft(instance), instance.content()
        assert upload(instance, pid) == [403, 403, 403]
        assert instance.content() == before
        type(self).registered = instance.source.register("life/1", rdm_instance.example())["pid"]
        type(self).curated = instance.curate(rdm_instance.example()).json()["id"]

    def test_observed_record_goes_on_as_a_dataset(self, instance):
        edited = instance.publish_edit(self.observed, lambda body: body["metadata"].update(title="Edited once more"))
        assert edited.status_code == 200, edited.text
        events = instance.events("pid:" + self.observed)
        assert [state for _, state, _ in events] == ["observed", "observed", "pending"]
        assert events[2][2]["type"].endswith(".published.v1")
        assert instance.call("GET", "/api/records/" + self.observed).json()["custom_fields"][ADDRESS]

    def test_legacy_records_are_read_and_left_as_they_are(self, instance):
        path = "/api/records/" + self.legacy
        assert instance.call("GET", path + "/files/a.csv/content").content == b"1,2"
        assert [one["key"] for one in instance.call("GET", path + "/files").json()["entries"]] == ["a.csv"]
        for pid in (self.legacy, self.unnoticed):
            for way in ("draft", "versions"):
                answer = instance.call("POST", "/api/records/%s/%s" % (pid, way), "curator")
                assert (answer.status_code, answer.json()["code"]) == (409, "legacy")
        # others' records with files can be described better, and go on with a version without files
        assert (
            instance.publish_edit(self.newer, lambda body: body["metadata"].update(title="Edited")).status_code == 200
        )
        assert instance.call("GET", "/api/records/%s/files/a.csv/content" % self.newer).content == b"1,2"
        # a draft with a file that waits for the community's curators
        request = instance.call("GET", "/api/records/%s/draft/review" % self.waiting, "reader").json()
        accepted = instance.call("POST", "/api/requests/%s/actions/accept" % request["id"], "curator", json={})
        assert (accepted.status_code, accepted.json()["code"]) == (409, "has-files"), accepted.text
        assert instance.call("GET", "/api/records/" + self.waiting).status_code == 404

    @pytest.mark.parametrize("what", ["component", "component of communities", "policy", "schema", "custom fields"])
    def test_key_set_anew_stops_writes(self, instance, what):
        from invenio_rdm_records.services.components import DefaultRecordsComponents
        from invenio_rdm_records.services.permissions import RDMRecordPermissionPolicy
        from invenio_rdm_records.services.schemas import RDMRecordSchema

        key, value = {
            "component": ("RDM_RECORDS_SERVICE_COMPONENTS", DefaultRecordsComponents),
            "component of communities": ("RDM_RECORD_COMMUNITIES_SERVICE_COMPONENTS", []),
            "policy": ("RDM_PERMISSION_POLICY", RDMRecordPermissionPolicy),
            "schema": ("RDM_RECORD_SCHEMA", RDMRecordSchema),
            "custom fields": ("RDM_CUSTOM_FIELDS", []),
        }[what]
        former = [(app.config, app.config[key]) for app in instance.apps()]
        for config, _ in former:
            config[key] = value
        forget_findings(instance)
        try:
            code, said = cli(instance, "check")
            assert code == 1 and "- %s was set anew after this package had " % key in said, said
            check_writes_stopped(instance)
        finally:
            for config, was in former:
                config[key] = was
        assert draft(instance)
        assert cli(instance, "check") == (0, "All is in place (MODE on).\n")

    def test_community_is_missing(self, instance):
        rename = "UPDATE communities_metadata SET slug = :new WHERE slug = :old"
        instance.execute(rename, old="second", new="gone")
        rdm_instance.unbind(instance, "csc")
        try:
            code, said = cli(instance, "check")
            with pytest.raises(client.Refused) as refused:
                instance.other.register("life/2", rdm_instance.example())
            # it can be made while the mode is on
            assert draft(instance)
        finally:
            instance.execute(rename, old="gone", new="second")
            assert cli(instance, "init")[0] == 0
        assert code == 1 and "- The community 'second' of the source csc is missing: make it." in said
        assert refused.value.status == 503 and refused.value.code == "not-ready"

    def test_mapping_is_missing(self, instance):
        from invenio_rdm_records.proxies import current_rdm_records_service as service
        from invenio_search import current_search_client as search

        with instance.app.app_context():
            index = service.draft_cls.index._name
            ((name, made),) = search.indices.get(index=instance.prefix + index).items()
            fields = made["mappings"]["properties"]["custom_fields"]["properties"]
            for field in [field for field in fields if field.startswith("secureb2share:")]:
                del fields[field]
            kept = {key: made["settings"]["index"][key] for key in ("analysis",) if key in made["settings"]["index"]}
            search.indices.delete(index=name)
            body = {"aliases": made["aliases"], "mappings": made["mappings"], "settings": {"index": kept}}
            search.indices.create(index=name, body=body)
        forget_findings(instance)
        code, said = cli(instance, "check")
        assert code == 1 and "- The index %s does not have our fields" % index in said
        check_writes_stopped(instance)
        assert cli(instance, "init")[0] == 0
        assert cli(instance, "check") == (0, "All is in place (MODE on).\n")
        assert draft(instance)

    def test_off_again_and_on_again(self, instance):
        rdm_instance.start(instance, SECUREB2SHARE_MODE="off")
        said = "- MODE is off, but 4 triggers still refuse uploads: run `secureb2share unlock`."
        assert cli(instance, "check")[1].startswith(said)
        assert cli(instance, "unlock") == (0, "Removed 4 triggers.\n")
        assert cli(instance, "unlock") == (0, "Removed 0 triggers.\n")
        assert upload(instance, draft(instance, files=["a.csv"]), "b.csv") == [201, 200, 200]
        assert instance.call("GET", "/api/access/" + self.registered).status_code == 302
        # what was published is a record like any other
        said = instance.call("GET", "/api/records/" + self.registered).json()
        assert "right" not in said["access"] and said["custom_fields"][ADDRESS].endswith("/access/" + self.registered)
        rdm_instance.start(instance)
        assert cli(instance, "init")[0] == 0
        assert cli(instance, "check") == (0, "All is in place (MODE on).\n")
        description = rdm_instance.example()
        description["core"]["titles"][0]["text"] = "Registered again"
        assert instance.source.register("life/1", description)["revision"] > 0
        assert instance.index()
        rdm_instance.start(instance, SECUREB2SHARE_MODE="off")
        assert cli(instance, "unlock")[0] == 0

    def test_uninstall(self, instance):
        path = os.path.join(instance.data, "access.conf")
        location = instance.call("GET", "/api/access/" + self.registered).headers["Location"]
        code, said = cli(instance, "uninstall", "--drop-tables", "--map", path, input="y\n")
        assert code == 0 and "Put these lines into invenio.cfg" in said, said
        type(self).lines = said[said.index("from invenio_records_resources") : said.index("\n]\n") + 3]
        with open(path) as file:
            assert '    "/api/access/%s" "%s";\n' % (self.registered, location) in file.read()
        after = rows.dump(instance)
        assert ours(instance) == [] and sorted(after) == [
            t for t in sorted(self.before) if not t.startswith("secureb2share_")
        ]
        assert not [row for row in after["alembic_version"] if row["version_num"].startswith("5ec0b25a")]
        code, said = cli(instance, "uninstall", "--drop-tables", "--map", path)
        assert code == 0 and rows.dump(instance) == after

    def test_without_the_package_and_with_the_lines(self, instance):
        with open(os.path.join(instance.data, "invenio.cfg"), "w") as file:
            file.write(self.lines)
        wanted = rdm_instance.example()
        with Without(instance):
            for pid in (self.registered, self.curated):
                before = instance.call("GET", "/api/records/" + pid).json()
                fields = before["custom_fields"]
                assert fields["secureb2share:controller_name"] == wanted["sensitive"]["controller_name"]
                assert fields["secureb2share:files"] and fields[ADDRESS].endswith("/access/" + pid)
                edited = instance.publish_edit(pid, lambda body: body["metadata"].update(title="Edited without"))
                assert edited.status_code == 200, edited.text
                after = instance.call("GET", "/api/records/" + pid).json()
                assert after["metadata"]["title"] == "Edited without" and after["custom_fields"] == fields
            refresh(instance)
            for query in ("Edited without", 'custom_fields.secureb2share\\:dataset_state:"active"'):
                said = requests.get(instance.base_url + "/api/records", {"q": query, "size": 25}).json()
                found = {hit["id"]: hit["custom_fields"] for hit in said["hits"]["hits"]}
                assert found[self.curated] == fields and self.registered in found
            new = instance.call("POST", "/api/records/%s/versions" % self.curated, "curator").json()
            body = instance.call("GET", "/api/records/%s/draft" % new["id"], "curator").json()
            body["metadata"]["publication_date"] = "2026"
            assert instance.call("PUT", "/api/records/%s/draft" % new["id"], "curator", json=body).status_code == 200
            publish(instance, new["id"])
            assert instance.call("GET", "/api/records/" + new["id"]).json()["custom_fields"] == fields

    def test_without_the_package_and_without_the_lines(self, instance):
        os.remove(os.path.join(instance.data, "invenio.cfg"))
        with Without(instance):
            # what InvenioRDM says is without them, and what it keeps has them until somebody edits the record
            said = instance.call("GET", "/api/records/" + self.registered)
            assert said.status_code == 200 and said.json()["custom_fields"] == {}
            assert "secureb2share:controller_name" in kept(instance, self.registered)
            edited = instance.publish_edit(self.registered, lambda body: body["metadata"].update(title="Lost"))
            assert edited.status_code == 200, edited.text
            assert kept(instance, self.registered) == {}
