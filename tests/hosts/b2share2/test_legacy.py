import hashlib
import json
import os
import signal
import subprocess
import sys

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import former_times  # noqa: E402
import real_instance  # noqa: E402

from secureb2share_ext import client  # noqa: E402

ROLES = (None, "user", "curator", "superuser")


class Site:
    """A running instance with records from former times, by name."""

    def __init__(self, instance, folder):
        self.instance, self.folder = instance, str(folder)
        self.pids, self.buckets, self.files = {}, {}, {}

    def make(self, name, files, is_draft=False, **metadata):
        make = former_times.draft if is_draft else former_times.record
        self.pids[name], self.buckets[name] = make(self.instance, files, **metadata)
        self.files[name] = files

    def legacy(self, *args, exit_code=0, **kwargs):
        result = self.instance.run_cli("legacy", *args, "--json", **kwargs)
        assert result.exit_code == exit_code, (result.output, result.exc_info)
        return json.loads(result.output.splitlines()[-1])

    def step(self, command, name, exit_code=0):
        folder = [self.folder] if command == "export" else []
        said = self.legacy(command, *folder, self.pids[name], exit_code=exit_code)
        return said["done"].get(self.pids[name]) or said["refused"][0]["code"]

    def state(self, name):
        return {one["pid"]: one for one in self.legacy("list")["records"]}[self.pids[name]]

    def manifest(self, name):
        with open(os.path.join(self.folder, self.pids[name], "manifest.json"), "rb") as file:
            return file.read()

    def receipt(self, name, key=None, source="old", **changed):
        said = {
            "action": "legacy-receipt",
            "catalogue": self.instance.base_url,
            "source": source,
            "identifier": "pid:" + self.pids[name],
            "issued": client.now_utc(),
            "manifest": changed.pop("manifest", None) or client.digest(self.manifest(name)),
        }
        return client.line(key or self.key, client.canonical(dict(said, **changed)))

    def confirm(self, lines, exit_code=0):
        return self.legacy("confirm", "-", input=lines, exit_code=exit_code)

    def until(self, state, name):
        for command in ("freeze", "export", "confirm", "purge")[: ("frozen", "exported", "confirmed").index(state) + 1]:
            if command == "confirm":
                self.confirm(self.receipt(name))
            else:
                self.step(command, name)
        assert self.state(name)["state"] == state

    def get(self, name, role=None, key=None, query=""):
        key = key or sorted(self.files[name])[0]
        return self.instance.call("GET", "/api/files/%s/%s%s" % (self.buckets[name], key, query), role)

    def instances(self, name):
        """{id: path} of the files of a record."""
        found = self.instance.execute(
            "SELECT DISTINCT f.id, f.uri FROM files_files f JOIN files_object o ON o.file_id = f.id"
            " JOIN records_buckets b ON b.bucket_id = o.bucket_id JOIN records_metadata r ON r.id = b.record_id"
            " WHERE r.json#>>'{_deposit,id}' = :pid",
            pid=self.pids[name],
        )
        return {str(one[0]): one[1].replace("file://", "") for one in found}

    def everything_else(self):
        """What is stored of all that is not in the source's community, row by row."""
        mine = "SELECT id FROM records_metadata WHERE json->>'community' = '%s'" % self.instance.communities["legacy"]
        buckets = "SELECT bucket_id FROM records_buckets WHERE record_id IN (%s)" % mine
        files = "SELECT file_id FROM files_object WHERE bucket_id NOT IN (%s)" % buckets
        found = [
            self.instance.execute("SELECT CAST(t.* AS text) FROM %s t WHERE %s ORDER BY 1" % (table, where))
            for table, where in (
                ("records_metadata", "json->>'community' <> '%s'" % self.instance.communities["legacy"]),
                ("files_bucket", "id NOT IN (%s)" % buckets),
                ("files_object", "bucket_id NOT IN (%s)" % buckets),
                ("files_files", "id IN (%s)" % files),
            )
        ]
        return [[row[0] for row in rows] for rows in found]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    folder = tmp_path_factory.mktemp("out")
    with real_instance.stock(tmp_path_factory.mktemp("instance")) as instance:
        real_instance.start(instance, SECUREB2SHARE_MODE="off")
        site = Site(instance, folder)
        _, site.key = former_times.community(instance)
        real_instance.start(instance, SECUREB2SHARE_MODE="off")
        site.make("open", {"a b.csv": b"of persons 1\n", "folder/names of 010190.csv": b"x" * 70000, "third": b"3"})
        site.make("closed", {"closed.csv": b"closed"}, open_access=False)
        site.make("embargoed", {"later.csv": b"later"}, open_access=False, embargo_date=former_times.PAST)
        site.make("draft", {"draft.csv": b"draft"}, is_draft=True)
        former_times.put(instance, site.buckets["draft"], "draft.csv", b"draft, again")
        former_times.unfinished(instance, site.buckets["draft"], "large.csv")
        for name in ("killed", "forged", "thawed", "changed", "damaged", "edited", "gone", "first"):
            site.make(name, {name + ".csv": name.encode(), name + ".txt": b"text of " + name.encode()})
        site.make("bare", {})
        site.make("elsewhere", {"of another community.csv": b"open"}, community="open")
        site.before_on = site.legacy("list")
        real_instance.start(instance)
        for command in (["init"], ["keys", "new"]):
            assert instance.run_cli(*command).exit_code == 0
        yield site


HIDDEN = ("open", "a b.csv")  # a record whose files' names are looked for everywhere
OAI = ("oai_dc", "oai_datacite", "eudatcore", "eudatextended", "marcxml")


def served(instance, pid):
    """{where: text} of all that is served of a published record to anybody."""
    found = {"item": instance.call("GET", "/api/records/" + pid)}
    found["hit"] = instance.call("GET", "/api/records/?q=titles.title:former&size=100")
    found["by name"] = instance.call("GET", '/api/records/?q="a b.csv"')
    found["linkset"] = instance.call("GET", "/api/linkset/%s/json" % pid)
    formats = instance.call("GET", "/api/oai2d?verb=ListMetadataFormats").text
    for prefix in OAI:
        if ">%s<" % prefix in formats:
            path = "/api/oai2d?verb=GetRecord&metadataPrefix=%s&identifier=%s" % (prefix, oai_id(instance, pid))
            found[prefix] = instance.call("GET", path)
    assert {answer.status_code for answer in found.values()} == {200}, found
    item = found.pop("item")
    return dict({name: answer.text for name, answer in found.items()}, item=item.text, Link=str(item.headers))


def oai_id(instance, pid):
    found = instance.execute(
        "SELECT json#>>'{_oai,id}' FROM records_metadata WHERE json#>>'{_deposit,id}' = :pid"
        " AND json->>'$schema' LIKE '%#/json_schema'",
        pid=pid,
    )
    return found[0][0]


def test_the_list_before_anything_is_done(site):
    listed = {one["pid"]: one for one in site.before_on["records"]}
    assert listed == {one["pid"]: one for one in site.legacy("list")["records"]}
    numbers = {
        name: tuple(listed[pid][member] for member in ("source", "community", "kind", "state", "files", "bytes"))
        for name, pid in site.pids.items()
        if name in ("open", "closed", "draft", "bare")
    }
    assert numbers == {
        "open": ("old", "legacy", "record", "legacy", 3, 70014),
        "closed": ("old", "legacy", "record", "legacy", 1, 6),
        # what was there before, and an upload that never ended
        "draft": ("old", "legacy", "draft", "legacy", 3, 5 + 12 + former_times.UPLOAD),
        "bare": ("old", "legacy", "record", "legacy", 0, 0),
    }
    assert site.pids["elsewhere"] not in listed and len(listed) == len(site.pids) - 1
    said = site.instance.run_cli("legacy", "list").output
    assert "%d legacy.\n" % len(listed) in said and "csv" not in said


def test_frozen_files_are_out_of_reach_and_hidden(site):
    instance, pid = site.instance, site.pids["open"]
    before = served(instance, pid)
    links = [(role, "") for role in ROLES] + [
        (None, "?jwt=" + instance.tokens["superuser"]),
    ]
    assert {site.get("open", role).status_code for role in ROLES} == {200}
    assert [name for name, text in before.items() if "a b.csv" in text or "a%20b.csv" in text] != []
    assert "csv" in before["eudatcore"] and "3 files" in before["eudatcore"]
    for name in ("open", "closed", "embargoed", "draft"):
        assert site.step("freeze", name) == "frozen"
        assert site.step("freeze", name) == "frozen"
        for role, query in links:
            assert site.get(name, role, query=query).status_code == 404, (name, role)
            for tail in ("", "?versions", "?uploads"):
                path = "/api/files/%s%s" % (site.buckets[name], tail)
                assert instance.call("GET", path, role).status_code == 404, (name, role, tail)
            assert instance.call("HEAD", path, role).status_code == 404
    after = served(instance, pid)
    for name, text in after.items():
        assert not [word for word in ("a b.csv", "a%20b", "010190", site.buckets["open"]) if word in text], (name, text)
    for name in OAI:
        assert "3 files" not in after.get(name, "") and "openAccess" not in after.get(name, "")
    item = json.loads(after["item"])
    assert "files" not in item and "files" not in item["links"] and item["metadata"]["open_access"] is False
    assert json.loads(after["by name"])["hits"]["total"] < json.loads(before["by name"])["hits"]["total"]
    for role in ROLES[2:]:
        assert "a b.csv" not in instance.call("GET", "/api/records/" + pid, role).text
        assert "draft.csv" not in instance.call("GET", "/api/records/%s/draft" % site.pids["draft"], role).text
    # not yet frozen: as it was
    assert site.get("edited").content == b"edited"


def test_thaw_gives_back_what_was_there(site):
    instance, pid = site.instance, site.pids["thawed"]
    item = instance.call("GET", "/api/records/" + pid).json()
    flags = instance.execute("SELECT id, locked, deleted, size FROM files_bucket ORDER BY id")
    assert site.step("freeze", "thawed") == "frozen" and site.get("thawed").status_code == 404
    assert flags != instance.execute("SELECT id, locked, deleted, size FROM files_bucket ORDER BY id")
    assert site.step("thaw", "thawed") == "legacy" and site.step("thaw", "thawed", exit_code=1) == "not-frozen"
    assert flags == instance.execute("SELECT id, locked, deleted, size FROM files_bucket ORDER BY id")
    assert site.get("thawed").content == b"thawed" and instance.call("GET", "/api/records/" + pid).json() == item
    assert instance.call("GET", '/api/records/?q="thawed.csv"').json()["hits"]["total"] == 1


def test_users_change_nothing_of_legacy_records(site):
    instance, pid = site.instance, site.pids["edited"]
    body = {"community": instance.communities["legacy"], "titles": [{"title": "x"}], "open_access": True}
    patch = [{"op": "replace", "path": "/titles/0/title", "value": "CANARY"}]
    for is_frozen in (False, True):
        before = stored(instance)
        for role in ("curator", "superuser"):
            answers = [
                instance.patch("/api/records/" + pid, patch, role),
                instance.call("POST", "/api/records/?version_of=" + pid, role, json=dict(body, community_specific={})),
            ]
            if is_frozen:
                answers.append(instance.call("DELETE", "/api/records/" + pid, role))
                answers.append(instance.call("DELETE", "/api/records/%s/draft" % pid, role))
            for answer in answers:
                assert (answer.status_code, answer.json().get("code")) == (409, "legacy"), (answer.url, answer.text)
        assert stored(instance) == before
        if not is_frozen:
            site.step("freeze", "edited")
    draft = "/api/records/%s/draft" % site.pids["draft"]
    assert instance.call("DELETE", draft, "curator").json()["code"] == "legacy"
    assert site.instance.submit(site.pids["draft"]).json()["code"] == "has-files"


def stored(instance):
    tables = ("records_metadata", "pidstore_pid", "files_bucket", "files_object", "files_files", "records_buckets")
    return [instance.execute("SELECT CAST(t.* AS text) FROM %s t ORDER BY 1" % table) for table in tables]


def test_the_hosts_own_tasks_leave_a_legacy_record_as_it_was(site):
    from b2share.modules.records.tasks import update_expired_embargoes

    instance, query = site.instance, "SELECT json->>'open_access', json->>'embargo_date' FROM records_metadata"
    where = " WHERE json#>>'{_deposit,id}' = :pid AND json->>'$schema' LIKE '%#/json_schema'"
    site.step("freeze", "embargoed")
    instance.index()
    before, said = stored(instance), instance.execute(query + where, pid=site.pids["embargoed"])[0]
    assert tuple(said) == ("false", former_times.PAST)
    with instance.app.app_context():
        # as itself: Celery would give it the first application of this process
        update_expired_embargoes.run()
    assert instance.execute(query + where, pid=site.pids["embargoed"])[0] == said
    # the task writes a revision, as it does of any record, and nothing else
    assert stored(instance)[1:] == before[1:]
    assert site.get("embargoed").status_code == 404 and site.get("embargoed", "superuser").status_code == 404


def test_the_whole_way(site):
    instance, pid = site.instance, site.pids["open"]
    others, paths = site.everything_else(), site.instances("open")
    assert len(paths) == 3 and all(map(os.path.exists, paths.values()))
    for command in ("purge", "confirm"):
        if command == "purge":
            assert site.step("purge", "open", exit_code=1) == "not-confirmed"
        else:
            refused = site.confirm(site.receipt("open", manifest="0" * 64), exit_code=1)["refused"]
            assert [one["code"] for one in refused] == ["not-exported"]
    assert site.step("export", "open") == "exported"
    manifest = json.loads(site.manifest("open").decode())
    assert sorted(entry["names"][0] for entry in manifest["files"]) == sorted(site.files["open"])
    for entry in manifest["files"]:
        with open(os.path.join(site.folder, pid, entry["path"]), "rb") as file:
            content = file.read()
        assert content == site.files["open"][entry["names"][0]]
        assert entry["sha256"] == hashlib.sha256(content).hexdigest() and entry["size"] == len(content)
    assert site.step("export", "open") == "exported" and site.step("purge", "open", exit_code=1) == "not-confirmed"
    receipt = site.receipt("open")
    assert site.confirm(receipt)["counts"] == {"confirmed": 1}
    assert site.confirm(receipt * 2)["counts"] == {"confirmed": 2} and site.state("open")["state"] == "confirmed"
    before = metadata(instance, pid)
    assert site.step("purge", "open") == "purged" and site.step("purge", "open") == "purged"
    assert not any(map(os.path.exists, paths.values()))
    assert instance.count("files_files", "id IN ('%s')" % "','".join(paths)) == 0
    assert instance.count("files_object", "bucket_id = '%s'" % site.buckets["open"]) == 0
    # nothing of the metadata changed but the files
    assert metadata(instance, pid) == [dict(one, _files=[]) if "_files" in one else one for one in before]
    after = served(instance, pid)
    assert not [name for name, text in after.items() if "a b.csv" in text or "010190" in text]
    assert (site.state("open")["files"], site.state("open")["bytes"]) == (3, 70014)
    assert site.everything_else() == others
    said = instance.execute("SELECT CAST(t.* AS text) FROM secureb2share_legacy t WHERE pid = :pid", pid=pid)[0][0]
    assert "csv" not in said


def metadata(instance, pid):
    found = instance.execute(
        "SELECT CAST(json AS text) FROM records_metadata WHERE json#>>'{_deposit,id}' = :pid ORDER BY id", pid=pid
    )
    return [json.loads(row[0]) for row in found]


def test_a_draft_goes_the_same_way_and_can_be_edited_afterwards(site):
    instance, pid, paths = site.instance, site.pids["draft"], site.instances("draft")
    bucket, rows = site.buckets["draft"], [instance.count(t) for t in ("files_multipartobject",)]
    site.step("export", "draft")
    names = [(entry["names"], entry["size"]) for entry in json.loads(site.manifest("draft").decode())["files"]]
    assert sorted(names) == [(["draft.csv"], 5), (["draft.csv"], 12), (["large.csv"], former_times.UPLOAD)]
    site.confirm(site.receipt("draft"))
    assert site.step("purge", "draft") == "purged" and not any(map(os.path.exists, paths.values()))
    assert instance.count("files_multipartobject") == rows[0] - 1 and instance.count("files_multipartobject_part") == 0
    assert [tuple(row) for row in instance.execute(
        "SELECT locked, deleted, size FROM files_bucket WHERE id = :id", id=bucket
    )] == [(False, False, 0)]  # fmt: skip
    assert instance.call("GET", "/api/records/%s/draft" % pid, "curator").status_code == 200
    patch = [{"op": "replace", "path": "/titles/0/title", "value": "Still a draft"}]
    assert instance.patch("/api/records/%s/draft" % pid, patch).status_code == 200


KILLED = """
import importlib, os, signal, sys
sys.argv[0] = "b2share"
module, name, calls = sys.argv.pop(1), sys.argv.pop(1), [int(sys.argv.pop(1))]
def killing(*args, **kwargs):
    calls[0] -= 1
    if calls[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **kwargs)
from b2share.factory import create_app
from click.testing import CliRunner
from flask.cli import ScriptInfo
import json
app = create_app(**json.loads(os.environ["CONFIGURED"]))
target = importlib.import_module(module)
real = getattr(target, name)
setattr(target, name, killing)
obj = ScriptInfo(create_app=lambda info: app)
result = CliRunner().invoke(app.cli, ["secureb2share", "legacy"] + sys.argv[1:], obj=obj)
print(result.output, result.exc_info)
"""


def killed(site, module, name, call, *args):
    """Run a command in a process that is killed at the given call of module.name; its return code."""
    environment = dict(os.environ, CONFIGURED=json.dumps(site.instance.configured), PYTHONWARNINGS="ignore")
    command = [sys.executable, "-c", KILLED, module, name, str(call)] + list(args)
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.communicate(timeout=120)[0]
    assert process.returncode == -signal.SIGKILL, output.decode()


def test_killed_in_the_middle_of_an_export(site):
    site.step("freeze", "killed")
    place = os.path.join(site.folder, site.pids["killed"])
    # the second file is written, and has not its name yet
    killed(site, "os", "rename", 2, "export", site.folder, site.pids["killed"])
    found = sorted(os.listdir(os.path.join(place, "files")))
    assert len(found) == 2 and found[0] + ".part" != found[1] and len([f for f in found if f.endswith(".part")]) == 1
    assert "manifest.json" not in os.listdir(place) and site.state("killed")["state"] == "frozen"
    (whole,) = [name for name in found if not name.endswith(".part")]
    before = os.stat(os.path.join(place, "files", whole))
    assert site.step("export", "killed") == "exported"
    after = os.stat(os.path.join(place, "files", whole))
    assert (before.st_ino, before.st_mtime) == (after.st_ino, after.st_mtime)
    assert sorted(os.listdir(place)) == ["files", "manifest.json"]
    assert not [name for name in os.listdir(os.path.join(place, "files")) if name.endswith(".part")]
    # one that looks whole and is not
    with open(os.path.join(place, "files", whole), "wb") as file:
        file.write(b"half")
    manifest = site.manifest("killed")
    assert site.step("export", "killed") == "exported" and site.manifest("killed") == manifest
    with open(os.path.join(place, "files", whole), "rb") as file:
        assert file.read() in site.files["killed"].values()


@pytest.mark.parametrize(
    "module, name, call, left",
    [
        ("secureb2share_ext.hosts.b2share2.legacy", "_forget_files", 1, (2, 2, "confirmed")),
        ("secureb2share_ext.legacy.purge", "_erase", 1, (0, 2, "purging")),
        ("os", "rmdir", 1, (0, 1, "purging")),
    ],
)
def test_killed_in_the_middle_of_a_purge(site, module, name, call, left):
    record = {"_forget_files": "killed", "_erase": "forged", "rmdir": "first"}[name]
    paths = site.instances(record)
    if record == "killed":
        site.confirm(site.receipt(record))
    else:
        site.until("confirmed", record)
    killed(site, module, name, call, "purge", site.pids[record])
    rows = site.instance.count("files_files", "id IN ('%s')" % "','".join(paths))
    assert (rows, sum(map(os.path.exists, paths.values())), site.state(record)["state"]) == left
    assert site.step("purge", record) == "purged"
    assert site.instance.count("files_files", "id IN ('%s')" % "','".join(paths)) == 0
    assert not [path for path in paths.values() if os.path.exists(os.path.dirname(path))]
    assert site.instance.call("GET", "/api/records/" + site.pids[record]).status_code == 200


def test_no_room_on_the_disk(site, monkeypatch):
    import errno

    from secureb2share_ext.legacy import export

    site.step("freeze", "changed")
    real, calls = os.write, []

    def full(descriptor, chunk):
        calls.append(chunk)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, chunk)

    with monkeypatch.context() as patched:
        patched.setattr(export.os, "write", full)
        said = site.legacy("export", site.folder, site.pids["changed"], exit_code=2)
    assert "The disk is full" in said["stopped"] and said["done"] == {}
    place = os.path.join(site.folder, site.pids["changed"])
    assert os.listdir(place) == ["files"] and len(os.listdir(os.path.join(place, "files"))) == 1
    assert site.state("changed")["state"] == "frozen" and site.step("export", "changed") == "exported"


def test_receipts_that_confirm_nothing(site):
    site.step("freeze", "gone"), site.step("export", "gone")
    forged, other = client.new_key()[0], site.instance.second[0]
    lines = {
        "signature": site.receipt("gone", forged),
        "signature ": site.receipt("gone", other),
        "other-catalogue": site.receipt("gone", catalogue="https://staging.example.org"),
        "unknown-dataset ": site.receipt("gone", other, source="csc"),
        "manifest-differs": site.receipt("gone", manifest="0" * 64),
        "manifest-differs ": site.receipt("gone", manifest=client.digest(site.manifest("changed"))),
        "envelope": site.receipt("gone", action="receipt"),
        "invalid": site.receipt("gone", issued="2999-01-01T00:00:00Z"),
        "invalid ": site.receipt("gone", more=1),
        "unknown-dataset  ": site.receipt("gone", identifier="pid:unknown"),
        "invalid  ": site.receipt("gone", identifier="gone"),
        "invalid   ": b"{}" * 100,
    }
    for code, line in lines.items():
        refused = site.confirm(line, exit_code=1)["refused"]
        assert [one["code"] for one in refused] == [code.strip()], (code, refused)
    assert site.state("gone")["state"] == "exported" and site.step("purge", "gone", exit_code=1) == "not-confirmed"
    # a good one between others counts
    said = site.confirm(lines["signature"].strip() + b"\n" + site.receipt("gone") + lines["invalid "], exit_code=1)
    assert said["done"] == {"line 2": "confirmed"} and [one["what"] for one in said["refused"]] == ["line 1", "line 3"]


def test_what_changed_after_it_was_confirmed_is_not_deleted(site):
    site.until("confirmed", "changed")
    path = sorted(site.instances("changed").values())[0]
    os.chmod(path, 0o600)
    with open(path, "rb") as file:
        content = file.read()
    with open(path, "wb") as file:
        file.write(content[:-1] + b"?")
    assert site.step("purge", "changed", exit_code=1) == "changed"
    assert os.path.exists(path) and site.state("changed")["state"] == "confirmed"
    # what was exported is whole
    assert site.step("export", "changed") == "confirmed"
    os.remove(path)
    assert site.step("purge", "changed", exit_code=1) == "changed"
    with open(path, "wb") as file:
        file.write(content)
    assert site.step("purge", "changed") == "purged"


def test_damaged_files_are_named_and_taken_only_when_asked_for(site):
    site.step("freeze", "damaged")
    os.remove(sorted(site.instances("damaged").values())[0])
    assert site.step("export", "damaged", exit_code=1) == "damaged"
    said = site.legacy("export", site.folder, site.pids["damaged"], "--damaged")
    assert said["counts"] == {"exported": 1}
    files = json.loads(site.manifest("damaged").decode())["files"]
    assert sorted((entry["intact"], entry["size"] is None) for entry in files) == [(False, True), (True, False)]
    site.confirm(site.receipt("damaged"))
    assert site.step("purge", "damaged") == "purged"


def test_a_deleted_records_bytes_are_found(site):
    instance = site.instance
    site.make_deleted = site.pids["thawed"]
    paths = site.instances("thawed")
    assert instance.call("DELETE", "/api/records/" + site.pids["thawed"], "superuser").status_code == 204
    assert all(map(os.path.exists, paths.values()))
    state = site.state("thawed")
    assert (state["kind"], state["state"], state["files"]) == ("deleted", "legacy", 2)
    site.until("confirmed", "thawed")
    assert site.step("purge", "thawed") == "purged" and not any(map(os.path.exists, paths.values()))
    assert instance.call("GET", "/api/records/" + site.pids["thawed"]).status_code == 410


def test_off_leaves_frozen_files_closed_and_says_so(site):
    instance = site.instance
    try:
        real_instance.start(instance, SECUREB2SHARE_MODE="off")
        for role in ROLES:
            assert site.get("closed", role).status_code == 404
        said = instance.run_cli("check").output
        assert "Legacy records that are frozen: " in said
        for command in (["freeze", site.pids["closed"]], ["purge", site.pids["gone"]]):
            result = instance.run_cli("legacy", *command)
            assert (result.exit_code, "SECUREB2SHARE_MODE is 'off'" in result.output) == (1, True)
        assert site.state("gone")["state"] == "confirmed"
    finally:
        real_instance.start(instance)


def test_the_rest_by_all_at_once(site):
    others = site.everything_else()
    refused = site.legacy("freeze", site.pids["elsewhere"], site.pids["bare"], "unknown", exit_code=1)["refused"]
    assert [one["code"] for one in refused] == ["unknown-dataset", "no-files", "unknown-dataset"]
    assert site.instance.run_cli("legacy", "purge").exit_code == 2
    site.legacy("freeze", "--all")
    site.legacy("export", site.folder)
    left = [one["pid"] for one in site.legacy("list")["records"] if one["state"] == "exported"]
    names = {pid: name for name, pid in site.pids.items()}
    site.confirm(b"".join(site.receipt(names[pid]) for pid in left))
    assert set(site.legacy("purge", "--all")["counts"]) == {"purged"}
    assert site.legacy("list")["counts"] == {"legacy": 1, "purged": len(site.pids) - 2}
    assert site.everything_else() == others and site.get("elsewhere").content == b"open"
    buckets = "SELECT bucket_id FROM records_buckets b JOIN records_metadata r ON r.id = b.record_id WHERE json->>"
    ours = "bucket_id IN (%s'community' = '%s')" % (buckets, site.instance.communities["legacy"])
    assert site.instance.count("files_object", ours + " AND file_id IS NOT NULL") == 0
