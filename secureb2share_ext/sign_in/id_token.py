"""The verification of an id token (OpenID Connect Core 1.0, 3.1.3.7), before anything else looks at it. Pure.

Signatures are RS256, PS256 and ES256 (RFC 7518), by a key that the issuer publishes and the token names. What a token
says of its own algorithm chooses among those that the configuration allows, and never beyond.
"""

import binascii
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Callable, Collection, Dict, Optional

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.backends import default_backend
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from ..descriptions import strict_json
from ..errors import Invalid, NotVerified

ALGORITHMS = ("RS256", "PS256", "ES256")
LEEWAY = 60  # seconds by which the clocks may differ
LONGEST = 100000  # characters
SMALLEST, LARGEST = 2048, 8192  # bits of an RSA key; a larger one would cost seconds for each token
LARGEST_EXPONENT = 2**32  # as above
TEXT = re.compile(r"[A-Za-z0-9_-]+\Z")


def verify(
    token: Any,
    issuer: str,
    client: str,
    nonce: str,
    find_key: Callable[[str], Optional[Dict[str, Any]]],
    now: float,
    algorithms: Collection[str] = ALGORITHMS,
) -> Dict[str, Any]:
    """The claims of an id token; raises NotVerified.

    client: our id at the provider; nonce: of this sign-in; find_key: {member: value} of the JWK (RFC 7517) with a kid,
    or None; now: seconds since 1970.
    """
    if not isinstance(token, str) or len(token) > LONGEST or token.count(".") != 2:
        raise NotVerified("no token")
    head, body, mark = token.split(".")
    header, claims = _object(head), _object(body)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm not in ALGORITHMS:
        raise NotVerified("algorithm")
    if "crit" in header:
        raise NotVerified("critical header")
    _check_signature(algorithm, _key(header, algorithm, find_key), (head + "." + body).encode("ascii"), _bytes(mark))
    _check_parties(claims, issuer, client)
    _check_times(claims, now)
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode("utf-8"), nonce.encode("utf-8")):
        raise NotVerified("nonce")
    return claims


def _bytes(text):
    if not TEXT.match(text):
        raise NotVerified("no token")
    try:
        found = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise NotVerified("no token")
    # the last character may hold bits that belong to no byte: a token has one spelling (RFC 4648, 3.5)
    if urlsafe_b64encode(found).decode("ascii").rstrip("=") != text:
        raise NotVerified("no token")
    return found


def _object(text):
    try:
        found = strict_json.parse(_bytes(text))
    except Invalid:
        raise NotVerified("no token")
    if not isinstance(found, dict):
        raise NotVerified("no token")
    return found


def _key(header, algorithm, find_key):
    kid = header.get("kid")
    jwk = find_key(kid) if isinstance(kid, str) and kid else None
    if not isinstance(jwk, dict):
        raise NotVerified("unknown key")
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithm) != algorithm:
        raise NotVerified("key of another use")
    return public_key(jwk)


def public_key(jwk: Dict[str, Any]) -> Any:
    """The public key of cryptography in a JWK of RSA or of the curve P-256; raises NotVerified."""
    try:
        numbers = {name: int.from_bytes(_bytes(jwk[name]), "big") for name in ("n", "e", "x", "y") if name in jwk}
        if jwk.get("kty") == "RSA" and _is_fit(numbers["n"], numbers["e"]):
            return rsa.RSAPublicNumbers(numbers["e"], numbers["n"]).public_key(default_backend())
        if jwk.get("kty") == "EC" and jwk.get("crv") == "P-256":
            return ec.EllipticCurvePublicNumbers(numbers["x"], numbers["y"], ec.SECP256R1()).public_key(
                default_backend()
            )
    except (KeyError, TypeError, ValueError):
        raise NotVerified("damaged key")
    raise NotVerified("unsuitable key")


def _is_fit(modulus, exponent):
    return SMALLEST <= modulus.bit_length() <= LARGEST and modulus % 2 == 1 and exponent < LARGEST_EXPONENT


def _check_signature(algorithm, key, signed, mark):
    is_curve = algorithm == "ES256"
    if is_curve is not isinstance(key, ec.EllipticCurvePublicKey):
        raise NotVerified("key of another algorithm")
    try:
        if is_curve:
            if len(mark) != 64:
                raise NotVerified("signature")
            pair = (int.from_bytes(mark[:32], "big"), int.from_bytes(mark[32:], "big"))
            key.verify(utils.encode_dss_signature(*pair), signed, ec.ECDSA(hashes.SHA256()))
        elif algorithm == "PS256":
            key.verify(mark, signed, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        else:
            key.verify(mark, signed, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        raise NotVerified("signature")


def _check_parties(claims, issuer, client):
    if claims.get("iss") != issuer:
        raise NotVerified("issuer")
    audience = claims.get("aud")
    audience = [audience] if isinstance(audience, str) else audience
    if not isinstance(audience, list) or client not in audience:
        raise NotVerified("audience")
    # a token for several has to say who asked for it
    if claims.get("azp", client if len(audience) == 1 else None) != client:
        raise NotVerified("authorized party")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise NotVerified("subject")


def _check_times(claims, now):
    ends, made, begins = (claims.get(name) for name in ("exp", "iat", "nbf"))
    if not _is_number(ends) or ends <= now - LEEWAY:
        raise NotVerified("expired")
    if not _is_number(made) or made > now + LEEWAY:
        raise NotVerified("made in the future")
    if begins is not None and (not _is_number(begins) or begins > now + LEEWAY):
        raise NotVerified("not valid yet")


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)
