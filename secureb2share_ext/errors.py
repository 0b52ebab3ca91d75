"""The errors of this package, and what the person or program that meets one is told.

    SecureB2ShareError
    +-- ConfigError               a key of the configuration does not make sense
    |   +-- NoSigningKey          there is no key that could sign
    +-- KeyStays                  a signing key that cannot be retired or revoked
    +-- Restored                  the database may be older than the last sending
    +-- MarkNotWritten            the file that tells a restored database cannot be written
    +-- EgressRefused             an address that this service does not connect to
    +-- NotVerified               an id token that proves nothing
    +-- ProviderDown              an identity provider that does not answer, or not as one
    +-- AttemptEnded              a delivery that ends with a decision of its own
    +-- Unusable                  a search cluster, or DataCite, that takes nothing now
    +-- NotWritten                a file of a legacy record that cannot be written
    +-- NotTaken                  an entry of a drop folder that is not read
    |   +-- Later                 ... by this run
    +-- Problem                   becomes an RFC 9457 answer
        +-- UploadRefused         403  a way to upload content
        +-- WritesStopped         503  a layer of the lock is missing
        +-- Invalid               400  faults in a message or record, each with its field
        +-- TokenInAddress        400  a token in the query string
        +-- NotStrong             401  a sign-in without the second factor that this action needs
        +-- NotSigned             401  signature, time or key
        |   +-- KeyExpired        401  the same in other words for the log
        +-- OtherCatalogue        401  a message that was signed for another catalogue
        +-- SourceSuspended       403  a source that an operator has stopped
        +-- NotAllowed            403  a token without the scope, or a source at its quota
        +-- UnknownDataset        404  no such dataset, or not this source's
        +-- NotAccepted           409  stale, legacy, registered elsewhere, withdrawn, ...
        +-- MessageReused         422  one message id, two bodies
        +-- Waits                 429  too many wrong signatures from one address
        |   +-- QuotaOfDay        429  more bytes or revisions than a source may send in a day
        +-- NoAccess              403  a dataset for which nothing can be requested now
        +-- AccessElsewhere       403  access is not requested by the host's own form
        +-- Gone                  410  withdrawn
        +-- NotReady              503  something that the operator has to make, or that is down
        |   +-- Frozen            503  an incident: nothing is written until an operator says so
        +-- Failed                500  one message of many that could not be carried out
        +-- NotBuilt              501  an action that this version does not carry out

Codes are stable: programs match on them, texts may change. Errors of the secure side's half are in client.py.
"""

from typing import Any, Dict, List, Optional, Tuple

# sentences that are said in several places
DAMAGED = "The record of this dataset is damaged; its source has to register it again."
CHANGED_MEANWHILE = "Somebody else changed the record at the same time; try again."


class SecureB2ShareError(Exception):
    """Anything that this package raises on purpose."""


class ConfigError(SecureB2ShareError):
    """A SECUREB2SHARE_* key does not make sense; the message names the key and what to do."""


class NoSigningKey(ConfigError):
    """There is no signing key: set SECUREB2SHARE_SIGNING_KEY to a folder and run `secureb2share keys new`."""


class KeyStays(SecureB2ShareError):
    """A signing key cannot be retired or revoked."""


class Restored(SecureB2ShareError):
    """The database may be older than the last sending; nothing may leave before an operator says so."""


class MarkNotWritten(SecureB2ShareError):
    """The file by which a restored database is noticed cannot be written; until it can, nothing is sent."""


class NotWritten(SecureB2ShareError):
    """The folder cannot be written to; the complete files in it are kept."""


class EgressRefused(SecureB2ShareError):
    """The address of a target is one that this service does not connect to."""


class AttemptEnded(SecureB2ShareError):
    """An attempt to deliver that ends here; `meaning` is a word of targets.answer, the message says why.

    status: int of the answer, where there was one; retry_after: its header; code: the target's own name of its error.
    """

    def __init__(
        self, meaning: str, reason: str, status: Optional[int] = None, retry_after: str = "", code: str = ""
    ) -> None:
        self.meaning, self.status, self.retry_after, self.code = meaning, status, retry_after, code
        super().__init__(reason)


class NotVerified(SecureB2ShareError):
    """An id token that proves nothing; the message is the reason, a few words for the log."""


class ProviderDown(SecureB2ShareError):
    """An identity provider that does not answer, or not as one; the message is a few words for the log."""


class Unusable(SecureB2ShareError):
    """A search cluster, or DataCite, is there but takes nothing now; the message gives the reason."""


class NotTaken(SecureB2ShareError):
    """An entry of a drop folder that is not read; the message is the reason, and stands behind the entry's name."""


class Later(NotTaken):
    """A file of a drop folder that the next run may read."""


class Problem(SecureB2ShareError):
    """An answer to the client: `status` (int), `code` (stable), `detail` (one sentence), `extra` (members, dict)."""

    status = 400
    code = "problem"
    title = "The request cannot be served"

    def __init__(self, detail: Optional[str] = None, code: Optional[str] = None, **extra: Any) -> None:
        self.detail = detail or self.__doc__ or ""
        self.code = code or self.code
        self.extra = extra
        super().__init__(self.detail)

    def body(self) -> Dict[str, Any]:
        """The RFC 9457 members, as dict."""
        body: Dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        body.update(self.extra)
        return body


class UploadRefused(Problem):
    """This catalogue holds metadata only; the data stay in the secure environment."""

    status = 403
    code = "upload-refused"
    title = "Uploads are closed"


class WritesStopped(Problem):
    """Nothing can be written until the operator mends the upload lock: `secureb2share check`, or `lock acknowledge`."""

    status = 503
    code = "lock-incomplete"
    title = "Writing has stopped"


class Invalid(Problem):
    """The description has faults; each is named with its field."""

    status = 400
    code = "invalid"
    title = "The request has faults"

    def __init__(self, faults: List[Tuple[str, str]], detail: Optional[str] = None, code: Optional[str] = None) -> None:
        """faults: list of (field, message)."""
        super().__init__(detail, code, errors=[{"field": f, "message": m} for f, m in faults])


class TokenInAddress(Problem):
    """A token in an address is written into logs; send it in the header Authorization, and replace this one."""

    status = 400
    code = "token-in-address"
    title = "A token in the address"


class NotStrong(Problem):
    """This action needs a sign-in with a second factor, and not long ago; sign in again as the answer says."""

    status = 401
    code = "insufficient_user_authentication"
    title = "A second factor is needed"

    def __init__(self, levels: List[str], max_age: int) -> None:
        """levels: values of acr_values, [] where no rule names one; max_age: seconds. Both as RFC 9470 has them."""
        asked = {"acr_values": " ".join(levels)} if levels else {}
        super().__init__(None, max_age=max_age, **asked)


class NotSigned(Problem):
    """The request needs a valid signature of the source."""

    status = 401
    code = "signature"
    title = "The signature is not valid"


class KeyExpired(NotSigned):
    """The request was signed by a key whose last day is past; `source` and `fingerprint` (str) name it in the log."""

    def __init__(self, detail: str, source: str, fingerprint: str) -> None:
        super().__init__(detail)
        self.source, self.fingerprint = source, fingerprint


class OtherCatalogue(Problem):
    """The message was signed for another catalogue than this one."""

    status = 401
    code = "other-catalogue"
    title = "Signed for another catalogue"


class NotAllowed(Problem):
    """The sender is not allowed to do this."""

    status = 403
    code = "not-allowed"
    title = "Not allowed"


class SourceSuspended(Problem):
    """The operator of this catalogue has suspended this source; nothing was stored."""

    status = 403
    code = "source-suspended"
    title = "Source suspended"


class UnknownDataset(Problem):
    """This catalogue knows no such dataset."""

    status = 404
    code = "unknown-dataset"
    title = "Not found"


class NotAccepted(Problem):
    """The dataset is not in a state that allows this."""

    status = 409
    code = "conflict"
    title = "Not accepted"


class MessageReused(Problem):
    """This message id was used before with another body; a new message needs a new id."""

    status = 422
    code = "message-reused"
    title = "The message id was used before"


class Waits(Problem):
    """Too many wrong signatures or tokens for this source came from this address; wait as long as Retry-After says."""

    status = 429
    code = "wrong-signatures"
    title = "Too many wrong signatures"

    def __init__(self, seconds: int, detail: Optional[str] = None) -> None:
        """seconds: until the next one is looked at."""
        super().__init__(detail, retry_after=seconds)


class QuotaOfDay(Waits):
    """The source has sent as much as it may in a day; send this again as late as Retry-After says."""

    code = "daily-quota"
    title = "Quota of the day reached"


class NoAccess(Problem):
    """Access to this dataset cannot be requested now."""

    status = 403
    code = "no-access"
    title = "Access cannot be requested"


class Gone(Problem):
    """This dataset was withdrawn."""

    status = 410
    code = "withdrawn"
    title = "Withdrawn"


class NotReady(Problem):
    """The catalogue cannot do this now; nothing was stored, and the same request can be sent again later."""

    status = 503
    code = "not-ready"
    title = "Not ready"


class Frozen(NotReady):
    """The operator of this catalogue has frozen it for a while: nothing is written or signed; send this again later."""

    code = "frozen"
    title = "Frozen"


class Failed(Problem):
    """The catalogue could not carry out this message now and stored nothing of it; send the message again later."""

    status = 500
    code = "failed"
    title = "Failed"


class NotBuilt(Problem):
    """This version of the catalogue knows this action and does not carry it out; nothing was stored."""

    status = 501
    code = "not-built"
    title = "Not carried out"


class AccessElsewhere(Problem):
    """Access to this dataset is not given by this catalogue."""

    status = 403
    code = "request-elsewhere"
    title = "Access is requested elsewhere"
