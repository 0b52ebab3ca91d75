import base64
import json

from secureb2share_ext import client
from secureb2share_ext.access import reference
from secureb2share_ext.dataset import Dataset

PRIVATE, PUBLIC = client.new_key()
JWKS = {"keys": [client.to_jwk(PUBLIC)]}
CATALOGUE = "https://catalogue.example.org"
TITLE = {"core": {"titles": [{"lang": "en", "text": "A title"}]}, "sensitive": {}}
DATASET = Dataset("tsd", "p11/moba æ", TITLE, pid="3qx8w-b9k10", revision=2, updated=1700000000)


def test_the_claims_are_these_and_no_more():
    token = reference.mint(PRIVATE, CATALOGUE, DATASET)
    claims = token.split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)).decode("utf-8")) == {
        "iss": "https://catalogue.example.org",
        "pid": "3qx8w-b9k10",
        "revision": 2,
        "source": "tsd",
        "identifier": "p11/moba æ",
        "iat": 1700000000,
    }
    assert client.verify_reference(token, JWKS, CATALOGUE)["identifier"] == "p11/moba æ"


def test_a_reference_follows_from_the_published_record_alone():
    token = reference.mint(PRIVATE, CATALOGUE, DATASET)
    same = DATASET._replace(description={"core": {}, "sensitive": {}}, state="suspended", reason="x", successor="b")
    assert reference.mint(PRIVATE, CATALOGUE, same) == token
    changes = [{"pid": "y"}, {"revision": 3}, {"source": "csc"}, {"identifier": "b"}, {"updated": 1700000001}]
    others = [reference.mint(PRIVATE, CATALOGUE, DATASET._replace(**change)) for change in changes]
    others += [
        reference.mint(PRIVATE, "https://other.example.org", DATASET),
        reference.mint(client.new_key()[0], CATALOGUE, DATASET),
    ]
    assert len(set(others) | {token}) == 8
