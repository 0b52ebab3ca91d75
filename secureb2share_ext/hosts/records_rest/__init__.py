"""The host: a current Invenio repository on invenio-app and invenio-records-rest 6 (Python 3.9 and later)."""
