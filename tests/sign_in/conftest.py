"""A catalogue with a second factor, one for a module, and a curator who is at its door for each test."""

import pytest
from signing import Person, signing


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with signing("sqlite", tmp_path_factory.mktemp("sign-in"), sources={"tsd": {"release": "review"}}) as found:
        yield found


@pytest.fixture
def curator(served):
    return Person(*served, "curator")
