"""A catalogue with a second factor, one for a module, and a curator who is at its door for each test."""

import os

import pytest

# the provider of tests has no TLS
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

from signing import Person, signing  # noqa: E402


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with signing("sqlite", tmp_path_factory.mktemp("sign-in"), sources={"tsd": {"release": "review"}}) as found:
        yield found


@pytest.fixture
def curator(served):
    return Person(*served, "curator")
