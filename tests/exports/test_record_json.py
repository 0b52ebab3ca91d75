import copy
import datetime
import json
from pathlib import Path

from secureb2share_ext.dataset import Dataset
from secureb2share_ext.exports import record_json
from secureb2share_ext.exports.published import Published

# what every export says of access, this JSON too, stands in tests/exports/test_truth.py
EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
MOBA = json.loads((EXAMPLES / "moba.json").read_text(encoding="utf-8"))["dataset"]
RECORD_URL = "https://catalogue.example.org/records/x"
ACCESS_URL = "https://catalogue.example.org/api/access/x"
FILES = "https://catalogue.example.org/api/files/b"
BODY = {
    "id": "x",
    "revision": 2,
    "metadata": {"publisher": "x", "files": [], "_files": ["data.sav"], "_bucket": "b", "_oai": {"id": "oai:x"}},
    "links": {"self": RECORD_URL, "files": FILES, "bucket": FILES, "self_file": FILES},
    "files": [{"key": "data.sav", "links": {"self": FILES + "/data.sav"}}],
}


def shown(**changed):
    dataset = Dataset("tsd", "p11/moba", copy.deepcopy(MOBA), pid="x", **changed)
    return Published(dataset, RECORD_URL, ACCESS_URL, datetime.date(2026, 3, 1))


def test_nothing_in_an_item_leads_to_content():
    item = record_json.item(BODY, shown())
    assert sorted(item) == ["access", "files", "id", "links", "metadata", "revision"]
    assert item["links"] == {"self": RECORD_URL, "request_access": ACCESS_URL}
    assert item["metadata"] == {"publisher": "x"} and item["revision"] == 2
    assert "api/files" not in json.dumps(item) and "data.sav" not in json.dumps(item)


def test_a_record_without_a_description_has_no_content_either():
    bare = record_json.without_content(BODY)
    assert bare == {"id": "x", "revision": 2, "metadata": {"publisher": "x"}, "links": {"self": RECORD_URL}}


def test_what_is_given_is_left_alone():
    body, seen = copy.deepcopy(BODY), shown(state="suspended", reason="x")
    description = copy.deepcopy(seen.dataset.description)
    record_json.item(body, seen)
    assert (body, seen.dataset.description) == (BODY, description)


def test_a_bare_record_is_decorated_too():
    seen = shown()
    seen.dataset.description.pop("files")
    item = record_json.item({}, seen)
    assert (item["links"], item["metadata"], item["files"]) == ({"request_access": ACCESS_URL}, {}, [])
