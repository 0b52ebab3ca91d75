import json

import pytest
from spellings import spellings

from secureb2share_ext.errors import Invalid
from secureb2share_ext.hosts.b2share2.external_files import are_linked

LINKS = {"external_pids": [{"key": "elsewhere.csv", "ePIC_PID": "http://hdl.handle.net/11304/canary"}]}
ADDS = {"op": "add", "path": "/external_pids", "value": LINKS["external_pids"]}


@pytest.mark.parametrize(
    "value, linked",
    [
        (LINKS, True),
        ([ADDS], True),
        ([dict(ADDS, path="/external_pids/-")], True),
        ([dict(ADDS, op="replace", path="", value=LINKS)], True),
        ([dict(ADDS, op="copy", path="")], True),
        ([dict(ADDS, op="remove")], False),
        ([dict(ADDS, path="/titles")], False),
        ([dict(ADDS, value=[])], False),
        ({"external_pids": []}, False),
        ({"title": "external_pids"}, False),
        ([7, None], False),
        ("external_pids", False),
    ],
)
def test_files_that_lie_elsewhere_are_seen(value, linked):
    assert are_linked(json.dumps(value).encode("utf-8")) is linked
    assert are_linked(json.dumps(value).replace("e", "\\u0065", 1).encode("utf-8")) is linked


@pytest.mark.parametrize("name, body", spellings(LINKS), ids=[name for name, _ in spellings(LINKS)])
def test_no_spelling_passes_unread(name, body):
    with pytest.raises(Invalid):
        are_linked(body)


def test_no_body_is_none():
    assert are_linked(b"") is are_linked(b" \n") is False
