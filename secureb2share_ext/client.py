"""The client of the catalogue for the secure side: it signs what it sends, and verifies what comes back.

It is one file, for Python 3.6 and later, that can be carried into a closed environment: it needs `cryptography` and
`requests`, neither Flask nor Invenio nor the rest of this package. The catalogue signs and verifies with the same
functions.

    from client import Client, new_key
    private, public = new_key()                          # the operator configures `public` for this source
    catalogue = Client("https://catalogue.example.org", "tsd", private)
    answer = catalogue.register("p11-moba-2024", description)    # {"pid": ..., "access_url": ..., ...}

Formats: Standard Webhooks 1.0.0 (``v1a`` Ed25519, ``v1`` HMAC-SHA256 over ``id.timestamp.body``; keys ``whsk_``,
``whpk_``, ``whsec_``), RFC 7515 compact JWS and RFC 8037 EdDSA for references, RFC 7638 thumbprints as key ids.
"""

import base64
import binascii
import calendar
import datetime
import functools
import hashlib
import hmac
import json
import re
import time
import uuid
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, Union
from urllib.parse import quote

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

TOLERANCE = 300  # seconds that a timestamp may differ (Standard Webhooks)
ATTEMPTS = 3  # sends of one message before the caller is told
TIMEOUT = 30  # seconds
BATCH, BATCH_BYTES = 500, 1000000  # envelopes and bytes of one request
SIGNATURES = 4  # of one message
LEAST_BYTES = 8  # different ones in a shared secret; of 24 random bytes, fewer differ once in 10**25 times
PRIME = 2**255 - 19  # of the field of Ed25519
# the y of the points whose order divides 8: orders 4, 1, 2, and twice 8
_EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
# the key of the example in docs/reference/registration.md, and the secret in that of Standard Webhooks
EXAMPLES = ("whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
SMALL_ORDER = frozenset([0, 1, PRIME - 1, _EIGHTH, PRIME - _EIGHTH])
# the codes of `sensitive.access_mode`: work goes on inside, or files get out to who was approved
INSIDE = "secure-environment-only"
DOWNLOADS = ("file-api", "publication-portal", "download-after-agreement")
SOURCE_HEADER = "secureb2share-source"  # of a bulk: the percent-encoded name of the source whose keys verify it
IN_PATH = "base64url:"  # before the encoded form of an identifier in a path; no identifier begins with it
ROUTES = ("state", "decisions", "receipt", "transfer", "erase", "attest")  # last segments of paths that are routes


class ClientError(Exception):
    """An exchange between the secure side and the catalogue did not succeed."""


class NotVerified(ClientError):
    """The signature, the time or the form of a message or reference is not valid."""


class Refused(ClientError):
    """The catalogue refused a message: `status` (int), `code` (str), `problem` (the RFC 9457 body as dict)."""

    def __init__(self, status: int, problem: Dict[str, Any]) -> None:
        self.status = status
        self.problem = problem
        self.code = problem.get("code", "")
        errors = problem.get("errors")
        errors = [e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []
        faults = "; ".join("%s %s" % (e.get("field"), e.get("message")) for e in errors)
        super().__init__("%s %s: %s" % (status, self.code, faults or problem.get("detail", "")))


def canonical(value: Any) -> bytes:
    """The one byte form of a JSON value: sorted keys, no spaces, UTF-8 (RFC 8785 for data without floats)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8")


def digest(body: bytes) -> str:
    """SHA-256 of `body` (bytes) as lower-case hex."""
    return hashlib.sha256(body).hexdigest()


def _b64url(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _from_b64url(text):
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _b64url(raw) != text:
        raise ValueError("not canonical base64url")
    return raw


def _secret(key, prefix):
    if not key.startswith(prefix):
        raise ValueError("a key that starts with %s is needed here" % prefix)
    return base64.b64decode(key[len(prefix) :], validate=True)


def key_fault(key: Any, prefixes: Sequence[str] = ("whpk_", "whsec_")) -> Optional[str]:
    """The reason why a value is no key of these kinds, or None; a shared secret has 24 to 64 bytes.

    A public key for which anybody could sign is none, nor is a secret of few different bytes.
    """
    prefix = next((p for p in prefixes if isinstance(key, str) and key.startswith(p)), None)
    if prefix is None:
        return "must start with %s" % " or ".join(prefixes)
    try:
        raw = _secret(key, prefix)
    except ValueError:
        return "is not base64 behind its prefix"
    least, most = {"whpk_": (32, 32), "whsk_": (32, 64), "whsec_": (24, 64)}[prefix]
    if not least <= len(raw) <= most:
        return "has the wrong length"
    if key in EXAMPLES:
        return "is an example in public documentation: everybody can sign with it"
    if prefix == "whpk_" and _has_small_order(raw):
        return "is a point of small order, for which anybody can sign"
    if prefix == "whsec_" and len(set(raw)) < LEAST_BYTES:
        return "repeats few bytes: it was not drawn at random"
    return None


def _has_small_order(raw):
    # the sign of x does not matter, and a y above the prime is another spelling of one below it
    return (int.from_bytes(raw, "little") & (2**255 - 1)) % PRIME in SMALL_ORDER


def fingerprint(key: str) -> str:
    """What names a key in logs and reports: 16 hex digits of the SHA-256 of its bytes, which tell nothing of them."""
    return digest(_secret(key, key[: key.index("_") + 1]))[:16]


@functools.lru_cache(maxsize=16)  # reading a key takes as long as signing with it
def _private(key):
    return Ed25519PrivateKey.from_private_bytes(_secret(key, "whsk_")[:32])


def _raw_public(key):
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def new_key() -> Tuple[str, str]:
    """A fresh Ed25519 pair: ("whsk_...", "whpk_...")."""
    key = Ed25519PrivateKey.generate()
    raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    pair = (
        "whsk_" + base64.b64encode(raw).decode("ascii"),
        "whpk_" + base64.b64encode(_raw_public(key.public_key())).decode("ascii"),
    )
    return pair


def public_of(private: str) -> str:
    """The public key "whpk_..." of a private key "whsk_..."."""
    return "whpk_" + base64.b64encode(_raw_public(_private(private).public_key())).decode("ascii")


def to_jwk(public: str) -> Dict[str, str]:
    """The JWK of a "whpk_..." (RFC 8037), its `kid` being the RFC 7638 thumbprint."""
    jwk = {"crv": "Ed25519", "kty": "OKP", "x": _b64url(_secret(public, "whpk_"))}
    kid = _b64url(hashlib.sha256(canonical(jwk)).digest())
    return dict(jwk, kid=kid, alg="EdDSA", use="sig")


def from_jwk(jwk: Mapping[str, str]) -> str:
    """The "whpk_..." of an Ed25519 JWK."""
    return "whpk_" + base64.b64encode(_from_b64url(jwk["x"])).decode("ascii")


def sign(key: str, message_id: str, timestamp: int, body: bytes) -> str:
    """One Standard Webhooks signature, "v1a,..." or "v1,...", of `body` (bytes) at `timestamp` (int, seconds)."""
    content = ("%s.%d." % (message_id, timestamp)).encode("utf-8") + body
    if key.startswith("whsec_"):
        raw = hmac.new(_secret(key, "whsec_"), content, hashlib.sha256).digest()
        return "v1," + base64.b64encode(raw).decode("ascii")
    return "v1a," + base64.b64encode(_private(key).sign(content)).decode("ascii")


def signed_headers(key: str, message_id: str, body: bytes, now: Optional[float] = None) -> Dict[str, str]:
    """The three Standard Webhooks headers for `body`, stamped with the current time."""
    timestamp = int(time.time() if now is None else now)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(key, message_id, timestamp, body),
    }


def _holds(key, version, given, content):
    try:
        raw = base64.b64decode(given, validate=True)
        if version == "v1" and key.startswith("whsec_"):
            return hmac.compare_digest(raw, hmac.new(_secret(key, "whsec_"), content, hashlib.sha256).digest())
        if version == "v1a" and key.startswith("whpk_"):
            Ed25519PublicKey.from_public_bytes(_secret(key, "whpk_")).verify(raw, content)
            return True
    except (InvalidSignature, ValueError, binascii.Error):
        pass
    return False


def verify(
    keys: Iterable[str],
    headers: Mapping[str, str],
    body: bytes,
    now: Optional[float] = None,
    tolerance: float = TOLERANCE,
) -> Tuple[str, str]:
    """The id of the message and the key that signed it; raises NotVerified.

    keys: "whpk_..." and "whsec_..." strings, tried in turn; headers: a mapping with lower-case or case-insensitive
    names, with at most 4 signatures; body: bytes; tolerance: seconds that the message may be old. It may come from 5
    minutes ahead.
    """
    message_id, stamp, signatures = (headers.get("webhook-" + name) or "" for name in ("id", "timestamp", "signature"))
    if not (message_id and stamp and signatures):
        raise NotVerified("The headers webhook-id, webhook-timestamp and webhook-signature are all needed.")
    if len(message_id) > 255 or not re.match(r"[0-9]{1,12}\Z", stamp):
        raise NotVerified("webhook-id or webhook-timestamp is not of the right form.")
    age = (time.time() if now is None else now) - int(stamp)
    if age > tolerance or -age > TOLERANCE:
        raise NotVerified("webhook-timestamp differs from the clock by more than %d seconds." % tolerance)
    every = signatures.split(" ", SIGNATURES)
    if len(every) > SIGNATURES:
        raise NotVerified("webhook-signature has more than %d signatures." % SIGNATURES)
    content = ("%s.%s." % (message_id, stamp)).encode("utf-8") + body
    for signature in every:
        version, _, given = signature.partition(",")
        for key in keys:
            if _holds(key, version, given, content):
                return message_id, key
    raise NotVerified("No signature in webhook-signature was made with a known key.")


def to_path(identifier: str) -> str:
    """The identifier of a dataset as it stands in a path (decoded): itself, or "base64url:" and its UTF-8 in base64url.

    As it is stands what no proxy, server or browser changes: ASCII letters, digits and ``-._~:/``, without a segment
    that is empty, ``.`` or ``..``, and without a route at the end. `from_path` gives the identifier back.
    """
    if _stands_as_it_is(identifier) and re.match(r"[A-Za-z0-9._~:/-]+\Z", identifier):
        return identifier
    return IN_PATH + _b64url(identifier.encode("utf-8"))


def from_path(text: str) -> str:
    """The identifier that a path (decoded) names, in either form; raises ValueError with the reason.

    The encoded form is one for every identifier (RFC 4648, section 5, without padding), also for one that could stand
    in the path as it is.
    """
    if text.startswith(IN_PATH):
        try:
            return _from_b64url(text[len(IN_PATH) :]).decode("utf-8")
        except ValueError:
            raise ValueError("is not %s and the UTF-8 of an identifier in base64url without padding" % IN_PATH)
    if not _stands_as_it_is(text):
        raise ValueError(
            "cannot stand in an address as it is: write %s and its UTF-8 in base64url without padding there" % IN_PATH
        )
    return text


def _stands_as_it_is(text):
    segments = text.split("/")
    is_encoded = text[: len(IN_PATH)].lower() == IN_PATH
    return not is_encoded and not {"", ".", ".."} & set(segments) and segments[-1] not in ROUTES


def target(path: str, query: str = "") -> str:
    """The part of a URL behind its host: the path (decoded), percent-encoded in the one way, and the query as sent."""
    return quote(path, safe="/~") + ("?" + query if query else "")


def bare(catalogue: str, method: str, path: str, query: str = "") -> bytes:
    """The bytes that stand in the body's place in the signature of a request without a body.

    catalogue: the name that the catalogue gives itself; path: decoded; query: as sent.
    """
    return ("%s %s %s" % (catalogue, method.upper(), target(path, query))).encode("utf-8")


def whole(query: str, body: bytes) -> bytes:
    """The bytes that are signed of a request that brings many messages: its query as sent, a line feed, and its body.

    No query has a line feed in it, so that these bytes are those of one query and one body alone.
    """
    return query.encode("latin-1") + b"\n" + body


def may_pass(status: int) -> bool:
    """Whether a message that was refused with this HTTP status may be accepted when it is sent again as it is."""
    return status >= 500 and status != 501


def now_utc() -> str:
    """The current time as the RFC 3339 string that `issued` holds, in microseconds."""
    return datetime.datetime.fromtimestamp(time.time(), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_utc(text: str) -> datetime.datetime:
    """The naive UTC datetime of an `issued` string; raises ValueError."""
    for form in ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.datetime.strptime(text, form)
        except ValueError:
            continue
    raise ValueError("not a UTC time such as 2026-01-31T12:00:00Z")


def mint_reference(private: str, claims: Dict[str, Any]) -> str:
    """A compact JWS over `claims`, its header exactly alg EdDSA and the key's kid; equal input, equal token."""
    head = {"alg": "EdDSA", "kid": to_jwk(public_of(private))["kid"]}
    signing_input = "%s.%s" % (_b64url(canonical(head)), _b64url(canonical(claims)))
    return "%s.%s" % (signing_input, _b64url(_private(private).sign(signing_input.encode("ascii"))))


def verify_reference(token: str, jwks: Dict[str, Any], issuer: Optional[str] = None) -> Dict[str, Any]:
    """The claims of an access reference; raises NotVerified.

    jwks: the JWK set that the catalogue publishes at /api/datasets/keys (dict); issuer: the catalogue's base URL.
    The reference says which dataset of which catalogue is meant. It names no person and grants nothing.
    """
    try:
        head_part, claims_part, signature = token.split(".")
        head = json.loads(_from_b64url(head_part).decode("utf-8"))
        if not isinstance(head, dict) or set(head) != {"alg", "kid"} or head["alg"] != "EdDSA":
            raise ValueError("the header must be exactly alg EdDSA and a kid")
        jwk = {k["kid"]: k for k in jwks.get("keys", [])}.get(head["kid"])
        if jwk is None:
            raise ValueError("its key is not among the published ones")
        raw = _from_b64url(jwk["x"])
        signing_input = ("%s.%s" % (head_part, claims_part)).encode("ascii")
        Ed25519PublicKey.from_public_bytes(raw).verify(_from_b64url(signature), signing_input)
        claims = json.loads(_from_b64url(claims_part).decode("utf-8"))
        if set(claims) != {"iss", "pid", "revision", "source", "identifier", "iat"}:
            raise ValueError("its claims are not those of an access reference")
        if issuer is not None and claims["iss"] != issuer:
            raise ValueError("another catalogue issued it")
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotVerified("The reference is not valid: %s." % (str(error) or "its signature is wrong"))
    return claims


def verify_event(
    headers: Mapping[str, str],
    body: bytes,
    jwks: Optional[Dict[str, Any]] = None,
    secret: Optional[str] = None,
    issuer: Union[str, Sequence[str], None] = None,
    target: Optional[str] = None,
) -> Dict[str, Any]:
    """The CloudEvent in `body` (bytes), signed by the catalogue; raises NotVerified.

    jwks: the published JWK set, or secret: the "whsec_..." agreed on; issuer: the catalogue's base URL, or several of
    them after it changed; target: the name that the catalogue gives this receiver. A receiver gives issuer and target,
    so that it takes no event of another catalogue or for another receiver. It keeps the ids that it has seen: every
    event is delivered at least once, and one id always has the same body.
    """
    message_id, _ = verify([secret] if secret else _published(jwks), headers, body)
    try:
        event = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        raise NotVerified("What was signed is not an event.")
    if event.get("id") != message_id:
        raise NotVerified("The event's id is not the message's id.")
    issuers = (issuer,) if isinstance(issuer, str) else issuer
    if issuers is not None and event.get("source") not in issuers:
        raise NotVerified("The event comes from another catalogue.")
    if target is not None and event.get("target") != target:
        raise NotVerified("The event is for another target.")
    return event


def _published(jwks):
    """The Ed25519 keys of a JWK set; others, and those for which anybody could sign, are passed over."""
    found = []
    for jwk in (jwks or {}).get("keys", []):
        try:
            key = from_jwk(jwk) if (jwk["kty"], jwk["crv"]) == ("OKP", "Ed25519") else None
        except (ValueError, KeyError, TypeError):
            continue
        if key is not None and not _has_small_order(_secret(key, "whpk_")):
            found.append(key)
    return found


def line(key: str, body: bytes, message_id: Optional[str] = None, now: Optional[float] = None) -> bytes:
    """One envelope as a line of bytes, for `Client.send_many` or a file that the catalogue ingests.

    body: bytes from `Client.envelope`; now: seconds since 1970. Written again with another time or key, a line with
    the same id and body has its one effect still.
    """
    message_id, timestamp = message_id or str(uuid.uuid4()), int(time.time() if now is None else now)
    signed = sign(key, message_id, timestamp, body)
    named = {"id": message_id, "timestamp": timestamp, "signature": signed, "body": body.decode("utf-8")}
    return canonical(named) + b"\n"


def receipt(event: Dict[str, Any], body: bytes, receipt_id: Optional[str]) -> Dict[str, Any]:
    """The answer that acknowledges an event: what a receiver returns with a status of 200."""
    return {
        "catalogue": event["source"],
        "dataset_id": event["data"]["identifier"],
        "receipt_id": receipt_id,
        "received_at": now_utc(),
        "digest": digest(body),
    }


def access_modes(dataset: Mapping[str, Any]) -> List[str]:
    """The codes of `sensitive.access_mode` in a description, in its order; [] where it states none.

    dataset: the `dataset` of a registration, or of an event's `data`, whatever else is wrong with it.
    """
    sensitive = dataset.get("sensitive")
    modes = sensitive.get("access_mode") if isinstance(sensitive, dict) else None
    return [mode for mode in modes if isinstance(mode, str)] if isinstance(modes, list) else []


def may_download(dataset: Mapping[str, Any]) -> bool:
    """Whether an approved requester may get files of a dataset out, or else works with them inside only.

    True where the description names a way by which files get out, and does not say that the data stay inside. Ask it at
    each download, and not only at the approval, for the description may have changed. dataset: as for `access_modes`.
    """
    modes = access_modes(dataset)
    return INSIDE not in modes and any(mode in DOWNLOADS for mode in modes)


def ways(dataset: Mapping[str, Any], configured: Mapping[str, str]) -> Dict[str, str]:
    """The ways {code: address} that are open to an approved requester of a dataset, in the order of its description.

    Show them after the approval, and not before. A way that is not configured is left out, and so is each by which
    files would get out where `may_download` is False. dataset: as for `access_modes`; configured: {code: address where
    it begins} of the secure side, the same as `ways` of the source in the catalogue.
    """
    downloads = may_download(dataset)
    open_ones = [mode for mode in access_modes(dataset) if downloads or mode not in DOWNLOADS]
    return {mode: configured[mode] for mode in open_ones if mode in configured}


def split(lines: Iterable[bytes]) -> Iterator[List[bytes]]:
    """Yield the lines in batches that one request may bring; raises ClientError where one line is too long."""
    batch: List[bytes] = []
    size = 0
    for envelope in lines:
        if len(envelope) > BATCH_BYTES:
            raise ClientError(
                "One envelope has %d bytes; a request may have at most %d." % (len(envelope), BATCH_BYTES)
            )
        if len(batch) == BATCH or size + len(envelope) > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(envelope)
        size += len(envelope)
    if batch:
        yield batch


def _named(envelope):
    """{identifier} of the datasets on which an envelope line builds; empty for one that is none."""
    try:
        said = json.loads(json.loads(envelope.decode("utf-8"))["body"])
        version = said.get("dataset", {}).get("version", {})
        named = (said["identifier"], version.get("replaces"), said.get("successor"))
        return {name for name in named if isinstance(name, str)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()


def _held(envelope, failed):
    """The answer to an envelope line that builds on one that failed, or None; failed: {identifier: answer}."""
    named = _named(envelope) if failed else set()
    earlier = next((failed[name] for name in sorted(named) if name in failed), None)
    if earlier is None:
        return None
    failed.update(dict.fromkeys(named, earlier))
    said = json.loads(envelope.decode("utf-8"))
    identifier = json.loads(said["body"])["identifier"]
    return {"id": said["id"], "identifier": identifier, "status": earlier["status"], "problem": earlier["problem"]}


class Client:
    """One source's side of the registration interface; every call signs, sends, and raises Refused on a refusal.

    base_url: where the catalogue is reached; source: the name that it configured; key: "whsk_..." or "whsec_...";
    prefix: the path of its REST interface; catalogue: the name that the catalogue gives itself, which each message
    carries, where it is another than base_url.
    """

    def __init__(
        self,
        base_url: str,
        source: str,
        key: str,
        session: Optional[requests.Session] = None,
        prefix: str = "/api",
        catalogue: Optional[str] = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.catalogue = (catalogue or base_url).rstrip("/")
        self.source = source
        self.key = key
        self.prefix = prefix
        self.session = session or requests.Session()
        # a signed message needs no cookie, and one of a host with CSRF protection would need a second secret
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def register(
        self,
        identifier: str,
        dataset: Dict[str, Any],
        tenant: Optional[str] = None,
        issued: Optional[str] = None,
        message_id: Optional[str] = None,
    ) -> Dict[str, Any]:
        """Publish or change the description of a dataset; a repetition with the same `message_id` has one effect."""
        return self._act("PUT", identifier, "", "register", issued, message_id, tenant=tenant, dataset=dataset)

    def set_state(
        self,
        identifier: str,
        state: str,
        reason: str,
        successor: Optional[str] = None,
        issued: Optional[str] = None,
        message_id: Optional[str] = None,
        confirm: bool = False,
    ) -> Dict[str, Any]:
        """Move a dataset to active, suspended, superseded (with the successor's identifier) or withdrawn.

        confirm: many withdrawals or supersessions are meant; without it the catalogue refuses one that would be too
        many in a day, and so it does for a key that is limited to tenants.
        """
        members = {"state": state, "reason": reason, "successor": successor}
        if confirm:
            members["confirm"] = "withdrawals"
        return self._act("POST", identifier, "/state", "state", issued, message_id, **members)

    def report_decision(
        self,
        identifier: str,
        application: str,
        state: str,
        issued: Optional[str] = None,
        message_id: Optional[str] = None,
    ) -> Dict[str, Any]:
        """Tell that an application (its id, no person) was submitted, approved, denied or closed: it is counted."""
        return self._act(
            "POST", identifier, "/decisions", "decision", issued, message_id, application=application, state=state
        )

    def transfer(
        self,
        identifier: str,
        tenant: str,
        contact: Optional[Dict[str, Any]] = None,
        issued: Optional[str] = None,
        message_id: Optional[str] = None,
    ) -> Dict[str, Any]:
        """Move a dataset to another tenant, with a new role contact if one is given; this key must be for both."""
        return self._act(
            "POST", identifier, "/transfer", "transfer", issued, message_id, tenant=tenant, contact=contact
        )

    def acknowledge(
        self,
        event: Dict[str, Any],
        body: bytes,
        receipt_id: Optional[str] = None,
        issued: Optional[str] = None,
        message_id: Optional[str] = None,
    ) -> Dict[str, Any]:
        """Tell that an event (from `verify_event`, with its `body` as bytes) arrived and is kept."""
        members = {"event": event["id"], "digest": digest(body), "receipt_id": receipt_id}
        return self._act("POST", event["data"]["identifier"], "/receipt", "receipt", issued, message_id, **members)

    def erase(
        self, identifier: str, reason: str, issued: Optional[str] = None, message_id: Optional[str] = None
    ) -> Dict[str, Any]:
        """Have a dataset erased for good. No catalogue carries this out yet: it is Refused with 501 `not-built`."""
        return self._act("POST", identifier, "/erase", "erase", issued, message_id, reason=reason)

    def attest(
        self, identifier: str, digest: str, issued: Optional[str] = None, message_id: Optional[str] = None
    ) -> Dict[str, Any]:
        """Say that this source still holds the description with this digest. As with `erase`, 501 `not-built` yet."""
        return self._act("POST", identifier, "/attest", "attest", issued, message_id, digest=digest)

    def send_many(self, lines: Iterable[bytes], confirm: bool = False) -> Iterator[Dict[str, Any]]:
        """Yield the answer of each envelope line, in order: {"id", "identifier", "status", "answer" or "problem"}.

        lines: iterable of bytes from `line`; confirm: many withdrawals are meant; without it, Refused is raised behind
        the answers of the request that the catalogue stopped. What failed (see `may_pass`) is sent again, in order,
        before anything behind it; where it goes on failing, the later lines of its dataset get its answer and are not
        sent. Interrupted, send all of them again: what was accepted is answered again and has no second effect.
        """
        path = self.prefix + "/datasets" + ("?confirm=withdrawals" if confirm else "")
        failed: Dict[str, Dict[str, Any]] = {}  # identifier -> the answer by which it failed
        for batch in split(lines):
            held = [_held(envelope, failed) for envelope in batch]
            sent = [envelope for envelope, one in zip(batch, held) if one is None]
            got = iter(self._repeated(path, sent) if sent else ())
            answers = []
            for envelope, one in zip(batch, held):
                one = one or next(got, None)
                if one is None:
                    # the catalogue ended in the middle
                    break
                answers.append(one)
                if may_pass(one["status"]):
                    failed.update(dict.fromkeys(_named(envelope), one))
            yield from answers
            problems = [entry.get("problem", {}) for entry in answers]
            stopped = [problem for problem in problems if problem.get("code") == "mass-withdrawal"]
            if stopped:
                # the next request would be a new run
                raise Refused(stopped[0]["status"], stopped[0])
            if len(answers) != len(batch):
                raise ClientError(
                    "The catalogue answered %d of %d envelopes; send them again." % (len(answers), len(batch))
                )

    def _repeated(self, path, batch):
        """[answer] of a batch of which what failed was sent again, all of it in one request and in order."""
        answers = self._answers(path, batch)
        for attempt in range(1, ATTEMPTS):
            failed = [number for number, one in enumerate(answers) if may_pass(one["status"])]
            if not failed or len(answers) < len(batch):
                break
            time.sleep(0.5 * attempt)
            for number, one in zip(failed, self._answers(path, [batch[number] for number in failed])):
                answers[number] = one
        return answers

    def _answers(self, path, batch):
        answer = self._post(path, b"".join(batch))
        if answer.status_code != 200:
            self._answer(answer)
        return [json.loads(text) for text in answer.text.splitlines()]

    def get(self, identifier: str) -> Dict[str, Any]:
        """Read what the catalogue holds of one dataset, with the receipts of its events."""
        return self._ask("%s/datasets/%s/%s" % (self.prefix, self.source, to_path(identifier)))

    def list(self, after: Optional[str] = None) -> Dict[str, Any]:
        """Read one page of this source's datasets: {"datasets": [...], "next": token or None}."""
        query = "after=" + quote(after, safe="~") if after else ""
        return self._ask("%s/datasets/%s" % (self.prefix, self.source), query)

    def keys(self) -> Dict[str, Any]:
        """Read the JWK set with which the catalogue signs events and references."""
        answer = self.session.get(
            self.base_url + self.prefix + "/datasets/keys", timeout=TIMEOUT, allow_redirects=False
        )
        return self._answer(answer)

    def envelope(self, action: str, identifier: str, issued: Optional[str] = None, **members: Any) -> bytes:
        """The body of a signed message, as canonical bytes."""
        named = {"catalogue": self.catalogue, "source": self.source, "identifier": identifier}
        body = dict(named, action=action, issued=issued or now_utc())
        body.update((name, value) for name, value in members.items() if value is not None)
        return canonical(body)

    def _act(self, method, identifier, suffix, action, issued, message_id, **members):
        body = self.envelope(action, identifier, issued, **members)
        return self._send(method, self._path(identifier) + suffix, body, message_id or str(uuid.uuid4()))

    def _path(self, identifier):
        return target("%s/datasets/%s/%s" % (self.prefix, self.source, to_path(identifier)))

    def _post(self, path, body):
        named = {"content-type": "application/x-ndjson", SOURCE_HEADER: quote(self.source, safe="~")}
        message_id, signed = str(uuid.uuid4()), whole(path.partition("?")[2], body)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self.session.post(
                    self.base_url + path,
                    data=body,
                    headers=dict(signed_headers(self.key, message_id, signed), **named),
                    timeout=10 * TIMEOUT,
                    allow_redirects=False,
                )
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                if attempt == ATTEMPTS:
                    raise
            else:
                if answer.status_code not in (502, 503, 504) or attempt == ATTEMPTS:
                    return answer
            time.sleep(0.5 * attempt)

    def _send(self, method, path, body, message_id):
        for attempt in range(1, ATTEMPTS + 1):
            headers = dict(signed_headers(self.key, message_id, body), **{"content-type": "application/json"})
            try:
                answer = self.session.request(
                    method, self.base_url + path, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
                )
            except requests.ConnectionError:
                if attempt == ATTEMPTS:
                    raise
            else:
                if answer.status_code not in (502, 503, 504) or attempt == ATTEMPTS:
                    return self._answer(answer)
            time.sleep(0.5 * attempt)

    def _ask(self, path, query=""):
        # path: decoded, as the catalogue sees it
        headers = signed_headers(self.key, str(uuid.uuid4()), bare(self.catalogue, "GET", path, query))
        url = self.base_url + target(path, query)
        return self._answer(self.session.get(url, headers=headers, timeout=TIMEOUT, allow_redirects=False))

    @staticmethod
    def _answer(answer):
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not 200 <= answer.status_code < 300:
            raise Refused(answer.status_code, body if isinstance(body, dict) else {})
        if not isinstance(body, dict):
            raise ClientError("The answer with status %d does not come from the catalogue." % answer.status_code)
        return body


def seconds(moment: datetime.datetime) -> int:
    """The whole seconds from 1970 to a naive UTC datetime."""
    return calendar.timegm(moment.utctimetuple())
