import base64
import datetime
import hashlib
import json
from pathlib import Path

import pytest

from secureb2share_ext.descriptions import schema
from secureb2share_ext.errors import Invalid, OtherCatalogue
from secureb2share_ext.messages import envelope as envelopes
from secureb2share_ext.messages import message

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "docs" / "examples").glob("*.json"))
MOBA = json.loads((EXAMPLES[0].parent / "moba.json").read_text(encoding="utf-8"))["dataset"]
NOW = datetime.datetime(2026, 1, 31, 12)
NAMES = ("https://catalogue.example.org", "https://former.example.org")
CANARY = "Fornavn-Etternavn-41018012345"


def envelope(kind="register", **members):
    given = {"action": kind, "catalogue": NAMES[0], "source": "tsd", "identifier": "a/b"}
    given["issued"] = "2026-01-31T12:00:00Z"
    if kind == "register":
        given["dataset"] = MOBA
    given.update(members)
    return given


def read(given, action="register", source="tsd", identifier="a/b", describe_files="labels"):
    body = given if isinstance(given, bytes) else json.dumps(given, ensure_ascii=False).encode("utf-8")
    return message.read("m1", action, source, identifier, body, describe_files, NOW, NAMES)


def faults(*args, **kwargs):
    with pytest.raises(Invalid) as error:
        read(*args, **kwargs)
    assert CANARY not in json.dumps(error.value.body())
    return [(fault["field"], fault["message"]) for fault in error.value.extra["errors"]]


def fields(*args, **kwargs):
    return sorted({field for field, _ in faults(*args, **kwargs)})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_read(path):
    example = json.loads(path.read_text(encoding="utf-8"))
    got = read(envelope(**example), source=example["source"], identifier=example["identifier"])
    assert got.members == {"tenant": example["tenant"], "dataset": example["dataset"]}
    assert (got.id, got.source, got.identifier, got.action) == (
        "m1",
        example["source"],
        example["identifier"],
        "register",
    )
    assert (got.issued, got.tenant) == (NOW, example["tenant"])


def test_an_access_body_is_asked_for_where_it_is_needed_by_now():
    sensitive = {name: value for name, value in MOBA["sensitive"].items() if not name.startswith("hdab")}
    body = json.dumps(envelope(dataset=dict(MOBA, sensitive=sensitive))).encode("utf-8")
    given = ("m1", "register", "tsd", "a/b", body, "labels", NOW, NAMES)
    assert message.read(*given).action == "register"
    with pytest.raises(Invalid) as error:
        message.read(*given, needs_hdab=True)
    told = [fault["field"] for fault in error.value.extra["errors"]]
    assert told == ["dataset.sensitive.hdab_contact", "dataset.sensitive.hdab_name"]


def test_the_texts_of_a_dataset_are_kept_composed():
    example = json.loads(EXAMPLES[0].read_text(encoding="utf-8"))
    example["dataset"]["core"]["keywords"] = ["Cafe\u0301"]
    got = read(envelope(**example), source=example["source"], identifier=example["identifier"])
    assert got.members["dataset"]["core"]["keywords"] == ["Caf\u00e9"]


RANDOM = base64.b64encode(hashlib.sha512(b"1").digest() * 11).decode("ascii")  # 940 characters


@pytest.mark.parametrize("size", [940, 60, 15, 7])
def test_a_reason_carries_no_encoded_content(size):
    reason = " ".join(RANDOM[n : n + size] for n in range(0, 940, size))[:1000]
    for action, others in (("state", {"state": "suspended"}), ("erase", {})):
        (fault,) = faults(envelope(action, reason=reason, **others), action)
        assert fault[0] == "reason" and "encoded content" in fault[1]
        assert schema.text_fault(reason, 1000) == fault[1]
    checksums = " ".join(hashlib.sha256(bytes([n])).hexdigest() for n in range(3))
    said = "Checksums: %s. See https://example.org/%s" % (checksums, "a" * 100)
    assert read(envelope("state", state="suspended", reason=said), "state").members["reason"] == said


def test_states_and_decisions_are_read():
    got = read(envelope("state", state="superseded", reason="New data", successor="c"), "state")
    assert got.members == {"state": "superseded", "reason": "New data", "successor": "c"} and got.tenant is None
    got = read(envelope("decision", state="approved", application="4711"), "decision")
    assert got.members == {"state": "approved", "application": "4711"}


def test_the_digest_is_of_the_bytes():
    one = envelope("decision", state="closed", application="1")
    two = b'{"action":"decision","catalogue":"https://catalogue.example.org","source":"tsd",'
    two += b'"identifier":"a/b","issued":"2026-01-31T12:00:00Z","state":"closed","application":"1"}'
    assert read(one, "decision").digest != read(two, "decision").digest
    # sha256sum of the bytes of `two`
    assert read(two, "decision").digest == "5febabf2b88d9cd4fae98b98e1e11bf2ed8fc904132ef626f67e46c2302e72e9"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}x",
        b"{'a': 1}",
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "c": 2, "b": 3}}',
        b'[{"a": 1, "\\u0061": 2}]',
        b"NaN",
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": -1e999}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        b'\xef\xbb\xbf{"a": 1}',
        b'{"a": "\x00"}',
        '{"a": 1}'.encode("utf-16"),
        b"[" * 100000 + b"]" * 100000,
        b'{"a":' * 100000 + b"1" + b"}" * 100000,
        b"[" * 100000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_not_strict_json_is_refused_as_a_whole(body):
    ((field, text),) = faults(body)
    assert field == "(body)" and text.startswith("is not strict JSON in UTF-8")


def test_numbers_of_any_length_and_values_of_any_type_are_faults_and_no_more():
    for value in (b"[]", b"7", b"null", b'"a"', b"1" + b"0" * 5000):
        assert fields(value) == ["(body)"]
    long = json.dumps(envelope(), ensure_ascii=False).replace("2019", "1" + "0" * 5000)
    assert fields(long.encode("utf-8"))[0] in ("(body)", "dataset.core.publication_year")


@pytest.mark.parametrize("open, close", [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("member", ['"titles":[%s,%s]', '"keywords":[%s,%s]', '"x":%s,"y":%s'])
def test_no_depth_of_nesting_is_an_error_of_ours(member, open, close):
    for depth in [*range(50, 1000, 50), *range(970, 1000, 3), 3000, 10000]:
        nested = open * depth + ("1" if close == "}" else "") + close * depth
        body = json.dumps(envelope(dataset={"core": 0})).replace("0}", "{%s}}" % (member % (nested, nested)))
        assert fields(body.encode())


NEEDED = {"register": {}, "state": {"state": "active", "reason": "x"}}
NEEDED["decision"] = {"state": "closed", "application": "1"}


@pytest.mark.parametrize(
    "action, changed, expected",
    [
        ("register", {"source": "csc"}, "source"),
        ("register", {"identifier": "a/c"}, "identifier"),
        ("register", {"identifier": "A/B"}, "identifier"),
        ("register", {"action": "state"}, "action"),
        ("register", {"action": None, "source": 1, "identifier": []}, "action identifier source"),
        ("register", {"tenant": ""}, "tenant"),
        ("register", {"tenant": "p11\x00"}, "tenant"),
        ("register", {"tenant": "p11\u200b"}, "tenant"),
        ("register", {"tenant": "p" * 101}, "tenant"),
        ("register", {"extra": 1, "state": "active"}, "extra state"),
        ("register", {"dataset": []}, "dataset"),
        ("register", {"dataset": {"extra": 1}}, "dataset.core dataset.extra dataset.sensitive"),
        ("state", {"dataset": MOBA}, "dataset"),
        ("state", {"state": "Active"}, "state"),
        ("state", {"reason": " \n"}, "reason"),
        ("state", {"reason": "a\x1bb"}, "reason"),
        ("state", {"reason": "a" * 1001}, "reason"),
        ("state", {"reason": None, "successor": ""}, "reason successor"),
        ("register", {"catalogue": None}, "catalogue"),
        ("state", {"catalogue": [NAMES[0]]}, "catalogue"),
        ("decision", {"state": "active"}, "state"),
        ("decision", {"application": 4711}, "application"),
        ("decision", {"applicant": "x"}, "applicant"),
    ],
)
def test_a_fault_is_told_with_its_field(action, changed, expected):
    assert fields(envelope(action, **dict(NEEDED[action], **changed)), action) == expected.split()


def test_all_faults_are_told_at_once_and_no_value_comes_back():
    given = dict.fromkeys(["source", "identifier", "issued", "state"], CANARY)
    given.update(action="state", catalogue=[CANARY], successor=[CANARY], person={"name": CANARY})
    assert fields(given, "state") == "catalogue identifier issued person reason source state successor".split()
    sensitive = dict(MOBA["sensitive"], access_right=CANARY, controller_country=CANARY)
    dataset = {"core": dict(MOBA["core"], titles=CANARY), "sensitive": sensitive}
    dataset["files"] = [{"label": "x", "name": CANARY}]
    expected = "core.titles files[0].name sensitive.access_right sensitive.controller_country".split()
    expected = ["dataset." + name for name in expected] + ["tenant"]
    assert fields(envelope(dataset=dataset, tenant=[CANARY])) == expected


def test_every_member_is_needed():
    common = ["action", "catalogue", "identifier", "issued", "source"]
    needed = {"register": ["dataset"], "state": ["reason", "state"], "decision": ["application", "state"]}
    needed.update(transfer=["tenant"], receipt=["digest", "event"], erase=["reason"], attest=["digest"])
    assert sorted(needed) == sorted(message.ACTIONS)
    for action, members in needed.items():
        assert fields({}, action) == sorted(common + members)


def test_the_identifier_of_the_address_is_judged_too():
    assert fields(envelope(identifier="../.."), identifier="../..") == ["identifier"]


def test_names_of_files_need_the_sources_setting():
    dataset = dict(MOBA, files=[{"label": "x", "name": "y.sav"}])
    assert fields(envelope(dataset=dataset)) == ["dataset.files[0].name"]
    assert read(envelope(dataset=dataset), describe_files="full").members["dataset"] == dataset


@pytest.mark.parametrize(
    "issued, moment",
    [
        ("2026-01-31T12:05:00Z", datetime.datetime(2026, 1, 31, 12, 5)),
        ("2026-01-31T12:00:00.5Z", datetime.datetime(2026, 1, 31, 12, 0, 0, 500000)),
        ("1999-12-31T23:59:59.999999Z", datetime.datetime(1999, 12, 31, 23, 59, 59, 999999)),
        ("2024-02-29T00:00:00Z", datetime.datetime(2024, 2, 29)),
    ],
)
def test_issued_may_lie_in_the_past_and_a_little_ahead(issued, moment):
    assert read(envelope(issued=issued)).issued == moment


@pytest.mark.parametrize(
    "issued",
    [
        "2026-01-31T12:05:00.000001Z",
        "9999-12-31T23:59:59Z",
        "2025-02-29T00:00:00Z",
        "2026-01-31T12:00:60Z",
        "2026-01-31T24:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-31T12:00:00Z\n",
        " 2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00",
        "2026-01-31T12:00:00z",
        "2026-01-31 12:00:00Z",
        "2026-01-31T12:00:00+00:00",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00.1234567Z",
        "2026-1-31T12:00:00Z",
        "２０２５-01-31T12:00:00Z",
        "",
        None,
        1769860800,
        ["2026-01-31T12:00:00Z"],
    ],
)
def test_any_other_issued_is_a_fault(issued):
    assert fields(envelope(issued=issued)) == ["issued"]


ACTIONS = [
    ("transfer", {"tenant": "p12", "contact": {"name": "DAC", "email": "dac@example.org"}}),
    ("receipt", {"event": "7e7d4f1e-9a35-4d1e-8a0f-8d2f0b4f1a11", "digest": "a" * 64, "receipt_id": "r1"}),
    ("erase", {"reason": "The consent was withdrawn."}),
    ("attest", {"digest": "a" * 64}),
]


@pytest.mark.parametrize(
    "action, members", [("register", {}), ("state", {"state": "withdrawn", "reason": "x"})] + ACTIONS
)
@pytest.mark.parametrize("name", ["https://staging.example.org", "", NAMES[0] + "/", NAMES[0].upper(), CANARY])
def test_a_message_for_another_catalogue_is_refused_before_its_faults_are_told(action, members, name):
    for more in ({}, {"source": "csc", "extra": 1}):
        with pytest.raises(OtherCatalogue) as error:
            read(envelope(action, **dict(members, catalogue=name, **more)), action)
        said = error.value.body()
        assert (said["status"], said["code"]) == (401, "other-catalogue")
        assert NAMES[0] in said["detail"] and NAMES[1] not in said["detail"] and CANARY not in said["detail"]


@pytest.mark.parametrize("action, members", ACTIONS)
def test_a_former_name_that_is_good_still_is_accepted(action, members):
    assert read(envelope(action, catalogue=NAMES[1], **members), action).members == members


@pytest.mark.parametrize("action, members", ACTIONS)
def test_the_other_actions_are_read(action, members):
    assert read(envelope(action, **members), action).members == members


@pytest.mark.parametrize(
    "action, members, expected",
    [
        ("transfer", {}, "tenant"),
        ("transfer", {"tenant": ""}, "tenant"),
        ("transfer", {"tenant": "p12", "contact": {"name": "DAC", "phone": "1"}}, "contact.phone"),
        ("receipt", {"digest": "a" * 64}, "event"),
        ("receipt", {"event": "x", "digest": "a" * 64}, "event"),
        ("receipt", {"event": "7e7d4f1e-9a35-4d1e-8a0f-8d2f0b4f1a11", "digest": "A" * 64}, "digest"),
        ("erase", {"reason": " "}, "reason"),
        ("erase", {"reason": "a" * 1001}, "reason"),
        ("erase", {"reason": "x", "state": "withdrawn"}, "state"),
        ("attest", {"digest": "a" * 63}, "digest"),
        ("attest", {"digest": "a" * 64 + "\n"}, "digest"),
    ],
)
def test_faults_of_the_other_actions(action, members, expected):
    assert fields(envelope(action, **members), action) == [expected]


@pytest.mark.parametrize("signed, said, expected", [("m1", "m1", "m1"), ("m1", None, "m1"), (None, "m2", "m2")])
def test_the_id_is_that_of_the_signature_or_stands_in_the_body(signed, said, expected):
    body = json.dumps(envelope(**({"id": said} if said else {}))).encode()
    assert message.read(signed, "register", "tsd", "a/b", body, "labels", NOW, NAMES).id == expected


@pytest.mark.parametrize("signed, said", [("m1", "m2"), (None, None), (None, ""), (None, "x" * 256)])
def test_an_id_that_is_missing_or_differs_is_a_fault(signed, said):
    body = json.dumps(envelope(**({} if said is None else {"id": said}))).encode()
    with pytest.raises(Invalid) as error:
        message.read(signed, "register", "tsd", "a/b", body, "labels", NOW, NAMES)
    assert [fault["field"] for fault in error.value.extra["errors"]] == ["id"]


LINE = {"id": "m1", "timestamp": 1, "signature": "v1,x", "body": json.dumps(envelope())}


def test_an_envelope_is_read_as_it_was_signed():
    got = envelopes.read(json.dumps(LINE).encode())
    assert got.headers == {"webhook-id": "m1", "webhook-timestamp": "1", "webhook-signature": "v1,x"}
    assert (got.body, got.action, got.source, got.identifier) == (LINE["body"].encode(), "register", "tsd", "a/b")


@pytest.mark.parametrize(
    "change",
    [{"id": None}, {"id": ""}, {"timestamp": "1"}, {"timestamp": 1.5}, {"body": {}}, {"more": 1}]
    + [{"body": text} for text in ("", "[]", "{}", '{"action": "register"}', "[" * 50, '{"a": 1, "a": 1}', "nul")]
    + [{"body": json.dumps(envelope(**{name: value}))} for name, value in (("action", "x"), ("source", 1))],
)
def test_what_is_no_envelope(change):
    with pytest.raises(Invalid):
        envelopes.read(json.dumps(dict(LINE, **change)).encode())
