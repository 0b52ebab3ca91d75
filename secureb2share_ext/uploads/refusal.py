"""The sentences for a refused upload, by the code of the refusal."""

from ..errors import UploadRefused

REASONS = {
    "upload-refused": "This catalogue holds metadata only: the data stay in the secure environment."
    " Register the dataset there, and its public record follows.",
    "form-data-refused": "This catalogue takes no multipart/form-data: files stay in the secure environment.",
    "body-too-long": "The body is longer than any description may be; files stay in the secure environment.",
    "body-unreadable": "The body is not strict JSON in UTF-8, so that nobody can see whether it names files.",
    "body-unsized": "The body's length must be announced with Content-Length; files stay in the secure environment.",
}


def refuse(code: str, help_url: str) -> UploadRefused:
    """The UploadRefused for a code in REASONS; help_url says what to do instead."""
    return UploadRefused(REASONS[code], code=code, help=help_url)
