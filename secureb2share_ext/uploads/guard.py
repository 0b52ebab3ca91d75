"""The guard that refuses content rows which no request brings: from code in a view, a task or a shell.

It consists of ORM events on the models that hold content, in every process that has the package. Whatever bypasses the
ORM is refused by the database's triggers.
"""

from flask import current_app, has_app_context
from invenio_files_rest.models import FileInstance, MultipartObject, Part
from sqlalchemy import event, inspect

from . import refusal

MODELS = (FileInstance, MultipartObject, Part)
CONTENT_COLUMNS = ("uri", "size", "checksum", "storage_class")


def install() -> None:
    """Listen to the ORM events, once a process."""
    if not is_installed():
        for model in MODELS:
            event.listen(model, "before_insert", _refuse_insert)
        event.listen(FileInstance, "before_update", _refuse_content)


def is_installed() -> bool:
    """Whether every listener is there."""
    return all(event.contains(m, "before_insert", _refuse_insert) for m in MODELS) and event.contains(
        FileInstance, "before_update", _refuse_content
    )


def _refuse_insert(mapper, connection, row):
    extension = current_app.extensions.get("secureb2share") if has_app_context() else None
    if extension is not None and extension.is_on:
        current_app.logger.info("secureb2share.content-row-refused table=%s", mapper.local_table.name)
        raise refusal.refuse("upload-refused", extension.help_url)


def _refuse_content(mapper, connection, row):
    attributes = inspect(row).attrs
    if any(attributes[name].history.has_changes() for name in CONTENT_COLUMNS):
        _refuse_insert(mapper, connection, row)
