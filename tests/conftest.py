import atexit
import functools
import os
import shutil
import sys
import tempfile

import hypothesis
import pytest

# before Invenio is imported: its instance folder must not be that of the environment
if "INVENIO_INSTANCE_PATH" not in os.environ:
    os.environ["INVENIO_INSTANCE_PATH"] = tempfile.mkdtemp(prefix="secureb2share-tests-")
    atexit.register(shutil.rmtree, os.environ["INVENIO_INSTANCE_PATH"], ignore_errors=True)

# a loaded machine is slow, which says nothing of the code; a run that decides about a change tries the same each time
hypothesis.settings.register_profile(
    "secureb2share",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize="SECUREB2SHARE_TEST_REQUIRE" in os.environ,
)
hypothesis.settings.load_profile("secureb2share")

if sys.version_info >= (3, 10):
    import importlib.metadata

    # Invenio asks 36 times for each application, and each time the metadata of every distribution is read anew
    importlib.metadata.entry_points = functools.lru_cache(maxsize=None)(importlib.metadata.entry_points)

pytest.register_assert_rewrite(
    "contract",
    "answers_contract",
    "bulk_contract",
    "oai_contract",
    "tombstone_contract",
    "decisions_contract",
    "keys_contract",
    "review_contract",
    "operate_contract",
    "quotas_contract",
    "sources_contract",
    "versions_contract",
)
