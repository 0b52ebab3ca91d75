import uuid

import pytest

pytest.importorskip("invenio_records_rest")

from instance import running, skip_unless_there  # noqa: E402
from invenio_access.models import ActionUsers  # noqa: E402
from invenio_access.permissions import superuser_access  # noqa: E402
from invenio_accounts.proxies import current_datastore  # noqa: E402
from invenio_db import db  # noqa: E402
from invenio_oauth2server.models import Token  # noqa: E402
from served import ONE_DATABASE  # noqa: E402
from sources_contract import SOURCES, SourcesContract  # noqa: E402

from secureb2share_ext.hosts import actions  # noqa: E402


@pytest.fixture(scope="module", params=ONE_DATABASE)
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    echo = {name + "-ingest": {"echo": True} for name in SOURCES}
    with running(request.param, tmp_path_factory.mktemp("instance"), SOURCES, echo, ACCESS_CACHE=None) as found:
        yield found


class TestRecordsRestSources(SourcesContract):
    def register_scope(self):
        return actions.register_scope.id

    def token(self, instance, scopes, register=(), superuser=False):
        with instance.app.app_context():
            user = current_datastore.create_user(email="%s@example.org" % uuid.uuid4().hex, active=True)
            db.session.flush()
            for name in register:
                db.session.add(ActionUsers.allow(actions.register(name), user_id=user.id))
            if superuser:
                db.session.add(ActionUsers.allow(superuser_access, user_id=user.id))
            token = Token.create_personal("test", user.id, scopes=scopes).access_token
            db.session.commit()
            db.session.remove()
        return token
