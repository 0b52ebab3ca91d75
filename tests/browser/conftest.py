import contextlib
import os

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed")

from scene import make  # noqa: E402
from second_factor import Person, with_keycloak, with_provider_of_tests  # noqa: E402
from started import started  # noqa: E402
from visitor import CHROMIUM, Visitor, launch  # noqa: E402


def pytest_collection_modifyitems(items):
    skip = pytest.mark.skip(reason="no Chromium was found, and CHROMIUM does not name one")
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    with started(tmp_path_factory.mktemp("demo")) as site:
        yield site


@pytest.fixture(scope="session")
def chromium():
    with sync_api.sync_playwright() as driver:
        browser = launch(driver)
        yield browser
        browser.close()


@contextlib.contextmanager
def meeting(kind, *whom):
    """A function that makes one more visitor of a kind, to whom nothing may happen that their browser complains of."""
    visitors = []

    def meet(**setting):
        visitors.append(kind(*whom, **setting))
        return visitors[-1]

    yield meet
    complaints = [visitor.complaints for visitor in visitors]
    for visitor in visitors:
        visitor.context.close()
    assert complaints == [[] for _ in visitors]


@pytest.fixture
def meet(chromium, site):
    with meeting(Visitor, chromium, site) as meet:
        yield meet


# each journey is made twice: in another language, without script, on a phone it has to be the same
SETTINGS = {
    "wide": {"language": "en-GB", "script": True, "width": 1280},
    "phone-nb-no-script": {"language": "nb-NO", "script": False, "width": 360},
}


@pytest.fixture(params=SETTINGS.values(), ids=SETTINGS)
def setting(request):
    return request.param


@pytest.fixture
def visitor(meet):
    return meet()


@pytest.fixture(scope="session")
def scene(site):
    """What the plain datasets of the demo are called."""
    return make(site, "plain")


@pytest.fixture(scope="session")
def hostile_scene(site):
    """The same datasets, described with harm in mind."""
    return make(site, "hostile")


@pytest.fixture(scope="session")
def people(chromium, site):
    """As whom and with which setting a person comes: one browser context for all pages of each."""
    known = {}

    def person(role, **setting):
        key = (role, *sorted(setting.items()))
        if key not in known:
            known[key] = Visitor(chromium, site, **setting)
            known[key].log_in(role)
        return known[key]

    yield person
    for visitor in known.values():
        visitor.context.close()


@pytest.fixture(scope="session")
def at_provider_of_tests(tmp_path_factory):
    with with_provider_of_tests(tmp_path_factory.mktemp("two-factors")) as site:
        yield site


@pytest.fixture(scope="session")
def at_keycloak(tmp_path_factory):
    issuer = os.environ.get("SECUREB2SHARE_TEST_KEYCLOAK")
    if not issuer:
        pytest.skip("no Keycloak: SECUREB2SHARE_TEST_KEYCLOAK is not set")
    with with_keycloak(tmp_path_factory.mktemp("keycloak"), issuer) as site:
        yield site


@pytest.fixture(params=["at_provider_of_tests", "at_keycloak"], ids=["tests", "keycloak"])
def two_factors(request):
    """A catalogue that asks for a second factor."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def meet_two_factors(chromium, two_factors):
    with meeting(Person, chromium, two_factors) as meet:
        yield meet


@pytest.fixture
def curator(meet_two_factors):
    return meet_two_factors()
