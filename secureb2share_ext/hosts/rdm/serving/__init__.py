"""Answers of InvenioRDM about a record: pages, serialisations, links and harvesting."""
