import uuid

import pytest

pytest.importorskip("b2share", reason="the real B2SHARE 2.4 is in no registry: see docs/howto/test-on-b2share2.md")

import real_instance  # noqa: E402
import requests  # noqa: E402
import session  # noqa: E402
from operate_contract import OperateContract  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if real_instance.missing():
        pytest.skip("%s is not set" % real_instance.missing())
    with real_instance.running(tmp_path_factory.mktemp("instance"), {"tsd": {"release": "review"}}) as found:
        yield found


class TestB2Share2Operate(OperateContract):
    prefix = "/api"
    log_in = "Log in first"

    def user(self, instance):
        from invenio_accounts.models import User
        from invenio_db import db

        with instance.app.app_context():
            user = User(email="%s@example.org" % uuid.uuid4().hex, password="x", active=True)
            db.session.add(user)
            db.session.commit()
            instance.users[user.email] = user.id
            return {"email": user.email}

    def login(self, instance, user):
        found = requests.Session()
        # the log-in is that of the web interface, in another application
        found.cookies.set(*session.cookie(instance, user["email"]))
        return found

    def is_asked_to_log_in(self, answer):
        return answer.status_code == 401 and self.log_in in answer.text
