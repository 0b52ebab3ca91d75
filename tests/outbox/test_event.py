import datetime
import itertools
import json
import re
import uuid
from pathlib import Path

import pytest

from secureb2share_ext.dataset import Dataset
from secureb2share_ext.outbox import event

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "docs" / "examples").glob("*.json"))
TIME = "2026-01-31T12:00:00.000000Z"
CATALOGUE = "https://catalogue.example.org"


def dataset_of(path):
    example = json.loads(path.read_text(encoding="utf-8"))
    return Dataset("tsd", example["identifier"], example["dataset"], pid="3qx8w-b9k10", revision=2)


MOBA = dataset_of(EXAMPLES[0].parent / "moba.json")


def said(dataset=MOBA, **changed):
    data = event.said(dataset, CATALOGUE + "/records/x", CATALOGUE + "/api/access/x")
    return dict(data, **changed)


INSTANCE = "6f2b9a0e-3a5c-4d7e-9d53-0a8f4f1f2c11"


def made(catalogue=CATALOGUE, target="ingest", data=None, kind="published", sequence=1, revision=2, instance=INSTANCE):
    return event.body(instance, catalogue, target, data or said(), kind, sequence, revision, TIME)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_event_is_a_small_cloudevent_in_canonical_form(path):
    dataset = dataset_of(path)
    message_id, body = made(data=said(dataset))
    told = json.loads(body.decode("utf-8"))
    data = told.pop("data")
    assert told == {
        "specversion": "1.0",
        "id": message_id,
        "source": CATALOGUE,
        "target": "ingest",
        "type": "org.secureb2share.dataset.published.v1",
        "subject": "3qx8w-b9k10",
        "time": TIME,
        "datacontenttype": "application/json",
        "dataschema": "urn:secureb2share:schema:dataset-event:1.0.0",
        "sequence": "0000000001",
    }
    # CloudEvents 1.0.2: names of attributes are of lower-case letters and digits, values are not null
    assert all(re.match(r"[a-z0-9]{1,20}\Z", name) and value for name, value in told.items())
    assert data == {
        "source": "tsd",
        "identifier": dataset.identifier,
        "pid": "3qx8w-b9k10",
        "state": "active",
        "reason": None,
        "successor": None,
        "replaced_by": None,
        "record_url": CATALOGUE + "/records/x",
        "access_url": CATALOGUE + "/api/access/x",
        "digest": dataset.digest,
        "dataset": dataset.description,
        "sequence": 1,
        "revision": 2,
    }
    plain = json.dumps(dict(told, data=data), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert body == plain.encode("utf-8") and len(body) < 20000


def test_equal_input_gives_equal_bytes_whenever_it_is_asked(monkeypatch):
    first = made()
    monkeypatch.setattr(uuid, "uuid1", None)
    monkeypatch.setattr(uuid, "uuid4", None)
    monkeypatch.setattr("time.time", None)
    assert made() == first
    assert made(data=dict(reversed(list(said().items())))) == first
    assert uuid.UUID(first[0]).version == 5


def test_the_id_is_that_of_instance_catalogue_target_dataset_and_sequence():
    assert made(kind="changed", revision=3, data=said(state="suspended"))[0] == made()[0]
    names = ("", "a", "b|c", "a|b", "c", "c|d")
    coordinates = list(itertools.product(names[:4], names[:4], names, names, names[:4], (1, 2, 12)))
    found = {made(c, t, said(source=s, identifier=i), sequence=n, instance=o)[0] for o, c, t, s, i, n in coordinates}
    assert len(found) == len(coordinates)


def test_the_kind_of_an_event():
    assert [event.kind(first, "active") for first in (True, False)] == ["published", "changed"]
    for state in ("suspended", "superseded", "withdrawn"):
        assert event.kind(False, state) == state
    assert json.loads(made(kind="changed")[1].decode())["type"] == "org.secureb2share.dataset.changed.v1"


def test_the_fingerprint_changes_with_all_that_is_said_and_with_nothing_else():
    first = event.fingerprint(said())
    assert event.fingerprint(dict(reversed(list(said().items())))) == first
    later = MOBA._replace(revision=9, updated=1800000000, state_at=str(datetime.date.today()))
    assert event.fingerprint(said(later)) == first
    description = dict(MOBA.description, version={"label": "13"})
    names = ("identifier", "pid", "state", "reason", "successor")
    changed = [said(MOBA._replace(**{name: "x"})) for name in names]
    changed.append(said(MOBA._replace(description=description)))
    changed += [said(record_url="x"), said(access_url="x")]
    assert len({event.fingerprint(data) for data in changed} | {first}) == 9
