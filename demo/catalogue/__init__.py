"""The demo's catalogue: a current Invenio repository on SQLite, with Secure B2SHARE switched on."""
