import json
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from samples import EXPORTS, HOSTILE, given

from secureb2share_ext.client import canonical
from secureb2share_ext.dataset import identifier_fault
from secureb2share_ext.descriptions import schema
from secureb2share_ext.exports import datacite, linkset, record_json, schema_org


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_survives_json(text):
    seen = given(text)
    assert identifier_fault(text) is None and schema.description_faults(seen.dataset.description, "full") == []
    item = json.loads(json.dumps(record_json.item({}, seen)))
    assert item["access"]["conditions"][0]["text"] == item["access"]["reason"] == item["files"][0]["label"] == text
    web = json.loads(json.dumps(schema_org.document(seen)))
    assert (web["identifier"][1], web["name"][0]["@value"], web["creator"][0]["name"]) == (text, (text * 2)[:500], text)
    assert web["additionalProperty"][1]["value"] == "Suspended since 2026-01-31: " + text
    said = json.loads(json.dumps(datacite.document(seen)))
    assert said["alternateIdentifiers"][0]["alternateIdentifier"] == said["rightsList"][4]["rights"] == text
    assert said["subjects"][0] == {"subject": text[:100]}
    assert json.loads(canonical(seen.dataset.description).decode()) == seen.dataset.description


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_identifiers_survive_links(text):
    # a PID that a site's own minter made may be anything; hosts percent-encode it
    seen = given(text)
    address = "https://catalogue.example.org/records/" + quote(text, safe="/")
    seen = seen._replace(record_url=address, access_url=address.replace("records", "api/access"))
    exports = {kind: "%s?format=x" % address for kind in EXPORTS}
    header = linkset.page_header(seen, exports)
    header.encode("ascii")
    assert header.count("; rel=") == 7 and 'rel="item"' not in header
    for link in header.split(", "):
        target, _, attributes = link.partition(">; ")
        assert target.startswith("<https://") and attributes.startswith('rel="')
    page = json.loads(json.dumps(linkset.document(seen, exports)))["linkset"][0]
    assert page["cite-as"] == [{"href": address}]
    assert parse_qs(urlsplit(page["describedby"][0]["href"]).query) == {"format": ["x"]}
