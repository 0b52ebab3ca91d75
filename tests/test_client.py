import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import threading
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
import requests
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from secureb2share_ext import client

# the pair of RFC 8037, Appendix A
SEED = base64.b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
RAW_PUBLIC = base64.b64decode("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
PRIVATE = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="
PUBLIC = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
JWKS = {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": KID, "x": X}]}
OTHER, OTHER_PUBLIC = client.new_key()
SECRET = "whsec_plJ3nmyCDGBKInavdOK15jsl"  # of the Standard Webhooks libraries' tests
NOW = 1700000000
BODY = b'{"a":1}'
CLAIMS = {
    "iss": "https://catalogue.example.org",
    "pid": "3qx8w-b9k10",
    "revision": 2,
    "source": "tsd",
    "identifier": "p11/moba 2024",
    "iat": NOW,
}


def signed(key=PRIVATE, message_id="m1", body=BODY, now=NOW, **changed):
    headers = client.signed_headers(key, message_id, body, now)
    headers.update({"webhook-" + name: value for name, value in changed.items()})
    return headers


def signature(key=PRIVATE, stamp=NOW, message_id="m1"):
    return client.sign(key, message_id, stamp, BODY)


def test_a_known_signature_of_standard_webhooks():
    payload = b'{"event_type":"ping","data":{"success":true}}'
    made = client.sign(SECRET, "msg_loFOjxBNrRLzqYUf", 1731705121, payload)
    assert made == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


def test_the_key_of_rfc_8037_has_its_thumbprint():
    jwk = client.to_jwk(PUBLIC)
    assert jwk == dict(JWKS["keys"][0], alg="EdDSA", use="sig")
    assert client.from_jwk(jwk) == PUBLIC
    assert client.public_of(PRIVATE) == PUBLIC
    # Standard Webhooks also writes a private key with its public part behind it
    assert client.public_of(OTHER) == OTHER_PUBLIC != PUBLIC
    assert client.public_of("whsk_" + base64.b64encode(SEED + RAW_PUBLIC).decode()) == PUBLIC


@pytest.mark.parametrize("late", [-300, 0, 300])
@pytest.mark.parametrize("key, known", [(PRIVATE, PUBLIC), (SECRET, SECRET)])
def test_a_signature_holds_within_five_minutes(key, known, late):
    assert client.verify([OTHER_PUBLIC, known], signed(key), BODY, now=NOW + late) == ("m1", known)


@pytest.mark.parametrize("late", [-301, 301, 300.5])
def test_and_not_longer(late):
    with pytest.raises(client.NotVerified, match="300 seconds"):
        client.verify([PUBLIC], signed(), BODY, now=NOW + late)
    # a file may be old, but it never comes from the future
    if late > 0:
        assert client.verify([PUBLIC], signed(), BODY, now=NOW + late, tolerance=400) == ("m1", PUBLIC)
    else:
        with pytest.raises(client.NotVerified):
            client.verify([PUBLIC], signed(), BODY, now=NOW + late, tolerance=400)


@pytest.mark.parametrize(
    "signatures",
    [
        signature(OTHER) + " " + signature(),
        signature() + " " + signature(OTHER),
        "v1,%s %s" % (base64.b64encode(b"x" * 32).decode(), signature()),
        "v2,abc v1a v1a, " + signature(),
        "v1a,!! , " + signature(),
    ],
)
def test_one_good_signature_among_several_is_enough(signatures):
    assert client.verify([PUBLIC], signed(signature=signatures), BODY, now=NOW) == ("m1", PUBLIC)


CONFUSED = hmac.new(RAW_PUBLIC, b"m1.%d." % NOW + BODY, hashlib.sha256).digest()


@pytest.mark.parametrize(
    "changed",
    [
        {"id": None},
        {"id": ""},
        {"id": "m2"},
        {"id": "m" * 256, "signature": signature(message_id="m" * 256)},
        {"timestamp": None},
        {"timestamp": str(NOW + 1)},
        {"timestamp": "-%d" % NOW},
        {"timestamp": "%d.0" % NOW},
        {"timestamp": "%d\n" % NOW},
        {"timestamp": "1e9"},
        {"timestamp": "0" * 13},
        {"timestamp": "9" * 5000},
        {"timestamp": "²"},
        {"timestamp": "١٧٠٠٠٠٠٠٠٠"},
        {"signature": None},
        {"signature": signature(OTHER)},
        {"signature": signature().replace("v1a,", "v1,")},
        {"signature": signature().replace("v1a,", "v2,")},
        {"signature": signature()[4:]},
        {"signature": signature()[:-4]},
        {"signature": "v1a,é"},
        {"signature": "v1,"},
        {"signature": "v1a,"},
        {"signature": "v1," + base64.b64encode(CONFUSED).decode()},
        {"signature": "v1a,x " * 4 + signature()},
        {"signature": " ".join([signature()] * 5)},
        {"signature": signature() + "    "},
    ],
)
def test_a_message_that_differs_in_anything_is_refused(changed):
    with pytest.raises(client.NotVerified):
        client.verify([PUBLIC, SECRET], signed(**changed), BODY, now=NOW)


def test_another_body_and_no_key_are_refused():
    for keys, body in (([PUBLIC], BODY + b" "), ([], BODY), (["whpk_", "whpk_!", "whsec_!", "what"], BODY)):
        with pytest.raises(client.NotVerified):
            client.verify(keys, signed(), body, now=NOW)


def test_the_canonical_form():
    value = {"b": [1, None, True], "a": 'ø\u2028"\\\n', "ä": {}}
    assert client.canonical(value) == '{"a":"ø\u2028\\"\\\\\\n","b":[1,null,true],"ä":{}}'.encode("utf-8")
    with pytest.raises(ValueError):
        client.canonical(float("nan"))


def test_times():
    assert client.from_utc("2026-01-31T12:00:00Z").isoformat() == "2026-01-31T12:00:00"
    assert client.from_utc("2026-01-31T12:00:00.5Z").isoformat() == "2026-01-31T12:00:00.500000"
    assert client.seconds(client.from_utc("2023-11-14T22:13:20Z")) == NOW
    assert len(client.now_utc()) == 27 and client.from_utc(client.now_utc())
    for text in ("", "2026-01-31", "2026-01-31T12:00:00", "2026-02-30T12:00:00Z", "2026-01-31T12:00+01:00"):
        with pytest.raises(ValueError):
            client.from_utc(text)


def b64url(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def ed25519(text, seed=SEED):
    return Ed25519PrivateKey.from_private_bytes(seed).sign(text)


def forged(head, claims=CLAIMS, by=ed25519):
    head = head if isinstance(head, str) else json.dumps(head)
    claims = claims if isinstance(claims, str) else json.dumps(claims)
    text = "%s.%s" % (b64url(head.encode()), b64url(claims.encode()))
    return text + "." + b64url(by(text.encode()))


def hs256(key):
    return lambda text: hmac.new(key, text, hashlib.sha256).digest()


def es256(text):
    return ec.generate_private_key(ec.SECP256R1()).sign(text, ec.ECDSA(hashes.SHA256()))


HEAD = {"alg": "EdDSA", "kid": KID}
TOKEN = client.mint_reference(PRIVATE, CLAIMS)
PARTS = TOKEN.split(".")


def test_a_reference_says_again_what_was_minted():
    assert client.verify_reference(TOKEN, JWKS, CLAIMS["iss"]) == CLAIMS
    assert client.verify_reference(forged(HEAD), JWKS) == CLAIMS
    assert json.loads(base64.urlsafe_b64decode(PARTS[0] + "==").decode()) == HEAD


def test_equal_claims_give_an_equal_token():
    assert client.mint_reference(PRIVATE, dict(reversed(list(CLAIMS.items())))) == TOKEN
    assert client.mint_reference(PRIVATE, dict(CLAIMS, revision=3)) != TOKEN


NESTED = "[" * 100000 + "]" * 100000


@pytest.mark.parametrize(
    "token",
    [
        "",
        "..",
        None,
        7,
        b"a.b.c",
        "é.é.é",
        ".".join(PARTS[:2]),
        TOKEN + ".",
        TOKEN + "=",
        TOKEN + "\n",
        TOKEN[:-4],
        PARTS[0] + "=." + ".".join(PARTS[1:]),
        PARTS[0] + "." + PARTS[1][:-2] + "AA." + PARTS[2],
        PARTS[0] + "." + b64url(json.dumps(dict(CLAIMS, pid="other")).encode()) + "." + PARTS[2],
        forged({"alg": "none", "kid": KID}),
        forged({"alg": "none", "kid": KID}, by=lambda text: b""),
        forged({"alg": "HS256", "kid": KID}, by=hs256(RAW_PUBLIC)),
        forged({"alg": "HS256", "kid": KID}, by=hs256(PUBLIC.encode())),
        forged({"alg": "ES256", "kid": KID}, by=es256),
        forged({"alg": "Ed25519", "kid": KID}),
        forged({"alg": "EdDSA"}),
        forged(dict(HEAD, typ="JWT")),
        forged(dict(HEAD, jwk=JWKS["keys"][0])),
        forged(dict(HEAD, crit=["exp"])),
        forged({"alg": "EdDSA", "kid": "unknown"}),
        forged({"alg": "EdDSA", "kid": [KID]}),
        forged(HEAD, by=lambda text: ed25519(text, b"\1" * 32)),
        forged("[]"),
        forged("{"),
        forged(NESTED),
        forged(HEAD, "[]"),
        forged(HEAD, "7"),
        forged(HEAD, "{"),
        forged(HEAD, dict(CLAIMS, sub="a person")),
        forged(HEAD, dict(CLAIMS, exp=NOW)),
        forged(HEAD, {k: v for k, v in CLAIMS.items() if k != "iat"}),
        forged(HEAD, dict(CLAIMS, iss="https://other.example.org")),
    ],
    ids=lambda token: str(token)[:20],
)
def test_any_other_reference_is_refused(token):
    with pytest.raises(client.NotVerified):
        client.verify_reference(token, JWKS, CLAIMS["iss"])


def test_base64url_has_one_spelling():
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # 64 bytes leave four bits unused in the last character: its neighbours decode to the same signature
    neighbours = [TOKEN[:-1] + c for c in alphabet if c != TOKEN[-1]]
    for token in neighbours + [TOKEN.replace("-", "+").replace("_", "/")]:
        with pytest.raises(client.NotVerified):
            client.verify_reference(token, JWKS)


def test_an_event_is_verified_with_its_id():
    body = client.canonical({"id": "m1", "source": "https://catalogue.example.org", "data": {"identifier": "a"}})
    headers = client.signed_headers(PRIVATE, "m1", body)
    assert client.verify_event(headers, body, jwks=JWKS)["id"] == "m1"
    assert client.verify_event(client.signed_headers(SECRET, "m1", body), body, secret=SECRET)["id"] == "m1"
    other = client.canonical({"id": "m2", "data": {}})
    for given, jwks in ((other, JWKS), (body, None), (body, {"keys": []})):
        with pytest.raises(client.NotVerified):
            client.verify_event(client.signed_headers(PRIVATE, "m1", given), given, jwks=jwks)
    receipt = client.receipt(json.loads(body.decode()), body, "r-1")
    assert receipt.pop("received_at").endswith("Z")
    assert receipt.pop("catalogue") == "https://catalogue.example.org"
    assert receipt == {"dataset_id": "a", "receipt_id": "r-1", "digest": hashlib.sha256(body).hexdigest()}


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b'"m1"', b"", b"\xff", b"{", b"[" * 100000])
def test_what_is_signed_and_no_event_is_refused(body):
    with pytest.raises(client.NotVerified, match="not an event"):
        client.verify_event(client.signed_headers(PRIVATE, "m1", body), body, jwks=JWKS)


NO_KEYS = [{}, {"x": "!"}, {"x": 1}, {"x": "AA"}, {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, None, "x"]
POINT = client._b64url((1).to_bytes(32, "little"))


@pytest.mark.parametrize("other", NO_KEYS + [{"kty": "OKP", "crv": "Ed25519", "x": POINT}], ids=repr)
def test_a_key_of_another_kind_is_passed_over(other):
    body = client.canonical({"id": "m1"})
    headers = client.signed_headers(PRIVATE, "m1", body)
    assert client.verify_event(headers, body, jwks={"keys": [other] + JWKS["keys"]})["id"] == "m1"
    with pytest.raises(client.NotVerified):
        client.verify_event(headers, body, jwks={"keys": [other]})
    forged = {"webhook-signature": "v1a," + base64.b64encode((1).to_bytes(32, "little") + bytes(32)).decode()}
    with pytest.raises(client.NotVerified):
        client.verify_event(dict(headers, **forged), body, jwks={"keys": [other]})


@pytest.mark.parametrize("key", client.EXAMPLES)
def test_a_key_that_is_printed_in_public_is_none(key):
    assert "example" in client.key_fault(key)


NAMED = {"issuer": "https://catalogue.example.org", "target": "tsd-ingest"}


@pytest.mark.parametrize("source", ["https://catalogue.example.org", "https://staging.example.org", None, ["x"]])
@pytest.mark.parametrize("target", ["tsd-ingest", "csc-ingest", None])
def test_an_event_of_another_catalogue_or_for_another_target_is_refused(source, target):
    body = client.canonical({"id": "m1", "source": source, "target": target, "data": {"identifier": "a"}})
    headers = client.signed_headers(PRIVATE, "m1", body)
    assert client.verify_event(headers, body, jwks=JWKS)["source"] == source
    wrong = [name for name, said in (("issuer", source), ("target", target)) if NAMED[name] != said]
    for asked in ({"issuer": NAMED["issuer"]}, {"target": NAMED["target"]}, NAMED):
        if set(asked) & set(wrong):
            with pytest.raises(client.NotVerified, match="another"):
                client.verify_event(headers, body, jwks=JWKS, **asked)
        else:
            assert client.verify_event(headers, body, jwks=JWKS, **asked)["id"] == "m1"
    both = ("https://former.example.org", NAMED["issuer"])
    if source == NAMED["issuer"]:
        assert client.verify_event(headers, body, jwks=JWKS, issuer=both)["id"] == "m1"
    for several in (both if source != NAMED["issuer"] else both[:1], ()):
        with pytest.raises(client.NotVerified, match="another"):
            client.verify_event(headers, body, jwks=JWKS, issuer=several)


DROP = object()


@pytest.fixture
def catalogue():
    # requests: (method, path, query, headers, body); replies: (status, body, headers), or DROP
    found = SimpleNamespace(requests=[], replies=[])

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            found.requests.append((self.command, path, query, headers, body))
            reply = found.replies.pop(0) if found.replies else (200, b'{"pid":"x"}', {})
            if reply is not DROP:
                self.send_response(reply[0])
                for name, value in reply[2].items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply[1])

        do_GET = do_PUT = do_POST = answer

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    found.url = "http://127.0.0.1:%d" % server.server_address[1]
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def source(catalogue, monkeypatch):
    monkeypatch.setattr(client.time, "sleep", lambda seconds: None)
    session = requests.Session()
    session.trust_env = False
    return client.Client(catalogue.url + "/", "tsd", PRIVATE, session)


def test_a_message_is_sent_again_with_the_same_id_and_bytes(catalogue, source):
    catalogue.replies = [DROP, (503, b"", {}), (201, b'{"pid":"x"}', {})]
    assert source.register("a", {"core": {}}, tenant="p11", issued="2026-01-31T12:00:00Z") == {"pid": "x"}
    assert len(catalogue.requests) == 3
    method, path, _, headers, body = catalogue.requests[0]
    assert (method, path, headers["content-type"]) == ("PUT", "/api/datasets/tsd/a", "application/json")
    assert body == (
        b'{"action":"register","catalogue":"%s","dataset":{"core":{}},"identifier":"a",'
        b'"issued":"2026-01-31T12:00:00Z","source":"tsd","tenant":"p11"}' % catalogue.url.encode()
    )
    assert {r[4] for r in catalogue.requests} == {body}
    message = (headers["webhook-id"], PUBLIC)
    assert {client.verify([PUBLIC], r[3], body) for r in catalogue.requests} == {message}


def test_after_three_attempts_the_caller_is_told(catalogue, source):
    catalogue.replies = [DROP] * 3
    with pytest.raises(requests.ConnectionError):
        source.set_state("a", "withdrawn", "gone")
    catalogue.replies = [(504, b"<html>", {})] * 3
    with pytest.raises(client.Refused) as error:
        source.report_decision("a", "4711", "approved", message_id="mine")
    assert error.value.status == 504
    assert [r[1][-6:] for r in catalogue.requests] == ["/state"] * 3 + ["isions"] * 3
    assert catalogue.requests[-1][3]["webhook-id"] == "mine"
    members = {"action", "catalogue", "identifier", "issued", "reason", "source", "state"}
    assert set(json.loads(catalogue.requests[0][4].decode())) == members


def test_a_refusal_carries_status_code_and_faults(catalogue, source):
    problem = {"code": "invalid", "errors": [{"field": "core.titles", "message": "is required"}]}
    catalogue.replies = [(400, json.dumps(problem).encode(), {})]
    with pytest.raises(client.Refused, match="400 invalid: core.titles is required") as error:
        source.register("a", {})
    assert (error.value.status, error.value.code, error.value.problem) == (400, "invalid", problem)
    assert len(catalogue.requests) == 1


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"null", b'{"errors":null}', b'{"errors":"no"}', b'{"errors":["no"]}']
)
def test_an_answer_that_is_no_problem_document_is_a_refusal_too(catalogue, source, body):
    catalogue.replies = [(404, body, {})]
    with pytest.raises(client.Refused) as error:
        source.get("a")
    assert error.value.status == 404


@pytest.mark.parametrize("body", [b"", b"<html>Sign in to the network</html>", b"[]", b"null"])
def test_a_page_in_the_place_of_an_answer_is_no_success(catalogue, source, body):
    catalogue.replies = [(200, body, {})]
    with pytest.raises(client.ClientError):
        source.register("a", {})


def test_a_redirect_is_not_followed(catalogue, source):
    for call, args in ((source.get, ["a"]), (source.register, ["a", {}]), (source.keys, [])):
        del catalogue.requests[:]
        catalogue.replies = [(307, b"", {"Location": catalogue.url + "/elsewhere"})]
        with pytest.raises(client.Refused) as error:
            call(*args)
        assert error.value.status == 307 and len(catalogue.requests) == 1


HOSTILE = [
    "a%2Fb",
    "a%",
    "a#b?c=d&e",
    "a b",
    "a/b/c",
    "a+b",
    "a~b",
    "æøå/日本\u202e",
    "a;b:c@d",
    "{a}|\\^`\"<>'",
    "%2e%2e/x",
    "a..b/...c",
    "https://example.org//a//b/../c",
    "a/state",
]


@pytest.mark.parametrize("identifier", HOSTILE)
def test_any_identifier_reaches_the_catalogue_and_is_signed(catalogue, source, identifier):
    source.get(identifier)
    source.list(after=identifier)
    source.set_state(identifier, "active", "again")
    item, listing, change = catalogue.requests
    path = "/api/datasets/tsd/" + client.to_path(identifier)
    assert client.from_path(unquote(item[1])[len("/api/datasets/tsd/") :]) == identifier
    assert (unquote(item[1]), item[2], unquote(change[1])) == (path, "", path + "/state")
    assert (listing[1], unquote(listing[2])) == ("/api/datasets/tsd", "after=" + identifier)
    # what the catalogue verifies in the body's place: the decoded path, and the query as it came
    client.verify([PUBLIC], item[3], client.bare(catalogue.url, "get", path))
    client.verify([PUBLIC], listing[3], client.bare(catalogue.url, "GET", "/api/datasets/tsd", listing[2]))
    assert json.loads(change[4].decode())["identifier"] == identifier


IN_PATHS = {
    "p11/moba-v1.2_a~b": "p11/moba-v1.2_a~b",
    "urn:x:1": "urn:x:1",
    "pid:1": "pid:1",
    "a/b...c/.d": "a/b...c/.d",
    "state/a": "state/a",
    "https:/example.org/1": "https:/example.org/1",
    # printf %s IDENTIFIER | basenc --base64url | tr -d =
    "https://example.org/dataset/1": "base64url:aHR0cHM6Ly9leGFtcGxlLm9yZy9kYXRhc2V0LzE",
    "/a": "base64url:L2E",
    "a/": "base64url:YS8",
    "a/./b": "base64url:YS8uL2I",
    "a/../b": "base64url:YS8uLi9i",
    "a/erase": "base64url:YS9lcmFzZQ",
    "a%2Fb": "base64url:YSUyRmI",
    "a?b": "base64url:YT9i",
    "a#b": "base64url:YSNi",
    "a b": "base64url:YSBi",
    "a;b": "base64url:YTti",
    "a\n": "base64url:YQo",
    "æ??>": "base64url:w6Y_Pz4",
    "base64url:YQ": "base64url:YmFzZTY0dXJsOllR",
    "": "base64url:",
}  # fmt: skip


@pytest.mark.parametrize("identifier", IN_PATHS)
def test_how_an_identifier_stands_in_a_path(identifier):
    assert client.to_path(identifier) == IN_PATHS[identifier]
    assert client.from_path(IN_PATHS[identifier]) == identifier


@pytest.mark.parametrize("text", ["a b", "50%", "æøå", "a?b#c;d", "x" * 300])
def test_what_only_some_servers_change_may_stand_in_a_path_as_it_is(text):
    assert client.from_path(text) == text


@pytest.mark.parametrize(
    "text",
    # as it is: what servers and browsers rewrite, and what is a route
    ["", "/", "/a", "a/", "a//b", ".", "a/./b", "a/../b", "..", "state", "a/attest", "https://example.org/1"]
    # padded, not canonical, not base64url, not UTF-8, or not quite the prefix
    + ["base64url:" + end for end in ("YQ==", "YR", "Y", "YS+v", "YQ/state", "Y Q", "YQ\n", "æ", "_w", "7aCA", "a:b")]
    + ["BASE64URL:YQ", "Base64url:a"],
)
def test_no_identifier_is_read_from_another_path(text):
    with pytest.raises(ValueError):
        client.from_path(text)


@pytest.mark.parametrize("name", ["t~d", "t d", "tød"])
def test_any_name_of_a_source_is_signed(catalogue, source, name):
    source.source = name
    source.get("a")
    _, path, _, headers, _ = catalogue.requests[0]
    assert unquote(path) == "/api/datasets/%s/a" % name
    client.verify([PUBLIC], headers, client.bare(catalogue.url, "GET", "/api/datasets/%s/a" % name))
    catalogue.replies = [(200, b'{"id": "m", "status": 200}\n', {})]
    assert list(source.send_many([b"{}\n"])) == [{"id": "m", "status": 200}]
    method, path, _, headers, body = catalogue.requests[1]
    assert (method, path, unquote(headers[client.SOURCE_HEADER])) == ("POST", "/api/datasets", name)
    client.verify([PUBLIC], headers, client.whole("", body))


def test_a_catalogue_may_have_another_name_than_its_address(catalogue, source):
    named = client.Client(catalogue.url, "tsd", PRIVATE, source.session, catalogue="https://catalogue.example.org/")
    named.register("a", {})
    named.erase("a", "Consent was withdrawn.")
    named.attest("a", "0" * 64)
    bodies = [json.loads(request[4].decode()) for request in catalogue.requests]
    assert {body["catalogue"] for body in bodies} == {"https://catalogue.example.org"}
    assert [request[:2] for request in catalogue.requests[1:]] == [
        ("POST", "/api/datasets/tsd/a/" + action) for action in ("erase", "attest")
    ]
    assert (bodies[1]["reason"], bodies[2]["digest"]) == ("Consent was withdrawn.", "0" * 64)
    named.get("a")
    headers = catalogue.requests[-1][3]
    client.verify([PUBLIC], headers, client.bare("https://catalogue.example.org", "GET", "/api/datasets/tsd/a"))
    for other in ("https://staging.example.org", catalogue.url):
        with pytest.raises(client.NotVerified):
            client.verify([PUBLIC], headers, client.bare(other, "GET", "/api/datasets/tsd/a"))


class Failing:
    """A session of a catalogue that accepts a line once it has failed as often as `failures` says of its identifier."""

    status = 500  # with which it fails

    def __init__(self, **failures):
        self.failures, self.seen = failures, []
        self.cookies = SimpleNamespace(set_policy=lambda policy: None)

    def post(self, url, data, **kwargs):
        given = [json.loads(one) for one in data.splitlines()]
        identifiers = [json.loads(one["body"])["identifier"] for one in given]
        self.seen.append(identifiers)
        answers = [self.answer(*one) for one in zip(given, identifiers)]
        text = "".join(json.dumps(one) + "\n" for one in answers)
        return SimpleNamespace(status_code=200, text=text)

    def answer(self, given, identifier):
        self.failures[identifier] = self.failures.get(identifier, 0) - 1
        said = {"id": given["id"], "identifier": identifier}
        if self.failures[identifier] >= 0:
            return dict(said, status=self.status, problem={"code": "failed"})
        return dict(said, status=200, answer={"result": "changed"})


def lines_of(found, identifiers):
    return [
        client.line(
            PRIVATE, found.envelope("register", one, dataset={"version": {"replaces": "a"} if one == "r" else {}})
        )
        for one in identifiers
    ]


def test_what_failed_is_sent_again_in_order_before_what_follows(monkeypatch):
    monkeypatch.setattr(client, "BATCH", 4)
    monkeypatch.setattr(client.time, "sleep", lambda seconds: None)
    session = Failing(a=2, c=1)
    found = client.Client("https://catalogue.example.org", "tsd", PRIVATE, session)
    answers = list(found.send_many(lines_of(found, "abcdae")))
    assert session.seen == [["a", "b", "c", "d"], ["a", "c"], ["a"], ["a", "e"]]
    assert [(one["identifier"], one["status"]) for one in answers] == [(one, 200) for one in "abcdae"]


def test_what_the_catalogue_does_not_carry_out_is_not_sent_again():
    session = Failing(a=9)
    session.status = 501
    found = client.Client("https://catalogue.example.org", "tsd", PRIVATE, session)
    assert [one["status"] for one in found.send_many(lines_of(found, "ab"))] == [501, 200]
    assert session.seen == [["a", "b"]]


def test_nothing_behind_what_goes_on_failing_is_sent(monkeypatch):
    monkeypatch.setattr(client, "BATCH", 2)
    monkeypatch.setattr(client.time, "sleep", lambda seconds: None)
    session = Failing(a=9)
    found = client.Client("https://catalogue.example.org", "tsd", PRIVATE, session)
    lines = lines_of(found, "abcarraq")
    answers = list(found.send_many(lines))
    assert session.seen == [["a", "b"], ["a"], ["a"], ["c"], ["q"]]
    assert [(one["identifier"], one["status"]) for one in answers] == [
        (one, 200 if one in "bcq" else 500) for one in "abcarraq"
    ]
    assert [one["id"] for one in answers] == [json.loads(one)["id"] for one in lines]
    assert {one["problem"]["code"] for one in answers if one["status"] == 500} == {"failed"}


def _doubled(point):
    # twisted Edwards addition of RFC 8032, 5.1.4, in affine coordinates
    x, y = point
    k = D * x * x * y * y % PRIME
    return 2 * x * y * pow(1 + k, PRIME - 2, PRIME) % PRIME, (y * y + x * x) * pow(1 - k, PRIME - 2, PRIME) % PRIME


def _x_of(y):
    square = (y * y - 1) * pow(D * y * y + 1, PRIME - 2, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    x = x if x * x % PRIME == square else x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    assert x * x % PRIME == square
    return x


PRIME = 2**255 - 19
D = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME
SMALL = [y + sign for y in sorted(client.SMALL_ORDER) for sign in (0, 2**255)]
SMALL += [y + PRIME + sign for y in (0, 1) for sign in (0, 2**255)]  # in the other spelling of the same field element


@pytest.mark.parametrize("number", SMALL)
def test_a_point_of_small_order_is_no_key(number):
    y = number % 2**255 % PRIME
    point = (_x_of(y), y)
    for _ in range(3):
        point = _doubled(point)
    assert point == (0, 1)  # eight times it is the neutral element
    key = "whpk_" + base64.b64encode(number.to_bytes(32, "little")).decode()
    assert "small order" in client.key_fault(key)


def test_all_five_points_of_small_order_are_known():
    # a point of order 8 has 8 multiples, of which two share each y but those of the orders 1 and 2
    eighth = max(client.SMALL_ORDER & {y for y in client.SMALL_ORDER if y not in (0, 1, PRIME - 1)})
    assert client.SMALL_ORDER == {0, 1, PRIME - 1, eighth, PRIME - eighth}


def test_a_weak_secret_is_no_key_and_a_fresh_one_is_one():
    weak = [b"\x00" * 32, b"s" * 24, b"secret" * 8, bytes(range(7)) * 5]
    assert all("random" in client.key_fault("whsec_" + base64.b64encode(raw).decode()) for raw in weak)
    for _ in range(200):
        assert client.key_fault("whsec_" + base64.b64encode(os.urandom(24)).decode()) is None
        assert client.key_fault(client.new_key()[1]) is None


def test_a_fingerprint_names_the_bytes_and_not_their_spelling():
    private, public = client.new_key()
    other = public[:-2] + chr(ord(public[-2]) + 1) + "="  # the same 32 bytes: two bits at the end mean nothing
    assert client.fingerprint(other) == client.fingerprint(public) != client.fingerprint(private)
    assert re.match(r"[0-9a-f]{16}\Z", client.fingerprint(SECRET)) and SECRET[6:] not in client.fingerprint(SECRET)
