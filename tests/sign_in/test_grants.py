"""What a sign-in gives and takes, on real databases; and the end of sessions by a sweep."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from granting import CURATOR, granting
from instance import running, skip_unless_there
from invenio_access import models
from invenio_access.proxies import current_access
from invenio_db import db
from sqlalchemy import event
from sqlalchemy.engine import Engine

from secureb2share_ext.hosts.actions import operate
from secureb2share_ext.proxies import current
from secureb2share_ext.sign_in import endings, grants, rules

pytest.importorskip("invenio_oauthclient")

OPERATE, REVIEW = "/secureb2share/operate/", "/secureb2share/review/"
GIVEN = {(action, argument): 1 for action, argument in CURATOR.items()}
NOTED = {(action, argument or ""): "idp" for action, argument in CURATOR.items()}
CURATE = ("secureb2share-curate", "tsd")


class Cache:
    """A cache that all processes of a site share."""

    def __init__(self):
        self.kept = {}

    def get(self, key):
        return self.kept.get(key)

    def set(self, key, value, **more):
        self.kept[key] = value

    def delete(self, key):
        self.kept.pop(key, None)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def catalogue(request, tmp_path_factory):
    skip_unless_there(request.param)
    with granting(request.param, tmp_path_factory.mktemp("granting"), ACCESS_CACHE=Cache()) as found:
        yield found


def test_claims_are_followed_at_each_sign_in(catalogue):
    account, _ = catalogue.account("idp")
    for groups, given in (
        (["curators"], GIVEN),
        (["curators", "none"], GIVEN),
        (["reviewers"], {("secureb2share-review", "tsd"): 1}),
        (["operators"], {("secureb2share-operate", None): 1, ("secureb2share-erase", None): 1}),
        ([], {}),
        (["curators"], GIVEN),
    ):
        catalogue.sign_in(account, {"groups": groups})
        assert catalogue.granted(account) == given, groups
        assert set(catalogue.noted(account)) == {(action, argument or "") for action, argument in given}
    catalogue.sign_in(account, {})
    assert (catalogue.granted(account), catalogue.noted(account)) == ({}, {}), "a provider that says nothing"


def test_the_identity_of_another_account_gives_nothing(catalogue):
    (account, _), (other, _) = catalogue.account("idp"), catalogue.account("idp")
    answer = catalogue.post(requests.Session(), account, {"groups": ["curators"]}, subject="sub-%d" % other)
    assert answer.status_code == 403
    assert catalogue.granted(account) == catalogue.granted(other) == {}
    assert catalogue.instance.count("secureb2share_sign_in", "account = %d" % account) == 0


@pytest.mark.parametrize("argument", ["tsd", None])
def test_what_an_operator_gave_stays(catalogue, argument):
    account, _ = catalogue.account("idp")
    action, groups = (CURATE[0], "curators") if argument else ("secureb2share-operate", "operators")
    catalogue.allow(account, action, argument)
    catalogue.sign_in(account, {"groups": [groups]})
    assert set(catalogue.granted(account).values()) == {1} and len(catalogue.granted(account)) == 2
    assert (action, argument or "") not in catalogue.noted(account) and len(catalogue.noted(account)) == 1
    catalogue.sign_in(account, {})
    assert catalogue.granted(account) == {(action, argument): 1}


def test_what_an_operator_gave_later_stays_too(catalogue):
    account, _ = catalogue.account("idp")
    catalogue.sign_in(account, {"role": "admin"})
    # a right for everything has no argument, and the host's table takes it twice
    catalogue.allow(account, "secureb2share-operate")
    catalogue.sign_in(account, {})
    assert catalogue.granted(account) == {("secureb2share-operate", None): 1} and catalogue.noted(account) == {}


def test_what_an_operator_removed_and_gave_again_is_the_operators(catalogue):
    account, _ = catalogue.account("idp")
    catalogue.sign_in(account, {"groups": ["curators"]})
    other, _ = catalogue.account("idp")
    # or SQLite would give the number of the last row again
    catalogue.allow(other, "secureb2share-operate")
    catalogue.remove(account, *CURATE)
    catalogue.allow(account, *CURATE)
    catalogue.sign_in(account, {"groups": ["curators"]})
    assert CURATE not in catalogue.noted(account)
    catalogue.sign_in(account, {})
    assert catalogue.granted(account) == {CURATE: 1}


def test_what_an_operator_removed_comes_back_with_the_claims_and_a_denial_stays(catalogue):
    account, _ = catalogue.account("idp")
    catalogue.sign_in(account, {"groups": ["curators"]})
    catalogue.remove(account, *CURATE)
    catalogue.allow(account, *CURATE, exclude=True)
    session = catalogue.sign_in(account, {"groups": ["curators"]})
    assert catalogue.granted(account) == GIVEN and catalogue.noted(account) == NOTED
    page = session.get(catalogue.base + "/secureb2share/describe/", allow_redirects=False)
    assert page.status_code == 403, "a denial counts whatever a provider says"


def test_two_providers_take_only_what_they_gave(catalogue):
    account, _ = catalogue.account("idp", "other")
    catalogue.sign_in(account, {"groups": ["curators"]})
    catalogue.sign_in(account, {"groups": ["curators"]}, "other")
    assert catalogue.granted(account) == GIVEN and catalogue.noted(account) == NOTED
    catalogue.sign_in(account, {}, "other")
    assert catalogue.granted(account) == GIVEN
    catalogue.sign_in(account, {})
    catalogue.sign_in(account, {"groups": ["curators"]}, "other")
    assert catalogue.noted(account) == {CURATE: "other"}


@pytest.fixture
def together(catalogue, monkeypatch):
    """Let two sign-ins begin to be followed at the same moment, where the database takes two writes at once."""
    both, follow = threading.Barrier(2), grants.follow

    def wait(*args):
        if catalogue.app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
            both.wait(30)
        follow(*args)

    monkeypatch.setattr(grants, "follow", wait)


@pytest.mark.usefixtures("together")
def test_two_sign_ins_at_once_are_followed_one_after_the_other(catalogue):
    account, _ = catalogue.account("idp")
    proved = rules.Strength(str(account), "idp", "https://idp.example.org", "sub-%d" % account)

    def follow(groups):
        with catalogue.app.app_context():
            grants.follow(account, proved, {"groups": groups})
            db.session.commit()
            db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        for groups, given in ((["curators"], GIVEN), ([], {}), (["curators"], GIVEN)) * 3:
            for one in [pool.submit(follow, groups) for _ in range(2)]:
                one.result()
            assert catalogue.granted(account) == given and len(catalogue.noted(account)) == len(given)


@pytest.mark.usefixtures("together")
def test_two_sign_ins_at_once_give_once(catalogue):
    account, _ = catalogue.account("idp")
    with ThreadPoolExecutor(2) as pool:
        for groups, given in ((["curators"], GIVEN), ([], {}), (["curators"], GIVEN)):
            asked = [pool.submit(catalogue.post, requests.Session(), account, {"groups": groups}) for _ in range(2)]
            # the host's own row of the account has a version, and it refuses the second of two logins at once
            assert 200 in [one.result().status_code for one in asked]
            assert catalogue.granted(account) == given and len(catalogue.noted(account)) == len(given)


def test_no_cache_keeps_a_right_that_was_taken(catalogue, monkeypatch):
    account, _ = catalogue.account("idp")
    catalogue.sign_in(account, {"role": "admin"})
    follow = grants.follow
    key = models.get_action_cache_key(operate.value, None)

    def follow_while_somebody_reads(*args):
        follow(*args)
        # what a request of another process puts into the cache before the commit
        current_access.cache.set(current_access.app.config["ACCESS_ACTION_CACHE_PREFIX"] + key, "stale")

    monkeypatch.setattr(grants, "follow", follow_while_somebody_reads)
    catalogue.sign_in(account, {})
    with catalogue.app.app_context():
        assert current_access.get_action_cache(key) is None


def test_a_right_gives_its_pages_and_its_end_ends_the_session(catalogue):
    account, _ = catalogue.account("idp")
    session = catalogue.sign_in(account, {"groups": ["operators"]})

    def status(path=OPERATE):
        return session.get(catalogue.base + path, allow_redirects=False).status_code

    assert (status(), status(REVIEW)) == (200, 403)
    catalogue.sweep()
    assert status() == 200, "nothing was taken"
    catalogue.allow(account, "secureb2share-review")
    catalogue.sweep()
    assert (status(), status(REVIEW)) == (200, 200), "a right more ends nothing"
    catalogue.remove(account, "secureb2share-review")
    assert (status(), status(REVIEW)) == (200, 403)
    catalogue.sweep()
    assert status() == 302 and status("/account/settings/profile/") in (302, 404)
    again = catalogue.sign_in(account, {"groups": ["operators"]})
    catalogue.sweep()
    assert again.get(catalogue.base + OPERATE, allow_redirects=False).status_code == 200


def test_a_right_that_a_role_gave_ends_sessions_too(catalogue):
    account, _ = catalogue.account("idp")
    instance, role = catalogue.instance, "operators-%d" % account
    with catalogue.app.app_context():
        given = models.Role(id=role, name=role)
        db.session.add(given)
        user = db.session.query(models.User).filter_by(id=account).one()
        user.roles.append(given)
        db.session.add(models.ActionRoles(action=operate.value, role=given))
        db.session.commit()
    session = catalogue.sign_in(account, {})
    assert session.get(catalogue.base + OPERATE, allow_redirects=False).status_code == 200
    instance.execute("DELETE FROM accounts_userrole WHERE user_id = :a", a=account)
    catalogue.sweep()
    assert session.get(catalogue.base + OPERATE, allow_redirects=False).status_code == 302


def test_a_sign_in_that_takes_a_right_ends_the_other_sessions(catalogue):
    account, _ = catalogue.account("idp")
    first = catalogue.sign_in(account, {"groups": ["operators", "curators"]})
    second = catalogue.sign_in(account, {"groups": ["operators"]})
    statuses = [one.get(catalogue.base + OPERATE, allow_redirects=False).status_code for one in (first, second)]
    assert statuses == [302, 200]
    catalogue.sweep()
    assert second.get(catalogue.base + OPERATE, allow_redirects=False).status_code == 200


def test_reviewing_alone_is_not_describing(catalogue):
    account, _ = catalogue.account("idp")
    session = catalogue.sign_in(account, {"groups": ["reviewers"]})
    pages = [REVIEW, "/secureb2share/describe/", OPERATE]
    assert [session.get(catalogue.base + one, allow_redirects=False).status_code for one in pages] == [200, 403, 403]
    session = catalogue.sign_in(account, {"groups": ["curators"]})
    assert [session.get(catalogue.base + one, allow_redirects=False).status_code for one in pages] == [200, 200, 403]


def test_who_does_not_sign_in_there_pays_nothing(tmp_path, monkeypatch):
    said = []
    with running("sqlite", tmp_path) as instance:
        monkeypatch.setattr(endings, "sweep", lambda: said.append("swept"))
        event.listen(Engine, "before_cursor_execute", lambda *args: said.append(args[2]))
        with instance.app.app_context():
            instance.app.extensions["secureb2share"].end_sessions()
    assert said == []


def test_a_sign_in_between_the_two_looks_of_a_sweep_ends_no_session(catalogue, monkeypatch):
    account, _ = catalogue.account("idp")
    catalogue.sign_in(account, {"groups": ["curators"]})
    with catalogue.instance.app.app_context():
        host = current().host
        look = host.rights
        monkeypatch.setattr(host, "rights", lambda accounts=None: look(accounts) if accounts else {})
        assert endings.sweep() == 0
        db.session.remove()
