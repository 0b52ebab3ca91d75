"""Personal tokens where a second factor is asked: which count, by requests to a served catalogue."""

import contextlib
import http.client
import json
import threading
import time
import uuid

import pytest
import requests

pytest.importorskip("invenio_oauthclient")
pytest.importorskip("invenio_records_rest")

from click.testing import CliRunner  # noqa: E402
from decider import TOKENS, Decider  # noqa: E402
from flask import session  # noqa: E402
from flask.cli import ScriptInfo  # noqa: E402
from flask_login import login_user  # noqa: E402
from invenio_accounts.models import User  # noqa: E402
from invenio_db import db  # noqa: E402
from invenio_oauth2server.cli import tokens as commands  # noqa: E402
from invenio_oauth2server.models import Client, Token  # noqa: E402
from served import ONE_DATABASE, example  # noqa: E402
from signing import MFA, signing, subject  # noqa: E402
from sqlalchemy import event  # noqa: E402
from sqlalchemy.engine import Engine  # noqa: E402

from secureb2share_ext.cli.sign_in import group  # noqa: E402
from secureb2share_ext.sign_in import gate, identities, rules, strength, tokens  # noqa: E402
from secureb2share_ext.sign_in.models import TokenRow  # noqa: E402
from secureb2share_ext.sign_in.settings import Provider  # noqa: E402
from secureb2share_ext.uploads import lock  # noqa: E402

CURATE, REGISTER = "secureb2share:curate", "secureb2share:register"
REVIEW = "/secureb2share/review/"
AGES = {"curate": 3600, "review": 1800, "operate": 900, "erase": 600}  # seconds
TOKEN_AGE = 90 * 86400  # seconds, the default
# use -> (status where it is allowed, action whose rules it has to meet)
USES = {"post": (201, "curate"), "put": (200, "curate"), "delete": (204, "erase"), "register": (201, "curate")}


@pytest.fixture(scope="module", params=ONE_DATABASE)
def served(request, tmp_path_factory):
    rules = {action: [{"acr": [MFA], "amr": ["otp"], "max_age": age}] for action, age in AGES.items()}
    # each application of a process keeps its own copy of who may what, for a while
    with signing(request.param, tmp_path_factory.mktemp("tokens"), rules=rules, ACCESS_CACHE=None) as found:
        # as Redis does on a site; the demo's sessions are in the memory of the pages' application
        for one in lock.of_instance(found[0].app):
            one.app.kvsession_store = found[0].app.kvsession_store
        maker = Decider(*found)
        assert maker.sign_in(REVIEW).status_code == 200
        found[0].maker = maker.http  # a session that makes the records
        yield found


@pytest.fixture
def instance(served):
    return served[0]


@pytest.fixture
def strong(served):
    """A Decider whose session has had a second factor."""
    person = Decider(*served)
    person.log_in()
    assert (person.open(REVIEW).status_code, person.asked) == (200, ["password", "otp"])
    return person


@pytest.fixture
def weak(served):
    """A Decider who logged in with a password of the catalogue."""
    person = Decider(*served)
    person.log_in()
    return person


def use(instance, what, token=None, session=requests):
    """The answer to a use of a token, or of a session."""
    headers = {"Authorization": "Bearer " + token} if token else {}
    identifier, method, path = "tokens/" + uuid.uuid4().hex, "POST", "/api/records/"
    given = {"json": instance.to_record(example())}
    if what in ("put", "delete"):
        method, path = what.upper(), path + new_record(instance)
    if what == "register":
        method, path = "PUT", "/api/datasets/tsd/" + identifier
        body = instance.source.envelope("register", identifier, id=str(uuid.uuid4()), dataset=example())
        given = {"data": body}
    return session.request(method, instance.base_url + path, headers=headers, timeout=30, **given)


def new_record(instance):
    """The PID of a record that a person has made, which no source would have to change."""
    answer = instance.maker.post(instance.base_url + "/api/records/", json=instance.to_record(example()), timeout=30)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def is_refused(answer, action="curate"):
    """Whether an answer is the 401 of RFC 9470, which has to say what an action needs."""
    if answer.status_code != 401:
        return False
    levels = 'acr_values="%s", max_age="%d"' % (MFA, AGES[action])
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication", ' + levels
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.json()
    return (told["acr_values"], told["max_age"]) == (MFA, AGES[action])


def rows_of(instance, number):
    return instance.count("secureb2share_token", "token_id = %d" % number)


@pytest.mark.parametrize("what", USES)
def test_a_token_of_a_strong_session_counts(instance, strong, what):
    number, token = strong.make_token(CURATE, REGISTER)
    answer = use(instance, what, token)
    assert answer.status_code == USES[what][0], answer.text
    assert rows_of(instance, number) == 1


def test_a_weak_session_is_not_shown_the_value_of_a_strong_token(instance, strong, weak):
    number, value = strong.make_token(CURATE)
    weak.http, weak.email, weak.password = requests.Session(), strong.email, strong.password
    weak.log_in()
    # the host shows a value once, of whatever token, after one was made
    own, own_value = weak.make_token(CURATE)
    for spelled in (str(number), "%%20%d" % number, "+%d" % number, "0%d" % number):
        assert value not in weak.open("%s%s/" % (TOKENS, spelled)).text
        own, own_value = weak.make_token(CURATE)
    assert own_value in weak.open("%s%d/" % (TOKENS, own)).text
    other, other_value = strong.make_token(CURATE)
    assert other_value in strong.open("%s%d/" % (TOKENS, other)).text


def test_a_session_that_ends_while_a_body_comes_is_not_strong(instance, strong, monkeypatch):
    if ONE_DATABASE == ["sqlite"]:
        pytest.skip("a transaction of SQLite reads what was there when it began")
    path, body = "/api/records/" + new_record(instance), json.dumps(instance.to_record(example())).encode("utf-8")
    begun, lack = threading.Event(), gate.lack
    monkeypatch.setattr(gate, "lack", lambda action: begun.set() or lack(action))
    connection = http.client.HTTPConnection(instance.base_url.partition("//")[2], timeout=30)
    connection.putrequest("PUT", path)
    connection.putheader("Cookie", "; ".join("%s=%s" % pair for pair in strong.http.cookies.items()))
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    assert begun.wait(20)
    strong.open("/logout/")
    connection.send(body)
    answer = connection.getresponse()
    told = json.loads(answer.read().decode("utf-8"))
    connection.close()
    assert (answer.status, told.get("code")) == (401, "insufficient_user_authentication")


def by_password(served):
    person = Decider(*served)
    person.log_in()
    return person.make_token(CURATE, REGISTER)


def by_level(served):
    """At the provider, and with a password alone."""
    person = Decider(*served)
    assert person.sign_in().status_code == 200 and person.asked == ["password"]
    return person.make_token(CURATE, REGISTER)


def by_old_session(served):
    """With both factors, longer ago than any rule allows."""
    person = Decider(*served)

    def tamper(header, claims):
        claims["auth_time"] -= max(AGES.values()) + 120

    served[1].tamper = tamper
    try:
        assert person.sign_in().status_code == 200
        assert person.open(REVIEW).status_code == 403
    finally:
        served[1].tamper = None
    return person.make_token(CURATE, REGISTER)


def by_command(served):
    person, catalogue = Decider(*served), served[0]
    words = ["create", "-n", "of a test", "-u", person.email, "-s", CURATE, "-s", REGISTER]
    result = CliRunner().invoke(commands, words, obj=ScriptInfo(create_app=lambda: catalogue.app))
    assert result.exit_code == 0, result.output
    number = catalogue.execute("SELECT max(id) FROM oauth2server_token")[0][0]
    return number, result.output.strip().splitlines()[-1]


# name -> (how a token is made, whether its session had a strength to note)
MAKINGS = {"password": (by_password, 0), "level": (by_level, 1), "old": (by_old_session, 1), "command": (by_command, 0)}


@pytest.mark.parametrize("making", MAKINGS)
def test_a_token_of_a_weaker_making_counts_nowhere(served, making):
    make, noted = MAKINGS[making]
    number, token = make(served)
    assert rows_of(served[0], number) == noted
    for what, (_, action) in USES.items():
        assert is_refused(use(served[0], what, token), action), what


def test_a_token_opens_no_page(instance, strong, weak):
    for person in (strong, weak):
        _, token = person.make_token(CURATE)
        headers = {"Authorization": "Bearer " + token}
        for method, path in (("GET", REVIEW), ("POST", REVIEW + "1")):
            answer = requests.request(method, instance.base_url + path, headers=headers, allow_redirects=False)
            assert is_refused(answer, "review"), answer.text
    answer = requests.get(instance.base_url + REVIEW, allow_redirects=False)
    assert answer.status_code == 302 and "/login/" in answer.headers["Location"]
    # what a proxy adds to the request of a browser changes nothing
    assert strong.http.get(instance.base_url + REVIEW, headers={"Authorization": "Bearer x"}).status_code == 200


def test_a_session_counts_at_the_interface_by_its_own_strength(instance, strong, weak):
    for what in ("post", "put", "delete"):
        status, action = USES[what]
        assert use(instance, what, session=strong.http).status_code == status
        assert is_refused(use(instance, what, session=weak.http), action)
    # a browser is led to the second factor by the pages
    answer = weak.http.get(instance.base_url + REVIEW, allow_redirects=False)
    assert answer.status_code == 303 and "/oauth/login/keycloak" in answer.headers["Location"]


def test_the_strength_of_a_browser_is_not_that_of_a_token(instance, strong, weak):
    _, token = weak.make_token(CURATE)
    assert is_refused(use(instance, "post", token, session=strong.http))


def test_who_may_not_is_not_told_to_sign_in_again(served, instance, strong):
    nobody = Decider(*served, may=False)
    nobody.log_in()
    _, token = nobody.make_token(CURATE, REGISTER)
    _, bare = strong.make_token()
    answers = [use(instance, what, one).status_code for what in ("post", "put", "delete") for one in (token, bare)]
    assert answers == [403] * 6
    assert use(instance, "register", token).json()["code"] == "unknown-dataset"
    assert use(instance, "register", bare).json()["code"] == "signature"


@pytest.mark.parametrize("after, counts", [(TOKEN_AGE - 60, True), (TOKEN_AGE + 60, False), (-300, False)])
def test_a_token_counts_for_a_time(instance, strong, monkeypatch, after, counts):
    _, token = strong.make_token(CURATE)
    monkeypatch.setattr(tokens, "now", lambda: time.time() + after)
    answer = use(instance, "post", token)
    assert answer.status_code == 201 if counts else is_refused(answer), answer.text


def test_a_token_of_another_account_does_not_count(served, instance, strong):
    number, token = strong.make_token(CURATE)
    other = Decider(*served)
    instance.execute("UPDATE oauth2server_token SET user_id = :u WHERE id = :t", u=other.account, t=number)
    assert is_refused(use(instance, "post", token))


def test_the_row_goes_with_the_token(instance, strong):
    number, token = strong.make_token(CURATE)
    assert rows_of(instance, number) == 1
    assert strong.fill_in(TOKENS + "%d/" % number, delete="1").status_code == 302
    assert rows_of(instance, number) == 0 and use(instance, "post", token).status_code == 401


def test_the_id_of_a_former_token_gives_nothing(instance, strong, weak):
    number, _ = strong.make_token(CURATE)
    # as a cascade of the database does, of which nobody is told
    instance.execute("DELETE FROM oauth2server_token WHERE id = :t", t=number)
    if instance.app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
        instance.execute("SELECT setval(pg_get_serial_sequence('oauth2server_token', 'id'), :t, false)", t=number)
    again, token = weak.make_token(CURATE)
    assert (again, rows_of(instance, number)) == (number, 0)
    assert is_refused(use(instance, "post", token))


@contextlib.contextmanager
def request_of(instance, account, levels=("otp",)):
    """A request of somebody (id of an account) whose session has a strength of this account, or none."""
    with instance.app.test_request_context("/"):
        login_user(db.session.query(User).filter_by(id=account).one())
        if levels:
            who = (
                "keycloak",
                *instance.app.extensions["secureb2share"].issuers,
                identities.subject_of(account, "keycloak"),
            )
            held = rules.Strength(str(account), *who, MFA, frozenset(levels), auth_time=int(time.time()))
            session[strength.NAME] = rules.to_session(held)
        yield
        db.session.commit()
        db.session.remove()


def test_what_opens_more_counts_by_the_session_that_changed_it(instance, strong):
    number, token = strong.make_token(REGISTER)

    def change(levels, **values):
        with request_of(instance, strong.account, levels):
            found = db.session.query(Token).filter_by(id=number).one()
            for name, value in values.items():
                setattr(found, name, value)

    change((), scopes=[REGISTER], expires=None)
    assert use(instance, "register", token).status_code == 201
    change((), scopes=[REGISTER, CURATE])
    assert is_refused(use(instance, "post", token)) and is_refused(use(instance, "register", token))
    change(("otp",), scopes=[REGISTER])
    assert is_refused(use(instance, "register", token)), "what is taken away gives nothing"
    change(("otp",), scopes=[REGISTER, CURATE])
    assert use(instance, "post", token).status_code == 201
    change((), access_token="another" + token)
    assert is_refused(use(instance, "post", "another" + token))


@pytest.mark.parametrize("is_personal", [True, False])
def test_the_token_of_an_application_has_no_row(instance, strong, is_personal):
    value = uuid.uuid4().hex
    # as in the implicit grant, which is made in the session of the account
    with request_of(instance, strong.account):
        client = Client(client_id=value, client_secret=value, name="of a test", user_id=strong.account)
        token = Token(client=client, user_id=strong.account, access_token=value, is_personal=is_personal)
        db.session.add(token)
        db.session.flush()
        number = token.id
    assert rows_of(instance, number) == int(is_personal)


def test_a_token_for_somebody_else_has_no_row(served, instance, strong):
    other = Decider(*served)
    with request_of(instance, strong.account):
        token = Token.create_personal("of a test", other.account, scopes=[CURATE])
        db.session.flush()
        number = token.id
    assert rows_of(instance, number) == 0


def test_a_making_that_is_undone_leaves_no_row(instance, strong):
    with request_of(instance, strong.account):
        Token.create_personal("of a test", strong.account, scopes=[CURATE])
        db.session.flush()
        before = db.session.query(TokenRow).count()
        db.session.rollback()
        assert db.session.query(TokenRow).count() == before - 1


def test_one_statement_asks_of_a_token_and_none_of_a_session(instance, strong):
    _, token = strong.make_token(CURATE, REGISTER)
    identifier = "tokens/" + uuid.uuid4().hex
    instance.source.register(identifier, example())
    ours = instance.base_url + "/api/datasets/tsd/" + identifier
    url, body, seen = instance.base_url + "/api/records/" + new_record(instance), instance.to_record(example()), []

    def see(connection, cursor, statement, *more):
        if "secureb2share_token" in statement:
            seen.append(statement)

    headers = {"Authorization": "Bearer " + token}
    event.listen(Engine, "before_cursor_execute", see)
    try:
        assert requests.put(url, json=body, headers=headers, timeout=30).status_code == 200
        assert len(seen) == 1, seen
        # it is asked twice whether a token is its source's
        assert requests.get(ours, headers=headers, timeout=30).status_code == 200
        assert len(seen) == 2, seen
        assert strong.http.put(url, json=body, timeout=30).status_code == 200
        # who only reads is not asked either
        assert requests.get(url, headers=headers, timeout=30).status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", see)
    assert len(seen) == 2, seen


@pytest.fixture
def proof(strong):
    """A Decider whose session has had a second factor, and a token of it: (person, id, value)."""
    number, token = strong.make_token(CURATE)
    assert use(strong.catalogue, "post", token).status_code == 201 and opens(strong)
    return strong, number, token


def opens(person):
    """Whether a page opens without a step-up."""
    answer = person.http.get(person.catalogue.base + REVIEW, allow_redirects=False)
    assert answer.status_code in (200, 303)
    return answer.status_code == 200


OTHER = {
    "removed": {"other": Provider("other", "https://login.example.org", "", "other")},
    "issuer": {"keycloak": Provider("keycloak", "https://login.example.org", "", "keycloak")},
}


@pytest.mark.parametrize("name", OTHER)
def test_nothing_counts_without_the_provider_that_proved_it(instance, proof, monkeypatch, name):
    person, _, token = proof
    for one in lock.of_instance(instance.app):
        extension = one.app.extensions["secureb2share"]
        monkeypatch.setattr(extension, "sign_in", extension.sign_in._replace(providers=OTHER[name]))
    assert not opens(person) and is_refused(use(instance, "post", token))
    monkeypatch.undo()
    assert opens(person) and use(instance, "post", token).status_code == 201


def test_a_token_ends_with_the_link(instance, proof):
    person, _, token = proof
    with instance.app.app_context():
        identities.unlink(person.account, "keycloak")
        db.session.commit()
    assert is_refused(use(instance, "post", token))
    with instance.app.app_context():
        identities.link(person.account, "keycloak", "somebody else at the provider")
        db.session.commit()
    assert is_refused(use(instance, "post", token))


def test_unlink_ends_the_tokens_for_good(served, instance, proof):
    (person, number, token), other = proof, Decider(*served)
    other.sign_in(REVIEW)
    another, _ = other.make_token(CURATE)
    words = ["unlink", person.email, "--provider", "keycloak"]
    result = CliRunner().invoke(group, words, obj=ScriptInfo(create_app=lambda: instance.app))
    assert result.exit_code == 0, result.output
    assert (rows_of(instance, number), rows_of(instance, another)) == (0, 1)
    with instance.app.app_context():
        identities.link(person.account, "keycloak", subject(person.browser.username))
        db.session.commit()
    assert is_refused(use(instance, "post", token))
