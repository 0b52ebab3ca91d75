"""The host InvenioRDM 13 and 14 (B2SHARE 3)."""
