import random
import uuid

import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from sources_contract import SOURCES, SourcesContract  # noqa: E402

from secureb2share_ext.hosts import actions  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    echo = {name + "-ingest": {"echo": True} for name in SOURCES}
    with rdm_instance.running(tmp_path_factory.mktemp("instance"), SOURCES, echo, ACCESS_CACHE=None) as found:
        yield found


class TestRDMSources(SourcesContract):
    def is_next(self, before, after):
        # of RDM's own commits within one edit, each is a revision
        return before < after <= before + 3

    def register_scope(self):
        return actions.register_scope.id

    def token(self, instance, scopes, register=(), superuser=False):
        from invenio_access.models import ActionUsers
        from invenio_access.permissions import superuser_access
        from invenio_accounts.proxies import current_datastore
        from invenio_db import db
        from invenio_oauth2server.models import Token

        with instance.app.app_context():
            number, email = random.randrange(10**6, 2**31), "%s@example.org" % uuid.uuid4().hex
            user = current_datastore.create_user(id=number, email=email, active=True)
            db.session.flush()
            for name in register:
                db.session.add(ActionUsers.allow(actions.register(name), user_id=user.id))
            if superuser:
                db.session.add(ActionUsers.allow(superuser_access, user_id=user.id))
            token = Token.create_personal("test", user.id, scopes=scopes).access_token
            db.session.commit()
            db.session.remove()
        return token

    def title_and_contact(self, instance, pid):
        body = instance.call("GET", "/api/records/" + pid).json()
        contact = {key: body["custom_fields"].get("secureb2share:contact_" + key) for key in ("name", "email", "url")}
        return body["metadata"]["title"], {key: text for key, text in contact.items() if text is not None}
