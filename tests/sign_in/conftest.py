"""A catalogue with a second factor, one for a module, and a curator who is at its door for each test."""

import uuid

import pytest
from signing import USERS, Person, signing


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with signing("sqlite", tmp_path_factory.mktemp("sign-in"), sources={"tsd": {"release": "review"}}) as found:
        yield found


@pytest.fixture
def curator(served):
    return Person(*served, "curator")


@pytest.fixture
def stranger(served):
    """A person of the provider who has no account yet, and whom a test may change."""
    catalogue, provider = served
    name = "stranger-" + uuid.uuid4().hex
    provider.users[name] = dict(USERS["newcomer"], email=name + "@catalogue.example.org")
    person = Person(catalogue, provider, name)
    person.name, person.address = name, person.user["email"]
    yield person
    del provider.users[name]
