import os
import sys

import pytest

# on Python 3.6 these tests run alone, without what tests/conftest.py prepares for current libraries
sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir)]
# tokens over http, on loopback
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

pytest.register_assert_rewrite("real_instance")

try:
    import b2share  # noqa: F401
    import real_instance
except ImportError:
    pass
else:
    # the contracts take their examples from the module of that name
    sys.modules["instance"] = real_instance
