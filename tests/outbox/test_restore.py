import errno
import os
import shutil
import sqlite3
import subprocess
import uuid
from pathlib import Path

import pytest
from instance import create_app, example, running
from invenio_db import db
from sqlalchemy import text

from secureb2share_ext.compat import utcnow
from secureb2share_ext.errors import MarkNotWritten, Restored
from secureb2share_ext.outbox import claims, pauses, steps
from secureb2share_ext.outbox.mark import Mark
from secureb2share_ext.proxies import current
from secureb2share_ext.targets.webhook import Channel

NOW = "UPDATE secureb2share_event SET next_at = created, lease_until = NULL WHERE state = 'pending'"


@pytest.fixture(params=["sqlite", "postgresql"])
def instance(request, tmp_path):
    if request.param == "postgresql":
        if not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"):
            pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
        if program("pg_dump") is None:
            pytest.skip("no PostgreSQL: pg_dump is not installed")
    with running(request.param, tmp_path) as found:
        yield found


def program(name):
    places = [str(path) for path in Path("/usr/lib/postgresql").glob("*/bin")]
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", "")] + sorted(places, reverse=True)))


def uri(instance):
    return instance.configured["SQLALCHEMY_DATABASE_URI"].replace("postgresql+psycopg2:", "postgresql:")


def back_up(instance):
    if uri(instance).startswith("sqlite"):
        with sqlite3.connect(instance.data + "/catalogue.db") as live, sqlite3.connect(instance.data + "/b.db") as kept:
            live.backup(kept)
    else:
        subprocess.run([program("pg_dump"), "-Fc", "-f", instance.data + "/b.dump", uri(instance)], check=True)


def restore(instance):
    with instance.app.app_context():
        db.session.remove()
        db.engine.dispose()
    if uri(instance).startswith("sqlite"):
        with sqlite3.connect(instance.data + "/b.db") as kept, sqlite3.connect(instance.data + "/catalogue.db") as live:
            kept.backup(live)
    else:
        command = [program("pg_restore"), "--clean", "--if-exists", "--exit-on-error", "-d", uri(instance)]
        subprocess.run(command + [instance.data + "/b.dump"], check=True)
        assert "were altered" in instance.run_cli("check").output
        run(instance, "lock", "acknowledge", "--reason", "Restored from the backup.")


def publish(instance):
    identifier = "restore/" + uuid.uuid4().hex
    answer = instance.curate(example(), identifier)
    assert answer.status_code == 201, answer.text
    return identifier, answer.json()["id"]


def edit(instance, pid, title):
    description = example()
    description["core"]["titles"][0]["text"] = title
    with instance.app.app_context():
        body = current().host.to_record(description)
    assert instance.call("PUT", "/api/records/" + pid, "curator", json=body).status_code == 200


def states(instance, identifier):
    return [state for _, state, _ in instance.events(identifier)]


def run(instance, *words):
    result = instance.run_cli(*words)
    assert result.exit_code == 0, result.output
    return result.output


def make_due(instance):
    with instance.app.app_context(), db.engine.begin() as connection:
        connection.execute(text(NOW))


def test_restored_outbox_sends_nothing_twice_without_being_told(instance):
    before, pid = publish(instance)
    instance.sweep()
    waiting, _ = publish(instance)
    back_up(instance)
    edit(instance, pid, "After the backup")
    instance.sweep()
    assert states(instance, before) == ["acknowledged"] * 2 and states(instance, waiting) == ["acknowledged"]
    seen = len(instance.receiver.requests)

    restore(instance)
    assert states(instance, before) == ["acknowledged"] and states(instance, waiting) == ["pending"]
    for _ in range(3):
        make_due(instance)
        instance.sweep()
    assert len(instance.receiver.requests) == seen
    said = run(instance, "deliveries", "list")
    assert "target tsd-ingest is held" in said and "the database was restored" in said
    assert "the database was restored" in instance.run_cli("health").output

    # what is new meanwhile waits too, and is behind everything that the receiver saw, under an id of its own
    edit(instance, pid, "After the restore")
    instance.sweep()
    assert len(instance.receiver.requests) == seen

    assert run(instance, "deliveries", "resume") == "Events are sent to tsd-ingest again.\n"
    instance.sweep()
    again = instance.receiver.requests[seen:]
    assert len(again) == 2 and states(instance, waiting) == ["acknowledged"]
    # the one that went out twice is the same for the receiver, the new one is not
    assert len(instance.receiver.of(waiting)) == 1
    (first, lost, new) = instance.receiver.of(before)
    assert lost["data"]["dataset"]["core"]["titles"][0]["text"] == "After the backup"
    assert new["data"]["dataset"]["core"]["titles"][0]["text"] == "After the restore"
    assert new["data"]["sequence"] > lost["data"]["sequence"] and new["id"] != lost["id"]

    # told once, it goes on
    last, _ = publish(instance)
    instance.sweep()
    assert states(instance, last) == ["acknowledged"]


def test_restore_that_lost_nothing_holds_nothing(instance):
    publish(instance)
    instance.sweep()
    waiting, _ = publish(instance)
    back_up(instance)
    restore(instance)
    instance.sweep()
    assert states(instance, waiting) == ["acknowledged"]


@pytest.mark.parametrize("instance", ["sqlite"], indirect=True)
def test_backup_taken_between_claim_and_outcome(instance, monkeypatch):
    send = Channel.send

    def back_up_and_send(self, event, sign):
        back_up(instance)
        return send(self, event, sign)

    identifier, pid = publish(instance)
    monkeypatch.setattr(Channel, "send", back_up_and_send)
    instance.sweep()
    monkeypatch.undo()
    restore(instance)
    make_due(instance)
    instance.sweep()
    # the same bytes under the same id
    assert states(instance, identifier) == ["acknowledged"] and len(instance.receiver.of(identifier)) == 1
    assert len({body for _, body in instance.receiver.requests}) == 1 < len(instance.receiver.requests)
    edit(instance, pid, "Second")
    instance.sweep()
    restore(instance)
    make_due(instance)
    with instance.app.app_context():
        # by a worker whose sweep had begun before the restore
        assert claims.claim("tsd-ingest", 10, utcnow())
        with pytest.raises(Restored):
            steps.commit(current().mark, 1)
        db.session.remove()
    seen = len(instance.receiver.requests)
    instance.sweep()
    assert len(instance.receiver.requests) == seen


@pytest.mark.parametrize("instance", ["sqlite"], indirect=True)
def test_two_restores_within_a_minute_reuse_no_number(instance):
    identifier, pid = publish(instance)
    instance.sweep()
    back_up(instance)
    for turn in range(3):
        restore(instance)
        instance.sweep()
        run(instance, "deliveries", "resume")
        for title in range(3):
            edit(instance, pid, "Turn %d, title %d" % (turn, title))
            instance.sweep()
    events = instance.receiver.of(identifier)
    assert [event["data"]["dataset"]["core"]["titles"][0]["text"] for event in events][1:] == [
        "Turn %d, title %d" % (turn, title) for turn in range(3) for title in range(3)
    ]
    sequences = [event["data"]["sequence"] for event in events]
    assert sequences == sorted(set(sequences))


@pytest.mark.parametrize("content", ["", "x", "-3", "99999999999999999999", '{"steps": 1}', '{"steps": null}', "[1]"])
@pytest.mark.parametrize("instance", ["sqlite"], indirect=True)
def test_damaged_mark_holds_every_target_and_is_written_anew(instance, content):
    publish(instance)
    instance.sweep()
    Path(instance.data, "keys", "outbox.mark").write_text(content)
    waiting, _ = publish(instance)
    instance.sweep()
    assert states(instance, waiting) == ["pending"]
    assert "tsd-ingest: the file outbox.mark is damaged" in instance.run_cli("health").output
    run(instance, "deliveries", "resume")
    instance.sweep()
    assert states(instance, waiting) == ["acknowledged"]


def test_mark_moves_to_a_folder_of_its_own(tmp_path):
    (tmp_path / "state").mkdir()
    with running("sqlite", tmp_path) as found:
        publish(found)
        found.sweep()
        keys = tmp_path / "keys"
        assert Mark(str(keys)).read().steps == 1
        extension = found.app.extensions["secureb2share"]
        extension.mark = (
            create_app(dict(found.configured, SECUREB2SHARE_STATE_FOLDER=str(tmp_path / "state")))
            .extensions["secureb2share"]
            .mark
        )
        identifier, _ = publish(found)
        # what was sent before is known: nothing is held, and the keys' folder is not written to
        before = (keys / "outbox.mark").read_bytes()
        found.sweep()
        assert states(found, identifier) == ["acknowledged"]
        assert (keys / "outbox.mark").read_bytes() == before and Mark(str(tmp_path / "state")).read().steps == 2
        # the file in the keys' folder does not stand in for the one that everybody writes
        (tmp_path / "state" / "outbox.mark").unlink()
        waiting, _ = publish(found)
        found.sweep()
        assert states(found, waiting) == ["pending"]
        assert "the file outbox.mark is missing" in run(found, "deliveries", "list")


@pytest.mark.parametrize("instance", ["sqlite"], indirect=True)
def test_full_disk_holds_every_target_until_there_is_room(instance, monkeypatch):
    publish(instance)
    instance.sweep()
    waiting, _ = publish(instance)

    def full(self, path, content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Mark, "_put", full)
    instance.sweep()
    assert states(instance, waiting) == ["pending"]
    said = instance.run_cli("health").output
    assert "outbox.mark cannot be written (No space left on device)" in said
    said = run(instance, "deliveries", "list")
    assert "Nothing is sent: outbox.mark cannot be written (No space left on device).\n" in said
    monkeypatch.undo()
    instance.sweep()
    assert states(instance, waiting) == ["acknowledged"]


@pytest.mark.parametrize("instance", ["sqlite"], indirect=True)
def test_disk_that_is_full_in_the_middle_leaves_nothing_claimed(instance, monkeypatch):
    waiting, _ = publish(instance)

    def full(self, seen):
        raise MarkNotWritten("outbox.mark cannot be written (No space left on device)")

    monkeypatch.setattr(Mark, "write", full)
    instance.sweep()
    monkeypatch.undo()
    assert instance.receiver.requests == []
    instance.sweep()
    assert states(instance, waiting) == ["acknowledged"]


@pytest.mark.parametrize("instance", ["sqlite"], indirect=True)
def test_database_without_its_mark_is_held_until_told(instance):
    publish(instance)
    instance.sweep()
    os.remove(instance.data + "/keys/outbox.mark")
    waiting, _ = publish(instance)
    instance.sweep()
    assert states(instance, waiting) == ["pending"]
    run(instance, "deliveries", "resume")
    instance.sweep()
    assert states(instance, waiting) == ["acknowledged"]


@pytest.mark.parametrize("instance", ["sqlite"], indirect=True)
def test_held_target_is_not_probed_and_not_freed_by_an_answer(instance):
    waiting, _ = publish(instance)
    assert run(instance, "deliveries", "hold", "--reason", "They move house.") == "tsd-ingest is held.\n"
    with instance.app.app_context():
        # a worker that was sending when the operator spoke
        pauses.end_pause("tsd-ingest")
        pauses.pause("tsd-ingest", "status 401", utcnow())
        db.session.commit()
        assert [(row.reason, row.until) for row in pauses.every()] == [("They move house.", None)]
    instance.sweep()
    assert states(instance, waiting) == ["pending"] and instance.receiver.requests == []
    assert "tsd-ingest: They move house." in instance.run_cli("health").output
    assert run(instance, "deliveries", "resume", "--target", "tsd-ingest") == "Events are sent to tsd-ingest again.\n"
    assert run(instance, "deliveries", "resume", "--target", "tsd-ingest") == "tsd-ingest was not paused.\n"
    instance.sweep()
    assert states(instance, waiting) == ["acknowledged"]


@pytest.mark.parametrize("instance", ["sqlite"], indirect=True)
def test_restore_is_noticed_before_anything_waits(instance):
    identifier, pid = publish(instance)
    instance.sweep()
    back_up(instance)
    edit(instance, pid, "After the backup")
    instance.sweep()
    restore(instance)
    instance.sweep()
    assert "target tsd-ingest is held" in run(instance, "deliveries", "list")
    edit(instance, pid, "After the restore")
    run(instance, "deliveries", "resume")
    instance.sweep()
    sequences = [event["data"]["sequence"] for event in instance.receiver.of(identifier)]
    assert len(sequences) == 3 and sequences == sorted(set(sequences))


@pytest.mark.parametrize("instance", ["sqlite"], indirect=True)
def test_dataset_that_the_backup_does_not_know(instance):
    publish(instance)
    instance.sweep()
    back_up(instance)
    identifier, _ = publish(instance)
    instance.sweep()
    restore(instance)
    run(instance, "deliveries", "restored")
    assert instance.curate(example(), identifier).status_code == 201
    run(instance, "deliveries", "resume")
    instance.sweep()
    (lost, again) = instance.receiver.of(identifier)
    assert again["data"]["sequence"] > lost["data"]["sequence"] == 1


@pytest.mark.parametrize("instance", ["sqlite"], indirect=True)
def test_operator_says_that_folder_and_database_came_back(instance):
    waiting, _ = publish(instance)
    assert run(instance, "deliveries", "restored") == "tsd-ingest is held.\n"
    instance.sweep()
    assert states(instance, waiting) == ["pending"]
