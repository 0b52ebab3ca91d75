"""The refusal of records and drafts that have files, whatever they say of them."""

from typing import Union

from invenio_db import db
from invenio_files_rest.models import ObjectVersion
from invenio_rdm_records.records.api import RDMDraft, RDMRecord

from ....errors import NotAccepted


def refuse(*records: Union[RDMDraft, RDMRecord]) -> None:
    """Raise NotAccepted when one of these records and drafts has files or media files, from before uploads closed."""
    buckets = {bucket for one in records for bucket in (one.model.bucket_id, one.model.media_bucket_id) if bucket}
    held = db.session.query(ObjectVersion).filter(
        ObjectVersion.bucket_id.in_(buckets), ObjectVersion.file_id.isnot(None), ObjectVersion.is_head.is_(True)
    )
    if buckets and held.first() is not None:
        raise NotAccepted(
            "This record has files from before uploads were closed, and cannot be a dataset: begin a new one.",
            code="has-files",
        )
