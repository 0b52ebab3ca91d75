import os
import tempfile

import pytest

# before Invenio is imported: its instance folder must not be that of the environment
os.environ.setdefault("INVENIO_INSTANCE_PATH", tempfile.mkdtemp(prefix="secureb2share-tests-"))

pytest.register_assert_rewrite("contract")
