import json

import pytest
from samples import ACCESS_URL, MOBA, RECORD_URL, STATES, shown

from secureb2share_ext.exports import datacite, dublin_core, linkset, record_json, schema_org, tombstone

KEPT = json.dumps([MOBA["core"]["titles"], MOBA["core"]["contacts"][0]])
# of DataCite's schema
DEMANDED = json.dumps([[one["name"] for one in MOBA["core"]["creators"]], MOBA["core"]["publisher"]])
WRITERS = {
    "json": lambda seen: record_json.item({"id": "7", "metadata": dict(MOBA["core"])}, seen),
    "schema.org": schema_org.document,
    "datacite": datacite.document,
    "dublin core": dublin_core.document,
    "linkset": lambda seen: linkset.document(seen, {}),
}


def texts(value):
    if isinstance(value, dict):
        return [text for entry in value.values() for text in texts(entry)]
    if isinstance(value, list):
        return [text for entry in value for text in texts(entry)]
    return [value] if isinstance(value, str) else []


def withdrawn(with_title=True):
    seen = shown(state="withdrawn")
    return seen._replace(
        dataset=tombstone.of(seen.dataset, with_title), demanded=tombstone.demanded(seen.dataset), describe_files="full"
    )


@pytest.mark.parametrize("with_title", [True, False])
@pytest.mark.parametrize("name", sorted(WRITERS))
def test_an_export_says_nothing_of_the_description(name, with_title):
    said = json.dumps(WRITERS[name](withdrawn(with_title)), ensure_ascii=False)
    kept = [json.loads(KEPT)[1]] + ([json.loads(KEPT)[0]] if with_title else [])
    kept += json.loads(DEMANDED) if name == "datacite" else []
    # short words and codes stand in any sentence
    hidden = [text for text in texts(MOBA) if len(text) > 12 and not any(text in one for one in texts(kept))]
    assert len(hidden) > 20 and [text for text in hidden if text in said] == []
    assert (MOBA["core"]["titles"][0]["text"] in said) == (with_title and name != "linkset")
    assert ACCESS_URL in said and RECORD_URL in said or name == "json"
    assert "ithdrawn" in said and (name == "linkset" or STATES["withdrawn"][1] in said or name == "json")


def test_a_reason_and_a_contact_stay():
    access = record_json.item({}, withdrawn())["access"]
    assert (access["state"], access["reason"], access["contact"]) == (
        "withdrawn",
        "Consent",
        MOBA["core"]["contacts"][0],
    )
    assert (access["right"], access["conditions"]) == ("metadata-only", [])
