"""An identity that a sign-in has linked before its account had rights: it counts once an operator has confirmed it."""

import pytest
from invenio_access.models import ActionUsers
from invenio_db import db
from signing import Person, subject
from test_hostile_provider import REVIEW, goes_on, is_logged_in

from secureb2share_ext.compat import utcnow
from secureb2share_ext.hosts.actions import curate, erase
from secureb2share_ext.sign_in import identities
from secureb2share_ext.sign_in.models import GrantRow

SAID = "has to confirm the link"
LATER = "https://later.example.org"


@pytest.fixture
def planted(stranger):
    """Somebody who has signed in before the account of their address got rights."""
    assert stranger.sign_in("/").status_code == 200
    with stranger.catalogue.app.app_context():
        stranger.account = identities.account_of(stranger.address).id
        db.session.add(ActionUsers.allow(curate, user_id=stranger.account))
        db.session.commit()
    return stranger


def run(person, *words):
    result = person.catalogue.run_cli(*words)
    assert result.exit_code == 0, result.output
    return result.output


def confirm(person):
    return run(person, "sign-in", "link", person.address, "--provider", "keycloak", "--subject", subject(person.name))


def lines(person, *words):
    return [line for line in run(person, *words).splitlines() if person.address in line]


def test_rights_wait_for_an_operator_who_confirms_the_link(served, planted):
    # a step-up, a new sign-in, and the session of before
    page = planted.open(REVIEW)
    assert page.status_code == 403 and SAID in page.text and goes_on(planted)
    other = Person(*served, planted.name)
    page = other.sign_in("/")
    assert page.status_code == 403 and SAID in page.text and not is_logged_in(other)
    (said,), (who,) = lines(planted, "sign-in", "list"), lines(planted, "who")
    assert said.endswith(" (not confirmed, and refused, as the account has rights)")
    assert who.endswith("; not confirmed, and refused: the link at keycloak")
    assert "1 account with rights is linked by a sign-in alone" in planted.catalogue.run_cli("check").output
    assert confirm(planted) == "The link of the account %d is confirmed.\n" % planted.account
    assert confirm(planted) == "It is linked already.\n"
    assert planted.open(REVIEW).status_code == 200 and other.sign_in("/").status_code == 200
    assert "confirmed" not in "".join(lines(planted, "sign-in", "list") + lines(planted, "who"))
    assert "linked by a sign-in alone" not in planted.catalogue.run_cli("check").output


def test_a_session_ends_to_be_strong_with_what_an_operator_has_confirmed(planted):
    confirm(planted)
    assert planted.open(REVIEW).status_code == 200 and not goes_on(planted)
    planted.catalogue.execute("DELETE FROM secureb2share_link WHERE account = :a", a=planted.account)
    assert goes_on(planted) and is_logged_in(planted)


def test_unlinking_takes_the_confirmation_too(planted):
    confirm(planted)
    assert planted.catalogue.count("secureb2share_link", "account = %d" % planted.account) == 1
    run(planted, "sign-in", "unlink", planted.address, "--provider", "keycloak")
    assert planted.catalogue.count("secureb2share_link", "account = %d" % planted.account) == 0


# columns: id, what a provider's claims have given, is it confirmed, at which issuer, does it count
COUNTED = [
    ("nothing", (), False, None, False),
    ("confirmed", (), True, None, True),
    # another issuer under the same name has people of its own
    ("issuer", (), True, LATER, False),
    ("by-claims", [("secureb2share-curate", "", "keycloak")], False, None, True),
    ("by-others", [("secureb2share-curate", "", "other")], False, None, False),
    ("less", [("secureb2share-curate", "tsd", "keycloak")], False, None, False),
    ("another", [("secureb2share-erase", "", "keycloak")], False, None, False),
    ("some", [("secureb2share-curate", "", "keycloak"), None], False, None, False),
]


@pytest.mark.parametrize("given, is_confirmed, issuer, counts", [r[1:] for r in COUNTED], ids=[r[0] for r in COUNTED])
def test_an_identity_counts_by_an_operator_or_by_claims_that_gave_all_rights(
    served, planted, given, is_confirmed, issuer, counts
):
    with served[0].app.app_context():
        provider = served[0].app.extensions["secureb2share"].sign_in.providers["keycloak"]
        if None in given:
            # one right more, by hand
            db.session.add(ActionUsers.allow(erase, user_id=planted.account))
        for number, (action, argument, name) in enumerate(filter(None, given)):
            row = {"account": planted.account, "action": action, "argument": argument, "provider": name}
            db.session.add(GrantRow(row_id=number, since=utcnow(), **row))
        if is_confirmed:
            identities.confirm(planted.account, "keycloak", subject(planted.name))
        named = provider._replace(issuer=issuer or provider.issuer)
        assert identities.counts(planted.account, named, subject(planted.name)) is counts
        # one who has no rights is asked for nothing
        assert identities.counts(0, named, "nobody's")
        db.session.rollback()
