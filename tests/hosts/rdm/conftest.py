import sys

import pytest

pytest.register_assert_rewrite("rdm_instance")

try:
    import invenio_rdm_records  # noqa: F401
    import rdm_instance
except ImportError:
    pass
else:
    # the contracts take their examples from the module of that name
    sys.modules["instance"] = rdm_instance
