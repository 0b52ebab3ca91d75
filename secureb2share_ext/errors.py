"""What can go wrong, and what is the person or program told?

    SecureB2ShareError
    +-- ConfigError               a key of the configuration does not make sense
    +-- Problem                   becomes an RFC 9457 answer
        +-- UploadRefused         403  a way to upload content
        +-- WritesStopped         503  a layer of the lock is missing
        +-- Invalid               400  faults in a message or record, each with its field
        +-- NotSigned             401  signature, time or key
        +-- NotAllowed            403  a token without the scope, or a source at its quota
        +-- UnknownDataset        404  no such dataset, or not this source's
        +-- NotAccepted           409  stale, legacy, registered elsewhere, withdrawn, ...
        +-- MessageReused         422  one message id, two bodies
        +-- NoAccess              403  a dataset for which nothing can be requested now
        +-- Gone                  410  withdrawn

Codes are stable: programs match on them, texts may change.
"""


class SecureB2ShareError(Exception):
    """Anything that this package raises on purpose."""


class ConfigError(SecureB2ShareError):
    """A SECUREB2SHARE_* key does not make sense; the message names the key and what to do."""


class Problem(SecureB2ShareError):
    """An answer to the client: `status` (int), `code` (stable), `detail` (one sentence), `extra` (members, dict)."""

    status = 400
    code = "problem"
    title = "The request cannot be served"

    def __init__(self, detail=None, code=None, **extra):
        self.detail = detail or self.__doc__
        self.code = code or self.code
        self.extra = extra
        super().__init__(self.detail)

    def body(self):
        """The RFC 9457 members, as dict."""
        body = {
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
    """The upload lock of this catalogue is not complete, so nothing can be written until its operator mends it."""

    status = 503
    code = "lock-incomplete"
    title = "Writing has stopped"


class Invalid(Problem):
    """The description has faults; each is named with its field."""

    status = 400
    code = "invalid"
    title = "The request has faults"

    def __init__(self, faults, detail=None, code=None):
        """faults: list of (field, message)."""
        super().__init__(detail, code, errors=[{"field": f, "message": m} for f, m in faults])


class NotSigned(Problem):
    """The request needs a valid signature of the source."""

    status = 401
    code = "signature"
    title = "The signature does not hold"


class NotAllowed(Problem):
    """Who sent this may not do it."""

    status = 403
    code = "not-allowed"
    title = "Not allowed"


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
