import sys

import pytest

if sys.version_info >= (3, 7):
    pytest.skip("the libraries of B2SHARE 2.4 need Python 3.6; run-tests.sh runs it there", allow_module_level=True)

from flask import current_app  # noqa: E402
from invenio_access.models import ActionUsers  # noqa: E402
from invenio_accounts.models import SessionActivity, User  # noqa: E402
from invenio_db import db  # noqa: E402
from old_instance import running  # noqa: E402

from secureb2share_ext.proxies import current  # noqa: E402
from secureb2share_ext.sign_in import endings, grants, identities, people, roles, rules, settings  # noqa: E402

ROLES = {"groups": {"curators": ["curate:tsd", "review"]}}
CURATE = ("secureb2share-curate", "tsd")


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    with running("postgresql", tmp_path_factory.mktemp("grants")) as found:
        yield found


@pytest.fixture
def account(instance, monkeypatch):
    # the sign-in itself needs invenio-oauthclient, which is not among these libraries
    found = roles.read("roles", {"idp": ROLES}, ("idp",), ("tsd",))
    monkeypatch.setattr(identities, "linked", lambda method: [])
    provider = settings.Provider("idp", "https://idp.example.org")
    with instance.app.app_context():
        current().sign_in = settings.SignIn("on", {"idp": provider}, {}, 60, found)
        grants.watch()
        user = db.session.query(User).filter(~User.id.in_(db.session.query(ActionUsers.user_id))).first()
        yield user.id
        db.session.rollback()
        current().sign_in = None


def follow(account, claims):
    proved = rules.Strength(str(account), "idp", "https://idp.example.org", "sub")
    grants.follow(account, proved, claims)
    db.session.commit()


def granted(account):
    rows = db.session.query(ActionUsers.action, ActionUsers.argument).filter_by(user_id=account)
    return sorted((*row,) for row in rows)


def sessions(account):
    return db.session.query(SessionActivity).filter_by(user_id=account).count()


def open_session(account, name):
    current_app.kvsession_store.put(name, b"what the session holds")
    db.session.add(SessionActivity(sid_s=name, user_id=account))
    db.session.commit()


def test_claims_are_followed_and_a_right_that_was_taken_ends_sessions(account):
    follow(account, {"groups": ["curators"]})
    assert granted(account) == [CURATE, ("secureb2share-review", None)]
    (line,) = [one for one in people.lines() if one.account == account and one.right == "curate"]
    assert (line.source, line.by, line.strength.provider) == ("tsd", "provider idp", "idp")
    open_session(account, "old_1")
    endings.sweep()
    assert sessions(account) == 1
    db.session.delete(db.session.query(ActionUsers).filter_by(user_id=account, action=CURATE[0]).one())
    db.session.commit()
    assert endings.sweep() == 1
    assert sessions(account) == 0 and "old_1" not in current_app.kvsession_store.keys()
    follow(account, {"groups": "curators"})
    open_session(account, "old_2")
    follow(account, {})
    assert granted(account) == [] and sessions(account) == 0
    assert endings.sweep() == 0
