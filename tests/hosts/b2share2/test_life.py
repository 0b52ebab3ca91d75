"""An instance before, with and after the package: the tests of `TestLife` are one story, in order."""

import json
import os
import subprocess
import sys
import time
import urllib.request

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
import rows  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
OAI = "oai:b2share.eudat.eu:b2rec/"
OBJECT, LIST = "invenio_files_rest.object_api", "b2share_records_rest.b2rec_list"
DRAFT = "b2share_deposit_rest.b2dep_item"
LOCKED = "secureb2share: uploads are closed"
# what a process without the package may try; the same statements as a worker's
WRITES = """
import io, json, sys
sys.path[:0] = [%r]
import pkg_resources, stock
pkg_resources.iter_entry_points = stock.without_package
from b2share.factory import create_app
from invenio_db import db
from invenio_files_rest.models import Bucket, FileInstance, MultipartObject, ObjectVersion
app, said = create_app(), []
def attempt(what):
    with app.app_context():
        try:
            what()
            db.session.commit()
            said.append("done")
        except Exception as error:
            db.session.rollback()
            said.append(str(error))
attempt(lambda: ObjectVersion.create(Bucket.create(), "a", stream=io.BytesIO(b"CANARY")))
attempt(lambda: MultipartObject.create(Bucket.create(), "b", 6000000, 5242880))
attempt(lambda: db.session.execute(FileInstance.__table__.insert().values(
    id="7e7d4f1e9a354d1e8a0f8d2f0b4f1a11", readable=True, writable=True, storage_class="B", size=0)))
assert "secureb2share_ext" not in sys.modules
print(json.dumps(said))
"""


@pytest.fixture(scope="class")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    with real_instance.stock(tmp_path_factory.mktemp("life")) as found:
        real_instance.start(found, SECUREB2SHARE_MODE="off")
        yield found


def in_a_process(instance, *words):
    environment = dict(
        os.environ,
        PYTHONHASHSEED="0",
        B2SHARE_INSTANCE_PATH=instance.data,
        B2SHARE_UI_PATH=os.path.join(instance.data, "ui"),
    )
    said = subprocess.check_output([sys.executable, "-W", "ignore"] + list(words), env=environment, timeout=300)
    return json.loads(said.decode().splitlines()[-1])


def behaviour(instance, how):
    life = {
        "tokens": instance.tokens,
        "communities": instance.communities,
        "records": instance.records,
        "blocks": {"sensitive": getattr(instance, "block", {})},
        "base_url": instance.base_url,
        "search": os.environ["SECUREB2SHARE_TEST_ELASTICSEARCH"],
        "oai": OAI,
        "configured": dict(instance.configured, SECUREB2SHARE_MODE="off"),
    }
    with open(os.path.join(instance.data, "life.json"), "w") as file:
        json.dump(life, file)
    return in_a_process(instance, os.path.join(HERE, "behaviour.py"), instance.data, how)


def check_same(before, after, least):
    """Whether two behaviours differ in nothing but /api/access; at least so many answers must be good ones."""
    assert before["settings"] == after["settings"]
    before, after = before["answers"], after["answers"]
    assert list(before) == list(after)
    differs = [asked for asked in before if before[asked] != after[asked]]
    assert differs == ["GET /api/access/x None", "GET /api/access/?source=tsd&id=a None"]
    assert [after[asked][0] for asked in differs] == [404, 404]
    assert sum(answer[0] < 300 for answer in before.values()) >= least


def cli(instance, *words, **kwargs):
    result = instance.run_cli(*words, **kwargs)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result.exit_code, result.output


def ours(dump):
    return sorted(table for table in dump if table.startswith("secureb2share_"))


def counted(instance, expected):
    """{(code, endpoint, community): count}, as soon as it is what is expected: counting comes after the answer."""
    query = "SELECT what, endpoint, community, count FROM secureb2share_observed"
    end = time.monotonic() + 10
    while True:
        found = {tuple(row)[:3]: row[3] for row in instance.execute(query)}
        if found == expected or time.monotonic() > end:
            return found
        time.sleep(0.1)


def deposit(instance, community="open", block=None, **more):
    body = {"community": instance.communities[community], "titles": [{"title": "T"}], "open_access": True}
    return instance.draft(dict(body, community_specific=block or {}, **more))


def upload(instance, draft):
    bucket = draft.json()["links"]["files"]
    path = bucket[bucket.index("/api/") :] + "/up.csv"
    return path, instance.call(
        "PUT", path, "curator", data=b"1,2", headers={"Content-Type": "application/octet-stream"}
    )


class TestLife:
    def test_off_after_installing_only_access_answers(self, instance):
        check_same(behaviour(instance, "without"), behaviour(instance, "with"), 60)
        assert ours(rows.dump(instance)) == []
        code, said = cli(instance, "check")
        assert code == 1 and said.startswith("- The tables are missing: run `secureb2share init`.\n")
        assert "- Needed before switching on: The community 'sensitive' cannot hold descriptions" in said
        code, said = cli(instance, "uninstall")
        assert code == 0 and "The tables are gone" in said

    def test_init_while_off(self, instance):
        before = type(self).before = rows.dump(instance)
        code, said = cli(instance, "init")
        assert code == 0 and said.splitlines()[-6:] == [
            "Tables: %d in all." % len(ours(rows.dump(instance))),
            "Instance: made, known as %s." % instance.base_url,
            "Instance: noted in the key folder.",
            "Community sensitive: version 0 of the schema was made.",
            "Community second: version 0 of the schema was made.",
            "Triggers: none, because MODE is not on.",
        ]
        after = rows.dump(instance)
        new = rows.new(before, after)
        assert {table: len(found) for table, found in new.items()} == {
            "alembic_version": 1, "b2share_block_schema": 2, "b2share_block_schema_version": 2,
            "b2share_community_schema_version": 2, "secureb2share_binding": 2, "secureb2share_instance": 1,
        }  # fmt: skip
        assert cli(instance, "init")[0] == 0
        assert rows.dump(instance) == after
        assert cli(instance, "check")[1].startswith("All is in place (MODE off).\n")

    def test_observing(self, instance):
        real_instance.start(instance, SECUREB2SHARE_MODE="observe")
        sent = len(instance.receiver.requests)
        # a deposit with a file, in a community that is nobody's
        draft = deposit(instance)
        path, answer = upload(instance, draft)
        assert answer.status_code == 200 and instance.call("GET", path, "curator").content == b"1,2"
        assert instance.submit(draft.json()["id"]).status_code == 200
        # and in a source's, valid but for the file
        description = real_instance.example()
        with_file = instance.draft(instance.metadata(description))
        assert upload(instance, with_file)[1].status_code == 200
        assert "closed" not in with_file.json()["links"]["files"]
        assert instance.submit(with_file.json()["id"]).status_code == 200
        # a description with faults, and a valid one, which is left as it was entered
        faulty = instance.metadata(description)
        del faulty["publisher"]
        pid = instance.draft(faulty).json()["id"]
        assert instance.submit(pid).status_code == 200
        valid = instance.draft(dict(instance.metadata(description), open_access=True)).json()["id"]
        assert instance.submit(valid).status_code == 200
        said = instance.call("GET", "/api/records/" + valid).json()
        assert said["metadata"]["open_access"] is True and "access" not in said and "files" in said
        (block,) = said["metadata"]["community_specific"].values()
        assert not block.get("access_request_url") and not block.get("dataset_state")
        external = [{"key": "a.csv", "ePIC_PID": "http://hdl.handle.net/11304/observed"}]
        assert deposit(instance, external_pids=external).status_code == 201
        # what B2SHARE refuses itself is not counted
        assert instance.call("PUT", path + "x", data=b"1").status_code == 404
        expected = {
            ("upload-refused", OBJECT, "open"): 1,
            ("upload-refused", OBJECT, "sensitive"): 1,
            ("upload-refused", LIST, "open"): 1,
            ("has-files", DRAFT, "sensitive"): 1,
            ("invalid", DRAFT, "sensitive"): 1,
        }
        assert counted(instance, expected) == expected
        assert [event[1] for event in instance.events("pid:" + valid)] == ["observed"]
        assert instance.count("secureb2share_dataset") == 1
        instance.sweep()
        assert len(instance.receiver.requests) == sent
        code, said = cli(instance, "check")
        assert code == 0 and said.startswith("All is in place (MODE observe).\n")
        assert "- 1 request to %s in open would have been refused as upload-refused, the last " % OBJECT in said
        assert "- 1 request to %s in sensitive would have been refused as invalid, the last " % DRAFT in said

    def test_task_while_observing(self, instance):
        from b2share.modules.records.api import B2ShareRecord
        from invenio_db import db

        from secureb2share_ext.hosts.b2share2 import records

        # as B2SHARE's own tasks do it, to a record that is no dataset: the package lets it alone in every mode
        (uuid,) = instance.execute(
            "SELECT id FROM records_metadata WHERE CAST(json AS text) LIKE '%#/json_schema%'"
            " AND json->>'community' = :c AND id NOT IN (SELECT record_uuid FROM secureb2share_dataset) LIMIT 1",
            c=instance.communities["sensitive"],
        )[0]
        before = instance.count("secureb2share_observed"), instance.count("secureb2share_event")
        with instance.app.app_context(), records.canonical():
            B2ShareRecord.get_record(uuid).commit()
            db.session.commit()
            db.session.remove()
        assert (instance.count("secureb2share_observed"), instance.count("secureb2share_event")) == before

    def test_on(self, instance):
        real_instance.start(instance)
        code, said = cli(instance, "check")
        assert code == 1 and said.count("run `secureb2share init`") == 4
        # until then, nothing can be written at all
        assert deposit(instance).status_code == 503
        assert cli(instance, "init")[0] == 0 and cli(instance, "keys", "new")[0] == 0
        assert cli(instance, "check") == (0, "All is in place (MODE on).\n")
        draft = deposit(instance)
        before = instance.content()
        answer = upload(instance, draft)[1]
        assert (answer.status_code, answer.json()["code"]) == (403, "upload-refused")
        assert instance.content() == before
        type(self).registered = instance.source.register("life/1", real_instance.example())["pid"]
        assert instance.curate(real_instance.example()).status_code == 201

    def test_process_without_the_package_is_stopped(self, instance):
        before = instance.content()
        said = in_a_process(instance, "-c", WRITES % HERE)
        assert len(said) == 3 and all(LOCKED in one for one in said), said
        assert instance.content()[0] == before[0]

    def test_off_again(self, instance):
        real_instance.start(instance, SECUREB2SHARE_MODE="off")
        said = "MODE is off, but 4 triggers still refuse uploads: run `secureb2share unlock`."
        assert cli(instance, "check")[1].startswith("- " + said)
        assert cli(instance, "unlock") == (0, "Removed 4 triggers.\n")
        assert cli(instance, "unlock") == (0, "Removed 0 triggers.\n")
        assert upload(instance, deposit(instance))[1].status_code == 200
        assert instance.call("GET", "/api/access/" + self.registered).status_code == 302
        assert cli(instance, "check")[1].startswith("All is in place (MODE off).\n")
        # what was published is a record like any other
        assert "access" not in instance.call("GET", "/api/records/" + self.registered).json()

    def test_uninstall(self, instance):
        path = os.path.join(instance.data, "access.conf")
        answers = {
            name: instance.call("GET", "/api/access/" + name).headers["Location"]
            for name in (self.registered, "0000/" + self.registered, "10.5072/b2share." + self.registered)
        }
        before = rows.dump(instance)
        code, said = cli(instance, "uninstall", "--drop-tables")
        assert code == 2 and "--drop-tables needs --map FILE" in said
        code, said = cli(instance, "uninstall", "--drop-tables", "--map", path, input="n\n")
        assert code == 1 and "events that no target was told yet" in said
        assert rows.dump(instance) == before
        code, said = cli(instance, "uninstall", "--drop-tables", "--map", path, input="y\n")
        assert code == 0 and "The schema of the community 'sensitive' stays" in said
        with open(path) as file:
            text = file.read()
        for name, location in answers.items():
            assert '    "/api/access/%s" "%s";\n' % (name, location) in text
        after = rows.dump(instance)
        assert ours(after) == [] and after["alembic_version"] == self.before["alembic_version"]
        # every table and row of before is as it was, and what is new came from B2SHARE's own work
        assert sorted(after) == sorted(self.before)
        assert {row["pid_type"] for row in rows.new(self.before, after)["pidstore_pid"]} == {
            "b2dep", "b2rec", "doi", "oai",
        }  # fmt: skip
        # a token notes when it was used
        assert set(rows.new(after, self.before)) <= {"oauth2server_token"}
        # again is no change, and the map stays
        code, said = cli(instance, "uninstall", "--drop-tables", "--map", path)
        assert code == 0 and rows.dump(instance) == after
        with open(path) as file:
            assert file.read() == text

    def test_behaviour_after_uninstalling(self, instance):
        metadata = instance.metadata(real_instance.example())
        instance.block = metadata["community_specific"]
        check_same(behaviour(instance, "without"), behaviour(instance, "with"), 80)
        assert instance.call("GET", "/api/access/" + self.registered).status_code == 404


@pytest.fixture(scope="class")
def bare(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    with real_instance.stock(tmp_path_factory.mktemp("bare")) as found:
        yield found


@pytest.fixture
def started(bare):
    real_instance.start(bare)
    return bare


def with_source(instance, **settings):
    sources = {name: dict(one) for name, one in instance.configured["SECUREB2SHARE_SOURCES"].items()}
    sources["tsd"].update(settings)
    real_instance.start(instance, SECUREB2SHARE_SOURCES=sources)


SCHEMAS = "b2share_block_schema", "b2share_block_schema_version", "b2share_community_schema_version"


def schemas(instance):
    return [instance.count(table) for table in SCHEMAS]


class TestInit:
    def test_meta_schema_out_of_reach(self, started, monkeypatch):
        from b2share.modules.schemas.helpers import resolve_json

        before = schemas(started)
        with monkeypatch.context() as patched:
            patched.setenv("http_proxy", "http://127.0.0.1:9")
            # urllib keeps the proxy of its first use, and B2SHARE what it read
            urllib.request.install_opener(None)
            resolve_json.cache_clear()
            code, said = cli(started, "init")
        urllib.request.install_opener(None)
        assert code == 1 and "Error: B2SHARE checks every schema against http://json-schema.org" in said
        assert schemas(started) == before

    def test_root_schema_missing(self, started, monkeypatch):
        from secureb2share_ext.hosts.b2share2 import provision

        # communities keep the database from losing one
        monkeypatch.setattr(provision, "ROOT_SCHEMA", 99)
        before = schemas(started)
        code, said = cli(started, "init")
        assert code == 1 and "B2SHARE's root schema 99 is missing: run `b2share schemas init`." in said
        assert schemas(started) == before

    def test_community_missing(self, bare):
        with_source(bare, community="nowhere")
        code, said = cli(bare, "init")
        assert code == 1 and "there is no community 'nowhere'; make it with `b2share communities create`" in said

    def test_two_at_once(self, started):
        script = (
            "import json, os, sys\n"
            "from b2share.factory import create_app\n"
            "from flask.cli import ScriptInfo\nfrom click.testing import CliRunner\n"
            "app = create_app(**json.load(open(os.path.join(os.environ['B2SHARE_INSTANCE_PATH'], 'ours.json'))))\n"
            "print('ready', flush=True); sys.stdin.readline()\n"
            "r = CliRunner().invoke(app.cli, ['secureb2share', 'init'], obj=ScriptInfo(create_app=lambda i: app))\n"
            "print(json.dumps([r.exit_code, r.output, repr(r.exception)]))\n"
        )
        with open(os.path.join(started.data, "ours.json"), "w") as file:
            json.dump(started.configured, file)
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "universal_newlines": True}
        both = [
            subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", script],
                env=dict(os.environ, B2SHARE_INSTANCE_PATH=started.data),
                **pipes,
            )
            for _ in range(2)
        ]
        for one in both:
            while one.stdout.readline().strip() != "ready":
                assert one.poll() is None
        for one in both:
            one.stdin.write("\n")
            one.stdin.flush()
        said = [json.loads(one.communicate(timeout=120)[0].splitlines()[-1]) for one in both]
        assert [one[0] for one in said] == [0, 0], said
        # each schema once
        assert started.count("b2share_block_schema_version") == 2
        assert (
            started.count(
                "b2share_community_schema_version",
                "community IN ('%s', '%s')" % (started.communities["sensitive"], started.communities["second"]),
            )
            == 2
        )

    def test_community_with_a_block_of_its_own(self, bare):
        real_instance.start(bare)
        own = {"type": "object", "properties": {"discipline_code": {"type": "string", "title": "Code"}}}
        community, block_id = bare.communities["open"], give_block(bare, "open", own)
        draft = deposit(bare, "open", {block_id: {"discipline_code": "A"}})
        assert draft.status_code == 201, draft.text
        assert bare.submit(draft.json()["id"]).status_code == 200
        pid = draft.json()["id"]
        schema = bare.call("GET", "/api/records/" + pid).json()["metadata"]["$schema"]
        with_source(bare, community="open")
        before = schemas(bare)
        code, said = cli(bare, "init")
        assert code == 1 and "The community 'open' has a schema of its own" in said and "init --extend" in said
        assert schemas(bare) == before
        code, said = cli(bare, "init", "--extend")
        assert code == 0 and "Community open: version 2 of the schema was made." in said
        assert cli(bare, "init")[1].count("the schema is in place") == 2
        assert cli(bare, "keys", "new")[0] == 0 and cli(bare, "check")[0] == 0
        # the record of before keeps its schema, and is legacy; new ones have both
        said = bare.call("GET", "/api/records/" + pid).json()["metadata"]
        assert said["$schema"] == schema and said["open_access"] is True
        patch = [{"op": "replace", "path": "/titles/0/title", "value": "Changed"}]
        answer = bare.patch("/api/records/" + pid, patch)
        assert (answer.status_code, answer.json()["code"]) == (409, "legacy")
        metadata = bare.metadata(real_instance.example(), "open")
        metadata["community_specific"][block_id]["discipline_code"] = "B"
        new = bare.draft(metadata).json()["id"]
        assert bare.submit(new).status_code == 200
        said = bare.call("GET", "/api/records/" + new).json()
        assert said["metadata"]["community_specific"][block_id]["discipline_code"] == "B"
        assert said["access"]["right"] == "controlled" and community == said["metadata"]["community"]


def sql(before, after):
    return lambda instance: (instance.execute(before), lambda: instance.execute(after))


def trigger_disabled(instance):
    switch = "ALTER TABLE files_files %s TRIGGER secureb2share_insert_files_files"
    instance.execute(switch % "DISABLE")

    def mend():
        instance.execute(switch % "ENABLE ALWAYS")
        # what was open for a while is told until somebody has looked
        assert cli(instance, "lock", "acknowledge", "--reason", "Tried.")[0] == 0

    return None, mend


def configured(key, value):
    def spoil(instance):
        config = instance.app.config
        former = config[key]
        config[key] = value(former)
        return None, lambda: config.__setitem__(key, former)

    return spoil


def keys_elsewhere(instance):
    from secureb2share_ext.keyring import Keyring

    extension = instance.app.extensions["secureb2share"]
    former, extension.keyring = extension.keyring, Keyring(os.path.join(instance.data, "none"))
    return None, lambda: setattr(extension, "keyring", former)


def search_down(instance):
    from invenio_search import current_search_client as search

    with instance.app.app_context():
        client = search._get_current_object()
    former, client.transport = client.transport, type(client)(["127.0.0.1:9"]).transport
    return None, lambda: setattr(client, "transport", former)


def workflow_of_a_site(instance):
    from b2share.modules.communities.workflows import publication_workflows

    publication_workflows["site"] = lambda previous, deposit: None
    return None, lambda: publication_workflows.pop("site")


# what is taken away -> what `check` says
MISSING = {
    "community": (
        sql(
            "UPDATE b2share_community SET deleted = true WHERE name = 'second'",
            "UPDATE b2share_community SET deleted = false WHERE name = 'second'",
        ),
        "there is no community 'second'; make it with `b2share communities create`.",
    ),
    "name of a community": (
        sql(
            "UPDATE b2share_community SET name = 'renamed' WHERE name = 'second'",
            "UPDATE b2share_community SET name = 'second' WHERE name = 'renamed'",
        ),
        "The community of the source csc is called 'renamed' now and not 'second': its registrations go on.",
    ),
    "schema": (
        sql(
            "UPDATE b2share_block_schema_version SET json_schema = replace(json_schema, 'legal_basis', 'xegal_basis')",
            "UPDATE b2share_block_schema_version SET json_schema = replace(json_schema, 'xegal_basis', 'legal_basis')",
        ),
        "cannot hold descriptions: run `secureb2share init`.",
    ),
    "owner": (
        sql(
            "UPDATE accounts_user SET email = 'x' || email WHERE email LIKE 'curator@%'",
            "UPDATE accounts_user SET email = substr(email, 2) WHERE email LIKE 'xcurator@%'",
        ),
        "no account has the owner's e-mail address; the owner gets an account by signing in once.",
    ),
    "trigger": (
        trigger_disabled,
        "The trigger secureb2share_insert_files_files is not as `secureb2share init` makes it (state): run it.",
    ),
    "signing key": (keys_elsewhere, "run `secureb2share keys new`"),
    "search": (search_down, "The search cluster (SEARCH_ELASTIC_HOSTS) does not answer"),
    "workflow": (workflow_of_a_site, "A publication workflow was added that this package does not check"),
    "longest body": (configured("MAX_CONTENT_LENGTH", lambda was: None), "MAX_CONTENT_LENGTH was set anew"),
    "beat": (configured("CELERY_BEAT_SCHEDULE", lambda was: {}), "CELERY_BEAT_SCHEDULE was set anew"),
    "OAI": (
        configured(
            "OAISERVER_METADATA_FORMATS", lambda was: dict(was, oai_dc=dict(was["oai_dc"], serializer="site:own"))
        ),
        "oai_dc",
    ),
    "permissions": (configured("FILES_REST_PERMISSION_FACTORY", lambda was: None), "was set anew"),
}


class TestCheck:
    def test_nothing_is_missing(self, bare):
        real_instance.start(bare)
        assert cli(bare, "init")[0] == 0 and cli(bare, "keys", "new")[0] == 0
        assert cli(bare, "check") == (0, "All is in place (MODE on).\n")

    @pytest.mark.parametrize("what", sorted(MISSING))
    def test_one_thing_is_missing(self, bare, what):
        spoil, sentence = MISSING[what]
        _, mend = spoil(bare)
        try:
            code, said = cli(bare, "check")
        finally:
            mend()
        assert code == 1 and sentence in said, said
        assert cli(bare, "check") == (0, "All is in place (MODE on).\n")


def give_block(instance, name, schema):
    """Give a community a block schema of its own, as `b2share communities set_schema` does; the block's id."""
    from b2share.modules.schemas.api import BlockSchema, CommunitySchema
    from b2share.modules.schemas.serializers import block_schema_version_json_schema_link
    from invenio_db import db

    from secureb2share_ext.hosts.b2share2 import records

    schema = dict({"$schema": "http://json-schema.org/draft-04/schema#", "additionalProperties": False}, **schema)
    with instance.app.app_context(), records.canonical():
        block = BlockSchema.create_block_schema(instance.communities[name], name + " own")
        version = block.create_version(schema)
        link = block_schema_version_json_schema_link(version, _external=True)
        content = {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "type": "object",
            "properties": {str(block.id): {"$ref": link}},
            "additionalProperties": False,
            "required": [str(block.id)],
        }
        CommunitySchema.create_version(instance.communities[name], content, 2)
        db.session.commit()
        return str(block.id)
