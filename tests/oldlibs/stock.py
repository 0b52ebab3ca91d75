"""Makes the database and a file of an instance that never had the package: stock.py SETTINGS.json prints JSON.

It has users and tokens of two roles, and a bucket with a file from the time when uploads were open.
"""

import io
import json
import os
import sys

import pkg_resources

OURS = "secureb2share-ext"
# role addresses of a domain that nobody has (RFC 2606)
USERS = {"curator": "secureb2share-curate", "superuser": "superuser-access", "user": None}
found_by_pkg_resources = pkg_resources.iter_entry_points


def without_package(group, name=None):
    return (entry for entry in found_by_pkg_resources(group, name) if entry.dist.key != OURS)


def make(settings):
    pkg_resources.iter_entry_points = without_package
    from invenio_base.app import create_app_factory
    from invenio_db import db

    app = create_app_factory(
        "plain",
        config_loader=lambda app, **kwargs: app.config.update(settings),
        extension_entry_points=["invenio_base.api_apps"],
        instance_path=settings["INSTANCE_PATH"],
    )()
    with app.app_context():
        db.create_all()
        app.extensions["invenio-db"].alembic.stamp()
    # alembic keeps its connection as long as its application context
    with app.app_context():
        said = {"legacy": _file(db, settings["INSTANCE_PATH"]), "tokens": _users(db)}
        db.session.commit()
    assert "secureb2share_ext" not in sys.modules
    return said


def _file(db, folder):
    from invenio_files_rest.models import Bucket, Location, ObjectVersion

    os.makedirs(os.path.join(folder, "files"))
    db.session.add(Location(name="default", uri=os.path.join(folder, "files"), default=True))
    db.session.commit()
    bucket = Bucket.create()
    version = ObjectVersion.create(bucket, "legacy.txt", stream=io.BytesIO(b"from former times"))
    return str(bucket.id), "legacy.txt", str(version.version_id), "from former times"


def _users(db):
    from invenio_access.models import ActionUsers
    from invenio_accounts.models import User
    from invenio_oauth2server.models import Token

    tokens = {}
    for name, action in USERS.items():
        user = User(email=name + "@catalogue.example.org", active=True)
        db.session.add(user)
        db.session.flush()
        if action:
            db.session.add(ActionUsers(action=action, user_id=user.id))
        tokens[name] = Token.create_personal("test", user.id, scopes=[]).access_token
    return tokens


if __name__ == "__main__":
    with open(sys.argv[1]) as given:
        print(json.dumps(make(json.load(given))))
