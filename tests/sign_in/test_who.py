"""What operators read of who may do what, and the links of identities to accounts."""

import json
import logging

import pytest
from granting import MFA, granting
from invenio_access import models
from invenio_access.permissions import any_user, authenticated_user
from invenio_db import db
from tables import for_each

pytest.importorskip("invenio_oauthclient")

PEOPLE = "/secureb2share/operate/people"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    with granting("sqlite", tmp_path_factory.mktemp("who")) as found:
        yield found


def told(catalogue, account):
    """{(right, source): what `who --json` says} of an account."""
    result = catalogue.run("who", "--json")
    assert result.exit_code == 0, result.output
    lines = [line for line in json.loads(result.output) if line["account"] == account]
    return {(line["right"], line["source"]): line for line in lines}


def test_who_tells_each_right_by_whom_and_since_when(catalogue, caplog):
    caplog.set_level(logging.DEBUG)
    account, address = catalogue.account("idp")
    catalogue.allow(account, "secureb2share-operate")
    catalogue.allow(account, "secureb2share-review", "csc", exclude=True)
    before = told(catalogue, account)
    assert set(before) == {("operate", None), ("review", "csc")}
    assert before["operate", None] == {
        "account": account,
        "address": address,
        "right": "operate",
        "source": None,
        "denied": False,
        "by": "hand",
        "since": None,
        "unconfirmed": [],
        "last_sign_in": None,
    }
    catalogue.sign_in(account, {"groups": ["curators", "operators"]})
    after = told(catalogue, account)
    by = {what: (line["by"], line["denied"], line["since"] is not None) for what, line in after.items()}
    assert by == {
        ("operate", None): ("hand", False, False),
        ("review", "csc"): ("hand", True, False),
        ("curate", "tsd"): ("provider idp", False, True),
        ("review", None): ("provider idp", False, True),
        ("erase", None): ("provider idp", False, True),
    }
    (last,) = {json.dumps(line["last_sign_in"], sort_keys=True) for line in after.values()}
    last = json.loads(last)
    assert (last.pop("at")[:3], last) == ("202", {"provider": "idp", "acr": MFA, "amr": ["otp", "pwd"]})
    said = catalogue.run("who").output
    since = after["curate", "tsd"]["since"]
    assert "%d %s: curate for tsd, by provider idp, since %s; last sign-in" % (account, address, since) in said
    assert "%d %s: operate, by hand, since when is not known; last" % (account, address) in said
    assert "%d %s: not review for csc, by hand, " % (account, address) in said
    assert address not in caplog.text, "an address is in a log"


def test_rights_of_roles_and_of_everybody_are_told(catalogue):
    account, address = catalogue.account()
    role = "chiefs-%d" % account
    with catalogue.app.app_context():
        given, user = models.Role(id=role, name=role), db.session.query(models.User).filter_by(id=account).one()
        db.session.add(given)
        user.roles.append(given)
        db.session.add(models.ActionRoles(action="superuser-access", role=given))
        db.session.add(models.ActionSystemRoles(action="secureb2share-review", role_name=authenticated_user.value))
        db.session.commit()
    said = catalogue.run("who").output
    assert "%d %s: superuser-access, by role %s, since when is not known; no sign-in" % (account, address, role) in said
    assert "everybody: review, by system role authenticated_user, since when" in said
    assert any_user.value not in said
    catalogue.instance.execute("DELETE FROM access_actionssystemroles")


def test_page_of_operators_tells_the_same(catalogue):
    (account, address), (other, _) = catalogue.account("idp"), catalogue.account("idp")
    operator = catalogue.sign_in(account, {"groups": ["operators"]})
    page = operator.get(catalogue.base + PEOPLE)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert address in page.text and "the provider idp" in page.text and MFA in page.text and "Erase" in page.text
    assert page.text.count('href="%s"' % PEOPLE) == 1 and "curator@catalogue.example.org" in page.text
    assert PEOPLE in operator.get(catalogue.base + "/secureb2share/operate/health").text
    curator = catalogue.sign_in(other, {"groups": ["curators"]})
    assert curator.get(catalogue.base + PEOPLE, allow_redirects=False).status_code == 403


def test_page_is_not_there_without_a_sign_in(catalogue, monkeypatch):
    account, _ = catalogue.account("idp")
    operator = catalogue.sign_in(account, {"groups": ["operators"]})
    extension = catalogue.app.extensions["secureb2share"]
    monkeypatch.setattr(extension, "ask_for_strength", None)
    monkeypatch.setattr(extension, "sign_in", None)
    assert operator.get(catalogue.base + PEOPLE).status_code == 404
    assert PEOPLE not in operator.get(catalogue.base + "/secureb2share/operate/health").text
    result = catalogue.run("sign-in", "list")
    assert result.exit_code == 1 and "SECUREB2SHARE_SIGN_IN or SECUREB2SHARE_MODE is off" in result.output


def test_an_identity_is_linked_to_one_account_and_taken_from_it_with_its_rights(catalogue):
    (account, address), (_, second) = catalogue.account(), catalogue.account()
    subject = "new-%d" % account

    def link(whose, sub, provider="idp"):
        return catalogue.run("sign-in", "link", "--provider", provider, "--subject", sub, whose)

    assert link(address.upper(), subject).output == "Linked to the account %d.\n" % account
    assert link(address, subject).output == "It is linked already.\n"
    assert "idp %d %s %s\n" % (account, address, subject) in catalogue.run("sign-in", "list").output

    @for_each(
        [
            ((second, subject), "This identity is linked to the account %d: unlink it there first." % account),
            ((address, "another"), "The account has another identity at idp: unlink it first."),
            (("nobody@example.org", "new"), "No account has the address nobody@example.org."),
            ((address, "new", "none"), "There is no provider none; SECUREB2SHARE_SIGN_IN has: idp, other."),
        ]
    )
    def is_refused(words, said):
        result = link(*words)
        assert (result.exit_code, said in result.output) == (1, True), result.output

    is_refused()
    session = catalogue.sign_in(account, {"groups": ["operators"]}, subject=subject)
    catalogue.allow(account, "secureb2share-review")
    result = catalogue.run("sign-in", "unlink", "--provider", "idp", address)
    assert result.output == "Unlinked from the account %d, and its sessions are ended.\n" % account
    assert catalogue.granted(account) == {("secureb2share-review", None): 1} and catalogue.noted(account) == {}
    assert session.get(catalogue.base + PEOPLE, allow_redirects=False).status_code == 302
    assert subject not in catalogue.run("sign-in", "list").output
    result = catalogue.run("sign-in", "unlink", "--provider", "idp", address)
    assert (result.exit_code, "The account has no identity at idp." in result.output) == (1, True)
    assert link(second, subject).exit_code == 0
