"""The model of a draft, which stands beside the datasets: a withdrawal takes a draft with it."""

from ..datasets.models import Draft  # noqa: F401 (invenio-db finds it here)
