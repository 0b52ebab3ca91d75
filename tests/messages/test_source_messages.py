import datetime
import json

import pytest

pytest.importorskip("invenio_db")

from click.testing import CliRunner  # noqa: E402
from flask import current_app  # noqa: E402
from flask.cli import ScriptInfo  # noqa: E402
from invenio_db import db  # noqa: E402
from memory import described  # noqa: E402

from secureb2share_ext.cli import secureb2share  # noqa: E402
from secureb2share_ext.compat import utcnow  # noqa: E402
from secureb2share_ext.messages import store  # noqa: E402
from secureb2share_ext.messages.models import AcceptedMessage  # noqa: E402


def told(*words):
    app = current_app._get_current_object()
    said = CliRunner().invoke(secureb2share, ["source", "messages", *words], obj=ScriptInfo(create_app=lambda *_: app))
    assert said.exit_code == 0, said.exc_info
    return [line.split(" ", 1)[1].split() for line in said.output.splitlines()]


def test_what_a_key_did_is_listed_dataset_by_dataset(catalogue):
    catalogue.send("register", "stolen/1", dataset=described())
    catalogue.send("state", "stolen/1", state="withdrawn", reason="Mine.")
    catalogue.send("register", "kept/1", source="few2", dataset=described())
    first, last = db.session.query(AcceptedMessage).filter_by(source="tsd").order_by(AcceptedMessage.id)
    first.key, last.key = "a" * 16, "b" * 16
    db.session.commit()
    assert json.loads(last.answer)["identifier"] == "stolen/1"
    assert told("tsd") == [
        ["a" * 16, "created", "0", "stolen/1"],
        ["b" * 16, "withdrawn", "1", "stolen/1"],
    ]
    assert told("tsd", "--key", "b" * 16) == told("tsd")[1:] and told("few2")[0][1:] == "created 0 kept/1".split()
    last.accepted = last.accepted.replace(year=last.accepted.year - 1)
    db.session.commit()
    assert len(told("tsd")) == 1 and told("csc") == []


def test_each_action_is_told_from_the_state_in_which_it_found_a_dataset(catalogue):
    one = "told/1"
    catalogue.send("register", one, dataset=described(), tenant="p11")
    catalogue.send("state", one, state="suspended", reason="Why.")
    catalogue.send("state", one, state="suspended", reason="Why.")
    catalogue.send("register", one, dataset=described("Changed"), tenant="p11")
    catalogue.send("decision", one, application="a", state="approved")
    catalogue.send("transfer", one, tenant="p12")
    catalogue.send("state", one, state="active", reason="Why.")
    expected = "created suspended unchanged changed decided transferred active".split()
    assert [line[1] for line in told("tsd")] == expected
    ((_, done),) = store.done_since(utcnow() - datetime.timedelta(hours=1)).items()
    assert done.counts == dict.fromkeys(expected, 1)
