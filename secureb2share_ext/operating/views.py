"""The blueprint of the pages of operation, with all of them."""

from . import datasets_view, deliveries_view, health_view, orders_view, people_view  # noqa: F401 (they add the pages)
from .page import blueprint

__all__ = ["blueprint"]
