import pytest

pytest.importorskip("invenio_rdm_records", reason="InvenioRDM has environments of its own: see run-tests.sh")

import rdm_instance  # noqa: E402
from operate_contract import OPERATE, OperateContract  # noqa: E402


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    if rdm_instance.missing():
        pytest.skip("%s is not set" % rdm_instance.missing())
    sources = {"tsd": {"release": "review"}, "csc": {"release": "publish"}}
    with rdm_instance.running(tmp_path_factory.mktemp("instance"), sources) as found:
        yield found


class TestRDMOperate(OperateContract):
    def test_an_administrator_operates(self, instance):
        from invenio_access.models import ActionUsers
        from invenio_accounts.proxies import current_datastore
        from invenio_administration.permissions import administration_access_action
        from invenio_db import db

        user = self.user(instance)
        with instance.app.app_context():
            found = current_datastore.get_user(user["email"])
            db.session.add(ActionUsers.allow(administration_access_action, user_id=found.id))
            db.session.commit()
            db.session.remove()
        assert self.get(instance, self.login(instance, user), OPERATE).status_code == 200
