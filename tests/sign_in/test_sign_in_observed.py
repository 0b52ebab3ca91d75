"""What mode observe of the sign-in counts, over HTTP and from two processes at once, and what `check` says of it."""

import concurrent.futures
import contextlib
import json
import re
import threading
import time
import uuid

import pytest
import requests
from flask_oauthlib.client import OAuthRemoteApp
from html_form import Page
from invenio_accounts.models import User
from invenio_db import db
from served import ONE_DATABASE, example, skip_without
from signing import Person, signing
from werkzeug.serving import make_server

from demo.catalogue.app import create_app
from secureb2share_ext.sign_in import identities, remote_app, tokens

REVIEW, OPERATE = "/secureb2share/review/", "/secureb2share/operate/"
OLD = "OAUTHCLIENT_KEYCLOAK_VERIFY_AUD"
IN_OBSERVE = re.compile(r"^In observe since \S+Z: (\d+) requests? to (\w+) would have been stopped, (\d+) of them")


@pytest.fixture(scope="module", params=ONE_DATABASE)
def observed(request, tmp_path_factory):
    if request.param == "postgresql":
        skip_without(("POSTGRESQL",))
    with signing(request.param, tmp_path_factory.mktemp("observed"), mode="observe", **{OLD: True}) as found:
        yield found


@contextlib.contextmanager
def another(catalogue):
    """The address of a second server of the same site, with an application and connections of its own."""
    app = create_app(dict(catalogue.configured))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield "http://localhost:%d" % server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def by_password(catalogue, base):
    """The requests.Session of the curator, who has logged in at an address with the catalogue's own password."""
    with open(catalogue.data + "/curator.json") as file:
        login = json.load(file)
    session = requests.Session()
    page = session.get(base + "/login/", timeout=30)
    session.post(base + "/login/", data=dict(Page(page.text).sent, **login), timeout=30)
    assert session.get(base + "/account/settings/applications/", timeout=30, allow_redirects=False).status_code == 200
    return session


def check(catalogue):
    result = catalogue.run_cli("check")
    assert isinstance(result.exception, (SystemExit, type(None))), result.exception
    return result.output.splitlines()


def counts(catalogue):
    """{action: (requests, those for the age alone)} as `check` says."""
    found = (IN_OBSERVE.match(line) for line in check(catalogue))
    return {one.group(2): (int(one.group(1)), int(one.group(3))) for one in found if one}


@pytest.fixture
def more(observed):
    """What `check` counts since the test began, as soon as it is what is expected."""
    before = counts(observed[0])

    def more(expected):
        end = time.monotonic() + 20
        while True:
            now = counts(observed[0])
            news = {
                action: tuple(a - b for a, b in zip(pair, before.get(action, (0, 0)))) for action, pair in now.items()
            }
            news = {action: pair for action, pair in news.items() if pair != (0, 0)}
            if news == expected or time.monotonic() > end:
                return news
            time.sleep(0.05)

    return more


def test_requests_of_two_processes_at_once_are_all_counted(observed, more):
    catalogue, provider = observed
    with another(catalogue) as second:
        sessions = [by_password(catalogue, base) for base in (catalogue.base, second) for _ in range(2)]
        places = [
            (session, base + path)
            for session, base in zip(sessions, [catalogue.base, catalogue.base, second, second])
            for path in [REVIEW] * 5 + [OPERATE] * 3
        ]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda one: one[0].get(one[1], timeout=60, allow_redirects=False), places))
        assert {answer.status_code for answer in answers} == {200}
        expected = {"review": (20, 0), "operate": (12, 0)}
        assert more(expected) == expected
    assert not [path for _, path in provider.requests if path.endswith("/authorize")], "somebody was sent there"


def test_only_who_lacks_strength_and_has_the_right_is_counted(observed, more):
    curator, reader = Person(*observed, "curator"), Person(*observed, "newcomer")
    assert reader.sign_in().status_code == 200 and reader.open(REVIEW).status_code == 403
    assert requests.get(observed[0].base + REVIEW, timeout=30, allow_redirects=False).status_code == 302
    with_token = {"Authorization": "Bearer " + observed[0].tokens["curator"]}
    answer = requests.get(observed[0].base + REVIEW, timeout=30, allow_redirects=False, headers=with_token)
    assert answer.status_code == 302, "a token opens no page, observed or not"
    # a level by the password of the provider, one request
    assert curator.sign_in().status_code == 200 and curator.open(REVIEW).status_code == 200
    # a token that was made by a command, for a page of the interface that the package serves
    assert observed[0].curate(example(), "observed/" + uuid.uuid4().hex).status_code == 201
    expected = {"review": (1, 0), "curate": (1, 0)}
    assert more(expected) == expected


def test_a_strong_session_counts_once_it_is_too_old(observed, more, monkeypatch):
    curator = Person(*observed, "curator")
    curator.sign_in("/")
    extension = observed[0].app.extensions["secureb2share"]
    monkeypatch.setattr(extension, "sign_in", extension.sign_in._replace(mode="on"))
    assert curator.open(OPERATE).status_code == 200 and curator.asked == ["otp"]
    monkeypatch.undo()
    assert curator.open(OPERATE).status_code == 200
    monkeypatch.setattr(tokens, "now", lambda: time.time() + 1800)
    assert curator.open(OPERATE).status_code == 200
    assert more({"operate": (1, 1)}) == {"operate": (1, 1)}


def test_what_is_counted_and_logged_names_nobody(observed, more, caplog):
    session = by_password(observed[0], observed[0].base)
    with caplog.at_level("INFO", "secureb2share_ext.sign_in.gate"):
        assert session.get(observed[0].base + REVIEW, timeout=30).status_code == 200
    assert more({"review": (1, 0)}) == {"review": (1, 0)}
    (line,) = {one.getMessage() for one in caplog.records if one.name == "secureb2share_ext.sign_in.gate"}
    assert line == "secureb2share.sign-in-observed action=review lack=level"
    rows = observed[0].execute("SELECT what, endpoint, community FROM secureb2share_observed")
    assert ("sign-in-review-level", "secureb2share_review.waiting", "") in [tuple(row) for row in rows]
    assert all(what.startswith("sign-in-") and community == "" for what, _, community in rows)


def findings(catalogue):
    return [line for line in check(catalogue) if line.startswith("- SECUREB2SHARE_SIGN_IN")]


def test_check_asks_the_application_the_accounts_and_the_issuer(observed, monkeypatch):
    catalogue, provider = observed
    extension, remotes = (catalogue.app.extensions[name] for name in ("secureb2share", "oauthlib.client"))
    lines = check(catalogue)
    assert [line for line in lines if line.startswith("- ") and "SIGN_IN" in line] == []
    told = [line.split(":")[0] for line in lines]
    assert "Sign-in is observed" in told
    assert "1 account with rights, of 2, has no identity at a provider of ours, and cannot decide" in told
    assert "An account that logs in by password has to link an identity at keycloak before it can decide" in told
    assert OLD + " has no effect" in told and OLD.replace("VERIFY_", "") + " has no effect" not in told

    monkeypatch.setitem(catalogue.app.config, "ACCOUNTS_LOCAL_LOGIN_ENABLED", False)
    monkeypatch.setitem(remotes.remote_apps, "orcid", OAuthRemoteApp(remotes, "orcid", app_key="ORCID"))
    lines = check(catalogue)
    assert not [line for line in lines if "by password" in line]
    assert [line for line in lines if line.startswith("Who signs in by orcid satisfies no rule")]

    # `check` equips what it finds, as a host without finalize_app needs it
    monkeypatch.setattr(remote_app, "equip", lambda app, name: None)
    monkeypatch.setattr(remotes.remote_apps["keycloak"], "__class__", OAuthRemoteApp)
    assert ["is a OAuthRemoteApp" in line for line in findings(catalogue)] == [True]
    monkeypatch.delitem(remotes.remote_apps, "keycloak")
    assert ["no remote app 'keycloak'" in line for line in findings(catalogue)] == [True]
    monkeypatch.undo()

    for issuer, reason in (
        (provider.issuer + "/", "discovery of another issuer"),
        ("http://127.0.0.1:1/r", "Connection"),
    ):
        changed = {"keycloak": extension.sign_in.providers["keycloak"]._replace(issuer=issuer)}
        monkeypatch.setattr(extension, "sign_in", extension.sign_in._replace(providers=changed))
        (line,) = findings(catalogue)
        assert "cannot be read now (" + reason in line
    monkeypatch.undo()
    monkeypatch.setattr(provider.signer, "jwk", dict().popitem)
    (line,) = findings(catalogue)
    assert "cannot be read now (status 500)" in line
    monkeypatch.undo()
    assert findings(catalogue) == []


def test_an_account_that_is_linked_or_closed_is_not_counted(observed):
    def unlinked():
        return [line for line in check(observed[0]) if "no identity at a provider" in line]

    def change(column, value):
        with observed[0].app.app_context():
            user = db.session.query(User).filter_by(email="admin@catalogue.example.org").one()
            setattr(user, column, value)
            number = user.id
            db.session.commit()
        return number

    change("active", False)
    assert unlinked() == []
    number = change("active", True)
    assert len(unlinked()) == 1
    with observed[0].app.app_context():
        identities.link(number, "keycloak", "of-the-superuser")
        db.session.commit()
    assert unlinked() == []
