"""What the reader signs and reads, held against the catalogue's own code."""

import json

import pytest
import requests
from invenio_db import db
from memory import described
from test_reader import SECRET, Rows, closed, dropped, submission

from secureb2share_ext import client, reader
from secureb2share_ext.access import reference
from secureb2share_ext.datasets import applications, view
from secureb2share_ext.outbox.models import Event
from secureb2share_ext.testing.catalogue import Catalogue

TARGET = "tsd"


@pytest.fixture
def catalogue():
    with Catalogue() as made:
        made.send("register", "p11-moba", dataset=described())
        made.send("register", "p11-other", dataset=described("B"))
        yield made


@pytest.fixture
def parts(catalogue, tmp_path):
    """(queue, messages, decisions, form) of the source tsd, which knows the catalogue by its published keys."""
    (tmp_path / "keys.json").write_text(json.dumps(catalogue.extension.keyring.jwks()))
    (tmp_path / "drop").mkdir()
    queue = reader.Queue(str(tmp_path / "queue.sqlite"))
    sender = client.Client(catalogue.host.base_url(), "tsd", catalogue.keys["tsd"])
    messages = reader.Messages(queue, sender)
    decisions = reader.Decisions(messages, SECRET)
    keys = reader.Keys(str(tmp_path / "keys.json"))
    yield queue, messages, decisions, reader.Form(queue, keys, sender.catalogue, "tsd", "ref", report=decisions.add)
    queue.close()


def token(catalogue, identifier):
    row = catalogue.row(identifier)
    dataset = view.dataset_of(catalogue.host, row, catalogue.host.record(row))
    return reference.mint(catalogue.extension.keyring.current(), catalogue.host.base_url(), dataset)


def carried(catalogue, folder):
    """The statuses of all lines in the drop folder, read by the catalogue as often as they lie there."""
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_bytes().splitlines()]
    return [answer["status"] for answer in catalogue.bulk(lines)]


def test_requests_and_decisions_are_counted_once_and_name_nobody(catalogue, parts, tmp_path):
    queue, messages, decisions, form = parts
    texts = [token(catalogue, "p11-moba")] * 4 + [token(catalogue, "p11-other"), "forged"]
    counts = form.take(closed(submission(41850000 + n, text)) for n, text in enumerate(texts))
    assert counts == {"read": 6, "waiting": 5, "forged": 1}
    decisions.decide(41850000, "approved")
    decisions.decide(41850001, "denied")
    decisions.decide(41850001, "approved")
    decisions.decide(41850001, "approved")
    messages.drop(str(tmp_path / "drop"))
    assert len(dropped(tmp_path)) == 8
    for _ in range(2):
        assert set(carried(catalogue, tmp_path / "drop")) == {200}
        counted = applications.counts(catalogue.row("p11-moba"))
        assert counted == {"open": 2, "approved": 2, "denied": 0, "closed": 0}
        assert applications.counts(catalogue.row("p11-other"))["open"] == 1
    held = repr(catalogue.rows())
    assert "4185000" not in held and decisions.application(41850000) not in held


class Door:
    """A session that brings a bulk to the catalogue's own code; `status` and `fails` are what it answers instead."""

    def __init__(self, catalogue):
        self.catalogue, self.status, self.fails, self.seen = catalogue, 200, {}, []

    def post(self, url, data, **named):
        self.seen.append(data)
        answer = requests.Response()
        answer.status_code = self.status
        found = self.catalogue.bulk(data.splitlines(True)) if self.status == 200 else []
        for one in found:
            if one["identifier"] in self.fails:
                one.update(status=self.fails[one["identifier"]], problem={"code": "made"})
        answer._content = b"".join(client.canonical(one) + b"\n" for one in found) or b'{"code": "signature"}'
        return answer


def test_what_fails_over_http_is_sent_again_and_what_is_refused_is_not(catalogue, parts, caplog, monkeypatch):
    monkeypatch.setattr(client.time, "sleep", lambda seconds: None)
    queue, messages, decisions, form = parts
    door = messages.sender.session = Door(catalogue)
    names = ("p11-moba", "p11-other", "p11-moba")
    form.take(closed(submission(n, token(catalogue, name))) for n, name in enumerate(names, 1))
    with queue.write() as db_:
        unknown = queue.find(1)._replace(identifier="p11-unknown", submission=9)
        decisions.add(db_, unknown, "submitted")
    door.status = 401
    with pytest.raises(client.Refused):
        messages.send()
    door.status, door.fails = 200, {"p11-moba": 500, "p11-other": 429}
    assert messages.send() == {"sent": 0, "refused": 1, "kept": 3}
    assert "secureb2share.reader-refused message=4 status=404 code=unknown-dataset" in caplog.text
    door.fails = {}
    assert messages.send() == {"sent": 3, "refused": 0, "kept": 0}
    assert messages.send() == {"sent": 0, "refused": 0, "kept": 0}
    assert applications.counts(catalogue.row("p11-moba"))["open"] == 2
    # the same ids and bytes at each attempt
    lines = [json.loads(line.decode("utf-8")) for data in door.seen for line in data.splitlines()]
    assert len({(line["id"], line["body"]) for line in lines}) == 4 < len(lines)


def test_events_are_acknowledged_and_a_superseded_dataset_takes_no_more_requests(catalogue, parts, tmp_path):
    queue, messages, _, form = parts
    token_before = token(catalogue, "p11-moba")
    catalogue.send("state", "p11-moba", state="superseded", reason="A new freeze.", successor="p11-other")
    bodies = [bytes(one.body) for one in db.session.query(Event).filter_by(target=TARGET).order_by(Event.id)]

    taken = []
    events = reader.Events(queue, Rows(reversed(bodies)), catalogue.host.base_url(), TARGET, messages)
    assert events.take(lambda event, body: taken.append(body)) == {"taken": 3, "old": 0, "wrong": 0}
    assert sorted(taken) == sorted(bodies)
    assert form.take([closed(submission(1, token_before))]) == {"read": 1, "moved": 1}
    messages.drop(str(tmp_path / "drop"))
    assert carried(catalogue, tmp_path / "drop") == [200] * 3
    assert all(one.receipt for one in db.session.query(Event).filter_by(target=TARGET))
