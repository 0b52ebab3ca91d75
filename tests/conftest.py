import atexit
import os
import shutil
import tempfile

import pytest

# before Invenio is imported: its instance folder must not be that of the environment
if "INVENIO_INSTANCE_PATH" not in os.environ:
    os.environ["INVENIO_INSTANCE_PATH"] = tempfile.mkdtemp(prefix="secureb2share-tests-")
    atexit.register(shutil.rmtree, os.environ["INVENIO_INSTANCE_PATH"], ignore_errors=True)

pytest.register_assert_rewrite("contract", "bulk_contract", "review_contract", "sources_contract", "versions_contract")
