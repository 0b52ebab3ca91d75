"""What holds for the pages of a sign-in, at two widths, in two languages and in both colour schemes."""

import judging
import pytest
from judging import LOOKS
from second_factor import UNENROLLED, Person
from signing import make_late

from secureb2share_ext.sign_in import kept

REVIEW = "/secureb2share/review/"
REASON = "Nåværende tittel mangler.\nDie Prüfung fehlt: " + "Übersicht" * 40
LEVEL = "https://example.org/" + "level" * 40
WEIGHT = 60_000  # bytes


@pytest.fixture
def held(at_provider_of_tests):
    with at_provider_of_tests.held() as path:
        yield path


def back(person, site, held, monkeypatch, tamper=None):
    """A form that waits; tamper: what the provider does to the id token of the step-up."""
    person.sign_in(held)
    person.go(held)
    person.fill({"reason": REASON})
    monkeypatch.setattr(site.provider, "tamper", tamper)
    make_late(monkeypatch)()
    return person.send("Refuse")


def weak(person, site, held, monkeypatch):
    """A provider that did not confirm the second factor."""
    person.sign_in()
    return person.go(REVIEW)


def weak_form(person, site, held, monkeypatch):
    """A form for which it did not confirm it, and names a long level instead."""
    return back(person, site, held, monkeypatch, lambda header, claims: claims.update(amr=["pwd"], acr=LEVEL))


def gone(person, site, held, monkeypatch):
    """The way back from a step-up that nobody began."""
    return person.go("/secureb2share/sign-in/back/" + "0" * 32)


def refused(person, site, held, monkeypatch):
    """A sign-in that comes back to another browser."""
    person.page.goto(site.catalogue + "/oauth/login/keycloak/?next=/")
    person.context.clear_cookies(name=kept.COOKIE)
    return person.go_on()


# name: (the way there, who goes, the status, the heading)
PAGES = {
    "back": (back, "curator", 200, "Nothing was sent yet"),
    "weak": (weak, UNENROLLED, 403, "A second factor is needed"),
    "weak-form": (weak_form, "curator", 403, "A second factor is needed"),
    "gone": (gone, "curator", 404, "Nothing waits here"),
    "refused": (refused, "curator", 403, "Sign-in not accepted"),
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_a_sign_in_can_be_read_by_everybody(chromium, at_provider_of_tests, held, monkeypatch, name, look):
    way, who, status, heading = PAGES[name]
    person = Person(chromium, at_provider_of_tests, who, **LOOKS[look])
    try:
        assert way(person, at_provider_of_tests, held, monkeypatch) == status
        person.arrive(heading)
        assert (person.page.get_by_text(REASON.splitlines()[0]).count() == 1) == (way in (back, weak_form))
        policy = person.page.request.get(person.page.url).headers["content-security-policy"]
        assert policy.startswith("default-src 'self'") and "unsafe" not in policy
        assert person.page.locator("script").count() == 0
        faults = judging.faults(person.page, look, WEIGHT)
        assert not faults, "\n".join(faults)
        assert person.page.locator("html").get_attribute("lang") == LOOKS[look]["language"][:2]
        assert person.complaints == []
        assert [one for one, _ in person.refused if one != status] == []
    finally:
        person.context.close()
