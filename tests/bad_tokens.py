"""Id tokens that no client may take, or not as strong ones: what a provider of tests does to those that it signs.

bad_tokens.serve(provider, "aud") has an OpenIdProvider give them until bad_tokens.serve(provider, None).
"""

import functools
import hashlib
import hmac

from secureb2share_ext.testing.openid_tokens import Signer, base64url, unsigned

HOUR = 3600  # seconds


def _claims(**changed):
    """A change of claims: to a value, to what a callable makes of the old one, or away by None."""

    def tamper(signer, header, claims):
        for name, one in changed.items():
            claims[name] = one(claims.get(name)) if callable(one) else one
            if claims[name] is None:
                del claims[name]

    return tamper


def _later(seconds):
    return lambda at: at + seconds


def _unsigned(algorithm):
    def tamper(signer, header, claims):
        return unsigned({"alg": algorithm, "typ": "JWT"}, claims) + "."

    return tamper


def _by_public_key(signer, header, claims):
    text = unsigned(dict(header, alg="HS256"), claims)
    return text + "." + base64url(hmac.new(signer.public_pem(), text.encode("ascii"), hashlib.sha256).digest())


def _by_other_key(signer, header, claims):
    return Signer(signer.algorithm).token(header, claims)


def _by_embedded_key(signer, header, claims):
    other = Signer(signer.algorithm)
    return other.token(dict(other.header(), jwk=other.jwk()), claims)


def _without_kid(signer, header, claims):
    del header["kid"]


def _with_other_kid(signer, header, claims):
    header["kid"] = "other"


# whoever takes one of these takes anybody's: {name: callable(signer, header, claims) -> None or the token}
REFUSED = {
    "aud": _claims(aud="other"),
    "audlist": _claims(aud=lambda ours: ["other", ours], azp="other"),
    "iss": _claims(iss="https://other.example.org"),
    "nonce": _claims(nonce="other"),
    "nononce": _claims(nonce=None),
    "exp": _claims(exp=_later(-HOUR - 300)),
    "iatfuture": _claims(iat=_later(HOUR), exp=_later(HOUR)),
    "none": _unsigned("none"),
    "NoNe": _unsigned("NoNe"),
    "hs256": _by_public_key,
    "wrongkey": _by_other_key,
    "garbage": lambda signer, header, claims: "garbage",
    "nokid": _without_kid,
    # right as a token, and somebody else with the same address
    "sub": _claims(sub="other"),
    # more than the table of attacks has
    "azp": _claims(azp="other"),
    "noaud": _claims(aud=None),
    "noiss": _claims(iss=None),
    "noexp": _claims(exp=None),
    "noiat": _claims(iat=None),
    "nosub": _claims(sub=None),
    "exptext": _claims(exp="later"),
    "otherkid": _with_other_kid,
    "embedded": _by_embedded_key,
}
# a login by these is right, and no strong one
WEAK = {
    "stale": _claims(auth_time=_later(-2 * HOUR)),
    "noauthtime": _claims(auth_time=None),
    "noacr": _claims(acr=None),
    "acrlist": _claims(acr=lambda ours: [ours]),
    "acrlow": _claims(acr="password"),
    # more than the table of attacks has
    "authtimetext": _claims(auth_time=str),
    "authtimefuture": _claims(auth_time=_later(HOUR)),
    "noamr": _claims(amr=None),
    "amrlow": _claims(amr=["pwd"]),
    "amrtext": _claims(amr="pwd otp mfa"),
}
TAMPERINGS = dict(REFUSED, **WEAK)


def serve(provider, name):
    """Have a provider give tokens that are bad in this way, a key of TAMPERINGS, or good ones by None."""
    provider.tamper = functools.partial(TAMPERINGS[name], provider.signer) if name else None
