"""A pytest plugin: what the tests know of an instance is, on the libraries of B2SHARE 2.4, one of the plain host.

With it (`-p old_libraries`) every test that says `from instance import running` runs on these libraries.
"""

import os
import sys

import pytest

# tokens over http, on loopback
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))
import old_instance  # noqa: E402

sys.modules["instance"] = old_instance
SERVICES = ("SECUREB2SHARE_TEST_POSTGRESQL", "SECUREB2SHARE_TEST_REDIS")


def pytest_sessionstart(session):
    missing = [name for name in SERVICES if not os.environ.get(name)]
    if missing and "python36" in os.environ.get("SECUREB2SHARE_TEST_REQUIRE", "").split():
        raise pytest.UsageError("%s is not set, and python36 is required." % missing[0])
