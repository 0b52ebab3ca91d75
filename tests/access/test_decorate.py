import copy
import datetime
import json
from pathlib import Path

import pytest

from secureb2share_ext.access import decorate
from secureb2share_ext.dataset import Dataset

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
MOBA = json.loads((EXAMPLES / "moba.json").read_text(encoding="utf-8"))["dataset"]
BEFORE, ON = datetime.date(2026, 2, 28), datetime.date(2026, 3, 1)
RECORD_URL = "https://catalogue.example.org/records/x"
ACCESS_URL = "https://catalogue.example.org/api/access/x"
FILES = "https://catalogue.example.org/api/files/b"
RESTRICTED = ("http://purl.org/coar/access_right/c_16ec", "info:eu-repo/semantics/restrictedAccess")
CLOSED = ("http://purl.org/coar/access_right/c_14cb", "info:eu-repo/semantics/closedAccess")
NON_PUBLIC = "http://publications.europa.eu/resource/authority/access-right/NON_PUBLIC"
DATED = {"requests_from": "2026-03-01"}
TABLE = [
    ("controlled", BEFORE, "controlled", RESTRICTED, "Access can be requested", {}),
    ("embargoed", BEFORE, "embargoed", RESTRICTED, "Access can be requested from 2026-03-01", DATED),
    ("embargoed", ON, "controlled", RESTRICTED, "Access can be requested", {}),
    ("metadata-only", ON, "metadata-only", CLOSED, "Access cannot be requested", {}),
]
AT = "2026-01-31T12:00:00Z"
STATES = [
    ("active", None, {}),
    ("suspended", "Requests are suspended", {"reason": "Moved", "state_at": AT}),
    ("superseded", "Superseded by another dataset", {"reason": "New data", "state_at": AT, "successor": "b"}),
    ("withdrawn", "Withdrawn", {"reason": "Consent", "state_at": AT}),
]
BODY = {
    "id": "x",
    "revision": 2,
    "metadata": {"publisher": "x", "files": [], "_files": ["data.sav"], "_bucket": "b", "_buckets": {}},
    "links": {"self": RECORD_URL, "files": FILES, "bucket": FILES, "self_file": FILES},
    "files": [{"key": "data.sav", "links": {"self": FILES + "/data.sav"}}],
}


def dataset_of(right, **changed):
    sensitive = dict(MOBA["sensitive"], access_right=right)
    if right == "embargoed":
        sensitive["embargo_until"] = "2026-03-01"
    return Dataset("tsd", "p11/moba", dict(MOBA, sensitive=sensitive), pid="x", **changed)


@pytest.mark.parametrize("state, instead, why", STATES)
@pytest.mark.parametrize("given, today, right, terms, label, dated", TABLE)
def test_every_form_says_the_same_of_access(given, today, right, terms, label, dated, state, instead, why):
    label = instead or label
    dataset = dataset_of(given, state=state, **why)
    conditions = MOBA["sensitive"]["access_conditions"]
    expected = {"right": right, "label": label, "conditions": conditions, "state": state, "url": ACCESS_URL}
    expected.update({"coar": terms[0], "info_eu_repo": terms[1], "eu": NON_PUBLIC})
    item = decorate.item(BODY, dataset, ACCESS_URL, today)
    assert item["access"] == dict(expected, **dict(dated, **why))
    web = decorate.schema_org(dataset, RECORD_URL, ACCESS_URL, today)
    assert web["conditionsOfAccess"] == " ".join([label + "."] + [c["text"] for c in conditions])
    assert (web["usageInfo"], web["creativeWorkStatus"]) == (terms[0], state)
    said = {"@type": "PropertyValue", "name": right, "value": label, "url": ACCESS_URL}
    assert web["additionalProperty"] == [said]
    assert item["links"]["request_access"] == ACCESS_URL
    can_ask = (state, right) == ("active", "controlled")
    assert (web.get("potentialAction") or {}).get("target") == (ACCESS_URL if can_ask else None)


def test_nothing_in_an_item_leads_to_content():
    item = decorate.item(BODY, dataset_of("controlled"), ACCESS_URL, ON)
    assert sorted(item) == ["access", "files", "id", "links", "metadata", "revision"]
    assert item["links"] == {"self": RECORD_URL, "request_access": ACCESS_URL}
    assert item["metadata"] == {"publisher": "x"} and item["revision"] == 2
    assert "api/files" not in json.dumps(item) and "data.sav" not in json.dumps(item)


def test_a_described_file_leads_to_the_access_address():
    item = decorate.item(BODY, dataset_of("controlled"), ACCESS_URL, ON)
    assert len(item["files"]) == 5 and item["files"][1] == {
        "key": "Request access: Spørreskjemaer, far", "label": "Spørreskjemaer, far",
        "media_type": "application/x-spss-sav", "size_band": "1MB-1GB",
        "links": {"request_access": ACCESS_URL},
    }


def test_what_is_given_is_left_alone():
    body, dataset = copy.deepcopy(BODY), dataset_of("embargoed", state="suspended", reason="x")
    description = copy.deepcopy(dataset.description)
    decorate.item(body, dataset, ACCESS_URL, ON)
    decorate.schema_org(dataset, RECORD_URL, ACCESS_URL, ON)
    assert (body, dataset.description) == (BODY, description)


def test_a_bare_record_is_decorated_too():
    dataset = dataset_of("controlled")
    dataset.description.pop("files")
    item = decorate.item({}, dataset, ACCESS_URL, ON)
    assert (item["links"], item["metadata"], item["files"]) == ({"request_access": ACCESS_URL}, {}, [])


def test_the_json_ld_is_a_schema_org_dataset():
    web = decorate.schema_org(dataset_of("controlled"), RECORD_URL, ACCESS_URL, ON)
    assert (web["@context"], web["@type"], web["@id"]) == ("https://schema.org/", "Dataset", RECORD_URL)
    assert (web["identifier"], web["datePublished"]) == (["x", "p11/moba"], "2019")
    assert web["name"] == [{"@language": t["lang"], "@value": t["text"]} for t in MOBA["core"]["titles"]]
    assert web["creator"] == [{"@type": "Organization", "name": "Folkehelseinstituttet"}]
    assert "isAccessibleForFree" not in json.dumps(web) and "distribution" not in web
