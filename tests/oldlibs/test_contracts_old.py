import os
import sys
import uuid

import pytest

if sys.version_info >= (3, 7):
    pytest.skip("the libraries of B2SHARE 2.4 need Python 3.6; run-tests.sh runs it there", allow_module_level=True)

from bulk_contract import RunContract  # noqa: E402
from decisions_contract import ACCESS, DecisionsContract  # noqa: E402
from decisions_contract import SOURCES as OF_REMS  # noqa: E402
from invenio_access.models import ActionUsers  # noqa: E402
from invenio_access.permissions import superuser_access  # noqa: E402
from invenio_accounts.models import User  # noqa: E402
from invenio_db import db  # noqa: E402
from invenio_oauth2server.models import Token  # noqa: E402
from old_instance import HERE, running, skip_unless_there  # noqa: E402
from review_contract import ReviewContract, without_pages  # noqa: E402
from sources_contract import SOURCES, SourcesContract  # noqa: E402
from versions_contract import VersionsContract  # noqa: E402

from secureb2share_ext.hosts import actions  # noqa: E402

ECHO = {"tsd-ingest": {"echo": True}}
NO_PAGES = pytest.mark.skip(reason="no UI application of these libraries loads the page of review")


@pytest.fixture(scope="class", params=["postgresql"])
def instance(request, tmp_path_factory):
    skip_unless_there(request.param)
    more = getattr(request.cls, "overrides", {})
    with running(request.param, tmp_path_factory.mktemp("instance"), *request.cls.settings, **more) as found:
        yield found


class TestPlainReview(ReviewContract):
    settings = ({"tsd": {"release": "review"}, "csc": {"release": "publish"}},)

    def public_paths(self, instance, word):
        pids = [str(number) for number in range(1, instance.count("pidstore_recid") + 3)][-6:]
        lists = ["/", "/api/records/", "/api/records/?q=" + word, "/api/csc/?q=" + word]
        return lists + [path + pid for pid in pids for path in ("/records/", "/api/records/", "/api/access/")]


without_pages(TestPlainReview, NO_PAGES)


class TestPlainBulk(RunContract):
    settings = ({"tsd": {"release": "publish"}}, ECHO)
    # SQLAlchemy-Continuum's row for each transaction
    not_compared = ("transaction",)
    program = os.path.join(HERE, "old_ingesting.py")
    many, chunk = 300, 1


class TestPlainDecisions(DecisionsContract):
    settings = (OF_REMS,)
    overrides = {"SECUREB2SHARE_ACCESS": ACCESS}


class TestPlainVersions(VersionsContract):
    settings = ({"tsd": {"release": "publish"}, "csc": {"release": "review"}}, ECHO)


class TestPlainSources(SourcesContract):
    prefix = None
    settings = (SOURCES, {name + "-ingest": {"echo": True} for name in SOURCES})

    def register_scope(self):
        return actions.register_scope.id

    def token(self, instance, scopes, register=(), superuser=False):
        needs = [actions.register(name) for name in register] + [superuser_access] * superuser
        with instance.app.app_context():
            user = User(email="%s@example.org" % uuid.uuid4().hex, active=True)
            db.session.add(user)
            db.session.flush()
            for need in needs:
                db.session.add(ActionUsers.allow(need, user_id=user.id))
            token = Token.create_personal("test", user.id, scopes=scopes).access_token
            db.session.commit()
            db.session.remove()
        return token
