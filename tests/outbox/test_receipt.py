import hashlib
import json

import pytest

from secureb2share_ext.outbox import receipt

SENT = b'{"id":"m1","source":"https://catalogue.example.org"}'
RIGHT = hashlib.sha256(SENT).hexdigest()


def answer(**members):
    return json.dumps(members).encode("utf-8")


def test_a_receipt_for_the_bytes_that_were_sent_acknowledges():
    given = {"dataset_id": "a", "receipt_id": "r-1", "received_at": "2026-01-31T12:00:00Z", "digest": RIGHT}
    kept, acknowledges = receipt.read(answer(person="Fornavn Etternavn", **given), SENT)
    assert acknowledges is True and json.loads(kept) == given
    assert receipt.read(answer(digest=RIGHT), SENT) == ('{"digest":"%s"}' % RIGHT, True)


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "0" * 64,
        RIGHT.upper(),
        RIGHT[:-1],
        RIGHT + "0",
        " " + RIGHT,
        RIGHT + "\n",
        [RIGHT],
        {"a": RIGHT},
        None,
        True,
        7,
    ],
)
def test_another_digest_does_not(digest):
    kept, acknowledges = receipt.read(answer(receipt_id="r-1", digest=digest), SENT)
    assert acknowledges is False and json.loads(kept)["receipt_id"] == "r-1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"OK",
        b"<html>",
        b"null",
        b"7",
        b'"digest"',
        b"[]",
        b'["digest"]',
        b"{}",
        b'{"other": "x"}',
        b'{"digest": {"digest": "x"}}',
        b"\xff\xfe",
        b"\x00" * 100,
        b'\xef\xbb\xbf{"receipt_id": "x"}',
        b'{"receipt_id": "\\ud800"}',
        b"[" * 100000 + b"]" * 100000,
        b'{"digest":' * 100000,
        b"[" * 65536,
        b'{"digest": NaN}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_receipt_is_not_kept(body):
    assert receipt.read(body, SENT) == (None, False)


@pytest.mark.parametrize(
    "value",
    ["x" * 60000, "ø" * 300, "\x00", "a\x00b", "a\\u0000", "\\", '"', "\n\x1b[2J", "<script>", "\U0001f512"],
)
def test_what_is_kept_is_short_json_without_nul(value):
    kept, acknowledges = receipt.read(answer(receipt_id=value, dataset_id=value, received_at=value, digest=RIGHT), SENT)
    found = json.loads(kept)
    assert acknowledges and set(found) == {"dataset_id", "receipt_id", "received_at", "digest"}
    assert found["receipt_id"] == value.replace("\x00", "")[:300]
    assert "\x00" not in kept and "\\u0000" not in kept.replace("\\\\", "") and len(kept.encode("utf-8")) < 8000


@pytest.mark.parametrize("catalogue", ["https://staging.example.org", "", None, 7, ["https://catalogue.example.org"]])
def test_a_receipt_for_another_catalogue_does_not(catalogue):
    kept, acknowledges = receipt.read(answer(catalogue=catalogue, digest=RIGHT), SENT)
    assert acknowledges is False and json.loads(kept)["digest"] == RIGHT
    named = answer(catalogue="https://catalogue.example.org", digest=RIGHT)
    assert receipt.read(named, SENT) == ('{"catalogue":"https://catalogue.example.org","digest":"%s"}' % RIGHT, True)


def test_of_the_bytes_that_were_sent_every_one_counts():
    assert receipt.read(answer(digest=RIGHT), SENT + b" ")[1] is False
