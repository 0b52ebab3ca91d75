"""The permission policies that close InvenioRDM for content, for the system's own processes too.

`can_manage_files` is left as it is: without it a draft cannot say that it has no files, and none can be published.
"""

from typing import List, Type

from flask import Flask
from invenio_rdm_records.proxies import current_rdm_records
from invenio_rdm_records.services.permissions import RDMRecordPermissionPolicy
from invenio_records_permissions.generators import Disable
from invenio_records_permissions.policies import BasePermissionPolicy
from werkzeug.utils import import_string

KEY = "RDM_PERMISSION_POLICY"
ACTIONS = ("create", "set_content", "commit", "update")
CLOSED = tuple(
    "can_%s%s_files" % (of, action) for of in ("", "media_", "draft_", "draft_media_") for action in ACTIONS
) + ("can_draft_update_file_transfer_metadata", "can_update_file_transfer_metadata")
SETTINGS = {"RDM_DEFAULT_FILES_ENABLED": False, "RDM_ALLOW_METADATA_ONLY_RECORDS": True}


def closed(policy: Type[BasePermissionPolicy]) -> Type[BasePermissionPolicy]:
    """A policy that denies what brings content in, and is `policy` (a class) in everything else."""
    return type("Closed" + policy.__name__, (policy,), {name: [Disable()] for name in CLOSED})


def lock(app: Flask) -> None:
    """Assign the keys; the host reads them when it makes its services."""
    policy = app.config.get(KEY) or RDMRecordPermissionPolicy
    app.config[KEY] = closed(import_string(policy) if isinstance(policy, str) else policy)
    app.config.update(SETTINGS)


def faults(app: Flask) -> List[str]:
    """[sentence] for each part that is not in force any more."""
    found = [
        "%s was set anew after this package had set it." % key
        for key in SETTINGS
        if app.config.get(key) != SETTINGS[key]
    ]
    if not _is_closed(app.config.get(KEY)):
        found.append("%s was set anew after this package had closed it." % KEY)
    with app.app_context():
        services = current_rdm_records.records_service, current_rdm_records.records_media_files_service
        for service in services:
            for one in (service, service.draft_files):
                if not _is_closed(one.config.permission_policy_cls):
                    found.append("The service %s uses another permission policy." % one.config.service_id)
    return found


def _is_closed(policy):
    return all([type(one) for one in getattr(policy, name, ())] == [Disable] for name in CLOSED)
