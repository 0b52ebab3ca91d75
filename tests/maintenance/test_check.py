import json
import os
from io import BytesIO

import pytest
from instance import database
from invenio_db import db
from invenio_files_rest.models import Bucket, Location, ObjectVersion
from invenio_records.models import RecordMetadata
from served import ONE_DATABASE
from sqlalchemy import text
from werkzeug.test import Client

from demo.catalogue.app import create_app
from demo.catalogue.config import settings
from secureb2share_ext import client
from secureb2share_ext.errors import ConfigError
from secureb2share_ext.maintenance import install


@pytest.fixture(params=ONE_DATABASE)
def make(request, tmp_path):
    if request.param == "postgresql" and not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"):
        pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
    made = []

    def make(**overrides):
        configured = settings(str(tmp_path), 5000, "http://localhost:5001", client.new_key()[1])
        made.append(create_app(dict(configured, SQLALCHEMY_DATABASE_URI=uri, **overrides)))
        return made[-1]

    with database(request.param, tmp_path) as uri:
        yield make
        for app in made:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def check(app):
    result = app.test_cli_runner().invoke(args=["secureb2share", "check"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output.split("\n")


def fill(app, folder):
    """Three uploads, one of them two years old, and records: two with files, one without, one deleted."""
    with app.app_context():
        db.session.add(Location(name="default", uri=str(folder), default=True))
        db.session.commit()
        for number in range(2):
            bucket = Bucket.create()
            for name in ("a", "b")[: 2 - number]:
                ObjectVersion.create(bucket, name, stream=BytesIO(b"bytes"))
        db.session.add(RecordMetadata(json={"title": "with files", "_files": [{"key": "a"}]}))
        db.session.add(RecordMetadata(json={"title": "with a bucket", "_bucket": "7e7d4f1e"}))
        db.session.add(RecordMetadata(json={"title": "_files are in the text only"}))
        db.session.add(RecordMetadata(json=None))
        db.session.commit()
        old = "UPDATE files_object SET created = '2020-01-01 00:00:00' WHERE key = 'b'"
        db.session.execute(text(old))
        db.session.commit()
        db.session.remove()


def test_before_the_first_switching_on(make, tmp_path):
    off = make(SECUREB2SHARE_MODE="off")
    with off.app_context():
        db.metadata.create_all(
            db.engine, [t for t in db.metadata.sorted_tables if not t.name.startswith("secureb2share_")]
        )
    fill(off, tmp_path / "files")
    code, lines = check(off)
    assert code == 1 and lines[:3] == [
        "- The tables are missing: run `secureb2share init`.",
        "1 finding.",
        "Switching on would change:",
    ]
    said = "would be refused: file content: stream, form and multipart (DELETE is the host's)."
    assert "- DELETE,POST,PUT /files/<string:bucket_id>/<path:key> " + said in lines
    assert lines[-4:] == [
        "- 2 uploads to 2 buckets within a year; this host does not note by whom, nor for which community.",
        "- Records with files: 2. Their files can still be read and deleted, but no file can be added.",
        "- Records that are not datasets of a source: 3 of 3. Those in a source's community would be legacy records,"
        " which can be read and stay as they are.",
        "",
    ]
    assert not [line for line in lines if "observing" in line]


def test_a_configuration_that_would_not_start(make, tmp_path):
    off = make(SECUREB2SHARE_MODE="off", SITE_UI_URL=None)
    with off.app_context():
        db.create_all()

    @off.route("/drop", methods=["PUT"], endpoint="site.drop")
    def drop():
        return ""

    code, lines = check(off)
    assert code == 0 and lines[0] == "All is in place (MODE off)."
    assert any(
        line.startswith("- SITE_UI_URL is not set") and line.endswith("the application would not start.")
        for line in lines
    )
    assert any(line.startswith("- PUT /drop is not known, and would stop all writing") for line in lines)


FAULTS = "TARGETS SOURCES HEALTH WRONG_SIGNATURES SHARED_NETWORKS WITHDRAWAL_DAYS DEMO".split()


@pytest.mark.parametrize("fault", ["SECUREB2SHARE_" + name for name in FAULTS])
def test_a_fault_in_our_keys_stops_nothing_while_the_mode_is_off(make, fault, tmp_path):
    ours = settings(str(tmp_path), 5000, "http://localhost:5001", client.new_key()[1])
    faulty, named = {
        "SECUREB2SHARE_TARGETS": ({"tsd-ingest": {"kind": "webhook", "url": "http://ingest.example.org"}}, "https"),
        "SECUREB2SHARE_SOURCES": ({"tsd": dict(ours["SECUREB2SHARE_SOURCES"]["tsd"], colour="red")}, "colour"),
        "SECUREB2SHARE_HEALTH": ({"no-such-finding": (1, 2)}, "'no-such-finding'"),
        "SECUREB2SHARE_WRONG_SIGNATURES": ("20", "a whole number from 1 to"),
        "SECUREB2SHARE_SHARED_NETWORKS": ("10.0.0.0/8", "a list of networks"),
        "SECUREB2SHARE_WITHDRAWAL_DAYS": (-1, "a whole number from 0 to"),
        "SECUREB2SHARE_DEMO": ("false", "True or False"),
    }[fault]
    for mode in ("observe", "on"):
        with pytest.raises(ConfigError, match=named):
            make(**{"SECUREB2SHARE_MODE": mode, fault: faulty})
    off = make(**{"SECUREB2SHARE_MODE": "off", fault: faulty})
    with off.app_context():
        db.create_all()
    host = {"base_url": "http://localhost:5000", "environ_base": {"REMOTE_ADDR": "127.0.0.1"}}
    assert Client(off.wsgi_app).get("/api/access/1", **host).status_code == 404
    code, lines = check(off)
    assert code == 1 and named in lines[0] and fault in lines[0], lines
    health = off.test_cli_runner().invoke(args=["secureb2share", "health", "--json"])
    (found,) = [one for one in json.loads(health.output)["findings"] if one["name"] == "configuration"]
    assert health.exit_code == 1 and found["level"] == "warning" and named in found["text"]


def test_triggers_left_behind_and_nothing_observed(make, tmp_path):
    observing = make(SECUREB2SHARE_MODE="observe")
    with observing.app_context():
        db.create_all()
    code, lines = check(observing)
    assert code == 0 and lines[0] == "All is in place (MODE observe)."
    assert "- No request since observing began would have been refused." in lines
    with observing.app_context():
        install.init(is_on=True)
    code, lines = check(observing)
    assert code == 1
    assert lines[0] == "- MODE is observe, but 4 triggers still refuse uploads: run `secureb2share unlock`."
    health = observing.test_cli_runner().invoke(args=["secureb2share", "health"])
    assert health.exit_code == 1 and "SECUREB2SHARE WARNING - triggers-left: 4 triggers" in health.output


def test_when_on_there_is_nothing_to_foretell(make):
    on = make()
    with on.app_context():
        db.create_all()
        install.init(is_on=True)
    code, lines = check(on)
    assert code == 1 and not [line for line in lines if "would" in line]
    assert [line for line in lines if "secureb2share keys new" in line]
    health = on.test_cli_runner().invoke(args=["secureb2share", "health", "--json"])
    assert health.exit_code == 2 and '"name": "signing-key"' in health.output


def test_health_of_an_instance_without_tables(make):
    result = make().test_cli_runner().invoke(args=["secureb2share", "health", "--metrics"])
    assert result.exit_code == 3 and result.output.startswith("SECUREB2SHARE UNKNOWN - nothing can be read")
