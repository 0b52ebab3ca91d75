"""The keys of invenio-files-rest that close it, and whether they are in force.

The permission factory denies what writes and delegates the rest to the site's own; the storage factory hands out
files that can be read and deleted.
"""

from typing import Any, List

from flask import Flask
from invenio_files_rest.proxies import current_files_rest
from invenio_files_rest.storage import FileStorage
from invenio_records_rest.utils import obj_or_import_string

from ..proxies import current
from ..uploads import refusal

KEEPS = ("read", "delete", "listmultiparts")  # parts of the names of actions that take no content in


class DenyAll:
    """A permission that nobody has, not even a superuser."""

    def can(self) -> bool:
        return False


class PermissionFactory:
    """A permission factory that denies every action which writes content, and asks `inner` for the others."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, obj: Any, action: str) -> Any:
        if not any(part in action for part in KEEPS):
            return DenyAll()
        return obj_or_import_string(self.inner)(obj, action)


class ReadOnlyStorage(FileStorage):
    """A file storage that reads and deletes, through `inner`."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def open(self, mode: str = "rb", **kwargs: Any) -> Any:
        if set(mode) & set("wax+"):
            self._refuse()
        return self.inner.open(mode=mode, **kwargs)

    def delete(self) -> Any:
        return self.inner.delete()

    def send_file(self, *args: Any, **kwargs: Any) -> Any:
        return self.inner.send_file(*args, **kwargs)

    def checksum(self, *args: Any, **kwargs: Any) -> Any:
        return self.inner.checksum(*args, **kwargs)

    def _refuse(self, *args, **kwargs):
        raise refusal.refuse("upload-refused", current().help_url)

    initialize = save = update = copy = _refuse


class StorageFactory:
    """Read-only storages of what `inner` makes."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, *args: Any, **kwargs: Any) -> ReadOnlyStorage:
        return ReadOnlyStorage(obj_or_import_string(self.inner)(*args, **kwargs))


WRAPPED = {
    "FILES_REST_PERMISSION_FACTORY": (PermissionFactory, "invenio_files_rest.permissions.permission_factory"),
    "FILES_REST_STORAGE_FACTORY": (StorageFactory, "invenio_files_rest.storage.pyfs_storage_factory"),
}
EMPTIED = ("FILES_REST_UPLOAD_FACTORIES", "FILES_REST_MULTIPART_PART_FACTORIES")


def lock(app: Flask) -> None:
    """Assign the keys; the host reads them when it first needs them."""
    for key, (wrapper, default) in WRAPPED.items():
        app.config[key] = wrapper(app.config.get(key) or default)
    for key in EMPTIED:
        app.config[key] = []


def faults(app: Flask) -> List[str]:
    """[sentence] for each key that is not ours any more."""
    found = []
    for key, (wrapper, _) in WRAPPED.items():
        if not isinstance(app.config.get(key), wrapper):
            found.append("%s was set anew after this package had closed it." % key)
    found += ["%s is not empty." % key for key in EMPTIED if app.config.get(key)]
    with app.app_context():
        if not isinstance(current_files_rest.permission_factory, PermissionFactory):
            found.append("invenio-files-rest uses another permission factory.")
        if not isinstance(current_files_rest.storage_factory, StorageFactory):
            found.append("invenio-files-rest uses another storage factory.")
    return found
