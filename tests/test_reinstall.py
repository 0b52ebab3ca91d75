"""What a new installation finds of one that was taken out with its tables."""

import os

import pytest
from instance import example, running
from invenio_db import db

from demo.catalogue.app import create_app
from secureb2share_ext.hosts.records_rest import stamped


@pytest.fixture(params=["sqlite", "postgresql"])
def instance(request, tmp_path, monkeypatch):
    if request.param == "postgresql" and not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"):
        pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
    # several batches
    monkeypatch.setattr(stamped, "SIZE", 2)
    with running(request.param, tmp_path) as found:
        yield found


def run(app, *words, **more):
    result = app.test_cli_runner().invoke(args=["secureb2share", *words], **more)
    assert result.exit_code == 0, (result.output, result.exc_info)
    return result.output


def rows(instance):
    columns = "identifier, source, pid, record_uuid, state, reason, state_at, successor, replaced_by, digest, origin"
    return sorted(tuple(row) for row in instance.execute("SELECT %s FROM secureb2share_dataset" % columns))


def test_an_identifier_has_one_record_after_a_new_installation(instance, tmp_path):
    source = instance.source
    pids = {name: source.register(name, example())["pid"] for name in ("r/1", "r/2", "r/3", "r/4", "r/5")}
    newer = dict(example(), version={"replaces": "r/1"})
    pids["r/6"] = source.register("r/6", newer)["pid"]
    source.set_state("r/2", "suspended", "Consent is under review.")
    source.set_state("r/3", "withdrawn", "Consent was withdrawn.")
    source.set_state("r/4", "superseded", "There is a better one.", successor="r/5")
    curated = instance.curate(example())
    assert curated.status_code == 201, curated.text
    before, records = rows(instance), instance.count("records_metadata")
    assert len(before) == 7

    with_off = create_app(dict(instance.configured, SECUREB2SHARE_MODE="off"))
    said = run(with_off, "uninstall", "--drop-tables", "--map", str(tmp_path / "access.conf"), input="y\n")
    assert "`init` of a later installation takes the records back" in said and "tenant" in said
    # while the package is away, a curator's record claims what is not its own, and others are no stamps at all
    forge(with_off, instance, "r/1")
    said = run(with_off, "init")
    assert "Records: 7 of a former installation were taken back" in said and "Records: 1 more have" in said
    assert rows(instance) == before
    assert "taken back" not in run(with_off, "init")
    with with_off.app_context():
        db.session.remove()
        db.engine.dispose()

    run(instance.app, "init")
    instance.app.extensions["secureb2share"].has_tables = False
    made = instance.count("records_metadata")
    again = instance.source.register("r/1", example())
    assert (again["pid"], again["result"]) == (pids["r/1"], "unchanged")
    changed = example()
    changed["core"]["publisher"] = "Another publisher"
    assert instance.source.register("r/5", changed)["pid"] == pids["r/5"]
    assert instance.count("records_metadata") == made and records < made
    assert instance.count("secureb2share_dataset") == 7
    assert instance.source.register("r/7", example())["result"] == "created"


FORGED = [
    None, "text", {}, {"source": "tsd"}, {"source": "tsd", "identifier": "../..", "state": "active"},
    {"source": "tsd", "identifier": "f/1", "state": "none"}, {"source": 5, "identifier": "f/2", "state": "active"},
    {"source": "s" * 101, "identifier": "f/3", "state": "active"},
    {"source": "tsd", "identifier": "f/4", "state": "active", "reason": 5},
    {"source": "tsd", "identifier": "f/5", "state": "active", "successor": ".."},
    {"source": "tsd", "identifier": "f/6", "state": "active", "state_at": "x" * 40},
    {"source": "tsd", "identifier": "f/7", "state": ["active"]},
    {"source": "tsd", "identifier": "f/8", "state": "withdrawn"},
    {"source": "tsd", "identifier": "f/9", "state": "withdrawn", "state_at": "2026-99-99T10:00:00Z"},
    {"source": "tsd", "identifier": "f/10", "state": "withdrawn", "state_at": "9999-12-31T10:00:00Z"},
]  # fmt: skip


def forge(app, instance, identifier):
    """Records that were made past the package: of an identifier that is taken, and with no stamps of ours."""
    from invenio_records.api import Record

    with app.app_context():
        stamps = [{"source": "tsd", "identifier": identifier, "state": "active"}] + FORGED
        for stamp in stamps:
            claim(instance, stamp)
        Record.create({"secureb2share": stamps[0], "title": "without a PID"})
        db.session.commit()
        db.session.remove()


def claim(instance, stamp):
    """The PID object of a record that was made past the package, with this stamp, in the open transaction."""
    from invenio_pidstore.minters import recid_minter
    from invenio_records.api import Record

    record = dict(instance.to_record(example()), secureb2share=stamp)
    made = Record.create({})
    pid = recid_minter(made.id, record)
    made.model.json = record
    return pid


@pytest.mark.parametrize("answer", ["leave", "take"])
def test_a_stamp_that_is_not_ours_takes_no_identifier_unless_an_operator_says_so(instance, tmp_path, answer):
    from invenio_pidstore.models import PIDStatus
    from invenio_records.models import RecordMetadata

    pid = instance.source.register("r/1", example())["pid"]
    with_off = create_app(dict(instance.configured, SECUREB2SHARE_MODE="off"))
    run(with_off, "uninstall", "--drop-tables", "--map", str(tmp_path / "access.conf"), input="y\n")
    with with_off.app_context():
        (ours,) = [
            record.json["secureb2share"]
            for record in db.session.query(RecordMetadata)
            if "secureb2share" in (record.json or {})
        ]
        # older than the catalogue's own record; with the proof of another one; and under a PID that nobody sees yet
        older = claim(instance, {"source": "tsd", "identifier": "r/1", "state": "active"})
        row = db.session.get(RecordMetadata, older.object_uuid)
        row.created = row.created.replace(year=2001)
        claim(instance, dict(ours, identifier="r/2"))
        claim(instance, dict(ours, identifier="r/3", proof=5))
        claim(instance, dict(ours, identifier="r/4")).status = PIDStatus.RESERVED
        claim(instance, ours)
        db.session.commit()
        db.session.remove()
    # who sits there without an answer gets none
    asked = with_off.test_cli_runner().invoke(args=["secureb2share", "init"])
    assert asked.exit_code == 1 and "Records: 2 name a dataset" in asked.output
    assert "tsd/r/2 (" in asked.output and "tsd/r/3 (" in asked.output and "r/4" not in asked.output
    said = run(with_off, "init", "--unproven", answer)
    told = {"leave": "Records: 2 without a proof stay", "take": "Records: 2 of a former installation"}
    assert told[answer] in said
    assert "Records: 2 more have an identifier" in said
    found = {row[0]: row[2] for row in rows(instance)}
    assert found["r/1"] == pid and sorted(found) == (["r/1"] if answer == "leave" else ["r/1", "r/2", "r/3"])
    with with_off.app_context():
        db.session.remove()
        db.engine.dispose()
    run(instance.app, "init")
    instance.app.extensions["secureb2share"].has_tables = False
    assert instance.source.register("r/1", example())["pid"] == pid
    result = instance.source.register("r/2", example())["result"]
    assert result == ("created" if answer == "leave" else "unchanged")
