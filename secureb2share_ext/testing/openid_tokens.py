"""What an OpenID provider for tests signs with, and the codes that its people type: JWS and TOTP by cryptography alone.

The forms are those of RFC 7515 (JWS, compact), RFC 7517 and 7518 (JWK, RS256, ES256, PS256) and RFC 6238 (TOTP).
"""

import base64
import hmac
import json
import secrets
import struct
from typing import Any, Dict

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

ALGORITHMS = ("RS256", "ES256", "PS256")
PERIOD = 30  # seconds of a code


def base64url(data: bytes) -> str:
    """Base64 for URLs without padding, as RFC 7515 writes it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def totp(secret: str, at: float) -> str:
    """The code of six digits at a time (seconds since 1970); secret: Base32, as authenticators take it."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
    mac = hmac.new(key, struct.pack(">Q", int(at) // PERIOD), "sha1").digest()
    number = struct.unpack(">I", mac[mac[-1] & 15 :][:4])[0] & 0x7FFFFFFF
    return "%06d" % (number % 10**6)


class Signer:
    """A private key, made anew, that signs tokens by one of ALGORITHMS; `kid` names it."""

    def __init__(self, algorithm: str = "RS256") -> None:
        if algorithm not in ALGORITHMS:
            raise ValueError("The algorithm %r is none of %s." % (algorithm, ", ".join(ALGORITHMS)))
        self.algorithm, self.kid = algorithm, secrets.token_hex(8)
        is_curve = algorithm == "ES256"
        self._key: Any = ec.generate_private_key(ec.SECP256R1()) if is_curve else rsa.generate_private_key(65537, 2048)

    def jwk(self) -> Dict[str, str]:
        """The public key as a JWK."""
        numbers = self._key.public_key().public_numbers()
        described = {"kid": self.kid, "use": "sig", "alg": self.algorithm}
        if self.algorithm == "ES256":
            return dict(described, kty="EC", crv="P-256", x=_number(numbers.x, 32), y=_number(numbers.y, 32))
        return dict(described, kty="RSA", n=_number(numbers.n, 256), e=_number(numbers.e, 3))

    def public_pem(self) -> bytes:
        """The public key as PEM, the secret of a forger who hopes that HS256 is taken."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key.public_key().public_bytes(serialization.Encoding.PEM, form)

    def sign(self, text: bytes) -> bytes:
        """The signature of a text, as RFC 7518 writes it."""
        if self.algorithm == "ES256":
            pair = decode_dss_signature(self._key.sign(text, ec.ECDSA(hashes.SHA256())))
            return b"".join(number.to_bytes(32, "big") for number in pair)
        if self.algorithm == "PS256":
            mask = padding.MGF1(hashes.SHA256())
            return self._key.sign(text, padding.PSS(mask, hashes.SHA256.digest_size), hashes.SHA256())
        return self._key.sign(text, padding.PKCS1v15(), hashes.SHA256())

    def header(self) -> Dict[str, str]:
        """The header of what this key signs."""
        return {"alg": self.algorithm, "kid": self.kid, "typ": "JWT"}

    def token(self, header: Dict[str, Any], claims: Dict[str, Any]) -> str:
        """A token of this header and these claims, signed by this key whatever the header says."""
        text = unsigned(header, claims)
        return text + "." + base64url(self.sign(text.encode("ascii")))


def unsigned(header: Dict[str, Any], claims: Dict[str, Any]) -> str:
    """The two parts of a token that its signature is over."""
    return ".".join(base64url(json.dumps(part).encode("utf-8")) for part in (header, claims))


def _number(number, size):
    return base64url(number.to_bytes(size, "big"))
