import base64
import datetime
import json
import posixpath
import re
from urllib.parse import unquote, urljoin, urlsplit

import jwt
import pytest
import standardwebhooks
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import assume, given
from hypothesis import strategies as st
from nacl.signing import SigningKey, VerifyKey

from secureb2share_ext import client

NOW = 1700000000
SECRETS = st.binary(min_size=24, max_size=64).map(lambda raw: "whsec_" + base64.b64encode(raw).decode())
SEEDS = st.binary(min_size=32, max_size=32)
IDS = st.text(min_size=1, max_size=255)
BODIES = st.binary(max_size=300)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
CLAIMS = st.fixed_dictionaries(
    {
        "iss": st.text(),
        "pid": st.text(),
        "revision": st.integers(0),
        "source": st.text(),
        "identifier": st.text(),
        "iat": st.integers(0, 2**40),
    }
)


def private_of(seed):
    return "whsk_" + base64.b64encode(seed).decode()


@given(SECRETS | SEEDS.map(private_of), IDS, BODIES, st.integers(0, 10**11))
def test_what_was_signed_is_verified(key, message_id, body, now):
    known = key if key.startswith("whsec_") else client.public_of(key)
    headers = client.signed_headers(key, message_id, body, now)
    assert client.verify([known], headers, body, now=now) == (message_id, known)


@given(SEEDS, IDS, BODIES, IDS, BODIES, st.integers(-300, 300))
def test_nothing_else_is(seed, message_id, body, other_id, other_body, shift):
    assume((message_id, body, 0) != (other_id, other_body, shift))
    assume("." not in message_id + other_id)
    headers = client.signed_headers(private_of(seed), message_id, body, NOW)
    headers.update({"webhook-id": other_id, "webhook-timestamp": str(NOW + shift)})
    with pytest.raises(client.NotVerified):
        client.verify([client.public_of(private_of(seed))], headers, other_body, now=NOW)


PIECES = st.sampled_from(
    ["/", "//", ".", "..", "%2F", "?", "#", "base64url:", "state", "https://", " ", "æ", "\\", ";"]
)
IDENTIFIERS = st.lists(PIECES | st.text(max_size=3), max_size=8).map("".join)


@given(IDENTIFIERS)
def test_a_path_gives_every_identifier_back_whatever_rewrites_it(identifier):
    text = client.to_path(identifier)
    assert client.from_path(text) == identifier
    # decoded twice, merged, resolved and encoded again as nginx and browsers do
    assert re.fullmatch(r"[A-Za-z0-9._~:/-]+", text) and unquote(unquote(text)) == text
    assert posixpath.normpath("/x/" + text) == "/x/" + text == urlsplit(urljoin("http://h/x/", "./" + text)).path


@given(IDENTIFIERS)
def test_an_identifier_has_no_second_encoded_form(text):
    try:
        identifier = client.from_path(text)
    except ValueError:
        return
    encoded = client.IN_PATH + base64.urlsafe_b64encode(identifier.encode()).decode().rstrip("=")
    assert text in (identifier, encoded) and client.from_path(encoded) == identifier


QUERIES = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=8) | st.just("confirm=withdrawals")


@given(QUERIES, BODIES, QUERIES, st.integers(0, 30))
def test_the_bytes_of_a_bulk_are_those_of_one_query_and_body(query, body, other, shift):
    signed = client.whole(query, body)
    # whatever part of them is taken for the query
    taken = [(other, signed[len(other) + 1 :]), (other, signed[shift:]), (query[:shift], query[shift:].encode() + body)]
    for one in taken:
        assert one == (query, body) or client.whole(*one) != signed


NAMES = st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"])


@given(st.dictionaries(NAMES, st.text() | st.integers(NOW, 10**10).map(str) | st.from_regex(r"\Av1a?,.*")))
def test_whatever_the_headers_hold_the_answer_is_not_verified(headers):
    with pytest.raises(client.NotVerified):
        client.verify(
            ["whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"],
            headers,
            b"{}",
        )


@given(SECRETS, st.from_regex(r"\A[A-Za-z0-9_-]{1,40}\Z"), JSON)
def test_hmac_agrees_with_the_official_library(secret, message_id, value):
    body = client.canonical(value)
    webhook = standardwebhooks.Webhook(secret)
    now = datetime.datetime.now(datetime.timezone.utc)
    assert webhook.verify(body, client.signed_headers(secret, message_id, body)) == value
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": webhook.sign(message_id, now, body.decode("utf-8")),
    }
    assert client.verify([secret], headers, body) == (message_id, secret)


@given(SEEDS, st.from_regex(r"\A[a-z0-9]{1,40}\Z"), BODIES)
def test_ed25519_agrees_with_pynacl(seed, message_id, body):
    content = ("%s.%d." % (message_id, NOW)).encode() + body
    public = client.public_of(private_of(seed))
    version, given = client.sign(private_of(seed), message_id, NOW, body).split(",")
    assert version == "v1a"
    VerifyKey(base64.b64decode(public[5:])).verify(content, base64.b64decode(given))
    theirs = "v1a," + base64.b64encode(SigningKey(seed).sign(content).signature).decode()
    headers = {"webhook-id": message_id, "webhook-timestamp": str(NOW), "webhook-signature": theirs}
    assert client.verify([public], headers, body, now=NOW) == (message_id, public)


@given(SEEDS, CLAIMS)
def test_references_agree_with_pyjwt(seed, claims):
    private = private_of(seed)
    token, jwks = client.mint_reference(private, claims), {"keys": [client.to_jwk(client.public_of(private))]}
    options = {"verify_iat": False, "verify_aud": False}
    key = jwt.PyJWK(jwks["keys"][0])
    assert jwt.decode(token, key, algorithms=["EdDSA"], options=options) == claims
    assert client.verify_reference(token, jwks) == claims
    assert client.mint_reference(private, dict(reversed(list(claims.items())))) == token
    head = {"kid": jwks["keys"][0]["kid"], "typ": None}
    theirs = jwt.encode(claims, Ed25519PrivateKey.from_private_bytes(seed), algorithm="EdDSA", headers=head)
    assert client.verify_reference(theirs, jwks) == claims


def test_other_algorithms_of_pyjwt_are_refused():
    jwk = client.to_jwk(client.new_key()[1])
    raw, curve = base64.urlsafe_b64decode(jwk["x"] + "="), ec.generate_private_key(ec.SECP256R1())
    claims = {"iss": "x", "pid": "x", "revision": 1, "source": "x", "identifier": "x", "iat": NOW}
    for algorithm, key in (("none", None), ("HS256", raw), ("ES256", curve)):
        token = jwt.encode(claims, key, algorithm=algorithm, headers={"kid": jwk["kid"], "typ": None})
        with pytest.raises(client.NotVerified, match="exactly alg EdDSA"):
            client.verify_reference(token, {"keys": [jwk]})


@given(JSON)
def test_the_canonical_form_is_stable_and_loses_nothing(value):
    body = client.canonical(value)
    assert json.loads(body.decode("utf-8")) == value
    assert client.canonical(json.loads(body.decode("utf-8"))) == body
