import base64
import functools
import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.backends import default_backend
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import JSON, MANY

from secureb2share_ext.errors import NotVerified
from secureb2share_ext.sign_in import id_token

NOW = 1700000000
ISSUER, CLIENT, NONCE = "https://idp.example.org/realms/r", "catalogue", "n-1"
CLAIMS = {
    "iss": ISSUER, "aud": CLIENT, "azp": CLIENT, "sub": "s-1", "nonce": NONCE, "exp": NOW + 300, "iat": NOW,
    "auth_time": NOW, "acr": "https://refeds.org/profile/mfa", "amr": ["pwd", "otp"], "name": "Håkon",
}  # fmt: skip
ABSENT = object()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def number(value, size=None):
    return base64url(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def new_rsa(size=2048):
    return rsa.generate_private_key(65537, size, default_backend())


RSA, OTHER_RSA = new_rsa(), new_rsa()
EC, OTHER_EC = (ec.generate_private_key(ec.SECP256R1(), default_backend()) for _ in range(2))
PRIVATE = {"RS256": RSA, "PS256": RSA, "ES256": EC}
OTHERS = {"RS256": OTHER_RSA, "PS256": OTHER_RSA, "ES256": OTHER_EC}
every_algorithm = pytest.mark.parametrize("algorithm", id_token.ALGORITHMS)


def jwk_of(private, **more):
    numbers = private.public_key().public_numbers()
    if isinstance(numbers, rsa.RSAPublicNumbers):
        return dict({"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}, **more)
    return dict({"kty": "EC", "crv": "P-256", "x": number(numbers.x, 32), "y": number(numbers.y, 32)}, **more)


def der(private, text):
    return private.sign(text, ec.ECDSA(hashes.SHA256()))


def signature(algorithm, private, text):
    if algorithm == "ES256":
        r, s = utils.decode_dss_signature(der(private, text))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    if algorithm == "PS256":
        return private.sign(text, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    return private.sign(text, padding.PKCS1v15(), hashes.SHA256())


def part(value):
    # a text stands for JSON that no writer would make
    return base64url((value if isinstance(value, str) else json.dumps(value)).encode("utf-8"))


def token_of(algorithm, claims=None, header=None, sign=None):
    """A token; claims and header: {member: value or ABSENT} that are otherwise, or a text; sign: callable(bytes)."""
    head = header if isinstance(header, str) else changed({"alg": algorithm, "kid": "k", "typ": "JWT"}, header)
    body = claims if isinstance(claims, str) else changed(CLAIMS, claims)
    text = part(head) + "." + part(body)
    make = sign or (lambda data: signature(algorithm, PRIVATE[algorithm], data))
    return text + "." + base64url(make(text.encode("ascii")))


def changed(value, more):
    return {name: one for name, one in dict(value, **(more or {})).items() if one is not ABSENT}


def verify(token, keys, **more):
    given = dict(issuer=ISSUER, client=CLIENT, nonce=NONCE, find_key=keys.get, now=NOW, **more)
    return id_token.verify(token, **given)


def verify_as(algorithm, token, **more):
    return verify(token, {"k": jwk_of(PRIVATE[algorithm], kid="k", use="sig", alg=algorithm)}, **more)


# columns: id, what a good token may have otherwise
GOOD = [
    ("plain", {}),
    ("aud-list", {"aud": [CLIENT]}),
    ("aud-alone", {"azp": ABSENT}),
    ("several", {"aud": ["account", CLIENT]}),
    ("exp-leeway", {"exp": NOW - 59}),
    ("iat-leeway", {"iat": NOW + 60}),
    ("nbf", {"nbf": NOW + 60}),
    ("floats", {"exp": NOW + 0.5, "iat": NOW - 0.5}),
]


@every_algorithm
@pytest.mark.parametrize("claims", [row[1] for row in GOOD], ids=[row[0] for row in GOOD])
def test_a_good_token_verifies(algorithm, claims):
    assert verify_as(algorithm, token_of(algorithm, claims)) == changed(CLAIMS, claims)


# columns: id, the claims of a bad token, the reason
CLAIMED = [
    ("aud", {"aud": "other"}, "audience"),
    ("aud-list", {"aud": ["other"]}, "audience"),
    ("aud-none", {"aud": ABSENT}, "audience"),
    ("aud-dict", {"aud": {CLIENT: 1}}, "audience"),
    ("aud-part", {"aud": CLIENT + "2"}, "audience"),
    ("azp", {"azp": "other"}, "authorized party"),
    ("azp-null", {"azp": None}, "authorized party"),
    ("azp-list", {"azp": [CLIENT]}, "authorized party"),
    ("azp-of-several", {"aud": ["other", CLIENT], "azp": "other"}, "authorized party"),
    ("several-no-azp", {"aud": ["other", CLIENT], "azp": ABSENT}, "authorized party"),
    ("iss", {"iss": "https://evil.example.org"}, "issuer"),
    ("iss-slash", {"iss": ISSUER + "/"}, "issuer"),
    ("iss-none", {"iss": ABSENT}, "issuer"),
    ("iss-list", {"iss": [ISSUER]}, "issuer"),
    ("nonce", {"nonce": "n-2"}, "nonce"),
    ("nonce-umlaut", {"nonce": "ñ"}, "nonce"),
    ("nonce-none", {"nonce": ABSENT}, "nonce"),
    ("nonce-list", {"nonce": [NONCE]}, "nonce"),
    ("nonce-empty", {"nonce": ""}, "nonce"),
    ("exp", {"exp": NOW - 3600}, "expired"),
    ("exp-edge", {"exp": NOW - id_token.LEEWAY}, "expired"),
    ("exp-none", {"exp": ABSENT}, "expired"),
    ("exp-text", {"exp": str(NOW + 300)}, "expired"),
    ("exp-true", {"exp": True}, "expired"),
    ("exp-list", {"exp": [NOW + 300]}, "expired"),
    ("iat", {"iat": NOW + 3600}, "made in the future"),
    ("iat-huge", {"iat": 10**300}, "made in the future"),
    ("iat-none", {"iat": ABSENT}, "made in the future"),
    ("iat-text", {"iat": str(NOW)}, "made in the future"),
    ("iat-false", {"iat": False}, "made in the future"),
    ("nbf", {"nbf": NOW + 3600}, "not valid yet"),
    ("nbf-text", {"nbf": str(NOW)}, "not valid yet"),
    ("sub-none", {"sub": ABSENT}, "subject"),
    ("sub-empty", {"sub": ""}, "subject"),
    ("sub-number", {"sub": 1}, "subject"),
    ("sub-long", {"sub": "s" * 256}, "subject"),
    ("twice", json.dumps(CLAIMS)[:-1] + ', "sub": "s-2"}', "no token"),
    ("nan", json.dumps(CLAIMS)[:-1] + ', "nbf": NaN}', "no token"),
    ("infinite", json.dumps(CLAIMS)[:-1] + ', "a": 1e999}', "no token"),
    ("digits", json.dumps(CLAIMS)[:-1] + ', "a": 1%s}' % ("0" * 2000), "no token"),
    ("deep", "[" * 20000, "no token"),
    ("list", "[]", "no token"),
    ("no-json", "{", "no token"),
]


@every_algorithm
@pytest.mark.parametrize("claims, reason", [row[1:] for row in CLAIMED], ids=[row[0] for row in CLAIMED])
def test_bad_claims_prove_nothing(algorithm, claims, reason):
    with pytest.raises(NotVerified, match="^%s$" % reason):
        verify_as(algorithm, token_of(algorithm, claims))


# columns: id, the header of a bad token, the reason
HEADED = [
    ("none", {"alg": "none"}, "algorithm"),
    ("NoNe", {"alg": "NoNe"}, "algorithm"),
    ("alg-absent", {"alg": ABSENT}, "algorithm"),
    ("alg-list", {"alg": ["RS256"]}, "algorithm"),
    ("lower", {"alg": "rs256"}, "algorithm"),
    ("rs1", {"alg": "RS1"}, "algorithm"),
    ("rs512", {"alg": "RS512"}, "algorithm"),
    ("crit", {"crit": ["exp"]}, "critical header"),
    ("crit-null", {"crit": None}, "critical header"),
    ("no-kid", {"kid": ABSENT}, "unknown key"),
    ("kid", {"kid": "other"}, "unknown key"),
    ("kid-empty", {"kid": ""}, "unknown key"),
    ("kid-list", {"kid": ["k"]}, "unknown key"),
    ("twice", '{"alg": "none", "alg": "RS256", "kid": "k"}', "no token"),
    ("text", '"RS256"', "no token"),
]


@every_algorithm
@pytest.mark.parametrize("header, reason", [row[1:] for row in HEADED], ids=[row[0] for row in HEADED])
def test_bad_headers_prove_nothing(algorithm, header, reason):
    with pytest.raises(NotVerified, match="^%s$" % reason):
        verify_as(algorithm, token_of(algorithm, header=header))


@every_algorithm
def test_no_key_is_taken_from_the_token_itself(algorithm):
    other = OTHERS[algorithm]
    header = {"jwk": jwk_of(other, kid="k"), "jku": "https://evil.example.org/jwks", "x5u": "https://evil.example.org"}
    with pytest.raises(NotVerified, match="^signature$"):
        verify_as(algorithm, token_of(algorithm, header=header, sign=lambda text: signature(algorithm, other, text)))


def hmac_of(secret, text):
    return hmac.new(secret, text, hashlib.sha256).digest()


def test_the_public_key_is_no_secret_of_hs256():
    keys, jwk = PRIVATE["RS256"].public_key(), jwk_of(RSA, kid="k")
    spellings = [
        keys.public_bytes(encoding, form)
        for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER)
        for form in (serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.PKCS1)
    ]
    for secret in spellings + [json.dumps(jwk).encode("ascii"), jwk["n"].encode("ascii"), b""]:
        mac = functools.partial(hmac_of, secret)
        token = token_of("RS256", header={"alg": "HS256"}, sign=mac)
        for named in (jwk, {"kty": "oct", "k": base64url(secret), "kid": "k", "alg": "HS256"}):
            # not even where a configuration allowed it
            for allowed in (id_token.ALGORITHMS, ("HS256", "RS256")):
                with pytest.raises(NotVerified, match="^algorithm$"):
                    verify(token, {"k": named}, algorithms=allowed)


SIGNED = [(made, named) for made in id_token.ALGORITHMS for named in id_token.ALGORITHMS if made != named]


@pytest.mark.parametrize("made, named", SIGNED, ids="-as-".join)
def test_a_token_of_one_algorithm_is_none_of_another(made, named):
    def sign(text):
        return signature(made, PRIVATE[made], text)

    token = token_of(named, sign=sign)
    for algorithm in (made, named):
        for more in ({}, {"alg": made}, {"alg": named}):
            with pytest.raises(NotVerified):
                verify(token, {"k": jwk_of(PRIVATE[algorithm], **more)})


@every_algorithm
def test_only_allowed_algorithms_count(algorithm):
    token = token_of(algorithm)
    assert verify_as(algorithm, token, algorithms=(algorithm,))
    with pytest.raises(NotVerified, match="^algorithm$"):
        verify_as(algorithm, token, algorithms=set(id_token.ALGORITHMS) - {algorithm})


def halves(mark):
    return mark[:32], mark[32:]


def test_signatures_have_one_form():
    bad = {
        "ES256": [
            lambda text: der(EC, text),
            lambda text: signature("ES256", EC, text)[:63],
            lambda text: b"\0" + signature("ES256", EC, text),
            lambda text: b"\0".join(halves(signature("ES256", EC, text))),
            lambda text: bytes(64),
            lambda text: b"\xff" * 64,
        ],
        # another salt, and another hash inside
        "PS256": [
            lambda text: RSA.sign(text, padding.PSS(padding.MGF1(hashes.SHA256()), 20), hashes.SHA256()),
            lambda text: RSA.sign(text, padding.PSS(padding.MGF1(hashes.SHA1()), 32), hashes.SHA256()),
        ],
        "RS256": [
            lambda text: RSA.sign(text, padding.PKCS1v15(), hashes.SHA512()),
            lambda text: b"\0" + RSA.sign(text, padding.PKCS1v15(), hashes.SHA256()),
            lambda text: bytes(256),
            lambda text: b"\xff" * 256,
        ],
    }
    for algorithm, makers in bad.items():
        for sign in makers:
            with pytest.raises(NotVerified, match="^signature$"):
                verify_as(algorithm, token_of(algorithm, sign=sign))


SMALL, P384 = new_rsa(1024), ec.generate_private_key(ec.SECP384R1(), default_backend())
SMALL_TOKEN = token_of("RS256", sign=lambda text: signature("RS256", SMALL, text))
N, E = jwk_of(RSA)["n"], jwk_of(RSA)["e"]
# columns: id, algorithm of the token, its JWK, the reason
KEYS = [
    ("enc", "RS256", jwk_of(RSA, use="enc"), "key of another use"),
    ("use-list", "RS256", jwk_of(RSA, use=["sig"]), "key of another use"),
    ("alg", "RS256", jwk_of(RSA, alg="PS256"), "key of another use"),
    ("alg-enc", "RS256", jwk_of(RSA, alg="RSA-OAEP"), "key of another use"),
    ("ec", "RS256", jwk_of(EC), "key of another algorithm"),
    ("rsa", "ES256", jwk_of(RSA), "key of another algorithm"),
    ("bits", "RS256", jwk_of(SMALL), "unsuitable key"),
    ("huge", "RS256", {"kty": "RSA", "n": number(2**20000 + 1), "e": E}, "unsuitable key"),
    ("even", "RS256", {"kty": "RSA", "n": number(2**2047), "e": E}, "unsuitable key"),
    ("exponent", "RS256", {"kty": "RSA", "n": N, "e": number(2**64 + 1)}, "unsuitable key"),
    ("exponent-1", "RS256", {"kty": "RSA", "n": N, "e": "AQ"}, "damaged key"),
    ("exponent-0", "RS256", {"kty": "RSA", "n": N, "e": "AA"}, "damaged key"),
    ("padded", "RS256", {"kty": "RSA", "n": N, "e": E + "="}, "no token"),
    ("no-n", "RS256", {"kty": "RSA", "e": E}, "damaged key"),
    ("n-number", "RS256", {"kty": "RSA", "n": 2**2047 + 1, "e": E}, "damaged key"),
    ("oct", "RS256", {"kty": "oct", "k": N}, "unsuitable key"),
    ("okp", "ES256", {"kty": "OKP", "crv": "Ed25519", "x": jwk_of(EC)["x"]}, "unsuitable key"),
    ("curve", "ES256", jwk_of(EC, crv="P-384"), "unsuitable key"),
    ("point", "ES256", jwk_of(EC, x=jwk_of(OTHER_EC)["x"]), "damaged key"),
    ("zero", "ES256", jwk_of(EC, x="AA", y="AA"), "damaged key"),
    ("384", "ES256", dict(jwk_of(EC), x=number(2**383), y=number(2**383)), "damaged key"),
    ("empty", "ES256", {}, "unsuitable key"),
    ("null", "ES256", None, "unknown key"),
    ("text", "ES256", "k", "unknown key"),
]


@pytest.mark.parametrize("algorithm, jwk, reason", [row[1:] for row in KEYS], ids=[row[0] for row in KEYS])
def test_keys_that_do_not_fit_verify_nothing(algorithm, jwk, reason):
    token = SMALL_TOKEN if reason == "unsuitable key" and algorithm == "RS256" else token_of(algorithm)
    with pytest.raises(NotVerified, match="^%s$" % reason):
        verify(token, {"k": jwk})


def spoilt():
    head, body, mark = token_of("RS256").split(".")
    yield from (None, 5, b"a.b.c", [], {}, "", "garbage", "..", "a..b", head, head + "." + body, ".".join([head] * 4))
    yield from (head + "=." + body + "." + mark, head + "." + body + "=." + mark, head + "." + body + "." + mark + "==")
    yield from (".".join([head, body, mark[:-1]]), ".".join([head, body, mark + "A"]), ".".join([head, body, ""]))
    yield from (" " + ".".join([head, body, mark]), ".".join([head, body, mark]) + "\n", ".".join([head, "é", mark]))
    yield ".".join([head, body, mark.replace(mark[5], "+", 1)])
    yield ".".join([head, base64url(b"\xff\xfe"), mark])
    yield token_of("RS256", {"name": "x" * id_token.LONGEST})


@pytest.mark.parametrize("number", range(len(list(spoilt()))))
def test_what_is_no_token_proves_nothing(number):
    with pytest.raises(NotVerified, match="^(no token|signature)$"):
        verify_as("RS256", list(spoilt())[number])


def test_a_signature_has_one_spelling():
    # 256 and 64 bytes end with a character of which four bits belong to no byte
    for algorithm in id_token.ALGORITHMS:
        token = token_of(algorithm)
        for last in set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") - {token[-1]}:
            with pytest.raises(NotVerified):
                verify_as(algorithm, token[:-1] + last)


TOKENS = {algorithm: token_of(algorithm) for algorithm in id_token.ALGORITHMS}


@settings(MANY, max_examples=300)
@given(st.sampled_from(id_token.ALGORITHMS), st.data())
def test_a_changed_byte_makes_any_token_prove_nothing(algorithm, data):
    token = TOKENS[algorithm]
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABab09-_.=+ ") | st.characters())
    kinds = (token[:place] + letter + token[place + 1 :], token[:place] + letter + token[place:], token[:place])
    for other in kinds:
        if other != token:
            with pytest.raises(NotVerified):
                verify_as(algorithm, other)


@settings(MANY)
@given(st.text() | st.binary() | st.lists(st.text(), min_size=3, max_size=3).map(".".join) | JSON)
def test_anything_else_is_not_verified(value):
    with pytest.raises(NotVerified):
        verify(value, {"k": jwk_of(RSA)})


@settings(MANY)
@given(JSON, JSON, st.sampled_from(id_token.ALGORITHMS))
def test_any_json_in_a_signed_token_is_not_verified(header, claims, algorithm):
    signed = [("x", json.dumps(claims)), (json.dumps(header), None), ({}, json.dumps(claims))]
    for head, body in signed:
        with pytest.raises(NotVerified):
            verify_as(algorithm, token_of(algorithm, body, head))


@settings(MANY)
@given(st.sampled_from(sorted(CLAIMS)), JSON, st.sampled_from(id_token.ALGORITHMS))
def test_any_value_of_a_claim_verifies_or_does_not(name, value, algorithm):
    try:
        found = verify_as(algorithm, token_of(algorithm, {name: value}))
    except NotVerified:
        return
    assert found[name] == value and {n: found[n] for n in ("iss", "nonce")} == {"iss": ISSUER, "nonce": NONCE}


NUMBERS = (
    st.sampled_from([N, E, jwk_of(EC)["x"], jwk_of(EC)["y"], "", "AA", "AQAB", "_" * 342, "_" * 43, "é", "A=", "A+"])
    | st.binary(min_size=1, max_size=40).map(base64url)
    | st.binary(min_size=250, max_size=260).map(base64url)
    | JSON
)
JWKS = st.fixed_dictionaries(
    {"kty": st.sampled_from(["RSA", "EC", "oct", "rsa"]) | JSON, "crv": st.sampled_from(["P-256", "P-521"]) | JSON}
).flatmap(
    lambda some: st.dictionaries(st.sampled_from(["n", "e", "x", "y", "use", "alg"]), NUMBERS).map(
        lambda more: dict(some, **more)
    )
)


@settings(MANY, max_examples=300)
@given(JWKS | st.dictionaries(st.text() | st.sampled_from(["kty", "n", "e"]), JSON))
def test_any_key_is_one_or_is_not(jwk):
    try:
        id_token.public_key(jwk)
    except NotVerified:
        pass
    for token in TOKENS.values():
        if jwk.get("n") != N and jwk.get("x") != jwk_of(EC)["x"]:
            with pytest.raises(NotVerified):
                verify(token, {"k": jwk})
