"""Makes a B2SHARE instance that never had the package: stock.py FOLDER prints JSON.

Its database and indices by B2SHARE's own upgrade, communities, users with tokens, and records from former times: one
with a file in the community that becomes a source's, one in another.
"""

import io
import json
import logging
import os
import sys
import uuid

import pkg_resources

OURS = "secureb2share-ext"
ROLES = ("superuser", "curator", "user")
found_by_pkg_resources = pkg_resources.iter_entry_points


def without_package(group, name=None):
    return (entry for entry in found_by_pkg_resources(group, name) if entry.dist.key != OURS)


def make(folder):
    pkg_resources.iter_entry_points = without_package
    os.environ["B2SHARE_INSTANCE_PATH"] = folder
    logging.disable(logging.WARNING)
    from b2share.factory import create_app
    from click.testing import CliRunner
    from flask.cli import ScriptInfo

    app = create_app()
    for command in (["upgrade", "run"], ["schemas", "init"]):
        result = CliRunner().invoke(app.cli, command, obj=ScriptInfo(create_app=lambda info: app))
        assert result.exit_code == 0, (command, result.output, result.exc_info)
    with app.app_context():
        found = _fill(app, folder)
    assert "secureb2share_ext" not in sys.modules
    return found


def _fill(app, folder):
    from b2share.modules.communities.api import Community
    from b2share.utils import get_base_url
    from invenio_db import db
    from invenio_files_rest.models import Location

    files = os.path.join(folder, "files")
    os.makedirs(files)
    if not Location.get_default():
        db.session.add(Location(name="local", uri="file://" + files, default=True))
    communities = {}
    for name in ("sensitive", "second", "open"):
        community = Community.create_community(name, name.title() + " data", publication_workflow="direct_publish")
        db.session.flush()
        communities[name] = community
    db.session.commit()
    tokens, users = _users(app, db, communities)
    with app.test_request_context("/", base_url=get_base_url()):
        # `sensitive` and `second` have no schema yet: the package makes it
        schema = _schema(communities["open"])
        db.session.commit()
        records = {"open": _record(communities["open"], schema, users["curator"], "open.csv")}
    db.session.commit()
    return {
        "communities": {name: str(one.id) for name, one in communities.items()},
        "tokens": tokens,
        "users": users,
        "records": records,
    }


def _schema(community):
    from b2share.modules.schemas.api import CommunitySchema

    content = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "type": "object",
        "properties": {},
        "additionalProperties": False,
    }
    return CommunitySchema.create_version(community.id, content, 2)


def _users(app, db, communities):
    from flask_security.utils import hash_password
    from invenio_access.models import ActionUsers
    from invenio_access.permissions import superuser_access
    from invenio_oauth2server.models import Token
    from invenio_oauth2server.proxies import current_oauth2server

    datastore = app.extensions["security"].datastore
    scopes = [scope[0] for scope in current_oauth2server.scope_choices()]
    tokens, users = {}, {}
    for name in ROLES:
        # role addresses of a domain that nobody has (RFC 2606)
        user = datastore.create_user(
            email=name + "@catalogue.example.org", password=hash_password(uuid.uuid4().hex), active=True
        )
        db.session.flush()
        if name == "superuser":
            db.session.add(ActionUsers.allow(superuser_access, user_id=user.id))
        if name == "curator":
            for community in communities.values():
                datastore.add_role_to_user(user, community.admin_role)
                datastore.add_role_to_user(user, community.member_role)
        users[name] = user.id
        tokens[name] = Token.create_personal("test", user.id, scopes=scopes).access_token
    db.session.commit()
    return tokens, users


def _record(community, schema, owner, key):
    """A published record with a file, by B2SHARE's own deposit."""
    from b2share.modules.deposit.api import Deposit
    from b2share.modules.deposit.minters import b2share_deposit_uuid_minter
    from b2share.modules.records.api import B2ShareRecord
    from b2share.modules.records.providers import RecordUUIDProvider
    from invenio_db import db

    record_uuid = uuid.uuid4()
    metadata = {
        "community": str(community.id),
        "titles": [{"title": "From former times"}],
        "open_access": True,
        "community_specific": {},
    }
    b2share_deposit_uuid_minter(record_uuid, metadata)
    metadata["_deposit"].update(owners=[owner], created_by=owner)
    deposit = Deposit.create(metadata, id_=record_uuid)
    deposit.files[key] = io.BytesIO(b"from former times")
    deposit.commit()
    deposit.submit()
    db.session.commit()
    pid = metadata["_deposit"]["id"]
    record = B2ShareRecord.get_record(RecordUUIDProvider.get(pid).pid.object_uuid)
    entry = record["_files"][0]
    return {"pid": pid, "bucket": entry["bucket"], "key": entry["key"], "version": entry["version_id"]}


if __name__ == "__main__":
    print(json.dumps(make(sys.argv[1])))
