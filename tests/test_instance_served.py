"""The instance of a served catalogue: what its commands say of a copy, and that a copy sends nothing."""

import datetime
import json
import os

import pytest
from instance import create_app, example, running
from invenio_db import db
from served import command

from secureb2share_ext import client, instance, names
from secureb2share_ext.compat import utcnow
from secureb2share_ext.instance import NAME
from secureb2share_ext.uploads import lock

ELSEWHERE = "https://staging.example.org"
NO_FILE = "The key folder has no instance.json: run `secureb2share init`."


@pytest.fixture(params=["sqlite", "postgresql"])
def served(request, tmp_path):
    if request.param == "postgresql" and not os.environ.get("SECUREB2SHARE_TEST_POSTGRESQL"):
        pytest.skip("no PostgreSQL: SECUREB2SHARE_TEST_POSTGRESQL is not set")
    with running(request.param, tmp_path) as found:
        yield found


def health(served):
    said = served.run_cli("health", "--json").output
    return {f["name"]: f for f in json.loads(said[said.index("{") :])["findings"]}["instance"]


def test_health_and_check_say_what_differs(served):
    assert (health(served)["level"], health(served)["advice"]) == ("ok", "")
    own, served.app.config["SITE_UI_URL"] = served.app.config["SITE_UI_URL"], ELSEWHERE
    found = health(served)
    assert (found["level"], found["value"]) == ("critical", 2)
    assert "The database belongs to %s, and" % own in found["text"] and "The key folder belongs to" in found["text"]
    checked = served.run_cli("check").output
    (line,) = [one for one in checked.split("\n") if one.startswith("- ") and "SESSION" not in one]
    assert line.startswith("- The database belongs to %s, and the configuration says %s." % (own, ELSEWHERE))
    assert line.endswith("see the page Make a staging copy.")
    served.app.config["SITE_UI_URL"] = own
    os.remove(served.data + "/keys/" + NAME)
    assert health(served)["text"] == NO_FILE
    served.run_cli("init")
    assert health(served)["level"] == "ok"


def test_a_copy_under_another_address_sends_nothing(served):
    served.curate(example(), "clone/1")
    own, served.app.config["SITE_UI_URL"] = served.app.config["SITE_UI_URL"], ELSEWHERE
    served.sweep()
    said = served.run_cli("deliveries", "list").output
    assert "Nothing is sent: The database belongs to " in said, said
    assert len(served.receiver.requests) == 0, "a copy sent the original's event"
    served.app.config["SITE_UI_URL"] = own
    served.sweep()
    assert len(served.receiver.of("clone/1")) == 1


def test_a_former_name_stays_good_in_signatures_and_check_says_so(served, monkeypatch):
    former = served.source
    assert former.register("renamed/1", example())["result"] == "created"
    monkeypatch.setitem(served.app.config, "SITE_UI_URL", ELSEWHERE)
    for one in lock.of_instance(served.app):
        monkeypatch.setitem(one.app.config, "SITE_UI_URL", ELSEWHERE)
    assert served.run_cli("rename", "--yes", "--keep-days", "3").exit_code == 0
    now = client.Client(served.base_url, "tsd", served.key, catalogue=ELSEWHERE)
    for one in (former, now):
        assert one.get("renamed/1")["tenant"] is None and len(one.list()["datasets"]) == 1
        assert one.register("renamed/1", example())["result"] == "unchanged"
        lines = [client.line(one.key, one.envelope("register", "renamed/1", dataset=example()))]
        assert [answer["status"] for answer in one.send_many(lines)] == [200]
    said = served.run_cli("check").output
    assert "Messages that name the catalogue %s are accepted until " % served.base_url in said
    moment = utcnow() + datetime.timedelta(days=3, seconds=1)
    monkeypatch.setattr(names, "utcnow", lambda: moment)
    with pytest.raises(client.Refused) as refused:
        former.register("renamed/1", example())
    assert (refused.value.status, refused.value.code) == (401, "other-catalogue") and ELSEWHERE in str(refused.value)
    for call in (lambda: former.get("renamed/1"), former.list):
        with pytest.raises(client.Refused) as refused:
            call()
        assert (refused.value.status, refused.value.code) == (401, "signature")
    assert now.get("renamed/1")["tenant"] is None


def test_tables_that_are_made_again_are_another_instance(served, tmp_path):
    off = create_app(dict(served.configured, SECUREB2SHARE_MODE="off"))
    folder = served.data + "/keys"
    before = instance.read(folder)
    said = command(off, "uninstall", "--drop-tables", "--yes", "--map", str(tmp_path / "map"))
    assert said.exit_code == 0 and instance.read(folder) is None, said.output
    assert served.run_cli("init").exit_code == 0 and health(served)["level"] == "ok"
    assert before.instance != instance.read(folder).instance
    with off.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("host", ["localhost", "evil.example.org"])
def test_the_address_does_not_depend_on_a_request(served, host):
    with served.app.app_context():
        outside = served.app.extensions["secureb2share"].host.base_url()
    with served.app.test_request_context("/", base_url="https://%s:1" % host):
        assert served.app.extensions["secureb2share"].host.base_url() == outside == served.base_url
