"""Hooks into services of InvenioRDM, which keep the promise when a record is written."""
