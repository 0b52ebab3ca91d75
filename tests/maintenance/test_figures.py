import base64
import datetime
import json
import os
import uuid

import pytest
from instance import example, running
from invenio_db import db
from served import ONE_DATABASE
from sqlalchemy import text

from secureb2share_ext import client
from secureb2share_ext.compat import utcnow
from secureb2share_ext.testing.tsd import FileApi

IN_TEN_DAYS = str(utcnow().date() + datetime.timedelta(days=10))


@pytest.fixture(scope="module", params=ONE_DATABASE)
def instance(request, tmp_path_factory):
    if request.param == "postgresql" and not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"):
        pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
    with running(request.param, tmp_path_factory.mktemp("instance")) as found:
        yield found


def health(instance, code):
    result = instance.run_cli("health", "--json")
    assert result.exit_code == code, result.output
    said = json.loads(result.output[result.output.index("{") :])
    assert said["exit_code"] == code
    return {(f["name"], f["label"]): (f["level"], f["value"]) for f in said["findings"]}


def bad(found):
    return {name for name, (level, _) in found.items() if level != "ok"}


def change(instance, statement, **values):
    with instance.app.app_context(), db.engine.begin() as connection:
        connection.execute(text(statement), values)


def ago(seconds):
    return utcnow() - datetime.timedelta(seconds=seconds)


def test_a_day_in_the_life_of_an_instance(instance):
    # nothing was ever swept
    assert bad(health(instance, 2)) == {("sweep", "")}
    instance.sweep()
    found = health(instance, 0)
    assert bad(found) == set() and 0 <= found["sweep", ""][1] < 60
    change(instance, "UPDATE secureb2share_sweep SET finished = :t", t=ago(200))
    found = health(instance, 1)
    assert bad(found) == {("sweep", "")} and 200 <= found["sweep", ""][1] < 260

    # an event waits, then is delivered without a receipt, then another is parked
    instance.curate(example(), "figures/" + uuid.uuid4().hex)
    instance.receiver.answer = lambda number: 503
    instance.sweep()
    change(instance, "UPDATE secureb2share_event SET created = :t, next_at = :t", t=ago(5000))
    found = health(instance, 1)
    assert bad(found) == {("undelivered", "")}
    change(instance, "UPDATE secureb2share_pause SET since = :t", t=ago(601))
    assert bad(health(instance, 1)) == {("undelivered", ""), ("paused", "tsd-ingest")}
    assert 5000 <= found["undelivered", ""][1] < 5060
    instance.receiver.answer = None
    instance.run_cli("deliveries", "retry", "--all")
    instance.sweep()
    assert bad(health(instance, 0)) == set()
    change(instance, "UPDATE secureb2share_event SET state = 'delivered', finished = :t", t=ago(4000))
    found = health(instance, 1)
    assert bad(found) == {("unacknowledged", "")} and 4000 <= found["unacknowledged", ""][1] < 4060
    # what was given up weighs no less than what waits
    change(instance, "UPDATE secureb2share_event SET state = 'parked', created = :t", t=ago(90000))
    found = health(instance, 2)
    assert found["parked", ""] == ("warning", 1) and found["undelivered", ""][0] == "critical"
    change(instance, "UPDATE secureb2share_event SET state = 'discarded'")

    # the target refuses us, then an operator holds it
    instance.receiver.answer = lambda number: 401
    instance.curate(example(), "figures/" + uuid.uuid4().hex)
    instance.sweep()
    assert bad(health(instance, 1)) == {("paused", "tsd-ingest")}
    instance.run_cli("deliveries", "hold", "--reason", "Moving.")
    assert health(instance, 2)["paused", "tsd-ingest"] == ("critical", 2)
    instance.run_cli("deliveries", "resume")
    instance.receiver.answer = None
    instance.sweep()
    assert bad(health(instance, 0)) == set()

    # the clock was set back by a day
    change(instance, "UPDATE secureb2share_sweep SET finished = :t", t=ago(-86400))
    assert bad(health(instance, 2)) == {("clock", "")}
    instance.sweep()
    assert bad(health(instance, 0)) == set()

    # a trigger is gone; the key is old; the index waits
    instance.run_cli("unlock")
    assert health(instance, 2)["lock", ""] == ("critical", 4)
    instance.run_cli("init")
    change(instance, "UPDATE secureb2share_key SET created = :t", t=ago(340 * 86400))
    (expiring,) = bad(health(instance, 1))
    assert expiring[0] == "expires" and expiring[1].startswith("the signing key ")
    change(instance, "UPDATE secureb2share_key SET created = :t", t=utcnow())
    waiting = "INSERT INTO secureb2share_index (record_uuid, since, next_at, attempts) VALUES (:id, :t, :t, 0)"
    no_hyphens = uuid.uuid4().hex
    change(instance, waiting, id=no_hyphens, t=ago(700))
    assert bad(health(instance, 1)) == {("index", "")}
    change(instance, "DELETE FROM secureb2share_index")
    os.rename(instance.data + "/keys", instance.data + "/away")
    assert bad(health(instance, 2)) == {("restore", ""), ("instance", "")}
    os.rename(instance.data + "/away", instance.data + "/keys")


def test_metrics_and_lines_of_a_running_instance(instance):
    instance.sweep()
    result = instance.run_cli("health")
    assert result.exit_code == 0 and result.output.startswith(
        "SECUREB2SHARE OK - MODE is on, no fault was found | 'lock'=0;;1"
    )
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    said = instance.run_cli("health", "--metrics").output
    families = list(parser.text_string_to_metric_families(said[said.index("# TYPE") :]))
    assert {s.value for f in families if f.name == "secureb2share_health_level" for s in f.samples} == {0}


def test_secrets_that_end_soon_and_thresholds_of_the_site(tmp_path):
    key = client.new_key()[1]
    secret = "whsec_" + base64.b64encode(bytes(range(32))).decode()
    in_file = tmp_path / "tsd.secret"
    in_file.write_text(FileApi().secret(days=40))
    with running(
        "sqlite",
        tmp_path,
        SECUREB2SHARE_TARGETS={
            "tsd-ingest": {
                "kind": "webhook",
                "url": "http://localhost:1/x",
                "secret": secret,
                "expires": IN_TEN_DAYS,
            },
            "tsd-table": {
                "kind": "tsd",
                "url": "http://localhost:1",
                "project": "p11",
                "app": "secureb2share",
                "secret_file": str(in_file),
            },
        },
        SECUREB2SHARE_SOURCES={
            "tsd": {
                "keys": [{"key": key, "expires": IN_TEN_DAYS}],
                "community": "tsd",
                "access": "tsd-form",
                "targets": ["tsd-ingest"],
                "release": "publish",
            }
        },
        SECUREB2SHARE_HEALTH={"sweep": (None, None), "expires": (30, 10)},
    ) as found:
        said = health(found, 2)
    ending = {"the secret of tsd-ingest", "the secret of tsd-table", "keys[0] of the source tsd"}
    assert bad(said) == {("expires", what) for what in ending}
    # what a command renews is told of earlier
    level, days = said["expires", "the secret of tsd-table"]
    assert level == "warning" and 39 <= days <= 40
    assert said["expires", "keys[0] of the source tsd"] == ("critical", 10)
