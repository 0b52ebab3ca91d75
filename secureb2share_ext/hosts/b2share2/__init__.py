"""The host: EUDAT B2SHARE 2.4 (Python 3.6, invenio-records-rest 1.0 and invenio-deposit)."""
